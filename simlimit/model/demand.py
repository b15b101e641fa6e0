"""Borrowers draw (phase 5): a clock of wishes that ticks whatever the state.

A wish can also be put off, or served by another product, by the levers ``plan`` and ``diversify``.
"""

import math

from simlimit.model.clock import due_cycle
from simlimit.model.compiling import rare, step, transition
from simlimit.model.counting import note_limit
from simlimit.model.ledger import log
from simlimit.model.levers import DELEVERAGE, DIVERSIFY, PLAN, pull, pull_bp
from simlimit.model.loans import open_loan
from simlimit.model.randomness import WISH, Numbers, uniforms
from simlimit.model.state import (
    ACT,
    DRAW,
    DRAWN_ELSEWHERE,
    NEVER,
    NO_CAUSE,
    NO_LOAN,
    NONE,
    Record,
    Records,
    share,
)

PLAN_DAYS = 30
"""Days from its last draw in which a borrower that plans puts a wish off."""
LONGEST_GAP = 1e6
"""Days; beyond any horizon, and within the range of an integer."""


@step
def wish_gap(p: Record, u: float) -> int:
    """Return the days from the tick before to the one whose random number this is (geometric)."""
    return 1 + int(min(LONGEST_GAP, math.log(u) * p.wish_gap))


@step
def draw(
    aside: Records, loans: Records, loan_keys: Records, p: Record, events: Records, r: Record, day: int,
    phase: int, amount: int,
) -> None:  # fmt: skip
    """Turn available limit into a loan, first due on the next due day after today that is not paid ahead."""
    r.available -= amount
    p.available -= amount
    r.outstanding += amount
    p.outstanding += amount
    p.drawn += amount
    p.headroom -= amount - share(amount, p.reserve_share)
    r.last_draw = day
    first_cycle = due_cycle(r, p) + 1
    if p.planning:
        first_cycle = max(first_cycle, aside[r.place].first_cycle)
    open_loan(loans, loan_keys, p, r, amount, day, p.instalments, first_cycle)
    log(events, p, day, phase, DRAW, r.borrower, day, NONE, amount, NO_CAUSE)


@step
def wished_amount(r: Record, p: Record, u: Numbers) -> int:
    """Return the amount that a borrower wishes to draw, by the numbers of its tick."""
    basis_points = p.draw_low + int(u[1] * (p.draw_high - p.draw_low + 1))
    return max(p.min_draw, share(r.available, basis_points))


@rare
def room_below(r: Record, p: Record, day: int) -> int:
    """Return how much of what is available may be drawn before the utilisation is too high."""
    highest = share(r.limit, 10_000 - pull_bp(r, p, day, DELEVERAGE))
    return int(min(r.available, highest - r.outstanding))


@step
def draw_elsewhere(aside: Records, p: Record, events: Records, r: Record, day: int, amount: int) -> None:
    """Let another product serve a wish; it serves no other until it is repaid."""
    served = min(p.served_limit, amount)
    aside[r.place].drawn_elsewhere += served
    p.drawn_elsewhere += served
    r.served_until = min(NEVER, day + p.served_days)
    log(events, p, day, ACT, DRAWN_ELSEWHERE, r.borrower, NO_LOAN, NONE, served, NO_CAUSE)


@rare
def goes_elsewhere(aside: Records, p: Record, events: Records, r: Record, day: int, u: Numbers) -> bool:
    """Return whether a wish is put off, or served by another product."""
    if day - int(r.last_draw) < PLAN_DAYS and u[2] < pull(r, p, day, PLAN):
        return True
    if day >= r.served_until and u[3] < pull(r, p, day, DIVERSIFY):
        draw_elsewhere(aside, p, events, r, day, wished_amount(r, p, u))
        return True
    return False


@step
def have_wish(
    aside: Records, loans: Records, loan_keys: Records, p: Record, events: Records, r: Record, day: int,
    u: Numbers, u_gap: float,
) -> int:  # fmt: skip
    """Let a borrower draw by the numbers of this tick; return the day of the next, by the number of that."""
    if r.closed:
        return NEVER
    if r.levers == 0 or not goes_elsewhere(aside, p, events, r, day, u):
        room = r.available if r.levers == 0 else room_below(r, p, day)
        if room >= p.min_draw and r.last_draw != day:
            draw(aside, loans, loan_keys, p, events, r, day, ACT, min(room, wished_amount(r, p, u)))
            note_limit(r, p, day)
    r.wishes += 1
    r.next_wish = min(NEVER, day + wish_gap(p, u_gap))
    return int(r.next_wish)


@transition
def wish(
    borrowers: Records,
    aside: Records,
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
    borrowers, aside, loans, loan_keys, platform, events : arrays
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
    u = uniforms(p.seed, p.replication, WISH, r.borrower, r.wishes, 0)
    u_gap = uniforms(p.seed, p.replication, WISH, r.borrower, r.wishes + 1, 0)[0]
    return have_wish(aside, loans, loan_keys, p, events, r, day, u, u_gap)
