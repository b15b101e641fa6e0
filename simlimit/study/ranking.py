"""`rank_levers`: the effect of each remedy alone, and what it adds to all others."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import as_list, check_confidence
from simlimit.errors import SimlimitError
from simlimit.run.options import FOLLOW_UP_DAYS
from simlimit.scenario import Lever, Scenario
from simlimit.study import draws, intervals, metrics, replicating
from simlimit.study.options import Options, options_by_name
from simlimit.tables import layout, results, units

# Metrics by which levers are ranked; lower is better, but for income.
RANKED = ("days_away", "no_limit_share", "limit_days_lost", "default_losses", *units.INCOME, "gap_days")
NONE, ALL = "none", "all"


@dataclass(frozen=True, eq=False, repr=False)
class LeverRanking(layout.TabularResult):
    """The effects of levers, made by `simlimit.rank_levers`.

    Attributes
    ----------
    scenario : Scenario
        Without the levers.
    seed : int
    follow_up_days : int
    levers : tuple of Lever
    metrics : dict of pandas.DataFrame
        The ranked metrics, a row per replication, by the levers in use: ``"none"``, ``"all"``, the kind of
        the only lever, or ``"all but <kind>"``.
    of_fit : bool
        Whether each two replications in a row are of one draw of the parameters of a fit.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> ranking = sl.rank_levers(jiebei, [sl.Lever(kind="pay_on_time")], 3, seed=1)
    >>> ranking
    LeverRanking('jiebei': pay_on_time; 3 replications each)
    >>> ranking.table().loc["days_away"].index.to_list()
    ['pay_on_time', 'all']
    """

    scenario: Scenario
    seed: int
    follow_up_days: int
    levers: tuple[Lever, ...]
    metrics: dict[str, pd.DataFrame]
    of_fit: bool = False

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.metrics[NONE])

    def __repr__(self) -> str:
        kinds = ", ".join(lever.kind for lever in self.levers)
        return f"LeverRanking({self.scenario.name!r}: {kinds}; {len(self):,} replications each)"

    def _tables(self) -> list[layout.Table]:
        return [results.ranking_table(self.table(), len(self))]

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return the effect of every lever on every ranked metric, paired under common random numbers.

        Parameters
        ----------
        confidence : float
            Of each interval separately: Student's t over replications, or as of a fit in `Study.summary`. For
            `_significant`, of all effects of the table together.

        Returns
        -------
        pandas.DataFrame
            Index `metric`, `lever`. The lever that alone lowers `days_away` most is first, and
            ``all`` together last. Columns, in the unit of the metric, negative where the lever helps
            (income: positive):

            - `alone`, `alone_low`, `alone_high`: with only this lever, minus without any; the interval is NaN
              where that of `Comparison.differences` is;
            - `alone_significant`: whether that differs from 0, corrected by Holm's rule for all effects,
              alone and last, on all metrics; unknown (NA) where `Comparison.differences` has no verdict;
            - `last`, `last_low`, `last_high`, `last_significant`: with all levers, minus with all but this
              one: what it adds to the others; NaN and NA for ``all``;
            - `cost`: in currency units per borrower of the book and year: the lever's, times its uptake;
            - `alone_per_cost`, `last_per_cost`: the effects over `cost`; NaN where it costs nothing.
        """
        confidence = check_confidence(confidence)
        values = {name: table.to_numpy() for name, table in self.metrics.items()}
        none, every = values[NONE], values[ALL]
        delay = RANKED.index("days_away")
        delays = [intervals.moments(values[lever.kind] - none)[1][delay] for lever in self.levers]
        levers = [self.levers[position] for position in np.argsort(delays, kind="stable")]
        kinds = [lever.kind for lever in levers]
        without, seen = [f"all but {kind}" for kind in kinds], self.metrics
        alone = [values[kind] - none for kind in [*kinds, ALL]]
        last = [*(every - values[name] for name in without), np.full_like(every, np.nan)]
        # Arrays of shape (replications, metrics, levers).
        effects = {"alone": np.stack(alone, axis=2), "last": np.stack(last, axis=2)}
        first_events = [metrics.expected_events(seen[NONE], seen[kind]) for kind in [*kinds, ALL]]
        last_events = [metrics.expected_events(seen[ALL], seen[name]) for name in [*without, ALL]]
        expected = np.stack([np.column_stack(first_events), np.column_stack(last_events)])
        both = np.stack(list(effects.values()), axis=1)
        p_values = intervals.corrected_p_values(both, expected, confidence, draws=self.of_fit)
        columns: dict[Hashable, Any] = {}
        for position, (name, effect) in enumerate(effects.items()):
            columns |= intervals.interval_columns(name, effect, confidence, expected[position], self.of_fit)
            columns[f"{name}_significant"] = intervals.is_significant(p_values[position], confidence)
        table = intervals.product_table(columns, metric=RANKED, lever=[*kinds, ALL])
        costs = {lever.kind: lever.cost * lever.uptake for lever in self.levers}
        table["cost"] = np.tile([*(costs[kind] for kind in kinds), sum(costs.values())], len(RANKED))
        for name in effects:
            table[f"{name}_per_cost"] = table[name] / table["cost"].where(table["cost"] > 0)
        return table

    @property
    def plot(self) -> "simlimit.plots.accessors.LeverRankingPlots":
        """Pictures of the ranking: ``ranking.plot.tornado()``."""
        return simlimit.plots.accessors.LeverRankingPlots(self)


@options_by_name
def rank_levers(
    scenario: draws.Source,
    levers: Iterable[Lever | dict[str, Any]],
    n: int = 200,
    seed: int = 1,
    **options: Unpack[Options],
) -> LeverRanking:
    """Measure the effect of each lever alone, and what it adds to all others.

    Parameters
    ----------
    scenario : Scenario
        Without levers of its own. Or a fit: all draws get the levers, and effects are paired by draw.
    levers : iterable of Lever, or of dict
        At most one of each kind: ``[{"kind": "appeal", "strength": 0.5, "cost": 2.0}, ..]``.
    n, seed
        Replications of each set of levers, and their seed.
    **options
        As in `replicate`, but without `precision`. The gap is that between the groups of `by`.

    Returns
    -------
    LeverRanking

    Raises
    ------
    ScenarioError
        If a lever is not valid, or there are two of a kind.
    SimlimitError, PortfolioError
        As from `replicate`. A SimlimitError also if there is no lever, or the scenario has levers.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> levers = [{"kind": "better_model", "strength": 1.0}, {"kind": "pay_on_time", "strength": 1.0}]
    >>> ranking = sl.rank_levers(jiebei, levers, 5, seed=1)
    >>> bool(ranking.table().loc[("days_away", "all"), "alone"] < 0)
    True
    """
    drawn, base = draws.draws_for(scenario, n), draws.estimate(scenario)
    if base.levers:
        raise SimlimitError("scenario.levers is not empty, but must be: give all levers to rank as levers.")
    every = base.replace({"levers": as_list("levers", levers, "a list of levers")}).levers
    if not every:
        raise SimlimitError("levers is empty, but must name at least one lever.")
    sets: dict[str, Iterable[Lever]] = {NONE: (), ALL: every}
    for lever in every:
        sets[lever.kind] = (lever,)
        sets[f"all but {lever.kind}"] = [other for other in every if other is not lever]
    source = draws.Draws(base, lambda n: drawn) if drawn else base
    scenarios = {name: source.replace({"levers": list(some)}) for name, some in sets.items()}
    tables = replicating.metrics_by_scenario(scenarios, NONE, n, seed, options)
    ranked = {name: table[list(RANKED)] for name, table in tables.items()}
    follow_up_days = options.get("follow_up_days", FOLLOW_UP_DAYS)
    return LeverRanking(base, seed, follow_up_days, every, ranked, bool(drawn))
