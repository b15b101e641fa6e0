"""Borrowers pay, miss, cure, slip, repay early and default (phase 1)."""

from simlimit.model import causes, events, levers, phases, streams
from simlimit.model.clearing import EARLY, INSTALMENTS, note_good_day
from simlimit.model.clock import days_since_due, due_cycle
from simlimit.model.compiling import rare, step, transition
from simlimit.model.counting import count_lost, count_no_limit, lost
from simlimit.model.evaluation import evaluate_at_repayment
from simlimit.model.holds import in_progress, reach_evaluation, repay, settle
from simlimit.model.interest import accrue
from simlimit.model.ledger import line_of, log, subject_of
from simlimit.model.levers import pull, takes_up
from simlimit.model.limits import close
from simlimit.model.loans import drop_oldest
from simlimit.model.planned_payments import cycle_at_stake, planned_day
from simlimit.model.randomness import Numbers, uniforms
from simlimit.model.records import END, EQUAL_INSTALMENT, EQUAL_PRINCIPAL, NEVER, NO_LOAN, NONE, Record
from simlimit.model.score import note_late_payment
from simlimit.model.state import State, lenders_in_use, utilisation


@step
def next_principal(s: State, loan: Record) -> int:
    """Return the principal of the next instalment of a loan."""
    if s.product.method == EQUAL_INSTALMENT:
        return int(loan.balance * s.product.annuity[loan.remaining])
    if loan.remaining == 1:
        return loan.balance
    if s.product.method == EQUAL_PRINCIPAL:
        return (loan.balance - loan.remainder) // loan.remaining
    return 0


@step
def anything_due(s: State, r: Record, cycle: int) -> bool:
    """Return whether some loan has an instalment due; the oldest has one if any has."""
    return r.loans > 0 and s.loans[r.first_loan].next_cycle <= cycle


@step
def pay_instalments(s: State, loan: Record, due: int) -> int:
    """Pay so many instalments of a loan and return their principal."""
    before = loan.balance
    loan.next_cycle += due
    while due > 0:  # mostly one, for which a range would cost more than the payment
        loan.balance -= next_principal(s, loan)
        loan.remaining -= 1
        due -= 1
    return int(before - loan.balance)


@step
def pay_loan(s: State, r: Record, loan: Record, day: int, cycle: int, late: bool) -> int:
    """Pay what is due of a loan and return its principal; where holds wait for its settlement, open one."""
    due = min(loan.remaining, cycle - loan.next_cycle + 1)
    if due == 0:
        return 0
    paid = pay_instalments(s, loan, due)
    if s.product.per_loan:
        repay_apart(s, r, loan, day, paid, late)
    return paid


@rare
def repay_apart(s: State, r: Record, loan: Record, day: int, principal: int, late: bool) -> None:
    """Open a hold for what was paid of one loan; it waits for that loan's settlement."""
    number = s.product.instalments - loan.remaining
    log(s, day, events.REPAYMENT, subject_of(r.borrower, loan.origin, number), principal, causes.NONE)
    h = repay(s, r, day, principal, loan.origin, number)
    if h != END:
        s.holds[h].late = late
    if loan.remaining == 0:
        settle(s, r, day, loan.origin, early=False)


@step
def pay_all_due(s: State, r: Record, day: int, cycle: int, late: bool) -> None:
    """Pay every instalment that is due: one hold for the payment, or one per loan where it is released so."""
    total = 0
    settled = 0
    for place in range(r.first_loan, r.first_loan + r.loans):
        total += pay_loan(s, r, s.loans[place], day, cycle, late)
        settled += s.loans[place].remaining == 0
    drop_oldest(r, settled)
    if not s.product.per_loan:
        number = cycle - (cycle == NONE)  # only raises have that, and only an action pays before cycle 0
        log(s, day, events.REPAYMENT, subject_of(r.borrower, NO_LOAN, number), total, causes.NONE)
        h = repay(s, r, day, total, NO_LOAN, number)
        if h != END:
            s.holds[h].late = late
            reach_evaluation(s, r, h, day, early=False)


@rare
def prepay(s: State, r: Record, day: int) -> None:
    """Repay the whole balance of the oldest loan."""
    loan = s.loans[r.first_loan]
    balance = loan.balance
    loan.balance = loan.remaining = 0
    drop_oldest(r, 1)
    r.last_prepayment = day
    number = s.product.instalments
    log(s, day, events.PREPAYMENT, subject_of(r.borrower, loan.origin, number), balance, causes.NONE)
    repay(s, r, day, balance, loan.origin, number)
    settle(s, r, day, loan.origin, early=True)


@step
def prepays(s: State, r: Record, day: int, u: float) -> bool:
    """Return whether an early repayment follows a payment; transparency avoids those into an evaluation."""
    if u >= s.behaviour.prepay_chance or r.loans == 0:
        return False
    if not in_progress(s, r, day):
        return True
    return u < s.behaviour.prepay_chance * (1.0 - pull(s, r, day, levers.TRANSPARENCY))


@step
def catch_up(s: State, r: Record, day: int, cycle: int) -> None:
    """Pay all that is due; `note_good_day` has noted when the payment is good."""
    late = day - int(r.oldest_due) > s.rules.grace_days
    if late:
        note_late_payment(s, r, day)
    r.spell = 0
    r.oldest_due = r.slip_until = NEVER
    pay_all_due(s, r, day, cycle, late and s.rules.overdue != 0)


@step
def pay_now(s: State, r: Record, day: int, cycle: int, chance: float) -> None:
    """Pay all that is due and, unless it was a cure, perhaps a loan early (``chance`` decides)."""
    cure = r.spell > 0
    catch_up(s, r, day, cycle)
    if not cure and prepays(s, r, day, chance):
        note_good_day(s, r, day, cycle, EARLY)
        prepay(s, r, day)
    if takes_up(r, levers.TIMELY_SCORING):
        evaluate_at_repayment(s, r, day)


@step
def made_rarer(s: State, r: Record, day: int, chance: float) -> float:
    """Return what the levers leave of the chance that a payment is not made on its day."""
    if r.levers == 0:
        return chance
    return chance * (1.0 - pull(s, r, day, levers.PAY_ON_TIME)) * (1.0 - pull(s, r, day, levers.EDUCATION))


@step
def miss_chance(s: State, r: Record, day: int, x: float) -> float:
    """Return how likely a borrower that is not late, and uses a share x of its limit, misses a payment."""
    chance = r.propensity * (1.0 + s.behaviour.utilisation_effect * x * x) * s.behaviour.late_scale
    if s.reaction.lateness_per_lender > 0.0:
        chance *= 1.0 + s.reaction.lateness_per_lender * lenders_in_use(r, day)
    chance *= s.clock.economy
    if s.totals.downturns > 0:
        chance *= 1.0 + s.details[r.place].downturn / 10_000
    return min(1.0, made_rarer(s, r, day, chance))


@step
def misses(s: State, r: Record, day: int, u: float) -> bool:
    """Return whether a borrower that is not late misses a payment.

    Most numbers are above the chance even of one that uses its whole limit, and the share takes a division.
    """
    return u < miss_chance(s, r, day, 1.0) and u < miss_chance(s, r, day, utilisation(r))


@step
def slips(s: State, r: Record, day: int, u: float) -> bool:
    """Return whether a payment that is not missed slips by a few days."""
    return u < made_rarer(s, r, day, s.regions[r.region].slip_share)


@step
def decide_due(s: State, r: Record, day: int, cycle: int, u: Numbers) -> bool:
    """Decide what becomes of a due day: paid (or cured), missed or slipped; return whether it is paid."""
    u_late, u_slip, u_days, _ = u
    if r.spell > 0 and u_late < s.behaviour.cure_hazards[min(r.spell, s.behaviour.cures) - 1]:
        return True
    if r.spell > 0 or misses(s, r, day, u_late):
        if r.spell == 0:
            r.oldest_due = day
        r.spell += 1
        log(s, day, events.MISS, subject_of(r.borrower, NO_LOAN, cycle), 0, causes.NONE)
        return False
    if slips(s, r, day, u_slip):
        r.oldest_due = day
        r.slip_until = day + 1 + int(u_days * s.behaviour.slip_days)
        log(s, day, events.SLIP, subject_of(r.borrower, NO_LOAN, cycle), 0, causes.NONE)
        return False
    return True


@rare
def decide_planned(s: State, r: Record, day: int, cycle: int, u: Numbers) -> bool:
    """Decide whether a borrower pays on its planned day; if not, its due day decides as usual."""
    pays = not misses(s, r, day, u[0]) and not slips(s, r, day, u[1])
    if not (pays and anything_due(s, r, cycle)):
        return False
    s.details[r.place].first_cycle = cycle + 1
    return True


@rare
def default(s: State, r: Record, day: int) -> None:
    """Close the line of a borrower in default and write off what is outstanding."""
    close(s, r, day, causes.DEFAULT)
    log(s, day, events.DEFAULT, line_of(r), r.outstanding, causes.NONE)
    s.details[r.place].written_off = r.outstanding
    s.today.written_off += r.outstanding
    s.today.outstanding -= r.outstanding
    accrue(r, day)
    before = lost(r)
    r.outstanding = 0
    count_lost(s, r, day, lost(r) - before)
    r.loans = r.spell = 0
    r.oldest_due = r.slip_until = NEVER


@step
def plan_payment(s: State, r: Record, day: int) -> None:
    """Set the day after ``day`` on which the borrower pays, is due, or defaults."""
    next_due = day - days_since_due(s, r) + s.product.cycle_days
    when = min(next_due, r.slip_until)
    if s.behaviour.default_dpd > 0:
        when = min(when, max(r.oldest_due + s.behaviour.default_dpd, day + 1))
    if s.levers.planning:
        planned = planned_day(s, r, next_due, due_cycle(s, r) + 1)
        when = min(when, planned) if planned > day else when
    r.next_payment = NEVER if r.closed and r.loans == 0 else when


@step
def meet_payment_day(s: State, r: Record, day: int, u: Numbers) -> int:
    """Let a borrower pay, miss or default, by the numbers of its due-cycle; return its next such day."""
    cycle = due_cycle(s, r)
    since_due = days_since_due(s, r)
    pays = r.slip_until == day
    if since_due == 0:
        if anything_due(s, r, cycle):
            pays = decide_due(s, r, day, cycle, u)
    elif r.oldest_due == NEVER:  # neither due nor past due: a planned day
        cycle += 1
        pays = decide_planned(s, r, day, cycle, u)
    if pays:
        pay_now(s, r, day, cycle, u[3])
    if s.behaviour.default_dpd > 0 and day - int(r.oldest_due) >= s.behaviour.default_dpd:
        default(s, r, day)
    plan_payment(s, r, day)
    count_no_limit(s, r, day)
    return int(r.next_payment)


@transition
def pay(s: State, b: int, day: int) -> int:
    """Let a borrower pay, miss or default on a due day, planned day, end of a slip or day of default.

    Parameters
    ----------
    s : State
    b : int
        Position of the borrower.
    day : int
        Today.

    Returns
    -------
    int
        The next such day, or NEVER.
    """
    s.clock.phase = phases.PAY
    r = s.borrowers[b]
    cycle = cycle_at_stake(s, r)
    note_good_day(s, r, day, cycle, INSTALMENTS)
    u = uniforms(s.run, streams.DUE, r.borrower, cycle, 0)
    return meet_payment_day(s, r, day, u)
