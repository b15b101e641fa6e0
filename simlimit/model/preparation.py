"""The state of a platform on the eve of its first day."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simlimit.books.holidays import with_dates_of_holidays
from simlimit.books.portfolio import as_portfolio
from simlimit.errors import ScenarioError
from simlimit.model import calendar, clock, levers, memory, parameters, queues, records, timetable
from simlimit.model.book import Book, Regions, late_scale, make_book, make_regions
from simlimit.model.grouping import Grouping, make_grouping
from simlimit.model.records import END, Record, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario
from simlimit.scenario.parts import Product, check_regions

# Number of borrowers from which on the open holds outgrow a cache; measured.
LARGE = 50_000
# Sums of so much are exact in 64 bits, in either direction.
MOST_CENT_DAYS = 2**62


class PreparedScenario(NamedTuple):
    """All that the replications of a scenario have in common.

    Attributes
    ----------
    scenario : Scenario
    regions : Regions
    borrowers : int
        How many there are at the start.
    book : Book
        What they are drawn from.
    grouping : Grouping
        Who is counted apart.
    records : array of one record
        The records of a state before its first day: parameters, and what is not 0.
    """

    scenario: Scenario
    regions: Regions
    borrowers: int
    book: Book
    grouping: Grouping
    records: Records

    @property
    def most_borrowers(self) -> int:
        """How many there are with those who arrive, at most but for one run in 30,000."""
        a_day = self.scenario.population.arrivals_per_year / 365 * self.borrowers
        arrivals = a_day * self.scenario.horizon_days
        return self.borrowers + math.ceil(arrivals + 4 * math.sqrt(arrivals))


def prepare(
    scenario: Scenario,
    follow_up_days: int,
    logging: bool,
    reusing: bool,
    by: str | Sequence[str] = "region",
    bands: Sequence[float] = (),
) -> PreparedScenario:
    """Read what a scenario names, portfolio and holidays, and make what its replications have in common.

    Parameters
    ----------
    scenario : Scenario
    follow_up_days : int
        Days after repayment for which a hold must be observed to count as followed.
    logging : bool
        Whether events are kept.
    reusing : bool
        Whether the records of holds that have ended are used again.
    by, bands
        Who is counted apart, as in `make_grouping`.

    Returns
    -------
    PreparedScenario

    Raises
    ------
    PortfolioError
        If the portfolio cannot be read.
    ScenarioError
        If a shock names a region that the book does not have, such a region has numbers of its own, or
        holidays name a country that is not known.
    SimlimitError
        If there is no such attribute, or its bands are not ascending numbers.
    """
    scenario = with_dates_of_holidays(scenario)
    portfolio = as_portfolio(scenario.population.portfolio)
    regions = make_regions(scenario, portfolio)
    check_regions(scenario.shocks, regions.names)
    borrowers = scenario.population.borrowers if portfolio is None else len(portfolio)
    grouping = make_grouping(by, bands, regions.names)
    before = parameters.first_records(scenario, late_scale(scenario, portfolio, regions))
    draws_per_year = regions.mean(regions.numbers["draws_per_year"])
    before["storage"]["loan_capacity"] = expected_loans(scenario.product, draws_per_year)
    run = before["run"]
    run["last_followed"] = scenario.horizon_days - follow_up_days
    run["logging"] = logging
    run["reusing"] = reusing
    run["large"] = borrowers >= LARGE
    book = make_book(scenario, portfolio, regions)
    prepared = PreparedScenario(scenario, regions, borrowers, book, grouping, before)
    check_sums(before[0], book, prepared.most_borrowers)
    return prepared


def expected_loans(product: Product, draws_per_year: float) -> int:
    """Return for how many loans of a borrower there is space at the start: as many as one expects, about."""
    years = product.instalments * product.cycle_days / 365
    return min(16, 2 ** math.ceil(math.log2(1 + years * draws_per_year)))


def check_sums(p: Record, book: Book, borrowers: int) -> None:
    """Refuse a book of which sums of money over borrowers and days could leave 64 bits.

    What a borrower repays, draws or misses on a day is at most what it owes at the start, or what its limit
    can grow to.
    """
    limit = float((book.given_limit_cents if len(book.given_limit_cents) else book.limits).max())
    owed = float(book.given_outstanding_cents.max(initial=0)) if len(book.given_limit_cents) else 1.5 * limit
    growth = (1 + p.run.horizon // levers.CAMPAIGN_DAYS) * math.log1p(p.levers.strength[levers.CAMPAIGN])
    if p.limits.raise_score <= 1:
        growth += (1 + p.run.horizon // p.limits.raise_days) * math.log1p(p.limits.raise_bp / 10_000)
    largest = max(owed, limit, min(p.limits.cap, limit * math.exp(min(99.0, growth))), 1)
    most = int(MOST_CENT_DAYS / largest / p.run.horizon)
    if borrowers > most:
        raise ScenarioError(
            f"The book has {borrowers:,} borrowers, but with amounts of up to {largest / 100:,.0f} over "
            f"{p.run.horizon} days must have at most {most:,}: limits.cap keeps amounts lower."
        )


def empty_state(prepared: PreparedScenario) -> State:
    """Return the state of a run before `restart`, which finds space for its borrowers."""
    scenario = prepared.scenario
    open_from, worked, opened = calendar.open_days(scenario)
    return State(
        book=prepared.book,
        regions=prepared.book.regions,
        borrowers=np.zeros(0, records.BORROWER),
        counts=np.zeros(count_shape(prepared), records.COUNT),
        score_left=parameters.score_left(scenario.evaluation.score_half_life_days, scenario.horizon_days),
        good_at=np.zeros(0, np.int32),
        opened=opened,
        open_from=open_from,
        worked=worked,
        events=np.zeros(0, records.EVENT),
        stays=np.zeros(0, records.STAY),
        daily=np.zeros(scenario.horizon_days, records.DAY),
        queues=np.zeros(queues.GOOD_ON + scenario.horizon_days, records.QUEUE),
        byte_places=np.empty(257, np.int64),
        reviewers=np.zeros(scenario.review.reviewers, records.REVIEWER),
        facilities=parameters.facility_records(scenario),
        shocks=timetable.shock_records(scenario),
        shock_regions=timetable.shock_regions(scenario, prepared.regions.names),
        economy_factors=np.ones(scenario.horizon_days // clock.MONTH + 1),
    )


def count_shape(prepared: PreparedScenario) -> tuple[int, int, int]:
    """Return how many counts there are: by group and follow-up, by what is counted, and by age."""
    scenario = prepared.scenario
    ages = scenario.horizon_days - scenario.warmup_days + 1  # from 0 days to the horizon, since the warm-up
    return 2 * len(prepared.grouping.labels), records.COUNT_PENDING + 1, ages


def restart(state: State, prepared: PreparedScenario, seed: int, replication: int) -> None:
    """Bring a state to the eve of day 0: no borrowers yet, but when they arrive, the shocks, the economy.

    Parameters
    ----------
    state : State
        Of this scenario: empty, or at the end of another replication, if records are used again.
    prepared : PreparedScenario
    seed, replication : int
        The key of the random numbers.
    """
    memory.copy_records(state.records, prepared.records)
    state.run.seed, state.run.replication = seed, replication
    state.queues[:] = END
    state.counts.view(np.int64)[:] = 0
    timetable.draw_timetable(state, prepared.borrowers, prepared.most_borrowers)
    state.details.view(np.int64)[:] = 0
