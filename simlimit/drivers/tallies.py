"""What is kept of a replication in a study: how its holds ended and where they stood, by group and age.

The counts of `jiebei` in full would take a megabyte. These arrays take a third of that, and
half of it is the days.
"""

import math
from typing import NamedTuple

import numpy as np

from simlimit.model import causes, counting
from simlimit.model.book import Integers
from simlimit.model.compiling import step, transition
from simlimit.model.memory import adjacent_arrays, copy_records
from simlimit.model.preparation import PreparedScenario
from simlimit.model.records import DAY, END, TOTAL, Records
from simlimit.model.state import State, left

# Released, forfeited, pending: the last of what a COUNT record counts.
ENDS = 3
GATES = causes.GATE_COUNT


class Tallies(NamedTuple):
    """Tallies of replications, one a row.

    Attributes
    ----------
    ended_holds, ended_cents : arrays of int, shape (replications, groups, 3, ages)
        Of all repayment holds from the end of the warm-up on: how many were released, forfeited, or pending
        at the horizon at each age in days.
    followed_holds, followed_cents : arrays of int, shape (replications, groups, 10, follow-up + 1)
        Of those with a full follow-up: how many stand at each of the eight gates at the end of each age, and
        how many were released, and forfeited, at it. The follow-up of the last repayments ends at the
        horizon, a day that is not simulated; there they stand where they stood the day before.
    daily : array of DAY records, shape (replications, horizon)
    totals : array of TOTAL records, shape (replications, groups)
        Of the borrowers of a group.
    """

    ended_holds: Integers
    ended_cents: Integers
    followed_holds: Integers
    followed_cents: Integers
    daily: Records
    totals: Records

    def rows(self, first: int, last: int) -> "Tallies":
        """Return a view of some replications."""
        return Tallies._make(array[first:last] for array in self)

    def take(self, others: "Tallies") -> None:
        """Copy other tallies into these."""
        for name in self._fields:
            copy_records(getattr(self, name), getattr(others, name))


def empty_tallies(prepared: PreparedScenario, number: int) -> Tallies:
    """Return space for the tallies of a number of replications."""
    groups, scenario, run = len(prepared.grouping.labels), prepared.scenario, prepared.records[0].run
    observed = scenario.horizon_days - scenario.warmup_days
    # Nobody is followed for longer than is observed.
    days = min(scenario.horizon_days - int(run.last_followed), observed)
    ended, followed = (groups, ENDS, observed + 1), (groups, GATES + 2, days + 1)
    shapes: dict[str, tuple[int, ...]] = {
        "ended_holds": ended,
        "ended_cents": ended,
        "followed_holds": followed,
        "followed_cents": followed,
        "daily": (scenario.horizon_days,),
        "totals": (groups,),
    }
    kinds = {"daily": DAY, "totals": TOTAL}
    sizes = [(number * math.prod(shapes[name]), kinds.get(name, np.dtype(np.int64))) for name in shapes]
    # Together, those of many replications have large pages; small ones took 2 % of the time of a study.
    arrays = zip(shapes.items(), adjacent_arrays(*sizes), strict=True)
    tallies = Tallies(**{name: array.reshape(number, *shape) for (name, shape), array in arrays})
    tallies.totals[...] = 0  # borrowers are added to them; the others are written
    return tallies


@step
def tally_counts(s: State, tallies: Tallies, row: int) -> None:
    """Write how holds ended, and where the followed ones stand.

    A stay at a gate is counted where it begins, and taken back where it ends.
    """
    for group in range(tallies.totals.shape[1]):
        short, full = s.counts[2 * group], s.counts[2 * group + 1]
        for k in range(ENDS):
            for age in range(tallies.ended_holds.shape[3]):
                one, other = short[GATES + k, age], full[GATES + k, age]
                tallies.ended_holds[row, group, k, age] = one.holds + other.holds
                tallies.ended_cents[row, group, k, age] = one.cents + other.cents
        for k in range(GATES + 2):
            holds = cents = 0
            for age in range(tallies.followed_holds.shape[3]):
                one = full[k, age]
                # A hold stands at a gate until it leaves it; an end counts at its own age only.
                holds = one.holds + (holds if k < GATES else 0)
                cents = one.cents + (cents if k < GATES else 0)
                tallies.followed_holds[row, group, k, age] = holds
                tallies.followed_cents[row, group, k, age] = cents


@step
def tally_borrowers(s: State, tallies: Tallies, row: int) -> None:
    """Add each borrower to the totals of its group, and its holds whose follow-up ends at the horizon."""
    last = tallies.followed_holds.shape[3] - 1
    for b in range(len(s.borrowers)):
        r = s.borrowers[b]
        total = tallies.totals[row, r.group]
        total.borrowers += 1
        total.present_days += counting.present_days(s, r, r.present_from, s.run.horizon)
        total.no_limit_days += r.no_limit_days
        total.lost_days += r.lost_days
        total.losing += r.lost_days > 0
        h = r.first_hold
        while h != END:
            hold = s.holds[h]
            if hold.repaid_at == s.run.last_followed and counting.is_counted(s, hold):
                tallies.followed_holds[row, r.group, int(hold.cause), last] += 1
                tallies.followed_cents[row, r.group, int(hold.cause), last] += left(hold)
            h = hold.next


@transition
def tally(s: State, tallies: Tallies, row: int) -> None:
    """Write the tallies of one replication after its last day.

    Parameters
    ----------
    s : State
        At the horizon.
    tallies : Tallies
    row : int
        The row, to which nothing is written yet.
    """
    tally_counts(s, tallies, row)
    tally_borrowers(s, tallies, row)
    for day in range(len(s.daily)):
        tallies.daily[row, day] = s.daily[day]
