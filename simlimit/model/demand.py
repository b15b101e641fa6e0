"""Borrowers draw (phase 5). Their wishes come on days of their own, whatever can be drawn then.

A wish can also be put off, or served by another product, by the levers ``plan`` and ``diversify``. A draw
can be refused: because the line is blocked, or for want of headroom.
"""

import math

from simlimit.model import causes, clock, counting, events, interest, levers, loans, phases, streams
from simlimit.model.compiling import rare, step, transition
from simlimit.model.ledger import line_of, log, subject_of
from simlimit.model.money import share
from simlimit.model.queues import sort_by_key
from simlimit.model.randomness import Numbers, uniforms
from simlimit.model.records import END, NEVER, NONE, Record
from simlimit.model.state import State

# Days from its last draw in which a borrower that plans puts a wish off.
PLAN_DAYS = 30
# Days; beyond any horizon, and within the range of an integer.
LONGEST_GAP = 1e6


@step
def wish_gap(s: State, r: Record, u: float) -> int:
    """Return the days from one wish to the next, which has this random number: a geometric distribution.

    It is beyond any horizon where nobody draws: the factor is infinite there.
    """
    return 1 + int(min(LONGEST_GAP, math.log(u) * s.regions[r.region].wish_gap))


@step
def plan_wish(s: State, r: Record, day: int, u: float) -> None:
    """Set the day of the wish that follows a day, unless the borrower has left by then, or the run ended."""
    following = day + wish_gap(s, r, u)
    r.next_wish = following if following < r.present_until else NEVER


@step
def refuses(s: State, r: Record, day: int, amount: int) -> bool:
    """Return whether a draw is refused, which is noted."""
    cause = counting.why_blocked(s, r, day)
    unreserved = amount - share(amount, s.funding.reserve_bp)
    if cause == causes.NONE and s.funding.refuse_draws and unreserved > max(0, s.today.headroom):
        cause = causes.FUNDING
        r.refused = 1
        counting.count_no_limit(s, r, day)
    if cause != causes.NONE:
        s.today.refused_draws += 1
        s.details[r.place].refused_draws += 1
        log(s, day, events.REFUSED_DRAW, line_of(r), amount, cause)
    return cause != causes.NONE


@rare
def draw(s: State, r: Record, day: int, amount: int) -> bool:
    """Turn available limit into a loan, unless that is refused; return whether it is not.

    A loan is first due on the next due day that is not paid ahead.
    """
    if s.limits.blocking and refuses(s, r, day, amount):
        return False
    interest.accrue(r, day)
    r.available -= amount
    s.today.available -= amount
    r.outstanding += amount
    s.today.outstanding += amount
    s.today.drawn += amount
    s.today.headroom -= amount - share(amount, s.funding.reserve_bp)
    r.last_draw = day
    r.refused = 0
    first_cycle = clock.due_cycle(s, r) + 1
    if s.levers.planning:
        first_cycle = max(first_cycle, s.details[r.place].first_cycle)
    loans.open_loan(s, r, amount, day, s.product.instalments, first_cycle)
    log(s, day, events.DRAW, subject_of(r.borrower, day, NONE), amount, causes.NONE)
    counting.count_no_limit(s, r, day)
    return True


@step
def wished_amount(s: State, r: Record, u: float) -> int:
    """Return the amount that a borrower wishes to draw, by a number of its wish."""
    low, high = s.behaviour.draw_low_bp, s.behaviour.draw_high_bp
    return max(s.product.min_draw, share(r.available, low + int(u * (high - low + 1))))


@rare
def drawable_below(s: State, r: Record, day: int) -> int:
    """Return how much of what is available may be drawn before the utilisation is too high."""
    highest = r.limit
    if levers.pull(s, r, day, levers.DELEVERAGE) > 0.0:
        highest = share(r.limit, 10_000 - s.levers.strength_bp[levers.DELEVERAGE])
    return int(min(r.available, highest - r.outstanding))


@step
def draw_elsewhere(s: State, r: Record, day: int, amount: int) -> None:
    """Let another product serve a wish; it serves no other until it is repaid."""
    served = min(s.levers.served_limit, amount)
    s.details[r.place].drawn_elsewhere += served
    s.today.drawn_elsewhere += served
    r.served_until = min(NEVER, day + s.levers.served_days)
    log(s, day, events.DRAW_ELSEWHERE, line_of(r), served, causes.NONE)


@rare
def divert_wish(s: State, r: Record, day: int, u: Numbers) -> bool:
    """Put a wish off, or let another product serve it; return whether either happened."""
    if day - int(r.last_draw) < PLAN_DAYS and u[2] < levers.pull(s, r, day, levers.PLAN):
        return True
    if day >= r.served_until and u[3] < levers.pull(s, r, day, levers.DIVERSIFY):
        draw_elsewhere(s, r, day, wished_amount(s, r, u[1]))
        return True
    return False


@step
def asked_amount(s: State, r: Record, day: int, u: float) -> int:
    """Return what a borrower asks to draw today, by a number of its wish: 0 if not enough can be drawn."""
    drawable = r.available if r.levers == 0 else drawable_below(s, r, day)
    enough = drawable >= s.product.min_draw and r.last_draw != day
    return min(drawable, wished_amount(s, r, u)) if enough else 0


@transition
def decide_draws(s: State, day: int) -> None:
    """Decide the draws that were asked for today, in order of ids, where the pool can refuse them."""
    s.clock.phase = phases.ACT
    number = s.totals.asking
    s.totals.asking = 0
    claims = 0
    for k in range(number):
        key = s.asking[k].key
        amount = asked_amount(s, s.borrowers[key & END], day, s.asking[k].u)
        claims += amount - share(amount, s.funding.reserve_bp)
        s.sorting[k].key, s.sorting[k].what = key, amount
    # Else none is refused for want of it, in whatever order.
    first = sort_by_key(s, number) if claims > s.today.headroom else 0
    for place in range(first, first + number):
        one = s.sorting[place]
        if one.what > 0:
            draw(s, s.borrowers[one.key & END], day, one.what)


@step
def have_wish(s: State, r: Record, day: int, u: Numbers, u_gap: float) -> int:
    """Let a borrower draw by the numbers of this wish; return the day of the next, by its number."""
    if r.closed:
        return NEVER
    if r.levers == 0 or not divert_wish(s, r, day, u):
        if s.funding.refuse_draws:
            one = s.asking[s.totals.asking]
            one.key = (int(r.borrower) << 32) + int(r.place)
            one.u = u[1]
            s.totals.asking += 1
        else:
            amount = asked_amount(s, r, day, u[1])
            if amount > 0:
                draw(s, r, day, amount)
    r.wishes += 1
    plan_wish(s, r, day, u_gap)
    return int(r.next_wish)


@transition
def wish(s: State, b: int, day: int) -> int:
    """Let a borrower draw a random share of what is available, and return the day of its next wish.

    Parameters
    ----------
    s : State
    b : int
        Position of the borrower.
    day : int
        Today, on which the borrower's clock ticks.

    Returns
    -------
    int
        The day of the next tick, or NEVER for a closed line.
    """
    s.clock.phase = phases.ACT
    r = s.borrowers[b]
    u = uniforms(s.run, streams.WISH, r.borrower, r.wishes, 0)
    u_gap = uniforms(s.run, streams.WISH, r.borrower, r.wishes + 1, 0)[0]
    return have_wish(s, r, day, u, u_gap)
