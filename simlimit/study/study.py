"""Many replications of one scenario, and their statistics."""

import dataclasses
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import Any, Literal

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import check_choice, check_confidence, check_whole
from simlimit.delays import aalen_johansen, at_risk, jackknife, quantiles
from simlimit.delays.clusters import clusters_behind
from simlimit.delays.share_intervals import mark_few, never_falling
from simlimit.delays.tables import curve_table, note_interval, with_interval
from simlimit.drivers.tallies import Tallies
from simlimit.model.book import Integers
from simlimit.model.causes import GATES
from simlimit.run import frames
from simlimit.run.options import LONGEST_FOLLOW_UP, check_kept
from simlimit.scenario import Scenario
from simlimit.study import intervals, metrics, verdicts
from simlimit.study.events import events_seen, expected_events, sizes_of_groups
from simlimit.study.metrics import WEIGHTS, Floats, Weight
from simlimit.study.options import CheckedOptions, Options
from simlimit.study.records import record_metrics
from simlimit.study.replications import Replications
from simlimit.study.warmup import settled
from simlimit.tables.layout import Table, TabularResult
from simlimit.tables.results import followed_notes, summary_table

ENDS = ("released", "forfeited")
LEVELS = ("outstanding", "available", "held", "pending_holds", "review_queue", "funding_queue", "headroom")
"""Daily series that settle at a level after the warm-up."""


class Study(TabularResult):
    """Replications of a scenario: tables with intervals, the delay distribution, and where holds stand.

    Made by `simlimit.replicate`. Every interval is over independent replications. Holds are not independent:
    they share borrowers, a review desk and a funding pool.

    Attributes
    ----------
    scenario : Scenario
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
        self, replications: Replications, number: int, options: CheckedOptions, is_precise: bool | None
    ) -> None:
        self._replications = replications
        self._tallies: Tallies = replications.tallies.rows(0, number)
        # Without what only runs here: a study can be kept in a file, or sent to another process.
        self._options = dataclasses.replace(options, executor=None, precision=None, processes=())
        self._by_follow_up: dict[int, Study] = {}
        self._prepared = replications.experiment.prepared
        self.scenario: Scenario = self._prepared.scenario
        self.seed = replications.experiment.seed
        self.follow_up_days = options.follow_up_days
        self.by = self._prepared.grouping.labels
        self.is_precise = is_precise

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self._tallies.daily)

    def __repr__(self) -> str:
        return (
            f"Study({self.scenario.name!r}, seed={self.seed}: {len(self):,} replications of "
            f"{self._prepared.borrowers:,} borrowers, {self.scenario.horizon_days:,} days)"
        )

    def _tables(self) -> list[Table]:
        return [summary_table(self.summary(), len(self), self._notes())]

    def _notes(self) -> tuple[str, str]:
        days = self.scenario.warmup_days, self.scenario.horizon_days, self.follow_up_days
        return followed_notes(*days, len(self))

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
        columns = metrics.all_metrics(self._tallies, self._prepared, self.follow_up_days, weight)
        seen = events_seen(self._tallies, self._prepared, self.follow_up_days)
        events = {metric: tuple(number.sum(axis=0).tolist()) for metric, number in seen.items()}
        recorded = record_metrics(self.records, len(self), self.scenario.warmup_days, names)
        for metric, (columns[metric], counts) in recorded.items():
            # What is recorded in each replication is not rare.
            events[metric] = (np.inf if counts.all() else counts.sum(), np.inf)
        table = pd.DataFrame(columns).rename_axis("replication")
        table.attrs["events"] = events
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
            metric: then too little says how far off the mean may be. It stays within what is possible.
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
        columns = intervals.metric_intervals(values, confidence, events, map(str, table))
        return pd.DataFrame(columns, index=pd.Index(list(table), name="metric"))

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
              all gaps of the table. It is unknown (NA), and the intervals NaN, where the group is expected to
              have fewer than 20 events of the metric, at the rate of the whole book. All are unknown where
              replications are too few for so many gaps: 12 are enough for four groups.
        """
        confidence = check_confidence(confidence)
        whole_book = self.metrics(weight)
        by_group = metrics.group_metrics(self._tallies, self._prepared, self.follow_up_days, weight)
        values = np.stack(list(by_group.values()), axis=1)
        whole = whole_book[list(by_group)].to_numpy()[..., np.newaxis]
        gaps = intervals.paired_differences(whole, values)
        sizes = np.stack([sizes_of_groups(self._tallies, metric) for metric in by_group])
        events = expected_events(whole_book[list(by_group)])[:, np.newaxis]
        expected = events * sizes / np.maximum(sizes.sum(axis=1, keepdims=True), 1)
        columns: dict[Any, Any] = intervals.metric_intervals(values, confidence, expected, by_group)
        columns |= intervals.t_interval_columns("gap", gaps, confidence, expected)
        p_values = verdicts.corrected_p_values(gaps, expected, confidence, sizes)
        columns["significant"] = verdicts.is_significant(p_values, confidence)
        return intervals.product_table(columns, metric=by_group, group=self.by)

    def delay_curve(
        self, confidence: float = 0.95, weight: Weight = "holds", group: str | None = None
    ) -> pd.DataFrame:
        """Return the share released, and forfeited, by each age: cumulative incidence (Aalen-Johansen).

        It uses every repayment hold from the end of the warm-up on. Those pending at the horizon are
        censored, and forfeits compete with releases. The day of the horizon is not simulated, so a hold
        pending at some age was last seen at the age before, and is not at risk at that age
        (``censored_at_risk=False`` of `cumulative_incidence`).

        Parameters
        ----------
        confidence : float
            Of each point separately: delete-one `jackknife` over replications.
        weight : "holds" or "amount"
            As in `summary`.
        group : str, optional
            One of the groups in `by`; all together if not given.

        Returns
        -------
        pandas.DataFrame
            Index `days`, 0 to the longest age observed; `simlimit.share_at` gives other days. Columns as from
            `cumulative_incidence`: `at_risk` (holds, or currency units, of all replications), `few_at_risk`
            (fewer than 20 holds), `clusters` (the effective number of replications), `released` and
            `forfeited` with `_low` and `_high`, and `pending` (the rest). NaN beyond the ages at which
            anything was observed. Intervals are NaN with fewer than 5 holds at risk. Where all were, or none
            was, released they are exact, and not of width 0. Their ends never fall.

        Raises
        ------
        SimlimitError
            If there is no such group.
        """
        ended, censored = self._ended(confidence, weight, group)
        totals = ended.sum(axis=0), censored.sum(axis=0)
        clusters = clusters_behind(totals, [(ended, censored)])
        band = jackknife(aalen_johansen, ended, censored, confidence=confidence, clusters=clusters)
        few = mark_few(tuple(each.sum(axis=0) for each in self._ended(confidence, "holds", group)))
        risk = at_risk(*totals) / (1 if weight == "holds" else 100)
        curves = (band.estimate, band.low, band.high)
        table = curve_table(pd.RangeIndex(len(risk)), ENDS, risk, few, curves, clusters)
        return note_interval(table, confidence, "delete-one jackknife over replications")

    def quantiles(
        self,
        probabilities: Iterable[float] = (0.25, 0.5, 0.75, 0.9),
        group: str | None = None,
        confidence: float = 0.95,
        weight: Weight = "holds",
    ) -> pd.DataFrame:
        """Return the age by which given shares are released, with its interval.

        Parameters
        ----------
        probabilities : floats
            Above 0 and at most 1.
        group, confidence, weight
            As in `delay_curve`.

        Returns
        -------
        pandas.DataFrame
            As `simlimit.quantiles` of the `delay_curve`: a row for each probability.

        Raises
        ------
        SimlimitError
            If a probability is not above 0 and at most 1, or another argument is not as above.

        Examples
        --------
        >>> import simlimit as sl
        >>> daily = sl.preset("clockwork").replace({"population.borrowers": 100})
        >>> sl.describe_quantiles(sl.replicate(daily, 20, seed=1).quantiles((0.5,))).to_list()
        ['0 days (0 to 0)']
        """
        return quantiles(self.delay_curve(confidence, weight, group), "released", probabilities)

    def standing(
        self, confidence: float = 0.95, weight: Weight = "amount", group: str | None = None
    ) -> pd.DataFrame:
        """Return where repaid amounts stand at each age: at which cause, released or forfeited.

        The holds are the followed ones of `summary`, so shares are plain proportions and add up to 1 at every
        age. All replications count together. Amounts repaid on the last day that has a full follow-up reach
        its end at the horizon: there they stand where they stood the day before.

        Parameters
        ----------
        confidence : float
            Of each share separately: delete-one `jackknife` over replications. Where nothing, or all, stands,
            the interval is exact, and not of width 0. The intervals of what has ended never fall.
        weight : "amount" or "holds"
            Whether shares are of the repaid amount, or of the number of holds.
        group : str, optional
            One of the groups in `by`; all together if not given.

        Returns
        -------
        pandas.DataFrame
            Index `days`, 0 to the follow-up. Columns: the eight causes, `released` and `forfeited`; then each
            with `_low` and `_high`. NaN without a followed hold.
        """
        counts = self._counts("followed", confidence, weight, group)
        counts[:, len(GATES) :] = counts[:, len(GATES) :].cumsum(axis=-1)
        band = jackknife(_shares, counts, confidence=confidence)
        names = (*GATES, *ENDS)
        columns: dict[Hashable, Floats] = dict(zip(names, band.estimate, strict=True))
        for end in (band.low, band.high):
            end[len(GATES) :] = never_falling(end[len(GATES) :])
        for i, name in enumerate(names):
            columns |= with_interval(name, band.estimate[i], band.low[i], band.high[i])
        return pd.DataFrame(columns, index=pd.RangeIndex(counts.shape[-1], name="days"))

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
        found = [settled(level / np.maximum(borrowers, 1)) for level in levels]
        index = pd.Index(LEVELS, name="series")
        return pd.DataFrame(found, index, ["warmup_days", "detectable"], dtype=np.float64)

    @property
    def plot(self) -> "simlimit.plots.accessors.StudyPlots":
        """Pictures of the study: ``study.plot.standing()``, and the other methods of `StudyPlots`."""
        return simlimit.plots.accessors.StudyPlots(self)

    def _with_follow_up(self, follow_up_days: int) -> "Study":
        if follow_up_days not in self._by_follow_up:
            used = self._options
            again: Options = {"by": used.by, "bands": used.bands, "progress": used.progress}
            again |= {"follow_up_days": follow_up_days, "workers": used.workers}
            again["processes"] = self._replications.experiment.own_processes()
            self._by_follow_up[follow_up_days] = simlimit.replicate(
                self.scenario, len(self), self.seed, **again
            )
        return self._by_follow_up[follow_up_days]

    def _counts(
        self, which: Literal["ended", "followed"], confidence: float, weight: str, group: str | None
    ) -> Integers:
        """Check the arguments that the curves have in common, and return the counts of a group, or of all."""
        confidence = check_confidence(confidence)
        check_choice("weight", weight, WEIGHTS)
        counts = metrics.holds_or_cents(self._tallies, which, weight)
        if group is None:
            return np.asarray(counts.sum(axis=1, dtype=np.int64))
        check_choice("group", group, self.by, "study.groups()")
        return counts[:, self.by.index(group)].astype(np.int64)

    def _ended(self, confidence: float, weight: str, group: str | None) -> tuple[Integers, Integers]:
        """Return the counts of each replication that ended in each way at each age, and the last seen."""
        counts = self._counts("ended", confidence, weight, group)
        return counts[:, :2], metrics.last_seen(counts[:, 2])

    def _kept_table(self, name: str, kept: tuple[str, ...]) -> pd.DataFrame:
        """Return a table of all replications, or refuse if the study does not keep it."""
        check_kept(name, self._replications.experiment.keep, kept)
        return self._replications.table(name, len(self))


def _shares(counts: Integers) -> Floats:
    """Return counts as shares of all followed holds, whose number is the same at every age."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(counts / counts.sum(axis=-2, keepdims=True))
