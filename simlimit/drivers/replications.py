"""Many replications in one compiled call: population, days and counts, in arrays that are used again.

The call releases the GIL, so that threads run side by side. It comes back early only when an array
must grow, and goes on where it stopped.
"""

from typing import NamedTuple

import numpy as np

from simlimit.drivers.agenda import Agenda, empty_agenda, first_entries, order_by_cohort
from simlimit.drivers.calendar_driver import BORROWER_DAYS_PER_CALL, run_days, with_room_for
from simlimit.model.compiling import transition
from simlimit.model.holds import censor
from simlimit.model.population import Book, Integers, populate
from simlimit.model.start import Setting, count_rows, empty_state, with_occurrences
from simlimit.model.state import COUNT, DAY, TOTAL, Records, State
from simlimit.model.timetable import timetable


class Replications(NamedTuple):
    """What is counted of each replication.

    Attributes
    ----------
    counts : array of COUNT records, shape (replications, rows)
        As in a `State`.
    daily : array of DAY records, shape (replications, horizon)
    totals : array of TOTAL records, shape (replications, regions)
        Of the borrowers of a region.
    """

    counts: Records
    daily: Records
    totals: Records


@transition
def add_up(borrowers: Records, totals: Records) -> None:
    """Add up over the borrowers of each region."""
    for b in range(len(borrowers)):
        r = borrowers[b]
        total = totals[r.region]
        total.borrowers += 1
        total.no_limit_days += r.no_limit_days
        total.held_days += r.held_days
        total.written_off += r.written_off


@transition
def begin_again(s: State, agenda: Agenda, book: Book, blank: Records, seed: int, replication: int) -> bool:
    """Draw a replication into the arrays; return whether there is room for its shocks."""
    s.platform[0] = blank[0]
    p = s.platform[0]
    p.seed = seed
    p.replication = replication
    s.elsewhere[:] = 0
    if timetable(s.shocks, s.occurrences, s.platform) > len(s.occurrences):
        return False
    order_by_cohort(agenda, s.platform, book, seed, replication)
    populate(s.borrowers, s.loans, s.loan_keys, s.platform, book, agenda.ids)
    first_entries(agenda, s.borrowers)
    return True


@transition
def run_many(
    s: State,
    agenda: Agenda,
    book: Book,
    blank: Records,
    done: Replications,
    seed: int,
    first: int,
    last: int,
    at: Integers,
) -> None:
    """Simulate replications until row ``last`` or until an array must grow.

    Parameters
    ----------
    s : State
        Its counts and daily rows are not used.
    agenda : Agenda
    book : Book
    blank : array of one PLATFORM record
        The platform before its first day.
    done : Replications
        Set row by row; zero before.
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
        one = State(
            s.platform, s.borrowers, s.elsewhere, s.loans, s.loan_keys, s.holds, done.counts[row], s.events,
            done.daily[row], s.reviewers, s.facilities, s.shocks, s.shock_regions, s.occurrences, s.covered,
        )  # fmt: skip
        if at[1] == 0 and not begin_again(one, agenda, book, blank, seed, first + row):
            return
        at[1] = run_days(one, agenda, at[1], horizon)
        if at[1] < horizon:
            return
        censor(one.borrowers, one.holds, one.counts, one.platform)
        add_up(one.borrowers, done.totals[row])
        at[0] += 1
        at[1] = 0


def run(setting: Setting, seed: int, first: int, number: int) -> Replications:
    """Simulate replications of a scenario, keeping only what is counted.

    Parameters
    ----------
    setting : Setting
        Prepared with ``reusing`` and without ``logging``.
    seed : int
    first, number : int
        Replications ``first`` .. ``first + number - 1``.

    Returns
    -------
    Replications
        A row for each, which takes 352 bytes per region and age and 160 per day.
    """
    done = Replications(
        counts=np.zeros((number, count_rows(setting)), COUNT),
        daily=np.zeros((number, setting.scenario.horizon_days), DAY),
        totals=np.zeros((number, len(setting.regions)), TOTAL),
    )
    state = empty_state(setting)
    agenda = empty_agenda(setting.scenario, setting.borrowers)
    rows_per_call = max(1, BORROWER_DAYS_PER_CALL // (setting.borrowers * setting.scenario.horizon_days))
    at = np.zeros(2, np.int64)
    while at[0] < number:
        last = min(number, int(at[0]) + rows_per_call)
        run_many(state, agenda, setting.book, setting.platform, done, seed, first, last, at)
        occurrences = int(state.platform[0].occurrences)
        if occurrences > len(state.occurrences):
            state = with_occurrences(state, occurrences)
        elif at[0] < last:
            state = with_room_for(state, agenda, int(at[1]))
    return done
