"""The book at the start: who the borrowers are, what they owe, and where they stand."""

import math
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri

from simlimit.books.portfolio import Portfolio
from simlimit.model.compiling import step, transition
from simlimit.model.counting import note_limit
from simlimit.model.demand import wish_gap
from simlimit.model.evaluation import RECENT_DRAW_DAYS, standing
from simlimit.model.levers import levers_taken_up
from simlimit.model.loans import open_loan
from simlimit.model.parameters import basis_points, cents
from simlimit.model.plan import planned_day
from simlimit.model.randomness import (
    POPULATION,
    TOGETHER,
    WISH,
    Batch,
    Numbers,
    draw_many,
    numbers_of,
)
from simlimit.model.state import BORROWER, END, FAR_PAST, NEVER, NONE, Record, Records, share
from simlimit.scenario import Scenario

ROWS = 4096
"""Rows of a quantile table: an attribute takes one of so many equally likely values."""

_GIVEN = {
    "given_limit": np.int64,
    "given_outstanding": np.int64,
    "given_score": np.float64,
    "given_region": np.int64,
    "given_propensity": np.float64,
    "given_risky": np.int64,
    "given_months_late": np.int64,
    "given_spell": np.int64,
}
"""Columns that a portfolio can give, and their types in a book."""


def _blank() -> Records:
    """Return a borrower that has not done anything."""
    blank = np.zeros(1, BORROWER)
    blank["first_hold"] = END
    for name in ("next_wish", "oldest_due", "slip_until", "no_limit_since", "next_reaction"):
        blank[name] = NEVER
    for name in ("last_overdue", "last_prepayment", "last_raise"):
        blank[name] = FAR_PAST
    blank["last_decision"] = NONE
    blank["last_draw"] = -RECENT_DRAW_DAYS
    return blank


_BLANK = _blank()

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


def _levels() -> Floats:
    return (np.arange(ROWS) + 0.5) / ROWS


@lru_cache
def beta_table(mean: float, concentration: float | None) -> Floats:
    """Return the quantile table of a beta distribution; a mean without concentration is the same for all."""
    if concentration is None or mean in (0.0, 1.0):
        return np.full(ROWS, mean)
    table: Floats = betaincinv(mean * concentration, (1 - mean) * concentration, _levels())
    return table


@lru_cache
def limit_table(median: float, log_sd: float, low: float, high: float) -> Integers:
    """Return the quantile table of limits, in cents: log-normal, within bounds."""
    return np.array(
        [
            cents(min(max(math.exp(math.log(median) + log_sd * z), low), high))
            for z in ndtri(_levels()).tolist()
        ],
        np.int64,
    )


@lru_cache
def utilisation_table(mean: float, concentration: float | None) -> Integers:
    """Return the quantile table of utilisations, in basis points."""
    return np.array([basis_points(x) for x in beta_table(mean, concentration).tolist()], np.int64)


@lru_cache
def mean_squared_utilisation(mean: float, concentration: float | None) -> float:
    """Return the mean of the squares of a quantile table of utilisations."""
    return math.fsum((bp / 10_000) ** 2 for bp in utilisation_table(mean, concentration).tolist()) / ROWS


class Book(NamedTuple):
    """What borrowers are drawn from: quantile tables, and what a portfolio gives instead.

    The arrays ``given_*`` are empty without a portfolio, and where its file has no such column.
    """

    limits: Integers
    utilisations: Integers
    scores: Floats
    propensities: Floats
    region_bounds: Floats
    batch: bool
    watch_share: float
    risky_share: float
    other_lenders: float
    given_limit: Integers
    given_outstanding: Integers
    given_score: Floats
    given_region: Integers
    given_propensity: Floats
    given_risky: Integers
    given_months_late: Integers
    given_spell: Integers


def _risky_of_portfolio(late_share: Floats | None, risky_share: float) -> Integers | None:
    """Return 1 for the latest payers of a portfolio that gives ``late_share``, ties to the smaller id."""
    if late_share is None:
        return None
    risky = np.zeros(len(late_share), np.int64)
    latest = np.argsort(-late_share, kind="stable")
    risky[latest[: round(risky_share * len(late_share))]] = 1
    return risky


def _given(portfolio: Portfolio | None, risky_share: float) -> dict[str, npt.NDArray[Any]]:
    """Return what a portfolio gives, by the names of a book."""
    if portfolio is None:
        columns: dict[str, npt.NDArray[Any] | None] = dict.fromkeys(_GIVEN)
    else:
        columns = {
            "given_limit": portfolio.limit_cents,
            "given_outstanding": portfolio.outstanding_cents,
            "given_score": portfolio.score,
            "given_region": portfolio.region,
            "given_propensity": portfolio.late_share,
            "given_risky": _risky_of_portfolio(portfolio.late_share, risky_share),
            "given_months_late": portfolio.months_late,
            "given_spell": portfolio.spell_months,
        }
    return {
        name: np.empty(0, dtype) if columns[name] is None else np.asarray(columns[name], dtype)
        for name, dtype in _GIVEN.items()
    }


def make_book(scenario: Scenario, portfolio: Portfolio | None) -> Book:
    """Return the book of a scenario, from its portfolio where there is one."""
    population, behaviour = scenario.population, scenario.behaviour
    initial = population.initial_score
    return Book(
        limits=limit_table(
            population.limit_median, population.limit_log_sd, population.limit_low, population.limit_high
        ),
        utilisations=utilisation_table(population.utilisation_mean, population.utilisation_concentration),
        scores=(
            beta_table(population.score_mean, population.score_concentration)
            if initial is None
            else np.full(ROWS, float(initial))
        ),
        propensities=beta_table(behaviour.late_onset, behaviour.late_concentration),
        region_bounds=np.cumsum(list(population.regions.values()), dtype=np.float64),
        batch=scenario.evaluation.schedule == "batch",
        watch_share=float(scenario.review.watch_share),
        risky_share=float(scenario.screening.risky_share),
        other_lenders=float(population.other_lenders),
        **_given(portfolio, scenario.screening.risky_share),
    )


def late_scale(scenario: Scenario, portfolio: Portfolio | None) -> float:
    """Return the factor that keeps the mean chance of a miss at ``late_onset`` at the start.

    Whatever utilisation and other lenders do to it.
    """
    population = scenario.population
    if portfolio is None:
        mean = mean_squared_utilisation(population.utilisation_mean, population.utilisation_concentration)
    else:
        mean = math.fsum(x * x for x in portfolio_utilisation(portfolio)) / len(portfolio)
    effect, per_lender = scenario.behaviour.utilisation_effect, scenario.reaction.lateness_per_lender
    return 1 / (1 + effect * mean) / (1 + per_lender * population.other_lenders)


def portfolio_utilisation(portfolio: Portfolio) -> list[float]:
    """Return the outstanding share of each limit of a portfolio, at most 1."""
    pairs = zip(portfolio.outstanding_cents.tolist(), portfolio.limit_cents.tolist(), strict=True)
    return [
        min(1.0, outstanding / limit) if limit > 0 else float(outstanding > 0) for outstanding, limit in pairs
    ]


@step
def first_evaluation(p: Record, book: Book, u: float) -> int:
    """Return the day of a borrower's first evaluation."""
    return p.period_days - 1 if book.batch else int(u * p.period_days)


@step
def first_due_day(p: Record, u: float) -> int:
    """Return a borrower's first due day."""
    return int(u * p.cycle_days)


@step
def give_starting_loan(
    loans: Records, loan_keys: Records, p: Record, book: Book, r: Record, age: float
) -> None:
    """Open the loan with which a borrower begins, of random age; in arrears if the portfolio says so."""
    months_late = book.given_months_late[r.borrower] if len(book.given_months_late) > 0 else 0
    paid = int(age * p.instalments)
    origin = r.due_day - (paid + months_late + 1) * p.cycle_days
    open_loan(loans, loan_keys, p, r, r.outstanding, origin, p.instalments - paid, -months_late)
    r.last_draw = origin
    if months_late > 0:
        r.oldest_due = r.due_day - months_late * p.cycle_days
        r.spell = max(1, book.given_spell[r.borrower]) if len(book.given_spell) > 0 else months_late


@step
def take_from_book(r: Record, book: Book, u: Numbers) -> None:
    """Set what a borrower owes and how it pays: drawn, or as the portfolio says."""
    u_limit, u_utilisation, u_score, u_late = u
    if len(book.given_limit) > 0:
        r.limit = book.given_limit[r.borrower]
        r.outstanding = book.given_outstanding[r.borrower]
    else:
        r.limit = book.limits[int(u_limit * ROWS)]
        r.outstanding = share(r.limit, book.utilisations[int(u_utilisation * ROWS)])
    r.available = max(0, r.limit - r.outstanding)
    if len(book.given_score) > 0:
        r.score = book.given_score[r.borrower]
    else:
        r.score = book.scores[int(u_score * ROWS)]
    if len(book.given_propensity) > 0:
        r.propensity = book.given_propensity[r.borrower]
        r.risky = book.given_risky[r.borrower]
    else:
        r.propensity = book.propensities[int(u_late * ROWS)]
        r.risky = book.risky_share > 0.0 and u_late >= 1 - book.risky_share


@step
def assign(r: Record, p: Record, book: Book, u: Numbers) -> None:
    """Set a borrower's region, whether it is watched, and its days."""
    u_region, u_watched, u_evaluation, u_due = u
    if len(book.given_region) > 0:
        r.region = book.given_region[r.borrower]
    else:
        while r.region < len(book.region_bounds) - 1 and u_region >= book.region_bounds[r.region]:
            r.region += 1
    r.watched = u_watched < book.watch_share
    r.evaluation_day = first_evaluation(p, book, u_evaluation)
    r.due_day = first_due_day(p, u_due)


@step
def look_ahead(r: Record, p: Record, u_gap: float) -> None:
    """Set the first day on which a borrower pays, or defaults, and that of its first wish."""
    r.next_payment = r.due_day
    if p.default_dpd > 0:
        r.next_payment = min(r.next_payment, max(0, r.oldest_due + p.default_dpd))
    if p.planning:
        r.next_payment = min(int(r.next_payment), planned_day(r, p, r.due_day, 0))
    if p.draws:
        r.next_wish = min(NEVER, wish_gap(p, u_gap) - 1)


@step
def draw_numbers(p: Record, ids: Integers, first: int, together: int, batch: Batch) -> None:
    """Draw three blocks of numbers of some borrowers, and those of their first wishes."""
    for k in range(together):
        batch.entities[k] = ids[first + k]
    for block in range(3):
        batch.indices[:] = block
        draw_many(p.seed, p.replication, POPULATION, together, batch.entities, batch.indices, batch.u[block])
    batch.indices[:] = 0
    draw_many(p.seed, p.replication, WISH, together, batch.entities, batch.indices, batch.u[3])


@transition
def populate(
    borrowers: Records, loans: Records, loan_keys: Records, platform: Records, book: Book, ids: Integers,
    batch: Batch,
) -> None:  # fmt: skip
    """Fill the arrays with the borrowers of a book and their starting loans.

    Parameters
    ----------
    borrowers, loans, loan_keys, platform : arrays
        The state; borrowers are written whole, whatever they were.
    book : Book
        What they are drawn from.
    ids : array of int
        The borrower that has each place.
    batch : Batch
        Room for random numbers.
    """
    p = platform[0]
    p.loans_used = len(borrowers) * p.loan_room
    p.most_loan_room = p.loan_room
    for first in range(0, len(borrowers), TOGETHER):
        together = min(TOGETHER, len(borrowers) - first)
        draw_numbers(p, ids, first, together, batch)
        for k in range(together):
            b = first + k
            borrowers[b] = _BLANK[0]
            r = borrowers[b]
            r.borrower = ids[b]
            r.place = b
            r.first_loan = b * p.loan_room
            r.end_of_loans = r.first_loan + p.loan_room
            r.loan_room = p.loan_room
            r.cap = p.cap
            take_from_book(r, book, numbers_of(batch, 0, k))
            assign(r, p, book, numbers_of(batch, 1, k))
            r.lenders = batch.u[2, 1, k] < book.other_lenders
            if p.levers:
                r.levers = levers_taken_up(p, r.borrower)
            if r.outstanding > 0:
                give_starting_loan(loans, loan_keys, p, book, r, batch.u[2, 0, k])
            r.standing = standing(r, p, 0)
            look_ahead(r, p, batch.u[3, 0, k])
            note_limit(r, p, 0)
            p.outstanding += r.outstanding
            p.available += r.available
            p.lenders += r.lenders
