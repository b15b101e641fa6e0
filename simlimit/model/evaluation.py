"""Evaluations (phase 2, or at a repayment): score, flag, standing, waiting holds, and the line."""

import math

import numpy as np

from simlimit.model.compiling import rare, step, transition
from simlimit.model.holds import approve, charge
from simlimit.model.ledger import log
from simlimit.model.levers import BETTER_MODEL, DELEVERAGE, TIMELY_SCORING, campaign_bp, pull
from simlimit.model.limits import lower_limit, raise_limit
from simlimit.model.randomness import FLAG, LEVER, SCREEN, Numbers, uniforms
from simlimit.model.state import (
    BEHAVIOUR,
    CLEAR,
    END,
    EVALUATE,
    EVALUATED,
    INACTIVE,
    LENDER_LEFT,
    NO_CAUSE,
    NO_LOAN,
    NONE,
    OVERDUE,
    PAY,
    SCORE,
    WAITING,
    Record,
    Records,
    lenders_in_use,
    share,
    utilisation,
)

RECENT_DRAW_DAYS = 30
RECENT_PREPAYMENT_DAYS = 90
LARGEST_SHIFT = 100.0
"""Logits; beyond, a flag is sure or out of the question, and an exponential might not be a number."""


@step
def new_score(r: Record, p: Record, day: int) -> float:
    """Return the score, smoothed toward the record since the last decision."""
    overdue = day - int(r.oldest_due) > p.grace_days or r.last_overdue > r.last_decision
    record = 0.0 if overdue else 1.0
    target = record - p.utilisation_weight * utilisation(r)
    score = r.score + p.smoothing * (target - r.score)
    return min(1.0, max(0.0, score))


@step
def false_flag_share(r: Record, p: Record, day: int) -> float:
    """Return the long-run share of false flags of a borrower, shifted on the logit scale by what it does."""
    f = p.false_flag * (1.0 - pull(r, p, day, BETTER_MODEL))
    if p.weighted and f > 0.0:
        shift = p.weight_utilisation * utilisation(r)
        shift += p.weight_draw * (1.0 if day - int(r.last_draw) < RECENT_DRAW_DAYS else 0.0)
        shift += p.weight_prepayment * (1.0 if day - int(r.last_prepayment) < RECENT_PREPAYMENT_DAYS else 0.0)
        if p.weight_lenders != 0.0:
            shift += p.weight_lenders * lenders_in_use(r, day)
        shift = min(LARGEST_SHIFT, max(-LARGEST_SHIFT, shift))
        f = 1.0 / (1.0 + math.exp(-(math.log(f / (1.0 - f)) + shift)))
    return f


@rare
def screen_numbers(r: Record, p: Record, started: int, occasion: int) -> Numbers:
    """Return the random numbers of an evaluation that started on a day (0), or of one at a repayment (1)."""
    return uniforms(p.seed, p.replication, SCREEN, r.borrower, started, occasion)


@rare
def flag_after(r: Record, p: Record, time: float, f: float) -> bool:
    """Let time pass for a false flag that comes or goes in it, and return whether it is there in the end."""
    flagged = bool(r.flagged)
    if r.flag_changes == 0:
        u = uniforms(p.seed, p.replication, FLAG, r.borrower, 0, 0)
        flagged = u[0] < f
        r.flag_clock = -math.log(u[1])
        r.flag_changes = 1
    while np.float64(r.flag_clock) <= time * flag_rate(p, flagged, f):
        time -= np.float64(r.flag_clock) / flag_rate(p, flagged, f)
        flagged = not flagged
        r.flag_clock = -math.log(uniforms(p.seed, p.replication, FLAG, r.borrower, r.flag_changes, 0)[1])
        r.flag_changes += 1
    r.flag_clock = np.float64(r.flag_clock) - time * flag_rate(p, flagged, f)
    return flagged


@step
def flag_rate(p: Record, flagged: bool, f: float) -> float:
    """Return how often a day a false flag goes, or comes."""
    return 1.0 / p.flag_days if flagged else f / (p.flag_days * (1.0 - f))


@step
def look_at_flag(r: Record, p: Record, day: int, f: float) -> bool:
    """Return whether a false flag is there today.

    When it comes and goes does not depend on when the borrower is evaluated, so that platforms that evaluate
    at different times make the same mistakes.
    """
    time = float(day - max(0, int(r.last_decision)))
    passed = time * flag_rate(p, r.flagged != 0, f)
    if r.flag_changes == 0 or np.float64(r.flag_clock) <= passed:
        return flag_after(r, p, time, f)
    r.flag_clock = np.float64(r.flag_clock) - passed
    return r.flagged != 0


@step
def is_flagged(r: Record, p: Record, day: int, started: int, occasion: int) -> bool:
    """Look at the flag: detection for the truly risky, a two-state chain in time for the others."""
    if r.risky:
        chance = p.detection + (1.0 - p.detection) * pull(r, p, day, BETTER_MODEL)
        return screen_numbers(r, p, started, occasion)[1] < chance
    if r.levers != 0 and r.trusted:
        return False
    f = false_flag_share(r, p, day)
    if f in (0.0, 1.0):
        return f == 1.0
    if p.flag_days == 0.0:
        return screen_numbers(r, p, started, occasion)[0] < f
    return look_at_flag(r, p, day, f)


@step
def standing(r: Record, p: Record, day: int) -> int:
    """Return clear, or the first rule that denies."""
    if r.score < p.min_score + r.tightened / 10_000:
        return SCORE
    if p.denies_overdue and (r.oldest_due < day or day - int(r.last_overdue) < p.clean_days):
        return OVERDUE
    if r.flagged:
        return BEHAVIOUR
    return CLEAR


@step
def decide_hold(
    r: Record, holds: Records, counts: Records, p: Record, h: int, day: int, seen_until: int
) -> None:
    """Apply a decision to a hold that waits for one."""
    hold = holds[h]
    verdict = r.standing
    seen = hold.arrived_at <= seen_until
    if verdict != CLEAR:
        if seen or p.straight_through:
            charge(r, hold, counts, p, day, verdict)
    elif seen or (p.straight_through and not hold.late):
        approve(r, holds, counts, p, h, day)
    elif p.straight_through:
        charge(r, hold, counts, p, day, OVERDUE)


@step
def review_line(r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int) -> None:
    """Cut, reclaim or raise the line."""
    if r.score < p.cut_score:
        limit = r.limit - share(r.limit, p.cut_share)
        lower_limit(r, holds, counts, p, events, day, EVALUATE, limit, SCORE)
    elif day - int(r.last_draw) >= p.inactive_days:
        lower_limit(r, holds, counts, p, events, day, EVALUATE, r.outstanding + r.held, INACTIVE)
    elif r.standing == CLEAR and not r.raise_pending:
        by_score = r.score >= p.raise_score and day - int(r.last_raise) >= p.raise_days
        rise = (p.raise_share if by_score else 0) + campaign_bp(r, p, day)
        if rise > 0:
            limit = min(r.limit + share(r.limit, rise), r.cap)
            if limit > r.limit:
                if by_score:
                    r.last_raise = day
                raise_limit(r, holds, counts, p, events, day, EVALUATE, limit, NO_CAUSE)


@rare
def leave_lender(r: Record, p: Record, events: Records, day: int, phase: int) -> None:
    """Let a borrower leave one of its other lenders."""
    r.lenders -= 1
    p.lenders -= 1
    log(events, p, day, phase, LENDER_LEFT, r.borrower, NO_LOAN, NONE, 0, NO_CAUSE)


@step
def decide(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int, phase: int,
    seen_until: int, started: int, occasion: int,
) -> None:  # fmt: skip
    """Decide about a borrower and its waiting holds, by the `screen_numbers` of an evaluation."""
    r.score = new_score(r, p, day)
    leaves = pull(r, p, day, DELEVERAGE)
    if leaves > 0.0 and r.lenders > 0 and screen_numbers(r, p, started, occasion)[2] < leaves:
        leave_lender(r, p, events, day, phase)
    flagged = is_flagged(r, p, day, started, occasion)
    if flagged != r.flagged:
        p.flagged += 1 if flagged else -1
        r.flagged = flagged
    r.standing = standing(r, p, day)
    log(events, p, day, phase, EVALUATED, r.borrower, NO_LOAN, NONE, 0, r.standing)
    h = r.first_hold
    while h != END:
        following = holds[h].next
        if holds[h].stage == WAITING:
            decide_hold(r, holds, counts, p, h, day, seen_until)
        h = following
    r.last_decision = day


@step
def evaluate(r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int) -> None:
    """Decide an evaluation of a borrower that ends today; it started ``duration_days`` ago."""
    if not r.closed:
        started = day - p.duration_days
        decide(r, holds, counts, p, events, day, EVALUATE, started - p.cutoff_days, started, 0)
        review_line(r, holds, counts, p, events, day)


@step
def any_waits_of_today(r: Record, holds: Records, day: int) -> bool:
    """Return whether a hold that reached gate 2 today waits there."""
    h = r.first_hold
    while h != END:
        if holds[h].stage == WAITING and holds[h].arrived_at == day:
            return True
        h = holds[h].next
    return False


@rare
def evaluate_at_repayment(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int
) -> None:
    """Let an evaluation follow a payment that did not pass at once, as the lever ``timely_scoring`` says."""
    if r.closed or not any_waits_of_today(r, holds, day):
        return
    u = uniforms(p.seed, p.replication, LEVER, r.borrower, TIMELY_SCORING, 1 + day)[0]
    if u < pull(r, p, day, TIMELY_SCORING):
        decide(r, holds, counts, p, events, day, PAY, day, day, 1)


@transition
def evaluate_cohort(
    borrowers: Records, holds: Records, counts: Records, platform: Records, events: Records,
    members: Records, day: int,
) -> None:  # fmt: skip
    """Decide the evaluations of a cohort that end today.

    Parameters
    ----------
    borrowers, holds, counts, platform, events : record arrays
        The state.
    members : array of int
        Positions of the borrowers of the cohort.
    day : int
        Today; the evaluations started ``duration_days`` ago.
    """
    p = platform[0]
    for b in members:
        evaluate(borrowers[b], holds, counts, p, events, day)
