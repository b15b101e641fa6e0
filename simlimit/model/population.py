"""The borrowers: who they are, and of those at the start what they owe, and where they stand."""

import numpy as np

from simlimit.model import counting, demand, evaluation, levers, loans, planned_payments, streams, turnover
from simlimit.model.book import ROWS, Floats
from simlimit.model.compiling import step, transition
from simlimit.model.grouping import Grouping, assign_groups
from simlimit.model.money import share
from simlimit.model.randomness import BATCH_SIZE, Batch, Numbers, draw_many, numbers_of
from simlimit.model.reading_ahead import read_whole
from simlimit.model.records import ABSENT, BORROWER, CLOSED, END, FAR_PAST, NEVER, NONE, Record
from simlimit.model.state import State

# A borrower that has not done anything.
_BLANK = np.zeros(1, BORROWER)
_BLANK["first_hold"] = END
_BLANK[["next_wish", "oldest_due", "slip_until", "no_limit_since", "next_reaction"]] = NEVER
_BLANK[["last_overdue", "last_prepayment"]] = FAR_PAST
_BLANK["last_decision"] = NONE
_BLANK["last_draw"] = -evaluation.RECENT_DRAW_DAYS


@step
def first_evaluation(s: State, u: float) -> int:
    """Return the day of a borrower's first evaluation."""
    return s.evaluation.period_days - 1 if s.population.batch else int(u * s.evaluation.period_days)


@step
def first_due_day(s: State, u: float) -> int:
    """Return a borrower's first due day."""
    return int(u * s.product.cycle_days)


@step
def reached(bounds: Floats, u: float) -> int:
    """Return how many of a few bounds a number reaches; the branches of a search would be guessed wrongly."""
    number = 0
    for k in range(len(bounds)):
        number += u >= bounds[k]
    return number


@step
def remaining_instalments(s: State, u: float) -> int:
    """Return how many instalments remain of a starting loan, in proportion to what is owed on such loans."""
    return 1 + reached(s.book.remaining, u)


@step
def starting_months_late(s: State, r: Record, u: float) -> int:
    """Return how many months late a borrower begins: as the portfolio says, or by its time in the book.

    Beyond the last month that ``spells`` counts, its line has been closed by a default.
    """
    arrears, spells = s.book.given_months_late, s.book.spells
    if len(arrears) > 0:
        return int(arrears[r.borrower])
    last = len(spells) - 1
    months = 0
    while months < last and u * (1.0 + r.propensity * spells[last]) >= 1.0 + r.propensity * spells[months]:
        months += 1
    return months


@step
def give_starting_loan(s: State, r: Record, remaining: int, months_late: int) -> None:
    """Open the loan with which a borrower begins, perhaps in arrears."""
    spells = s.book.given_spell_months
    paid = s.product.instalments - remaining
    origin = r.due_day - (paid + months_late + 1) * s.product.cycle_days
    loans.open_loan(s, r, r.outstanding, origin, remaining, -months_late)
    r.last_draw = origin
    if months_late > 0:
        r.oldest_due = r.due_day - months_late * s.product.cycle_days
        r.spell = max(1, spells[r.borrower]) if len(spells) > 0 else months_late


@step
def begin(s: State, r: Record, remaining: int, months_late: int) -> None:
    """Set what a borrower of the first day has behind it: a loan, or a default."""
    if 0 < len(s.book.spells) - 1 == months_late:
        r.limit = r.outstanding = r.available = 0
        r.closed = CLOSED
        counting.count_lost(s, r, 0, r.highest)
    elif r.outstanding > 0:
        give_starting_loan(s, r, remaining, months_late)


@step
def book_row(s: State, borrower: int, u: float) -> int:
    """Return the row of the portfolio that is a borrower's own, or which one who arrives resembles."""
    rows = len(s.book.given_limit_cents)
    return borrower if borrower < rows else int(u * rows)


@step
def take_from_book(s: State, r: Record, row: int, u: Numbers) -> None:
    """Set what a borrower owes and how it pays: drawn, or as a row of the portfolio says."""
    u_limit, u_utilisation, u_score, u_late = u
    region = s.regions[r.region]
    if len(s.book.given_limit_cents) > 0:
        r.limit = s.book.given_limit_cents[row]
        r.outstanding = s.book.given_outstanding_cents[row]
    else:
        r.limit = s.book.limits[region.limits, int(u_limit * ROWS)]
        r.outstanding = share(r.limit, s.book.utilisations[region.utilisations, int(u_utilisation * ROWS)])
    r.highest = r.limit
    r.available = max(0, r.limit - r.outstanding)
    if len(s.book.given_score) > 0:
        r.score = s.book.given_score[row]
    else:
        r.score = s.book.scores[region.scores, int(u_score * ROWS)]
    if len(s.book.given_late_share) > 0:
        r.propensity = s.book.given_late_share[row]
        r.risky = s.book.given_risky[row]
    else:
        r.propensity = s.book.propensities[region.propensities, int(u_late * ROWS)]
        r.risky = u_late >= region.risky_from


@step
def assign(s: State, r: Record, row: int, u: Numbers) -> None:
    """Set a borrower's region, whether it is watched, and its days."""
    u_region, u_watched, u_evaluation, u_due = u
    if len(s.book.given_region) > 0:
        r.region = s.book.given_region[row]
    else:
        bounds = s.book.region_bounds
        r.region = min(reached(bounds, u_region), len(bounds) - 1)
    r.watched = u_watched < s.regions[r.region].watch_share
    r.evaluation_day = first_evaluation(s, u_evaluation)
    r.due_day = first_due_day(s, u_due)


@step
def look_ahead(s: State, r: Record, u_gap: float) -> None:
    """Set the first day on which a borrower pays, or defaults, and that of its first wish."""
    cycle = max(0, -((r.due_day - int(r.present_from)) // s.product.cycle_days))
    due = r.due_day + cycle * s.product.cycle_days
    r.next_payment = min(NEVER, due)
    if s.behaviour.default_dpd > 0:
        r.next_payment = min(r.next_payment, max(0, r.oldest_due + s.behaviour.default_dpd))
    if s.levers.planning:
        r.next_payment = min(int(r.next_payment), planned_payments.planned_day(s, r, due, cycle))
    demand.plan_wish(s, r, int(r.present_from) - 1, u_gap)


@step
def draw_numbers(s: State, first: int, together: int, batch: Batch) -> None:
    """Draw three blocks of numbers of some borrowers, and those of their first wishes."""
    for k in range(together):
        batch.entities[k] = s.ids[first + k]
    for block in range(3):
        batch.indices[:] = block
        draw_many(s.run, streams.POPULATION, batch, together, block)
    batch.indices[:] = 0
    draw_many(s.run, streams.WISH, batch, together, 3)


@transition
def draw_borrowers(s: State, batch: Batch) -> None:
    """Fill the arrays with the borrowers of the book and their starting loans.

    Parameters
    ----------
    s : State
        Its ``ids`` say who has each place. Borrowers are written whole, whatever they were.
    batch : Batch
        For random numbers.
    """
    s.storage.loans_used = len(s.borrowers) * s.storage.loan_capacity
    for first in range(0, len(s.borrowers), BATCH_SIZE):
        together = min(BATCH_SIZE, len(s.borrowers) - first)
        draw_numbers(s, first, together, batch)
        for k in range(together):
            b = first + k
            s.borrowers[b] = _BLANK[0]
            r = s.borrowers[b]
            r.borrower = s.ids[b]
            r.place = b
            r.first_loan = b * s.storage.loan_capacity
            r.end_of_loans = r.first_loan + s.storage.loan_capacity
            s.details[b].loan_capacity = s.storage.loan_capacity
            s.details[b].left_at = NONE
            u_remaining, u_lenders, u_exit, u_record = numbers_of(batch, 2, k)
            turnover.set_presence(s, r, u_exit)
            row = book_row(s, r.borrower, u_record)
            assign(s, r, row, numbers_of(batch, 1, k))
            take_from_book(s, r, row, numbers_of(batch, 0, k))
            r.lenders = u_lenders < s.population.other_lenders
            if s.levers.number:
                r.levers = levers.levers_taken_up(s, r.borrower)
            if r.closed == ABSENT:
                turnover.await_arrival(r)
            else:
                begin(s, r, remaining_instalments(s, u_remaining), starting_months_late(s, r, u_record))
            look_ahead(s, r, batch.u[3, 0, k])
            if r.closed != ABSENT:
                r.standing = evaluation.standing(s, r, 0)
                turnover.join_book(s, r, 0)


def populate(s: State, grouping: Grouping, batch: Batch) -> None:
    """Fill the arrays with the borrowers of a book, in their groups; arguments as in `draw_borrowers`."""
    for table in (s.book.limits, s.book.utilisations, s.book.scores, s.book.propensities):
        read_whole(table, len(s.borrowers))
    draw_borrowers(s, batch)
    assign_groups(s.borrowers, grouping)
