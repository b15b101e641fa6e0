"""The state of a platform on the eve of its first day."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from simlimit.books.portfolio import read_portfolio
from simlimit.model.grouping import Grouping, assign_groups, make_grouping
from simlimit.model.parameters import facility_records, platform_record
from simlimit.model.population import Book, Integers, late_scale, make_book, populate
from simlimit.model.randomness import empty_batch
from simlimit.model.room import side_by_side
from simlimit.model.state import (
    ASIDE,
    BORROWER,
    COUNT,
    DAY,
    EVENT,
    HOLD,
    LOAN,
    OCCURRENCE,
    REVIEWER,
    Records,
    State,
)
from simlimit.model.timetable import shock_records, shock_regions, timetable
from simlimit.scenario import Scenario
from simlimit.scenario.parts import check_regions

LARGE = 50_000
"""Number of borrowers from which on the open holds outgrow a cache; measured."""


class Setting(NamedTuple):
    """All that the replications of a scenario have in common.

    Attributes
    ----------
    scenario : Scenario
    regions : tuple of str
    borrowers : int
        How many there are.
    book : Book
        What they are drawn from.
    grouping : Grouping
        Who is counted apart.
    platform : array of one PLATFORM record
        The parameters, before the first day.
    """

    scenario: Scenario
    regions: tuple[str, ...]
    borrowers: int
    book: Book
    grouping: Grouping
    platform: Records


def prepare(
    scenario: Scenario,
    follow_up_days: int,
    logging: bool,
    reusing: bool,
    by: str = "region",
    bands: Sequence[float] = (),
) -> Setting:
    """Read the portfolio that a scenario names, and make what its replications have in common.

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
    Setting

    Raises
    ------
    PortfolioError
        If the portfolio cannot be read.
    ScenarioError
        If a shock names a region that there is not.
    SimlimitError
        If there is no such attribute, or its bands are not ascending numbers.
    """
    path = scenario.population.portfolio
    portfolio = None if path is None else read_portfolio(path)
    regions = tuple(scenario.population.regions)
    if portfolio is not None and portfolio.region_names:
        regions = portfolio.region_names
    check_regions(scenario.shocks, regions)
    platform = platform_record(scenario)
    p = platform[0]
    p.late_scale = late_scale(scenario, portfolio)
    p.last_followed = scenario.horizon_days - follow_up_days
    p.logging = logging
    p.reusing = reusing
    borrowers = scenario.population.borrowers if portfolio is None else len(portfolio)
    p.large = borrowers >= LARGE
    grouping = make_grouping(by, bands, regions)
    return Setting(scenario, regions, borrowers, make_book(scenario, portfolio), grouping, platform)


def empty_state(setting: Setting) -> State:
    """Return the arrays of a run, with room for its book and nothing in them but the parameters."""
    scenario, platform = setting.scenario, setting.platform
    size = setting.borrowers
    shocks = shock_records(scenario)
    # A quarter more room for loans than the borrowers have at first, so that there is seldom need for more.
    loan_places = size * int(platform[0].loan_room) * 5 // 4 + 1_000
    borrowers, loans, holds = side_by_side((size, BORROWER), (loan_places, LOAN), (size, HOLD))
    return State(
        platform=platform.copy(),
        borrowers=borrowers,
        aside=np.zeros(size, ASIDE),
        loans=loans,
        loan_keys=np.zeros(0 if platform[0].reusing else size, np.int64),
        holds=holds,
        counts=np.zeros(count_rows(setting), COUNT),
        events=np.zeros(0, EVENT),
        daily=np.zeros(scenario.horizon_days, DAY),
        reviewers=np.zeros(scenario.review.reviewers, REVIEWER),
        facilities=facility_records(scenario),
        shocks=shocks,
        shock_regions=shock_regions(scenario, setting.regions),
        occurrences=np.zeros(len(shocks), OCCURRENCE),
        covered=np.zeros((len(shocks), size), np.bool_),
    )


def count_rows(setting: Setting) -> int:
    """Return the number of counts: one per group, follow-up and age."""
    scenario = setting.scenario
    return 2 * len(setting.grouping.labels) * (scenario.horizon_days - scenario.warmup_days + 1)


def with_occurrences(state: State, number: int) -> State:
    """Return the state with room for at least so many occurrences of shocks."""
    if number <= len(state.occurrences):
        return state
    return state._replace(
        occurrences=np.zeros(number, OCCURRENCE), covered=np.zeros((number, len(state.borrowers)), np.bool_)
    )


def begin(setting: Setting, ids: Integers, seed: int, replication: int) -> State:
    """Return the state before day 0: the timetable of the shocks drawn, and the borrowers.

    Parameters
    ----------
    setting : Setting
    ids : array of int
        The borrower that has each place.
    seed, replication : int
        The key of the random numbers.

    Returns
    -------
    State
    """
    state = empty_state(setting)
    p = state.platform[0]
    p.seed, p.replication = seed, replication
    state = with_occurrences(state, timetable(state.shocks, state.occurrences, state.platform))
    timetable(state.shocks, state.occurrences, state.platform)  # again, now that there is room for all
    populate(state.borrowers, state.loans, state.loan_keys, state.platform, setting.book, ids, empty_batch())
    assign_groups(state.borrowers, setting.grouping.attribute, setting.grouping.bounds)
    return state
