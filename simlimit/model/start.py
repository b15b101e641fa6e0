"""The state of a platform on the eve of its first day."""

import numpy as np

from simlimit.books.portfolio import Portfolio
from simlimit.model.parameters import facility_records, platform_record
from simlimit.model.population import late_scale, make_book, populate
from simlimit.model.state import BORROWER, DAY, EVENT, HOLD, LOAN, REVIEWER, State
from simlimit.scenario import Scenario


def start(
    scenario: Scenario, portfolio: Portfolio | None, seed: int, replication: int, logging: bool
) -> State:
    """Return the state before day 0.

    Parameters
    ----------
    scenario : Scenario
    portfolio : Portfolio or None
        The book that the scenario names, read.
    seed, replication : int
        The key of the random numbers.
    logging : bool
        Whether events are kept.

    Returns
    -------
    State
    """
    platform = platform_record(scenario, seed, replication, logging)
    platform[0].late_scale = late_scale(scenario, portfolio)
    size = scenario.population.borrowers if portfolio is None else len(portfolio)
    state = State(
        platform=platform,
        borrowers=np.zeros(size, BORROWER),
        loans=np.zeros(size, LOAN),
        holds=np.zeros(size, HOLD),
        events=np.zeros(0, EVENT),
        daily=np.zeros(scenario.horizon_days, DAY),
        reviewers=np.zeros(scenario.review.reviewers, REVIEWER),
        facilities=facility_records(scenario),
    )
    populate(state.borrowers, state.loans, state.platform, make_book(scenario, portfolio))
    return state
