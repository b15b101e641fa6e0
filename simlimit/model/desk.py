"""The manual review desk (gate 4, phase 3): reviewers who take the next hold when they finish one."""

import math

from simlimit.model.compiling import rare, step, transition
from simlimit.model.evaluation import standing
from simlimit.model.holds import charge, discard, is_at_desk, join_queue, review_numbers
from simlimit.model.ledger import log
from simlimit.model.levers import FEEDBACK, pull
from simlimit.model.queues import sort_queue
from simlimit.model.randomness import REACT, Numbers, uniforms
from simlimit.model.state import (
    APPROVED,
    BEHAVIOUR,
    CONSTANT,
    END,
    EXPONENTIAL,
    IN_APPEAL,
    REFUSED,
    REVIEW,
    REVIEW_DESK,
    REVIEWED,
    WAITING,
    Record,
    Records,
    left,
)

ARRIVAL = 0.25
EFFECT = 0.375
"""Time of day at which holds arrive (the end of phase 2) and at which reviews take effect (phase 3)."""


CLASSES = 3
"""Queues of the desk: appeals, then borrowers of priority, then the others."""


@step
def service_time(p: Record, u: Numbers) -> float:
    """Return how long a review takes, in days."""
    if p.service_law == CONSTANT or p.service_days == 0.0:
        return p.service_days
    if p.service_law == EXPONENTIAL:
        return -math.log(u[1]) * p.service_days
    variance = math.log(1 + p.service_cv * p.service_cv)
    z = math.sqrt(-2 * math.log(u[1])) * math.cos(2 * math.pi * u[2])
    return math.exp(math.log(p.service_days) - 0.5 * variance + math.sqrt(variance) * z)


@step
def take_next(holds: Records, p: Record, time: float) -> int:
    """Take the next hold from the desk's queues at a time, or END, passing over those forfeited by then.

    The desk is carried forward once a day, so a hold may have been forfeited after its review began.
    """
    for priority in range(CLASSES):
        while p.desk_head[priority] != END:
            h = p.desk_head[priority]
            p.desk_head[priority] = holds[h].link
            if is_at_desk(holds[h]) or holds[h].since + holds[h].ended_in / 8 > time:
                return h
            discard(holds, p, h)
    return END


@step
def sift_down(reviewers: Records, p: Record) -> None:
    """Let the review on top of the heap sink to its place."""
    place = 0
    while 2 * place + 1 < p.busy:
        child = 2 * place + 1
        if child + 1 < p.busy and reviewers[child + 1].free_at < reviewers[child].free_at:
            child += 1
        if reviewers[place].free_at <= reviewers[child].free_at:
            return
        swap(reviewers, place, child)
        place = child


@step
def swap(reviewers: Records, one: int, other: int) -> None:
    """Exchange two reviews of the heap."""
    a = reviewers[one]
    b = reviewers[other]
    free_at = a.free_at
    hold = a.hold
    a.free_at = b.free_at
    a.hold = b.hold
    b.free_at = free_at
    b.hold = hold


@step
def start_review(
    borrowers: Records, holds: Records, reviewers: Records, p: Record, h: int, time: float
) -> None:
    """Put a review at the end of the heap and let it rise to its place."""
    r = borrowers[holds[h].owner]
    place = p.busy
    p.busy += 1
    reviewers[place].hold = h
    reviewers[place].free_at = time + service_time(p, review_numbers(r, p, holds[h]))
    while place > 0 and reviewers[place].free_at < reviewers[(place - 1) // 2].free_at:
        swap(reviewers, place, (place - 1) // 2)
        place = (place - 1) // 2


@rare
def heed_appeal(r: Record, p: Record, hold: Record, day: int) -> None:
    """Take a false flag back, now that an appeal is approved; perhaps for good."""
    hold.approved_at = day
    if r.risky:
        return
    p.flagged -= int(r.flagged)
    r.flagged = 0
    if r.standing == BEHAVIOUR:
        r.standing = standing(r, p, day)
    index = int(hold.instalment) & 0xFFFF
    u = uniforms(p.seed, p.replication, REACT, r.borrower, hold.origin, index)[1]
    if u < pull(r, p, day, FEEDBACK):
        r.trusted = 1


@step
def finish_review(
    borrowers: Records, holds: Records, counts: Records, p: Record, events: Records, h: int, day: int
) -> None:
    """Approve a reviewed hold, or send it back to wait for the next decision."""
    hold = holds[h]
    if not is_at_desk(hold):
        discard(holds, p, h)
        return
    r = borrowers[hold.owner]
    approved = review_numbers(r, p, hold)[0] < p.approve_share
    verdict = APPROVED if approved else REFUSED
    log(events, p, day, REVIEW_DESK, REVIEWED, r.borrower, hold.origin, hold.instalment, left(hold), verdict)
    hold.attempts += 1
    hold.reviewed_at = day
    p.review_queue -= 1
    if approved:
        if hold.stage == IN_APPEAL:
            heed_appeal(r, p, hold, day)
        join_queue(r, holds, counts, p, h, day)
    else:
        charge(r, hold, counts, p, day, REVIEW)
        hold.stage = WAITING


@step
def work_until(
    borrowers: Records, holds: Records, counts: Records, p: Record, events: Records,
    reviewers: Records, day: int, time: float,
) -> None:  # fmt: skip
    """Finish the reviews that end by a time; whoever finishes takes the next hold at once."""
    while p.busy > 0 and reviewers[0].free_at <= time:
        free_at = reviewers[0].free_at
        finish_review(borrowers, holds, counts, p, events, reviewers[0].hold, day)
        p.busy -= 1
        swap(reviewers, 0, p.busy)
        sift_down(reviewers, p)
        following = take_next(holds, p, free_at)
        if following != END:
            start_review(borrowers, holds, reviewers, p, following, free_at)


@step
def priority_class(r: Record, p: Record, hold: Record) -> int:
    """Return the queue in which a hold stands at the desk."""
    if hold.stage == IN_APPEAL:
        return 0
    return 1 if r.score >= p.priority_score else 2


@step
def admit_arrivals(borrowers: Records, holds: Records, p: Record) -> None:
    """Append today's holds, in their pinned order, to the queue of their priority."""
    h = sort_queue(borrowers, holds, p, p.desk_arrivals, False)
    p.desk_arrivals = END
    while h != END:
        following = holds[h].link
        priority = priority_class(borrowers[holds[h].owner], p, holds[h])
        holds[h].link = END
        if p.desk_head[priority] == END:
            p.desk_head[priority] = h
        else:
            holds[p.desk_tail[priority]].link = h
        p.desk_tail[priority] = h
        h = following


@transition
def work_desk(
    borrowers: Records, holds: Records, counts: Records, platform: Records, events: Records,
    reviewers: Records, day: int,
) -> None:  # fmt: skip
    """Carry the desk from yesterday's phase 3 to today's.

    Parameters
    ----------
    borrowers, holds, counts, platform, events, reviewers : record arrays
        The state.
    day : int
        Today.
    """
    p = platform[0]
    work_until(borrowers, holds, counts, p, events, reviewers, day, day + ARRIVAL)
    admit_arrivals(borrowers, holds, p)
    while p.busy < p.reviewers:
        h = take_next(holds, p, day + ARRIVAL)
        if h == END:
            break
        start_review(borrowers, holds, reviewers, p, h, day + ARRIVAL)
    work_until(borrowers, holds, counts, p, events, reviewers, day, day + EFFECT)
