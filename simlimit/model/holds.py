"""The life of a hold: it opens, passes the gates, and is released or forfeited.

A borrower's open holds form a list, the latest opened first. Every change of cause charges the days
since the last one.
"""

from simlimit.model.clock import days_since_start
from simlimit.model.compiling import rare, step, transition
from simlimit.model.counting import count_cents, count_end, count_stay, end_note, note_limit
from simlimit.model.ledger import log
from simlimit.model.levers import LESS_MANUAL, pull
from simlimit.model.randomness import REVIEW as REVIEW_STREAM
from simlimit.model.randomness import Numbers, uniforms
from simlimit.model.state import (
    AT_DESK,
    AT_SETTLEMENT,
    CLEAR,
    COUNT_FORFEITED,
    COUNT_PENDING,
    COUNT_RELEASED,
    END,
    EVALUATE,
    EVALUATION,
    FORFEIT,
    FORFEITED,
    FREE,
    FUND,
    FUNDING,
    IN_APPEAL,
    NEVER,
    NO_CAUSE,
    NONE,
    OVER_LIMIT,
    OVERDUE,
    POLICY,
    QUEUED,
    RELEASE,
    RELEASED,
    REVIEW,
    SETTLEMENT,
    WAITING,
    Record,
    Records,
    is_raise,
    left,
    share,
)


@step
def charge(r: Record, hold: Record, counts: Records, p: Record, day: int, cause: int) -> None:
    """Charge the days up to yesterday to the present cause, and let the hold stand at another from today."""
    if day > hold.since:
        count_stay(r, hold, counts, p, day)
        hold.days[hold.cause] += day - hold.since
        hold.since = day
    hold.cause = cause


@rare
def next_free_record(holds: Records, p: Record) -> int:
    """Return the free record that lies next, from the one that was taken last on."""
    h = p.last_taken
    while holds[h].stage != FREE:
        h = h + 1 if h + 1 < p.holds_used else 0
    p.last_taken = h
    p.holds_free -= 1
    return int(h)


@step
def new_record(holds: Records, p: Record) -> int:
    """Return a record for a hold: a free one, or a new one.

    On a small platform it is the one that was freed last, which is still in the cache. The holds of a large
    one do not fit there: while more than half of all are free, they are taken in the order in which they lie,
    so that the holds of a day are neighbours.
    """
    if p.large:
        if 2 * p.holds_free > p.holds_used:
            return next_free_record(holds, p)
    elif p.last_free != END:
        h = p.last_free
        p.last_free = holds[h].next
        return int(h)
    p.holds_used += 1
    return int(p.holds_used - 1)


@step
def discard(holds: Records, p: Record, h: int) -> None:
    """Let the record of an ended hold that is in no list be used again, unless holds are kept."""
    if p.reusing:
        holds[h].stage = FREE
        if p.large:
            p.holds_free += 1
        else:
            holds[h].next = p.last_free
            p.last_free = h


@step
def open_hold(
    r: Record, holds: Records, p: Record, day: int, amount: int, origin: int, instalment: int
) -> int:  # fmt: skip
    """Open a hold and put it first in the borrower's list."""
    h = new_record(holds, p)
    hold = holds[h]
    hold.amount = amount
    hold.forfeited = 0
    hold.owner = r.place
    hold.origin = origin
    hold.instalment = instalment
    hold.repaid_at = day
    hold.arrived_at = day
    hold.approved_at = NONE
    hold.reviewed_at = NONE
    hold.since = day
    hold.attempts = 0
    for gate in range(8):
        hold.days[gate] = 0
    hold.late = 0
    hold.stage = WAITING
    hold.cause = SETTLEMENT
    hold.link = END
    hold.next = r.first_hold
    r.first_hold = h
    r.held += amount
    p.held += amount
    p.pending_holds += 1
    p.holds_opened += 1
    return h


@step
def is_at_desk(hold: Record) -> bool:
    """Return whether a hold waits for a reviewer or is under review."""
    return hold.stage in (AT_DESK, IN_APPEAL)


@step
def end(r: Record, holds: Records, p: Record, h: int, outcome: int) -> None:
    """End a hold and take it from the borrower's list; from a queue it goes when its turn comes."""
    hold = holds[h]
    queued = is_at_desk(hold) or hold.stage == QUEUED
    if is_at_desk(hold):
        p.review_queue -= 1
    elif hold.cause == FUNDING:
        p.funding_queue -= 1
    hold.stage = outcome
    if is_raise(hold):
        r.raise_pending = 0
    p.pending_holds -= 1
    if r.first_hold == h:
        r.first_hold = hold.next
    else:
        before = r.first_hold
        while holds[before].next != h:
            before = holds[before].next
        holds[before].next = hold.next
    if not queued:
        discard(holds, p, h)


@rare
def forfeit(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, h: int, day: int,
    phase: int, amount: int, cause: int,
) -> None:  # fmt: skip
    """Take an amount from a hold; a hold with nothing left ends."""
    hold = holds[h]
    charge(r, hold, counts, p, day, hold.cause)
    hold.forfeited += amount
    r.held -= amount
    p.held -= amount
    p.forfeited += amount
    log(events, p, day, phase, FORFEIT, r.borrower, hold.origin, hold.instalment, amount, cause)
    if left(hold) == 0:
        p.holds_forfeited += 1
        hold.ended_in = phase
        count_end(r, hold, counts, p, day, COUNT_FORFEITED, amount)
        end(r, holds, p, h, FORFEITED)
    else:
        count_cents(r, hold, counts, p, day, COUNT_FORFEITED, amount)


@step
def release(r: Record, holds: Records, counts: Records, p: Record, events: Records, h: int, day: int) -> None:
    """Turn what is left of a hold into available limit."""
    hold = holds[h]
    amount = left(hold)
    charge(r, hold, counts, p, day, hold.cause)
    r.held -= amount
    p.held -= amount
    r.available += amount
    p.available += amount
    p.released += amount
    p.headroom -= share(amount, p.reserve_share)
    p.holds_released += 1
    count_end(r, hold, counts, p, day, COUNT_RELEASED, amount)
    note_limit(r, p, day)
    log(events, p, day, FUND, RELEASE, r.borrower, hold.origin, hold.instalment, amount, NO_CAUSE)
    end(r, holds, p, h, RELEASED)


@step
def join_queue(r: Record, holds: Records, counts: Records, p: Record, h: int, day: int) -> None:
    """Put a hold that passed gate 4 among those that join the funding queue today."""
    hold = holds[h]
    frozen = r.freezes > 0
    hold.stage = QUEUED
    charge(r, hold, counts, p, day, POLICY if frozen else FUNDING)
    if not frozen:
        p.funding_queue += 1
    p.arrival_claims += share(left(hold), p.reserve_share)
    hold.link = END
    if p.queue_arrivals == END:
        p.queue_arrivals = h
    else:
        holds[p.queue_last_arrival].link = h
    p.queue_last_arrival = h


@step
def review_numbers(r: Record, p: Record, hold: Record) -> Numbers:
    """Return the random numbers of a hold's present review."""
    index = (int(hold.instalment) & 0xFFFF) | (int(hold.attempts) << 16)
    return uniforms(p.seed, p.replication, REVIEW_STREAM, r.borrower, hold.origin, index)


@rare
def is_spared(r: Record, p: Record, hold: Record, day: int) -> bool:
    """Return whether the lever ``less_manual`` drops a hold's review."""
    spared = pull(r, p, day, LESS_MANUAL)
    return spared > 0.0 and review_numbers(r, p, hold)[3] < spared


@step
def go_to_desk(r: Record, holds: Records, counts: Records, p: Record, h: int, day: int, stage: int) -> None:
    """Put a hold among those that arrive at the desk next."""
    hold = holds[h]
    hold.stage = stage
    charge(r, hold, counts, p, day, REVIEW)
    p.review_queue += 1
    hold.link = p.desk_arrivals
    p.desk_arrivals = h


@step
def approve(r: Record, holds: Records, counts: Records, p: Record, h: int, day: int) -> None:
    """Let a hold pass gate 3: to the desk if the borrower is watched, else to the funding queue."""
    hold = holds[h]
    hold.approved_at = day
    if (r.watched or r.watches > 0) and not (r.levers != 0 and is_spared(r, p, hold, day)):
        go_to_desk(r, holds, counts, p, h, day, AT_DESK)
    else:
        join_queue(r, holds, counts, p, h, day)


@step
def in_progress(r: Record, p: Record, day: int, phase: int) -> bool:
    """Return whether an evaluation has started (in an earlier phase 2) and is not decided yet."""
    ago = 0 if phase >= EVALUATE else 1
    days = days_since_start(r, p, ago)
    return days < p.duration_days and days <= day - ago


@step
def reach_evaluation(
    r: Record, holds: Records, counts: Records, p: Record, h: int, day: int, phase: int
) -> None:
    """Bring a hold to gate 2: straight through in clear standing, else to wait for an evaluation."""
    hold = holds[h]
    hold.arrived_at = day
    hold.stage = WAITING
    if not p.straight_through or in_progress(r, p, day, phase):
        charge(r, hold, counts, p, day, EVALUATION)
    elif r.standing != CLEAR:
        charge(r, hold, counts, p, day, r.standing)
    elif hold.late:
        charge(r, hold, counts, p, day, OVERDUE)
    else:
        approve(r, holds, counts, p, h, day)


@step
def repay(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int,
    phase: int, principal: int, origin: int, instalment: int, late: bool, settled: bool, event: int,
) -> None:  # fmt: skip
    """Book repaid principal: it leaves the outstanding, feeds the pool, and becomes a hold."""
    log(events, p, day, phase, event, r.borrower, origin, instalment, principal, NO_CAUSE)
    if principal == 0:
        return
    over = max(0, min(principal, r.outstanding - r.limit))
    r.outstanding -= principal
    p.outstanding -= principal
    p.repaid += principal
    p.headroom += share(principal, p.recycle_share)
    h = open_hold(r, holds, p, day, principal, origin, instalment)
    holds[h].late = late
    if p.reacting and r.next_reaction == NEVER:
        r.next_reaction = min(NEVER, day + p.patience_days)
    if over > 0:
        forfeit(r, holds, counts, p, events, h, day, phase, over, OVER_LIMIT)
    if over < principal:
        if settled:
            reach_evaluation(r, holds, counts, p, h, day, phase)
        else:
            holds[h].stage = AT_SETTLEMENT


@rare
def settle(r: Record, holds: Records, counts: Records, p: Record, day: int, phase: int, origin: int) -> None:
    """Bring the holds that waited for a loan's settlement to gate 2."""
    h = r.first_hold
    while h != END:
        following = holds[h].next
        if holds[h].stage == AT_SETTLEMENT and holds[h].origin == origin:
            reach_evaluation(r, holds, counts, p, h, day, phase)
        h = following


@transition
def censor(borrowers: Records, holds: Records, counts: Records, platform: Records) -> None:
    """End the observation at the horizon: charge and count the holds that are pending.

    Parameters
    ----------
    borrowers, holds, counts, platform : record arrays
        The state after the last day.
    """
    p = platform[0]
    for b in range(len(borrowers)):
        r = borrowers[b]
        end_note(r, p, p.horizon)
        h = r.first_hold
        while h != END:
            hold = holds[h]
            charge(r, hold, counts, p, p.horizon, hold.cause)
            count_end(r, hold, counts, p, p.horizon, COUNT_PENDING, left(hold))
            h = hold.next
