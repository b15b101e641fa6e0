"""What a sensitivity says as a table: which fields decide a metric, and over which ranges."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from simlimit.tables.layout import Row, Table
from simlimit.tables.numbers import UNKNOWN, number_text, rounded_texts
from simlimit.tables.units import unit_of

HOW = (
    "Total: the share of the variance that would stay if all other fields were known. First: the share that "
    "would go if this one were. Both with 95 % intervals, without simulation noise; - : screened out.",
    "Effect: from one end of the range to the other, on average. A range by default is half to twice the "
    "value; of a share above a half, of what it lacks of 1; of a score, 0.1 up and down.",
)
# Of the fields that do not matter so many are named.
MOST_NAMED = 8


def sensitivity_table(
    found: pd.DataFrame, metric: str, units: Mapping[str, str], notes: Sequence[str]
) -> Table:
    """Return the fields of a sensitivity, `Sensitivity.table`, as a table.

    Parameters
    ----------
    found : pandas.DataFrame
    metric : str
    units : mapping of str to str
        By field; of another name it is a factor.
    notes : sequence of str
    """
    unit, rows = unit_of(metric).of_differences(), []
    for name, field in found.iterrows():
        between = " to ".join(rounded_texts([field["low"], field["high"]]))
        shares = [_share(*field[[one, f"{one}_low", f"{one}_high"]]) for one in ("total", "first")]
        effect, verdict = number_text(field["mu"], unit, "+"), str(field["verdict"])
        cells = (between, units.get(str(name), "times"), field["origin"], effect, *shares, verdict)
        rows.append(Row((str(name), *cells), strong=verdict == "matters"))
    headings = ("field", "range", "unit", "range is", "effect", "total", "first", "verdict")
    caption = f"what decides {metric} (effects in {unit.name})"
    return Table(caption, headings, "<><<>>><", rows, (*notes, *HOW))


def conclusion(verdicts: "pd.Series[str]", metric: str) -> str:
    """Return what decides a metric, and what does not, in a sentence or two.

    Examples
    --------
    >>> verdicts = {"rules.min_score": "matters", "behaviour.slip_days": "does not matter"}
    >>> conclusion(pd.Series(verdicts), "days_away")
    'Over these ranges days_away depends on rules.min_score. It hardly depends on behaviour.slip_days.'
    """
    matter, undecided, others = (
        [*map(str, verdicts.index[verdicts == word])] for word in ("matters", "undecided", "does not matter")
    )
    said = [f"Over these ranges {metric} depends on {', '.join(matter) or 'no field for certain'}."]
    if undecided:
        said.append(f"Undecided: {', '.join(undecided)}.")
    if others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        said.append(f"It hardly depends on {', '.join(others[:MOST_NAMED])}{more}.")
    return " ".join(said)


def _share(value: float, low: float, high: float) -> str:
    return UNKNOWN if np.isnan(value) else f"{value + 0.0:.2f} ({low:.2f} to {high:.2f})"
