"""Evaluations (phase 2): score, flag, standing, waiting holds, and the line."""

import math

from simlimit.model.compiling import step, transition
from simlimit.model.holds import approve, charge
from simlimit.model.ledger import log
from simlimit.model.limits import lower_limit, raise_limit
from simlimit.model.randomness import SCREEN, uniforms
from simlimit.model.state import (
    BEHAVIOUR,
    CLEAR,
    END,
    EVALUATE,
    EVALUATED,
    INACTIVE,
    NO_CAUSE,
    NO_LOAN,
    NONE,
    OVERDUE,
    SCORE,
    WAITING,
    Record,
    Records,
    share,
    utilisation,
)

RECENT_DRAW_DAYS = 30
RECENT_PREPAYMENT_DAYS = 90


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
    f = p.false_flag
    if p.weighted and f > 0.0:
        shift = p.weight_utilisation * utilisation(r)
        shift += p.weight_draw * (1.0 if day - int(r.last_draw) < RECENT_DRAW_DAYS else 0.0)
        shift += p.weight_prepayment * (1.0 if day - int(r.last_prepayment) < RECENT_PREPAYMENT_DAYS else 0.0)
        shift += p.weight_lenders * r.lenders
        f = 1.0 / (1.0 + math.exp(-(math.log(f / (1.0 - f)) + shift)))
    return f


@step
def is_flagged(r: Record, p: Record, day: int, started: int, u_flag: float, u_detection: float) -> bool:
    """Look at the flag: detection for the truly risky, a two-state chain in time for the others."""
    if r.risky:
        return u_detection < p.detection
    f = false_flag_share(r, p, day)
    if f in (0.0, 1.0):
        return f == 1.0
    if started == r.evaluation_day or p.flag_days == 0.0:
        return u_flag < f
    if (u_flag < f) == r.flagged:
        # The chance is at least f if flagged before, else at most f: the exponential is not needed.
        return u_flag < f
    rate = 1.0 / (p.flag_days * (1.0 - f))
    kept = math.exp(-rate * p.period_days)
    if r.flagged:
        return u_flag < f + (1.0 - f) * kept
    return u_flag < f * (1.0 - kept)


@step
def standing(r: Record, p: Record, day: int) -> int:
    """Return clear, or the first rule that denies."""
    if r.score < p.min_score + r.tightened / 10_000:
        return SCORE
    if r.oldest_due < day or day - int(r.last_overdue) < p.clean_days:
        return OVERDUE
    if r.flagged:
        return BEHAVIOUR
    return CLEAR


@step
def decide_hold(
    r: Record, holds: Records, counts: Records, p: Record, h: int, day: int, started: int
) -> None:
    """Apply a decision to a hold that waits for one."""
    hold = holds[h]
    verdict = r.standing
    seen = hold.arrived_at <= started - p.cutoff_days
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
    elif r.standing == CLEAR and r.score >= p.raise_score and not r.raise_pending:
        limit = min(r.limit + share(r.limit, p.raise_share), r.cap)
        if limit > r.limit:
            raise_limit(r, holds, counts, p, events, day, EVALUATE, limit, NO_CAUSE)


@step
def evaluate(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int,
    u_flag: float, u_detection: float,
) -> None:  # fmt: skip
    """Decide an evaluation of a borrower that ends today; it started ``duration_days`` ago."""
    if r.closed:
        return
    started = day - p.duration_days
    r.score = new_score(r, p, day)
    r.flagged = is_flagged(r, p, day, started, u_flag, u_detection)
    r.standing = standing(r, p, day)
    log(events, p, day, EVALUATE, EVALUATED, r.borrower, NO_LOAN, NONE, 0, r.standing)
    h = r.first_hold
    while h != END:
        following = holds[h].next
        if holds[h].stage == WAITING:
            decide_hold(r, holds, counts, p, h, day, started)
        h = following
    review_line(r, holds, counts, p, events, day)
    r.last_decision = day


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
    started = day - p.duration_days
    for b in members:
        r = borrowers[b]
        u = uniforms(p.seed, p.replication, SCREEN, r.borrower, started, 0)
        evaluate(r, holds, counts, p, events, day, u[0], u[1])
