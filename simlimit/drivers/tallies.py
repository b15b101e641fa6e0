"""What is kept of a replication in a study: how its holds ended and where they stood, by group and age.

Its counts in full would take three quarters of a megabyte for a preset; these arrays take a quarter of that.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simlimit.model import causes
from simlimit.model.compiling import step, transition
from simlimit.model.counting import ages, is_counted, present_days
from simlimit.model.preparation import PreparedScenario
from simlimit.model.records import DAY, END, TOTAL, Record, Records
from simlimit.model.state import State, left

ENDS = 3
"""Released, forfeited, pending: the last of what a COUNT record counts."""
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

    ended_holds: npt.NDArray[np.int64]
    ended_cents: npt.NDArray[np.int64]
    followed_holds: npt.NDArray[np.int64]
    followed_cents: npt.NDArray[np.int64]
    daily: Records
    totals: Records

    def rows(self, first: int, last: int) -> "Tallies":
        """Return a view of some replications."""
        return Tallies._make(array[first:last] for array in self)

    def take(self, others: "Tallies") -> None:
        """Copy other tallies into these."""
        for name in self._fields:
            getattr(self, name)[...] = getattr(others, name)


def empty_tallies(prepared: PreparedScenario, number: int) -> Tallies:
    """Return space for the tallies of a number of replications."""
    groups = len(prepared.grouping.labels)
    scenario, run = prepared.scenario, prepared.records[0].run
    observed = scenario.horizon_days - scenario.warmup_days
    # Nobody is followed for longer than is observed.
    followed = min(scenario.horizon_days - int(run.last_followed), observed) + 1
    return Tallies(
        ended_holds=np.empty((number, groups, ENDS, observed + 1), np.int64),
        ended_cents=np.empty((number, groups, ENDS, observed + 1), np.int64),
        followed_holds=np.empty((number, groups, GATES + 2, followed), np.int64),
        followed_cents=np.empty((number, groups, GATES + 2, followed), np.int64),
        daily=np.empty((number, scenario.horizon_days), DAY),
        totals=np.zeros((number, groups), TOTAL),
    )


@step
def tally_ends(s: State, tallies: Tallies, row: int, group: int) -> None:
    """Write how the holds of a group ended, by age, whether or not they were followed."""
    number = ages(s)
    for end in range(ENDS):
        for age in range(number):
            short = s.counts[2 * group * number + age]
            full = s.counts[(2 * group + 1) * number + age]
            tallies.ended_holds[row, group, end, age] = short.holds[GATES + end] + full.holds[GATES + end]
            tallies.ended_cents[row, group, end, age] = short.cents[GATES + end] + full.cents[GATES + end]


@step
def tally_followed(s: State, tallies: Tallies, row: int, group: int) -> None:
    """Write where the followed holds of a group stand at each age, and how many have ended at it."""
    first = (2 * group + 1) * ages(s)
    for what in range(GATES + 2):
        holds = 0
        cents = 0
        for age in range(tallies.followed_holds.shape[3]):
            count = s.counts[first + age]
            # A stay at a gate is counted where it begins, and taken back where it ends.
            holds = count.holds[what] + (holds if what < GATES else 0)
            cents = count.cents[what] + (cents if what < GATES else 0)
            tallies.followed_holds[row, group, what, age] = holds
            tallies.followed_cents[row, group, what, age] = cents


@step
def tally_borrower(s: State, tallies: Tallies, row: int, r: Record) -> None:
    """Add a borrower to the totals of its group, and its holds whose follow-up ends at the horizon."""
    total = tallies.totals[row, r.group]
    total.borrowers += 1
    total.present_days += present_days(s, r, r.present_from, s.run.horizon)
    total.no_limit_days += r.no_limit_days
    total.lost_days += r.lost_days
    if r.lost_days > 0:
        total.losing += 1
    h = r.first_hold
    while h != END:
        hold = s.holds[h]
        if hold.repaid_at == s.run.last_followed and is_counted(s, hold):
            last = tallies.followed_holds.shape[3] - 1
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
    for group in range(tallies.totals.shape[1]):
        tally_ends(s, tallies, row, group)
        tally_followed(s, tallies, row, group)
    for b in range(len(s.borrowers)):
        tally_borrower(s, tallies, row, s.borrowers[b])
    for day in range(len(s.daily)):
        tallies.daily[row, day] = s.daily[day]
