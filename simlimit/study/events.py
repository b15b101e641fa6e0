"""Events that metrics rest on: how often what a metric measures was seen, whatever its amount."""

import numpy as np
import pandas as pd

from simlimit.drivers.tallies import Tallies
from simlimit.model.causes import GATE_COUNT
from simlimit.model.preparation import PreparedScenario
from simlimit.study.metrics import BORROWER_METRICS, METRICS, WITHIN_DAYS, Floats, observed_days
from simlimit.tables.units import INCOME, PARTS

LEAST_EVENTS = 20
"""Of a metric with fewer expected events there is no verdict and no interval: too few say how rare it is."""


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
    waiting = counts[:, :GATE_COUNT].max(axis=-1)
    events = dict(zip(PARTS, [*waiting.T, forfeited[:, last]], strict=True))
    events["no_limit_share"] = tallies.totals["no_limit_days"].sum(axis=1) / observed_days(prepared)
    events["limit_days_lost"] = tallies.totals["losing"].sum(axis=1)
    observed = tallies.daily[:, prepared.scenario.warmup_days :]
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


def sizes_of_groups(tallies: Tallies, metric: str) -> Floats:
    """Return what a metric of each group is a mean over: followed holds or borrowers, of all replications."""
    if metric in BORROWER_METRICS:
        return np.asarray(tallies.totals["borrowers"].sum(axis=0), np.float64)
    return np.asarray(tallies.followed_holds[..., 0].sum(axis=(0, 2)), np.float64)
