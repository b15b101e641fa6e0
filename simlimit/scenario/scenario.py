"""A scenario: one parameter set, validated whole, with a source for each number."""

import datetime
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import AfterValidator, Field, PlainSerializer, model_validator

from simlimit.errors import ScenarioError
from simlimit.scenario.base import FrozenMapping, Part, field, refuse_at, suggestion, whole
from simlimit.scenario.parts import (
    LEVER_KINDS,
    Behaviour,
    Evaluation,
    Facility,
    Funding,
    Lever,
    Limits,
    Population,
    Product,
    Reaction,
    Review,
    Rules,
    Screening,
    Shock,
    Text,
    check_kinds,
    check_regions,
)
from simlimit.scenario.toml import dumps, parse, read

SET_BY_USER = "assumed: set by the user"
AS_IN_CLOCKWORK = "assumed: as in clockwork"
NOT_SAID = "assumed: no source given"
LABELS = ("name", "description", "start_date", "provenance")
"""Fields that name things and change nothing that happens: they need no source."""

_SOURCED = re.compile(r"(measured|reported|assumed)\b")
_ELEMENT = re.compile(r"(shocks|levers|funding\.facilities)\[(\d+)\](?:\.(\w+))?")
_ELEMENTS: dict[str, type[Part]] = {"shocks": Shock, "levers": Lever, "funding.facilities": Facility}

Provenance = Annotated[Mapping[Text, Text], AfterValidator(FrozenMapping), PlainSerializer(dict)]


class Scenario(Part):
    """Everything that one simulated platform is made of.

    Frozen: `replace` makes a new one. The defaults are the preset `clockwork`, in which every delay is 0.

    Examples
    --------
    >>> import simlimit as sl
    >>> weekly = sl.Scenario().replace({"evaluation.period_days": 7, "name": "weekly"})
    >>> weekly
    Scenario('weekly': 1000 borrowers, 720 days)
    >>> weekly.provenance["evaluation.period_days"]
    'assumed: set by the user'
    >>> sl.Scenario().replace({"evaluation.period_days": 0})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    simlimit.errors.ScenarioError: evaluation.period_days is 0, but must be a whole number from 1 to 3650...
    """

    place: ClassVar[tuple[str, ...]] = ()

    name: Text = field("clockwork", "Name of the scenario", "", "text of 1 to 1000 characters")
    description: Annotated[str, Field(strict=True, max_length=10_000)] = field(
        "Every payment on time, every gate open: no delay.",
        "What the scenario is, in a line",
        "",
        "text of at most 10000 characters",
    )
    horizon_days: int = whole(720, 1, 30_000, "days", "Length of a run")
    warmup_days: int = whole(
        0, 0, 29_999, "days", "First days that statistics leave out; less than horizon_days"
    )
    start_date: datetime.date = field(
        datetime.date(2020, 1, 1),
        "Calendar date of day 0; changes nothing that happens",
        "",
        "a date, 2020-01-01 in TOML and datetime.date(2020, 1, 1) in Python",
        strict=True,
    )
    population: Population = field(Population(), "The borrowers", "", "a table")
    behaviour: Behaviour = field(Behaviour(), "What borrowers do", "", "a table")
    product: Product = field(Product(), "The loan", "", "a table")
    evaluation: Evaluation = field(Evaluation(), "The periodic evaluation", "", "a table", strict=False)
    rules: Rules = field(Rules(), "The rules of a clear standing", "", "a table")
    screening: Screening = field(Screening(), "Behaviour analysis", "", "a table")
    review: Review = field(Review(), "The manual desk", "", "a table")
    funding: Funding = field(Funding(), "The funding pool", "", "a table")
    limits: Limits = field(Limits(), "How lines move", "", "a table")
    shocks: Annotated[tuple[Shock, ...], Field(max_length=1000)] = field(
        (), "Policy and market events", "", "a list of at most 1000 shocks", strict=False
    )
    reaction: Reaction = field(Reaction(), "What borrowers do about a hold", "", "a table", strict=False)
    levers: Annotated[tuple[Lever, ...], Field(max_length=len(LEVER_KINDS))] = field(
        (), "Remedies", "", f"a list of at most {len(LEVER_KINDS)} levers", strict=False
    )
    provenance: Provenance = field(
        FrozenMapping({}),
        "Where each number comes from: measured, reported (with the source) or assumed",
        "",
        "texts that begin with measured, reported or assumed, by the name of a field",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.warmup_days >= self.horizon_days:
            self.refuse("warmup_days", f"less than horizon_days, which is {self.horizon_days} (days)")
        if self.behaviour.slip_days >= self.product.cycle_days:
            self.refuse(
                "behaviour.slip_days",
                f"less than product.cycle_days, which is {self.product.cycle_days} (days)",
            )
        if self.population.portfolio is None:
            check_regions(self.shocks, self.population.regions)
        check_kinds(self.levers)
        for name, source in self.provenance.items():
            if not self._has(name):
                refuse_at(("provenance",), name, "about a field of the scenario")
            if not _SOURCED.match(source):
                refuse_at(
                    ("provenance", name), source, "a text that begins with measured, reported or assumed"
                )
        return self

    def __repr__(self) -> str:
        portfolio = self.population.portfolio
        book = f"{self.population.borrowers} borrowers" if portfolio is None else f"the book {portfolio}"
        return f"Scenario({self.name!r}: {book}, {self.horizon_days} days)"

    __str__ = __repr__

    def replace(self, changes: Mapping[str, object]) -> "Scenario":
        """Return a new, validated scenario with some fields changed.

        Parameters
        ----------
        changes : mapping
            Dotted field names and their new values: `{"evaluation.period_days": 7}`. A whole part, list or
            mapping is replaced by its own name: `{"shocks": [...]}`. What is replaced gets the provenance
            "assumed: set by the user" unless `changes` has a `provenance` of its own for it.

        Returns
        -------
        Scenario
            The new scenario; this one stays as it is.

        Raises
        ------
        ScenarioError
            If there is no such field, or its value is not allowed.

        Examples
        --------
        >>> import simlimit as sl
        >>> batch = sl.Scenario().replace({"evaluation.schedule": "batch", "population.borrowers": 50})
        >>> batch.evaluation.schedule, batch.population.borrowers
        ('batch', 50)
        """
        values = _tree(self)
        # A part comes before its fields, whatever the order in which they are given.
        for name in sorted(changes, key=lambda name: str(name).count(".")):
            _put(values, name, changes[name])
        own = "provenance" in changes
        if not own or isinstance(values["provenance"], Mapping):
            values["provenance"] = self._provenance_after(changes, values["provenance"], own)
        return Scenario(**values)

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
        if name in LABELS:
            return ""
        holder = name
        while holder not in self.provenance:
            if not holder:
                return AS_IN_CLOCKWORK if _value(self, name) == _value(Scenario(), name) else NOT_SAID
            holder = holder[: max(holder.rfind("."), holder.rfind("["), 0)]
        return self.provenance[holder]

    def save(self, path: str | os.PathLike[str], comments: bool = True) -> None:
        """Write the scenario as TOML, whole or not at all.

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
        target = Path(path)
        try:
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=".simlimit-") as workshop:
                draft = Path(workshop) / "draft"
                draft.write_text(dumps(self, comments), encoding="utf-8", newline="\n")
                os.replace(draft, target)
        except OSError as error:
            raise ScenarioError(f"{target} cannot be written: {error.strerror}.") from None

    def _has(self, name: str) -> bool:
        """Tell whether a dotted name is a field, a part, or an element of a list."""
        element = _ELEMENT.fullmatch(name)
        if element is None:
            return name in names()
        elements = _value(self, element[1])
        within = isinstance(elements, tuple) and int(element[2]) < len(elements)
        return within and (element[3] is None or element[3] in _ELEMENTS[element[1]].model_fields)

    def _provenance_after(
        self, changes: Mapping[str, object], kept: Mapping[str, str], own: bool
    ) -> dict[str, str]:
        """Return the sources of a changed scenario: those of what is replaced are gone."""
        sources = {
            name: source
            for name, source in kept.items()
            if own or not any(_covers(new, name) for new in changes)
        }
        for new in changes:
            if new not in LABELS:
                sources.setdefault(new, SET_BY_USER)
        return sources


def names() -> list[str]:
    """Return the dotted names of all fields and parts of a scenario.

    Examples
    --------
    >>> names()[:4]
    ['name', 'description', 'horizon_days', 'warmup_days']
    """
    found: dict[str, None] = {}
    for leaf in Scenario.leaves():
        steps = leaf.split(".")
        found |= {".".join(steps[: depth + 1]): None for depth in range(len(steps))}
    return list(found)


def load(path: str | os.PathLike[str]) -> Scenario:
    r"""Read a scenario from a TOML file; what the file leaves out is as in `clockwork`.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    Scenario
        The scenario, validated.

    Raises
    ------
    ScenarioError
        In one sentence: the file cannot be read, is not TOML, or has a value that is not allowed.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import simlimit as sl
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "weekly.toml"
    >>> _ = file.write_text('name = "weekly"\n[evaluation]\nperiod_days = 7\n')
    >>> sl.load(file).evaluation.period_days
    7
    """
    values = parse(read(path), str(path))
    try:
        return Scenario(**values)
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}", error.field, error.problem) from None


def _covers(new: str, name: str) -> bool:
    return name == new or name.startswith((f"{new}.", f"{new}["))


def _value(scenario: Scenario, name: str) -> object:
    """Return what stands at a dotted name; an element of a list as the list that holds it."""
    value: object = scenario
    for step in name.split("[", maxsplit=1)[0].split("."):
        value = getattr(value, step)
    return value


def _tree(part: Part) -> dict[str, Any]:
    """Return a part as nested dictionaries; lists and mappings stay as they are."""
    values = {name: getattr(part, name) for name in type(part).model_fields}
    return {name: _tree(value) if isinstance(value, Part) else value for name, value in values.items()}


def _put(values: dict[str, Any], name: str, value: object) -> None:
    """Set one field in nested dictionaries by its dotted name."""
    if name not in names():
        raise ScenarioError(f"{name} is not a field of a scenario; {suggestion(str(name), names())}")
    *parts, last = name.split(".")
    for part in parts:
        below = values[part]
        if not isinstance(below, Mapping):
            return  # a part that was itself replaced by something else, which validation will refuse
        values[part] = values = dict(below)
    values[last] = _tree(value) if isinstance(value, Part) else value
