"""The alternatives of a decision: combinations of changes, what they cost, and the scenarios that they make."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from simlimit.arguments import as_list, check_choice, is_number, refused, shown
from simlimit.errors import SimlimitError
from simlimit.scenario import Lever, Scenario, field_values
from simlimit.study.changes import Change, apply_changes, as_change
from simlimit.study.draws import Source, estimate

# More alternatives are searched: comparing each with each takes memory.
MOST_COMPARED = 300
# What a choice of no change is called.
TODAY = "today"


class Option(NamedTuple):
    """One of the things to choose from: what tables show of it, the change, and its cost per year."""

    label: object
    change: Change | None
    cost: float


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


def is_range(values: object) -> bool:
    """Return whether the values of a field are all between two numbers, and not a list."""
    return isinstance(values, tuple) and len(values) == 2 and all(map(is_number, values))


def read_option(source: Source, name: str, value: object, costs: Mapping[str, float]) -> Option:
    """Return an option of a choice: a change, none, or another value of the field of this name."""
    if value is None and name not in field_values(estimate(source)):
        return Option(TODAY, None, 0.0)
    is_change = isinstance(value, Change | Lever | Mapping)
    if is_change and name in costs:
        raise SimlimitError(f"costs has {shown(name)}, but its changes have costs of their own.")
    change = as_change(value, name) if is_change else Change({name: value}, cost=costs.get(name, 0.0))
    return Option(change.name if is_change else value, change, change.cost_per_year(source))


def read_choices(
    source: Source, choices: Mapping[str, Iterable[object]], costs: Mapping[str, float]
) -> dict[str, list[Option] | tuple[float, float]]:
    """Return the options of each choice, or the range of its values."""
    if not isinstance(choices, Mapping) or not choices:
        raise refused("choices", choices, "a mapping of fields, or of names of changes, to lists")
    if not isinstance(costs, Mapping):
        raise refused("costs", costs, "a mapping of fields to currency units per unit and year")
    for name in costs:
        check_choice("a name in costs", name, choices, "choices")
    read: dict[str, list[Option] | tuple[float, float]] = {}
    for name, values in choices.items():
        if is_range(values):
            read[name] = values  # type: ignore[assignment]
            continue
        listed = as_list(f"choices of {name}", values, "a list of values or of changes, or a range (low, high)")
        if not listed:
            raise SimlimitError(f"choices of {name} is empty, but must have at least one value.")
        read[name] = [read_option(source, name, value, costs) for value in listed]
    return read


def make_alternative(source: Source, options: Mapping[str, Option]) -> Alternative:
    """Return the alternative that takes these options."""
    changes = [option.change for option in options.values() if option.change is not None]
    choice = {name: option.label for name, option in options.items()}
    return Alternative(choice, sum(option.cost for option in options.values()), apply_changes(source, changes))


def todays(source: Source, choices: Iterable[str]) -> Alternative:
    """Return the alternative of changing nothing."""
    values = field_values(estimate(source))
    return Alternative({name: values.get(name, TODAY) for name in choices}, 0.0, source)


def all_combinations(source: Source, options: Mapping[str, Sequence[Option]]) -> Iterable[dict[str, Option]]:
    """Yield every choice of one option of each kind."""
    for chosen in itertools.product(*options.values()):
        yield dict(zip(options, chosen, strict=True))
