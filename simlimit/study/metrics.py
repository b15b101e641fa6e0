"""The metrics of a replication, from its tallies: plain proportions and means of the followed holds."""

import functools
from collections.abc import Mapping
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.drivers.tallies import GATES as GATE_COUNT
from simlimit.drivers.tallies import Tallies
from simlimit.errors import SimlimitError
from simlimit.model import causes
from simlimit.model.preparation import PreparedScenario

Floats = npt.NDArray[np.float64]
Counts: TypeAlias = npt.NDArray[np.int32] | npt.NDArray[np.int64]
Weight = Literal["holds", "amount"]

WEIGHTS = ("holds", "amount")
WITHIN_DAYS = (0, 7, 30, 90)
FOLLOWED = (
    *(f"released_within_{day}d" for day in WITHIN_DAYS),
    "forfeited_share",
    "pending_share",
    "restricted_mean_days",
    *(f"days_{gate}" for gate in causes.GATES),
    "median_days",
)
"""Metrics of the holds with a full follow-up."""
BORROWERS = ("no_limit_share", "limit_days_lost")
"""Metrics of borrowers, whatever their holds."""
PLATFORM = ("default_losses", "gap_days")
"""Metrics of the whole platform, which no group has by itself."""
METRICS = (*FOLLOWED, *BORROWERS, *PLATFORM)
DAYS_PER_YEAR = 365


def check_weight(weight: str) -> None:
    """Refuse a weight that there is not."""
    if weight not in WEIGHTS:
        raise SimlimitError(f"weight is {weight!r}, but must be one of: {', '.join(WEIGHTS)}.")


def followed_counts(tallies: Tallies, weight: str) -> Counts:
    """Return where followed holds, or their cents, stand and end: (replications, groups, 10, ages)."""
    return tallies.followed_holds if weight == "holds" else tallies.followed_cents


def ended_counts(tallies: Tallies, weight: str) -> Counts:
    """Return how all holds, or their cents, ended at each age: (replications, groups, 3, ages)."""
    return tallies.ended_holds if weight == "holds" else tallies.ended_cents


def last_seen(pending: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the pending by the age at which they were last seen: the one before that at the horizon.

    The day of the horizon is not simulated. Nobody is pending at age 0.
    """
    seen = np.zeros_like(pending)
    seen[..., :-1] = pending[..., 1:]
    return seen


def of_group(counts: Counts, group: int | None) -> npt.NDArray[np.int64]:
    """Return the counts of one group, or of all groups together, without the axis of groups."""
    if group is None:
        return np.asarray(counts.sum(axis=1, dtype=np.int64))
    return counts[:, group].astype(np.int64)


def followed_metrics(counts: Counts, follow_up_days: int) -> dict[str, Floats]:
    """Return the metrics of followed holds.

    Parameters
    ----------
    counts : array of int, shape (..., 10, ages)
        Standing at each gate at the end of each age, released and forfeited at it.
    follow_up_days : int
        The last age that is looked at; nobody may be followed for so long.

    Returns
    -------
    dict of arrays of float, shape (...)
        NaN where there are no holds; the median infinite where half have not been released.
    """
    shape = counts.shape[:-2]
    if counts.shape[-1] <= follow_up_days:
        return {name: np.full(shape, np.nan) for name in FOLLOWED}
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
    # Summed from left to right, as whoever adds up the causes does; np.sum has an order of its own.
    metrics["restricted_mean_days"] = functools.reduce(np.add, np.moveaxis(days, -1, 0))
    metrics |= {f"days_{gate}": days[..., i] for i, gate in enumerate(causes.GATES)}
    reached = released >= 0.5
    median = np.where(reached.any(axis=-1), reached.argmax(axis=-1), np.inf)
    metrics["median_days"] = np.where(all_holds > 0, median, np.nan)
    return metrics


def borrower_metrics(
    borrowers: npt.NDArray[np.int64],
    no_limit_days: npt.NDArray[np.int64],
    held_days: npt.NDArray[np.int64],
    observed_days: int,
) -> dict[str, Floats]:
    """Return the metrics of borrowers, whose holds are in cents x days."""
    with np.errstate(invalid="ignore", divide="ignore"):
        borrower_days = borrowers * float(observed_days)
        return {
            "no_limit_share": no_limit_days / borrower_days,
            "limit_days_lost": held_days / 100 / borrower_days * DAYS_PER_YEAR,
        }


def group_metrics(
    tallies: Tallies, prepared: PreparedScenario, follow_up_days: int, weight: str
) -> dict[str, Floats]:
    """Return the metrics that a group has: arrays of shape (replications, groups)."""
    totals = tallies.totals
    return followed_metrics(followed_counts(tallies, weight), follow_up_days) | borrower_metrics(
        totals["borrowers"], totals["no_limit_days"], totals["held_days"], _observed_days(prepared)
    )


def all_metrics(
    tallies: Tallies, prepared: PreparedScenario, follow_up_days: int, weight: str
) -> dict[str, Floats]:
    """Return all metrics of the whole book: arrays of shape (replications,)."""
    totals = {name: tallies.totals[name].sum(axis=1) for name in tallies.totals.dtype.names or ()}
    counts = followed_counts(tallies, weight)
    metrics = followed_metrics(of_group(counts, None), follow_up_days) | borrower_metrics(
        totals["borrowers"], totals["no_limit_days"], totals["held_days"], _observed_days(prepared)
    )
    written_off = tallies.daily["written_off"][:, prepared.scenario.warmup_days :].sum(axis=1)
    years = totals["borrowers"] * _observed_days(prepared) / DAYS_PER_YEAR
    metrics["default_losses"] = written_off / 100 / years
    by_group = followed_metrics(counts, follow_up_days)["restricted_mean_days"]
    metrics["gap_days"] = by_group.max(axis=1) - by_group.min(axis=1)
    return metrics


def as_table(metrics: Mapping[str, Floats]) -> pd.DataFrame:
    """Return a row per replication and a column per metric."""
    table = pd.DataFrame(dict(metrics)).replace(np.inf, np.nan)
    table.index.name = "replication"
    return table


def _observed_days(prepared: PreparedScenario) -> int:
    return prepared.scenario.horizon_days - prepared.scenario.warmup_days
