"""The actions of a user's own process, a transition each; the phase is set before."""

from simlimit.model import causes, clock, demand, events, holds, limits, phases, repayment, stages, streams
from simlimit.model.clearing import BY_PROCESS, note_good_day
from simlimit.model.compiling import rare, transition
from simlimit.model.counting import count_no_limit
from simlimit.model.ledger import hold_of, line_of, log, subject_of
from simlimit.model.randomness import uniforms
from simlimit.model.records import ABSENT, NEVER, NO_LOAN, NONE, Record
from simlimit.model.shocks import freeze
from simlimit.model.state import State, left


@transition
def draw_now(s: State, b: int, day: int, amount: int) -> bool:
    """Let a borrower draw ``amount`` cents, unless it has drawn today, leaves or is refused.

    Return whether it does.
    """
    r = s.borrowers[b]
    return r.last_draw != day and day < r.present_until and demand.draw(s, r, day, amount)


@transition
def repay_early_now(s: State, b: int, day: int) -> bool:
    """Let a borrower repay its oldest loan, if it has one and is not past due; return whether it does."""
    r = s.borrowers[b]
    if r.loans == 0 or r.oldest_due != NEVER:
        return False
    note_good_day(s, r, day, day, BY_PROCESS)
    repayment.prepay(s, r, day)
    count_no_limit(s, r, day)
    return True


@transition
def set_limit_now(s: State, b: int, day: int, limit: int) -> None:
    """Set a limit, in cents: a fall at once, a rise as a raise."""
    r = s.borrowers[b]
    if limit < r.limit:
        limits.lower_limit(s, r, day, limit, causes.MANUAL)
    elif limit > r.limit:
        limits.raise_limit(s, r, day, limit, causes.MANUAL)


@transition
def pay_due_now(s: State, b: int, day: int) -> bool:
    """Let a borrower pay all that is due, if anything is; return whether it does."""
    r = s.borrowers[b]
    cycle = clock.due_cycle(s, r)
    if not repayment.anything_due(s, r, cycle):
        return False
    note_good_day(s, r, day, day, BY_PROCESS)
    repayment.catch_up(s, r, day, cycle)
    repayment.plan_payment(s, r, day)
    count_no_limit(s, r, day)
    return True


@rare
def reopen(s: State, r: Record, day: int) -> None:
    """Open a closed line; payments and wishes go on as if it had never been closed."""
    r.closed = 0
    while r.next_wish < day + (s.clock.phase >= phases.ACT):
        r.wishes += 1
        demand.plan_wish(s, r, int(r.next_wish), uniforms(s.run, streams.WISH, r.borrower, r.wishes, 0)[0])
    if r.next_payment == NEVER:
        repayment.plan_payment(s, r, day)


@transition
def act(s: State, b: int, day: int, event: int, cause: int, limit: int) -> None:
    """Do to a borrower's line what an event names; only opening gives it a limit, in cents."""
    r = s.borrowers[b]
    log(s, day, event, line_of(r), 0, cause)
    if event == events.CLOSE:
        limits.close(s, r, day, cause)
    elif event == events.OPEN:
        reopen(s, r, day)
        limits.raise_limit(s, r, day, limit, cause)
    elif event in (events.BLOCK, events.UNBLOCK):
        sign = 1 if event == events.BLOCK else -1
        s.limits.blocking = 1
        r.blocks = int(r.blocks) + sign
        freeze(s, r, day, sign)
        count_no_limit(s, r, day)
    else:
        r.watched = event == events.WATCH


@transition
def decide_now(s: State, h: int, day: int, event: int, cause: int) -> None:
    """Send a hold that waits for an evaluation to the desk, or to the pool, or deny it."""
    hold = s.holds[h]
    r = s.borrowers[hold.owner]
    log(s, day, event, hold_of(r, hold), left(hold), cause)
    if event == events.DENY:
        holds.charge(s, r, h, day, causes.POLICY)
        return
    hold.approved_at = day
    if event == events.TO_DESK:
        holds.go_to_desk(s, r, h, day, stages.AT_DESK)
    else:
        holds.join_queue(s, r, h, day)


@transition
def go_on_changed(s: State, day: int, cause: int) -> None:
    """Log that a field has changed, and note who can draw no more, or can again."""
    log(s, day, events.CHANGE, subject_of(NONE, NO_LOAN, NONE), 0, cause)
    for b in range(len(s.borrowers)):
        if not s.borrowers[b].closed & ABSENT:
            count_no_limit(s, s.borrowers[b], day)
