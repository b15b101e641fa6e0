"""The funding pool (gates 5 and 6, phase 4): inflows, then releases in the order of the queue."""

from simlimit.model import calendar, causes, holds, levers, phases, stages
from simlimit.model.compiling import step, transition
from simlimit.model.money import share
from simlimit.model.queues import POOL, TO_POOL, append_all, sort_queue
from simlimit.model.reading_ahead import read_ahead
from simlimit.model.records import END, Record
from simlimit.model.state import State, left

# A headroom from which no inflow reaches a ceiling; from one not set, 64 bits hold the distance.
FAR_BELOW = -(2**60)


@step
def has_more_funding(s: State, day: int) -> bool:
    """Return whether the lever that adds to the inflows and the ceiling works; it has no takers."""
    return day >= s.levers.start[levers.MORE_FUNDING]


@step
def granted(s: State, amount: int, day: int) -> int:
    """Return what is left of an inflow that the lever raises and a liquidity squeeze reduces."""
    if has_more_funding(s, day):
        amount += share(amount, s.levers.strength_bp[levers.MORE_FUNDING])
    return share(amount, 10_000 - min(s.totals.squeezes, 10_000))


@step
def inflow(s: State, day: int) -> int:
    """Return what flows into the pool on an open day, with the lumps of the closed ones just before it."""
    first = calendar.waiting_since(s, s.calendar.funding, day)
    total = granted(s, s.funding.daily_inflow, day)
    for i in range(len(s.facilities)):
        one = s.facilities[i]
        if one.start <= day < one.end:
            total += granted(s, one.daily_inflow, day)
        for of in range(max(first, one.start), min(day + 1, one.end)):
            if of == one.start or (one.every_days > 0 and (of - one.start) % one.every_days == 0):
                total += granted(s, one.lump, day)
    return total


@step
def order_matters(s: State) -> bool:
    """Return whether a hold may have to wait on today: then today's arrivals must stand in order."""
    if s.funding.unlimited:
        return False
    if s.today.frozen > 0:
        return True
    claims = s.totals.arrival_claims
    h = s.queues[POOL].head
    while h != END and claims <= s.today.headroom:
        if s.holds[h].stage == stages.QUEUED:
            claims += share(left(s.holds[h]), s.funding.reserve_bp)
        h = s.holds[h].link
    return claims > s.today.headroom


@step
def admit_to_queue(s: State) -> None:
    """Append today's holds to the queue, and those of closed days, in their pinned order where it matters."""
    if order_matters(s):
        sort_queue(s, TO_POOL, True)
    append_all(s, POOL, TO_POOL)
    s.totals.arrival_claims = 0


@step
def fits(s: State, hold: Record, stopped: bool) -> bool:
    """Return whether a hold can be released, in a queue that may have been stopped before it."""
    if s.funding.unlimited:
        return True
    claim = share(left(hold), s.funding.reserve_bp)
    return claim == 0 or (not stopped and claim <= s.today.headroom)


@step
def release_in_order(s: State, day: int) -> None:
    """Go through the queue: pass over the frozen, release what fits, stop at the first that does not.

    Behind it only holds that claim nothing are released.
    """
    stopped = False
    queue = s.queues[POOL]
    before = END
    h = queue.head
    while h != END:
        hold = s.holds[h]
        following = hold.link
        if following != END:
            read_ahead(s.borrowers[s.holds[following].owner])
        if hold.stage == stages.QUEUED:
            passed_over = hold.cause == causes.POLICY
            if not (passed_over or fits(s, hold, stopped)):
                stopped = True
                passed_over = True
            if stopped and s.totals.claimless == 0:
                return
            if passed_over:
                before = h
                h = following
                continue
            holds.release(s, s.borrowers[hold.owner], h, day)
        holds.discard(s, h)
        if before == END:
            queue.head = following
        else:
            s.holds[before].link = following
        if following == END:
            queue.tail = before
        h = following


@transition
def fund(s: State, day: int) -> None:
    """Take in the day's inflows and release what the headroom covers, unless the pool rests."""
    s.clock.phase = phases.FUND
    s.clock.pool_day = day + 1
    if calendar.next_open(s, s.calendar.funding, day) > day:
        return
    ceiling = s.funding.raised_ceiling if has_more_funding(s, day) else s.funding.ceiling
    amount = min(inflow(s, day), max(0, ceiling - max(s.today.headroom, FAR_BELOW)))
    s.today.inflow += amount
    s.today.headroom += amount
    admit_to_queue(s)
    release_in_order(s, day)
