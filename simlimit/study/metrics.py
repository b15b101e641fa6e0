"""The metrics of a replication, from its tallies: proportions and means of the followed holds."""

import functools
from collections.abc import Collection, Mapping
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from simlimit.drivers.tallies import GATES as GATE_COUNT
from simlimit.drivers.tallies import Tallies
from simlimit.errors import SimlimitError
from simlimit.model.causes import GATES
from simlimit.model.preparation import PreparedScenario
from simlimit.model.records import Records

Floats = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Totals: TypeAlias = Records | Mapping[str, Counts]
Weight = Literal["holds", "amount"]

WEIGHTS = ("holds", "amount")
WITHIN_DAYS = (0, 7, 30, 90)
HOLD_METRICS = (
    *(f"released_within_{day}d" for day in WITHIN_DAYS),
    "forfeited_share",
    "pending_share",
    "restricted_mean_days",
    *(f"days_{gate}" for gate in GATES),
    "median_days",
)
"""Metrics of the holds with a full follow-up."""
BORROWER_METRICS = ("no_limit_share", "limit_days_lost")
"""Metrics of all borrowers, with or without holds."""
PLATFORM_METRICS = ("default_losses", "gap_days")
"""Metrics of the whole platform, which a group alone does not have."""
METRICS = (*HOLD_METRICS, *BORROWER_METRICS, *PLATFORM_METRICS)
DAYS_PER_YEAR = 365


def check_metrics(name: str, metrics: Collection[str]) -> None:
    """Refuse an argument that does not name metrics."""
    if not metrics:
        raise SimlimitError(f"{name} is empty, but must name at least one metric.")
    for metric in metrics:
        if metric not in METRICS:
            raise SimlimitError(
                f"{name} names {metric!r}, but must name metrics among: {', '.join(METRICS)}."
            )


def holds_or_cents(tallies: Tallies, which: Literal["ended", "followed"], weight: str) -> Counts:
    """Return counts of holds, or of their cents: shape (replications, groups, gates or outcomes, ages)."""
    counts: Counts = getattr(tallies, f"{which}_holds" if weight == "holds" else f"{which}_cents")
    return counts


def last_seen(pending: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return pending holds by the age at which they were last seen, from their ages at the horizon.

    It is a day less, since the day of the horizon is not simulated. No hold is pending at age 0.
    """
    seen = np.zeros_like(pending)
    seen[..., :-1] = pending[..., 1:]
    return seen


def followed_metrics(counts: Counts, follow_up_days: int) -> dict[str, Floats]:
    """Return the metrics of followed holds.

    Parameters
    ----------
    counts : array of int, shape (..., 10, ages)
        At each gate at the end of each age, and released and forfeited at it.
    follow_up_days : int
        The last age that counts. If no hold is followed for so long, all metrics are NaN.

    Returns
    -------
    dict of arrays of float, shape (...)
        NaN where there are no holds. The median is infinite where half have not been released.
    """
    shape = counts.shape[:-2]
    if counts.shape[-1] <= follow_up_days:
        return dict.fromkeys(HOLD_METRICS, np.full(shape, np.nan))
    all_holds = counts[..., 0].sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ended = counts[..., GATE_COUNT:, : follow_up_days + 1].cumsum(axis=-1)
        released = ended[..., 0, :] / all_holds[..., np.newaxis]
        forfeited = ended[..., 1, -1] / all_holds
        pending = (all_holds - ended[..., -1].sum(axis=-1)) / all_holds
        days = counts[..., :GATE_COUNT, :follow_up_days].sum(axis=-1) / all_holds[..., np.newaxis]
    unknown = np.full(shape, np.nan)
    metrics = {
        f"released_within_{day}d": released[..., day] if day <= follow_up_days else unknown
        for day in WITHIN_DAYS
    }
    metrics["forfeited_share"] = forfeited
    metrics["pending_share"] = pending
    # Summed from left to right, so that adding up the columns gives exactly this; np.sum has another order.
    metrics["restricted_mean_days"] = functools.reduce(np.add, np.moveaxis(days, -1, 0))
    metrics |= {f"days_{gate}": days[..., i] for i, gate in enumerate(GATES)}
    reached = released >= 0.5
    median = np.where(reached.any(axis=-1), reached.argmax(axis=-1), np.inf)
    metrics["median_days"] = np.where(all_holds > 0, median, np.nan)
    return metrics


def borrower_metrics(totals: Totals, prepared: PreparedScenario) -> dict[str, Floats]:
    """Return the metrics of borrowers from their totals; `held_days` are in cents x days."""
    with np.errstate(invalid="ignore", divide="ignore"):
        borrower_days = totals["borrowers"] * float(observed_days(prepared))
        return {
            "no_limit_share": totals["no_limit_days"] / borrower_days,
            "limit_days_lost": totals["held_days"] / 100 / borrower_days * DAYS_PER_YEAR,
        }


def group_metrics(
    tallies: Tallies, prepared: PreparedScenario, follow_up_days: int, weight: str
) -> dict[str, Floats]:
    """Return the metrics of each group: arrays of shape (replications, groups)."""
    followed = followed_metrics(holds_or_cents(tallies, "followed", weight), follow_up_days)
    return followed | borrower_metrics(tallies.totals, prepared)


def all_metrics(
    tallies: Tallies, prepared: PreparedScenario, follow_up_days: int, weight: str
) -> dict[str, Floats]:
    """Return all metrics of the whole book: arrays of shape (replications,)."""
    counts = holds_or_cents(tallies, "followed", weight)
    totals = {name: tallies.totals[name].sum(axis=1) for name in tallies.totals.dtype.names or ()}
    metrics = followed_metrics(counts.sum(axis=1, dtype=np.int64), follow_up_days)
    metrics |= borrower_metrics(totals, prepared)
    written_off = tallies.daily["written_off"][:, prepared.scenario.warmup_days :].sum(axis=1)
    years = totals["borrowers"] * observed_days(prepared) / DAYS_PER_YEAR
    metrics["default_losses"] = written_off / 100 / years
    by_group = followed_metrics(counts, follow_up_days)["restricted_mean_days"]
    metrics["gap_days"] = by_group.max(axis=1) - by_group.min(axis=1)
    return metrics


def observed_days(prepared: PreparedScenario) -> int:
    """Return the number of days from the end of the warm-up on."""
    return prepared.scenario.horizon_days - prepared.scenario.warmup_days
