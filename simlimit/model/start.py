"""The state of a platform on the eve of its first day."""

import numpy as np

from simlimit.books.portfolio import Portfolio
from simlimit.model.parameters import facility_records, platform_record
from simlimit.model.population import Book, Integers, late_scale, populate
from simlimit.model.state import (
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


def platform_of(
    scenario: Scenario,
    portfolio: Portfolio | None,
    regions: tuple[str, ...],
    follow_up_days: int,
    logging: bool,
    reusing: bool,
) -> Records:
    """Return the platform of a scenario and what is kept of it, before its first day.

    Parameters
    ----------
    scenario : Scenario
    portfolio : Portfolio or None
        The book that the scenario names, read.
    regions : tuple of str
    follow_up_days : int
        Days after repayment for which a hold must be observed to count as followed.
    logging : bool
        Whether events are kept.
    reusing : bool
        Whether the records of loans and holds that have ended are used again.
    """
    platform = platform_record(scenario)
    p = platform[0]
    p.late_scale = late_scale(scenario, portfolio)
    p.regions = len(regions)
    p.last_followed = scenario.horizon_days - follow_up_days
    p.logging = logging
    p.reusing = reusing
    return platform


def empty_state(scenario: Scenario, platform: Records, borrowers: int, regions: tuple[str, ...]) -> State:
    """Return the arrays of a run, with room for its book and nothing in them but the parameters."""
    ages = scenario.horizon_days - scenario.warmup_days + 1
    shocks = shock_records(scenario)
    return State(
        platform=platform,
        borrowers=np.zeros(borrowers, BORROWER),
        loans=np.zeros(borrowers * platform[0].loan_room, LOAN),
        loan_keys=np.zeros(0 if platform[0].reusing else borrowers, np.int64),
        holds=np.zeros(borrowers, HOLD),
        counts=np.zeros(2 * len(regions) * ages, COUNT),
        events=np.zeros(0, EVENT),
        daily=np.zeros(scenario.horizon_days, DAY),
        reviewers=np.zeros(scenario.review.reviewers, REVIEWER),
        facilities=facility_records(scenario),
        shocks=shocks,
        shock_regions=shock_regions(scenario, regions),
        occurrences=np.zeros(len(shocks), OCCURRENCE),
        covered=np.zeros((len(shocks), borrowers), np.bool_),
    )


def begin(state: State, book: Book, ids: Integers, seed: int, replication: int) -> State:
    """Draw the timetable of the shocks and the borrowers.

    Parameters
    ----------
    state : State
        As `empty_state` makes it.
    book : Book
        What the borrowers are drawn from.
    ids : array of int
        The borrower that has each place.
    seed, replication : int
        The key of the random numbers.

    Returns
    -------
    State
        With room for the occurrences of the shocks.
    """
    p = state.platform[0]
    p.seed, p.replication = seed, replication
    number = timetable(state.shocks, state.occurrences, state.platform)
    if number > len(state.occurrences):
        state = state._replace(
            occurrences=np.zeros(number, OCCURRENCE),
            covered=np.zeros((number, len(state.borrowers)), np.bool_),
        )
        timetable(state.shocks, state.occurrences, state.platform)
    populate(state.borrowers, state.loans, state.loan_keys, state.platform, book, ids)
    return state
