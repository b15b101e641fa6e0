"""The calendar driver's agenda: who pays and who wishes to draw on a day.

Borrowers lie in memory by cohort (the day of their first evaluation) and, within a cohort, by due day.
So those who are evaluated on a day are one stretch of memory, and those whose due day it is are one
stretch in each cohort. Whoever acts on another day, after a slip or on a wish, stands in that day's list.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simlimit.model.compiling import step, transition
from simlimit.model.population import Book, Integers, first_due_day, first_evaluation
from simlimit.model.randomness import POPULATION, TOGETHER, Batch, draw_many, empty_batch
from simlimit.model.state import END, Record, Records
from simlimit.scenario import Scenario


class Days(NamedTuple):
    """A list of borrowers for each day; a borrower is in one list at most.

    Attributes
    ----------
    first : array of int, shape (horizon,)
        The first of the day's list, or END.
    following : array of int, shape (borrowers,)
        Who comes after a borrower in its list, or END.
    number : array of int, shape (horizon,)
        How many are in the day's list.
    """

    first: npt.NDArray[np.uint32]
    following: npt.NDArray[np.uint32]
    number: Integers


class Agenda(NamedTuple):
    """Who acts when.

    Attributes
    ----------
    ids : array of int, shape (borrowers,)
        The borrower that has each place.
    places : array of int
        The first place of each (cohort, due day), the due days of a cohort side by side.
    payments : Days
        Those who pay, or default, on a day that is not their due day.
    wishes : Days
    reactions : Days
        Those of whose holds one reaches their patience.
    crew : array of int, shape (borrowers,)
        Those who act in the present phase.
    batch : Batch
        Random numbers, for some of the crew at a time.
    """

    ids: Integers
    places: npt.NDArray[np.uint32]
    payments: Days
    wishes: Days
    reactions: Days
    crew: npt.NDArray[np.uint32]
    batch: Batch


def empty_agenda(scenario: Scenario, borrowers: int) -> Agenda:
    """Return an agenda with room for a scenario."""

    def days() -> Days:
        return Days(
            np.empty(scenario.horizon_days, np.uint32),
            np.empty(borrowers, np.uint32),
            np.empty(scenario.horizon_days, np.int64),
        )

    due_days = scenario.evaluation.period_days * scenario.product.cycle_days
    return Agenda(
        ids=np.empty(borrowers, np.int64),
        places=np.empty(due_days + 2, np.uint32),
        payments=days(),
        wishes=days(),
        reactions=days(),
        crew=np.empty(borrowers, np.uint32),
        batch=empty_batch(),
    )


@step
def due_place(p: Record, evaluation_day: int, due_day: int) -> int:
    """Return where the borrowers of a cohort and due day stand in ``places``."""
    return int(evaluation_day * p.cycle_days + due_day)


@transition
def order_by_cohort(agenda: Agenda, platform: Records, book: Book, seed: int, replication: int) -> None:
    """Give every borrower its place.

    Parameters
    ----------
    agenda : Agenda
        Its ``ids`` and ``places`` are set.
    platform : array of one PLATFORM record
    book : Book
        What the borrowers are drawn from.
    seed, replication : int
        The key of the random numbers.
    """
    p = platform[0]
    places = agenda.places
    places[:] = 0
    batch = agenda.batch
    u = batch.u[0]
    batch.indices[:] = 1  # the block of a borrower's numbers with its days
    # Counting sort: the number of each goes two entries up, so that filling leaves the first place of each.
    for first in range(0, len(agenda.ids), TOGETHER):
        together = min(TOGETHER, len(agenda.ids) - first)
        for k in range(together):
            batch.entities[k] = first + k
        draw_many(seed, replication, POPULATION, together, batch.entities, batch.indices, u)
        for k in range(together):
            place = due_place(p, first_evaluation(p, book, u[2, k]), first_due_day(p, u[3, k]))
            agenda.crew[first + k] = place
            places[place + 2] += 1
    for k in range(1, len(places)):
        places[k] += places[k - 1]
    for borrower in range(len(agenda.ids)):
        k = agenda.crew[borrower] + 1
        agenda.ids[places[k]] = borrower
        places[k] += 1


@step
def put_down(days: Days, day: int, b: int) -> None:
    """Put a borrower into the list of a day, unless that is beyond the horizon."""
    if day < len(days.first):
        days.following[b] = days.first[day]
        days.first[day] = b
        days.number[day] += 1


@transition
def first_entries(agenda: Agenda, borrowers: Records) -> None:
    """Put every borrower down for its first payment and its first wish; nobody has a hold to react to."""
    for days in (agenda.payments, agenda.wishes, agenda.reactions):
        days.first[:] = END
        days.number[:] = 0
    # Whoever is put down last comes first: so that each list is in the order of memory.
    for b in range(len(borrowers) - 1, -1, -1):
        r = borrowers[b]
        if r.next_payment != r.due_day:
            put_down(agenda.payments, r.next_payment, b)
        put_down(agenda.wishes, r.next_wish, b)


@step
def gather_list(days: Days, crew: npt.NDArray[np.uint32], day: int) -> int:
    """Write the list of a day into the crew; return how many they are."""
    number = 0
    b = days.first[day]
    while b != END:
        crew[number] = b
        number += 1
        b = days.following[b]
    return number


@step
def gather_payers(agenda: Agenda, borrowers: Records, p: Record, day: int) -> int:
    """Write those who pay today into the crew: those in the list, and those whose due day it is."""
    number = gather_list(agenda.payments, agenda.crew, day)
    for cohort in range(p.period_days):
        k = due_place(p, cohort, p.cycle_day)
        for b in range(agenda.places[k], agenda.places[k + 1]):
            if borrowers[b].next_payment == day:
                agenda.crew[number] = b
                number += 1
    return number
