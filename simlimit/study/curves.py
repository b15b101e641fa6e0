"""The delay curves of a study, and where repaid amounts stand: shares of all replications together."""

from collections.abc import Hashable, Iterable
from typing import Literal

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, Ints, check_choice
from simlimit.delays import aalen_johansen, at_risk, jackknife, quantiles, share_intervals, tables
from simlimit.delays.clusters import Band, Statistic, clusters_behind
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.model.causes import GATES
from simlimit.run.run import Run
from simlimit.scenario import Scenario
from simlimit.study import intervals, metrics
from simlimit.study.draws import PER_DRAW

# Of 39 draws, the fewest that have an interval of 95 %.
LEAST_FOR_95 = 39 * PER_DRAW


class Curves:
    """A study as far as its shares by age go."""

    by: tuple[str, ...]
    draws: tuple[Scenario, ...]
    _tallies: Tallies

    def delay_curve(
        self, confidence: float = 0.95, weight: metrics.Weight = "holds", group: str | None = None
    ) -> pd.DataFrame:
        """Return the share released, and forfeited, by each age: cumulative incidence (Aalen-Johansen).

        It uses every repayment hold from the end of the warm-up on. Those pending at the horizon are
        censored, and forfeits compete with releases. The day of the horizon is not simulated, so a hold
        pending at some age was last seen at the age before, and is not at risk at that age
        (``censored_at_risk=False`` of `cumulative_incidence`).

        Parameters
        ----------
        confidence : float
            Of each point separately: delete-one `jackknife` over replications, or as of a fit in `summary`.
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
        ended, censored = self._ended(weight, group)
        totals = ended.sum(axis=0), censored.sum(axis=0)
        clusters = clusters_behind(totals, [(ended, censored)])
        band = self._band(confidence, aalen_johansen, clusters, ended, censored)
        few = share_intervals.mark_few(tuple(each.sum(axis=0) for each in self._ended("holds", group)))
        risk = at_risk(*totals) / (1 if weight == "holds" else 100)
        curves = (band.estimate, band.low, band.high)
        table = tables.curve_table(pd.RangeIndex(len(risk)), metrics.ENDS, risk, few, curves, clusters)
        return tables.note_interval(table, confidence, self._over("delete-one jackknife over replications"))

    def quantiles(
        self,
        probabilities: Iterable[float] = (0.25, 0.5, 0.75, 0.9),
        group: str | None = None,
        confidence: float = 0.95,
        weight: metrics.Weight = "holds",
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
        self, confidence: float = 0.95, weight: metrics.Weight = "amount", group: str | None = None
    ) -> pd.DataFrame:
        """Return where repaid amounts stand at each age: at which cause, released or forfeited.

        The holds are the followed ones of `summary`, so shares are plain proportions and add up to 1 at every
        age. All replications count together. Amounts repaid on the last day that has a full follow-up reach
        its end at the horizon: there they stand where they stood the day before.

        Parameters
        ----------
        confidence : float
            Of each share separately, as in `delay_curve`. Where nothing, or all, stands, the interval is
            exact, and not of width 0. The intervals of what has ended never fall.
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
        counts = self._counts("followed", weight, group)
        counts[:, len(GATES) :] = counts[:, len(GATES) :].cumsum(axis=-1)
        band = self._band(confidence, _shares, None, counts)
        names = (*GATES, *metrics.ENDS)
        columns: dict[Hashable, Floats] = dict(zip(names, band.estimate, strict=True))
        ended = slice(len(GATES), None)
        band.low[ended], band.high[ended] = share_intervals.never_falling(band.low[ended], band.high[ended])
        for interval in zip(names, band.estimate, band.low, band.high, strict=True):
            columns |= tables.with_interval(*interval)
        return pd.DataFrame(columns, index=pd.RangeIndex(counts.shape[-1], name="days"))

    def _over(self, replications: str) -> str:
        """Say what intervals are over: draws of the parameters, or replications in a way that is given."""
        if not self.draws:
            return replications
        over = f"the middle of {len(self.draws):,} draws of the parameters, without simulation error"
        is_known = PER_DRAW * len(self.draws) >= LEAST_FOR_95
        return over if is_known else f"{over}; an interval of 95 % needs {LEAST_FOR_95} replications"

    def _band(self, confidence: float, statistic: Statistic, clusters: Floats | None, *counts: Ints) -> Band:
        """Return shares of all replications together, and their interval: over these, or over draws."""
        band = jackknife(statistic, *counts, confidence=confidence, clusters=clusters)
        if not self.draws:
            return band
        shares = statistic(*counts)
        _, *ends, _ = intervals.mean_intervals(shares, confidence, draws=True)
        low, high = np.where(shares.min(axis=0) < shares.max(axis=0), ends, (band.low, band.high))
        return band._replace(low=low, high=high)

    def _ended(self, weight: str, group: str | None) -> tuple[Ints, Ints]:
        """Return the counts of each replication that ended in each way at each age, and the last seen."""
        counts = self._counts("ended", weight, group)
        # The day of the horizon is not simulated: what is pending there was last seen a day before.
        return counts[:, :2], np.pad(counts[:, 2, 1:], ((0, 0), (0, 1)))

    def _counts(self, which: Literal["ended", "followed"], weight: str, group: str | None) -> Ints:
        """Check the arguments that the curves have in common, and return the counts of a group, or of all."""
        check_choice("weight", weight, metrics.WEIGHTS)
        counts = metrics.holds_or_cents(self._tallies, which, weight)
        if group is None:
            return np.asarray(counts.sum(axis=1, dtype=np.int64))
        check_choice("group", group, self.by, "study.groups()")
        return counts[:, self.by.index(group)].astype(np.int64)


class CurvesOfRun(Curves):
    """A run is the study of itself: its one replication has the same curves, and tells no interval."""

    def __init__(self, run: Run) -> None:
        self.by, self.draws = run._prepared.grouping.labels, ()
        self._tallies = empty_tallies(run._prepared, 1)
        tally(run._state, self._tallies, 0)


def _shares(counts: Ints) -> Floats:
    """Return counts as shares of all followed holds, whose number is the same at every age."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(counts / counts.sum(axis=-2, keepdims=True))
