"""Borrowers draw (phase 5): a clock of wishes that ticks whatever the state."""

import math

from simlimit.model.compiling import step, transition
from simlimit.model.counting import note_limit
from simlimit.model.ledger import log
from simlimit.model.loans import open_loan
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
def draw(
    loans: Records, loan_keys: Records, p: Record, events: Records, r: Record, day: int, phase: int,
    amount: int,
) -> None:  # fmt: skip
    """Turn available limit into a loan, first due on the next due day after today."""
    r.available -= amount
    p.available -= amount
    r.outstanding += amount
    p.outstanding += amount
    p.drawn += amount
    p.headroom -= amount - share(amount, p.reserve_share)
    r.last_draw = day
    next_cycle = (day - r.due_day) // p.cycle_days + 1
    open_loan(loans, loan_keys, p, r, amount, day, p.instalments, next_cycle)
    log(events, p, day, phase, DRAW, r.borrower, day, NONE, amount, NO_CAUSE)


@transition
def wish(
    borrowers: Records,
    loans: Records,
    loan_keys: Records,
    platform: Records,
    events: Records,
    b: int,
    day: int,
) -> int:
    """Let a borrower draw a random share of what is available, and return the day of its next wish.

    Parameters
    ----------
    borrowers, loans, loan_keys, platform, events : arrays
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
        amount = max(p.min_draw, share(r.available, basis_points))
        draw(loans, loan_keys, p, events, r, day, ACT, amount)
        note_limit(r, p, day)
    r.wishes += 1
    r.next_wish = min(NEVER, day + wish_gap(p, r.borrower, r.wishes))
    return int(r.next_wish)
