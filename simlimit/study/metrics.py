"""The metrics of a replication, from its tallies and its records, and the events on which they rest.

Most are proportions and means of the followed holds. None of them becomes better only because credit is taken
away, but losses and net income. So these are never shown alone.
"""

import functools
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, Ints
from simlimit.drivers.tallies import Tallies
from simlimit.model.causes import GATE_COUNT
from simlimit.model.preparation import PreparedScenario
from simlimit.model.records import Records
from simlimit.tables.units import INCOME, PARTS, UNITS

Weight = Literal["holds", "amount"]

ENDS = ("released", "forfeited")
WEIGHTS = ("holds", "amount")
WITHIN_DAYS = (0, 7, 30, 90)
METRICS = tuple(UNITS)
# Metrics of the holds with a full follow-up.
HOLD_METRICS = METRICS[: METRICS.index("median_days") + 1]
# Metrics of all borrowers, with or without holds.
BORROWER_METRICS = ("no_limit_share", "limit_days_lost")
# Metrics of at most 1; none is below 0.
SHARES = tuple(metric for metric in METRICS if metric.startswith("released") or metric.endswith("share"))
NEVER_NEGATIVE = tuple(metric for metric in METRICS if metric != "net_income")
# Losses can fall by taking credit away, so the last is shown wherever one of the others is.
LOSSES, BESIDE_LOSSES = ("default_losses", "net_income"), "limit_days_lost"
DAYS_PER_YEAR = 365


def beside_losses(metrics: Collection[str]) -> list[str]:
    """Return metrics, and with losses from default, or what is left after them, also the limit that is lost.

    Examples
    --------
    >>> from simlimit.study.metrics import beside_losses
    >>> beside_losses(["default_losses"])
    ['default_losses', 'limit_days_lost']
    """
    is_missing = BESIDE_LOSSES not in metrics and any(metric in LOSSES for metric in metrics)
    return [*metrics, BESIDE_LOSSES] if is_missing else [*metrics]


def holds_or_cents(tallies: Tallies, which: Literal["ended", "followed"], weight: str) -> Ints:
    """Return counts of holds, or of their cents: shape (replications, groups, gates or outcomes, ages)."""
    counts: Ints = getattr(tallies, f"{which}_holds" if weight == "holds" else f"{which}_cents")
    return counts


def followed_metrics(counts: Ints, follow_up_days: int) -> dict[str, Floats]:
    """Return the metrics of followed holds.

    Parameters
    ----------
    counts : array of int, shape (..., 10, ages)
        At each gate at the end of each age, and released and forfeited at it. If holds are counted, one that
        lost any part is forfeited at the age at which it ends; of cents, each part counts at its own age.
    follow_up_days : int
        The last age that counts. If no hold is followed for so long, all metrics are NaN.

    Returns
    -------
    dict of arrays of float, shape (...)
        NaN where there are no holds. The median is infinite where half have not been released. What is
        forfeited is away to the end of the follow-up.
    """
    unknown = np.full(counts.shape[:-2], np.nan)
    if counts.shape[-1] <= follow_up_days:
        return dict.fromkeys(HOLD_METRICS, unknown)
    all_holds = counts[..., 0].sum(axis=-1)
    ended = counts[..., GATE_COUNT:, : follow_up_days + 1].cumsum(axis=-1)
    at_gates = np.moveaxis(counts[..., :GATE_COUNT, :follow_up_days].sum(axis=-1), -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        released = ended[..., 0, :] / all_holds[..., np.newaxis]
        metrics = {
            f"released_within_{day}d": released[..., day] if day <= follow_up_days else unknown
            for day in WITHIN_DAYS
        }
        metrics["forfeited_share"] = ended[..., 1, -1] / all_holds
        metrics["pending_share"] = (all_holds - ended[..., -1].sum(axis=-1)) / all_holds
        days = [part / all_holds for part in (*at_gates, ended[..., 1, :follow_up_days].sum(axis=-1))]
    # Summed from left to right, so that adding up the columns gives exactly this; np.sum has another order.
    metrics["days_away"] = functools.reduce(np.add, days)
    metrics |= zip(PARTS, days, strict=True)
    reached = released >= 0.5
    median = np.where(reached.any(axis=-1), reached.argmax(axis=-1), np.inf)
    metrics["median_days"] = np.where(all_holds > 0, median, np.nan)
    return metrics


def borrower_metrics(totals: Records | Mapping[str, Ints]) -> dict[str, Floats]:
    """Return the metrics of borrowers from their totals; what is lost is in cents x days."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "no_limit_share": totals["no_limit_days"] / totals["present_days"],
            "limit_days_lost": totals["lost_days"] / 100 / totals["present_days"] * DAYS_PER_YEAR,
        }


def group_metrics(tallies: Tallies, follow_up_days: int, weight: str) -> dict[str, Floats]:
    """Return the metrics of each group: arrays of shape (replications, groups)."""
    followed = followed_metrics(holds_or_cents(tallies, "followed", weight), follow_up_days)
    return followed | borrower_metrics(tallies.totals)


# Of a metric with fewer expected events there is no verdict and no interval: too few say how rare it is.
LEAST_EVENTS = 20


def events_seen(tallies: Tallies, prepared: PreparedScenario, follow_up_days: int) -> dict[str, Floats]:
    """Return how many events each metric of the whole book rests on, in each replication.

    Where the tallies do not have the number itself, it is one that is surely not larger.

    Returns
    -------
    dict of arrays of float, shape (replications, 2)
        By metric, how many do what it measures, and how many do not; the second is infinite where that says
        nothing:

        - shares of holds: holds that do so, and those that do not;
        - days at a gate: the most holds that wait there at one age;
        - `no_limit_share`: borrowers, each by the share of its days without limit;
        - `limit_days_lost`: borrowers who have lost something;
        - `default_losses`: days with a default;
        - `interest_income`, `net_income`: days on which interest is paid, or with a default;
        - others: holds that are not released at once.
    """
    counts = tallies.followed_holds.sum(axis=1)[..., : follow_up_days + 1]
    holds = counts[..., 0].sum(axis=-1)
    released, forfeited = np.moveaxis(counts[:, GATE_COUNT:].cumsum(axis=-1), 1, 0)
    last = counts.shape[-1] - 1
    shares = {f"released_within_{day}d": released[:, min(day, last)] for day in WITHIN_DAYS}
    shares["forfeited_share"] = forfeited[:, last]
    shares["pending_share"] = holds - released[:, last] - forfeited[:, last]
    events = dict(zip(PARTS, [*counts[:, :GATE_COUNT].max(axis=-1).T, forfeited[:, last]], strict=True))
    observed = tallies.daily[:, prepared.scenario.warmup_days :]
    events["no_limit_share"] = tallies.totals["no_limit_days"].sum(axis=1) / observed.shape[1]
    events["limit_days_lost"] = tallies.totals["losing"].sum(axis=1)
    written_off, paid = observed["written_off"], observed["interest_paid"]
    events["default_losses"] = np.count_nonzero(written_off, axis=1)
    events |= dict.fromkeys(INCOME, np.count_nonzero(paid + written_off, axis=1))
    nothing = np.full(len(holds), np.inf)
    pairs = {metric: (number, holds - number) for metric, number in shares.items()}
    pairs |= {metric: (number, nothing) for metric, number in events.items()}
    others = holds - released[:, 0], nothing
    return {metric: np.column_stack(pairs.get(metric, others)).astype(np.float64) for metric in METRICS}


def expected_events(*tables: pd.DataFrame) -> Floats:
    """Return how many events each column of `Study.metrics` has in all replications, if nothing differs.

    Of several tables it is the mean. Of a share these are the holds that do so in all tables together, or
    those that do not, if they are fewer. Where all do so in one table and none in another, there are many.
    """
    seen = [[table.attrs["events"][metric] for metric in table] for table in tables]
    return np.asarray(np.mean(np.array(seen, np.float64), axis=0).min(axis=-1))


def expected_between_groups(tallies: Tallies, warmup_days: int, table: pd.DataFrame) -> Floats:
    """Return `expected_events` for gaps: of the limit that is lost, a few who lose much decide.

    So its events are no more than the borrowers who would lose it all, if lines were alike.
    """
    events, observed = expected_events(table), tallies.daily[:, warmup_days:]
    lost, present = (tallies.totals[name].sum(dtype=np.float64) for name in ("lost_days", "present_days"))
    lines = lost + sum(observed[name].sum(dtype=np.float64) for name in ("outstanding", "available"))
    alike = lost / max(lines, 1) * present / observed.shape[1]
    return np.where(table.columns == BESIDE_LOSSES, np.minimum(events, alike), events)


def sizes_of_groups(tallies: Tallies, metric: str) -> Floats:
    """Return what a metric of each group is a mean over: followed holds or borrowers, of all replications."""
    if metric in BORROWER_METRICS:
        return np.asarray(tallies.totals["borrowers"].sum(axis=0), np.float64)
    return np.asarray(tallies.followed_holds[..., 0].sum(axis=(0, 2)), np.float64)


ENDINGS = (".total", ".mean")


def is_recorded(metric: str) -> bool:
    """Return whether a name is that of a metric of records."""
    return metric.endswith(ENDINGS)


def record_metrics(
    records: pd.DataFrame, replications: int, warmup_days: int, names: Iterable[str]
) -> dict[str, tuple[Floats, Floats]]:
    """Return the total and the mean of what was recorded under each name from the end of the warm-up on.

    Parameters
    ----------
    records : pandas.DataFrame
        `Study.records`.
    replications : int
    warmup_days : int
    names : iterable of str

    Returns
    -------
    dict of pairs of arrays of float, shape (replications,)
        By metric, in the order of the names: its value, and the number of records on which it rests. A
        replication without a record has the total 0, and no mean (NaN).
    """
    metrics = {}
    observed = records[records["day"] >= warmup_days]
    for name in sorted(names):
        values = observed.loc[observed["name"] == name].groupby("replication")["value"]
        told = values.agg(["sum", "mean", "count"]).reindex(range(replications))
        total, mean, count = told.to_numpy(np.float64).T
        for ending, metric in zip(ENDINGS, (np.nan_to_num(total), mean), strict=True):
            metrics[name + ending] = metric, np.nan_to_num(count)
    return metrics


def values_and_events(
    tallies: Tallies, prepared: PreparedScenario, follow_up_days: int, weight: str, records: pd.DataFrame,
    names: Iterable[str],
) -> tuple[dict[str, Floats], dict[str, Floats]]:  # fmt: skip
    """Return all metrics of the whole book, and of what was recorded under names, with the events of each.

    Metrics are arrays of shape (replications,). The events are those of `events_seen`. Of what was recorded
    the second number is infinite, and so is the first if each replication has a record: then it is not rare.
    """
    counts = holds_or_cents(tallies, "followed", weight)
    totals = {name: tallies.totals[name].sum(axis=1) for name in tallies.totals.dtype.names or ()}
    values = followed_metrics(counts.sum(axis=1), follow_up_days) | borrower_metrics(totals)
    observed = tallies.daily[:, prepared.scenario.warmup_days :]
    # Who has given up the line still pays interest: without a day of presence nothing is known per year.
    years = np.where(totals["present_days"] > 0, totals["present_days"] / DAYS_PER_YEAR, np.nan)
    written_off, paid = (observed[name].sum(axis=1) for name in ("written_off", "interest_paid"))
    values["default_losses"] = written_off / 100 / years
    values["interest_income"] = paid / 100 / years
    values["net_income"] = (paid - written_off) / 100 / years
    by_group = followed_metrics(counts, follow_up_days)["days_away"]
    values["gap_days"] = by_group.max(axis=1) - by_group.min(axis=1)
    events = events_seen(tallies, prepared, follow_up_days)
    recorded = record_metrics(records, len(tallies.daily), prepared.scenario.warmup_days, names)
    for metric, (values[metric], number) in recorded.items():
        others = np.full(len(number), np.inf)
        events[metric] = np.column_stack([others if number.all() else number, others])
    return values, events
