"""What is kept of a replication in a study: how its holds ended and where they stood, by group and age.

Its counts in full would take three quarters of a megabyte for a preset; these arrays take a quarter of that.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simlimit.model.compiling import transition
from simlimit.model.counting import ages, is_counted
from simlimit.model.start import Setting
from simlimit.model.state import DAY, END, TOTAL, Records, left

ENDS = 3
"""Released, forfeited, pending: the last of what a COUNT record counts."""
GATES = 8
"""The first of what a COUNT record counts."""


class Tallies(NamedTuple):
    """Tallies of replications, one a row.

    Attributes
    ----------
    ended_holds, ended_cents : arrays of int, shape (replications, groups, 3, ages)
        Of all repayment holds from the end of the warm-up on: how many were released, forfeited, or pending
        at the horizon at each age in days.
    followed_holds, followed_cents : arrays of int, shape (replications, groups, 10, follow-up + 1)
        Of those with a full follow-up: how many stand at each of the eight gates at the end of each age, and
        how many were released, and forfeited, at it. Those repaid on the last day that has one reach its end
        at the horizon, which has no end of a day: there they stand where they stood the day before.
    daily : array of DAY records, shape (replications, horizon)
    totals : array of TOTAL records, shape (replications, groups)
        Of the borrowers of a group.
    """

    ended_holds: npt.NDArray[np.int32]
    ended_cents: npt.NDArray[np.int64]
    followed_holds: npt.NDArray[np.int32]
    followed_cents: npt.NDArray[np.int64]
    daily: Records
    totals: Records

    def rows(self, first: int, last: int) -> "Tallies":
        """Return a view of some replications."""
        return Tallies._make(array[first:last] for array in self)

    def take(self, others: "Tallies") -> None:
        """Copy other tallies into these, unless they are the same already."""
        for name in self._fields:
            into, values = getattr(self, name), getattr(others, name)
            if not np.shares_memory(into, values):
                into[...] = values


def empty_tallies(setting: Setting, number: int) -> Tallies:
    """Return room for the tallies of a number of replications."""
    groups = len(setting.grouping.labels)
    scenario, p = setting.scenario, setting.platform[0]
    observed = scenario.horizon_days - scenario.warmup_days
    # Nobody is followed for longer than is observed.
    followed = min(scenario.horizon_days - int(p.last_followed), observed) + 1
    return Tallies(
        ended_holds=np.empty((number, groups, ENDS, observed + 1), np.int32),
        ended_cents=np.empty((number, groups, ENDS, observed + 1), np.int64),
        followed_holds=np.empty((number, groups, GATES + 2, followed), np.int32),
        followed_cents=np.empty((number, groups, GATES + 2, followed), np.int64),
        daily=np.empty((number, scenario.horizon_days), DAY),
        totals=np.empty((number, groups), TOTAL),
    )


@transition
def tally(
    borrowers: Records, holds: Records, counts: Records, platform: Records, ended_holds: Records,
    ended_cents: Records, followed_holds: Records, followed_cents: Records, totals: Records,
) -> None:  # fmt: skip
    """Write the tallies of one replication after its last day.

    Parameters
    ----------
    borrowers, holds, counts, platform : record arrays
        The state at the horizon.
    ended_holds, ended_cents, followed_holds, followed_cents, totals : arrays
        A row of the `Tallies`, overwritten.
    """
    p = platform[0]
    number = ages(p)
    followed = followed_holds.shape[2]
    for group in range(len(totals)):
        for what in range(GATES + ENDS):
            standing_holds = 0
            standing_cents = 0
            for age in range(number):
                short = counts[2 * group * number + age]
                full = counts[(2 * group + 1) * number + age]
                if what >= GATES:
                    ended_holds[group, what - GATES, age] = short.holds[what] + full.holds[what]
                    ended_cents[group, what - GATES, age] = short.cents[what] + full.cents[what]
                else:
                    # Counted where a stay begins, and taken back where it ends.
                    standing_holds += full.holds[what]
                    standing_cents += full.cents[what]
                if age < followed and what < GATES + 2:
                    followed_holds[group, what, age] = full.holds[what] if what >= GATES else standing_holds
                    followed_cents[group, what, age] = full.cents[what] if what >= GATES else standing_cents
        totals[group].borrowers = 0
        totals[group].no_limit_days = 0
        totals[group].held_days = 0
    for b in range(len(borrowers)):
        r = borrowers[b]
        total = totals[r.group]
        total.borrowers += 1
        total.no_limit_days += r.no_limit_days
        total.held_days += r.held_days
        h = r.first_hold
        while h != END:
            hold = holds[h]
            if hold.repaid_at == p.last_followed and is_counted(p, hold):
                followed_holds[r.group, int(hold.cause), followed - 1] += 1
                followed_cents[r.group, int(hold.cause), followed - 1] += left(hold)
            h = hold.next
