"""Borrowers draw (phase 5): a clock of wishes that ticks whatever the state."""

import math

from simlimit.model.clock import due_cycle
from simlimit.model.compiling import step, transition
from simlimit.model.counting import note_limit
from simlimit.model.ledger import log
from simlimit.model.loans import open_loan
from simlimit.model.randomness import WISH, uniforms
from simlimit.model.state import ACT, DRAW, NEVER, NO_CAUSE, NONE, Record, Records, share

LONGEST_GAP = 1e6
"""Days; beyond any horizon, and within the range of an integer."""


@step
def wish_gap(p: Record, u: float) -> int:
    """Return the days from the tick before to the one whose random number this is (geometric)."""
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
    open_loan(loans, loan_keys, p, r, amount, day, p.instalments, due_cycle(r, p) + 1)
    log(events, p, day, phase, DRAW, r.borrower, day, NONE, amount, NO_CAUSE)


@step
def have_wish(
    loans: Records, loan_keys: Records, p: Record, events: Records, r: Record, day: int, u_size: float,
    u_gap: float,
) -> int:  # fmt: skip
    """Let a borrower draw by the number of this tick; return the day of the next, by the number of that."""
    if r.closed:
        return NEVER
    if r.available >= p.min_draw and r.last_draw != day:
        basis_points = p.draw_low + int(u_size * (p.draw_high - p.draw_low + 1))
        amount = max(p.min_draw, share(r.available, basis_points))
        draw(loans, loan_keys, p, events, r, day, ACT, amount)
        note_limit(r, p, day)
    r.wishes += 1
    r.next_wish = min(NEVER, day + wish_gap(p, u_gap))
    return int(r.next_wish)


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
    u_size = uniforms(p.seed, p.replication, WISH, r.borrower, r.wishes, 0)[1]
    u_gap = uniforms(p.seed, p.replication, WISH, r.borrower, r.wishes + 1, 0)[0]
    return have_wish(loans, loan_keys, p, events, r, day, u_size, u_gap)
