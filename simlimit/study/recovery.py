"""`recovery`: how many days after a shock a daily series is back where it would have been without it."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Unpack

import numpy as np
import pandas as pd
from scipy.special import bdtr

import simlimit
from simlimit.arguments import Floats, as_probabilities, check_choice, check_confidence, check_whole
from simlimit.delays import describe_quantiles, share_intervals
from simlimit.errors import SimlimitError
from simlimit.run.options import check_scenario
from simlimit.scenario import Scenario, Shock, day_of
from simlimit.study import replicating, study
from simlimit.study.comparison import Comparison
from simlimit.study.options import CheckedOptions, Options, options_by_name
from simlimit.tables import layout, numbers
from simlimit.templates import filled

# The quantiles of the replications without the shock between which a day is normal.
BAND = (0.025, 0.975)


@dataclass(frozen=True, eq=False, repr=False)
class Recovery(layout.TabularResult["simlimit.plots.accessors.RecoveryPlots"]):
    """When a daily series is back to normal after a shock, made by `simlimit.recovery`.

    Attributes
    ----------
    comparison : Comparison
        The scenario without the shock, and with it, under common random numbers.
    series : str
    shock : int
        Its position in `scenario.shocks`.
    begin : int
        The day on which it begins.
    settled_days : int

    Examples
    --------
    >>> import simlimit as sl
    >>> freeze = {"kind": "freeze", "at": 60, "duration_days": 14}
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 50, "horizon_days": 120})
    >>> sl.recovery(small.replace({"shocks": [freeze]}), 20, series="held")
    Recovery('clockwork', held after the freeze of 2020-03-01: 14 days (14 to 14); 20 replications)
    """

    comparison: Comparison
    series: str
    shock: int
    begin: int
    settled_days: int

    @property
    def scenario(self) -> Scenario:
        """The scenario with the shock."""
        return [*self.comparison.studies.values()][1].scenario

    @cached_property
    def band(self) -> tuple[Floats, Floats]:
        """The lower and upper end, day by day, of the middle 95 % of the replications without the shock."""
        low, high = np.quantile(self._values(0), BAND, axis=0)
        return low, high

    @cached_property
    def days(self) -> "pd.Series[float]":
        """Days from the begin of the shock to the first normal day, by replication; NaN if not in the run."""
        end = _end_of(self.scenario, self.shock)
        low, high = self.band
        twin, shocked = (np.maximum(np.maximum(low - x, x - high), 0) for x in map(self._values, (0, 1)))
        normal = shocked <= twin
        after = np.pad(normal[:, end:], ((0, 0), (0, self.settled_days)))
        weeks = np.lib.stride_tricks.sliding_window_view(after, self.settled_days, axis=1)
        settled = np.asarray(weeks.all(axis=2))
        days = np.where(settled.any(axis=1), end - self.begin + settled.argmax(axis=1), np.nan)
        never_left = normal[:, self.begin : end].all(axis=1) & settled[:, 0]
        return pd.Series(np.where(never_left, 0.0, days), name="days").rename_axis("replication")

    def table(self, probabilities: Iterable[float] = (0.5, 0.9), confidence: float = 0.95) -> pd.DataFrame:
        """Return the days after which given shares of the replications are back to normal, with intervals.

        Parameters
        ----------
        probabilities : floats
            Above 0 and at most 1; 0.5 is the median.
        confidence : float
            Of each interval separately.

        Returns
        -------
        pandas.DataFrame
            Index `probability`. `simlimit.describe_quantiles` turns it into words. Columns:

            - `days`: after the begin of the shock; NaN if fewer replications are back by the end of the run;
            - `low`, `high`: the interval between order statistics of the replications, which has at least
              this confidence, given the band. An end is NaN where it is not known, since too few
              replications were made, or are back;
            - `reached`: whether so many are back;
            - `date`, `date_low`, `date_high`: the same as dates;
            - `recovered`, `recovered_low`, `recovered_high`: the share of the replications that are back by
              the end of the run, with the interval of Clopper and Pearson.
        """
        confidence = check_confidence(confidence)
        asked = as_probabilities(probabilities)
        share, number = np.asarray(self.days.notna().mean()), len(self.days)
        # In order, with a place before the first and one behind the last: both unknown.
        days = np.concatenate([[np.nan], np.sort(self.days.to_numpy()), [np.nan]])
        table = pd.DataFrame(index=pd.Index(asked, name="probability", dtype=np.float64))
        table["days"] = [days[int(np.ceil(one * number - 1e-9))] for one in asked]
        tail = 0.5 - confidence / 2
        ranks = [np.searchsorted(bdtr(np.arange(number), number, one), (tail, 1 - tail)) for one in asked]
        table["low"], table["high"] = [days[low] for low, _ in ranks], [days[high + 1] for _, high in ranks]
        table["reached"] = table["days"].notna()
        first = pd.Timestamp(self.scenario.start_date).as_unit("s") + pd.Timedelta(days=self.begin)
        for name, column in (("date", "days"), ("date_low", "low"), ("date_high", "high")):
            table[name] = first + pd.to_timedelta(table[column], unit="D")
        low, high = share_intervals.exact(share, np.asarray(number), confidence)
        return table.assign(recovered=share, recovered_low=low, recovered_high=high)

    def __repr__(self) -> str:
        back = describe_quantiles(self.table((0.5,))).iloc[0]
        size = filled("{n:,} replication{n:s}", n=len(self.days))
        return f"Recovery({self.scenario.name!r}, {self._subject}: {back}; {size})"

    @property
    def _subject(self) -> str:
        date = pd.Timestamp(self.scenario.start_date) + pd.Timedelta(days=self.begin)
        return f"{self.series} after the {named(self.scenario.shocks[self.shock])} of {date:%Y-%m-%d}"

    def _values(self, position: int) -> Floats:
        """Return the series by replication and day, without the shock (0) or with it (1)."""
        days = [*self.comparison.studies.values()][position].daily[self.series].to_numpy(np.float64)
        return days.reshape(-1, self.scenario.horizon_days)

    def _tables(self) -> list[layout.Table]:
        table = self.table()
        dates = table["date"].dt.strftime("%Y-%m-%d").fillna("-")
        back = zip(table.index, describe_quantiles(table), dates, strict=True)
        rows = [layout.Row((numbers.share_text(share), text, date)) for share, text, date in back]
        shares = table[["recovered", "recovered_low", "recovered_high"]].iloc[0].map(numbers.share_text)
        days, number = self.settled_days, len(self.days)
        words = {"subject": self._subject, "days": days, "replications": number, "shares": [*shares]}
        return [layout.worded("recovery", rows, (), (), **words)]


@options_by_name
def recovery(
    scenario: Scenario,
    n: int = 200,
    seed: int = 1,
    *,
    series: str = "funding_queue",
    shock: int = 0,
    settled_days: int = 7,
    **options: Unpack[Options],
) -> Recovery:
    """Measure how many days after a shock a daily series is back to normal.

    The scenario is simulated with the shock and without it, under common random numbers. A day is normal if
    the series lies within the middle 95 % of the replications without the shock on that day. It is also
    normal if the series lies no further outside than in the same replication without the shock.

    A replication is back on the first day from which `settled_days` days in a row are normal. Days before the
    end of the shock do not count, unless all days from its begin on are normal: then it is back after 0 days.
    Days are counted from the begin of the shock.

    Parameters
    ----------
    scenario : Scenario
    n, seed
        As in `replicate`.
    series : str
        A column of `run.daily`: outstanding, available, held, pending_holds, review_queue, funding_queue or
        headroom.
    shock : int
        Its position in `scenario.shocks`, from 0. It begins on a given day: random shocks are refused.
    settled_days : int
        1 .. 30,000, and at most the days of the run after the end of the shock.
    **options
        As in `compare`.

    Returns
    -------
    Recovery

    Raises
    ------
    SimlimitError, PortfolioError, StudyInterrupted
        As from `replicate`. A SimlimitError also if there is no such shock or series, the shock is random, or
        the run ends too soon after it.

    Examples
    --------
    >>> import datetime
    >>> import simlimit as sl
    >>> freeze = {"kind": "freeze", "at": 400, "duration_days": 14}
    >>> frozen = sl.preset("jiebei").replace({"shocks": [freeze], "horizon_days": 600})
    >>> back = sl.recovery(frozen, 20, series="held")
    >>> back.table()["date"].iloc[0].date() >= frozen.start_date + datetime.timedelta(days=414)
    True
    """
    check_scenario(scenario)
    check_choice("series", series, study.LEVELS[:-1] if scenario.funding.unlimited else study.LEVELS)
    if not scenario.shocks:
        raise SimlimitError("scenario.shocks is empty, but must have a shock from which to recover.")
    position = check_whole("shock", shock, len(scenario.shocks) - 1)
    settled_days = check_whole("settled_days", settled_days, 30_000, least=1)
    chosen, later = scenario.shocks[position], scenario.shocks[position + 1 :]
    # Without the shock, the times of a random one behind it would be others.
    if any(one.per_year is not None and one.kind == chosen.kind for one in (chosen, *later)):
        remedy = "is random: choose one that has a day or date"
        if chosen.per_year is None:
            remedy = "comes before a random one of its kind: put it after that one"
        raise SimlimitError(f"shock is {position}, but shocks[{position}] {remedy}.")
    left = max(0, scenario.horizon_days - _end_of(scenario, position))
    if left < settled_days:
        after = filled("the run has only {n} day{n:s} after shocks[{shock}]", n=left, shock=position)
        raise SimlimitError(f"settled_days is {settled_days}, but {after}: lengthen horizon_days.")
    twin = scenario.replace({"shocks": [*scenario.shocks[:position], *later]})
    scenarios = {f"without the {named(chosen)}": twin, f"with the {named(chosen)}": scenario}
    comparison = Comparison(replicating.replicate_all(scenarios, n, seed, CheckedOptions(**options)))
    begin = max(0, day_of(scenario, chosen.at or 0))
    return Recovery(comparison, series, position, begin, settled_days)


def _end_of(scenario: Scenario, shock: int) -> int:
    """Return the first day after a shock; one that began before day 0 ends when it would have."""
    one = scenario.shocks[shock]
    return day_of(scenario, one.at or 0) + one.duration_days


def named(shock: Shock) -> str:
    """Return what a sentence calls a shock."""
    return shock.kind.replace("_", " ")
