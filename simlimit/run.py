"""One simulated history: `simulate` makes it, `Run` holds it."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from simlimit import frames
from simlimit.bar import tqdm
from simlimit.causes import counted_holds, days_by_cause, released_at_once
from simlimit.drivers import calendar_driver, simpy_driver
from simlimit.errors import SimlimitError
from simlimit.model.compilation_notice import announce_compilation
from simlimit.model.preparation import prepare
from simlimit.model.state import State
from simlimit.scenario import Scenario
from simlimit.tables.causes import causes_table
from simlimit.tables.result import TabularResult
from simlimit.tables.table import Table

if TYPE_CHECKING:
    from simlimit.plots.accessors import RunPlots

ENGINES = ("simpy", "calendar")
KEPT = ("all", "holds", "counts")
FOLLOW_UP_DAYS = 90
LONGEST_FOLLOW_UP = 30_000
LARGEST_SEED = 2**32 - 1


class Run(TabularResult):
    """One simulated history of a scenario.

    The tables are DataFrames, built when first asked for. Amounts are in currency units, times
    in days from the start of the run. Every column is documented in section 3 of docs/model.md.

    Attributes
    ----------
    scenario : Scenario
    seed, replication : int
    keep : str
        What was kept: "counts", "holds" or "all".
    follow_up_days : int
        Of the counts.
    has_processes : bool
        Whether processes of the user's own took part, so that seed and scenario do not tell it all.

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 10}), seed=1)
    >>> run.holds["delay_days"].max()
    np.int64(0)
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        replication: int,
        keep: str,
        follow_up_days: int,
        regions: tuple[str, ...],
        state: State,
        has_processes: bool = False,
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.replication = replication
        self.keep = keep
        self.follow_up_days = follow_up_days
        self.has_processes = has_processes
        self._regions = regions
        self._state = state

    @cached_property
    def holds(self) -> pd.DataFrame:
        """A row per hold, in order of (day created, borrower, loan, instalment).

        Raises
        ------
        SimlimitError
            If the run did not keep holds.
        """
        self._must_keep("holds", ("all", "holds"))
        return frames.holds_frame(self._state, self._regions)

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per day: the platform at the end of it, and what moved on it."""
        return frames.daily_frame(self._state.daily, self.scenario.funding.unlimited)

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
        self._must_keep("events", ("all",))
        return frames.events_frame(self._state)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """A row per region, follow-up and age: where repayment holds stand and end, in holds and in money."""
        return frames.counts_frame(self._state, self._regions)

    @property
    def plot(self) -> "RunPlots":
        """Pictures of the run: ``run.plot.delay()``, and the other methods of `RunPlots`."""
        # Pictures are made of runs, and import this file: it can import them only when they are asked for.
        from simlimit.plots.accessors import RunPlots  # noqa: PLC0415

        return RunPlots(self)

    def _tables(self) -> list[Table]:
        if self.keep == "counts":
            return []
        holds = counted_holds(self.holds, self.scenario.warmup_days)
        return [causes_table(days_by_cause(holds), len(holds), released_at_once(holds))]

    def _must_keep(self, what: str, kept: tuple[str, ...]) -> None:
        if self.keep not in kept:
            needed = " or ".join(f'keep="{one}"' for one in kept)
            raise SimlimitError(f'keep is "{self.keep}", but {what} are there only with {needed}.')

    def __repr__(self) -> str:
        state = self._state
        totals = state.totals
        return (
            f"Run({self.scenario.name!r}, seed={self.seed}, replication={self.replication}: "
            f"{len(state.borrowers):,} borrowers, {self.scenario.horizon_days:,} days, "
            f"{totals.holds_opened:,} holds: {totals.holds_released:,} released, "
            f"{totals.holds_forfeited:,} forfeited, {state.today.pending_holds:,} pending)"
        )


def simulate(
    scenario: Scenario,
    seed: int = 1,
    replication: int = 0,
    engine: Literal["simpy", "calendar"] = "simpy",
    keep: Literal["all", "holds", "counts"] = "all",
    processes: Sequence[simpy_driver.UserProcess] = (),
    progress: bool = False,
    follow_up_days: int = FOLLOW_UP_DAYS,
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
    engine : "simpy" or "calendar"
        The driver: SimPy processes, which yours can join, or one compiled loop over days, which gives the
        same history much faster.
    keep : "all", "holds" or "counts"
        All; not the log of events; neither the log nor the holds: only the exact counts by age, so that,
        without processes of your own, memory does not grow with the horizon.
    processes : sequence of generator functions
        Processes of your own, each called with the `Platform`; only with the SimPy driver.
    progress : bool
        Whether to show a progress bar of the days.
    follow_up_days : int
        The counts tell holds that were observed for so many days after repayment from those that were not;
        0 .. 30,000. None was, if it is more than the days from the warm-up to the horizon.

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
    check_scenario(scenario)
    seed = check_whole("seed", seed, LARGEST_SEED)
    replication = check_whole("replication", replication, LARGEST_SEED)
    check_choice("engine", engine, ENGINES)
    check_choice("keep", keep, KEPT)
    follow_up_days = check_whole("follow_up_days", follow_up_days, LONGEST_FOLLOW_UP)
    if processes and engine != "simpy":
        raise SimlimitError(f'engine is "{engine}", but processes of your own need engine="simpy".')
    # A user's process may look at a hold that has ended: its record is not used again.
    reusing = keep == "counts" and not processes
    prepared = prepare(scenario, follow_up_days, logging=keep == "all", reusing=reusing)
    announce_compilation()
    with tqdm(total=scenario.horizon_days, unit="day", disable=not progress) as bar:
        if engine == "simpy":
            state = simpy_driver.run(prepared, seed, replication, processes, bar.update)
        else:
            state = calendar_driver.run(prepared, seed, replication, bar.update)
    return Run(scenario, seed, replication, keep, follow_up_days, prepared.regions, state, bool(processes))


def check_scenario(scenario: object) -> None:
    """Refuse what is no scenario."""
    if not isinstance(scenario, Scenario):
        raise SimlimitError(f"scenario is {scenario!r}, but must be a Scenario, such as preset('jiebei').")


def check_whole(name: str, value: object, largest: int, least: int = 0) -> int:
    """Return a whole number within bounds, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= largest:
        raise SimlimitError(f"{name} is {value!r}, but must be a whole number from {least} to {largest}.")
    return int(value)


def check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse what is not among the choices."""
    if value not in allowed:
        raise SimlimitError(f"{name} is {value!r}, but must be one of: {', '.join(allowed)}.")
