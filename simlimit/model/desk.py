"""The manual review desk (gate 4, phase 3): reviewers who take the next hold when they finish one."""

import math

import numpy as np

from simlimit.model import calendar, causes, counting, evaluation, events, levers, phases, stages, streams
from simlimit.model.compiling import rare, step, transition
from simlimit.model.holds import charge, discard, is_at_desk, join_queue, review_numbers
from simlimit.model.ledger import hold_of, log
from simlimit.model.queues import CLASSES, DESK, OVER_REST, TO_DESK, append, append_all, sort_queue, take_all
from simlimit.model.randomness import Numbers, uniforms
from simlimit.model.records import CONSTANT, END, EXPONENTIAL, Record
from simlimit.model.state import State, left

# Time of day at which holds arrive (the end of phase 2) and at which reviews take effect (phase 3).
ARRIVAL = 0.25
EFFECT = 0.375


@step
def service_time(s: State, u: Numbers) -> float:
    """Return how long a review takes, in days."""
    if s.review.service_law == CONSTANT or s.review.service_days == 0.0:
        return s.review.service_days
    if s.review.service_law == EXPONENTIAL:
        return -math.log(u[1]) * s.review.service_days
    variance = math.log(1 + s.review.service_cv * s.review.service_cv)
    z = math.sqrt(-2 * math.log(u[1])) * math.cos(2 * math.pi * u[2])
    return math.exp(math.log(s.review.service_days) - 0.5 * variance + math.sqrt(variance) * z)


@step
def desk_time(s: State, day: int, hour: float) -> float:
    """Return a time of a day by the desk's clock, which stands still on closed days."""
    if not s.calendar.review:
        return day + hour
    return s.worked[day] + (hour if s.open_from[day] == day else 0.0)


@step
def take_next(s: State, time: float) -> int:
    """Take the next hold from the desk's queues at a time, or END. Skip holds that were forfeited by then.

    The desk is carried forward once a day, so a hold may have been forfeited after its review began.
    """
    for k in range(DESK, DESK + CLASSES):
        queue = s.queues[k]
        while queue.head != END:
            h = queue.head
            queue.head = s.holds[h].link
            hold = s.holds[h]
            if is_at_desk(hold) or desk_time(s, int(hold.since), hold.ended_in / 8) > time:
                return h
            discard(s, h)
    return END


@step
def start_review(s: State, h: int, time: float) -> None:
    """Put a review before those that end earlier: the next to end stands last."""
    r = s.borrowers[s.holds[h].owner]
    free_at = time + service_time(s, review_numbers(s, r, s.holds[h]))
    place = s.totals.busy
    s.totals.busy += 1
    while place > 0 and s.reviewers[place - 1].free_at <= free_at:
        s.reviewers[place] = s.reviewers[place - 1]
        place -= 1
    s.reviewers[place].hold = h
    s.reviewers[place].free_at = free_at


@step
def start_reviews(s: State, time: float) -> None:
    """Let free reviewers take holds; nobody is free while one waits, but after a rest."""
    while s.totals.busy < s.review.reviewers:
        h = take_next(s, time)
        if h == END:
            break
        start_review(s, h, time)


@rare
def heed_appeal(s: State, r: Record, hold: Record, day: int) -> None:
    """Withdraw a false flag after an approved appeal, perhaps for good."""
    hold.approved_at = day
    if r.risky:
        return
    s.today.flagged -= int(r.flagged)
    r.flagged = 0
    if r.standing == causes.BEHAVIOUR:
        r.standing = evaluation.standing(s, r, day)
        counting.count_no_limit(s, r, day)
    index = int(hold.instalment) & 0xFFFF
    u = uniforms(s.run, streams.REACT, r.borrower, hold.origin, index)[1]
    if u < levers.pull(s, r, day, levers.FEEDBACK):
        r.trusted = 1


@step
def finish_review(s: State, h: int, day: int) -> None:
    """Approve a reviewed hold, or send it back to wait for the next decision."""
    hold = s.holds[h]
    if not is_at_desk(hold):
        discard(s, h)
        return
    r = s.borrowers[hold.owner]
    approved = review_numbers(s, r, hold)[0] < s.review.approve_share
    verdict = causes.APPROVED if approved else causes.REFUSED
    log(s, day, events.REVIEW, hold_of(r, hold), left(hold), verdict)
    hold.attempts += 1
    hold.reviewed_at = day
    s.today.review_queue -= 1
    if approved:
        if hold.stage == stages.IN_APPEAL:
            heed_appeal(s, r, hold, day)
        join_queue(s, r, h, day)
    else:
        charge(s, r, h, day, causes.REVIEW)
        hold.stage = stages.WAITING


@step
def work_until(s: State, day: int, time: float) -> None:
    """Finish the reviews that end by a time; whoever finishes takes the next hold at once."""
    while s.totals.busy > 0 and s.reviewers[s.totals.busy - 1].free_at <= time:
        s.totals.busy -= 1
        ended = s.reviewers[s.totals.busy]
        finish_review(s, ended.hold, day)
        start_reviews(s, float(ended.free_at))


@step
def priority_class(s: State, r: Record, hold: Record) -> int:
    """Return the queue in which a hold stands at the desk."""
    if hold.stage == stages.IN_APPEAL:
        return 0
    return 1 if r.score >= s.review.priority_score else 2


@step
def admit_arrivals(s: State, first: int) -> None:
    """Append today's holds, in their pinned order, to the queue of their class, from ``first`` on."""
    sort_queue(s, TO_DESK, False)
    h = take_all(s, TO_DESK)
    while h != END:
        following = s.holds[h].link
        append(s, first + priority_class(s, s.borrowers[s.holds[h].owner], s.holds[h]), h)
        h = following


@rare
def go_on_after_rest(s: State, day: int) -> None:
    """Carry the desk to the begin of a day, when free reviewers take from what came while it rested."""
    begin = desk_time(s, day, 0.0)
    work_until(s, day, np.nextafter(begin, -1.0))
    for k in range(CLASSES):
        append_all(s, DESK + k, OVER_REST + k)
    start_reviews(s, begin)


@transition
def carry_desk(s: State, day: int) -> bool:
    """Carry the desk from yesterday's phase 3 to the time of today's arrivals; return whether it is open."""
    s.clock.phase = phases.REVIEW
    if calendar.next_open(s, s.calendar.review, day) > day:
        return False
    if s.calendar.review:
        go_on_after_rest(s, day)
    work_until(s, day, desk_time(s, day, ARRIVAL))
    return True


@transition
def work_desk(s: State, day: int) -> None:
    """Carry the desk from yesterday's phase 3 to today's."""
    if not carry_desk(s, day):
        admit_arrivals(s, OVER_REST)
        return
    admit_arrivals(s, DESK)
    start_reviews(s, desk_time(s, day, ARRIVAL))
    work_until(s, day, desk_time(s, day, EFFECT))
