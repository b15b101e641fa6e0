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
from simlimit.model.randomness import POPULATION, WISH, uniforms
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

_BLANK = np.zeros(1, BORROWER)

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


@transition
def populate(
    borrowers: Records, loans: Records, loan_keys: Records, platform: Records, book: Book, ids: Integers
) -> None:
    """Fill the arrays with the borrowers of a book and their starting loans.

    Parameters
    ----------
    borrowers, loans, loan_keys, platform : arrays
        The state; borrowers are written whole, whatever they were.
    book : Book
        What they are drawn from.
    ids : array of int
        The borrower that has each place.
    """
    p = platform[0]
    p.loans_used = len(borrowers) * p.loan_room
    p.most_loan_room = p.loan_room
    for b in range(len(borrowers)):
        borrowers[b] = _BLANK[0]
        r = borrowers[b]
        borrower = int(ids[b])
        r.borrower = borrower
        r.place = b
        u_limit, u_utilisation, u_score, u_late = uniforms(p.seed, p.replication, POPULATION, borrower, 0, 0)
        u_region, u_watched, u_evaluation, u_due = uniforms(p.seed, p.replication, POPULATION, borrower, 1, 0)
        u_age, u_lenders, _, _ = uniforms(p.seed, p.replication, POPULATION, borrower, 2, 0)
        if len(book.given_limit) > 0:
            r.limit = book.given_limit[borrower]
            r.outstanding = book.given_outstanding[borrower]
        else:
            r.limit = book.limits[int(u_limit * ROWS)]
            r.outstanding = share(r.limit, book.utilisations[int(u_utilisation * ROWS)])
        if len(book.given_score) > 0:
            r.score = book.given_score[borrower]
        else:
            r.score = book.scores[int(u_score * ROWS)]
        if len(book.given_propensity) > 0:
            r.propensity = book.given_propensity[borrower]
            r.risky = book.given_risky[borrower]
        else:
            r.propensity = book.propensities[int(u_late * ROWS)]
            r.risky = book.risky_share > 0.0 and u_late >= 1 - book.risky_share
        if len(book.given_region) > 0:
            r.region = book.given_region[borrower]
        else:
            while r.region < len(book.region_bounds) - 1 and u_region >= book.region_bounds[r.region]:
                r.region += 1
        r.watched = u_watched < book.watch_share
        r.lenders = u_lenders < book.other_lenders
        r.evaluation_day = first_evaluation(p, book, u_evaluation)
        r.due_day = first_due_day(p, u_due)
        r.available = max(0, r.limit - r.outstanding)
        r.cap = p.cap
        r.first_hold = END
        r.first_loan = b * p.loan_room
        r.loan_room = p.loan_room
        r.oldest_due = NEVER
        r.slip_until = NEVER
        r.last_overdue = FAR_PAST
        r.last_raise = FAR_PAST
        r.last_decision = NONE
        r.last_draw = -RECENT_DRAW_DAYS
        r.last_prepayment = FAR_PAST
        r.no_limit_since = NEVER
        r.next_reaction = NEVER
        if p.levers:
            r.levers = levers_taken_up(p, borrower)
        if r.outstanding > 0:
            give_starting_loan(loans, loan_keys, p, book, r, u_age)
        r.standing = standing(r, p, 0)
        r.next_payment = r.due_day
        if p.default_dpd > 0:
            r.next_payment = min(r.next_payment, max(0, r.oldest_due + p.default_dpd))
        if p.planning:
            r.next_payment = min(int(r.next_payment), planned_day(r, p, r.due_day, 0))
        r.next_wish = NEVER
        if p.draws:
            u_gap = uniforms(p.seed, p.replication, WISH, borrower, 0, 0)[0]
            r.next_wish = min(NEVER, wish_gap(p, u_gap) - 1)
        note_limit(r, p, 0)
        p.outstanding += r.outstanding
        p.available += r.available
        p.lenders += r.lenders
