"""The metrics of a replication, from its tallies: proportions and means of the followed holds.

None of them becomes better only because credit is taken away, but losses and net income. So these are never
shown alone.
"""

import functools
from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from simlimit.drivers.tallies import Tallies
from simlimit.model.causes import GATE_COUNT
from simlimit.model.preparation import PreparedScenario
from simlimit.model.records import Records
from simlimit.tables.units import PARTS, UNITS

Floats = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.int64]
Totals: TypeAlias = Records | Mapping[str, Counts]
Weight = Literal["holds", "amount"]

ENDS = ("released", "forfeited")
WEIGHTS = ("holds", "amount")
WITHIN_DAYS = (0, 7, 30, 90)
METRICS = tuple(UNITS)
HOLD_METRICS = METRICS[: METRICS.index("median_days") + 1]
"""Metrics of the holds with a full follow-up."""
BORROWER_METRICS = ("no_limit_share", "limit_days_lost")
"""Metrics of all borrowers, with or without holds."""
SHARES = tuple(metric for metric in METRICS if metric.startswith("released") or metric.endswith("share"))
"""Metrics of at most 1; none is below 0."""
NEVER_NEGATIVE = tuple(metric for metric in METRICS if metric != "net_income")
LOSSES, BESIDE_LOSSES = ("default_losses", "net_income"), "limit_days_lost"
"""Losses can fall by taking credit away, so the last is shown wherever one of the others is."""
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


def holds_or_cents(tallies: Tallies, which: Literal["ended", "followed"], weight: str) -> Counts:
    """Return counts of holds, or of their cents: shape (replications, groups, gates or outcomes, ages)."""
    counts: Counts = getattr(tallies, f"{which}_holds" if weight == "holds" else f"{which}_cents")
    return counts


def last_seen(pending: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return pending holds by the age at which they were last seen, from their ages at the horizon.

    It is a day less, since the day of the horizon is not simulated. No hold is pending at age 0.
    """
    return np.concatenate([pending[..., 1:], np.zeros_like(pending[..., :1])], axis=-1)


def followed_metrics(counts: Counts, follow_up_days: int) -> dict[str, Floats]:
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


def borrower_metrics(totals: Totals) -> dict[str, Floats]:
    """Return the metrics of borrowers from their totals; what is lost is in cents x days."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            "no_limit_share": totals["no_limit_days"] / totals["present_days"],
            "limit_days_lost": totals["lost_days"] / 100 / totals["present_days"] * DAYS_PER_YEAR,
        }


def group_metrics(
    tallies: Tallies, prepared: PreparedScenario, follow_up_days: int, weight: str
) -> dict[str, Floats]:
    """Return the metrics of each group: arrays of shape (replications, groups)."""
    followed = followed_metrics(holds_or_cents(tallies, "followed", weight), follow_up_days)
    return followed | borrower_metrics(tallies.totals)


def all_metrics(
    tallies: Tallies, prepared: PreparedScenario, follow_up_days: int, weight: str
) -> dict[str, Floats]:
    """Return all metrics of the whole book: arrays of shape (replications,)."""
    counts = holds_or_cents(tallies, "followed", weight)
    totals = {name: tallies.totals[name].sum(axis=1) for name in tallies.totals.dtype.names or ()}
    metrics = followed_metrics(counts.sum(axis=1), follow_up_days) | borrower_metrics(totals)
    observed = tallies.daily[:, prepared.scenario.warmup_days :]
    years = totals["present_days"] / DAYS_PER_YEAR
    written_off, paid = (observed[name].sum(axis=1) for name in ("written_off", "interest_paid"))
    with np.errstate(invalid="ignore", divide="ignore"):
        metrics["default_losses"] = written_off / 100 / years
        metrics["interest_income"] = paid / 100 / years
        metrics["net_income"] = (paid - written_off) / 100 / years
    by_group = followed_metrics(counts, follow_up_days)["days_away"]
    metrics["gap_days"] = by_group.max(axis=1) - by_group.min(axis=1)
    return metrics


def observed_days(prepared: PreparedScenario) -> int:
    """Return the number of days from the end of the warm-up on."""
    return prepared.scenario.horizon_days - prepared.scenario.warmup_days
