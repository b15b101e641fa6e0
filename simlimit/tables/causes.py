"""What the holds of one history waited for, as a table."""

import pandas as pd

from simlimit.tables.layout import Row, Table
from simlimit.tables.numbers import number_text, share_text
from simlimit.tables.units import Unit

_DAYS = Unit(1, 1, "days")


def causes_table(causes: pd.DataFrame, holds: int, at_once: int, forfeited: int) -> Table:
    """Return the table of release delay by cause.

    Parameters
    ----------
    causes : pandas.DataFrame
        As `simlimit.delay_by_cause` returns it.
    holds, at_once, forfeited : int
        How many holds there are; how many of them were released on the day of repayment, and how many lost
        at least a part.
    """
    rows = []
    for cause, waited, of_holds, days, of_days, mean in causes.itertuples(name=None):
        counts = (f"{waited:,}", share_text(of_holds), f"{days:,}", share_text(of_days))
        rows.append(Row((cause, *counts, number_text(mean, _DAYS))))
    return Table(
        "what repaid principal waited for",
        ("cause", "holds that waited", "of all holds", "hold-days", "of all days", "mean days"),
        "<>>>>>",
        rows,
        (
            f"{at_once:,} of {holds:,} repayment holds were released on the day of repayment.",
            f"{forfeited:,} were forfeited, at least in part: that never comes back.",
        ),
    )
