"""Evaluations (phase 2, or at a repayment): score, flag, standing, waiting holds, and the line."""

import math

import numpy as np

from simlimit.model import causes, events, levers, phases, stages, streams
from simlimit.model.calendar import next_open
from simlimit.model.compiling import rare, step, transition
from simlimit.model.counting import count_blocked, count_no_limit
from simlimit.model.holds import approve, charge
from simlimit.model.ledger import line_of, log
from simlimit.model.levers import pull, takes_up
from simlimit.model.limits import lower_limit, raise_limit
from simlimit.model.money import share
from simlimit.model.randomness import Numbers, uniforms
from simlimit.model.records import END, NONE, Record, Records
from simlimit.model.score import new_score
from simlimit.model.state import State, lenders_in_use, utilisation

RECENT_DRAW_DAYS = 30
RECENT_PREPAYMENT_DAYS = 90
# Logits. Beyond them a flag is certain or impossible, and an exponential could overflow.
LARGEST_SHIFT = 100.0


@step
def false_flag_share(s: State, r: Record, day: int) -> float:
    """Return a borrower's long-run share of false flags; its behaviour shifts it on the logit scale."""
    f = s.regions[r.region].false_flag * (1.0 - pull(s, r, day, levers.BETTER_MODEL))
    if s.screening.weighted and f > 0.0:
        shift = s.screening.weight_utilisation * utilisation(r)
        if day - int(r.last_draw) < RECENT_DRAW_DAYS:
            shift += s.screening.weight_recent_draw
        if day - int(r.last_prepayment) < RECENT_PREPAYMENT_DAYS:
            shift += s.screening.weight_recent_prepayment
        shift += s.screening.weight_lenders * lenders_in_use(r, day)
        shift = min(LARGEST_SHIFT, max(-LARGEST_SHIFT, shift))
        f = 1.0 / (1.0 + math.exp(-(math.log(f / (1.0 - f)) + shift)))
    return f


@step
def detected_share(s: State, r: Record, day: int) -> float:
    """Return the long-run share of its time for which a risky borrower is flagged."""
    return s.screening.detection + (1.0 - s.screening.detection) * pull(s, r, day, levers.BETTER_MODEL)


@rare
def screen_number(s: State, r: Record, started: int, occasion: int) -> float:
    """Return the random number of an evaluation that started on a day (0), or of one at a repayment (1)."""
    return uniforms(s.run, streams.SCREEN, r.borrower, started, occasion)[0]


@rare
def flag_numbers(s: State, r: Record) -> Numbers:
    """Return the random numbers of the next change of a flag."""
    return uniforms(s.run, streams.FLAG, r.borrower, r.flag_changes, 0)


@step
def flag_rate(s: State, flagged: bool, f: float) -> float:
    """Return how often a day a flag goes, or comes."""
    return 1.0 / s.screening.flag_days if flagged else f / (s.screening.flag_days * (1.0 - f))


@step
def update_flag(s: State, r: Record, day: int, f: float) -> bool:
    """Return whether a flag is there today.

    When it comes and goes does not depend on when the borrower is evaluated, so that platforms that evaluate
    at different times make the same mistakes.
    """
    time = float(day - max(0, int(r.last_decision)))
    flagged = r.flagged != 0
    if r.flag_changes == 0:
        u = flag_numbers(s, r)
        flagged = u[0] < f
        r.flag_clock = -math.log(u[1])
        r.flag_changes = 1
    rate = flag_rate(s, flagged, f)
    while np.float64(r.flag_clock) <= time * rate:
        time -= np.float64(r.flag_clock) / rate
        flagged = not flagged
        rate = flag_rate(s, flagged, f)
        r.flag_clock = -math.log(flag_numbers(s, r)[1])
        r.flag_changes += 1
    r.flag_clock = np.float64(r.flag_clock) - time * rate
    return flagged


@step
def screen(s: State, r: Record, day: int, started: int, occasion: int) -> bool:
    """Return whether a borrower is flagged, by a two-state chain in time."""
    if r.levers != 0 and r.trusted:
        return False
    f = detected_share(s, r, day) if r.risky else false_flag_share(s, r, day)
    if not 0.0 < f < 1.0:
        return f == 1.0
    if s.screening.flag_days == 0.0:
        return screen_number(s, r, started, occasion) < f
    return update_flag(s, r, day, f)


@step
def standing(s: State, r: Record, day: int) -> int:
    """Return clear, or the first rule that denies."""
    if r.score < s.rules.min_score + r.tightened / 10_000:
        return causes.SCORE
    if s.rules.overdue and (r.oldest_due < day or day - int(r.last_overdue) < s.rules.clean_days):
        return causes.OVERDUE
    if r.flagged:
        return causes.BEHAVIOUR
    return causes.CLEAR


@step
def decide_hold(s: State, r: Record, h: int, day: int, seen_until: int) -> None:
    """Apply a decision to a hold that waits for one."""
    hold = s.holds[h]
    verdict = r.standing
    seen = hold.arrived_at <= seen_until
    if verdict != causes.CLEAR:
        if seen or s.evaluation.straight_through:
            charge(s, r, h, day, verdict)
    elif seen or (s.evaluation.straight_through and not hold.late):
        approve(s, r, h, day)
    elif s.evaluation.straight_through:
        charge(s, r, h, day, causes.OVERDUE)


@step
def review_line(s: State, r: Record, day: int) -> None:
    """Cut, reclaim or raise the line."""
    if r.score < s.limits.cut_score:
        cut_for_score(s, r, day)
    elif day - int(r.last_draw) >= s.limits.inactive_days:
        lower_limit(s, r, day, r.outstanding + r.held, causes.INACTIVE)
    elif r.standing == causes.CLEAR and not r.raise_pending:
        raise_line(s, r, day)


@step
def days_to_act_for(s: State, day: int, first: int, every: int) -> int:
    """Return how many of the days first, first + every, .. have come since the evaluation before."""
    if day < first:
        return 0
    before = max(first - every, s.clock.acted_until)
    return (day - first) // every - (before - first) // every


@step
def rise(s: State, r: Record, limit: int, basis_points: int, times: int) -> int:
    """Return a limit after so many rises, which end at the cap of the rules and of shocks so far."""
    while times > 0:
        cap = s.details[r.place].cap if r.capped else s.limits.cap  # the details are far away in memory
        limit = min(s.limits.cap, cap, limit + share(limit, basis_points))
        times -= 1
    return limit


@step
def raise_line(s: State, r: Record, day: int) -> None:
    """Raise a line for its score and for campaigns, once for each of their days."""
    limit = r.limit
    if r.score >= s.limits.raise_score:
        times = days_to_act_for(s, day, r.due_day, s.limits.raise_days)
        limit = rise(s, r, limit, s.limits.raise_bp, times)
    if takes_up(r, levers.CAMPAIGN):
        times = days_to_act_for(s, day, s.levers.start[levers.CAMPAIGN], levers.CAMPAIGN_DAYS)
        limit = rise(s, r, limit, s.levers.strength_bp[levers.CAMPAIGN], times)
    if limit > r.limit:
        raise_limit(s, r, day, limit, causes.NONE)


@rare
def cut_for_score(s: State, r: Record, day: int) -> None:
    """Cut a line for a low score, once for each of its days."""
    limit = r.limit
    for _ in range(days_to_act_for(s, day, r.due_day, s.limits.cut_days)):
        limit -= share(limit, s.limits.cut_bp)
    lower_limit(s, r, day, limit, causes.SCORE)


@rare
def leave_lenders(s: State, r: Record, day: int) -> None:
    """Let a borrower leave other lenders, one at most on each 30th day since the last decision."""
    start = s.levers.start[levers.DELEVERAGE]
    first = max(0, (int(r.last_decision) - start) // levers.LEAVING_DAYS + 1)
    for k in range(first, (day - start) // levers.LEAVING_DAYS + 1):
        u = uniforms(s.run, streams.LEVER, r.borrower, levers.DELEVERAGE, 1 + k)[0]
        if r.lenders > 0 and u < s.levers.strength[levers.DELEVERAGE]:
            r.lenders -= 1
            s.today.lenders -= 1
            log(s, day, events.LENDER_LEFT, line_of(r), 0, causes.NONE)


@step
def judge(s: State, r: Record, day: int, started: int, occasion: int) -> None:
    """Find a borrower's standing, by the `screen_number` of an evaluation."""
    r.score = new_score(s, r, day)
    if pull(s, r, day, levers.DELEVERAGE) > 0.0 and r.lenders > 0:  # in this order: few pull the lever
        leave_lenders(s, r, day)
    flagged = screen(s, r, day, started, occasion)
    if flagged != r.flagged:
        s.today.flagged += 1 if flagged else -1
        r.flagged = flagged
    r.standing = standing(s, r, day)


@step
def carry_out(s: State, r: Record, day: int, seen_until: int, cause: int) -> None:
    """Let a standing, of this cause, decide about a borrower's waiting holds."""
    log(s, day, events.EVALUATION, line_of(r), 0, cause)
    h = r.first_hold
    while h != END:
        following = s.holds[h].next
        if s.holds[h].stage == stages.WAITING:
            decide_hold(s, r, h, day, seen_until)
        h = following
    r.last_decision = day


@step
def decide(s: State, r: Record, day: int, seen_until: int, started: int, occasion: int) -> None:
    """Decide about a borrower and its waiting holds."""
    judge(s, r, day, started, occasion)
    carry_out(s, r, day, seen_until, r.standing)


@step
def turn_to_cohort(s: State, day: int, started: int) -> None:
    """Note which evaluations are decided today, and on which day the ones before them were."""
    rests, period = s.calendar.evaluation, s.evaluation.period_days
    before = started + s.evaluation.duration_days - period
    while next_open(s, rests, before) == day:
        before -= period
    s.clock.started = started
    s.clock.acted_until = next_open(s, rests, before)


@step
def is_evaluated(r: Record, started: int) -> bool:
    """Return whether an evaluation decides about a borrower: it was there at its start, and is there now."""
    return (r.closed == 0) & (started >= r.present_from)  # not "and": a branch would often be guessed wrongly


@step
def evaluate(s: State, r: Record, day: int) -> None:
    """Decide the evaluation of a borrower that `is_evaluated`; `turn_to_cohort` says when it started."""
    started, before = s.clock.started, r.standing
    decide(s, r, day, started - s.evaluation.cutoff_days, started, 0)
    review_line(s, r, day)
    if s.limits.blocking and r.standing != before:
        count_blocked(s, r, day)


@step
def any_waits_of_today(s: State, r: Record, day: int) -> bool:
    """Return whether a hold that reached gate 2 today waits there."""
    h = r.first_hold
    while h != END:
        if s.holds[h].stage == stages.WAITING and s.holds[h].arrived_at == day:
            return True
        h = s.holds[h].next
    return False


@rare
def evaluate_at_repayment(s: State, r: Record, day: int) -> None:
    """Evaluate after a payment whose hold did not pass at once, as the lever ``timely_scoring`` says."""
    if r.closed or next_open(s, s.calendar.evaluation, day) > day or not any_waits_of_today(s, r, day):
        return
    u = uniforms(s.run, streams.LEVER, r.borrower, levers.TIMELY_SCORING, 1 + day)[0]
    if u < pull(s, r, day, levers.TIMELY_SCORING):
        if s.clock.own_rule:
            s.clock.own_rule = 2
        else:
            decide(s, r, day, day, day, 1)


@transition
def evaluate_cohort(s: State, members: Records, day: int, started: int) -> None:
    """Decide the evaluations of a cohort that end today.

    Parameters
    ----------
    s : State
    members : array of int
        Positions of the borrowers of the cohort.
    day, started : int
        Today, and the day on which the evaluations started.
    """
    s.clock.phase = phases.EVALUATE
    turn_to_cohort(s, day, started)
    for b in members:
        if is_evaluated(s.borrowers[b], started):
            evaluate(s, s.borrowers[b], day)


@transition
def judge_one(s: State, b: int, day: int, started: int, occasion: int) -> int:
    """Find a borrower's standing for a rule of the user's own; return NONE where nothing is to be decided."""
    r = s.borrowers[b]
    if occasion == 0 and not is_evaluated(r, started):
        return NONE
    judge(s, r, day, started, occasion)
    return int(r.standing)


@transition
def carry_out_one(s: State, b: int, day: int, seen_until: int, cause: int, periodic: bool) -> None:
    """Let a rule's word decide: clear, a rule of the platform's, or a reason of its own (policy)."""
    r = s.borrowers[b]
    is_of_platform = causes.SCORE <= cause <= causes.BEHAVIOUR or cause == causes.CLEAR
    r.standing = cause if is_of_platform else causes.POLICY
    carry_out(s, r, day, seen_until, cause)
    if periodic:
        review_line(s, r, day)
    count_no_limit(s, r, day)
