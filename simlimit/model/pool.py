"""The funding pool (gates 5 and 6, phase 4): inflows, then releases in the order of the queue."""

from simlimit.model.compiling import step, transition
from simlimit.model.holds import discard, release
from simlimit.model.levers import MORE_FUNDING
from simlimit.model.queues import sort_queue
from simlimit.model.state import END, POLICY, QUEUED, Record, Records, left, share


@step
def has_more_funding(p: Record, day: int) -> bool:
    """Return whether the lever that adds to the inflows and the ceiling works; it has no takers."""
    return day >= p.lever_from[MORE_FUNDING]


@step
def source(p: Record, amount: int, day: int) -> int:
    """Return what comes of an inflow: the lever raises it, and a liquidity squeeze leaves a part of it."""
    if has_more_funding(p, day):
        amount += share(amount, p.lever_bp[MORE_FUNDING])
    return share(amount, 10_000 - min(p.squeezes, 10_000))


@step
def inflow(p: Record, facilities: Records, day: int) -> int:
    """Return what flows into the pool on a day."""
    total = source(p, p.daily_inflow, day)
    for i in range(len(facilities)):
        one = facilities[i]
        if one.from_day <= day < one.to_day:
            total += source(p, one.daily_inflow, day)
            since = day - one.from_day
            if since == 0 or (one.every_days > 0 and since % one.every_days == 0):
                total += source(p, one.lump, day)
    return total


@step
def order_matters(p: Record) -> bool:
    """Return whether some of today's arrivals may not be released today, so that they must stand in order."""
    if p.unlimited:
        return False
    return p.queue_head != END or p.frozen > 0 or p.arrival_claims > p.headroom


@step
def last_of(holds: Records, head: int) -> int:
    """Return the last hold of a list."""
    last = head
    while holds[last].link != END:
        last = holds[last].link
    return last


@step
def admit_to_queue(borrowers: Records, holds: Records, p: Record) -> None:
    """Append today's holds to the queue, in their pinned order where it matters."""
    first = p.queue_arrivals
    if first == END:
        return
    p.queue_arrivals = END
    last = p.queue_last_arrival
    ordered = order_matters(p)
    p.arrival_claims = 0
    if ordered:
        first = sort_queue(borrowers, holds, p, first, True)
        last = last_of(holds, first)
    if p.queue_head == END:
        p.queue_head = first
    else:
        holds[p.queue_tail].link = first
    p.queue_tail = last


@step
def release_in_order(
    borrowers: Records, holds: Records, counts: Records, p: Record, events: Records, day: int
) -> None:
    """Go through the queue: pass over the frozen, release what fits, stop at the first that does not."""
    before = END
    h = p.queue_head
    while h != END:
        hold = holds[h]
        following = hold.link
        if hold.stage == QUEUED:
            if hold.cause == POLICY:
                before = h
                h = following
                continue
            if not p.unlimited and p.headroom < share(left(hold), p.reserve_share):
                return
            release(borrowers[hold.owner], holds, counts, p, events, h, day)
        discard(holds, p, h)
        if before == END:
            p.queue_head = following
        else:
            holds[before].link = following
        if following == END:
            p.queue_tail = before
        h = following


@transition
def fund(
    borrowers: Records, holds: Records, counts: Records, platform: Records, events: Records,
    facilities: Records, day: int,
) -> None:  # fmt: skip
    """Take in the day's inflows and release what the headroom covers.

    Parameters
    ----------
    borrowers, holds, counts, platform, events, facilities : record arrays
        The state.
    day : int
        Today.
    """
    p = platform[0]
    ceiling = p.raised_ceiling if has_more_funding(p, day) else p.ceiling
    amount = min(inflow(p, facilities, day), max(0, ceiling - p.headroom))
    p.inflow += amount
    p.headroom += amount
    admit_to_queue(borrowers, holds, p)
    release_in_order(borrowers, holds, counts, p, events, day)
