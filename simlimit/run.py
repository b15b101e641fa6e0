"""One simulated history: `simulate` makes it, `Run` holds it."""

from collections.abc import Sequence
from functools import cached_property
from typing import Literal

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from simlimit import frames
from simlimit.books.portfolio import Portfolio, read_portfolio
from simlimit.drivers import simpy_driver
from simlimit.drivers.platform import Platform
from simlimit.errors import SimlimitError
from simlimit.model.start import start
from simlimit.model.state import State
from simlimit.model.timetable import timetable
from simlimit.scenario import Scenario
from simlimit.scenario.parts import check_regions

ENGINES = ("simpy",)
KEPT = ("all", "holds")
LARGEST_SEED = 2**32 - 1


class Run:
    """One simulated history of a scenario.

    The four tables are DataFrames, built when first asked for. Amounts are in currency units, times
    in days from the start of the run. Every column is documented in section 3 of docs/model.md.

    Attributes
    ----------
    scenario : Scenario
    seed, replication : int

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 10}), seed=1)
    >>> run.holds["delay_days"].max()
    np.int64(0)
    """

    def __init__(
        self, scenario: Scenario, seed: int, replication: int, regions: tuple[str, ...], state: State
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.replication = replication
        self._regions = regions
        self._state = state

    @cached_property
    def holds(self) -> pd.DataFrame:
        """A row per hold, in order of (day created, borrower, loan, instalment)."""
        return frames.holds_frame(self._state, self._regions, self.scenario.horizon_days)

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per day: the platform at the end of it, and what moved on it."""
        return frames.daily_frame(self._state)

    @cached_property
    def borrowers(self) -> pd.DataFrame:
        """A row per borrower, at the end of the run."""
        return frames.borrowers_frame(self._state, self._regions)

    @cached_property
    def events(self) -> pd.DataFrame:
        """A row per event, in order of (day, phase, borrower).

        Raises
        ------
        SimlimitError
            If the run did not keep events.
        """
        if not self._state.platform[0].logging:
            raise SimlimitError('keep is "holds", but events are there only with keep="all".')
        return frames.events_frame(self._state)

    def __repr__(self) -> str:
        counts = self.holds["outcome"].value_counts()
        outcomes = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in frames.OUTCOMES)
        return (
            f"Run({self.scenario.name!r}, seed={self.seed}, replication={self.replication}: "
            f"{len(self._state.borrowers):,} borrowers, {self.scenario.horizon_days:,} days, "
            f"{len(self.holds):,} holds: {outcomes})"
        )


def simulate(
    scenario: Scenario,
    seed: int = 1,
    replication: int = 0,
    engine: Literal["simpy"] = "simpy",
    keep: Literal["all", "holds"] = "all",
    processes: Sequence[simpy_driver.UserProcess] = (),
    progress: bool = False,
) -> Run:
    """Simulate one history of a scenario.

    Parameters
    ----------
    scenario : Scenario
    seed : int
        0 .. 2**32 - 1. The same seed and replication give the same history; scenarios with the same
        seed share every random number that means the same in both.
    replication : int
        0 .. 2**32 - 1, the number of the history within a study.
    engine : "simpy"
        The driver.
    keep : "all" or "holds"
        Whether the log of events is kept too.
    processes : sequence of generator functions
        Processes of your own, each called with the `Platform`.
    progress : bool
        Whether to show a progress bar of the days.

    Returns
    -------
    Run

    Raises
    ------
    SimlimitError
        If an argument is not as above.
    PortfolioError
        If the scenario names a portfolio that cannot be read.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 9, "horizon_days": 30})
    >>> sl.simulate(small, seed=1)
    Run('clockwork', seed=1, replication=0: 9 borrowers, 30 days, 9 holds: 9 released, 0 forfeited, 0 pending)
    """
    if not isinstance(scenario, Scenario):
        raise SimlimitError(f"scenario is {scenario!r}, but must be a Scenario, such as preset('jiebei').")
    seed = _whole("seed", seed)
    replication = _whole("replication", replication)
    _check_choice("engine", engine, ENGINES)
    _check_choice("keep", keep, KEPT)
    path = scenario.population.portfolio
    portfolio = None if path is None else read_portfolio(path)
    regions = _regions(scenario, portfolio)
    state = start(scenario, portfolio, seed, replication, logging=keep == "all")
    occurrences = timetable(scenario, regions, seed, replication)
    with tqdm(total=scenario.horizon_days, unit="day", disable=not progress) as bar:
        simpy_driver.run(Platform(scenario, state), occurrences, processes, bar.update)
    return Run(scenario, seed, replication, regions, state)


def _whole(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not 0 <= value <= LARGEST_SEED:
        raise SimlimitError(f"{name} is {value!r}, but must be a whole number from 0 to {LARGEST_SEED}.")
    return int(value)


def _check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SimlimitError(f"{name} is {value!r}, but must be one of: {', '.join(allowed)}.")


def _regions(scenario: Scenario, portfolio: Portfolio | None) -> tuple[str, ...]:
    """Return the names of the regions; a portfolio's own replace the scenario's."""
    regions = tuple(scenario.population.regions)
    if portfolio is not None and portfolio.region_names:
        regions = portfolio.region_names
    check_regions(scenario.shocks, regions)
    return regions
