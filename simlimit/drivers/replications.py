"""Many replications in one compiled call: population, days and counts, in arrays that are used again.

The call releases the GIL, so that threads run side by side. It comes back early only when an array
must grow, and goes on where it stopped.
"""

from collections.abc import Callable

import numpy as np

from simlimit.drivers.agenda import Agenda, empty_agenda, first_entries, order_by_cohort
from simlimit.drivers.calendar_driver import BORROWER_DAYS_PER_CALL, run_days, with_room_for
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.model.compiling import transition
from simlimit.model.grouping import assign_groups
from simlimit.model.holds import censor
from simlimit.model.population import Book, Floats, Integers, populate
from simlimit.model.start import Setting, empty_state, with_occurrences
from simlimit.model.state import ASIDE, COUNT, Records, State
from simlimit.model.timetable import timetable

_NO_COUNT = np.zeros(1, COUNT)
_NOTHING_ASIDE = np.zeros(1, ASIDE)


@transition
def begin_again(s: State, agenda: Agenda, book: Book, blank: Records, seed: int, replication: int) -> bool:
    """Draw a replication into the arrays; return whether there is room for its shocks."""
    s.platform[0] = blank[0]
    for row in range(len(s.counts)):
        s.counts[row] = _NO_COUNT[0]
    p = s.platform[0]
    p.seed = seed
    p.replication = replication
    for b in range(len(s.aside)):
        s.aside[b] = _NOTHING_ASIDE[0]
    if timetable(s.shocks, s.occurrences, s.platform) > len(s.occurrences):
        return False
    order_by_cohort(agenda, s.platform, book, seed, replication)
    populate(s.borrowers, s.loans, s.loan_keys, s.platform, book, agenda.ids, agenda.batch)
    first_entries(agenda, s.borrowers)
    return True


@transition
def run_many(
    s: State,
    agenda: Agenda,
    book: Book,
    blank: Records,
    attribute: int,
    bounds: Floats,
    tallies: Tallies,
    seed: int,
    first: int,
    last: int,
    at: Integers,
) -> None:
    """Simulate replications until row ``last`` or until an array must grow.

    Parameters
    ----------
    s : State
    agenda : Agenda
    book : Book
    blank : array of one PLATFORM record
        The platform before its first day.
    attribute, bounds
        Who is counted apart, as in a `Grouping`.
    tallies : Tallies
        Set row by row.
    seed, first : int
        The seed, and the number of the replication in row 0.
    last : int
        The first row that is not to be done.
    at : array of int, shape (2,)
        Row and day at which to go on; changed.
    """
    horizon = blank[0].horizon
    while at[0] < last:
        row = at[0]
        if at[1] == 0:
            if not begin_again(s, agenda, book, blank, seed, first + row):
                return
            assign_groups(s.borrowers, attribute, bounds)
        at[1] = run_days(s, agenda, at[1], horizon)
        if at[1] < horizon:
            return
        censor(s.borrowers, s.holds, s.counts, s.platform)
        tally(
            s.borrowers, s.holds, s.counts, s.platform, tallies.ended_holds[row], tallies.ended_cents[row],
            tallies.followed_holds[row], tallies.followed_cents[row], tallies.totals[row],
        )  # fmt: skip
        for day in range(horizon):
            tallies.daily[row, day] = s.daily[day]
        at[0] += 1
        at[1] = 0


def run(
    setting: Setting,
    seed: int,
    first: int,
    number: int,
    tallies: Tallies | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Tallies:
    """Simulate replications of a scenario, keeping only their tallies.

    Parameters
    ----------
    setting : Setting
        Prepared with ``reusing`` and without ``logging``.
    seed : int
    first, number : int
        Replications ``first`` .. ``first + number - 1``.
    tallies : Tallies, optional
        Room for them; made if not given.
    stopped : callable
        Asked now and then, after a few seconds at most; if so, the rest is left undone.

    Returns
    -------
    Tallies
        A row for each replication.
    """
    if tallies is None:
        tallies = empty_tallies(setting, number)
    state = empty_state(setting)
    agenda = empty_agenda(setting.scenario, setting.borrowers)
    attribute, bounds, _ = setting.grouping
    rows_per_call = max(1, BORROWER_DAYS_PER_CALL // (setting.borrowers * setting.scenario.horizon_days))
    at = np.zeros(2, np.int64)
    while at[0] < number and not stopped():
        last = min(number, int(at[0]) + rows_per_call)
        run_many(
            state, agenda, setting.book, setting.platform, attribute, bounds, tallies, seed, first, last, at
        )
        occurrences = int(state.platform[0].occurrences)
        if occurrences > len(state.occurrences):
            state = with_occurrences(state, occurrences)
        elif at[0] < last:
            state = with_room_for(state, agenda, int(at[1]))
    return tallies
