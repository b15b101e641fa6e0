"""`Change`: what can be varied in a scenario, or in all draws of a fit, and what it costs."""

import itertools
import operator
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from simlimit.arguments import as_date, check_number, check_text, is_number, refused, shown
from simlimit.books.portfolio import as_portfolio
from simlimit.errors import SimlimitError
from simlimit.run.options import check_scenario
from simlimit.scenario import Lever, Scenario, day_of, dotted, field_values, steps_of
from simlimit.scenario.base import FrozenMapping
from simlimit.scenario.paths import Path
from simlimit.study import draws


@dataclass(frozen=True)
class Change:
    """A field with another value, several fields together, or a lever; with a name and a cost.

    `compare`, `sweep`, `rank_levers`, `sensitivity` and `optimise` take changes. A `Lever` or a mapping
    stands for a change of its own.

    Attributes
    ----------
    fields : mapping or Lever
        As for `Scenario.replace`: dotted names of fields and their new values. A value may be a function of
        the scenario, or of each draw of a fit. Or a lever, also as a mapping: ``{"kind": "appeal"}``. It
        takes the place of a lever of its kind, and leaves the others.
    name : str
        By which tables and pictures call it; if not given, ``evaluation.period_days=7`` or the kind of the
        lever.
    cost : float
        Currency units per unit and year, from the first day on which the change is there:

        - of a lever: for each borrower of the book who takes it up;
        - of one field whose values are numbers: for each unit more than in the scenario. Each unit less
          saves as much. It is negative where less costs more;
        - of any other change: for the change as a whole.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> desk = sl.Change({"review.reviewers": 3}, cost=120_000)
    >>> desk.name, desk.cost_per_year(jiebei)
    ('review.reviewers=3', 240000.0)
    >>> coached = sl.Change({"kind": "education", "uptake": 0.5}, cost=4)
    >>> coached.applied(jiebei).levers[0].uptake, coached.cost_per_year(jiebei)
    (0.5, 2000.0)
    """

    fields: Mapping[str, object] | Lever
    name: str = ""
    cost: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what is not allowed; make a lever of its fields, and a name if there is none."""
        fields = self.fields
        if not isinstance(fields, Lever):
            if not isinstance(fields, Mapping) or not all(isinstance(each, str) for each in fields):
                raise refused("fields", fields, "a mapping of names of fields to values, or a Lever")
            fields = Lever.model_validate(fields) if "kind" in fields else FrozenMapping(fields)
        told = fields.kind if isinstance(fields, Lever) else _told(fields)
        name = told if isinstance(self.name, str) and not self.name else self.name
        check_text("name", name)
        cost = check_number("cost", self.cost, -1e11, 1e11, " (currency units)")
        self.__dict__.update(fields=fields, name=name, cost=cost)

    def applied(self, scenario: Scenario) -> Scenario:
        """Return a scenario with the change. Studies apply it to all draws of a fit.

        Parameters
        ----------
        scenario : Scenario

        Returns
        -------
        Scenario
        """
        return draws.estimate(apply_changes(check_scenario(scenario), [self]))

    def cost_per_year(self, source: draws.Source) -> float:
        """Return what the change costs the whole platform.

        Parameters
        ----------
        source : Scenario
            In which something is to change. Or a fit, whose estimate counts.

        Returns
        -------
        float
            Currency units per year, on average over the days of the run after the warm-up: these are the days
            on which effects are measured. A lever costs from its `start` on. 0 if nothing changes.
        """
        before, lever = draws.estimate(draws.check_source(source, "source")), self.fields
        values, others = field_values(before), field_values(self.applied(before))
        if values == others:
            return 0.0
        if isinstance(lever, Lever):
            measured = before.horizon_days - before.warmup_days
            there = min(measured, max(0, before.horizon_days - day_of(before, lever.start)))
            return self.cost * lever.uptake * book_size(before) * there / measured
        one, *more = map(dotted, self._paths())
        if not more and is_number(old := values.get(one)) and is_number(new := others.get(one)):
            return self.cost * (new - old)
        return self.cost

    def _paths(self) -> list[Path]:
        """Return the paths of what is changed."""
        if isinstance(self.fields, Lever):
            return [("levers", self.fields.kind)]
        return [*map(steps_of, self.fields)]


# What stands for a change.
ChangeLike: TypeAlias = Change | Lever | Mapping[str, object]


def as_change(given: object, name: str) -> Change:
    """Return a change, also of a lever or a mapping of fields; refuse anything else by the argument's name.

    Examples
    --------
    >>> as_change({"evaluation.period_days": 7}, "change").name
    'evaluation.period_days=7'
    """
    if isinstance(given, Change):
        return given
    if isinstance(given, Lever | Mapping):
        return Change(given)
    raise refused(name, given, "a Change, a Lever, or a mapping of fields to values")


def apply_changes(source: draws.Source, changes: Iterable[Change]) -> Scenario | draws.Draws:
    """Return a scenario, or draws of one, with all of some changes, each of which must change other fields.

    Examples
    --------
    >>> import simlimit as sl
    >>> both = [sl.Change({"review.reviewers": 2}), sl.Change({"kind": "appeal"})]
    >>> made = apply_changes(sl.preset("jiebei"), both)
    >>> made.review.reviewers, made.levers[0].kind
    (2, 'appeal')
    """
    fields, levers, paths = dict[str, object](), dict[str, Lever](), list[Path]()
    for change in changes:
        for path, before in itertools.product(change._paths(), paths):
            if all(map(operator.eq, path, before)):  # up to the end of the shorter
                rule = "but what is changed together must be different fields"
                raise SimlimitError(f"{dotted(path)} of the change {change.name!r} is changed twice, {rule}.")
        paths += change._paths()
        if isinstance(change.fields, Lever):
            levers[change.fields.kind] = change.fields
        else:
            fields |= change.fields
    if levers:
        fields["levers"] = lambda draw: [*({one.kind: one for one in draw.levers} | levers).values()]
    if isinstance(source, Scenario):
        return draws.changed(source, fields)
    return draws.Draws(source.scenario, source.scenarios).replace(fields)


def book_size(scenario: Scenario) -> int:
    """Return the number of borrowers at the start."""
    book = as_portfolio(scenario.population.portfolio)
    return scenario.population.borrowers if book is None else len(book)


def _told(fields: Mapping[str, object]) -> str:
    """Return the name of a change of fields that has none."""
    texts = {name: "f(draw)" if callable(new) else shown(as_date(new)) for name, new in fields.items()}
    return ", ".join(f"{name}={text}" for name, text in texts.items())[:100] or "no change"
