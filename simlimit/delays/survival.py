"""The Kaplan-Meier curve, where only one kind of end occurs."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from simlimit.arguments import as_frame, check_confidence
from simlimit.delays.curves import at_risk, effective_number
from simlimit.delays.share_intervals import log_log, mark_few
from simlimit.delays.survival_data import SurvivalData, read_survival_data
from simlimit.delays.tables import counts_or_amounts, curve_table, note_interval, table_by_group
from simlimit.errors import SimlimitError


def kaplan_meier(
    frame: pd.DataFrame,
    duration: str = "delay_days",
    outcome: str = "outcome",
    *,
    censored: Hashable | None = "pending",
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    censored_at_risk: bool = True,
    entry: str | None = None,
) -> pd.DataFrame:
    """Return the share that has ended by each time where nothing competes (Kaplan-Meier), with intervals.

    It equals `cumulative_incidence` with one outcome, but for the interval. The interval is the usual one of
    survival analysis: pointwise, from Greenwood's variance, on the scale of log(-log S).
    **It assumes independent rows. Holds of one borrower are not independent: for those use
    `cumulative_incidence` with a cluster.**

    Parameters
    ----------
    frame, duration, censored, by, confidence, censored_at_risk, entry
        As in `cumulative_incidence`.
    outcome : str
        Column: how the row ended. Only one label other than `censored` may occur.

    Returns
    -------
    pandas.DataFrame
        As from `cumulative_incidence`. The column `pending` is the Kaplan-Meier estimate S.

    Raises
    ------
    SimlimitError
        As `cumulative_incidence` does, and if several kinds of end occur.

    References
    ----------
    Kaplan, E. L. and Meier, P. (1958). Nonparametric estimation from incomplete observations. Journal of the
    American Statistical Association 53(282), 457-481.

    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data, 2nd ed.,
    Wiley, chapter 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from simlimit.delays import kaplan_meier
    >>> outcomes = ["released", "released", "pending", "released"]
    >>> log = pd.DataFrame({"delay_days": [1, 2, 2, 4], "outcome": outcomes})
    >>> kaplan_meier(log)[["at_risk", "released", "pending"]]  # doctest: +NORMALIZE_WHITESPACE
          at_risk  released  pending
    days
    1           4      0.25     0.75
    2           3      0.50     0.50
    4           1      1.00     0.00

    If the pending row was last seen before the second day, it is not at risk on that day:

    >>> kaplan_meier(log, censored_at_risk=False)[["at_risk", "released", "pending"]].round(3)
    ... # doctest: +NORMALIZE_WHITESPACE
          at_risk  released  pending
    days
    1           4     0.250    0.750
    2           2     0.625    0.375
    4           1     1.000    0.000
    """
    confidence = check_confidence(confidence)
    frame = as_frame("frame", frame)
    data = read_survival_data(
        frame, duration, outcome, censored, entry=entry, censored_at_risk=censored_at_risk
    )
    table = table_by_group(frame, by, _with_one_outcome(data), lambda group: _curve(group, confidence))
    return note_interval(table, confidence, "Greenwood, rows taken as independent")


def _with_one_outcome(data: SurvivalData) -> SurvivalData:
    """Return the data with only the outcome that occurs; with the first one, if none does."""
    occurring = np.unique(data.rows["outcome"][~data.is_censored])
    if len(occurring) > 1:
        labels = " and ".join(str(data.outcomes[code]) for code in occurring)
        raise SimlimitError(
            f"frame has rows that end as {labels}, but Kaplan-Meier is for one kind of end only: "
            "use cumulative_incidence, in which they compete."
        )
    kept = int(occurring[0]) if len(occurring) else 0
    outcomes = data.outcomes[kept : kept + 1]
    rows = data.rows.assign(outcome=np.where(data.is_censored, len(outcomes), 0))
    return replace(data, rows=rows, outcomes=outcomes)


def _curve(data: SurvivalData, confidence: float) -> pd.DataFrame:
    times, counts = data.counts_by_time()
    risk = at_risk(*counts)
    with np.errstate(divide="ignore", invalid="ignore"):
        pending = np.asarray(np.cumprod((risk - counts[0]) / risk, axis=-1), np.float64)
        # Greenwood's formula.
        variance = pending**2 * np.cumsum(counts[0] / (risk * (risk - counts[0])), axis=-1)
    low, high = log_log(pending, variance, effective_number(counts), confidence)
    curves = (1 - pending, 1 - high, 1 - low)
    return curve_table(
        data.index(times), data.outcomes, counts_or_amounts(data, risk), mark_few(counts), curves
    )
