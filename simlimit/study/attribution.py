"""`attribute`: how much of the delay each gate explains, beside the days charged to it.

Every day is charged to one cause: a gate, or one of the three rules of gate 3. Here all of them are called
gates, since each can be opened alone. If it were open, the hold might only wait at the next one: what opening
a gate saves depends on which others are open. The Shapley value of a gate is the average of what closing it
adds, over all orders in which the gates can be closed. What stays with all gates open, such as what is
forfeited by cuts, is explained by none.

Shapley, L. S. (1953). A value for n-person games. Contributions to the Theory of Games 2, 307-317.
"""

import itertools
import math
from collections.abc import Collection, Hashable, Iterable
from typing import Unpack

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import Floats, check_choice, check_confidence
from simlimit.run.options import check_scenario
from simlimit.scenario import Scenario, field_values
from simlimit.study import intervals, replicating
from simlimit.study.metrics import BESIDE_LOSSES, LOSSES, METRICS, Weight
from simlimit.study.options import CheckedOptions, Options, options_by_name
from simlimit.tables import layout, results, units
from simlimit.templates import filled
from simlimit.text_files import packaged

_OPENED = packaged(__package__, "gates.toml")
GATES = tuple(_OPENED)
TOTAL = "total"
NO_GATE = "none"
# The rows of the table: all that days are charged to, their total, and what stays with no gate closed.
ROWS = (*(part.removeprefix("days_") for part in units.PARTS), TOTAL, NO_GATE)


def open_gates(scenario: Scenario, gates: Iterable[str]) -> Scenario:
    """Return a scenario in which some gates let everything pass.

    Parameters
    ----------
    scenario : Scenario
    gates : iterable of str
        Among `GATES`. This opens each:

        - evaluation: `evaluation.straight_through` on and `evaluation.duration_days` 0;
        - score: `rules.min_score` 0 and no shocks of kind tightening;
        - overdue: `rules.overdue` off;
        - behaviour: `screening.false_flag` and `screening.risky_share` 0;
        - review: `review.watch_share` 0 and no shocks of kind watch_list (appeals are still read);
        - policy: no shocks of kind freeze;
        - funding: `funding.unlimited` on.

        A field of these is opened in regions that have a value of their own, too.

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
    kinds = set()
    for gate in gates:
        check_choice("a name in gates", gate, GATES)
        changes |= _OPENED[gate]["fields"]
        kinds.add(_OPENED[gate].get("shock"))
    own = {name.rpartition(".")[2] for name in changes}
    # A region may have such a number of its own.
    for name, value in field_values(scenario).items():
        if value is not None and name.startswith("population.regions.") and name.rpartition(".")[2] in own:
            changes[name] = None
    shocks = tuple(shock for shock in scenario.shocks if shock.kind not in kinds)
    if shocks != scenario.shocks:
        changes["shocks"] = shocks
    return scenario.replace(changes) if changes else scenario


class Attribution(layout.TabularResult["simlimit.plots.accessors.AttributionPlots"]):
    """What each gate explains of a metric, made by `simlimit.attribute`.

    Attributes
    ----------
    scenario : Scenario
    seed : int
    metric : str
    weight : "holds" or "amount"
        Whether each hold counts as one, or by its amount.
    follow_up_days : int
    metrics : pandas.DataFrame
        The metric of each replication (rows) with each set of closed gates (columns, such as
        ``"evaluation+review"`` or ``"none"``).
    charged : pandas.DataFrame
        The parts of `days_away` in the scenario as it is (columns ``days_settlement`` .. ``days_forfeited``),
        by replication.
    lost : pandas.DataFrame
        `limit_days_lost`, as `metrics`: losses from default are never shown without it.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 120})
    >>> explained = sl.attribute(small, 2, seed=1)
    >>> explained
    Attribution('clockwork', days_away: 128 sets of gates, 2 replications each)
    >>> explained.metrics.columns[:3].to_list()
    ['none', 'evaluation', 'score']
    """

    def __init__(
        self, scenario: Scenario, metric: str, weight: Weight, tables: dict[str, pd.DataFrame], seed: int,
        follow_up_days: int,
    ) -> None:  # fmt: skip
        self.scenario, self.metric, self.weight = scenario, metric, weight
        self.seed, self.follow_up_days = seed, follow_up_days
        self.metrics = pd.DataFrame({name: table[metric] for name, table in tables.items()})
        self.charged = tables[_name(GATES)][[*units.PARTS]]
        self.lost = pd.DataFrame({name: table[BESIDE_LOSSES] for name, table in tables.items()})

    def __len__(self) -> int:
        """Return the number of replications."""
        return len(self.metrics)

    def __repr__(self) -> str:
        words = "{sets} sets of gates, {n:,} replication{n:s} each"
        size = filled(words, sets=len(self.metrics.columns), n=len(self))
        return f"Attribution({self.scenario.name!r}, {self.metric}: {size})"

    def _tables(self) -> list[layout.Table]:
        return [results.attribution_table(self.table(), self.metric, len(self))]

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return what each gate explains, with intervals.

        Parameters
        ----------
        confidence : float
            Of each interval separately: Student's t over replications with common random numbers.

        Returns
        -------
        pandas.DataFrame
            Index `gate`: settlement, the gates evaluation .. funding, forfeited, ``total`` and ``none``.
            Columns, each also with `_low` and `_high`, in the unit of the metric, or days for `charged`:

            - `shapley`: what the gate explains; these add up to the total: all gates closed minus all open.
              In the row ``none``: the metric with no gate closed, which no gate explains. The total and this
              add up to the metric of the scenario as it is;
            - `charged`: days charged in the scenario as it is; these add up to the total, `days_away`;
            - `alone`: what closing this gate adds where all others are open;
            - `opened`: what opening it takes away where all others are closed;
            - `limit_days_lost`: `shapley` of that metric, if the attribution is of `default_losses` or
              `net_income`: losses can fall because credit is taken away.

            NaN where a column has nothing to say: settlement and forfeit are no gates that can be opened.
        """
        confidence = check_confidence(confidence)
        closed, opened = _value(self.metrics, GATES), _value(self.metrics, ())
        less = intervals.paired_differences
        total = {TOTAL: less(opened, closed)}
        charged = {part.removeprefix("days_"): self.charged[part].to_numpy() for part in units.PARTS}
        effects = {
            "shapley": _shapley_values(self.metrics),
            "charged": charged | {TOTAL: self.charged.sum(axis=1, skipna=False).to_numpy()},
            "alone": total | {gate: less(opened, _value(self.metrics, [gate])) for gate in GATES},
            "opened": total | {gate: less(_value(self.metrics, {*GATES} - {gate}), closed) for gate in GATES},
        }
        if self.metric in LOSSES:
            effects[BESIDE_LOSSES] = _shapley_values(self.lost)
        columns: dict[Hashable, Floats] = {}
        for name, values in effects.items():
            by_row = pd.DataFrame(values).reindex(columns=ROWS).to_numpy()
            columns |= intervals.interval_columns(name, by_row, confidence)
        return pd.DataFrame(columns, index=pd.Index(ROWS, name="gate"))


@options_by_name
def attribute(
    scenario: Scenario,
    n: int = 100,
    seed: int = 1,
    *,
    metric: str = "days_away",
    weight: Weight = "holds",
    **options: Unpack[Options],
) -> Attribution:
    """Attribute a metric to the gates: Shapley values over all sets of closed gates, common random numbers.

    Every subset of the seven gates evaluation .. funding is simulated with the others open: 128 studies.
    There are fewer where a gate is already open, for example without a freeze.

    Parameters
    ----------
    scenario : Scenario
    n, seed
        Replications of each set, and their seed.
    metric : str
        A metric of `Study.summary` other than `median_days`, which may not be reached.
    weight : "holds" or "amount"
        As in `Study.summary`.
    **options
        As in `replicate`, but without `precision`.

    Returns
    -------
    Attribution

    Raises
    ------
    SimlimitError, PortfolioError
        As from `replicate`. A SimlimitError also if there is no such metric.

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
    # A median may not be reached.
    check_choice("metric", metric, [one for one in METRICS if one != "median_days"])
    scenarios = {}
    for closed in _subsets(GATES):
        scenarios[_name(closed)] = open_gates(scenario, [gate for gate in GATES if gate not in closed])
    tables = replicating.metrics_by_scenario(scenarios, _name(GATES), n, seed, options, weight)
    return Attribution(scenario, metric, weight, tables, seed, CheckedOptions(**options).follow_up_days)


def _value(metrics: pd.DataFrame, closed: Collection[str]) -> Floats:
    """Return the metric of each replication with some gates closed."""
    return metrics[_name(closed)].to_numpy()


def _shapley_values(metrics: pd.DataFrame) -> dict[str, Floats]:
    """Return what each gate explains of a metric, what all do, and what is left with no gate closed.

    A gate explains the mean, over all orders of closing the gates, of what closing this one adds.
    """
    left, less = _value(metrics, ()), intervals.paired_differences
    values = {TOTAL: less(left, _value(metrics, GATES)), NO_GATE: left}
    for gate in GATES:
        others = _subsets([other for other in GATES if other != gate])
        added = [less(_value(metrics, before), _value(metrics, [*before, gate])) for before in others]
        # All sizes of what is closed before are equally likely, and so are all sets of one size.
        weights = [1 / len(GATES) / math.comb(len(GATES) - 1, len(before)) for before in others]
        values[gate] = np.average(added, axis=0, weights=weights)
    return values


def _subsets(gates: Collection[str]) -> list[tuple[str, ...]]:
    """Return all sets of some gates, the small ones first."""
    return [some for size in range(len(gates) + 1) for some in itertools.combinations(gates, size)]


def _name(closed: Collection[str]) -> str:
    return "+".join(gate for gate in GATES if gate in closed) or NO_GATE
