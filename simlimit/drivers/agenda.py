"""The calendar driver's agenda: who pays, is evaluated and wishes to draw on a day.

Few borrowers lie in memory by due day. So payments come in order of ids, and holds reach the pool nearly in
the order of its queue. Many borrowers lie by cohort (the day of their first evaluation) and, within a cohort,
by due day. So those who are evaluated on a day are one stretch of memory, and those whose due day it is are
one stretch in each cohort. Whoever acts on another day, after a slip or on a wish, stands in that day's list.
"""

import numpy as np

from simlimit.model import streams
from simlimit.model.compiling import step, transition
from simlimit.model.grouping import Grouping
from simlimit.model.handle import Handle, array_of, handle_of
from simlimit.model.population import first_due_day, first_evaluation, populate
from simlimit.model.randomness import BATCH_SIZE, Batch, draw_many, empty_batch
from simlimit.model.reading_ahead import read_ahead
from simlimit.model.records import END, Records
from simlimit.model.state import State

# Lists: who pays, or defaults, on a day that is not its due day; who draws; who loses its patience; who may
# be able to leave.
PAY, WISH, REACT, EXIT = LISTS = range(4)
# So many borrowers, or fewer, lie by due day; measured.
MOST_BY_DUE_DAY = 2_000
# So many of a list lie side by side. They fill a cache line, so that the next one is seldom far away.
BLOCK = 16


class Agenda(Handle):
    """Who acts when.

    Attributes
    ----------
    payers, evaluated : arrays of int
        Places by due day, and by cohort, those of each in order.
    first_payers, first_evaluated : arrays of int
        Where those of each due day, and of each cohort, begin.
    first_places : array of int
        Where the borrowers of each due day, or of each cohort and due day, begin in memory, for `fill`.
    last : array of int, shape (lists, horizon)
        Where in ``entries`` the last of a day's list stands, or END.
    entries : array of int
        The borrowers in lists, in blocks; a borrower is in one list of a kind at most.
    before : array of int
        Where the list of a block goes on before the block, or END; of a free block, the next free one. Block
        0 is always free, and none comes first.
    acting : array of int
        Those who act in the present phase. While the agenda is filled: the key by which each is listed.
    batch : Batch
        Random numbers, for some of those who act at a time.
    """

    payers = array_of(np.uint32)
    evaluated = array_of(np.uint32)
    first_payers = array_of(np.uint32)
    first_evaluated = array_of(np.uint32)
    first_places = array_of(np.uint32)
    last = array_of(np.uint32, 2)
    entries = array_of(np.uint32)
    before = array_of(np.uint32)
    acting = array_of(np.uint32)
    batch = handle_of(Batch)


def blank(s: State) -> Agenda:
    """Return an agenda with space for as many borrowers as the state has space for."""
    borrowers, cohorts, due_days = len(s.ids), int(s.evaluation.period_days), int(s.product.cycle_days)
    blocks = 1 + len(LISTS) * int(borrowers // BLOCK + 1 + min(borrowers, s.run.horizon))
    return Agenda(
        payers=np.empty(borrowers, np.uint32),
        evaluated=np.empty(borrowers, np.uint32),
        first_payers=np.empty(due_days + 2, np.uint32),
        first_evaluated=np.empty(cohorts + 2, np.uint32),
        first_places=np.empty(cohorts * due_days + 2, np.uint32),
        last=np.empty((len(LISTS), s.run.horizon), np.uint32),
        entries=np.empty(blocks * BLOCK, np.uint32),
        before=np.empty(blocks, np.uint32),
        acting=np.empty(borrowers, np.uint32),
        batch=empty_batch(),
    )


def fill(s: State, agenda: Agenda, grouping: Grouping) -> None:
    """Give the borrowers of a state their places, draw them, and enter each for what it does first."""
    agenda.last[:] = END
    agenda.before[:] = np.arange(1, len(agenda.before) + 1)
    order_by_days(s, agenda)
    populate(s, grouping, agenda.batch)
    list_by_days(s, agenda)
    first_entries(s, agenda)


@step
def list_by(keys: Records, number: int, firsts: Records, listed: Records) -> None:
    """List 0 .. number - 1 by their keys, those of each in order; set where in the list each key begins."""
    firsts[:] = 0
    # The number of each goes two entries up, so that filling leaves where it begins.
    for k in range(number):
        firsts[keys[k] + 2] += 1
    for k in range(1, len(firsts)):
        firsts[k] += firsts[k - 1]
    for k in range(number):
        place = keys[k] + 1
        listed[firsts[place]] = k
        firsts[place] += 1


@transition
def order_by_days(s: State, agenda: Agenda) -> None:
    """Give every borrower its place: set ``ids`` of the state."""
    batch = agenda.batch
    cohort_step = s.product.cycle_days if len(s.borrowers) > MOST_BY_DUE_DAY else 0
    batch.indices[:] = 1  # the block of a borrower's numbers with its days
    for first in range(0, len(s.borrowers), BATCH_SIZE):
        together = min(BATCH_SIZE, len(s.borrowers) - first)
        for k in range(together):
            batch.entities[k] = first + k
        draw_many(s.run, streams.POPULATION, batch, together, 0)
        for k in range(together):
            cohort, due_day = first_evaluation(s, batch.u[0, 2, k]), first_due_day(s, batch.u[0, 3, k])
            agenda.acting[first + k] = cohort * cohort_step + due_day
    list_by(agenda.acting, len(s.borrowers), agenda.first_places, s.ids)


@transition
def list_by_days(s: State, agenda: Agenda) -> None:
    """List places by due day and by cohort."""
    number = len(s.borrowers)
    for b in range(number):
        agenda.acting[b] = s.borrowers[b].due_day
    list_by(agenda.acting, number, agenda.first_payers, agenda.payers)
    for b in range(number):
        agenda.acting[b] = s.borrowers[b].evaluation_day
    list_by(agenda.acting, number, agenda.first_evaluated, agenda.evaluated)


@step
def enter(agenda: Agenda, what: int, day: int, b: int) -> None:
    """Enter a borrower in the list of a day, unless that is beyond the horizon."""
    if day < agenda.last.shape[1]:
        last = np.int64(agenda.last[what, day])
        place = last + 1
        if last == END or place % BLOCK == 0:  # its last block is full
            block = agenda.before[0]
            agenda.before[0] = agenda.before[block]
            agenda.before[block] = last
            place = block * BLOCK
        agenda.entries[place] = b
        agenda.last[what, day] = place


@transition
def first_entries(s: State, agenda: Agenda) -> None:
    """Enter every borrower for its first payment and its first wish; nobody has a hold to react to."""
    # Lists are read from their ends: so that each is in the order of memory.
    for b in range(len(s.borrowers) - 1, -1, -1):
        r = s.borrowers[b]
        if (r.next_payment - r.due_day) % s.product.cycle_days != 0:
            enter(agenda, PAY, r.next_payment, b)
        enter(agenda, WISH, r.next_wish, b)
        enter(agenda, EXIT, r.present_until, b)


@step
def gather(s: State, agenda: Agenda, what: int, day: int) -> int:
    """Write those in a list of today into `acting`; to those who pay add those whose due day it is."""
    number = 0
    place = np.int64(agenda.last[what, day])
    while place != END:
        agenda.acting[number] = agenda.entries[place]
        read_ahead(s.borrowers[agenda.entries[place]])
        number += 1
        if place % BLOCK > 0:
            place -= 1
        else:
            block = place // BLOCK
            place = np.int64(agenda.before[block])
            agenda.before[block] = agenda.before[0]
            agenda.before[0] = block
    if what == PAY:
        due_day = s.clock.cycle_day
        for k in range(agenda.first_payers[due_day], agenda.first_payers[due_day + 1]):
            b = agenda.payers[k]
            agenda.acting[number] = b
            read_ahead(s.borrowers[b])
            number += s.borrowers[b].next_payment == day  # a branch would often be guessed wrongly
    return number
