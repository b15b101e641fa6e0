"""Over which range a number is varied: the user's, that which its provenance states, or a default."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from simlimit.arguments import Floats, as_list, check_choice, check_once, check_text, is_number, refused
from simlimit.inference.parameters import Free, Parameter, Prior, read_free
from simlimit.scenario import Lever, Scenario, dotted, steps_of, unit_of
from simlimit.study import draws
from simlimit.study.changes import Change, apply_changes, as_change

ASSUMED = "assumed"
ALLOWED = '"assumed", a list of fields, or a mapping of fields to ranges'
# What describes the run and not the platform, and what must sum to 1: none of it is an assumption alone.
_NOT_ALONE = re.compile(r"horizon_days|warmup_days|population\.(borrowers|regions\..*\.share)")
_STATED = re.compile(r"; range (\S+) to (\S+)$")
# How pydantic calls the bounds of a field.
_ENDS = ("ge", "gt", "le", "lt")
# Of an amount that `scaled` made, which is no longer what its source speaks of.
_SCALED = "assumed: scaled from "
# A score is varied by so much, up and down.
SCORE_STEP = 0.1
# No quantile is 0 or 1.
EDGE = 1e-9
# Among changes: none.
TODAY = Change({}, "today")


class Ranges(NamedTuple):
    """What is varied, where each range comes from, and assumed numbers that have no range.

    Of a choice of changes the parameter has the changes as its values.
    """

    parameters: tuple[Parameter, ...]
    origins: tuple[str, ...]
    left_out: tuple[str, ...] = ()

    def at(self, scenario: Scenario, quantiles: Floats) -> Scenario:
        """Return a scenario with what is at these quantiles of the ranges."""
        at = zip(self.parameters, quantiles.clip(EDGE, 1 - EDGE).tolist(), strict=True)
        return self.with_values(scenario, {one.name: one.value(quantile) for one, quantile in at})

    def with_values(self, scenario: Scenario, values: Mapping[str, Any]) -> Scenario:
        """Return a scenario with a value of some parameters; of a choice of changes with that change."""
        told = ((values[one.name], one) for one in self.parameters if one.name in values)
        changes = [new if isinstance(new, Change) else Change(one.with_value(new)) for new, one in told]
        return draws.estimate(apply_changes(scenario, changes))


def read_ranges(fields: Free | Iterable[str] | str, scenario: Scenario) -> Ranges:
    """Return what an argument says is varied, or refuse it."""
    if isinstance(fields, Mapping):
        return _given(fields, scenario)
    numbers = {name: (value, info) for name, value, info in scenario.walk() if is_number(value)}
    is_assumed = isinstance(fields, str) and fields == ASSUMED
    if is_assumed:
        sourced = [name for name in numbers if scenario.source(name).startswith(ASSUMED)]
        asked = [name for name in sourced if not _NOT_ALONE.fullmatch(name)]
    else:
        asked = [dotted(steps_of(str(name))) for name in as_list("fields", fields, ALLOWED)]
    ranges, origins, left_out = dict[str, Prior](), list[str](), list[str]()
    for name in dict.fromkeys(asked):
        check_choice("a name in fields", name, numbers, "the scenario")
        value, info = numbers[name]
        stated = stated_range(name, value, scenario)
        if ends := stated or default_range(value, info):
            ranges[name] = ends
            origins.append("provenance" if stated else "default")
        elif is_assumed:
            left_out.append(name)
        else:
            raise refused(name, value, f'given a range, as {{"{name}": (low, high)}}: it has none by default')
    if not ranges:
        raise refused("fields", fields, "about at least one number with a range")
    return Ranges(read_free(ranges, scenario, "fields"), tuple(origins), tuple(left_out))


def _given(fields: Mapping[str, Any], scenario: Scenario) -> Ranges:
    """Return the ranges and the choices of changes that a mapping gives, or refuse it."""
    changes = {name: given for name, given in fields.items() if _are_changes(name, given)}
    ranges = {name: given for name, given in fields.items() if name not in changes}
    parameters = read_free(ranges, scenario, "fields") if ranges or not changes else ()
    parameters += tuple(_choice(name, given, scenario) for name, given in changes.items())
    return Ranges(parameters, ("given",) * len(parameters))


def _are_changes(name: object, given: object) -> bool:
    """Tell whether a list has changes: under a name that is no field's, mappings are changes, too."""
    is_field = steps_of(str(name))[0] in Scenario.model_fields
    kinds = (Change, Lever) if is_field else (Change, Lever, Mapping)
    return isinstance(given, list) and any(isinstance(one, kinds) for one in given)


def _choice(name: object, given: Iterable[object], scenario: Scenario) -> Parameter:
    """Return a choice of changes; None changes nothing."""
    check_text("a name in fields", name)
    what = f"fields of {name!r}"
    changes = [TODAY if one is None else as_change(one, what) for one in given]
    check_once(what, [change.name for change in changes])
    if len(changes) < 2:
        raise refused(what, given, "two or more changes, or None for today")
    for change in changes:
        change.applied(scenario)  # refuses what is not allowed
    return Parameter(str(name), [_with_values(change, scenario) for change in changes])


def _with_values(change: Change, scenario: Scenario) -> Change:
    """Return a change with values in place of functions of the scenario, which no store would know again."""
    if isinstance(change.fields, Lever):
        return change
    values = {field: new(scenario) if callable(new) else new for field, new in change.fields.items()}
    return replace(change, fields=values)


def stated_range(name: str, value: float, scenario: Scenario) -> tuple[float, float] | None:
    """Return the range with which the provenance of a number ends: ``assumed: ..; range 7 to 30``."""
    source = scenario.provenance.get(name, "")
    stated = _STATED.search(source)
    if stated is None or source.startswith(_SCALED):
        return None
    try:
        low, high = map(float, stated.groups())
    except ValueError:
        low = high = math.nan
    if low <= value <= high and low < high:
        return low, high
    around = f"two numbers, and {value} between them"
    raise refused(f"the range in the provenance of {name}", stated[0][2:], around)


def default_range(value: float, info: FieldInfo) -> tuple[float, float] | None:
    """Return half to twice a number, within what its field may be; None if that says nothing.

    A share above a half is varied by what it lacks of 1: 0.9 is varied from 0.8 to 0.95. A score is varied by
    0.1 up and down. Days of the calendar have no range.
    """
    limits = {end[0]: getattr(one, end) for one in info.metadata for end in _ENDS if hasattr(one, end)}
    least, most = limits.get("g"), limits.get("l")
    unit = unit_of(info)
    if unit == "day" or least is None or most is None:
        return None
    low, high = value / 2, 2 * value
    if unit == "score":
        low, high = value - SCORE_STEP, value + SCORE_STEP
    elif most == 1 and value > 0.5:
        low, high = 1 - 2 * (1 - value), 1 - (1 - value) / 2
    # To 12 digits, so that 0.9 + 0.05 is 0.95.
    low, high = (float(f"{min(max(end, least), most):.12g}") for end in (low, high))
    if isinstance(value, int):
        low, high = max(least, math.floor(low)), int(high)
    return (low, high) if low < high else None
