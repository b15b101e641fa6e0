"""One borrower's line, day by day."""

from collections.abc import Generator
from typing import Any

import numpy as np
import pandas as pd
import simpy

from simlimit.errors import SimlimitError
from simlimit.model import causes, phases
from simlimit.processes.platform import Platform
from simlimit.run.frames import dates
from simlimit.run.simulate import simulate
from simlimit.scenario import Scenario

# A moment of the day after which nothing moves any more.
LATE = phases.ACT + 0.9
STOCKS = ("limit", "outstanding", "available", "held")


def borrower_history(scenario: Scenario, seed: int, replication: int, borrower: int) -> pd.DataFrame:
    """Return where a borrower's line stands at the end of each day, and for which causes its held part waits.

    The tables of a run do not tell what a hold waited for on which day. Scenario, seed and replication
    determine the history, so it is simulated again, with a process that only looks at the borrower.

    Parameters
    ----------
    scenario : Scenario
    seed, replication : int
        As in `simulate`.
    borrower : int
        Id of the borrower, from 0.

    Returns
    -------
    pandas.DataFrame
        A row per day, exact to the cent in currency units. Index: `day`, 0 .. horizon_days - 1. Columns:

        - `date`: start_date + day;
        - `limit`, `outstanding`, `available`, `held`: outstanding + available + held = max(limit,
          outstanding);
        - `settlement` .. `funding`: the part of `held` that waits for each cause; together they are `held`. A
          raise of the limit that waits for funding is part of both.

    Raises
    ------
    SimlimitError
        If there is no such borrower, or another argument is not as in `simulate`.
    PortfolioError
        If the scenario names a portfolio that cannot be read.

    Examples
    --------
    >>> import simlimit as sl
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 20}
    ... )
    >>> history = sl.borrower_history(weekly, seed=1, replication=0, borrower=3)
    >>> bool((history["evaluation"] == history["held"]).all())
    True
    """
    days: list[list[int]] = []

    def look(platform: Platform) -> Generator[simpy.Event, Any, None]:
        for day in range(platform.horizon):
            yield platform.at(day, LATE)
            line = platform.borrower(borrower)
            standing = dict.fromkeys(causes.GATES, 0)
            for one in map(platform.hold, platform.open_holds(borrower)):
                standing[one["cause"]] += round(100 * (one["amount"] - one["forfeited_amount"]))
            days.append([*(round(100 * line[name]) for name in STOCKS), *standing.values()])

    try:
        simulate(scenario, seed, replication, keep="counts", processes=[look])
    except SimlimitError as error:  # without the name of our process
        raise (error.__cause__ or error) from None
    table = pd.DataFrame(np.array(days) / 100, columns=[*STOCKS, *causes.GATES]).rename_axis("day")
    table.insert(0, "date", dates(table.index.to_numpy(), scenario.start_date))
    return table
