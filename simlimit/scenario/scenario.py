"""A scenario: all parameters of one platform, validated together, with a source for each number."""

import datetime
import os
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Annotated, ClassVar

import pandas as pd
from pydantic import AfterValidator, Field, PlainSerializer

import simlimit
from simlimit.arguments import as_path, check_flag, check_type, shown
from simlimit.drafts import remove_leftovers, write_files, writing
from simlimit.errors import ScenarioError, warn
from simlimit.portfolio import Portfolio
from simlimit.scenario import own_book, parts, toml
from simlimit.scenario.base import FrozenMapping, Part, changed, element_kind, no_field, refuse_at
from simlimit.scenario.fields import days, field
from simlimit.scenario.paths import REGIONS, Path, dotted, step_text, steps_of
from simlimit.scenario.regions import Text
from simlimit.scenario.scaling import REVIEWERS, in_proportion, rounding_sentence, source_when_scaled
from simlimit.templates import filled

AS_IN_CLOCKWORK = "assumed: as in clockwork"
# Fields that name things and change nothing that happens: they need no source.
LABELS = ("name", "description", "provenance")

LongText = Annotated[str, Field(strict=True, max_length=10_000)]
_NO_DELAY = "Every payment on time, every gate open: no delay."
_FIRST, _LAST = datetime.date(1900, 1, 1), datetime.date(2150, 12, 31)
StartDate = Annotated[datetime.date, Field(strict=True, ge=_FIRST, le=_LAST)]
_START_DATE = "a date from 1900 to 2150, 2020-01-01 in TOML and datetime.date(2020, 1, 1) in Python"
_Sourced = Annotated[Text, Field(pattern=r"^(measured|reported|fitted|assumed)\b")]
Provenance = Annotated[Mapping[Text, _Sourced], AfterValidator(FrozenMapping), PlainSerializer(dict)]


class Scenario(Part):
    """One platform: its borrowers, its rules, its desk, its pool, and what happens to it.

    A scenario cannot be changed: `replace` makes a new one. Every field has a default, that of `clockwork`.
    ``simlimit scenario clockwork`` prints all fields with meaning, unit and range.

    Examples
    --------
    >>> import simlimit as sl
    >>> weekly = sl.preset("jiebei").replace({"evaluation.period_days": 7, "name": "weekly"})
    >>> weekly
    Scenario('weekly': 1000 borrowers, 1080 days)
    >>> weekly.source("evaluation.period_days")
    'assumed: set by the user'
    """

    place: ClassVar[tuple[str, ...]] = ()

    name: Text = field("clockwork", "Name of the scenario", "text of 1 to 1000 characters")
    description: LongText = field(_NO_DELAY, "What it is, in a line", "text of at most 10000 characters")
    horizon_days: int = days(720, 1, 30_000, "Length of a run")
    warmup_days: int = days(0, 0, 29_999, "First days that statistics leave out; less than horizon_days")
    start_date: StartDate = field(datetime.date(2020, 1, 1), "Calendar date of day 0", _START_DATE)
    population: parts.Population = field(parts.Population(), "The borrowers", "a table")
    behaviour: parts.Behaviour = field(parts.Behaviour(), "What borrowers do", "a table")
    product: parts.Product = field(parts.Product(), "The loan", "a table")
    evaluation: parts.Evaluation = field(parts.Evaluation(), "The periodic evaluation", "a table")
    rules: parts.Rules = field(parts.Rules(), "The rules of a clear standing", "a table")
    screening: parts.Screening = field(parts.Screening(), "Behaviour analysis", "a table")
    review: parts.Review = field(parts.Review(), "The manual desk", "a table")
    funding: parts.Funding = field(parts.Funding(), "The funding pool", "a table")
    limits: parts.Limits = field(parts.Limits(), "How lines move", "a table")
    shocks: parts.Shocks = field((), "Policy and market events", "a list of at most 1000 shocks")
    economy: parts.Economy = field(parts.Economy(), "What makes all late together", "a table")
    calendar: parts.Calendar = field(parts.Calendar(), "Days on which parts rest", "a table")
    reaction: parts.Reaction = field(parts.Reaction(), "What borrowers do about a hold", "a table")
    levers: parts.Levers = field((), "Remedies", "a list of levers, at most one of each kind")
    provenance: Provenance = field(
        FrozenMapping({}),
        "Where each number comes from: measured, reported (with the source), fitted (to a log) or assumed",
        "texts that begin with measured, reported, fitted or assumed, by the name of a field",
    )

    def _check(self) -> None:
        if self.warmup_days >= self.horizon_days:
            self.refuse("warmup_days", f"less than horizon_days, which is {self.horizon_days} (days)")
        cycle_days = self.product.cycle_days
        if self.behaviour.slip_days >= cycle_days:
            self.refuse("behaviour.slip_days", f"less than product.cycle_days, which is {cycle_days} (days)")
        if self.population.portfolio is None:
            parts.check_regions(self.shocks, self.population.regions)
        parts.check_kinds(self.levers)
        self._check_days()
        begin = sum(self.horizon_days * one.per_year / 365 if one.per_year else 1 for one in self.shocks)
        if begin > parts.MOST_SHOCKS:
            self.refuse("shocks", f"such that at most {parts.MOST_SHOCKS} begin in a run, not {begin:.0f}")
        for name in self._unknown(self.provenance):
            refuse_at(("provenance",), name, "about a field of the scenario")

    def _check_days(self) -> None:
        """Refuse a shock of which no day lies in the run, and a facility that ends before it starts."""
        last = self.horizon_days - 1
        dates = f"{self.start_date} to {self.start_date + datetime.timedelta(last)}"
        rule = f"a day of the run, 0 to {last} ({dates}), or a date from which the shock lasts into it"
        for position, shock in enumerate(self.shocks):
            day = 0 if shock.at is None else day_of(self, shock.at)
            if not -max(1, shock.duration_days) < day <= last:
                refuse_at(("shocks", position, "at"), shock.at, rule)
        for position, one in enumerate(self.funding.facilities):
            if one.end is not None and day_of(self, one.end) <= day_of(self, one.start):
                path = ("funding", "facilities", position, "end")
                refuse_at(path, one.end, f"later than start, which is {one.start}")

    def __repr__(self) -> str:
        portfolio = self.population.portfolio
        book = "{borrowers} borrower{borrowers:s}" if portfolio is None else "the book {portfolio}"
        known = {"portfolio": portfolio, "borrowers": self.population.borrowers, "days": self.horizon_days}
        return f"Scenario({self.name!r}: {filled(book + ', {days} day{days:s}', **known)})"

    __str__ = __repr__

    def replace(self, changes: Mapping[str, object]) -> "Scenario":
        """Return a new, validated scenario with some fields changed.

        Parameters
        ----------
        changes : mapping
            Dotted field names and their new values: `{"evaluation.period_days": 7}`. An element of a list has
            its position, from 0: `{"shocks[0].size": 0.1}`. A region has its name, in quotes if it is no
            plain word: `{'population.regions."north.east".late_onset': 0.02}`. A whole part, list or mapping
            is replaced by its own name: `{"shocks": [...]}`. What is replaced gets the provenance "assumed:
            set by the user" unless `changes` has a `provenance` of its own for it.

        Returns
        -------
        Scenario
            The new scenario; this one does not change.

        Raises
        ------
        ScenarioError
            If there is no such field or element, or its value is not allowed.

        Examples
        --------
        >>> import simlimit as sl
        >>> batch = sl.Scenario().replace({"evaluation.schedule": "batch", "population.borrowers": 50})
        >>> batch.evaluation.schedule, batch.population.borrowers
        ('batch', 50)
        >>> poorer = sl.preset("jiebei").replace({"funding.facilities[1].daily_inflow": 3000.0})
        >>> poorer.funding.facilities[1].daily_inflow
        3000.0
        """
        if not isinstance(changes, Mapping):
            raise ScenarioError(f"changes is {shown(changes)}, but must be a mapping of fields to values.")
        values = dict(self)
        steps = {name: _steps(name) for name in changes}
        # A part or list comes before what is in it, whatever the order in which they are given.
        for name in sorted(changes, key=lambda name: len(steps[name])):
            first, *below = steps[name]
            values[str(first)] = changed(values[str(first)], steps[name], below, changes[name])
        if isinstance(values["provenance"], Mapping):
            values["provenance"] = _sources_after(map(dotted, steps.values()), values["provenance"])
        return Scenario(**values)

    def _with(self, changes: Mapping[str, object]) -> "Scenario":
        return self.replace(changes)

    def scaled(self, borrowers: int) -> "Scenario":
        """Return the scenario with another number of borrowers, and desk and pool in proportion.

        The reviewers, the headroom at the start, its ceiling and all inflows keep their size per borrower.
        Amounts are rounded to cents and reviewers are rounded up. A `SimlimitWarning` says so where it
        changes the load of a desk in use by more than 1 %; the provenance says it, too.

        A small pool still queues more than a large one, since one large repayment holds up others. So does a
        small desk, unless rounding makes it larger.

        Parameters
        ----------
        borrowers : int
            1 .. 20,000,000. With `population.portfolio` the number of rows in the file: desk and pool are
            then sized for that book, from the `population.borrowers` for which they were sized before.

        Returns
        -------
        Scenario
            The new scenario; this one does not change. Scale the original rather than what was scaled down,
            whose reviewers have been rounded up.

        Raises
        ------
        ScenarioError
            If the number is not as above, or what is scaled leaves its range.

        Examples
        --------
        >>> import simlimit as sl
        >>> large = sl.preset("jiebei").scaled(10_000)
        >>> large.population.borrowers, large.review.reviewers, large.funding.initial
        (10000, 10, 890000.0)
        >>> large.source("funding.initial")
        'assumed: scaled from 1000 to 10000 borrowers; assumed: the pool starts full'
        """
        before = self.population.borrowers
        after = parts.Population(borrowers=borrowers).borrowers
        if after == before:
            return self
        scaled = {"population.borrowers": after} | in_proportion(self.review, self.funding, before, after)
        rounding = rounding_sentence(scaled[REVIEWERS], self.review.reviewers * after / before)
        sources = {name: source_when_scaled(self.source(name), before, after) for name in scaled}
        sources[REVIEWERS] = source_when_scaled(self.source(REVIEWERS), before, after, rounding)
        made = self.replace(scaled | {"provenance": {**self.provenance, **sources}})
        if rounding and self._uses_desk():
            warn(f"{rounding}.")
        return made

    with_portfolio = own_book.with_portfolio

    def source(self, name: str) -> str:
        """Return where the value of a field comes from.

        Parameters
        ----------
        name : str
            Dotted name of a field, a part or an element: `shocks[0]`.

        Returns
        -------
        str
            Its provenance, or that of what holds it, or what follows from its being a default; empty for a
            label, which needs no source.

        Examples
        --------
        >>> import simlimit as sl
        >>> sl.Scenario().source("evaluation.period_days")
        'assumed: as in clockwork'
        """
        check_type("name", name, str)
        if name in LABELS:
            return ""
        path = steps_of(name)
        for depth in range(len(path), 0, -1):
            if (holder := dotted(path[:depth])) in self.provenance:
                return self.provenance[holder]
        if self._unknown([dotted(path)]):
            raise ScenarioError(f"{name} {no_field(name, names())}")
        is_default = _value(self, path) == _value(_CLOCKWORK, path)
        return AS_IN_CLOCKWORK if is_default else "assumed: no source given"

    def diff(self, other: "Scenario") -> pd.DataFrame:
        """Return the fields in which two scenarios differ; where their numbers come from is not compared.

        Parameters
        ----------
        other : Scenario

        Returns
        -------
        pandas.DataFrame
            Index `field`: dotted names, such as ``evaluation.period_days`` or ``shocks[0].at``. Two
            columns, the values here and in the other: named as the scenarios are, or ``this`` and ``other``
            if both have one name. None where a field is not set, or a list has no such element.

        Raises
        ------
        ScenarioError
            If `other` is not a scenario.

        Examples
        --------
        >>> import simlimit as sl
        >>> jiebei = sl.preset("jiebei")
        >>> weekly = jiebei.replace({"name": "weekly", "evaluation.period_days": 7})
        >>> jiebei.diff(weekly)  # doctest: +NORMALIZE_WHITESPACE
                                jiebei  weekly
        field
        name                    jiebei  weekly
        evaluation.period_days      30       7
        """
        if not isinstance(other, Scenario):
            raise ScenarioError(f"other is {shown(other)}, but must be a Scenario, such as preset('jiebei').")
        mine, theirs = field_values(self), field_values(other)
        pairs = {name: (mine.get(name), theirs.get(name)) for name in mine | theirs}
        changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        columns = ["this", "other"] if self.name == other.name else [self.name, other.name]
        index = pd.Index(list(changed), name="field", dtype=object)
        return pd.DataFrame(list(changed.values()), index, columns, dtype=object)

    def save(self, path: str | os.PathLike[str], comments: bool = True) -> None:
        """Write the scenario as TOML, atomically, and the book of `with_portfolio` beside it.

        Parameters
        ----------
        path : path
            File to write; one that exists is replaced.
        comments : bool
            Whether each field is explained.

        Raises
        ------
        ScenarioError
            If the file cannot be written; then nothing has changed.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import simlimit as sl
        >>> file = pathlib.Path(tempfile.mkdtemp()) / "mine.toml"
        >>> sl.Scenario(name="mine").save(file)
        >>> sl.load(file) == sl.Scenario(name="mine")
        True
        """
        target = as_path("path", path)
        check_flag("comments", comments)
        book = self.population.portfolio
        files = {book.file_name: book.as_csv()} if isinstance(book, Portfolio) else {}
        files[target.name] = toml.as_toml(self, self.source, comments).encode()
        with writing(target, ScenarioError):
            remove_leftovers(target.parent)
            write_files(target.parent, files, os.replace)

    def _repr_html_(self) -> str:
        """Show the fields by part in a notebook, and what differs from a preset."""
        return simlimit.tables.scenario_html(self)

    def _uses_desk(self) -> bool:
        """Tell whether any hold can come to the desk."""
        asked = [*in_regions(self, "watch_share", self.population.regions), self.reaction.appeal_share]
        kinds = {*(shock.kind for shock in self.shocks), *(lever.kind for lever in self.levers)}
        return any(asked) or not kinds.isdisjoint({"watch_list", "appeal"})

    def _unknown(self, asked: Iterable[str]) -> list[str]:
        """Return the dotted names that are no field, no part and no element."""
        known = names()
        others = [name for name in asked if name not in known]
        found = [f"{one}." for one, _, _ in self.walk()] if others else []
        return [name for name in others if not any(one.startswith(f"{name}.") for one in found)]


def names() -> list[str]:
    """Return the dotted names of all fields and parts of a scenario.

    Examples
    --------
    >>> names()[:4]
    ['name', 'description', 'horizon_days', 'warmup_days']
    """
    leaves = (leaf.split(".") for leaf in Scenario.leaves())
    return [*dict.fromkeys(".".join(steps[: i + 1]) for steps in leaves for i in range(len(steps)))]


def day_of(scenario: Scenario, day: parts.Day) -> int:
    """Return the number of a day or date: of a date its distance from day 0, negative before the run."""
    return (day - scenario.start_date).days if isinstance(day, datetime.date) else day


def field_values(scenario: Scenario) -> dict[str, object]:
    """Return the values by dotted name, without their sources."""
    return {name: value for name, value, _ in scenario.walk() if name != "provenance"}


def in_regions(scenario: Scenario, name: str, regions: Iterable[str]) -> tuple[float, ...]:
    """Return a number of each of some regions, such as `late_onset`: its own, or that of the scenario."""
    wholes = scenario.behaviour, scenario.population, scenario.screening, scenario.review
    everywhere = next(getattr(part, name) for part in wholes if name in part.__dict__)
    found = [getattr(scenario.population.regions.get(region), name, None) for region in regions]
    return tuple([everywhere if one is None else one for one in found])


def _sources_after(changed: Iterable[str], sources: Mapping[str, str]) -> dict[str, str]:
    """Return the sources after a change, without those of replaced fields unless it has its own."""
    kept, changes = dict(sources), list(changed)
    if "provenance" not in changes:
        below = tuple(f"{new}{mark}" for new in changes for mark in ".[")
        kept = {name: kept[name] for name in kept if name not in changes and not name.startswith(below)}
    unsaid = [new for new in changes if new not in LABELS and new not in kept]
    return kept | dict.fromkeys(unsaid, "assumed: set by the user")


def _value(scenario: Scenario, path: Path) -> object:
    """Return the value at a path; for an element, all of them."""
    value: object = scenario
    for step in path:
        value = getattr(value, str(step)) if isinstance(value, Part) else value
    return value


@cache
def _steps(name: str) -> Path:
    """Return the steps to a field: `shocks`, 0, `size` for `shocks[0].size`."""
    path = steps_of(str(name))
    is_region = path[:2] == REGIONS
    found = [step for step in (path[2:3] if is_region else path) if isinstance(step, int) is not is_region]
    element = step_text(found[0]) if found else ".NAME" if is_region else "[0]"
    kinds = {of: element_kind(info.annotation) for of, info in Scenario.leaves().items()}
    # What has elements, and their fields: `size`, .. of `shocks`.
    holders = {of: one.leaves() for of, one in kinds.items() if one and (of == dotted(REGIONS)) is is_region}
    known = [*names(), *(f"{of}{element}.{field}" for of, fields in holders.items() for field in fields)]
    if dotted(path) not in known and dotted(path) not in [f"{of}{element}" for of in holders]:
        raise ScenarioError(f"{name} {no_field(name, known)}")
    return path


# Whose values are the defaults.
_CLOCKWORK = Scenario()
