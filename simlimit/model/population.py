"""The borrowers at the start: who they are, what they owe, and where they stand."""

import numpy as np

from simlimit.model import streams
from simlimit.model.book import ROWS, Integers
from simlimit.model.compiling import step, transition
from simlimit.model.counting import count_no_limit
from simlimit.model.demand import wish_gap
from simlimit.model.evaluation import RECENT_DRAW_DAYS, standing
from simlimit.model.grouping import Grouping, assign_groups
from simlimit.model.levers import levers_taken_up
from simlimit.model.loans import open_loan
from simlimit.model.money import share
from simlimit.model.planned_payments import planned_day
from simlimit.model.randomness import BATCH_SIZE, Batch, Numbers, draw_many, numbers_of
from simlimit.model.records import BORROWER, END, FAR_PAST, NEVER, NONE, Record, Records
from simlimit.model.state import State


def _blank() -> Records:
    """Return a borrower that has not done anything."""
    blank = np.zeros(1, BORROWER)
    blank["first_hold"] = END
    for name in ("next_wish", "oldest_due", "slip_until", "no_limit_since", "next_reaction"):
        blank[name] = NEVER
    for name in ("last_overdue", "last_prepayment"):
        blank[name] = FAR_PAST
    blank["last_decision"] = NONE
    blank["last_draw"] = -RECENT_DRAW_DAYS
    return blank


_BLANK = _blank()


@step
def first_evaluation(s: State, u: float) -> int:
    """Return the day of a borrower's first evaluation."""
    return s.evaluation.period_days - 1 if s.population.batch else int(u * s.evaluation.period_days)


@step
def first_due_day(s: State, u: float) -> int:
    """Return a borrower's first due day."""
    return int(u * s.product.cycle_days)


@step
def give_starting_loan(s: State, r: Record, age: float) -> None:
    """Open the loan with which a borrower begins, of random age; in arrears if the portfolio says so."""
    arrears, spells = s.book.given_months_late, s.book.given_spell_months
    months_late = arrears[r.borrower] if len(arrears) > 0 else 0
    paid = int(age * s.product.instalments)
    origin = r.due_day - (paid + months_late + 1) * s.product.cycle_days
    open_loan(s, r, r.outstanding, origin, s.product.instalments - paid, -months_late)
    r.last_draw = origin
    if months_late > 0:
        r.oldest_due = r.due_day - months_late * s.product.cycle_days
        r.spell = max(1, spells[r.borrower]) if len(spells) > 0 else months_late


@step
def take_from_book(s: State, r: Record, u: Numbers) -> None:
    """Set what a borrower owes and how it pays: drawn, or as the portfolio says."""
    u_limit, u_utilisation, u_score, u_late = u
    region = s.regions[r.region]
    if len(s.book.given_limit_cents) > 0:
        r.limit = s.book.given_limit_cents[r.borrower]
        r.outstanding = s.book.given_outstanding_cents[r.borrower]
    else:
        r.limit = s.book.limits[region.limits, int(u_limit * ROWS)]
        r.outstanding = share(r.limit, s.book.utilisations[region.utilisations, int(u_utilisation * ROWS)])
    r.highest = r.limit
    r.available = max(0, r.limit - r.outstanding)
    if len(s.book.given_score) > 0:
        r.score = s.book.given_score[r.borrower]
    else:
        r.score = s.book.scores[region.scores, int(u_score * ROWS)]
    if len(s.book.given_late_share) > 0:
        r.propensity = s.book.given_late_share[r.borrower]
        r.risky = s.book.given_risky[r.borrower]
    else:
        r.propensity = s.book.propensities[region.propensities, int(u_late * ROWS)]
        r.risky = u_late >= region.risky_from


@step
def assign(s: State, r: Record, u: Numbers) -> None:
    """Set a borrower's region, whether it is watched, and its days."""
    u_region, u_watched, u_evaluation, u_due = u
    if len(s.book.given_region) > 0:
        r.region = s.book.given_region[r.borrower]
    else:
        bounds = s.book.region_bounds
        r.region = min(np.searchsorted(bounds, u_region, side="right"), len(bounds) - 1)
    r.watched = u_watched < s.regions[r.region].watch_share
    r.evaluation_day = first_evaluation(s, u_evaluation)
    r.due_day = first_due_day(s, u_due)


@step
def look_ahead(s: State, r: Record, u_gap: float) -> None:
    """Set the first day on which a borrower pays, or defaults, and that of its first wish."""
    r.next_payment = r.due_day
    if s.behaviour.default_dpd > 0:
        r.next_payment = min(r.next_payment, max(0, r.oldest_due + s.behaviour.default_dpd))
    if s.levers.planning:
        r.next_payment = min(int(r.next_payment), planned_day(s, r, r.due_day, 0))
    r.next_wish = min(NEVER, wish_gap(s, r, u_gap) - 1)


@step
def draw_numbers(s: State, ids: Integers, first: int, together: int, batch: Batch) -> None:
    """Draw three blocks of numbers of some borrowers, and those of their first wishes."""
    for k in range(together):
        batch.entities[k] = ids[first + k]
    for block in range(3):
        batch.indices[:] = block
        draw_many(s.run, streams.POPULATION, batch, together, block)
    batch.indices[:] = 0
    draw_many(s.run, streams.WISH, batch, together, 3)


@transition
def draw_borrowers(s: State, ids: Integers, batch: Batch) -> None:
    """Fill the arrays with the borrowers of the book and their starting loans.

    Parameters
    ----------
    s : State
        Borrowers are written whole, whatever they were.
    ids : array of int
        The borrower that has each place.
    batch : Batch
        For random numbers.
    """
    s.storage.loans_used = len(s.borrowers) * s.storage.loan_capacity
    for first in range(0, len(s.borrowers), BATCH_SIZE):
        together = min(BATCH_SIZE, len(s.borrowers) - first)
        draw_numbers(s, ids, first, together, batch)
        for k in range(together):
            b = first + k
            s.borrowers[b] = _BLANK[0]
            r = s.borrowers[b]
            r.borrower = ids[b]
            r.place = b
            r.first_loan = b * s.storage.loan_capacity
            r.end_of_loans = r.first_loan + s.storage.loan_capacity
            r.loan_capacity = s.storage.loan_capacity
            s.details[b].cap = s.limits.cap
            assign(s, r, numbers_of(batch, 1, k))
            take_from_book(s, r, numbers_of(batch, 0, k))
            r.lenders = batch.u[2, 1, k] < s.population.other_lenders
            if s.levers.number:
                r.levers = levers_taken_up(s, r.borrower)
            if r.outstanding > 0:
                give_starting_loan(s, r, batch.u[2, 0, k])
            r.standing = standing(s, r, 0)
            look_ahead(s, r, batch.u[3, 0, k])
            count_no_limit(s, r, 0)
            s.today.outstanding += r.outstanding
            s.today.available += r.available
            s.today.lenders += r.lenders


def populate(s: State, grouping: Grouping, ids: Integers, batch: Batch) -> None:
    """Fill the arrays with the borrowers of a book, in their groups; arguments as in `draw_borrowers`."""
    draw_borrowers(s, ids, batch)
    assign_groups(s.borrowers, grouping)
