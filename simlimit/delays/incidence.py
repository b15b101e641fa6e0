"""The cumulative incidence of each outcome in a table of durations, with its interval."""

from collections.abc import Hashable, Sequence

import numpy as np
import pandas as pd
from scipy.special import ndtri

from simlimit.arguments import check_confidence
from simlimit.delays.clusters import clusters_at_a_time, jackknife_of_parts
from simlimit.delays.curves import ROUNDING, FloatArray, aalen_johansen, aalen_johansen_variance, at_risk
from simlimit.delays.log import Log, read_log
from simlimit.delays.tables import by_group, curve_table


def cumulative_incidence(
    frame: pd.DataFrame,
    duration: str = "delay_days",
    outcome: str = "outcome",
    censored: Hashable | None = "pending",
    weight: str | None = None,
    by: str | Sequence[str] | None = None,
    cluster: str | None = None,
    confidence: float = 0.95,
    censored_first: bool = False,
) -> pd.DataFrame:
    """Return the share that has ended in each way by each time (Aalen-Johansen), with intervals.

    Without `cluster`, the interval is pointwise, from the variance of `aalen_johansen_variance` on the scale
    of log(-log F), which keeps it between 0 and 1. **It assumes that rows are independent. Holds of one
    borrower are not, nor are those of one replication that shares a funding pool: name a cluster.** With
    `cluster`, it is the delete-one-cluster jackknife's, with Student's t, which assumes only that clusters
    are independent.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per hold: `run.holds`, or a log of your own.
    duration : str
        Column: days until the row ended or was last seen; 0 or more, whole or not (hours / 24).
    outcome : str
        Column: how it ended. Every label other than `censored` is an outcome that competes with the others.
    censored : label, or None
        Of rows that had not ended when last seen; None if every row has ended.
    weight : str, optional
        Column of amounts, 0 or more: rows count by amount. Then there is an interval only with `cluster`;
        without it is NaN.
    by : str or list of str, optional
        Columns: a curve for each combination of their values.
    cluster : str, optional
        Column, such as ``"borrower"`` or ``"replication"``: rows with the same value may depend on each other
        in any way. Where only one cluster was still observed, and if there is only one, the interval is NaN.
        The work grows with clusters times distinct times: round durations if both are many.
    confidence : float
        Between 0 and 1, of each point and outcome by itself.
    censored_first : bool
        Whether, at the same time, censoring comes before ends: who is censored at t was last seen before it,
        as the pending holds of a run, whose age counts the day of the horizon, which is not simulated. The
        usual rule is that ends come first. **Set it for `run.holds` and `study.holds`.**

    Returns
    -------
    pandas.DataFrame
        Index: `days`, the distinct times, ascending; after those of `by`, if given. Columns:

        - `at_risk`: rows, or their amount, whose duration is that time or more; with `censored_first`, of the
          censored only those whose duration is more, and a time at which nothing else happened is left out;
        - for each outcome, in order of the categories, or else sorted, its label: share that has ended so by
          that time, with `<label>_low` and `<label>_high`; without clusters, the interval is
          NaN where the share is 0 or 1;
        - `pending`: share that has not ended: 1 less the outcomes.

        ``attrs["interval"]`` says in words what the interval is.

    Raises
    ------
    SimlimitError
        If a column is missing or has a value that it cannot have, or an argument is not as above.

    References
    ----------
    Aalen, O. O. and Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains
    based on censored observations. Scandinavian Journal of Statistics 5(3), 141-150.

    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data, 2nd ed.,
    Wiley, chapters 1 (log-log interval) and 8.

    Examples
    --------
    >>> import simlimit as sl
    >>> from simlimit.delays import cumulative_incidence
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 50}
    ... )
    >>> holds = sl.simulate(weekly, seed=1).holds
    >>> curve = cumulative_incidence(holds, cluster="borrower", censored_first=True)
    >>> float(curve.loc[6, "released"])  # all that was observed for six days has been evaluated
    1.0
    >>> curve.attrs["interval"]
    '95 % intervals: delete-one jackknife over borrower'
    """
    check_confidence(confidence)
    log = read_log(frame, duration, outcome, censored, weight, cluster, censored_first)

    def curve(part: Log) -> pd.DataFrame:
        return _curve(part, confidence)

    table = by_group(frame, by, log, curve)
    if cluster is not None:
        method = f"delete-one jackknife over {cluster}"
    else:
        method = "none for amounts without a cluster" if weight is not None else "rows taken as independent"
    table.attrs["interval"] = f"{100 * confidence:g} % intervals: {method}"
    return table


def _curve(log: Log, confidence: float) -> pd.DataFrame:
    times, ended, censored = log.counts()
    incidence = aalen_johansen(ended, censored)
    if log.clusters is not None:
        clusters, parts = log.cluster_counts(clusters_at_a_time(ended.size + censored.size))
        band = jackknife_of_parts(aalen_johansen, (ended, censored), parts, clusters, confidence)
        low, high = band.low, band.high
    elif log.weights is not None:
        low = high = np.full_like(incidence, np.nan)
    else:
        low, high = _log_log(incidence, aalen_johansen_variance(ended, censored), confidence)
    return curve_table(log, times, at_risk(ended, censored), incidence, low, high)


def _log_log(incidence: FloatArray, variance: FloatArray, confidence: float) -> tuple[FloatArray, FloatArray]:
    """Return the normal interval of log(-log F), as one of F; where F is 0 or 1 there is none."""
    inside = (incidence > 0) & (incidence < 1 - ROUNDING)
    share = np.where(inside, incidence, np.nan)
    margin = np.exp(ndtri(0.5 + confidence / 2) * np.sqrt(variance) / np.abs(share * np.log(share)))
    return share**margin, share ** (1 / margin)
