"""Over which range a number is varied: the user's, that which its provenance states, or a default."""

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic.fields import FieldInfo

from simlimit.arguments import as_list, is_number, nearest, refused, shown
from simlimit.errors import SimlimitError
from simlimit.inference.parameters import Free, Parameter, read_free
from simlimit.scenario import Scenario, dotted, steps_of, unit_of

ASSUMED = "assumed"
# What describes the run and not the platform, and what must sum to 1: none of it is an assumption alone.
_NOT_ALONE = re.compile(r"horizon_days|warmup_days|population\.(borrowers|regions\..*\.share)")
_STATED = re.compile(r"; range (\S+) to (\S+)$")
# How pydantic calls the bounds of a field.
_ENDS = ("ge", "gt", "le", "lt")
# Of an amount that `scaled` made, which is no longer what its source speaks of.
_SCALED = "assumed: scaled from "
# A score is varied by so much, up and down.
SCORE_STEP = 0.1


class Ranges(NamedTuple):
    """What is varied, where each range comes from, and assumed numbers that have no range."""

    parameters: tuple[Parameter, ...]
    origins: tuple[str, ...]
    left_out: tuple[str, ...] = ()


def read_ranges(fields: Free | Iterable[str] | str, scenario: Scenario) -> Ranges:
    """Return what an argument says is varied, or refuse it."""
    if isinstance(fields, Mapping):
        parameters = read_free(fields, scenario, "fields")
        return Ranges(parameters, ("given",) * len(parameters))
    numbers = {name: (value, info) for name, value, info in scenario.walk() if is_number(value)}
    if isinstance(fields, str) and fields == ASSUMED:
        sourced = [name for name in numbers if scenario.source(name).startswith(ASSUMED)]
        asked = [name for name in sourced if not _NOT_ALONE.fullmatch(name)]
    else:
        allowed = '"assumed", a list of fields, or a mapping of fields to ranges'
        if isinstance(fields, str):
            raise refused("fields", fields, allowed)
        asked = [dotted(steps_of(str(name))) for name in as_list("fields", fields, allowed)]
    found, left_out = {}, []
    for name in asked:
        if name not in numbers:
            known = nearest(name, numbers, "the scenario")
            raise SimlimitError(f"fields has {shown(name)}, but must have numbers of the scenario: {known}.")
        value, info = numbers[name]
        stated = stated_range(name, value, scenario)
        ends = stated or default_range(value, info)
        if ends:
            found[name] = ends, "provenance" if stated else "default"
        elif fields == ASSUMED:
            left_out.append(name)
        else:
            asks = f'give one as {{"{name}": (low, high)}}'
            raise SimlimitError(f"{name} is {value}, which has no range by default: {asks}.")
    if not found:
        raise refused("fields", fields, "about at least one number with a range")
    priors = {name: ends for name, (ends, _) in found.items()}
    origins = tuple(origin for _, origin in found.values())
    return Ranges(read_free(priors, scenario, "fields"), origins, tuple(left_out))


def stated_range(name: str, value: float, scenario: Scenario) -> tuple[float, float] | None:
    """Return the range with which the provenance of a number ends: ``assumed: ..; range 7 to 30``."""
    source = scenario.provenance.get(name, "")
    stated = _STATED.search(source)
    if stated is None or source.startswith(_SCALED):
        return None
    try:
        low, high = map(float, stated.groups())
        if not low <= value <= high or low == high:
            raise ValueError
    except ValueError:
        around = f"two numbers, and {value} between them"
        raise refused(f"the range in the provenance of {name}", stated[0][2:], around) from None
    return low, high


def default_range(value: float, info: FieldInfo) -> tuple[float, float] | None:
    """Return half to twice a number, within what its field may be; None if that says nothing.

    A share above a half is varied by what it lacks of 1: 0.9 is varied from 0.8 to 0.95. A score is varied by
    0.1 up and down. Days of the calendar have no range.
    """
    limits: dict[str, Any] = {
        end[0]: getattr(one, end) for one in info.metadata for end in _ENDS if hasattr(one, end)
    }
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
