"""Many replications of one scenario, and what they say."""

from collections.abc import Callable
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

import simlimit
from simlimit.arguments import check_confidence, check_whole
from simlimit.delays import aalen_johansen, at_risk, jackknife
from simlimit.drivers.tallies import Tallies
from simlimit.errors import SimlimitError
from simlimit.model.start import Setting
from simlimit.model.state import GATES
from simlimit.run import frames
from simlimit.run.options import LONGEST_FOLLOW_UP
from simlimit.scenario import Scenario
from simlimit.study import metrics
from simlimit.study.gathering import Case, Gathering
from simlimit.study.intervals import Floats, holm, paired, t_intervals, t_probabilities
from simlimit.study.warmup import mser5

ENDS = ("released", "forfeited")
LEVELS = ("outstanding", "available", "held", "pending_holds", "review_queue", "funding_queue", "headroom")
"""Daily series that have a level to warm up to."""


class Study:
    """Replications of a scenario: tables with intervals, the delay distribution, and where holds stand.

    Made by `simlimit.replicate`. Every interval is over independent replications, never over holds, which
    share borrowers, a desk and a pool.

    Attributes
    ----------
    scenario : Scenario
    seed : int
    follow_up_days : int
        How long each followed hold is observed.
    by : tuple of str
        The groups that are counted apart: the regions, unless `replicate` was told otherwise.
    is_precise : bool or None
        Whether the precision that was asked for was reached; None if none was.

    Examples
    --------
    >>> import simlimit as sl
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 100}
    ... )
    >>> study = sl.replicate(weekly, 20, seed=1)
    >>> study
    Study('clockwork', seed=1: 20 replications of 100 borrowers, 720 days)
    >>> mean = study.summary().loc["restricted_mean_days"]  # of delays of 0 .. 6 days
    >>> bool(mean["low"] < 3 < mean["high"])
    True
    """

    def __init__(
        self,
        gathering: Gathering,
        number: int,
        follow_up_days: int,
        again: Callable[[int], "Study"],
        is_precise: bool | None = None,
    ) -> None:
        self._case: Case = gathering.case
        self._setting: Setting = gathering.case.setting
        self._gathering = gathering
        self._tallies: Tallies = gathering.tallies.rows(0, number)
        self._again = again
        self._others: dict[int, Study] = {}
        self.scenario: Scenario = self._setting.scenario
        self.seed: int = self._case.seed
        self.follow_up_days = follow_up_days
        self.by = self._setting.grouping.labels
        self.is_precise = is_precise

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self._tallies.daily)

    def __repr__(self) -> str:
        return (
            f"Study({self.scenario.name!r}, seed={self.seed}: {len(self):,} replications of "
            f"{self._setting.borrowers:,} borrowers, {self.scenario.horizon_days:,} days)"
        )

    @cached_property
    def replications(self) -> pd.DataFrame:
        """A row per replication, a column per metric: what `summary` is about, by holds.

        The columns are those of the index of `summary`. NaN where a replication has no followed hold, and
        the median also where half of its holds have not been released within the follow-up.
        """
        return self.metrics("holds")

    def metrics(self, weight: Literal["holds", "amount"] = "holds") -> pd.DataFrame:
        """Return a row per replication and a column per metric.

        Parameters
        ----------
        weight : "holds" or "amount"
            Whether holds count each as one, or by their amount.

        Returns
        -------
        pandas.DataFrame
            Index `replication`.
        """
        return metrics.as_table(self.values(weight))

    def values(self, weight: Literal["holds", "amount"] = "holds") -> dict[str, Floats]:
        """Return what `metrics` does as arrays, with an infinite median where it was not reached.

        Parameters
        ----------
        weight : "holds" or "amount"

        Returns
        -------
        dict of arrays
            By the names of the metrics, a value for each replication.
        """
        metrics.check_weight(weight)
        return metrics.all_metrics(self._tallies, self._setting, self.follow_up_days, weight)

    def summary(
        self,
        confidence: float = 0.95,
        follow_up_days: int | None = None,
        weight: Literal["holds", "amount"] = "holds",
    ) -> pd.DataFrame:
        """Return the metrics: the mean over replications, and its interval.

        The cohort is every repayment hold with a full follow-up, `warmup_days` <= repaid_at <= `horizon_days`
        - follow-up, whatever became of it, so the metrics are plain proportions and means.

        Parameters
        ----------
        confidence : float
            Of each interval by itself: Student's t over replications, for the expectation of a replication.
        follow_up_days : int, optional
            Another follow-up than the study's: then its replications are simulated again, in this process.
        weight : "holds" or "amount"
            Whether holds count each as one, or by their amount.

        Returns
        -------
        pandas.DataFrame
            Index `metric`, columns `estimate`, `low`, `high`, `replications` (that had a hold to speak of):

            - `released_within_0d`, `_7d`, `_30d`, `_90d`: share released at an age of so many days or less;
              NaN beyond the follow-up;
            - `forfeited_share`, `pending_share`: at the end of the follow-up;
            - `restricted_mean_days`: days until the end, at most the follow-up;
            - `days_settlement` .. `days_funding`: those of them charged to each gate; they add up to it;
            - `median_days`: age by which half was released; NaN where some replication does not reach it;
            - `no_limit_share`: share of borrower-days on which nothing can be drawn although the line has
              room;
            - `limit_days_lost`: amount x days held, in currency units x days per borrower and year;
            - `default_losses`: written off, in currency units per borrower and year;
            - `gap_days`: largest less smallest restricted mean of the groups counted apart; unknown where a
              group has no followed hold. It is above 0 by chance alone, the more so the fewer holds there
              are: compare it between scenarios of one book, and ask `groups` whether a group differs.

        Raises
        ------
        SimlimitError
            If an argument is not as above.
        """
        check_confidence(confidence)
        if follow_up_days is not None:
            follow_up_days = check_whole("follow_up_days", follow_up_days, LONGEST_FOLLOW_UP)
            if follow_up_days != self.follow_up_days:
                return self._with_follow_up(follow_up_days).summary(confidence, None, weight)
        values = self.values(weight)
        estimate, low, high, number = t_intervals(np.column_stack(list(values.values())), confidence)
        return pd.DataFrame(
            {"estimate": estimate, "low": low, "high": high, "replications": number},
            index=pd.Index(list(values), name="metric"),
        )

    def groups(self, confidence: float = 0.95, weight: Literal["holds", "amount"] = "holds") -> pd.DataFrame:
        """Return the metrics of each group of borrowers, and how far it is from the whole book.

        The groups are the regions, or whatever `replicate` was told to count apart with `by`.

        Parameters
        ----------
        confidence : float
            Of each interval by itself, Student's t over replications.
        weight : "holds" or "amount"

        Returns
        -------
        pandas.DataFrame
            Index `metric`, `group`; columns `estimate`, `low`, `high`, `replications`, and the gap: `gap`,
            `gap_low`, `gap_high` (the group less the whole book, paired within replications), `is_real`
            (whether the gap differs from 0 at this confidence, corrected by Holm's rule for all gaps in the
            table).
        """
        check_confidence(confidence)
        of_groups = metrics.group_metrics(self._tallies, self._setting, self.follow_up_days, weight)
        of_all = self.values(weight)
        values = np.stack(list(of_groups.values()), axis=1)
        whole = np.column_stack([of_all[name] for name in of_groups])[..., np.newaxis]
        gaps = paired(np.broadcast_to(whole, values.shape), values)
        estimate, low, high, number = t_intervals(values, confidence)
        gap, gap_low, gap_high, _ = t_intervals(gaps, confidence)
        corrected = holm(t_probabilities(gaps).ravel())
        columns = {
            "estimate": estimate, "low": low, "high": high, "replications": number,
            "gap": gap, "gap_low": gap_low, "gap_high": gap_high,
        }  # fmt: skip
        index = pd.MultiIndex.from_product([list(of_groups), list(self.by)], names=["metric", "group"])
        table = pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)
        table["is_real"] = corrected < 1 - confidence
        return table

    @cached_property
    def delay(self) -> pd.DataFrame:
        """The delay distribution of all repayment holds, with 95 % intervals: `delay_curve` by holds."""
        return self.delay_curve()

    def delay_curve(
        self,
        confidence: float = 0.95,
        weight: Literal["holds", "amount"] = "holds",
        group: str | None = None,
    ) -> pd.DataFrame:
        """Return the share released, and forfeited, by each age: cumulative incidence (Aalen-Johansen).

        It uses every repayment hold from the end of the warm-up on; those pending at the horizon are
        censored, and forfeits compete with releases. The day of the horizon is not simulated, so a hold that
        is pending at some age was last seen at the age before, and is not at risk at that age
        (`censored_first` of `cumulative_incidence`).

        Parameters
        ----------
        confidence : float
            Of each point by itself: delete-one jackknife over replications, Student's t.
        weight : "holds" or "amount"
        group : str, optional
            One of the groups counted apart; all together if not given.

        Returns
        -------
        pandas.DataFrame
            Index `days`, 0 to the longest age observed; columns `at_risk` (holds, or currency units, over all
            replications), `released`, `released_low`, `released_high`, `forfeited`, `forfeited_low`,
            `forfeited_high`, `pending` (the rest). NaN beyond the ages at which anything was still observed.

        Raises
        ------
        SimlimitError
            If there is no such group.
        """
        check_confidence(confidence)
        metrics.check_weight(weight)
        counts = metrics.of_group(metrics.ended_counts(self._tallies, weight), self._group(group))
        ended, censored = counts[:, :2], metrics.last_seen(counts[:, 2])
        band = jackknife(aalen_johansen, ended, censored, confidence=confidence)
        unit = 1 if weight == "holds" else 100
        columns: dict[str, npt.NDArray[np.float64]] = {
            "at_risk": at_risk(ended.sum(axis=0), censored.sum(axis=0)) / unit
        }
        for i, end in enumerate(ENDS):
            columns |= {end: band.estimate[i], f"{end}_low": band.low[i], f"{end}_high": band.high[i]}
        columns["pending"] = 1 - band.estimate.sum(axis=0)
        table = pd.DataFrame(columns, index=pd.RangeIndex(counts.shape[-1], name="days"))
        table.attrs["interval"] = f"{100 * confidence:g} % intervals: delete-one jackknife over replications"
        return table

    def standing(
        self,
        confidence: float = 0.95,
        weight: Literal["holds", "amount"] = "amount",
        group: str | None = None,
    ) -> pd.DataFrame:
        """Return where what was repaid stands after so many days: at which gate, released or forfeited.

        The cohort is that of `summary`, so the shares are plain proportions and add up to 1 at every age; all
        replications count together. What was repaid on the last day of the cohort stands at the end of its
        follow-up, which is the horizon, where it stood the day before.

        Parameters
        ----------
        confidence : float
            Of each share by itself: delete-one jackknife over replications, Student's t.
        weight : "amount" or "holds"
            Where a repaid yuan stands, or where a hold does.
        group : str, optional
            One of the groups counted apart; all together if not given.

        Returns
        -------
        pandas.DataFrame
            Index `days`, 0 to the follow-up; columns the eight gates, `released` and `forfeited`, and each
            with `_low` and `_high` behind its name. NaN if nothing is followed.
        """
        check_confidence(confidence)
        metrics.check_weight(weight)
        counts = metrics.of_group(metrics.followed_counts(self._tallies, weight), self._group(group))
        counts[:, len(GATES) :] = counts[:, len(GATES) :].cumsum(axis=-1)
        band = jackknife(_shares, counts, confidence=confidence)
        names = (*GATES, *ENDS)
        columns = {name: band.estimate[i] for i, name in enumerate(names)}
        for i, name in enumerate(names):
            columns |= {f"{name}_low": band.low[i], f"{name}_high": band.high[i]}
        return pd.DataFrame(columns, index=pd.RangeIndex(counts.shape[-1], name="days"))

    @cached_property
    def daily(self) -> pd.DataFrame:
        """A row per replication and day, with the columns of `run.daily` after `replication`."""
        days = self._tallies.daily
        table = self._days()
        table.insert(0, "replication", np.repeat(np.arange(len(days)), days.shape[1]))
        return table

    @property
    def holds(self) -> pd.DataFrame:
        """All holds of all replications, with the columns of `run.holds` after `replication`.

        Raises
        ------
        SimlimitError
            If the study kept counts only.
        """
        return self._kept("holds")

    @property
    def borrowers(self) -> pd.DataFrame:
        """All borrowers of all replications, with the columns of `run.borrowers` after `replication`.

        Raises
        ------
        SimlimitError
            If the study kept counts only.
        """
        return self._kept("borrowers")

    @property
    def events(self) -> pd.DataFrame:
        """All events of all replications, with the columns of `run.events` after `replication`.

        Raises
        ------
        SimlimitError
            If the study did not keep events.
        """
        return self._kept("events")

    def suggested_warmup(self) -> pd.DataFrame:
        """Return how many days to leave out at the start, suggested by MSER-5 on the mean daily series.

        Only a suggestion: what is left out is the scenario's `warmup_days`.

        Returns
        -------
        pandas.DataFrame
            Index `series`, columns of `daily`; column `warmup_days`: NaN where the series has not settled in
            the first half of the run (or is not known, such as the headroom of an unlimited pool).
        """
        series = self._days()[list(LEVELS)].to_numpy(np.float64)
        means = series.reshape(len(self), -1, len(LEVELS)).mean(axis=0)
        found = [mser5(means[:, i]) if np.isfinite(means[:, i]).all() else None for i in range(len(LEVELS))]
        days = [np.nan if one is None else float(one) for one in found]
        return pd.DataFrame({"warmup_days": days}, index=pd.Index(LEVELS, name="series"))

    @property
    def plot(self) -> "simlimit.plots.accessors.StudyPlots":
        """Pictures of the study: ``study.plot.standing()``, and the other methods of `StudyPlots`."""
        return simlimit.plots.accessors.StudyPlots(self)

    def _days(self) -> pd.DataFrame:
        return frames.daily_frame(self._tallies.daily.reshape(-1), self.scenario.funding.unlimited)

    def _with_follow_up(self, follow_up_days: int) -> "Study":
        if follow_up_days not in self._others:
            self._others[follow_up_days] = self._again(follow_up_days)
        return self._others[follow_up_days]

    def _group(self, name: str | None) -> int | None:
        if name is None:
            return None
        if name not in self.by:
            raise SimlimitError(f"group is {name!r}, but must be one of: {', '.join(self.by)}.")
        return self.by.index(name)

    def _kept(self, name: str) -> pd.DataFrame:
        needed = {"holds": ("holds", "all"), "borrowers": ("holds", "all"), "events": ("all",)}[name]
        if self._case.keep not in needed:
            wanted = " or ".join(f'keep="{one}"' for one in needed)
            raise SimlimitError(f'keep is "{self._case.keep}", but {name} are there only with {wanted}.')
        tables = []
        for replication in range(len(self)):
            table = self._gathering.table(name, replication).copy()
            table.insert(0, "replication", replication)
            tables.append(table)
        return pd.concat(tables, ignore_index=True)


def _shares(counts: npt.NDArray[np.int64]) -> Floats:
    """Return counts as shares of all that is followed, which is the same at every age."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(counts / counts.sum(axis=-2, keepdims=True))
