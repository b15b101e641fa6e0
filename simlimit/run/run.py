"""One simulated history: `Run` gives its tables, and `delay_by_cause` what repaid principal waited for."""

from functools import cached_property

import pandas as pd

import simlimit
from simlimit.arguments import check_type
from simlimit.model.causes import GATES
from simlimit.model.preparation import PreparedScenario
from simlimit.model.state import State
from simlimit.run import frames, options
from simlimit.tables import layout, results
from simlimit.templates import filled


class Run(layout.TabularResult["simlimit.plots.accessors.RunPlots"]):
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

    def __init__(
        self, prepared: PreparedScenario, state: State, keep: str, follow_up_days: int, has_processes: bool
    ) -> None:
        self.scenario, self._prepared, self._state = prepared.scenario, prepared, state
        self.seed, self.replication = int(state.run.seed), int(state.run.replication)
        self.keep, self.follow_up_days, self.has_processes = keep, follow_up_days, has_processes

    @cached_property
    def holds(self) -> pd.DataFrame:
        """A row per hold, in order of (`repaid_at`, borrower, loan, instalment); not if keep is "counts".

        ``attrs["window"]`` has the first day after the warm-up and the last one. `fit` compares these days.
        """
        options.check_kept("holds", self.keep, ("all", "holds"))
        table = frames.holds_frame(self._state, self._prepared.regions.names, self.scenario.start_date)
        table.attrs["window"] = (self.scenario.warmup_days, self.scenario.horizon_days - 1)
        return table

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per day: the platform at the end of it, and what moved on it."""
        return frames.daily_frame(self._state.daily, self.scenario)

    @cached_property
    def borrowers(self) -> pd.DataFrame:
        """A row per borrower, at the end of the run."""
        return frames.borrowers_frame(self._state, self._prepared.regions.names, self.scenario)

    @cached_property
    def events(self) -> pd.DataFrame:
        """A row per event, in order of (day, phase, borrower); only if keep is "all"."""
        options.check_kept("events", self.keep, ("all",))
        return frames.events_frame(self._state, self.scenario.start_date)

    @cached_property
    def counts(self) -> pd.DataFrame:
        """A row per region, follow-up and age: where repayment holds stand and end, in number and amount."""
        return frames.counts_frame(self._state, self._prepared.regions.names)

    @cached_property
    def records(self) -> pd.DataFrame:
        """A row per measurement that a process recorded, in their order."""
        return frames.records_frame(self._state.notes, self.scenario.start_date)

    def event_log(self) -> pd.DataFrame:
        """Return the life of each hold as process-mining tools read it; only if keep is "all".

        A hold is a case. It begins with a row of its `kind`, has a row for each stay at a gate, and ends with
        a row of its `outcome`. A hold that comes back to a gate has a stay more there. Stays last whole days,
        from midnight to midnight: all those of a hold at a gate last as long as `run.holds` says. A hold that
        is pending has no end. Its last stay goes on, and is seen until the midnight after the last day.

        Returns
        -------
        pandas.DataFrame
            Holds are in the order of `run.holds`, their rows in that of time. The names are those of the
            standard XES, as pm4py expects them:

            - `case:concept:name`: the number of the hold, as text;
            - `concept:name`: repayment or raise; a cause, such as review; released or forfeited;
            - `org:resource`: who is at work: borrower, desk, pool or platform;
            - `start_timestamp`, `time:timestamp`: when it began and ended;
            - `lifecycle:transition`: complete; start where a stay goes on;
            - `case:borrower`, `case:region`, `case:kind`, `case:amount`, `case:outcome`: as in `run.holds`.

        Raises
        ------
        SimlimitError
            If the run keeps less than all.

        Examples
        --------
        >>> import simlimit as sl
        >>> small = sl.preset("clockwork").replace({"population.borrowers": 1, "horizon_days": 60})
        >>> weekly = small.replace({"evaluation.straight_through": False, "evaluation.period_days": 7})
        >>> log = sl.simulate(weekly, seed=1).event_log()
        >>> log[["concept:name", "start_timestamp", "time:timestamp"]].head(3)
          concept:name start_timestamp time:timestamp
        0    repayment      2020-01-18     2020-01-18
        1   evaluation      2020-01-18     2020-01-22
        2     released      2020-01-22     2020-01-22
        """
        options.check_kept("stays at gates", self.keep, ("all",))
        return frames.event_log_frame(self._state, self.holds, self.scenario)

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
        size = "{b:,} borrower{b:s}, {d:,} day{d:s}, {h:,} hold{h:s}"
        numbers = {"b": len(state.borrowers), "d": self.scenario.horizon_days, "h": totals.holds_opened}
        return (
            f"Run({self.scenario.name!r}, seed={self.seed}, replication={self.replication}: "
            f"{filled(size, **numbers)}: {totals.holds_released:,} released, "
            f"{totals.holds_forfeited:,} forfeited, {state.today.pending_holds:,} pending)"
        )


def repayment_holds(run: Run) -> pd.DataFrame:
    """Return the holds that statistics are about: of repayments, from the end of the warm-up on."""
    holds = run.holds
    return holds[(holds["kind"] == "repayment") & (holds["repaid_at"] >= run.scenario.warmup_days)]


def delay_by_cause(run: Run) -> pd.DataFrame:
    """Return what repaid principal waited for: a row for each cause, and their total.

    Every day of a hold's life is charged to exactly one cause, so the days of the causes add up to the total.
    The table counts all repayment holds from the end of the warm-up on. A hold that is still pending counts
    with its days so far. So `hold_days` is exact for the days that were simulated, but `mean_days` is too low
    where holds are pending. A hold that is forfeited has its days until then; it never comes back, which
    `days_away` of a study counts.

    Parameters
    ----------
    run : Run
        A run that keeps its holds.

    Returns
    -------
    pandas.DataFrame
        Index `cause`: the eight causes in their order, and ``total``. Columns:

        - `holds`: repayment holds that waited for it at least a day; since a hold can wait for several
          causes, the total is at most the sum of the rows;
        - `share_of_holds`: the same as a share of all repayment holds; NaN if there are none;
        - `hold_days`: days charged, in hold-days;
        - `share_of_days`: the same as a share of all hold-days; NaN if no hold waited;
        - `mean_days`: days per hold that waited for it; NaN if none did.

    Raises
    ------
    SimlimitError
        If `run` is not a `Run`, or kept no holds.

    Examples
    --------
    >>> import simlimit as sl
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 50}
    ... )
    >>> table = sl.delay_by_cause(sl.simulate(weekly, seed=1))
    >>> bool(table.loc["evaluation", "hold_days"] == table.loc["total", "hold_days"])
    True
    """
    check_type("run", run, Run)
    holds = repayment_holds(run)
    days = holds[[f"days_{gate}" for gate in GATES]].set_axis(GATES, axis=1)
    days["total"] = days.sum(axis=1)
    waited, total = (days > 0).sum(), days.sum()
    columns = {
        "holds": waited,
        "share_of_holds": waited / len(holds),
        "hold_days": total,
        "share_of_days": total / total["total"],
        "mean_days": total / waited,
    }
    return pd.DataFrame(columns).rename_axis("cause")
