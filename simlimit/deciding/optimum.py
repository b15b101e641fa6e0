"""`Optimum`: which alternatives are selected, contenders, dominated, infeasible, unclear, or too dear."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import Floats
from simlimit.deciding.alternatives import Alternative, Option, cost_of
from simlimit.deciding.question import COST, Question
from simlimit.deciding.selection import Race
from simlimit.delays.tables import with_interval
from simlimit.scenario import Scenario
from simlimit.study.draws import estimate
from simlimit.study.metrics import LEAST_EVENTS
from simlimit.tables import layout, results
from simlimit.tables.numbers import difference_texts, number_text
from simlimit.tables.units import unit_of
from simlimit.templates import filled

SELECTED, CONTENDER, UNCLEAR, DOMINATED, INFEASIBLE, TOO_DEAR = STATUSES = (
    "selected", "contender", "unclear", "dominated", "infeasible", "over budget",
)  # fmt: skip


@dataclass(eq=False, repr=False)
class Optimum(layout.TabularResult["simlimit.plots.accessors.OptimumPlots"]):
    """What to do, made by `simlimit.optimise`.

    Attributes
    ----------
    question : Question
        With `objectives`, `bounds`, `confidence`, `seed` and `follow_up_days`.
    alternatives : list of Alternative
        Those within the budget, the cheapest first: each has a `choice`, a `cost` per year and its `source`.
    today : Alternative
        That of changing nothing.
    too_dear : list
        What was left out, since it costs more than the budget.
    asked : dict
        Further arguments of `optimise`, by name.
    race : Race
        How the alternatives were judged.

    Examples
    --------
    >>> import simlimit as sl
    >>> monthly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 100}
    ... )
    >>> best = sl.optimise(monthly, {"evaluation.period_days": [7, 14, 30]})
    >>> best.choice, best.selected.evaluation.period_days
    ({'evaluation.period_days': 7}, 7)
    >>> best.table()["status"].to_list()
    ['selected', 'dominated', 'dominated']
    """

    question: Question
    alternatives: list[Alternative]
    today: Alternative
    too_dear: list[dict[str, Option]]
    asked: dict[str, Any]
    race: Race

    def __repr__(self) -> str:
        return f"Optimum({estimate(self.today.source).name!r}: {self._notes()[0]})"

    def _tables(self) -> list[layout.Table]:
        first = self.question.names[0]
        return [results.optimum_table(self.table(), [*self.today.choice], first, self._notes())]

    @property
    def best(self) -> Alternative | None:
        """The selected alternative; None if nothing surely keeps all bounds."""
        return None if self.race.leader is None else self.alternatives[self.race.leader]

    @property
    def choice(self) -> dict[str, Any] | None:
        """What to choose, by the names of the choices; None if nothing surely keeps all bounds."""
        return None if self.best is None else self.best.choice

    @property
    def selected(self) -> Scenario | None:
        """The scenario to choose, of a fit its estimate; None if nothing surely keeps all bounds."""
        return None if self.best is None else estimate(self.best.source)

    @property
    def statuses(self) -> list[str]:
        """The status of each alternative within the budget, as in `table`."""
        race = self.race
        is_leader = np.arange(len(race.samples)) == race.leader
        told = [race.is_infeasible, race.is_dominated, is_leader, race.is_feasible]
        return [*map(str, np.select(told, [INFEASIBLE, DOMINATED, SELECTED, CONTENDER], UNCLEAR))]

    @property
    def contenders(self) -> pd.DataFrame:
        """The rows of `table` that are surely within all bounds, and not surely worse than others."""
        return self.table().query("status == @CONTENDER")

    def front(self) -> pd.DataFrame:
        """Return what is best for one objective or another: the selected and the contenders.

        Returns
        -------
        pandas.DataFrame
            As `table`, by the first objective, the best first. The intervals of all means hold together.
        """
        told = self.table().query("status in [@SELECTED, @CONTENDER]")
        return told.sort_values(self.question.names[0], ascending=self.question.signs[0] > 0)

    def table(self) -> pd.DataFrame:
        """Return a row for each alternative, the selected first, then by status, the best first.

        Returns
        -------
        pandas.DataFrame
            Columns: what is chosen, by the names of the choices, and

            - `status`: one of

              - ``selected``;
              - ``contender``: surely within all bounds, and not surely worse;
              - ``unclear``: neither surely within all bounds, nor surely beyond one;
              - ``dominated``: another that is surely within all bounds is surely better in an objective, and
                surely not worse in any by the indifference;
              - ``infeasible``: surely beyond a bound;
              - ``over budget``: not simulated;

            - `cost`: currency units per year, above today's;
            - `samples`: replications, or draws of a fit, until its status was known;
            - of each objective its mean, with `_low` and `_high`;
            - `difference`, `difference_low`, `difference_high`: of the first objective, less the selected;
            - of each bound `<metric>_excess`, with `_low` and `_high`: by how much it is broken; below 0 it
              is kept.

            All verdicts and all intervals hold together with the confidence, at whatever sample it ended.
        """
        race, names, signs = self.race, self.question.names, self.question.signs
        means = np.stack(race.means())
        columns: dict[Any, Any] = {"status": self.statuses, "cost": [one.cost for one in self.alternatives]}
        columns["samples"] = race.samples
        for k, name in enumerate(names):
            if name != COST:
                columns |= with_interval(name, *_signed(means[..., k], signs[k]))
        leader = 0 if race.leader is None else race.leader
        gaps = np.stack(race.differences(leader))[..., 0] * (np.nan if race.leader is None else 1)
        columns |= with_interval("difference", *_signed(gaps, signs[0]))
        for k, metric in enumerate(self.question.bounds, len(names)):
            columns |= with_interval(f"{metric}_excess", *means[..., k])
        choices = pd.DataFrame([one.choice for one in self.alternatives], dtype=object)
        table = pd.concat([choices, pd.DataFrame(columns)], axis=1)
        table = table.sort_values("difference", kind="stable", ascending=signs[0] > 0)
        order = table["status"].map(STATUSES.index).sort_values(kind="stable").index
        dear = pd.DataFrame([{name: option.label for name, option in one.items()} for one in self.too_dear])
        dear = dear.assign(status=TOO_DEAR, cost=[*map(cost_of, self.too_dear)])
        told = pd.concat([table.loc[order], *([dear] if len(dear) else [])], ignore_index=True)
        return told.infer_objects()

    def _notes(self) -> list[str]:
        """Return sentences: what is selected, how sure that is, what it is worth, and at which risk."""
        race, best, metric = self.race, self.best, self.question.names[0]
        shown = unit_of(metric)
        warned = list[str]()
        asked = np.array([*self.question.names, *self.question.bounds])[~race.is_seen]
        for name in dict.fromkeys(asked.tolist()):
            warned.append(f"Of {name} fewer than {LEAST_EVENTS} events were seen: too few for a verdict.")
        if best is None or race.leader is None:
            return ["Nothing is selected: no alternative was shown to keep all bounds.", *warned]
        left = int(race.in_race.sum()) - 1
        sure = f"{100 * self.question.confidence:.6g} % confidence"
        certain = f"the best with {sure}"
        if race.indifference[0] > 0:
            smallest = number_text(race.indifference[0], shown)
            certain += f", but for differences of {smallest} or less"
        if not race.is_decided:
            certain = f"not with {sure}: n was reached, and " + filled("{n} other{n:s} may be better", n=left)
        said = [f"Selected in {metric}: {best.name}: {certain}."]
        gaps = np.stack(race.differences(race.leader))[..., 0]
        others = [k for k, status in enumerate(self.statuses) if status == CONTENDER]
        second = min(others, key=lambda k: gaps[0, k], default=None)
        for other, name in ((self.alternatives.index(self.today), "today"), (second, "the next best")):
            if other is not None and other != race.leader:
                value, low, high = _signed(-gaps[[0, 2, 1], other], self.question.signs[0])
                texts, unit = difference_texts(value, low, high, shown), shown.of_differences().name
                said.append(f"It differs from {name} by {texts[0]} ({texts[1]}) {unit}.")
        means = np.stack(race.means())[:, race.leader, len(self.question.names) :]
        for (bound, limit), excess in zip(self.question.bounds.items(), means.T, strict=True):
            value, low, high = excess
            texts = difference_texts(value, low, high, unit_of(bound))
            said.append(f"{bound}, {limit}: {texts[0]} ({texts[1]}) beyond the bound.")
        if not self.question.is_guarded:
            unasked = "Nothing was asked of limit_days_lost: it may be selected because credit is taken away."
            said.append(unasked)
        return said + warned


def _signed(ends: Floats, sign: int) -> Floats:
    """Return a value with its interval as of the metric: an objective that is to be large is its negative."""
    return -ends[[0, 2, 1]] if sign < 0 else ends
