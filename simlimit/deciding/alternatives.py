"""The alternatives of a decision: combinations of changes, what they cost, and the scenarios they make."""

import itertools
import math
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from simlimit.arguments import as_values, check_choice, check_number, check_once, refused, shown
from simlimit.deciding.constraints import MOST
from simlimit.errors import SimlimitError
from simlimit.inference.parameters import Range, is_range
from simlimit.scenario import Lever, field_values
from simlimit.study.changes import Change, apply_changes, as_change
from simlimit.study.draws import Source, estimate

# More alternatives are searched: comparing each with each takes memory.
MOST_COMPARED = 300
# What a choice of no change is called.
TODAY = "today"


class Option(NamedTuple):
    """One of the things to choose from: as given, as tables show it, its change, its cost per year."""

    given: object
    label: object
    change: Change
    cost: float


Choices: TypeAlias = dict[str, list[Option] | Range]


class Alternative(NamedTuple):
    """A choice of one option of each kind.

    Attributes
    ----------
    choice : dict
        The value of each field, or the name of each change, by the names of the choices.
    cost : float
        Currency units per year of the whole platform, above today's.
    source : Scenario
        With all changes. Or draws of a fit.
    """

    choice: dict[str, Any]
    cost: float
    source: Source

    @property
    def name(self) -> str:
        """The choice in words."""
        return ", ".join(f"{name}={shown(label)}" for name, label in self.choice.items())


def read_option(source: Source, costs: Mapping[str, float], name: str, value: object) -> Option:
    """Return an option of a choice: a change, none, or another value of the field of this name."""
    if value is None and name not in field_values(estimate(source)):
        return Option(None, TODAY, Change({}), 0.0)
    is_change = isinstance(value, Change | Lever | Mapping)
    if is_change and name in costs:
        raise SimlimitError(f"costs has {shown(name)}, but its changes have costs of their own.")
    change = as_change(value, name) if is_change else Change({name: value}, cost=costs.get(name, 0.0))
    given, label = (change, change.name) if is_change else (value, value)
    return Option(given, label, change, change.cost and change.cost_per_year(source))


def read_choices(
    source: Source, choices: Mapping[str, Iterable[object]], costs: Mapping[str, float]
) -> Choices:
    """Return the options of each choice, or the range of its values."""
    if not isinstance(choices, Mapping) or not choices:
        raise refused("choices", choices, "a mapping of fields, or of names of changes, to lists")
    if not isinstance(costs, Mapping):
        raise refused("costs", costs, "a mapping of fields to currency units per unit and year")
    for name, cost in costs.items():
        check_choice("a name in costs", name, choices, "choices")
        check_number(f"costs of {shown(name)}", cost, -MOST, MOST)
    read: Choices = {}
    for name, values in choices.items():
        what = f"choices of {name}"
        if is_range(values):
            low, high = np.array(values).tolist()
            if not -MOST <= low < high <= MOST:
                raise refused(what, values, "a range (low, high), or a list of values")
            read[name] = low, high
            continue
        listed = as_values(what, values, "a list of values or changes, or a range (low, high)")
        if not listed:
            raise SimlimitError(f"{what} is empty, but must have at least one value.")
        options = [read_option(source, costs, name, value) for value in listed]
        check_once(what, [option.label for option in options])
        read[name] = options
    return read


def as_given(choices: Choices) -> dict[str, object]:
    """Return choices as `optimise` takes them: values of a field, changes, or None for no change."""
    listed = {name: [one.given for one in some] for name, some in choices.items() if isinstance(some, list)}
    return {**choices, **listed}


def make_alternative(source: Source, options: Mapping[str, Option]) -> Alternative:
    """Return the alternative that takes these options."""
    choice = {name: option.label for name, option in options.items()}
    made = apply_changes(source, [option.change for option in options.values()])
    return Alternative(choice, cost_of(options), made)


def todays(source: Source, choices: Iterable[str]) -> Alternative:
    """Return the alternative of changing nothing."""
    values = field_values(estimate(source))
    return Alternative({name: values.get(name, TODAY) for name in choices}, 0.0, source)


def combinations(choices: Choices) -> list[dict[str, Option]] | None:
    """Return every choice of one option of each kind; None if there is a range, or there are too many."""
    listed = {name: options for name, options in choices.items() if isinstance(options, list)}
    if len(listed) < len(choices) or math.prod(map(len, listed.values())) > MOST_COMPARED:
        return None
    return [dict(zip(listed, chosen, strict=True)) for chosen in itertools.product(*listed.values())]


def cost_of(options: Mapping[str, Option]) -> float:
    """Return what some options cost together, in currency units per year."""
    return sum(option.cost for option in options.values())


def different(alternatives: Iterable[Alternative]) -> list[Alternative]:
    """Return the alternatives, the cheapest first; of those that are equal only the first."""
    first: dict[str, Alternative] = {}
    for one in sorted(alternatives, key=attrgetter("cost")):
        first.setdefault(repr(field_values(estimate(one.source))), one)
    return [*first.values()]
