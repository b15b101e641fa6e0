"""What borrowers are drawn from: quantile tables, and the columns of a portfolio."""

import math
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri

from simlimit.model.handle import Handle, array_of
from simlimit.model.money import basis_points, cents
from simlimit.portfolio import Portfolio
from simlimit.scenario import Scenario
from simlimit.scenario.parts import Population

ROWS = 4096
"""Rows of a quantile table: an attribute takes one of so many equally likely values."""

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


_LEVELS = (np.arange(ROWS) + 0.5) / ROWS


@lru_cache
def beta_table(mean: float, concentration: float | None) -> Floats:
    """Return the quantile table of a beta distribution; a mean without concentration is the same for all."""
    if concentration is None or mean in (0.0, 1.0):
        return np.full(ROWS, mean)
    return betaincinv(mean * concentration, (1 - mean) * concentration, _LEVELS)


@lru_cache
def limit_table(median: float, log_sd: float, low: float, high: float) -> Integers:
    """Return the quantile table of limits, in cents: log-normal, within bounds."""
    logs = math.log(median) + log_sd * ndtri(_LEVELS)
    return np.array([cents(min(max(math.exp(x), low), high)) for x in logs.tolist()], np.int64)


@lru_cache
def utilisation_table(mean: float, concentration: float | None) -> Integers:
    """Return the quantile table of utilisations, in basis points."""
    return np.array([basis_points(x) for x in beta_table(mean, concentration).tolist()], np.int64)


@lru_cache
def mean_squared_utilisation(mean: float, concentration: float | None) -> float:
    """Return the mean of the squares of a quantile table of utilisations."""
    return math.fsum((bp / 10_000) ** 2 for bp in utilisation_table(mean, concentration).tolist()) / ROWS


class Book(Handle):
    """What borrowers are drawn from: quantile tables, and what a portfolio gives instead.

    The arrays ``given_*`` are named after the columns of the portfolio. They are empty without one, and where
    its file has no such column.
    """

    limits = array_of(np.int64)
    utilisations = array_of(np.int64)
    scores = array_of(np.float64)
    propensities = array_of(np.float64)
    region_bounds = array_of(np.float64)
    given_limit_cents = array_of(np.int64)
    given_outstanding_cents = array_of(np.int64)
    given_score = array_of(np.float64)
    given_region = array_of(np.int64)
    given_late_share = array_of(np.float64)
    given_risky = array_of(np.int64)
    given_months_late = array_of(np.int64)
    given_spell_months = array_of(np.int64)


def _risky_of_portfolio(late_share: Floats | None, risky_share: float) -> Integers | None:
    """Return 1 for the borrowers of the largest ``late_share``, else 0; ties go to the smaller id."""
    if late_share is None:
        return None
    risky = np.zeros(len(late_share), np.int64)
    latest = np.argsort(-late_share, kind="stable")
    risky[latest[: round(risky_share * len(late_share))]] = 1
    return risky


def _given(portfolio: Portfolio, risky_share: float) -> dict[str, npt.NDArray[Any]]:
    """Return what a portfolio gives, by the names of a book."""
    columns = {f"given_{name}": column for name, column in vars(portfolio).items()}
    columns["given_risky"] = _risky_of_portfolio(portfolio.late_share, risky_share)
    return {
        name: np.ascontiguousarray(columns[name], member.kind)
        for name, member in Book.members.items()
        if columns.get(name) is not None
    }


@lru_cache
def drawn_book(population: Population, late_onset: float, late_concentration: float | None) -> Book:
    """Return a book without a portfolio. Runs only read it, so that those of equal scenarios share it."""
    initial = population.initial_score
    scores = beta_table(population.score_mean, population.score_concentration)
    return Book(
        limits=limit_table(
            population.limit_median, population.limit_log_sd, population.limit_low, population.limit_high
        ),
        utilisations=utilisation_table(population.utilisation_mean, population.utilisation_concentration),
        scores=scores if initial is None else np.full(ROWS, float(initial)),
        propensities=beta_table(late_onset, late_concentration),
        region_bounds=np.cumsum(list(population.regions.values()), dtype=np.float64),
        **{name: np.empty(0, one.kind) for name, one in Book.members.items() if name.startswith("given_")},
    )


def make_book(scenario: Scenario, portfolio: Portfolio | None) -> Book:
    """Return the book of a scenario, from its portfolio where there is one."""
    behaviour = scenario.behaviour
    book = drawn_book(scenario.population, behaviour.late_onset, behaviour.late_concentration)
    if portfolio is None:
        return book
    members = {name: getattr(book, name) for name in Book.members}
    return Book(**members | _given(portfolio, scenario.screening.risky_share))


def late_scale(scenario: Scenario, portfolio: Portfolio | None) -> float:
    """Return the factor that keeps the mean chance of a miss at ``late_onset`` at the start.

    Whatever utilisation and other lenders do to it.
    """
    population = scenario.population
    if portfolio is None:
        mean = mean_squared_utilisation(population.utilisation_mean, population.utilisation_concentration)
    else:
        shares = utilisations(portfolio.outstanding_cents, portfolio.limit_cents).tolist()
        mean = math.fsum(x * x for x in shares) / len(portfolio)
    effect, per_lender = scenario.behaviour.utilisation_effect, scenario.reaction.lateness_per_lender
    return 1 / (1 + effect * mean) / (1 + per_lender * population.other_lenders)


def utilisations(outstanding: Integers, limit: Integers) -> Floats:
    """Return the outstanding share of each limit, at most 1."""
    return np.where(limit > 0, np.minimum(1.0, outstanding / np.maximum(limit, 1)), outstanding > 0)
