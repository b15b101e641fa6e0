"""What is written down: the log of events, and the row of each day."""

from simlimit.model.compiling import step, transition
from simlimit.model.state import Record, Records


@step
def log(
    events: Records, p: Record, day: int, phase: int, event: int, borrower: int, origin: int,
    instalment: int, amount: int,
    cause: int,
) -> None:  # fmt: skip
    """Append an event, if events are kept."""
    if p.logging:
        e = events[p.events_used]
        p.events_used += 1
        e.day = day
        e.phase = phase
        e.event = event
        e.borrower = borrower
        e.origin = origin
        e.instalment = instalment
        e.amount = amount
        e.cause = cause


@transition
def counts(platform: Records) -> tuple[int, int, int, int, int]:
    """Return the most loans of a borrower, the open holds, and the loans, holds and events in use."""
    p = platform[0]
    return p.most_loans, p.pending_holds, p.loans_used, p.holds_used, p.events_used


@transition
def record_day(platform: Records, daily: Records, day: int) -> None:
    """Write the row of a day (phase 6) and start the next day's counts."""
    p = platform[0]
    row = daily[day]
    row.day = day
    row.outstanding = p.outstanding
    row.available = p.available
    row.held = p.held
    row.headroom = p.headroom
    row.inflow = p.inflow
    row.repaid = p.repaid
    row.released = p.released
    row.forfeited = p.forfeited
    row.drawn = p.drawn
    row.written_off = p.written_off
    row.pending_holds = p.pending_holds
    row.review_queue = p.review_queue
    row.funding_queue = p.funding_queue
    row.frozen = p.frozen
    p.inflow = 0
    p.repaid = 0
    p.released = 0
    p.forfeited = 0
    p.drawn = 0
    p.written_off = 0
