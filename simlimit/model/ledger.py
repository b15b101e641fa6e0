"""What is written down: the log of events, and the row of each day."""

from simlimit.model.clock import turn_to
from simlimit.model.compiling import rare, step, transition
from simlimit.model.state import Record, Records


@rare
def write_event(
    events: Records, p: Record, day: int, phase: int, event: int, borrower: int, origin: int,
    instalment: int, amount: int, cause: int,
) -> None:  # fmt: skip
    """Append an event."""
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


@step
def log(
    events: Records, p: Record, day: int, phase: int, event: int, borrower: int, origin: int,
    instalment: int, amount: int, cause: int,
) -> None:  # fmt: skip
    """Append an event, if events are kept."""
    if p.logging:
        write_event(events, p, day, phase, event, borrower, origin, instalment, amount, cause)


@transition
def records_in_use(platform: Records) -> tuple[int, int, int, int]:
    """Return how many records of loans, loan keys, holds and events are in use."""
    p = platform[0]
    return p.loans_used, p.loans_opened, p.holds_used, p.events_used


@transition
def most_records(
    platform: Records, borrowers: int, payers: int, evaluated: int, wishes: int, begins: int, ends: int
) -> tuple[int, int, int, int]:
    """Return how many records of loans, loan keys, holds and events a day can bring at most.

    Parameters
    ----------
    platform : array of one PLATFORM record
    borrowers : int
        All there are.
    payers, evaluated, wishes, begins, ends : int
        How many of them pay, are evaluated and wish to draw on the day, and how many shocks begin and end.

    Returns
    -------
    tuple of four int
        A payment opens a hold, or one per loan where the product releases so, and perhaps one of an early
        repayment; an evaluation perhaps a raise. A draw may move its borrower's loans to twice the room.
    """
    p = platform[0]
    payments = payers * ((p.most_loan_room if p.per_loan else 1) + 1)
    holds = payments + evaluated
    # Whoever pays can be evaluated at that, and whoever has an open hold can appeal or find a lender.
    events = begins * (1 + 2 * borrowers + p.pending_holds) + ends + payments + 7 * payers + 4 * evaluated
    events += (6 if p.reacting else 4) * (holds + p.pending_holds) + wishes
    return 2 * p.most_loan_room * wishes, wishes, holds, events


@transition
def record_day(platform: Records, daily: Records, day: int) -> None:
    """Write the row of a day (phase 6) and turn to the next."""
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
    row.flagged = p.flagged
    row.lenders = p.lenders
    row.appeals = p.appeals
    row.appeals_in_vain = p.appeals_in_vain
    row.drawn_elsewhere = p.drawn_elsewhere
    p.inflow = 0
    p.repaid = 0
    p.released = 0
    p.forfeited = 0
    p.drawn = 0
    p.written_off = 0
    p.appeals = 0
    p.appeals_in_vain = 0
    p.drawn_elsewhere = 0
    turn_to(p, day + 1)
