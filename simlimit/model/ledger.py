"""What is written down: the log of events, and the row of each day."""

from typing import TypeAlias

from simlimit.model import clock, interest
from simlimit.model.compiling import rare, step, transition
from simlimit.model.records import NO_LOAN, NONE, Record
from simlimit.model.state import State

# Whom an event is about: a borrower, the day of origin of a loan, and an instalment.
Subject: TypeAlias = tuple[int, int, int]


@step
def subject_of(borrower: int, origin: int, instalment: int) -> Subject:
    """Return the subject of an event; all its numbers are of one width here."""
    return borrower, origin, instalment


@step
def hold_of(r: Record, hold: Record) -> Subject:
    """Return a hold of a borrower as the subject of an event."""
    return subject_of(r.borrower, hold.origin, hold.instalment)


@step
def line_of(r: Record) -> Subject:
    """Return the line of a borrower as the subject of an event."""
    return subject_of(r.borrower, NO_LOAN, NONE)


@rare
def write_event(s: State, day: int, event: int, subject: Subject, amount: int, cause: int) -> None:
    """Append an event of the present phase."""
    e = s.events[s.storage.events_used]
    s.storage.events_used += 1
    e.day = day
    e.phase = s.clock.phase
    e.event = event
    e.borrower, e.origin, e.instalment = subject
    e.amount = amount
    e.cause = cause


@step
def log(s: State, day: int, event: int, subject: Subject, amount: int, cause: int) -> None:
    """Append an event of the present phase, if events are kept."""
    if s.run.logging:
        write_event(s, day, event, subject, amount, cause)


@transition
def record_day(s: State, day: int) -> None:
    """Write the row of a day (phase 6) and turn to the next."""
    s.daily[day] = s.today
    s.today.day = day + 1
    s.today.arrivals = s.today.exits = s.today.refused_draws = s.today.appeals = s.today.appeals_in_vain = 0
    s.today.inflow = s.today.repaid = s.today.released = s.today.forfeited = s.today.drawn = 0
    s.today.written_off = s.today.interest_paid = s.today.drawn_elsewhere = 0
    clock.turn_to(s, day + 1)
    if day + 1 == s.run.warmup_days:
        interest.observe_interest(s, day + 1)
