"""One simulated history: `Run` gives its tables."""

from functools import cached_property

import pandas as pd

import simlimit
from simlimit.errors import SimlimitError
from simlimit.model.state import State
from simlimit.run import frames
from simlimit.scenario import Scenario


class Run:
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
        *,
        follow_up_days: int,
        regions: tuple[str, ...],
        state: State,
        has_processes: bool,
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
    def plot(self) -> "simlimit.plots.accessors.RunPlots":
        """Pictures of the run: ``run.plot.delay()``, and the other methods of `RunPlots`."""
        return simlimit.plots.accessors.RunPlots(self)

    def _must_keep(self, what: str, kept: tuple[str, ...]) -> None:
        if self.keep not in kept:
            needed = " or ".join(f'keep="{one}"' for one in kept)
            raise SimlimitError(f'keep is "{self.keep}", but {what} are there only with {needed}.')

    def __repr__(self) -> str:
        p = self._state.platform[0]
        return (
            f"Run({self.scenario.name!r}, seed={self.seed}, replication={self.replication}: "
            f"{len(self._state.borrowers):,} borrowers, {self.scenario.horizon_days:,} days, "
            f"{p.holds_opened:,} holds: {p.holds_released:,} released, {p.holds_forfeited:,} forfeited, "
            f"{p.pending_holds:,} pending)"
        )
