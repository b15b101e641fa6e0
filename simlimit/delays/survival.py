"""The Kaplan-Meier curve, where only one kind of end occurs."""

from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.special import ndtri

from simlimit.arguments import check_confidence
from simlimit.delays.curves import at_risk
from simlimit.delays.survival_data import SurvivalData, read_survival_data
from simlimit.delays.tables import curve_table, table_by_group
from simlimit.errors import SimlimitError


def kaplan_meier(
    frame: pd.DataFrame,
    *,
    duration: str = "delay_days",
    outcome: str = "outcome",
    censored: Hashable | None = "pending",
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    censored_at_risk: bool = True,
) -> pd.DataFrame:
    """Return the share that has ended by each time where nothing competes (Kaplan-Meier), with intervals.

    It equals `cumulative_incidence` with one outcome, but for the interval. The interval is the usual one of
    survival analysis: pointwise, from Greenwood's variance, on the scale of log(-log S).
    **It assumes independent rows. Holds of one borrower are not independent: for those use
    `cumulative_incidence` with a cluster.**

    Parameters
    ----------
    frame, duration, censored, by, confidence, censored_at_risk
        As in `cumulative_incidence`.
    outcome : str
        Column: how the row ended. Only one label other than `censored` may occur.

    Returns
    -------
    pandas.DataFrame
        As from `cumulative_incidence`. The column `pending` is the Kaplan-Meier estimate S. The interval is
        NaN where the share is 0 or 1.

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
    check_confidence(confidence)
    data = read_survival_data(frame, duration, outcome, censored, censored_at_risk=censored_at_risk)
    table = table_by_group(frame, by, _with_one_outcome(data), lambda group: _curve(group, confidence))
    table.attrs["interval"] = f"{100 * confidence:g} % intervals: Greenwood, rows taken as independent"
    return table


def _with_one_outcome(data: SurvivalData) -> SurvivalData:
    """Return the data with only the outcome that occurs; with the first one, if none does."""
    occurring = np.unique(data.rows["outcome"][~data.is_censored])
    if len(occurring) > 1:
        labels = " and ".join(str(data.outcomes[code]) for code in occurring)
        raise SimlimitError(
            f"rows end as {labels}, but Kaplan-Meier is for one kind of end only: "
            "use cumulative_incidence, in which they compete."
        )
    kept = int(occurring[0]) if len(occurring) else 0
    outcomes = data.outcomes[kept : kept + 1]
    rows = data.rows.assign(outcome=np.where(data.is_censored, len(outcomes), 0))
    return replace(data, rows=rows, outcomes=outcomes)


def _curve(data: SurvivalData, confidence: float) -> pd.DataFrame:
    times, ended, censored = data.counts_by_time()
    risk = at_risk(ended, censored)
    pending = np.asarray(np.cumprod((risk - ended) / risk, axis=-1), np.float64)
    # There is no interval where the share is 0 or 1: its logarithm, or that of it, is infinite.
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = 1 / np.log(pending) ** 2 * np.cumsum(ended / (risk * (risk - ended)), axis=-1)
        margin = ndtri(0.5 + confidence / 2) * np.sqrt(variance)
        low, high = (np.exp(-np.exp(np.log(-np.log(pending)) + z)) for z in (margin, -margin))
    return curve_table(data, times, risk, 1 - pending, 1 - high, 1 - low)
