"""Many replications in one compiled call: population, days and counts, in arrays that are used again.

The call releases the GIL, so that threads run side by side. It comes back early only when an array
must grow, and goes on where it stopped.
"""

from collections.abc import Callable

import numpy as np

from simlimit.drivers.agenda import Agenda, empty_agenda, first_entries, order_by_cohort
from simlimit.drivers.calendar_driver import BORROWER_DAYS_PER_CALL, ensure_capacity_for, run_days
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.model.compiling import transition
from simlimit.model.holds import censor
from simlimit.model.population import populate
from simlimit.model.preparation import PreparedScenario, empty_state
from simlimit.model.records import COUNT, DETAILS, Records
from simlimit.model.state import State
from simlimit.model.timetable import draw_occurrences, ensure_occurrences

_NO_COUNT = np.zeros(1, COUNT)
_NO_DETAILS = np.zeros(1, DETAILS)

ROW, DAY, LAST = range(3)
"""What the progress of a call says: the row and the day at which to go on, and the row behind the last."""


@transition
def begin_again(s: State, agenda: Agenda, blank: Records, row: int) -> bool:
    """Draw a replication into the arrays; return whether there is space for its shocks."""
    s.platform[0] = blank[0]
    s.run.replication += row
    for i in range(len(s.counts)):
        s.counts[i] = _NO_COUNT[0]
    for b in range(len(s.details)):
        s.details[b] = _NO_DETAILS[0]
    if draw_occurrences(s) > len(s.occurrences):
        return False
    order_by_cohort(s, agenda)
    populate(s, agenda.ids, agenda.batch)
    first_entries(s, agenda)
    return True


@transition
def run_many(s: State, agenda: Agenda, blank: Records, tallies: Tallies, at: Records) -> None:
    """Simulate replications until the last row is done or an array must grow.

    Parameters
    ----------
    s : State
    agenda : Agenda
    blank : array of one PLATFORM record
        The platform before its first day, with the seed, and the number of the replication in row 0.
    tallies : Tallies
        Set row by row.
    at : array of int, shape (3,)
        ROW, DAY and LAST; the first two are changed.
    """
    horizon = blank[0].run.horizon
    while at[ROW] < at[LAST]:
        if at[DAY] == 0 and not begin_again(s, agenda, blank, at[ROW]):
            return
        at[DAY] = run_days(s, agenda, at[DAY], horizon)
        if at[DAY] < horizon:
            return
        censor(s)
        tally(s, tallies, at[ROW])
        at[ROW] += 1
        at[DAY] = 0


def run(
    prepared: PreparedScenario,
    seed: int,
    first: int,
    number: int,
    tallies: Tallies | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Tallies:
    """Simulate replications of a scenario, keeping only their tallies.

    Parameters
    ----------
    prepared : PreparedScenario
        With ``reusing`` and without ``logging``.
    seed : int
    first, number : int
        Replications ``first`` .. ``first + number - 1``.
    tallies : Tallies, optional
        Where they go; made if not given.
    stopped : callable
        Asked now and then, after a few seconds at most; if so, the rest is left undone.

    Returns
    -------
    Tallies
        A row for each replication.
    """
    if tallies is None:
        tallies = empty_tallies(prepared, number)
    state = empty_state(prepared)
    agenda = empty_agenda(prepared)
    blank = prepared.platform.copy()
    blank[0].run.seed, blank[0].run.replication = seed, first
    rows_per_call = max(1, BORROWER_DAYS_PER_CALL // (prepared.borrowers * prepared.scenario.horizon_days))
    at = np.zeros(3, np.int64)
    while at[ROW] < number and not stopped():
        at[LAST] = min(number, at[ROW] + rows_per_call)
        run_many(state, agenda, blank, tallies, at)
        occurrences = int(state.storage.occurrences_used)
        if occurrences > len(state.occurrences):
            ensure_occurrences(state, occurrences)
        elif at[ROW] < at[LAST]:
            ensure_capacity_for(state, agenda, int(at[DAY]))
    return tallies
