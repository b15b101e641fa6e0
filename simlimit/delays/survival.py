"""The Kaplan-Meier curve, where only one kind of end occurs."""

import warnings
from collections.abc import Hashable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy.stats import CensoredData, ecdf

from simlimit.arguments import check_confidence
from simlimit.delays.curves import at_risk
from simlimit.delays.log import Log, read_log
from simlimit.delays.tables import by_group, curve_table
from simlimit.errors import SimlimitError


def kaplan_meier(
    frame: pd.DataFrame,
    duration: str = "delay_days",
    outcome: str = "outcome",
    censored: Hashable | None = "pending",
    by: str | Sequence[str] | None = None,
    confidence: float = 0.95,
    censored_first: bool = False,
) -> pd.DataFrame:
    """Return the share that has ended by each time where nothing competes (Kaplan-Meier), with intervals.

    It equals `cumulative_incidence` of a table with one outcome, but its interval is the usual one of
    survival analysis: pointwise, from Greenwood's variance, on the scale of log(-log) of the share that is
    pending, by scipy.stats.ecdf. **It assumes that rows are independent; holds of one borrower are not: for
    those use `cumulative_incidence` with a cluster.**

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per hold: the holds of a run in which none is forfeited, or a log of your own.
    duration : str
        Column: days until the row ended or was last seen; 0 or more, whole or not.
    outcome : str
        Column: how it ended. Only one label other than `censored` may occur.
    censored : label, or None
        Of rows that had not ended when last seen; None if every row has ended.
    by : str or list of str, optional
        Columns: a curve for each combination of their values.
    confidence : float
        Between 0 and 1, of each point by itself.
    censored_first : bool
        Whether, at the same time, censoring comes before ends: who is censored at t was last seen before it,
        as the pending holds of a run, whose age counts the day of the horizon, which is not simulated. The
        usual rule is that ends come first. **Set it for `run.holds` and `study.holds`.**

    Returns
    -------
    pandas.DataFrame
        As that of `cumulative_incidence`: index `days`, after the columns of `by`; columns `at_risk`, the
        label of the outcome with `_low` and `_high`, and `pending`, the Kaplan-Meier estimate. The interval
        is NaN where the share is 0 or 1.

    Raises
    ------
    SimlimitError
        If several kinds of end occur, a column is missing or has a value that it cannot have, or an argument
        is not as above.

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

    If the pending one was last seen before the second day, not after it:

    >>> kaplan_meier(log, censored_first=True)[["at_risk", "released", "pending"]].round(3)
    ... # doctest: +NORMALIZE_WHITESPACE
          at_risk  released  pending
    days
    1           4     0.250    0.750
    2           2     0.625    0.375
    4           1     1.000    0.000
    """
    check_confidence(confidence)
    log = _with_one_outcome(read_log(frame, duration, outcome, censored, censored_first=censored_first))

    def curve(part: Log) -> pd.DataFrame:
        return _curve(part, confidence)

    table = by_group(frame, by, log, curve)
    table.attrs["interval"] = f"{100 * confidence:g} % intervals: Greenwood, rows taken as independent"
    return table


def _with_one_outcome(log: Log) -> Log:
    """Return the log with the outcome that occurs alone; with the first, if none does."""
    censored = len(log.outcomes)
    occurring = np.unique(log.kinds[log.kinds < censored])
    if len(occurring) > 1:
        found = " and ".join(str(log.outcomes[kind]) for kind in occurring)
        raise SimlimitError(
            f"rows end as {found}, but Kaplan-Meier is for one kind of end only: "
            "use cumulative_incidence, in which they compete."
        )
    kept = int(occurring[0]) if len(occurring) else 0
    outcomes = log.outcomes[kept : kept + 1]
    return replace(log, outcomes=outcomes, kinds=np.where(log.kinds == censored, len(outcomes), 0))


def _curve(log: Log, confidence: float) -> pd.DataFrame:
    times, ended, censored = log.counts()
    done = log.kinds < len(log.outcomes)
    sample = CensoredData(uncensored=log.durations[done], right=log.durations[~done])
    pending = ecdf(sample).sf
    with warnings.catch_warnings():
        # It warns that there is no interval where the share is 0 or 1; our documentation says so.
        warnings.simplefilter("ignore", RuntimeWarning)
        interval = pending.confidence_interval(confidence, method="log-log")
    incidence, low, high = (
        np.repeat(1 - side.evaluate(times)[None, :], len(log.outcomes), axis=0)
        for side in (pending, interval.high, interval.low)
    )
    return curve_table(log, times, at_risk(ended, censored), incidence, low, high)
