"""What a table of durations says: the incidence of each outcome, Kaplan-Meier's curve, who is at risk."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from simlimit.arguments import as_days, check_confidence, check_flag
from simlimit.delays import curves, share_intervals, survival_data, tables
from simlimit.delays.clusters import clusters_behind, clusters_per_batch, jackknife_in_batches
from simlimit.errors import SimlimitError, warn

# Clusters times distinct times, from which on a curve takes longer than a quarter of a minute.
MANY_CELLS = 300_000_000


def cumulative_incidence(
    frame: pd.DataFrame,
    duration: str = "delay_days",
    outcome: str = "outcome",
    *,
    censored: Hashable | None = "pending",
    weight: str | None = None,
    by: str | Sequence[str] | None = None,
    cluster: str | None = None,
    confidence: float = 0.95,
    censored_at_risk: bool = True,
    entry: str | None = None,
) -> pd.DataFrame:
    """Return the share that has ended in each way by each time (Aalen-Johansen), with intervals.

    With `cluster`, the interval is from the delete-one-cluster `jackknife`. It assumes only that clusters
    are independent. Without `cluster`, it is from `aalen_johansen_variance`, on the scale of log(-log F),
    which keeps it between 0 and 1. **That assumes independent rows. Holds of one borrower are not
    independent, nor are holds of one replication that share a funding pool: name a cluster.**

    Where nothing was observed, the share is 0 or 1, but the interval is not. It is the exact one of the
    effective number of rows, or clusters: of none among 30 it is 0 to 12 %. With
    fewer than 5 rows at risk it is unknown. If no row was censored before, shares are plain proportions, for
    which 5 rows are enough. As the share itself, the ends of its intervals never fall.

    Parameters
    ----------
    frame : pandas.DataFrame
        A row per hold: `run.holds`, or a log of your own; a frame of polars, pyarrow or dask is converted.
    duration : str
        Column: days until the row ended or was last seen; 0 or more, whole or fractional (hours / 24).
    outcome : str
        Column: how the row ended. All labels but `censored` are outcomes, which compete with each other.
    censored : label, or None
        The label of rows that had not ended when last seen; None if every row has ended.
    weight : str, optional
        Column of amounts, 0 or more: rows count by amount. Then the interval is NaN without a `cluster`.
    by : str or list of str, optional
        Columns: a curve for each combination of their values.
    cluster : str, optional
        Column, such as ``"borrower"`` or ``"replication"``: rows with the same value may depend on each other
        in any way. The interval is NaN where only one cluster was still observed. The work grows with
        clusters times distinct times; a `SimlimitWarning` says so where both are many.
    confidence : float
        Between 0 and 1, of each point and outcome separately.
    censored_at_risk : bool
        Whether a row censored at a time is still at risk at that time: the usual rule. **Set it to False for
        `run.holds` and `study.holds`**: the age of their pending holds counts the day of the horizon, which
        is not simulated.
    entry : str, optional
        Column: the age in days at which a row came under observation, such as the age of a hold when the log
        begins (left truncation). A row is at risk at t if entry < t <= duration; with entry 0, also at 0.
        Where few are at risk early, an end among them weighs much for ever, however many enter later.

    Returns
    -------
    pandas.DataFrame
        Index `days`: the distinct times, ascending, after the columns of `by`. Columns:

        - `at_risk`: number, or amount, of rows whose duration is that time or more. With
          ``censored_at_risk=False``, censored rows need a longer duration, and times at which rows are only
          censored are left out;
        - `few_at_risk`: whether fewer than 20 rows are, or with `entry` have been since the first end. There
          intervals say less than they seem to;
        - `clusters`, with `cluster`: the effective number of clusters behind the shares,
          (sum n)^2 / sum n^2, where n is how many rows of each cluster are at risk. It is divided by the
          share pending, for which they stand, and never grows;
        - for each outcome, its label, `<label>_low` and `<label>_high`: the share that has ended in this way
          by that time, and its interval. Outcomes are in the order of the categories, or else sorted;
        - `pending`: share that has not ended: 1 less the outcomes.

        ``attrs["interval"]`` says in words what the interval is. A group in which no row was ever at risk has
        a row at its first time, with unknown shares. Times that differ by rounding only are one time.

    Raises
    ------
    SimlimitError
        If a column is missing or has a value that is not allowed, or an argument is not as above.

    References
    ----------
    As for `aalen_johansen` and `jackknife`. The log-log interval is in chapter 1 of Kalbfleisch and Prentice
    (2002).

    Examples
    --------
    >>> import simlimit as sl
    >>> from simlimit.delays import cumulative_incidence
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 50}
    ... )
    >>> holds = sl.simulate(weekly, seed=1).holds
    >>> curve = cumulative_incidence(holds, cluster="borrower", censored_at_risk=False)
    >>> float(curve.loc[6, "released"])  # whatever was observed for six days has been evaluated
    1.0
    >>> curve.attrs["interval"]
    '95 % intervals: delete-one jackknife over borrower'
    """
    confidence = check_confidence(confidence)
    columns = {"outcome": outcome, "duration": duration, "weight": weight, "cluster": cluster, "entry": entry}
    data = survival_data.read_survival_data(frame, censored, censored_at_risk, **columns)
    table = data.table_by_group(by, lambda group: _curve(group, confidence))
    method = "rows taken as independent" if weight is None else "none for amounts without a cluster"
    if cluster is not None:
        method = f"delete-one jackknife over {cluster}"
    return tables.note_interval(table, confidence, method)


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
    columns = {"outcome": outcome, "duration": duration, "entry": entry}
    data = _with_one_outcome(survival_data.read_survival_data(frame, censored, censored_at_risk, **columns))
    table = data.table_by_group(by, lambda group: _curve(group, confidence, of_survival=True))
    return tables.note_interval(table, confidence, "Greenwood, rows taken as independent")


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
    columns = {"outcome": outcome, "duration": duration, "weight": weight, "entry": entry}
    data = survival_data.read_survival_data(frame, censored, True, **columns)
    tables.check_labels([tables.AT_RISK, *data.outcomes, tables.PENDING])
    return data.table_by_group(by, lambda group: _risk_table(group, times, censored_at_risk))


def _with_one_outcome(data: survival_data.SurvivalData) -> survival_data.SurvivalData:
    """Return the data with only the outcome that occurs; with the first one, if none does."""
    occurring = np.unique(data.rows["outcome"][~data.is_censored])
    if len(occurring) > 1:
        labels = " and ".join(str(data.outcomes[code]) for code in occurring)
        only = "Kaplan-Meier is for one kind of end only: use cumulative_incidence, in which they compete."
        raise SimlimitError(f"frame has rows that end as {labels}, but {only}")
    outcomes = tuple(data.outcomes[code] for code in occurring) or data.outcomes[:1]
    rows = data.rows.assign(outcome=np.where(data.is_censored, len(outcomes), 0))
    return replace(data, rows=rows, outcomes=outcomes)


def _curve(data: survival_data.SurvivalData, confidence: float, of_survival: bool = False) -> pd.DataFrame:
    """Return the curve; of independent rows the interval is on the scale of what ended, or of survival."""
    times, counts = data.counts_by_time()
    incidence = curves.aalen_johansen(*counts)
    clusters = None
    if "cluster" in data.rows:
        size = clusters_per_batch(sum(each.size for each in counts))
        number, batches = data.counts_by_cluster(size)
        if number * len(times) > MANY_CELLS:
            found = f"{number:,} clusters and {len(times):,} distinct times"
            faster = "round the durations, or leave cluster out if each row is a cluster"
            warn(f"frame has {found}, which takes long: {faster}.")
        clusters = clusters_behind(counts, data.counts_by_cluster(size)[1])
        low, high = jackknife_in_batches(curves.aalen_johansen, counts, batches, confidence, clusters)[2:]
    elif "weight" in data.rows:
        low = high = np.full_like(incidence, np.nan)
    else:
        # Of one outcome, this is Greenwood's variance.
        share, variance = 1 - incidence if of_survival else incidence, curves.aalen_johansen_variance(*counts)
        low, high = share_intervals.log_log(share, variance, curves.effective_number(counts), confidence)
        low, high = (1 - high, 1 - low) if of_survival else (low, high)
    marks = share_intervals.mark_few(data.counts_of_rows())
    risk = tables.counts_or_amounts(data, curves.at_risk(*counts))
    days = pd.Index(times.astype(np.int64) if data.whole_days else times)
    return tables.curve_table(days, data.outcomes, risk, marks, (incidence, low, high), clusters)


def _risk_table(data: survival_data.SurvivalData, days: list[float], censored_at_risk: bool) -> pd.DataFrame:
    rows, asked = data.rows, np.asarray(days, np.float64)
    time, weight, entry = rows["time"], rows.get("weight", 1.0), rows.get("entry", survival_data.FROM_START)
    numbers = []
    for day, rounding in zip(asked, survival_data.tolerance(asked), strict=True):
        before, by_then = time < day - rounding, time <= day + rounding
        has_left = np.where(data.is_censored & (not censored_at_risk), by_then, before)
        so_far = [by_then & (rows["outcome"] == code) for code in range(len(data.outcomes) + 1)]
        counted = [~has_left & (entry < day - rounding), *so_far]
        numbers.append([(weight * each).sum() for each in counted])
    status = pd.Index([tables.AT_RISK, *data.outcomes, tables.PENDING], name="status")
    table = tables.counts_or_amounts(data, np.reshape(numbers, (len(days), len(status))).T)
    return pd.DataFrame(table, status, pd.Index(days, name="days"))
