"""Borrowers draw (phase 5): a clock of wishes that ticks whatever the state."""

import math

from simlimit.model.compiling import step, transition
from simlimit.model.counting import note_limit
from simlimit.model.ledger import log
from simlimit.model.randomness import WISH, uniforms
from simlimit.model.state import ACT, DRAW, NEVER, NO_CAUSE, NONE, Record, Records, share

LONGEST_GAP = 1e6
"""Days; beyond any horizon, and within the range of an integer."""


@step
def wish_gap(p: Record, borrower: int, tick: int) -> int:
    """Return the days from the tick before to this one (geometric)."""
    u = uniforms(p.seed, p.replication, WISH, borrower, tick, 0)[0]
    return 1 + int(min(LONGEST_GAP, math.log(u) * p.wish_gap))


@step
def new_record(loans: Records, p: Record) -> int:
    """Return a loan's record that is free: one that was used before, where those are used again."""
    loan = p.free_loan
    if loan == NONE:
        loan = p.loans_used
        p.loans_used += 1
    else:
        p.free_loan = loans[loan].next
    return loan


@step
def discard_loans(loans: Records, p: Record, first: int, last: int) -> None:
    """Let the records of a list of loans that have ended be used again, unless loans are kept."""
    if p.reusing:
        loans[last].next = p.free_loan
        p.free_loan = first


@step
def open_loan(
    borrowers: Records, loans: Records, p: Record, b: int, principal: int, origin: int,
    instalments: int, next_cycle: int,
) -> int:  # fmt: skip
    """Open a loan, last in its borrower's list."""
    r = borrowers[b]
    loan = new_record(loans, p)
    one = loans[loan]
    one.borrower = b
    one.balance = principal
    one.level = principal // instalments
    one.origin = origin
    one.remaining = instalments
    one.next_cycle = next_cycle
    one.next = NONE
    if r.first_loan == NONE:
        r.first_loan = loan
    else:
        loans[r.last_loan].next = loan
    r.last_loan = loan
    r.loans += 1
    p.most_loans = max(p.most_loans, r.loans)
    return loan


@step
def draw(
    borrowers: Records, loans: Records, p: Record, events: Records, b: int, day: int, phase: int, amount: int
) -> None:
    """Turn available limit into a loan, first due on the next due day after today."""
    r = borrowers[b]
    r.available -= amount
    p.available -= amount
    r.outstanding += amount
    p.outstanding += amount
    p.drawn += amount
    p.headroom -= amount - share(amount, p.reserve_share)
    r.last_draw = day
    next_cycle = (day - r.due_day) // p.cycle_days + 1
    open_loan(borrowers, loans, p, b, amount, day, p.instalments, next_cycle)
    log(events, p, day, phase, DRAW, r.borrower, day, NONE, amount, NO_CAUSE)


@transition
def wish(borrowers: Records, loans: Records, platform: Records, events: Records, b: int, day: int) -> int:
    """Let a borrower draw a random share of what is available, and return the day of its next wish.

    Parameters
    ----------
    borrowers, loans, platform, events : record arrays
        The state.
    b : int
        Position of the borrower.
    day : int
        Today, on which the borrower's clock ticks.

    Returns
    -------
    int
        The day of the next tick, or NEVER for a closed line.
    """
    p = platform[0]
    r = borrowers[b]
    if r.closed:
        return NEVER
    if r.available >= p.min_draw and r.last_draw != day:
        u = uniforms(p.seed, p.replication, WISH, r.borrower, r.wishes, 0)[1]
        basis_points = p.draw_low + int(u * (p.draw_high - p.draw_low + 1))
        draw(borrowers, loans, p, events, b, day, ACT, max(p.min_draw, share(r.available, basis_points)))
        note_limit(r, p, day)
    r.wishes += 1
    r.next_wish = min(NEVER, day + wish_gap(p, r.borrower, r.wishes))
    return int(r.next_wish)
