"""Memory for the records of a run: how many a day can need, and arrays that grow."""

import itertools
from typing import Any

import numpy as np

from simlimit.errors import SimlimitError
from simlimit.model.compiling import step, transition
from simlimit.model.records import ASKING, SORTED, Records
from simlimit.model.state import State

CACHE_LINE = 64
# Bytes of an array from which on numpy asks the system for large pages.
LARGE_PAGES = 2**22
# Of each kind, since they are counted, and found, by 32 bits.
MOST_RECORDS = 2**31 - 1
# Bytes from which on arrays have pages enough of their own.
APART = 8 * LARGE_PAGES


# The arrays of records, of each kind of which there can be more and more.
GROWING = ("loans", "loan_keys", "holds", "events", "good_at", "stays")


@step
def most_events(s: State, day: int, holds: int) -> int:
    """Return how many events a day can bring at most, on which so many holds can open."""
    borrowers, open_holds = len(s.borrowers), s.today.pending_holds
    # Of a borrower: a miss or slip, a default with a cut and a withdrawal, an evaluation of its day and one
    # at repayment, a cut or raise, a draw, refused, here or elsewhere, a lender found. Of a hold: its
    # repayment, a forfeit at once, a review, a release or forfeit, an appeal, one more by a user's action.
    # Other lenders can all be left, those of borrowers who come today, too.
    events = 13 * borrowers + s.today.lenders + 7 * holds + 6 * open_holds
    for k in range(len(s.occurrences)):
        if day in (s.occurrences[k].start, s.occurrences[k].end):
            events += 1 + 3 * borrowers  # a cut, a withdrawal and a part of one hold; the others end
    return events


@transition
def records_needed(s: State, day: int) -> tuple[int, ...]:
    """Return for how many records there must be space before a day: those in use, and what it can bring.

    Each borrower can pay, be evaluated and draw. A payment opens a hold, or one per loan where the product
    releases so, and perhaps one of an early repayment; an evaluation perhaps a raise; an action of a user's
    process one more. A draw may move its borrower's loans to twice the space. A hold that was open before
    leaves where it stands at most once a day; at the horizon all do.
    """
    used, borrowers = s.storage, len(s.borrowers)
    holds = (used.loans_used if s.product.per_loan else borrowers) + 3 * borrowers
    return (
        3 * used.loans_used,
        0 if s.run.reusing else used.loan_keys_used + borrowers,
        used.holds_used + holds,
        used.events_used + most_events(s, day, holds) if s.run.logging else 0,
        used.holds_used + holds if s.product.clears and not s.run.reusing else 0,
        used.stays_used + 2 * s.today.pending_holds + holds if s.run.logging else 0,
    )


@transition
def has_capacity(s: State, day: int) -> bool:
    """Return whether there is space for all that a day can bring."""
    loans, loan_keys, holds, events, good_at, stays = records_needed(s, day)
    loans_fit = loans <= len(s.loans) and loan_keys <= len(s.loan_keys)
    holds_fit = holds <= len(s.holds) and good_at <= len(s.good_at)
    return loans_fit and holds_fit and events <= len(s.events) and stays <= len(s.stays)


def ensure_capacity(s: State, day: int) -> None:
    """Find space for all that a day can bring.

    An array that grows with time is made so large that the horizon is likely to need no more, even if its
    last day could bring as much as this one. To copy it once more would take long, and twice the memory.
    """
    if has_capacity(s, day):  # nearly always, and much faster
        return
    ahead = 0.0 if s.run.reusing else 1.25 * s.run.horizon / max(day, 30)
    for name, needed in zip(GROWING, records_needed(s, day), strict=True):
        records = getattr(s, name)
        if needed > MOST_RECORDS:
            raise SimlimitError(f"Day {day} may need {needed:,} {name}, but {MOST_RECORDS:,} are the most.")
        if needed > len(records):
            number = int(s.storage["holds_used" if name == "good_at" else f"{name}_used"])
            likely = 0 if name == "loans" else int(ahead * number) + needed - number
            larger = np.empty(max(needed, len(records) * 3 // 2, likely), records.dtype)
            copy_records(larger[:number], records[:number])
            s.attach(name, larger)
            if name == "holds":
                s.attach("sorting", np.empty(2 * len(larger), SORTED))


def copy_records(target: Records, source: Records) -> None:
    """Copy records of the same kind. Numpy would copy field by field, which takes ten times as long."""
    target.view(np.uint8)[...] = source.view(np.uint8)


def make_room(s: State, borrowers: int, most: int) -> None:
    """Find space for so many borrowers, who are not there yet, and for all that their first day can bring.

    There is space for the most that one expects, so that other replications can use it again.
    """
    if borrowers > len(s.room):
        find_room(s, max(borrowers, most))
    s.attach("borrowers", s.room[:borrowers])


def find_room(s: State, borrowers: int) -> None:
    """Find space for so many borrowers."""
    capacity = int(s.storage.loan_capacity)
    holds = borrowers * ((capacity if s.product.per_loan else 1) + 7)
    sizes = {"borrowers": borrowers, "details": borrowers, "loans": 4 * capacity * borrowers, "holds": holds}
    kinds = ((size, State.members[name].kind) for name, size in sizes.items())
    # With many small pages, 10,000 borrowers spend a twentieth of the time on translating addresses.
    arrays = adjacent_arrays(*kinds, least_bytes=LARGE_PAGES)
    for name, array in zip(sizes, arrays, strict=True):
        s.attach(name, array)
    vars(s).update(room=s.borrowers)
    s.attach("loan_keys", np.empty(0 if s.run.reusing else 2 * borrowers, np.int64))
    s.attach("ids", np.empty(borrowers, np.uint32))
    s.attach("sorting", np.empty(2 * holds, SORTED))
    s.attach("asking", np.empty(borrowers if s.funding.refuse_draws else 0, ASKING))


def adjacent_arrays(*arrays: tuple[int, np.dtype[Any]], least_bytes: int = 0) -> list[Records]:
    """Return empty arrays of so many records each.

    Each begins on a cache line. Small ones lie in one stretch of memory, of so many bytes at least: a long
    one has large pages. Large ones stand apart, so that one that grows gives its memory back.
    """
    sizes = [-(-number * dtype.itemsize // CACHE_LINE) * CACHE_LINE for number, dtype in arrays]
    if len(arrays) > 1 and sum(sizes) > APART:
        return [adjacent_arrays(one, least_bytes=least_bytes)[0] for one in arrays]
    stretch = np.empty(max(sum(sizes) + CACHE_LINE, least_bytes), np.uint8)
    first = -stretch.ctypes.data % CACHE_LINE
    places = itertools.accumulate(sizes, initial=first)
    return [
        stretch[place : place + number * dtype.itemsize].view(dtype)
        for place, (number, dtype) in zip(places, arrays, strict=False)
    ]
