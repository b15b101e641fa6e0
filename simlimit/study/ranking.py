"""`rank_levers`: what each remedy does alone, and what is lost without it where all others are pulled."""

from collections.abc import Iterable
from typing import Any, Unpack

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import check_confidence
from simlimit.errors import SimlimitError
from simlimit.run.options import FOLLOW_UP_DAYS, check_scenario
from simlimit.scenario import Lever, Scenario
from simlimit.study.each import metrics_of_each
from simlimit.study.intervals import holm, t_intervals, t_probabilities
from simlimit.study.plan import Options

RANKED = ("restricted_mean_days", "no_limit_share", "limit_days_lost", "default_losses", "gap_days")
"""Metrics by which levers are ranked: less is better in each."""
NONE, ALL = "none", "all"


class LeverRanking:
    """The effects of levers, made by `simlimit.rank_levers`.

    Attributes
    ----------
    scenario : Scenario
        Without the levers.
    seed : int
    follow_up_days : int
    levers : tuple of Lever
    replications : dict of pandas.DataFrame
        The ranked metrics, a row per replication, by the levers that are pulled: ``"none"``, ``"all"``, the
        kind of the only one, or ``"all but <kind>"``.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei").replace({"population.borrowers": 20})
    >>> ranking = sl.rank_levers(jiebei, [sl.Lever(kind="pay_on_time")], 3, seed=1)
    >>> ranking
    LeverRanking('jiebei': pay_on_time; 3 replications each)
    >>> ranking.table().loc["restricted_mean_days"].index.to_list()
    ['pay_on_time', 'all']
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        follow_up_days: int,
        levers: tuple[Lever, ...],
        replications: dict[str, pd.DataFrame],
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.follow_up_days = follow_up_days
        self.levers = levers
        self.replications = replications

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.replications[NONE])

    def __repr__(self) -> str:
        kinds = ", ".join(lever.kind for lever in self.levers)
        return f"LeverRanking({self.scenario.name!r}: {kinds}; {len(self):,} replications each)"

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return the effect of every lever on every ranked metric, paired under common random numbers.

        Parameters
        ----------
        confidence : float
            Of each interval by itself (Student's t over replications), and of what is real among all effects
            of the table.

        Returns
        -------
        pandas.DataFrame
            Index `metric`, `lever`: first the lever that alone lowers `restricted_mean_days` most, and last
            ``all`` together. Columns, in the unit of the metric, negative where the lever helps:

            - `alone`, `alone_low`, `alone_high`: with this lever only, less without any;
            - `alone_is_real`: whether that differs from 0, corrected by Holm's rule for all effects, alone
              and last, on all metrics;
            - `last`, `last_low`, `last_high`, `last_is_real`: with all levers, less with all but this one:
              what it adds where the others are pulled already; NaN and false for ``all``;
            - `cost`: in currency units per borrower of the book and year: the lever's, times its uptake;
            - `alone_per_cost`, `last_per_cost`: the effects over `cost`; NaN where it costs nothing.
        """
        check_confidence(confidence)
        kinds = [lever.kind for lever in self.levers]
        costs = [lever.cost * lever.uptake for lever in self.levers]
        values = {name: table.to_numpy() for name, table in self.replications.items()}
        base, full = values[NONE], values[ALL]
        alone = np.stack([values[kind] - base for kind in [*kinds, ALL]], axis=2)
        unknown = np.full_like(full, np.nan)
        last = np.stack([*(full - values[f"all but {kind}"] for kind in kinds), unknown], axis=2)
        effects = {"alone": alone, "last": last}
        probabilities = np.stack([t_probabilities(one) for one in effects.values()])
        is_real = holm(probabilities.ravel()).reshape(probabilities.shape) < 1 - confidence
        columns: dict[str, Any] = {}
        for (name, one), real in zip(effects.items(), is_real, strict=True):
            columns[name], columns[f"{name}_low"], columns[f"{name}_high"], _ = t_intervals(one, confidence)
            columns[f"{name}_is_real"] = real
        index = pd.MultiIndex.from_product([RANKED, [*kinds, ALL]], names=["metric", "lever"])
        table = pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=index)
        table["cost"] = np.tile([*costs, sum(costs)], len(RANKED))
        for name in effects:
            table[f"{name}_per_cost"] = table[name] / table["cost"].where(table["cost"] > 0)
        first = columns["alone"][RANKED.index("restricted_mean_days"), : len(kinds)]
        order = [*(kinds[k] for k in np.argsort(first, kind="stable")), ALL]
        return table.reindex(pd.MultiIndex.from_product([RANKED, order], names=["metric", "lever"]))

    @property
    def plot(self) -> "simlimit.plots.accessors.LeverRankingPlots":
        """Pictures of the ranking: ``ranking.plot.tornado()``."""
        return simlimit.plots.accessors.LeverRankingPlots(self)


def rank_levers(
    scenario: Scenario,
    levers: Iterable[Lever | dict[str, Any]],
    n: int = 200,
    seed: int = 1,
    **options: Unpack[Options],
) -> LeverRanking:
    """Measure what each lever does alone, and what is lost without it where all are pulled.

    Parameters
    ----------
    scenario : Scenario
        Without levers of its own.
    levers : iterable of Lever, or of dict
        Of each kind at most one: ``[{"kind": "appeal", "strength": 0.5, "cost": 2.0}, ..]``.
    n, seed
        Replications of each set of levers, and their seed.
    **options
        `workers`, `executor`, `store`, `engine`, `follow_up_days`, `by`, `bands` and `progress`, as in
        `replicate`; the gap is that between the groups of `by`.

    Returns
    -------
    LeverRanking

    Raises
    ------
    ScenarioError
        If a lever is not valid, or there are two of a kind.
    SimlimitError, PortfolioError
        As `replicate` does; the first also if there is no lever, or the scenario has some.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei").replace({"population.borrowers": 50})
    >>> levers = [{"kind": "better_model", "strength": 1.0}, {"kind": "pay_on_time", "strength": 1.0}]
    >>> ranking = sl.rank_levers(jiebei, levers, 5, seed=1)
    >>> bool(ranking.table().loc[("restricted_mean_days", "all"), "alone"] < 0)
    True
    """
    check_scenario(scenario)
    if scenario.levers:
        raise SimlimitError("scenario.levers is not empty, but must be: give all levers that are ranked.")
    pulled = scenario.replace({"levers": list(levers)}).levers
    if not pulled:
        raise SimlimitError("levers is empty, but must name at least one lever.")
    alone = {NONE: (), ALL: pulled} | {one.kind: (one,) for one in pulled}
    without = {f"all but {one.kind}": tuple(other for other in pulled if other is not one) for one in pulled}
    scenarios = {name: scenario.replace({"levers": some}) for name, some in (alone | without).items()}
    tables = metrics_of_each(scenarios, n, seed, options)
    kept = {name: table[list(RANKED)] for name, table in tables.items()}
    return LeverRanking(scenario, seed, options.get("follow_up_days", FOLLOW_UP_DAYS), pulled, kept)
