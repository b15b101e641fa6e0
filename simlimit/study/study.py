"""Many replications of one scenario, and their statistics."""

import dataclasses
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import check_choice, check_confidence, check_whole
from simlimit.errors import SimlimitError
from simlimit.run import frames
from simlimit.run.options import LONGEST_FOLLOW_UP, check_kept
from simlimit.scenario import Scenario
from simlimit.study import curves, draws, intervals, metrics, store, warmup
from simlimit.study.metrics import WEIGHTS, Weight, expected_events, sizes_of_groups
from simlimit.study.options import CheckedOptions
from simlimit.tables import layout, results
from simlimit.templates import filled

# Daily series that settle at a level after the warm-up.
LEVELS = ("outstanding", "available", "held", "pending_holds", "review_queue", "funding_queue", "headroom")


class Study(curves.Curves, layout.TabularResult["simlimit.plots.accessors.StudyPlots"]):
    """Replications of a scenario: tables with intervals, the delay distribution, and where holds stand.

    Made by `simlimit.replicate`. Every interval is over independent replications. Holds are not independent:
    they share borrowers, a review desk and a funding pool. The intervals of a fit say where the middle draws
    of its parameters are, without simulation error.

    Attributes
    ----------
    scenario : Scenario
        Of a fit, its estimate.
    of_fit : bool
        Whether it is of a fit, whose parameters are not certain.
    draws : tuple of Scenario
        Of a fit, the draws of its parameters: replications 2k and 2k + 1 are of draw k.
    seed : int
    follow_up_days : int
        How long each followed hold is observed.
    by : tuple of str
        The groups of borrowers: the regions, unless `replicate` was given another `by`.
    is_precise : bool or None
        Whether the precision was reached; None if none was asked for.

    Examples
    --------
    >>> import simlimit as sl
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 100}
    ... )
    >>> study = sl.replicate(weekly, 20, seed=1)
    >>> study
    Study('clockwork', seed=1: 20 replications of 100 borrowers, 720 days)
    >>> mean = study.summary().loc["days_away"]  # of delays of 0 .. 6 days
    >>> bool(mean["low"] < 3 < mean["high"])
    True
    """

    def __init__(
        self, replications: store.Replications, number: int, options: CheckedOptions, is_precise: bool | None
    ) -> None:
        self._replications = replications
        self._tallies = replications.tallies.rows(0, number)
        # Without what only runs here: a study can be kept in a file, or sent to another process.
        self._options = dataclasses.replace(options, executor=None, precision=None, processes=())
        self._by_follow_up: dict[int, Study] = {}
        self._prepared = replications.experiment.prepared
        self.scenario: Scenario = self._prepared.scenario
        self.draws = replications.experiment.draws[: number // draws.PER_DRAW]
        self.of_fit = bool(self.draws)
        self.seed = replications.experiment.seed
        self.follow_up_days = options.follow_up_days
        self.by = self._prepared.grouping.labels
        self.is_precise = is_precise

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self._tallies.daily)

    def __repr__(self) -> str:
        size = "{n:,} replication{n:s} of {b:,} borrower{b:s}, {d:,} day{d:s}"
        numbers = {"n": len(self), "b": self._prepared.borrowers, "d": self.scenario.horizon_days}
        return f"Study({self.scenario.name!r}, seed={self.seed}: {filled(size, **numbers)})"

    def _tables(self) -> list[layout.Table]:
        summary = results.summary_table(self.summary(), len(self), self._notes())
        # Beside gap_days, which is above 0 by chance alone, they say whether a group differs.
        return [summary, results.groups_table(self.groups())] if len(self.by) > 1 else [summary]

    def _notes(self) -> tuple[str, ...]:
        days = self.scenario.warmup_days, self.scenario.horizon_days, self.follow_up_days
        over = self._over(filled("Student's t over {n:,} replication{n:s}", n=len(self)))
        return results.followed_notes(*days, over)

    def metrics(self, weight: Weight = "holds") -> pd.DataFrame:
        """Return the metrics of each replication, of which `summary` gives the means.

        Parameters
        ----------
        weight : "holds" or "amount"
            As in `summary`.

        Returns
        -------
        pandas.DataFrame
            Index `replication`, a column for each metric. A metric of the followed holds is NaN without a
            followed hold. `median_days` is infinite where half was not released within the follow-up.
            ``attrs["events"]`` says on how many events of all replications a metric rests: how many do what
            it measures, and how many do not, infinite if it is no share of holds.
        """
        return self._metrics(self.records["name"].unique(), weight)

    def _metrics(self, names: Iterable[str], weight: Weight) -> pd.DataFrame:
        """Return `metrics`, with the total and the mean of what was recorded under each of these names."""
        check_choice("weight", weight, WEIGHTS)
        columns, events = metrics.values_and_events(
            self._tallies, self._prepared, self.follow_up_days, weight, self.records, names
        )
        table = pd.DataFrame(columns).rename_axis("replication")
        table.attrs["events"] = {name: tuple(seen.sum(axis=0).tolist()) for name, seen in events.items()}
        return table

    def summary(
        self, confidence: float = 0.95, follow_up_days: int | None = None, weight: Weight = "holds"
    ) -> pd.DataFrame:
        """Return the mean of each metric over replications, with its interval.

        The followed holds are all repayment holds with a full follow-up, whatever became of them: those with
        `warmup_days` <= repaid_at <= `horizon_days` - follow-up. So metrics are plain proportions and means.

        Parameters
        ----------
        confidence : float
            Of each interval separately: Student's t over replications, for the expectation of a replication.
            It is NaN if all replications are equal, such as 0, or have together fewer than 20 events of the
            metric: then too little says how far off the mean may be. It stays within what is possible. Of a
            fit, it is for the expectation of a replication, given what the log leaves open: NaN with fewer
            than 39 draws (19 for 90 %).
        follow_up_days : int, optional
            Another follow-up: then the replications are simulated again.
        weight : "holds" or "amount"
            Whether each hold counts as one, or by its amount. Counted as one, a hold that lost any part is
            forfeited, at the age at which it ends; by amount, each part is exact.

        Returns
        -------
        pandas.DataFrame
            Index `metric`, columns `estimate`, `low`, `high`, `replications` (how many have a value):

            - `released_within_0d`, `_7d`, `_30d`, `_90d`: share released at this age in days or earlier; NaN
              beyond the follow-up;
            - `forfeited_share`, `pending_share`: at the end of the follow-up;
            - `days_away`: days within the follow-up on which a repaid amount has not come back; what is
              forfeited is away to its end;
            - `days_settlement` .. `days_funding`, `days_forfeited`: days charged to each cause, and days
              since an amount was forfeited, which add up to `days_away`;
            - `median_days`: age by which half was released; NaN if some replication does not reach it;
            - `no_limit_share`: share of borrower-days on which less than `min_draw` can be drawn, although
              the highest limit so far, less what is outstanding, is `min_draw` or more;
            - `limit_days_lost`: what is missing of the highest limit so far, since it is neither outstanding
              nor available, x days, in currency units x days per borrower and year;
            - `default_losses`: written off, in currency units per borrower and year. Taking credit away can
              lower them, so read them with `limit_days_lost`;
            - `interest_income`, `net_income`: interest that is paid, and what is left of it less
              `default_losses`, in the same unit. So the latter, too, is to be read with `limit_days_lost`;
            - `name.total`, `name.mean` of what your own processes record under a name: sum and mean over a
              replication from the end of the warm-up on; NaN is the mean of nothing;
            - `gap_days`: largest minus smallest `days_away` of the groups; NaN if a group has no followed
              hold. Chance alone makes it positive, the more so the fewer holds there are. So compare it
              between scenarios of one book, and use `groups` to see whether a group differs.

        Raises
        ------
        SimlimitError
            If an argument is not as above.
        """
        confidence = check_confidence(confidence)
        if follow_up_days is not None:
            follow_up_days = check_whole("follow_up_days", follow_up_days, LONGEST_FOLLOW_UP)
            if follow_up_days != self.follow_up_days:
                return self._with_follow_up(follow_up_days).summary(confidence, None, weight)
        table = self.metrics(weight)
        values, events = table.to_numpy(), expected_events(table)
        columns = intervals.metric_intervals(values, confidence, events, map(str, table), self.of_fit)
        return pd.DataFrame(columns, index=pd.Index(list(table), name="metric"))

    def variance_components(self, weight: Weight = "holds") -> pd.DataFrame:
        """Return how much of the variance of replications of a fit is from its parameters.

        Parameters
        ----------
        weight : "holds" or "amount"
            As in `summary`.

        Returns
        -------
        pandas.DataFrame
            Index `metric`; columns:

            - `parameters`: the variance over draws of the expectation of a replication. The estimate is
              unbiased (analysis of variance), so it may be below 0 where simulation error hides it;
            - `simulation`: the variance of replications of one draw;
            - `share`: of the parameters in the sum of both, at least 0; NaN if nothing varies.

        Raises
        ------
        SimlimitError
            If the study is not of a fit.
        """
        table = self.metrics(weight)
        if not self.of_fit:
            raise SimlimitError("The study is of a scenario, but only the parameters of a fit vary.")
        _, parameters, simulation, _ = intervals.variance_components(table.to_numpy())
        found = pd.DataFrame({"parameters": parameters, "simulation": simulation})
        least = found["parameters"].clip(lower=0)
        found["share"] = least / (least + found["simulation"])
        return found.set_index(pd.Index(list(table), name="metric"))

    def groups(self, confidence: float = 0.95, weight: Weight = "holds") -> pd.DataFrame:
        """Return the metrics of each group of borrowers, and how they differ from the whole book.

        The groups are the regions, unless `replicate` was given another `by`.

        Parameters
        ----------
        confidence, weight
            As in `summary`.

        Returns
        -------
        pandas.DataFrame
            Index `metric`, `group`; columns:

            - `estimate`, `low`, `high`, `replications`: as in `summary`;
            - `gap`, `gap_low`, `gap_high`: the group less the whole book, paired within replications;
            - `significant`: whether the gap differs from 0 at this confidence, corrected by Holm's rule for
              all gaps that are tested. It is unknown (NA), and the interval of the gap NaN, where too few
              events are expected at the rate of the whole book: fewer than 20 of the group, or of all others.
              All are unknown where replications are too few for so many gaps: 12 are enough for four groups.
              Where a group has few borrowers, it is wrong more often than the confidence says.
        """
        confidence = check_confidence(confidence)
        all_metrics = self.metrics(weight)
        by_group = metrics.group_metrics(self._tallies, self.follow_up_days, weight)
        whole_book = all_metrics[list(by_group)]
        values = np.stack(list(by_group.values()), axis=1)
        gaps = intervals.paired_differences(whole_book.to_numpy()[..., np.newaxis], values)
        sizes = np.stack([sizes_of_groups(self._tallies, metric) for metric in by_group])
        shares = sizes / np.maximum(sizes.sum(axis=1, keepdims=True), 1)
        expected = expected_events(whole_book)[:, np.newaxis] * shares
        columns = intervals.metric_intervals(values, confidence, expected, by_group, self.of_fit)
        # A gap is between a group and all others: a large group has no more events for it than these.
        events = metrics.expected_between_groups(self._tallies, self.scenario.warmup_days, whole_book)
        expected = events[:, np.newaxis] * np.minimum(shares, 1 - shares)
        columns |= intervals.interval_columns("gap", gaps, confidence, expected, self.of_fit)
        p_values = intervals.corrected_p_values(gaps, expected, confidence, sizes, self.of_fit)
        columns["significant"] = intervals.is_significant(p_values, confidence)
        return intervals.product_table(columns, metric=by_group, group=self.by)

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per replication and day, with the columns of `run.daily` after `replication`."""
        table = frames.daily_frame(self._tallies.daily.reshape(-1), self.scenario)
        table.insert(0, "replication", np.repeat(np.arange(len(self)), self.scenario.horizon_days))
        return table

    @property
    def holds(self) -> pd.DataFrame:
        """The holds of all replications: `run.holds` after a column `replication`; not kept by default."""
        return self._kept_table("holds", ("holds", "all"))

    @property
    def borrowers(self) -> pd.DataFrame:
        """The borrowers of all replications: `run.borrowers` after a column `replication`; see `holds`."""
        return self._kept_table("borrowers", ("holds", "all"))

    @property
    def events(self) -> pd.DataFrame:
        """The events of all replications: `run.events` after a column `replication`; kept by "all" only."""
        return self._kept_table("events", ("all",))

    @cached_property
    def records(self) -> pd.DataFrame:
        """What your own processes recorded: `run.records` after a column `replication`; always kept."""
        return self._replications.records(len(self))

    def suggested_warmup(self) -> pd.DataFrame:
        """Return the days after which each daily level, per borrower who is there, no longer drifts.

        A level drifts while the mean of four weeks, over replications, is certainly more than 10 % off the
        mean of the second half of the run. So the mean of the days that are left is off by at most 5 %, as
        far as is seen. It is only a suggestion: you set `warmup_days` of the scenario.

        Returns
        -------
        pandas.DataFrame
            Index `series`: columns of `daily`. Columns:

            - `warmup_days`: NaN if it cannot be told. Then the level drifts until close to the middle of the
              run, or to its end, the run is shorter than 16 weeks, or replications are too few. It is NaN as
              well where there is no level, as with the headroom of an unlimited pool;
            - `detectable`: a drift of less than this share of the level may stay unseen.

        Examples
        --------
        >>> import simlimit as sl
        >>> study = sl.replicate(sl.preset("credit-loan"), 20, seed=1)
        >>> float(study.suggested_warmup().loc["held", "warmup_days"])
        42.0
        """
        daily = self.daily[[*LEVELS, "borrowers"]].to_numpy(np.float64)
        *levels, borrowers = np.moveaxis(daily.reshape(len(self), -1, len(LEVELS) + 1), 2, 0)
        found = [warmup.settled(level / np.maximum(borrowers, 1)) for level in levels]
        index = pd.Index(LEVELS, name="series")
        return pd.DataFrame(found, index, ["warmup_days", "detectable"], dtype=np.float64)

    def _with_follow_up(self, follow_up_days: int) -> "Study":
        if follow_up_days not in self._by_follow_up:
            own = self._replications.experiment.own_processes()
            tallied: dict[str, Any] = {"engine": None, "keep": "counts", "store": None, "processes": own}
            again = vars(self._options) | tallied | {"follow_up_days": follow_up_days}
            source = draws.Draws(self.scenario, lambda n: self.draws) if self.of_fit else self.scenario
            self._by_follow_up[follow_up_days] = simlimit.replicate(source, len(self), self.seed, **again)
        return self._by_follow_up[follow_up_days]

    def _kept_table(self, name: str, kept: tuple[str, ...]) -> pd.DataFrame:
        """Return a table of all replications, or refuse if the study does not keep it."""
        check_kept(name, self._replications.experiment.keep, kept)
        return self._replications.table(name, len(self))
