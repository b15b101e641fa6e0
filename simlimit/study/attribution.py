"""`attribute`: how much of the delay each gate explains, as a counterfactual, beside the bookkeeping by days.

The bookkeeping charges every day to the gate at which a hold stands. But were that gate open, the hold
might only wait at the next: what opening a gate saves depends on which others are open. Shapley's value
is the average of what closing a gate adds, over all orders in which the gates can be closed.

Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games 2, 307-317.
"""

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any, Literal, Unpack

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import check_choice, check_confidence
from simlimit.errors import SimlimitError
from simlimit.run.options import FOLLOW_UP_DAYS, check_scenario
from simlimit.scenario import Scenario
from simlimit.study.each import metrics_of_each
from simlimit.study.intervals import Floats, t_intervals
from simlimit.study.metrics import METRICS
from simlimit.study.plan import Options

GATES = ("evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")
"""The gates that can be opened, in their order. The first of all, settlement, is the product itself."""
EXPLAINED = tuple(metric for metric in METRICS if metric != "median_days")
"""Metrics that can be shared out: a median may not be reached."""
TOTAL = "total"
NO_GATE = "none"

Gates = frozenset[str]


def open_gates(scenario: Scenario, gates: Iterable[str]) -> Scenario:
    """Return a scenario in which some gates let everything pass.

    Parameters
    ----------
    scenario : Scenario
    gates : iterable of str
        Among `GATES`. What opens each:

        - evaluation: `evaluation.straight_through` on and `evaluation.duration_days` 0;
        - score: `rules.min_score` 0 and no shocks of kind tightening;
        - overdue: `rules.overdue` off;
        - behaviour: `screening.false_flag` and `screening.risky_share` 0;
        - review: `review.watch_share` 0 and no shocks of kind watch_list (appeals are still read);
        - policy: no shocks of kind freeze;
        - funding: `funding.unlimited` on.

    Returns
    -------
    Scenario

    Raises
    ------
    SimlimitError
        If there is no such gate.

    Examples
    --------
    >>> import simlimit as sl
    >>> from simlimit.study.attribution import open_gates
    >>> open_gates(sl.preset("jiebei"), ["funding"]).funding.unlimited
    True
    """
    changes: dict[str, object] = {}
    shocks = scenario.shocks
    for gate in gates:
        if gate not in GATES:
            raise SimlimitError(f"gates names {gate!r}, but must name gates among: {', '.join(GATES)}.")
        fields, kind = _OPENED[gate]
        changes |= fields
        shocks = tuple(shock for shock in shocks if shock.kind != kind)
    if shocks != scenario.shocks:
        changes["shocks"] = shocks
    return scenario.replace(changes) if changes else scenario


_OPENED: dict[str, tuple[dict[str, object], str | None]] = {
    "evaluation": ({"evaluation.straight_through": True, "evaluation.duration_days": 0}, None),
    "score": ({"rules.min_score": 0.0}, "tightening"),
    "overdue": ({"rules.overdue": False}, None),
    "behaviour": ({"screening.false_flag": 0.0, "screening.risky_share": 0.0}, None),
    "review": ({"review.watch_share": 0.0}, "watch_list"),
    "policy": ({}, "freeze"),
    "funding": ({"funding.unlimited": True}, None),
}
"""What opens a gate: fields and their values, and the kind of shock that is left out."""


class Attribution:
    """What each gate explains of a metric, made by `simlimit.attribute`.

    Attributes
    ----------
    scenario : Scenario
    seed : int
    metric : str
    weight : "holds" or "amount"
        Whether holds count each as one, or by their amount.
    follow_up_days : int
    values : pandas.DataFrame
        The metric by replication (rows) and by the set of gates that are closed (columns: texts such as
        ``"evaluation+review"``, or ``"none"``).
    booked : pandas.DataFrame
        Days charged to each gate per hold in the scenario as it is (columns ``days_settlement`` ..
        ``days_funding``), by replication.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 120})
    >>> explained = sl.attribute(small, 2, seed=1)
    >>> explained
    Attribution('clockwork', restricted_mean_days: 128 sets of gates, 2 replications each)
    >>> explained.values.columns[:3].to_list()
    ['none', 'evaluation', 'score']
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        metric: str,
        weight: Literal["holds", "amount"],
        follow_up_days: int,
        values: dict[Gates, Floats],
        booked: pd.DataFrame,
    ) -> None:
        self.scenario = scenario
        self.seed = seed
        self.metric = metric
        self.weight = weight
        self.follow_up_days = follow_up_days
        self._values = values
        self.values = pd.DataFrame({_text(closed): column for closed, column in values.items()})
        self.values.index.name = "replication"
        self.booked = booked

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.values)

    def __repr__(self) -> str:
        return (
            f"Attribution({self.scenario.name!r}, {self.metric}: {len(self._values)} sets of gates, "
            f"{len(self):,} replications each)"
        )

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return what each gate explains, with intervals.

        Parameters
        ----------
        confidence : float
            Of each interval by itself: Student's t over replications, which share their random numbers.

        Returns
        -------
        pandas.DataFrame
            Index `gate`: evaluation .. funding, and ``total``. Columns, each with `_low` and `_high` behind
            its name, in the unit of the metric but for `booked`:

            - `shapley`: what the gate explains; they add up to the total: all gates closed less all open;
            - `booked`: days charged to the gate in the scenario as it is (settlement is in the total only);
            - `alone`: what closing this gate adds where all others are open;
            - `opened`: what opening it takes away where all others are closed.
        """
        check_confidence(confidence)
        none, every = frozenset[str](), frozenset(GATES)
        v = self._values
        effects = {
            "shapley": [self._shapley(gate) for gate in GATES],
            "booked": [self.booked[f"days_{gate}"].to_numpy() for gate in GATES],
            "alone": [v[frozenset({gate})] - v[none] for gate in GATES],
            "opened": [v[every] - v[every - {gate}] for gate in GATES],
        }
        whole = v[every] - v[none]
        totals = dict.fromkeys(effects, whole) | {"booked": self.booked.sum(axis=1).to_numpy()}
        columns: dict[str, Any] = {}
        for name, of_gates in effects.items():
            values = np.column_stack([*of_gates, totals[name]])
            columns[name], columns[f"{name}_low"], columns[f"{name}_high"], _ = t_intervals(
                values, confidence
            )
        return pd.DataFrame(columns, index=pd.Index([*GATES, TOTAL], name="gate"))

    @property
    def plot(self) -> "simlimit.plots.accessors.AttributionPlots":
        """Pictures of the attribution: ``attribution.plot.bars()``."""
        return simlimit.plots.accessors.AttributionPlots(self)

    def _shapley(self, gate: str) -> Floats:
        """Return the mean, over all orders of closing the gates, of what closing this one adds."""
        others = [other for other in GATES if other != gate]
        value = np.zeros(len(self))
        for size in range(len(GATES)):
            orders = math.factorial(size) * math.factorial(len(others) - size)
            for before in map(frozenset, itertools.combinations(others, size)):
                value += orders * (self._values[before | {gate}] - self._values[before])
        return value / math.factorial(len(GATES))


def attribute(
    scenario: Scenario,
    n: int = 100,
    seed: int = 1,
    *,
    metric: str = "restricted_mean_days",
    weight: Literal["holds", "amount"] = "holds",
    **options: Unpack[Options],
) -> Attribution:
    """Explain a metric by the gates: Shapley values over all sets of closed gates, common random numbers.

    Every subset of the seven gates evaluation .. funding is simulated with the others open: 128 studies, less
    where a gate is open already (no freeze to leave out, say).

    Parameters
    ----------
    scenario : Scenario
    n, seed
        Replications of each set, and their seed.
    metric : str
        A metric of `Study.summary`, but for `median_days`, which may not be reached.
    weight : "holds" or "amount"
        Whether holds count each as one, or by their amount.
    **options
        `workers`, `executor`, `store`, `engine`, `follow_up_days`, `by`, `bands` and `progress`, as in
        `replicate`.

    Returns
    -------
    Attribution

    Raises
    ------
    SimlimitError, PortfolioError
        As `replicate` does; the first also if there is no such metric.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 20, "horizon_days": 360}
    ... )
    >>> table = sl.attribute(small, 3, seed=1).table()
    >>> bool(abs(table.loc["evaluation", "shapley"] - table.loc["total", "shapley"]) < 1e-9)
    True
    """
    check_scenario(scenario)
    check_choice("metric", metric, EXPLAINED)
    sets = {_text(closed): closed for closed in _subsets()}
    scenarios = {
        name: open_gates(scenario, [gate for gate in GATES if gate not in closed])
        for name, closed in sets.items()
    }
    tables = metrics_of_each(scenarios, n, seed, options, weight)
    values = {closed: tables[name][metric].to_numpy() for name, closed in sets.items()}
    as_it_is = tables[_text(frozenset(GATES))]
    booked = as_it_is[[name for name in as_it_is if str(name).startswith("days_")]]
    follow_up_days = options.get("follow_up_days", FOLLOW_UP_DAYS)
    return Attribution(scenario, seed, metric, weight, follow_up_days, values, booked)


def _subsets() -> Iterator[Gates]:
    for size in range(len(GATES) + 1):
        yield from map(frozenset, itertools.combinations(GATES, size))


def _text(closed: Gates) -> str:
    return "+".join(gate for gate in GATES if gate in closed) or NO_GATE
