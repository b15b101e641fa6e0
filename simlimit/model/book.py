"""What borrowers are drawn from: quantile tables, and the columns of a portfolio."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, ndtri

from simlimit.arguments import nearest
from simlimit.model.handle import Handle, array_of
from simlimit.model.money import basis_points, cents
from simlimit.model.records import REGION, Records
from simlimit.portfolio import Portfolio
from simlimit.scenario import Population, Product, Scenario, in_regions
from simlimit.scenario.base import FrozenMapping, refuse_at
from simlimit.scenario.regions import Region, shares_of

# Rows of a quantile table: an attribute takes one of so many equally likely values.
ROWS = 4096

# By which a borrower can be late at the start.
MOST_MONTHS = 24

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]
Tables = tuple[Numbers, Integers]


_LEVELS = (np.arange(ROWS) + 0.5) / ROWS


@lru_cache
def beta_table(mean: float, concentration: float | None) -> Floats:
    """Return the quantile table of a beta distribution; a mean without concentration is the same for all."""
    if concentration is None or 0.0 in (mean * concentration, (1 - mean) * concentration):
        return np.full(ROWS, mean)
    return betaincinv(mean * concentration, (1 - mean) * concentration, _LEVELS)


@lru_cache
def remaining_shares(product: Product) -> Floats:
    """Return the share of starting loans of which 1, 2, .. instalments or fewer remain.

    As in a book in equilibrium, they are in proportion to what is still owed of a loan then.
    """
    remaining, rate = np.arange(1, product.instalments + 1), product.daily_rate * product.cycle_days
    if product.method == "equal_instalment" and rate > 0:
        owed = np.array([-math.expm1(-r * math.log1p(rate)) for r in remaining.tolist()])
    else:
        owed = np.ones(len(remaining)) if product.method == "interest_only" else remaining
    sums = np.cumsum(owed / owed[-1])
    return np.asarray(sums / sums[-1])


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


class Regions(NamedTuple):
    """The regions of a book, in their order: names, shares, and each number that may differ, by its name."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    numbers: FrozenMapping[tuple[float, ...]]

    def mean(self, values: Sequence[float]) -> float:
        """Return the mean over the book of what each region has; where they are equal, exactly that."""
        equal = len(set(values)) == 1
        return values[0] if equal else float(np.cumsum(np.multiply(self.shares, values))[-1])


def make_regions(scenario: Scenario, portfolio: Portfolio | None) -> Regions:
    """Return the regions of a scenario, or of its portfolio, with the numbers of those of the same name."""
    population = scenario.population
    names, shares = tuple(population.regions), shares_of(population.regions)
    if portfolio is not None and portfolio.region is not None:
        names = portfolio.region_names
        shares = tuple((np.bincount(portfolio.region, minlength=len(names)) / len(portfolio)).tolist())
        for name, one in population.regions.items():
            if isinstance(one, Region) and name not in names:
                rule = f"a share alone, since the portfolio has {nearest(name, map(repr, names), 'the file')}"
                refuse_at(("population", "regions", name), one, rule)
    elif portfolio is not None:
        # Regions are drawn all the same, so that shares must be right.
        population.model_copy(update={"portfolio": None, "seasoned": False})
    own = [name for name in Region.model_fields if name != "share"]
    return Regions(names, shares, FrozenMapping({name: in_regions(scenario, name, names) for name in own}))


class Book(Handle):
    """What borrowers are drawn from: quantile tables, regions, and what a portfolio gives instead.

    A region names the row of each table from which its borrowers are drawn. Starting loans have 1, 2, .. or
    fewer remaining instalments in shares of ``remaining``. In a seasoned book ``spells`` says how many are
    late by up to 0, 1, .. months at the start, or have defaulted before, for each who is neither and per unit
    of propensity.

    The arrays ``given_*`` are named after the columns of the portfolio. They are empty without one, and where
    its file has no such column.
    """

    limits = array_of(np.int64, 2)
    utilisations = array_of(np.int64, 2)
    scores = array_of(np.float64, 2)
    propensities = array_of(np.float64, 2)
    remaining = array_of(np.float64)
    spells = array_of(np.float64)
    regions = array_of(REGION)
    region_bounds = array_of(np.float64)
    given_limit_cents = array_of(np.int64)
    given_outstanding_cents = array_of(np.int64)
    given_score = array_of(np.float64)
    given_region = array_of(np.int64)
    given_late_share = array_of(np.float64)
    given_risky = array_of(np.int64)
    given_months_late = array_of(np.int64)
    given_spell_months = array_of(np.int64)


def _given(portfolio: Portfolio, risky_share: float) -> dict[str, npt.NDArray[Any]]:
    """Return what a portfolio gives, by the names of a book."""
    columns = {f"given_{name}": column for name, column in vars(portfolio).items() if column is not None}
    if portfolio.late_share is not None:
        latest = np.argsort(-portfolio.late_share, kind="stable")  # ties go to the smaller id
        columns["given_risky"] = np.argsort(latest) < round(risky_share * len(portfolio))
    kinds = {name: member.kind for name, member in Book.members.items() if name in columns}
    return {name: np.ascontiguousarray(columns[name], kind) for name, kind in kinds.items()}


def _tables(table: Callable[..., Numbers], values: Sequence[float], *others: float | None) -> Tables:
    """Return the table of each different value, one a row, and the row of each region, which has a value."""
    different, rows = np.unique(values, return_inverse=True)
    return np.stack([table(value, *others) for value in different.tolist()]), rows


def _risky_from(regions: Regions, tables: Floats, rows: Integers, risky_share: float) -> Floats:
    """Return the random number from which on the latest payers of each region are risky (R17, R157)."""
    if len(tables) == 1:
        return np.full(len(rows), 1 - risky_share)

    def weigh(propensity: float, side: Literal["left", "right"]) -> tuple[Floats, float]:
        """Return the share of those above (right), or not below (left): of each region, and of the book."""
        above = [ROWS - np.searchsorted(table, propensity, side) for table in tables]
        own = np.array(above)[rows] / ROWS
        return own, float(np.cumsum(regions.shares * own)[-1])

    found = np.unique(tables[np.unique(rows[np.array(regions.shares) > 0])])
    reaching = bisect_right(found, -risky_share, key=lambda propensity: -weigh(propensity, "left")[1])
    bound = found[max(0, reaching - 1)]
    above, all_above = weigh(bound, "right")
    equal = weigh(bound, "left")[0] - above
    all_equal = np.cumsum(regions.shares * equal)[-1]
    return np.asarray(1 - above - equal * (risky_share - all_above) / all_equal)


@lru_cache
def drawn_book(
    population: Population, regions: Regions, product: Product, late: float | None, risky_share: float
) -> Book:
    """Return a book without a portfolio. Runs only read it, so that those of equal scenarios share it.

    ``late`` is the concentration of lateness.
    """
    book, numbers, initial = population, regions.numbers, population.initial_score
    score, spread = numbers["score_mean"], population.score_concentration
    if initial is not None:
        score, spread = (float(initial),) * len(score), None
    used, bounds = book.utilisation_concentration, (book.limit_log_sd, book.limit_low, book.limit_high)
    made = {
        "limits": _tables(limit_table, numbers["limit_median"], *bounds),
        "utilisations": _tables(utilisation_table, numbers["utilisation_mean"], used),
        "scores": _tables(beta_table, score, spread),
        "propensities": _tables(beta_table, numbers["late_onset"], late),
    }
    records: Records = np.zeros(len(score), REGION)
    for name, (_, rows) in made.items():
        records[name] = rows
    for name in ("watch_share", "slip_share", "false_flag"):
        records[name] = numbers[name]
    daily = [wishes / 365 for wishes in numbers["draws_per_year"]]
    records["wish_gap"] = [-math.inf if p == 0 else 1 / math.log1p(-p) if p < 1 else 0.0 for p in daily]
    records["risky_from"] = _risky_from(regions, *made["propensities"], risky_share)
    return Book(
        **{name: table for name, (table, _) in made.items()},
        remaining=remaining_shares(product),
        spells=np.zeros(1),
        regions=records,
        region_bounds=np.cumsum(regions.shares, dtype=np.float64),
        **{name: np.empty(0, one.kind) for name, one in Book.members.items() if name.startswith("given_")},
    )


def make_book(scenario: Scenario, portfolio: Portfolio | None, regions: Regions) -> Book:
    """Return the book of a scenario, from its portfolio where there is one."""
    concentration, risky_share = scenario.behaviour.late_concentration, scenario.screening.risky_share
    book = drawn_book(scenario.population, regions, scenario.product, concentration, risky_share)
    if portfolio is not None:
        others = _given(portfolio, risky_share)
    elif scenario.population.seasoned:
        others = {"spells": _spells(scenario)}
    else:
        return book
    return Book(**{name: getattr(book, name) for name in Book.members} | others)


def _spells(scenario: Scenario) -> Floats:
    """Return the ``spells`` of a book whose borrowers arrived before, and have not left yet."""
    behaviour, cycle_days = scenario.behaviour, scenario.product.cycle_days
    longest = min(MOST_MONTHS, behaviour.default_dpd // cycle_days) if behaviour.default_dpd > 0 else 12
    hazards = behaviour.cure_hazards
    staying = [1 - hazards[min(month, len(hazards) - 1)] for month in range(longest)]
    still_late = np.cumprod([1.0, *staying])
    leaving = scenario.population.exits_per_year * cycle_days / 365
    defaulted = still_late[-1] / leaving if behaviour.default_dpd > 0 else 0.0
    return np.cumsum([0.0, *still_late[:-1], defaulted])


def late_scale(scenario: Scenario, portfolio: Portfolio | None, regions: Regions) -> float:
    """Return the factor that keeps the mean chance of a miss at ``late_onset`` at the start.

    Whatever utilisation and other lenders do to it.
    """
    population = scenario.population
    if portfolio is None:
        concentration, means = population.utilisation_concentration, regions.numbers["utilisation_mean"]
        mean = regions.mean([mean_squared_utilisation(one, concentration) for one in means])
    else:
        shares = utilisations(portfolio.outstanding_cents, portfolio.limit_cents).tolist()
        mean = math.fsum(x * x for x in shares) / len(portfolio)
    effect, per_lender = scenario.behaviour.utilisation_effect, scenario.reaction.lateness_per_lender
    return 1 / (1 + effect * mean) / (1 + per_lender * population.other_lenders)


def utilisations(outstanding: Integers, limit: Integers) -> Floats:
    """Return the outstanding share of each limit, at most 1."""
    return np.where(limit > 0, np.minimum(1.0, outstanding / np.maximum(limit, 1)), outstanding > 0)
