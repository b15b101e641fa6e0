"""Events that metrics rest on: how often what a metric measures was seen, whatever its amount."""

import numpy as np

from simlimit.drivers.tallies import GATES as GATE_COUNT
from simlimit.drivers.tallies import Tallies
from simlimit.model.causes import GATES
from simlimit.model.preparation import PreparedScenario
from simlimit.study.metrics import BORROWER_METRICS, METRICS, WITHIN_DAYS, Floats, observed_days


def events_seen(tallies: Tallies, prepared: PreparedScenario, follow_up_days: int) -> dict[str, Floats]:
    """Return how many events each metric of the whole book rests on, in each replication.

    Where the tallies do not have the number itself, it is one that is surely not larger.

    Returns
    -------
    dict of arrays of float, shape (replications,)
        By metric:

        - shares of holds: holds that do so, or those that do not, if these are fewer;
        - days at a gate: the most holds that wait there at one age;
        - `no_limit_share`: borrowers, each by the share of its days without limit;
        - `default_losses`: days with a default;
        - others: holds that are not released at once.
    """
    counts = tallies.followed_holds.sum(axis=1, dtype=np.int64)[..., : follow_up_days + 1]
    holds = counts[..., 0].sum(axis=-1)
    released, forfeited = np.moveaxis(counts[:, GATE_COUNT:].cumsum(axis=-1), 1, 0)
    last = counts.shape[-1] - 1
    doing_so = {f"released_within_{day}d": released[:, min(day, last)] for day in WITHIN_DAYS}
    doing_so["forfeited_share"] = forfeited[:, last]
    doing_so["pending_share"] = holds - released[:, last] - forfeited[:, last]
    events = {metric: np.minimum(number, holds - number) for metric, number in doing_so.items()}
    waiting = counts[:, :GATE_COUNT].max(axis=-1)
    events |= {f"days_{gate}": waiting[:, i] for i, gate in enumerate(GATES)}
    events["days_forfeited"] = forfeited[:, last]
    events["no_limit_share"] = tallies.totals["no_limit_days"].sum(axis=1) / observed_days(prepared)
    written_off = tallies.daily["written_off"][:, prepared.scenario.warmup_days :]
    events["default_losses"] = np.count_nonzero(written_off, axis=1)
    others = holds - released[:, 0]
    return {metric: np.asarray(events.get(metric, others), np.float64) for metric in METRICS}


def sizes_of_groups(tallies: Tallies, metric: str) -> Floats:
    """Return what a metric of each group is a mean over: followed holds or borrowers, of all replications."""
    if metric in BORROWER_METRICS:
        return np.asarray(tallies.totals["borrowers"].sum(axis=0), np.float64)
    return np.asarray(tallies.followed_holds[..., 0].sum(axis=(0, 2)), np.float64)
