"""Memory for the records of a run: how many a day can need, and arrays that grow."""

import itertools
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from simlimit.model.compiling import transition
from simlimit.model.state import State

Array = npt.NDArray[Any]

CACHE_LINE = 64
LARGE_PAGES = 2**22
"""Bytes of an array from which on numpy asks the system for large pages."""
APART = 8 * LARGE_PAGES
"""Bytes from which on arrays have pages enough of their own."""


class RecordCounts(NamedTuple):
    """Numbers of records, of each kind of which there can be more and more."""

    loans: int
    loan_keys: int
    holds: int
    events: int


class DayActors(NamedTuple):
    """How many borrowers pay, are evaluated and wish to draw on a day, and how many shocks begin and end."""

    payers: int
    evaluated: int
    wishes: int
    begins: int
    ends: int


@transition
def records_in_use(s: State) -> RecordCounts:
    """Return how many records are in use."""
    used = s.storage
    return RecordCounts(used.loans_used, used.loan_keys_used, used.holds_used, used.events_used)


@transition
def most_records(s: State, actors: DayActors) -> RecordCounts:
    """Return how many records a day can bring at most.

    A payment opens a hold, or one per loan where the product releases so, and perhaps one of an early
    repayment; an evaluation perhaps a raise. A draw may move its borrower's loans to twice the space.
    """
    payers, evaluated, wishes, begins, ends = actors
    open_holds = s.today.pending_holds
    payments = payers * ((s.storage.largest_loan_capacity if s.product.per_loan else 1) + 1)
    holds = payments + evaluated
    # Whoever pays can be evaluated at that, and whoever has an open hold can appeal or find a lender.
    events = begins * (1 + 2 * len(s.borrowers) + open_holds) + ends + payments + 7 * payers + 4 * evaluated
    events += (6 if s.reaction.reacting else 4) * (holds + open_holds) + wishes
    return RecordCounts(2 * s.storage.largest_loan_capacity * wishes, wishes, holds, events)


def ensure_capacity(s: State, day: int, needed: RecordCounts) -> None:
    """Let the arrays have space for at least so many records on a day.

    An array that grows with time is made as large as the horizon is likely to need: memory costs nothing
    before it is used, but copying once more costs twice the memory.
    """
    used = s.storage
    ahead = 0.0 if s.run.reusing else 1.25 * s.run.horizon / max(day, 30)
    s.attach("loans", enlarged(s.loans, needed.loans, 0))
    if not s.run.reusing:
        s.attach("loan_keys", enlarged(s.loan_keys, needed.loan_keys, ahead * used.loan_keys_used))
    s.attach("holds", enlarged(s.holds, needed.holds, ahead * used.holds_used))
    if s.run.logging:
        s.attach("events", enlarged(s.events, needed.events, ahead * used.events_used))


def enlarged(records: Array, size: int, likely: float) -> Array:
    """Return the records with space for at least a size, and for so many as are likely to come."""
    if size <= len(records):
        return records
    larger = np.empty(max(size, len(records) * 3 // 2, int(likely)), records.dtype)
    larger[: len(records)] = records
    return larger


def adjacent_arrays(*arrays: tuple[int, np.dtype[Any]]) -> list[Array]:
    """Return empty arrays of so many records each.

    Small ones lie in one stretch of memory, each from a cache line on, and the stretch is long enough for
    large pages: with many small pages, a twentieth of the time of 10,000 borrowers goes into translating
    addresses. Large ones stand apart, so that one that grows leaves its memory.
    """
    sizes = [-(-number * dtype.itemsize // CACHE_LINE) * CACHE_LINE for number, dtype in arrays]
    if sum(sizes) > APART:
        return [np.empty(number, dtype) for number, dtype in arrays]
    stretch = np.empty(max(sum(sizes) + CACHE_LINE, LARGE_PAGES), np.uint8)
    first = -stretch.ctypes.data % CACHE_LINE
    places = itertools.accumulate(sizes, initial=first)
    return [
        stretch[place : place + number * dtype.itemsize].view(dtype)
        for place, (number, dtype) in zip(places, arrays, strict=False)
    ]
