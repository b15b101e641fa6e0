"""The life of a hold: it opens, passes the gates, and is released or forfeited.

A borrower's open holds form a list, the latest opened first. Every change of cause charges the days
since the last one.
"""

import numpy as np

from simlimit.model import causes, events, levers, phases, records, stages, streams
from simlimit.model.calendar import next_open
from simlimit.model.clock import days_since_start
from simlimit.model.compiling import rare, step, transition
from simlimit.model.counting import count_end, count_lost, count_no_limit, count_stay, end_no_limit, lost
from simlimit.model.interest import accrue, pay_interest
from simlimit.model.ledger import hold_of, log
from simlimit.model.levers import pull
from simlimit.model.money import share
from simlimit.model.queues import GOOD_ON, TO_DESK, TO_POOL, append
from simlimit.model.randomness import Numbers, uniforms
from simlimit.model.records import COUNT_FORFEITED, COUNT_PENDING, COUNT_RELEASED, END, NEVER, NONE, Record
from simlimit.model.state import State, is_raise, left

# A hold that has just opened.
_BLANK = np.zeros(1, records.HOLD)
_BLANK["stage"], _BLANK["cause"] = stages.AT_SETTLEMENT, causes.SETTLEMENT
_BLANK[["approved_at", "reviewed_at"]] = NONE
_BLANK["link"] = END


@rare
def write_stay(s: State, h: int, day: int) -> None:
    """Append that a hold has stood at its present cause until today."""
    stay = s.stays[s.storage.stays_used]
    s.storage.stays_used += 1
    stay.hold, stay.until, stay.cause = h, day, s.holds[h].cause


@step
def charge(s: State, r: Record, h: int, day: int, cause: int) -> None:
    """Charge the days up to yesterday to the present cause, and the days from today on to another."""
    hold = s.holds[h]
    if day > hold.since:
        count_stay(s, r, hold, day)
        if s.run.logging:
            write_stay(s, h, day)
        hold.days[hold.cause] += day - hold.since
        hold.since = day
    hold.cause = cause


@rare
def next_free_record(s: State) -> int:
    """Return the next free record in memory after the one that was taken last."""
    h = s.storage.last_taken
    while s.holds[h].stage != stages.FREE:
        h = h + 1 if h + 1 < s.storage.holds_used else 0
    s.storage.last_taken = h
    s.storage.holds_free -= 1
    return int(h)


@step
def new_record(s: State) -> int:
    """Return a record for a hold: a free one, or a new one.

    On a small platform it is the one that was freed last, which is still in the cache. The holds of a large
    platform do not fit into a cache. While more than half of its records are free, they are taken in the
    order of memory, so that the holds of a day are neighbours.
    """
    if s.run.large:
        if 2 * s.storage.holds_free > s.storage.holds_used:
            return next_free_record(s)
    elif s.storage.last_freed != END:
        h = s.storage.last_freed
        s.storage.last_freed = s.holds[h].next
        return int(h)
    s.storage.holds_used += 1
    return int(s.storage.holds_used - 1)


@step
def discard(s: State, h: int) -> None:
    """Free the record of an ended hold that is in no list, unless holds are kept."""
    if s.run.reusing:
        s.holds[h].stage = stages.FREE
        if s.run.large:
            s.storage.holds_free += 1
        else:
            s.holds[h].next = s.storage.last_freed
            s.storage.last_freed = h


@step
def open_hold(s: State, r: Record, day: int, amount: int, origin: int, instalment: int) -> int:
    """Open a hold and put it first in the borrower's list."""
    h = new_record(s)
    s.holds[h] = _BLANK[0]
    hold = s.holds[h]
    hold.amount = amount
    hold.owner = r.place
    hold.origin = origin
    hold.instalment = instalment
    hold.repaid_at = hold.arrived_at = hold.since = day
    hold.next = r.first_hold
    r.first_hold = h
    r.held += amount
    s.today.held += amount
    s.today.pending_holds += 1
    s.totals.holds_opened += 1
    return h


@step
def is_at_desk(hold: Record) -> bool:
    """Return whether a hold waits for a reviewer or is under review."""
    return hold.stage in (stages.AT_DESK, stages.IN_APPEAL)


@step
def end(s: State, r: Record, h: int, outcome: int) -> None:
    """End a hold and take it from the borrower's list; from another list it goes when its turn comes."""
    hold = s.holds[h]
    listed = hold.stage >= stages.NOT_GOOD
    if is_at_desk(hold):
        s.today.review_queue -= 1
    elif hold.cause == causes.FUNDING:
        s.today.funding_queue -= 1
    hold.stage = outcome
    s.today.pending_holds -= 1
    if r.first_hold == h:
        r.first_hold = hold.next
    else:
        before = r.first_hold
        while s.holds[before].next != h:
            before = s.holds[before].next
        s.holds[before].next = hold.next
    if not listed:
        discard(s, h)


@step
def end_raise(r: Record) -> None:
    """Note that no raise is pending any more: the limit may be the highest so far."""
    r.raise_pending = 0
    r.highest = max(r.highest, r.limit)


@step
def release_in_raise(s: State, r: Record, hold: Record, day: int, amount: int) -> None:
    """Count what is released while a raise is pending, or of the raise itself."""
    before = max(0, r.highest - r.outstanding - (r.available - amount))
    if is_raise(hold):
        end_raise(r)
        count_lost(s, r, day, lost(r) - before)
    else:
        count_lost(s, r, day, lost(r) - before + amount)


@step
def claimless(s: State, hold: Record) -> int:
    """Return 1 if a hold stands in the funding queue without a claim on the pool, else 0."""
    queued = hold.stage == stages.QUEUED and left(hold) > 0
    return 1 if queued and share(left(hold), s.funding.reserve_bp) == 0 else 0


@rare
def forfeit(s: State, r: Record, h: int, day: int, amount: int, cause: int) -> None:
    """Take an amount from a hold; a hold with nothing left ends."""
    hold = s.holds[h]
    charge(s, r, h, day, hold.cause)
    before = claimless(s, hold)
    hold.forfeited += amount
    s.totals.claimless += claimless(s, hold) - before
    r.held -= amount
    s.today.held -= amount
    s.today.forfeited += amount
    count_end(s, r, hold, day, COUNT_FORFEITED, amount)
    log(s, day, events.FORFEIT, hold_of(r, hold), amount, cause)
    if left(hold) == 0:
        s.totals.holds_forfeited += 1
        hold.ended_in = s.clock.phase
        if is_raise(hold):
            end_raise(r)
        end(s, r, h, stages.FORFEITED)


@step
def release(s: State, r: Record, h: int, day: int) -> None:
    """Turn what is left of a hold into available limit."""
    hold = s.holds[h]
    amount = left(hold)
    charge(s, r, h, day, hold.cause)
    r.held -= amount
    s.today.held -= amount
    r.available += amount
    s.today.available += amount
    s.today.released += amount
    claim = share(amount, s.funding.reserve_bp)
    s.today.headroom -= claim
    s.totals.claimless -= claim == 0
    count_end(s, r, hold, day, COUNT_RELEASED, amount)
    if r.raise_pending:
        release_in_raise(s, r, hold, day, amount)
    count_no_limit(s, r, day)
    log(s, day, events.RELEASE, hold_of(r, hold), amount, causes.NONE)
    if hold.forfeited > 0:
        s.totals.holds_forfeited += 1
        end(s, r, h, stages.FORFEITED)
    else:
        s.totals.holds_released += 1
        end(s, r, h, stages.RELEASED)


@step
def join_queue(s: State, r: Record, h: int, day: int) -> None:
    """Put a hold that passed gate 4 among those that join the funding queue today."""
    hold = s.holds[h]
    frozen = r.freezes > 0
    hold.stage = stages.QUEUED
    hold.arrived_at = s.clock.pool_day
    charge(s, r, h, day, causes.POLICY if frozen else causes.FUNDING)
    if not frozen:
        s.today.funding_queue += 1
    claim = share(left(hold), s.funding.reserve_bp)
    s.totals.arrival_claims += claim
    s.totals.claimless += claim == 0
    append(s, TO_POOL, h)


@step
def review_numbers(s: State, r: Record, hold: Record) -> Numbers:
    """Return the random numbers of a hold's present review."""
    index = (int(hold.instalment) & 0xFFFF) | (int(hold.attempts) << 16)
    return uniforms(s.run, streams.REVIEW, r.borrower, hold.origin, index)


@rare
def is_spared(s: State, r: Record, hold: Record, day: int) -> bool:
    """Return whether the lever ``less_manual`` drops a hold's review."""
    spared = pull(s, r, day, levers.LESS_MANUAL)
    return spared > 0.0 and review_numbers(s, r, hold)[3] < spared


@step
def go_to_desk(s: State, r: Record, h: int, day: int, stage: int) -> None:
    """Put a hold among those that arrive at the desk next."""
    hold = s.holds[h]
    hold.stage = stage
    charge(s, r, h, day, causes.REVIEW)
    s.today.review_queue += 1
    append(s, TO_DESK, h)


@step
def approve(s: State, r: Record, h: int, day: int) -> None:
    """Let a hold pass gate 3: to the desk if the borrower is watched, else to the funding queue."""
    hold = s.holds[h]
    hold.approved_at = day
    if (r.watched or r.watches > 0) and not (r.levers != 0 and is_spared(s, r, hold, day)):
        go_to_desk(s, r, h, day, stages.AT_DESK)
    else:
        join_queue(s, r, h, day)


@step
def in_progress(s: State, r: Record, day: int) -> bool:
    """Return whether an evaluation has started (in an earlier phase 2) and is not decided yet."""
    ago = 0 if s.clock.phase >= phases.EVALUATE else 1
    days = days_since_start(s, r, ago)
    decided = day - ago - days + s.evaluation.duration_days
    return days <= day - ago - r.present_from and day - ago < next_open(s, s.calendar.evaluation, decided)


@step
def reach_evaluation(s: State, r: Record, h: int, day: int, early: bool) -> None:
    """Bring a hold to gate 2: straight through in clear standing, else to wait for an evaluation.

    One whose payment is not good yet comes there when it is.
    """
    hold = s.holds[h]
    if hold.stage == stages.NOT_GOOD:
        hold.stage = stages.CLEARING_EARLY if early else stages.CLEARING
        return
    hold.arrived_at = day
    hold.stage = stages.WAITING
    can_be_held_up = early or not s.evaluation.early_only
    if not s.evaluation.straight_through or (can_be_held_up and in_progress(s, r, day)):
        charge(s, r, h, day, causes.EVALUATION)
    elif r.standing != causes.CLEAR:
        charge(s, r, h, day, r.standing)
    elif hold.late:
        charge(s, r, h, day, causes.OVERDUE)
    else:
        approve(s, r, h, day)


@rare
def await_clearing(s: State, h: int, day: int) -> None:
    """Let a hold that opens today wait until its payment is good."""
    if not s.run.reusing:
        s.good_at[h] = s.clock.good_at
    if s.clock.good_at > day:
        s.holds[h].stage = stages.NOT_GOOD
        if s.clock.good_at < s.run.horizon:
            append(s, GOOD_ON + s.clock.good_at, h)


@step
def repay(s: State, r: Record, day: int, principal: int, origin: int, instalment: int) -> int:
    """Let repaid principal leave the outstanding, feed the pool, and become a hold.

    All interest is paid with the first that is repaid on a day. Return the hold, or END if nothing is left of
    it.
    """
    pay_interest(s, r, day)
    if principal == 0:
        return END
    over = max(0, min(principal, r.outstanding - r.limit))
    before = lost(r)
    r.outstanding -= principal
    s.today.outstanding -= principal
    s.today.repaid += principal
    s.today.headroom += share(principal, s.funding.recycle_bp)
    h = open_hold(s, r, day, principal, origin, instalment)
    if s.product.clears and (s.clock.good_at > day or not s.run.reusing):
        await_clearing(s, h, day)
    if s.reaction.reacting and r.next_reaction == NEVER:
        r.next_reaction = min(NEVER, day + s.reaction.patience_days)
    if over > 0:
        forfeit(s, r, h, day, over, causes.OVER_LIMIT)
    if over > 0 or r.raise_pending:
        count_lost(s, r, day, lost(r) - before - (principal - over))
    return h if over < principal else END


@rare
def settle(s: State, r: Record, day: int, origin: int, early: bool) -> None:
    """Bring the holds that waited for a loan's settlement, perhaps an early one, to gate 2."""
    h = r.first_hold
    while h != END:
        following = s.holds[h].next
        if s.holds[h].stage in (stages.AT_SETTLEMENT, stages.NOT_GOOD) and s.holds[h].origin == origin:
            reach_evaluation(s, r, h, day, early)
        h = following


@transition
def censor(s: State) -> None:
    """End the observation at the horizon: charge and count the holds that are pending."""
    for b in range(len(s.borrowers)):
        r = s.borrowers[b]
        accrue(r, s.run.horizon)
        count_no_limit(s, r, s.run.horizon)
        end_no_limit(s, r, s.run.horizon)
        h = r.first_hold
        while h != END:
            hold = s.holds[h]
            charge(s, r, h, s.run.horizon, hold.cause)
            count_end(s, r, hold, s.run.horizon, COUNT_PENDING, left(hold))
            h = hold.next
