"""The table under a curve: how many are at risk, and how many have ended, at a few times."""

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
import pandas as pd

from simlimit.arguments import as_days, as_frame, check_flag
from simlimit.delays.curves import FloatArray, at_risk
from simlimit.delays.survival_data import SurvivalData, read_survival_data, tolerance
from simlimit.delays.tables import AT_RISK, PENDING, check_labels, counts_or_amounts, table_by_group


def at_risk_table(
    frame: pd.DataFrame,
    days: Iterable[float] = (0, 1, 7, 30, 90),
    *,
    duration: str = "delay_days",
    outcome: str = "outcome",
    censored: Hashable | None = "pending",
    weight: str | None = None,
    by: str | Sequence[str] | None = None,
    censored_at_risk: bool = True,
    entry: str | None = None,
) -> pd.DataFrame:
    """Return how many are at risk at a few times, and how many have ended or been censored so far.

    Parameters
    ----------
    frame, duration, outcome, censored, by, censored_at_risk, entry
        As in `cumulative_incidence`.
    days : numbers
        Times, 0 or more, in any order.
    weight : str, optional
        Column of amounts, 0 or more: rows count by amount.

    Returns
    -------
    pandas.DataFrame
        Columns `days`. Index `status`, after the columns of `by`:

        - `at_risk`: rows under observation by then, whose duration is that time or more;
        - the label of each outcome, and `pending`: rows that have ended in this way, or were censored, by
          that time.

        Rows that end at just that time count in both, as in the curves. So do rows censored at just that
        time, but with ``censored_at_risk=False`` they count in `pending` only.

    Raises
    ------
    SimlimitError
        As `cumulative_incidence` does.

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
    times = as_days(days)
    check_flag("censored_at_risk", censored_at_risk)
    # Censored rows keep their own times, which need not be times of the table: no row has to be moved here.
    frame = as_frame("frame", frame)
    data = read_survival_data(frame, duration, outcome, censored, weight, entry=entry)
    check_labels([AT_RISK, *data.outcomes, PENDING])
    return table_by_group(frame, by, data, lambda group: _risk_table(group, times, censored_at_risk))


def _risk_table(data: SurvivalData, days: list[float], censored_at_risk: bool) -> pd.DataFrame:
    times, counts = data.counts_by_time()
    ended, censored = counts[:2]
    asked = np.asarray(days, np.float64)
    before = np.searchsorted(times, asked - tolerance(asked), side="left")
    by_then = np.searchsorted(times, asked + tolerance(asked), side="right")
    still_ending = np.append(at_risk(ended, np.zeros_like(censored)), 0.0)
    still_censored = np.append(at_risk(np.zeros_like(ended), censored), 0.0)
    so_far = np.pad(np.cumsum([*ended, censored], axis=1), ((0, 0), (1, 0)))
    observed = still_ending[before] + still_censored[before if censored_at_risk else by_then]
    if "entry" in data.rows:
        observed -= _not_yet(data.rows, asked)
    return pd.DataFrame(
        counts_or_amounts(data, np.vstack([observed, so_far[:, by_then]])),
        index=pd.Index([AT_RISK, *data.outcomes, PENDING], name="status"),
        columns=pd.Index(days, name="days"),
    )


def _not_yet(rows: pd.DataFrame, days: FloatArray) -> FloatArray:
    """Return how many come under observation at each of some days, or later."""
    entries = rows["entry"].to_numpy()
    weights = rows["weight"].to_numpy() if "weight" in rows else np.ones(len(rows))
    return np.array([weights[entries >= day].sum() for day in days - tolerance(days)])
