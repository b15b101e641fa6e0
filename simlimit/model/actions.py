"""The actions of a user's own process, a transition each; the phase is set before."""

from simlimit.model import causes, events, phases, stages, streams
from simlimit.model.clearing import BY_PROCESS, note_good_day
from simlimit.model.clock import days_since_due, due_cycle
from simlimit.model.compiling import transition
from simlimit.model.counting import count_no_limit
from simlimit.model.demand import draw, plan_wish
from simlimit.model.holds import charge, claimless, go_to_desk, join_queue
from simlimit.model.ledger import hold_of, line_of, log, subject_of
from simlimit.model.limits import close, lower_limit, raise_limit
from simlimit.model.randomness import uniforms
from simlimit.model.records import ABSENT, END, NEVER, NO_LOAN, NONE
from simlimit.model.repayment import anything_due, catch_up, next_payment_day, prepay
from simlimit.model.shocks import freeze
from simlimit.model.state import State, left

BEYOND_HEADROOM = 2**62
"""Cents: today's arrivals at the pool stand in order then."""


@transition
def draw_now(s: State, b: int, day: int, amount: int) -> bool:
    """Let a borrower draw ``amount`` cents, unless it has drawn today, leaves or is refused.

    Return whether it does.
    """
    r = s.borrowers[b]
    return r.last_draw != day and day < r.present_until and draw(s, r, day, amount)


@transition
def repay_early_now(s: State, b: int, day: int) -> bool:
    """Let a borrower repay its oldest loan, if it has one and is not past due; return whether it does."""
    r = s.borrowers[b]
    if r.loans == 0 or r.oldest_due != NEVER:
        return False
    note_good_day(s, r, day, day, BY_PROCESS)
    prepay(s, r, day)
    count_no_limit(s, r, day)
    return True


@transition
def set_limit_now(s: State, b: int, day: int, limit: int) -> None:
    """Set a limit, in cents: a fall at once, a rise as a raise."""
    r = s.borrowers[b]
    if limit < r.limit:
        lower_limit(s, r, day, limit, causes.MANUAL)
    elif limit > r.limit:
        raise_limit(s, r, day, limit, causes.MANUAL)


@transition
def pay_due_now(s: State, b: int, day: int) -> bool:
    """Let a borrower pay all that is due, if anything is; return whether it does."""
    r = s.borrowers[b]
    cycle = due_cycle(s, r)
    if not anything_due(s, r, cycle):
        return False
    catch_up(s, r, day, cycle, day, BY_PROCESS)
    r.next_payment = next_payment_day(s, r, day, day - days_since_due(s, r) + s.product.cycle_days)
    count_no_limit(s, r, day)
    return True


@transition
def close_now(s: State, b: int, day: int) -> None:
    """Close a line."""
    log(s, day, events.CLOSE, line_of(s.borrowers[b]), 0, causes.MANUAL)
    close(s, s.borrowers[b], day, causes.MANUAL)


@transition
def open_now(s: State, b: int, day: int, limit: int) -> None:
    """Open a closed line, with a limit in cents. Wishes go on as if they had never ended."""
    r = s.borrowers[b]
    log(s, day, events.OPEN, line_of(r), 0, causes.MANUAL)
    r.closed = 0
    while r.next_wish < day + (s.clock.phase >= phases.ACT):
        r.wishes += 1
        plan_wish(s, r, int(r.next_wish), uniforms(s.run, streams.WISH, r.borrower, r.wishes, 0)[0])
    if r.next_payment == NEVER:
        r.next_payment = next_payment_day(s, r, day, day - days_since_due(s, r) + s.product.cycle_days)
    raise_limit(s, r, day, limit, causes.MANUAL)


@transition
def watch_now(s: State, b: int, day: int, watched: bool) -> bool:
    """Put a borrower on the permanent watch-list, or take it off; return whether that changes anything."""
    r = s.borrowers[b]
    if r.watched == watched:
        return False
    r.watched = watched
    log(s, day, events.WATCH if watched else events.UNWATCH, line_of(r), 0, causes.MANUAL)
    return True


@transition
def block_now(s: State, b: int, day: int, sign: int, cause: int) -> None:
    """Block a borrower's releases and draws for a reason, or (sign -1) no more for this one."""
    r = s.borrowers[b]
    log(s, day, events.BLOCK if sign > 0 else events.UNBLOCK, line_of(r), 0, cause)
    s.limits.blocking = 1
    r.blocks = int(r.blocks) + sign
    freeze(s, r, day, sign)
    count_no_limit(s, r, day)


@transition
def decide_now(s: State, h: int, day: int, event: int, cause: int) -> None:
    """Send a hold that waits for an evaluation to the desk, or to the pool, or deny it."""
    hold = s.holds[h]
    r = s.borrowers[hold.owner]
    log(s, day, event, hold_of(r, hold), left(hold), cause)
    if event == events.DENY:
        charge(s, r, hold, day, causes.POLICY)
        return
    hold.approved_at = day
    if event == events.TO_DESK:
        go_to_desk(s, r, h, day, stages.AT_DESK)
    else:
        join_queue(s, r, h, day)


@transition
def reckon(s: State, day: int, cause: int) -> None:
    """Log that a field has changed, and reckon anew what follows from parameters."""
    log(s, day, events.CHANGE, subject_of(NONE, NO_LOAN, NONE), 0, cause)
    s.totals.arrival_claims = BEYOND_HEADROOM
    s.totals.claimless = 0
    for b in range(len(s.borrowers)):
        r = s.borrowers[b]
        h = r.first_hold
        while h != END:
            s.totals.claimless += claimless(s, s.holds[h])
            h = s.holds[h].next
        if not r.closed & ABSENT:
            count_no_limit(s, r, day)
