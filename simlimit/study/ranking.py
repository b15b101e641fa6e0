"""`rank_levers`: the effect of each remedy alone, and what it adds to all others."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Unpack

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import as_list, check_confidence, check_once, shown
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario
from simlimit.study import draws, intervals, metrics, replicating
from simlimit.study.changes import Change, ChangeLike, apply_changes, as_change, book_size
from simlimit.study.options import CheckedOptions, Options, options_by_name
from simlimit.tables import layout, results, units
from simlimit.templates import filled

# Metrics by which levers are ranked; lower is better, but for income.
RANKED = ("days_away", "no_limit_share", "limit_days_lost", "default_losses", *units.INCOME, "gap_days")
NONE, ALL = "none", "all"


@dataclass(frozen=True, eq=False, repr=False)
class LeverRanking(layout.TabularResult["simlimit.plots.accessors.LeverRankingPlots"]):
    """The effects of levers, made by `simlimit.rank_levers`.

    Attributes
    ----------
    scenario : Scenario
        Without the levers.
    seed : int
    follow_up_days : int
    levers : tuple of Change
    costs : dict of float
        Currency units per borrower of the book and year, by the name of the lever.
    metrics : dict of pandas.DataFrame
        The ranked metrics, a row per replication, by the levers in use: ``"none"``, ``"all"``, the name of
        the only lever, or ``"all but <name>"``.
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
    levers: tuple[Change, ...]
    costs: dict[str, float]
    metrics: dict[str, pd.DataFrame]
    of_fit: bool = field(default=False, kw_only=True)

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.metrics[NONE])

    def __repr__(self) -> str:
        names = ", ".join(self.costs)
        size = filled("{n:,} replication{n:s} each", n=len(self))
        return f"LeverRanking({self.scenario.name!r}: {names}; {size})"

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
            Index `metric`, `lever` (the names). The lever that alone lowers `days_away` most is first, and
            ``all`` together last. Columns, in the unit of the metric, negative where the lever helps
            (income: positive):

            - `alone`, `alone_low`, `alone_high`: with only this lever, minus without any; the interval is
              NaN where that of `Comparison.differences` is;
            - `alone_significant`: whether that differs from 0, corrected by Holm's rule for all effects,
              alone and last, on all metrics; unknown (NA) where `Comparison.differences` has no verdict;
            - `last`, `last_low`, `last_high`, `last_significant`: with all levers, minus with all but this
              one: what it adds to the others; NaN and NA for ``all``;
            - `cost`: `Change.cost_per_year`, in currency units per borrower of the book and year;
            - `alone_per_cost`, `last_per_cost`: the effects over `cost`; NaN where it costs nothing or saves.
        """
        confidence = check_confidence(confidence)
        values = {name: table.to_numpy() for name, table in self.metrics.items()}
        none, every = values[NONE], values[ALL]
        delay = RANKED.index("days_away")
        alone = {name: intervals.paired_differences(none, values[name]) for name in [*self.costs, ALL]}
        delays = {name: intervals.moments(alone[name])[1][delay] for name in self.costs}
        names = sorted(self.costs, key=lambda name: (np.isnan(delays[name]), delays[name]))
        without, seen = [f"all but {name}" for name in names], self.metrics
        last = [intervals.paired_differences(values[name], every) for name in without]
        # Arrays of shape (replications, metrics, levers).
        effects = {
            "alone": np.stack([alone[name] for name in [*names, ALL]], axis=2),
            "last": np.stack([*last, np.full_like(every, np.nan)], axis=2),
        }
        first_events = [metrics.expected_events(seen[NONE], seen[name]) for name in [*names, ALL]]
        last_events = [metrics.expected_events(seen[ALL], seen[name]) for name in [*without, ALL]]
        expected = np.stack([np.column_stack(first_events), np.column_stack(last_events)])
        both = np.stack(list(effects.values()), axis=1)
        p_values = intervals.corrected_p_values(both, expected, confidence, draws=self.of_fit)
        columns: dict[Hashable, Any] = {}
        for position, (name, effect) in enumerate(effects.items()):
            columns |= intervals.interval_columns(name, effect, confidence, expected[position], self.of_fit)
            columns[f"{name}_significant"] = intervals.is_significant(p_values[position], confidence)
        table = intervals.product_table(columns, metric=RANKED, lever=[*names, ALL])
        costs = self.costs | {ALL: sum(self.costs.values())}
        table["cost"] = [costs[name] for _, name in table.index]
        for name in effects:
            table[f"{name}_per_cost"] = table[name] / table["cost"].where(table["cost"] > 0)
        return table


@options_by_name
def rank_levers(
    scenario: draws.Source,
    levers: Iterable[ChangeLike],
    n: int = 200,
    seed: int = 1,
    **options: Unpack[Options],
) -> LeverRanking:
    """Measure the effect of each lever alone, and what it adds to all others.

    Parameters
    ----------
    scenario : Scenario
        Or a fit: all draws get the levers, and effects are paired by draw.
    levers : iterable of Change, Lever or mapping
        Remedies or changes of fields, each of something else, and of different names:
        ``[sl.Change({"kind": "appeal"}, cost=2.0), {"review.reviewers": 3}, ..]``. A remedy takes the place
        of one of its kind that the scenario has.
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
        If a lever is not valid.
    SimlimitError, PortfolioError
        As from `replicate`. A SimlimitError also if there is no lever, or two change the same.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> levers = [{"kind": "better_model", "strength": 1.0}, {"evaluation.period_days": 7}]
    >>> ranking = sl.rank_levers(jiebei, levers, 5, seed=1)
    >>> bool(ranking.table().loc[("days_away", "all"), "alone"] < 0)
    True
    """
    drawn, base = draws.draws_for(scenario, n), draws.estimate(scenario)
    listed = as_list("levers", levers, "a list of levers")
    every = tuple(as_change(one, f"levers[{position}]") for position, one in enumerate(listed))
    if not every:
        raise SimlimitError("levers is empty, but must name at least one lever.")
    sets: dict[str, Iterable[Change]] = {NONE: (), ALL: every}
    for lever in every:
        sets[lever.name] = (lever,)
        sets[f"all but {lever.name}"] = [other for other in every if other is not lever]
    if len(sets) < 2 + 2 * len(every):
        names = [lever.name for lever in every]
        check_once("levers", names)
        taken = "but no lever may be called 'all', 'none' or 'all but' another one."
        raise SimlimitError(f"levers has the names {shown(names)}, {taken}")
    source = draws.Draws(base, lambda n: drawn) if drawn else base
    scenarios = {name: apply_changes(source, some) for name, some in sets.items()}
    costs = {lever.name: lever.cost_per_year(base) / book_size(base) for lever in every}
    tables = replicating.metrics_by_scenario(scenarios, NONE, n, seed, options)
    ranked = {name: table[list(RANKED)] for name, table in tables.items()}
    follow_up_days = CheckedOptions(**options).follow_up_days
    return LeverRanking(base, seed, follow_up_days, every, costs, ranked, of_fit=bool(drawn))
