"""How many are still observed, and how many have ended, at a few times: the table under a curve."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from simlimit.arguments import as_list, is_number
from simlimit.delays.curves import at_risk
from simlimit.delays.log import Log, read_log
from simlimit.delays.tables import AT_RISK, PENDING, as_counted, by_group, refuse_repeated
from simlimit.errors import SimlimitError


def at_risk_table(
    frame: pd.DataFrame,
    days: Iterable[float] = (0, 1, 7, 30, 90),
    duration: str = "delay_days",
    outcome: str = "outcome",
    censored: Hashable | None = "pending",
    weight: str | None = None,
    by: str | Sequence[str] | None = None,
    censored_first: bool = False,
) -> pd.DataFrame:
    """Return how many are at risk at a few times, and how many have ended or been censored so far.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per hold: `run.holds`, or a log of your own.
    days : numbers
        0 or more, in any order.
    duration : str
        Column: days until the row ended or was last seen; 0 or more, whole or not.
    outcome : str
        Column: how it ended.
    censored : label, or None
        Of rows that had not ended when last seen; None if every row has ended.
    weight : str, optional
        Column of amounts, 0 or more: rows count by amount.
    by : str or list of str, optional
        Columns: rows for each combination of their values.
    censored_first : bool
        Whether, at the same time, censoring comes before ends: who is censored at t was last seen before it,
        as the pending holds of a run, whose age counts the day of the horizon, which is not simulated. The
        usual rule is that ends come first. **Set it for `run.holds` and `study.holds`.**

    Returns
    -------
    pandas.DataFrame
        Columns `days`. Index `status`, after those of `by`: `at_risk`, whose duration is that time or more;
        the label of each outcome, and `pending` for the censored, whose duration is that time or less. Those
        that end at just that time are in both, as in the curves; so are those censored at just that time,
        unless `censored_first`: then they are `pending` only.

    Raises
    ------
    SimlimitError
        If a column is missing or has a value that it cannot have, or an argument is not as above.

    Examples
    --------
    >>> import pandas as pd
    >>> from simlimit.delays import at_risk_table
    >>> outcomes = ["released", "released", "forfeited", "pending"]
    >>> log = pd.DataFrame({"delay_days": [0, 1, 7, 9], "outcome": outcomes})
    >>> at_risk_table(log, days=(0, 7, 30))  # doctest: +NORMALIZE_WHITESPACE
    days       0   7   30
    status
    at_risk     4   2   0
    forfeited   0   1   1
    released    1   2   2
    pending     0   0   1
    """
    asked = as_list("days", days, "a sequence of numbers from 0 up, such as (0, 7, 30)")
    for day in asked:
        if not is_number(day) or not 0 <= day < np.inf:
            raise SimlimitError(f"days has the value {day!r}, but must be numbers from 0 up.")
    log = read_log(frame, duration, outcome, censored, weight)
    labels = [AT_RISK, *log.outcomes, PENDING]
    refuse_repeated(labels)

    def table(part: Log) -> pd.DataFrame:
        times, ended, lost = part.counts()
        # Each at its own time, which need not be one of the table: here nothing has to be moved for that.
        to_end, to_lose = (
            np.append(at_risk([each], np.zeros_like(lost)), 0.0) for each in (ended.sum(axis=0), lost)
        )
        lost_side: Literal["left", "right"] = "right" if censored_first else "left"
        so_far = np.pad(np.cumsum([*ended, lost], axis=1), ((0, 0), (1, 0)))
        rows = np.vstack(
            [
                to_end[np.searchsorted(times, asked, side="left")]
                + to_lose[np.searchsorted(times, asked, side=lost_side)],
                so_far[:, np.searchsorted(times, asked, side="right")],
            ]
        )
        return pd.DataFrame(
            as_counted(part, rows),
            index=pd.Index(labels, name="status"),
            columns=pd.Index(asked, name="days"),
        )

    return by_group(frame, by, log, table)
