"""One simulated history: `Run` gives its tables."""

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

import simlimit
from simlimit.model.state import State
from simlimit.run import frames
from simlimit.run.delay_by_cause import delay_by_cause, repayment_holds
from simlimit.run.options import check_kept
from simlimit.scenario import Scenario
from simlimit.tables import layout, results


@dataclass(eq=False, repr=False, kw_only=True)
class Run(layout.TabularResult):
    """One simulated history of a scenario.

    The tables are DataFrames, made when they are first asked for. Amounts are in currency units, times in
    days from the start of the run, and as dates. Section 3 of docs/model.md documents every column.

    Attributes
    ----------
    scenario : Scenario
    seed, replication : int
    keep : str
        What the run kept: "counts", "holds" or "all".
    follow_up_days : int
        How long the followed holds in `counts` are observed.
    has_processes : bool
        Whether processes of your own took part. Then scenario and seed alone do not give the same history.

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 10}), seed=1)
    >>> run.holds["delay_days"].max()
    np.int64(0)
    """

    scenario: Scenario
    seed: int
    replication: int
    keep: str
    follow_up_days: int
    has_processes: bool
    _regions: tuple[str, ...]
    _state: State

    @cached_property
    def holds(self) -> pd.DataFrame:
        """A row per hold, in order of (`repaid_at`, borrower, loan, instalment); not if keep is "counts"."""
        check_kept("holds", self.keep, ("all", "holds"))
        return frames.holds_frame(self._state, self._regions, self.scenario.start_date)

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per day: the platform at the end of it, and what moved on it."""
        return frames.daily_frame(self._state.daily, self.scenario)

    @cached_property
    def borrowers(self) -> pd.DataFrame:
        """A row per borrower, at the end of the run."""
        return frames.borrowers_frame(self._state, self._regions, self.scenario)

    @cached_property
    def events(self) -> pd.DataFrame:
        """A row per event, in order of (day, phase, borrower); only if keep is "all"."""
        check_kept("events", self.keep, ("all",))
        return frames.events_frame(self._state, self.scenario.start_date)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """A row per region, follow-up and age: where repayment holds stand and end, in number and amount."""
        return frames.counts_frame(self._state, self._regions)

    @cached_property
    def records(self) -> pd.DataFrame:
        """A row per measurement that a process recorded, in their order."""
        return frames.records_frame(self._state.notes, self.scenario.start_date)

    @property
    def plot(self) -> "simlimit.plots.accessors.RunPlots":
        """Pictures of the run: ``run.plot.delay()``, and the other methods of `RunPlots`."""
        return simlimit.plots.accessors.RunPlots(self)

    def _tables(self) -> list[layout.Table]:
        if self.keep == "counts":
            return []
        holds = repayment_holds(self)
        at_once = (holds["outcome"] == "released") & (holds["delay_days"] == 0)
        forfeited = holds["forfeited_amount"] > 0
        return [results.causes_table(delay_by_cause(self), len(holds), at_once.sum(), forfeited.sum())]

    def __repr__(self) -> str:
        state = self._state
        totals = state.totals
        return (
            f"Run({self.scenario.name!r}, seed={self.seed}, replication={self.replication}: "
            f"{len(state.borrowers):,} borrowers, {self.scenario.horizon_days:,} days, "
            f"{totals.holds_opened:,} holds: {totals.holds_released:,} released, "
            f"{totals.holds_forfeited:,} forfeited, {state.today.pending_holds:,} pending)"
        )
