"""Borrowers pay, miss, cure, slip, repay early and default (phase 1)."""

from simlimit.model.clock import days_since_due, due_cycle
from simlimit.model.compiling import rare, step, transition
from simlimit.model.counting import note_limit
from simlimit.model.evaluation import evaluate_at_repayment
from simlimit.model.holds import in_progress, repay, settle
from simlimit.model.ledger import log
from simlimit.model.levers import EDUCATION, PAY_ON_TIME, TIMELY_SCORING, TRANSPARENCY, pull, takes_up
from simlimit.model.limits import close
from simlimit.model.loans import drop_oldest
from simlimit.model.plan import cycle_at_stake, planned_day
from simlimit.model.randomness import DUE, Numbers, uniforms
from simlimit.model.state import (
    DEFAULT,
    DEFAULTED,
    EQUAL_INSTALMENT,
    EQUAL_PRINCIPAL,
    MISS,
    NEVER,
    NO_CAUSE,
    NO_LOAN,
    NONE,
    PAY,
    PREPAID,
    REPAID,
    SLIP,
    Record,
    Records,
    lenders_in_use,
    utilisation,
)


@step
def next_principal(p: Record, loan: Record) -> int:
    """Return the principal of the next instalment of a loan."""
    if p.method == EQUAL_INSTALMENT:
        return int(loan.balance * p.annuity[loan.remaining])
    if loan.remaining == 1:
        return loan.balance
    if p.method == EQUAL_PRINCIPAL:
        return (loan.balance - loan.rest) // loan.remaining
    return 0


@step
def instalments_due(loan: Record, cycle: int) -> int:
    """Return how many instalments of a loan are due by a due-cycle and unpaid."""
    return min(loan.remaining, cycle - loan.next_cycle + 1)


@step
def anything_due(loans: Records, r: Record, cycle: int) -> bool:
    """Return whether some loan has an instalment due; if any, then the oldest."""
    return r.loans > 0 and loans[r.first_loan].next_cycle <= cycle


@step
def pay_next(p: Record, loan: Record) -> int:
    """Pay the next instalment of a loan and return its principal."""
    principal = next_principal(p, loan)
    loan.balance -= principal
    loan.remaining -= 1
    return principal


@step
def pay_instalments(p: Record, loan: Record, due: int) -> int:
    """Pay so many instalments of a loan and return their principal."""
    principal = 0
    for _ in range(due):
        principal += pay_next(p, loan)
    loan.next_cycle += due
    return principal


@rare
def repay_apart(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int, loan: Record,
    principal: int, late: bool,
) -> None:  # fmt: skip
    """Book what was paid of one loan as a hold of its own, which waits for that loan's settlement."""
    number = p.instalments - loan.remaining
    settled = loan.remaining == 0
    repay(r, holds, counts, p, events, day, PAY, principal, loan.origin, number, late, settled, REPAID)
    if settled:
        settle(r, holds, counts, p, day, PAY, loan.origin)


@step
def pay_all_due(
    r: Record, loans: Records, holds: Records, counts: Records, p: Record, events: Records,
    day: int, cycle: int, late: bool,
) -> None:  # fmt: skip
    """Pay every instalment that is due: one hold for the payment, or one per loan where it is released so."""
    total = 0
    settled = 0
    for place in range(r.first_loan, r.first_loan + r.loans):
        one = loans[place]
        due = instalments_due(one, cycle)
        if due > 0:
            principal = pay_instalments(p, one, due)
            total += principal
            if p.per_loan:
                repay_apart(r, holds, counts, p, events, day, one, principal, late)
        settled += one.remaining == 0
    drop_oldest(r, settled)
    if not p.per_loan:
        repay(r, holds, counts, p, events, day, PAY, total, NO_LOAN, cycle, late, True, REPAID)


@rare
def prepay(
    r: Record, loans: Records, holds: Records, counts: Records, p: Record, events: Records,
    day: int, phase: int,
) -> None:  # fmt: skip
    """Repay the whole balance of the oldest loan."""
    one = loans[r.first_loan]
    balance = one.balance
    origin = one.origin
    one.balance = 0
    one.remaining = 0
    drop_oldest(r, 1)
    r.last_prepayment = day
    number = p.instalments
    repay(r, holds, counts, p, events, day, phase, balance, origin, number, False, True, PREPAID)
    settle(r, holds, counts, p, day, phase, origin)


@step
def prepays(r: Record, p: Record, day: int, u: float) -> bool:
    """Return whether an early repayment follows a payment: seldom into an evaluation that one knows of."""
    if u >= p.prepay_chance or r.loans == 0:
        return False
    if not in_progress(r, p, day, PAY):
        return True
    return u < p.prepay_chance * (1.0 - pull(r, p, day, TRANSPARENCY))


@step
def pay_now(
    r: Record, loans: Records, holds: Records, counts: Records, p: Record, events: Records,
    day: int, cycle: int, chance: float,
) -> None:  # fmt: skip
    """Pay all that is due and, unless it was a cure, perhaps a loan early (``chance`` decides)."""
    cure = r.spell > 0
    late = day - int(r.oldest_due) > p.grace_days
    if late:
        r.last_overdue = day
    r.spell = 0
    r.oldest_due = NEVER
    r.slip_until = NEVER
    pay_all_due(r, loans, holds, counts, p, events, day, cycle, late and p.denies_overdue)
    if not cure and prepays(r, p, day, chance):
        prepay(r, loans, holds, counts, p, events, day, PAY)
    if takes_up(r, TIMELY_SCORING):
        evaluate_at_repayment(r, holds, counts, p, events, day)


@step
def made_rarer(r: Record, p: Record, day: int, chance: float) -> float:
    """Return what the levers leave of the chance that a payment is not made on its day."""
    if r.levers == 0:
        return chance
    return chance * (1.0 - pull(r, p, day, PAY_ON_TIME)) * (1.0 - pull(r, p, day, EDUCATION))


@step
def miss_chance(r: Record, p: Record, day: int, x: float) -> float:
    """Return how likely a borrower that is not late, and uses a share x of its limit, misses a payment."""
    chance = r.propensity * (1.0 + p.utilisation_effect * x * x) * p.late_scale
    if p.lateness_per_lender > 0.0:
        chance *= 1.0 + p.lateness_per_lender * lenders_in_use(r, day)
    return min(1.0, made_rarer(r, p, day, chance))


@step
def misses(r: Record, p: Record, day: int, u: float) -> bool:
    """Return whether a borrower that is not late misses a payment.

    Most numbers are above the chance even of one that uses its whole limit, and the share takes a division.
    """
    return u < miss_chance(r, p, day, 1.0) and u < miss_chance(r, p, day, utilisation(r))


@step
def pays_when_due(r: Record, p: Record, events: Records, day: int, cycle: int, u: Numbers) -> bool:
    """Decide what becomes of a due day: paid (or cured), missed or slipped; return whether it is paid."""
    u_late, u_slip, u_days, _ = u
    if r.spell > 0:
        if u_late < p.cure_hazards[min(r.spell, p.cures) - 1]:
            return True
        r.spell += 1
        log(events, p, day, PAY, MISS, r.borrower, NO_LOAN, cycle, 0, NO_CAUSE)
        return False
    if misses(r, p, day, u_late):
        r.spell = 1
        r.oldest_due = day
        log(events, p, day, PAY, MISS, r.borrower, NO_LOAN, cycle, 0, NO_CAUSE)
        return False
    if u_slip < made_rarer(r, p, day, p.slip_share):
        r.oldest_due = day
        r.slip_until = day + 1 + int(u_days * p.slip_days)
        log(events, p, day, PAY, SLIP, r.borrower, NO_LOAN, cycle, 0, NO_CAUSE)
        return False
    return True


@rare
def pays_ahead(
    r: Record, aside: Records, loans: Records, p: Record, day: int, cycle: int, u: Numbers
) -> bool:
    """Decide whether a borrower pays on its planned day; if not, the due day decides as ever."""
    pays = not misses(r, p, day, u[0]) and u[1] >= made_rarer(r, p, day, p.slip_share)
    if not (pays and anything_due(loans, r, cycle)):
        return False
    aside[r.place].first_cycle = cycle + 1
    return True


@rare
def default(
    r: Record, aside: Records, holds: Records, counts: Records, p: Record, events: Records, day: int
) -> None:
    """Close the line of a borrower in default and write off what is outstanding."""
    close(r, holds, counts, p, events, day, PAY, DEFAULT)
    log(events, p, day, PAY, DEFAULTED, r.borrower, NO_LOAN, NONE, r.outstanding, NO_CAUSE)
    aside[r.place].written_off = r.outstanding
    p.written_off += r.outstanding
    p.outstanding -= r.outstanding
    r.outstanding = 0
    r.loans = 0
    r.spell = 0
    r.oldest_due = NEVER
    r.slip_until = NEVER


@step
def next_payment_day(r: Record, p: Record, day: int, next_due: int) -> int:
    """Return the day after ``day`` on which the borrower pays, is due, or defaults."""
    if r.closed and r.loans == 0:
        return NEVER
    when = min(next_due, r.slip_until)
    if p.default_dpd > 0:
        when = min(when, max(r.oldest_due + p.default_dpd, day + 1))
    if p.planning:
        planned = planned_day(r, p, next_due, due_cycle(r, p) + 1)
        when = min(when, planned) if planned > day else when
    return when


@step
def meet_payment_day(
    r: Record, aside: Records, loans: Records, holds: Records, counts: Records, p: Record, events: Records,
    day: int, u: Numbers,
) -> int:  # fmt: skip
    """Let a borrower pay what its day brings, by the random numbers of its due-cycle; return its next day."""
    cycle = due_cycle(r, p)
    since_due = days_since_due(r, p)
    pays = r.slip_until == day
    if since_due == 0:
        if anything_due(loans, r, cycle):
            pays = pays_when_due(r, p, events, day, cycle, u)
    elif r.oldest_due == NEVER:  # neither due nor past due: a planned day
        cycle += 1
        pays = pays_ahead(r, aside, loans, p, day, cycle, u)
    if pays:
        pay_now(r, loans, holds, counts, p, events, day, cycle, u[3])
    if p.default_dpd > 0 and day - int(r.oldest_due) >= p.default_dpd:
        default(r, aside, holds, counts, p, events, day)
    r.next_payment = next_payment_day(r, p, day, day - since_due + p.cycle_days)
    note_limit(r, p, day)
    return int(r.next_payment)


@transition
def pay(
    borrowers: Records, aside: Records, loans: Records, holds: Records, counts: Records, platform: Records,
    events: Records, b: int, day: int,
) -> int:  # fmt: skip
    """Let a borrower pay what its day brings.

    Parameters
    ----------
    borrowers, aside, loans, holds, counts, platform, events : record arrays
        The state.
    b : int
        Position of the borrower.
    day : int
        Today: a due day, a planned day, the end of a slip, or the day of default.

    Returns
    -------
    int
        The next such day, or NEVER.
    """
    p = platform[0]
    r = borrowers[b]
    u = uniforms(p.seed, p.replication, DUE, r.borrower, cycle_at_stake(r, p), 0)
    return meet_payment_day(r, aside, loans, holds, counts, p, events, day, u)
