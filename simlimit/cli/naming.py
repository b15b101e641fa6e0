"""From the words of the command line to the scenarios that they name."""

import os
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from simlimit.arguments import check_number
from simlimit.deciding.constraints import MOST, Bound, at_least, at_most
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario, load, preset, presets

_QUOTED = r'"(?:[^"\\]|\\.)*"'
_CHANGE_BEGINS = re.compile(rf":(?=\s*[a-z_]+(?:\[\d+\])?(?:\.(?:[\w-]+|{_QUOTED})(?:\[\d+\])?)*\s*=)")
_CHANGE = re.compile(rf"((?:[^=\"]|{_QUOTED})*)=(.*)", re.DOTALL)
_NAMED = re.compile(r"([^=]+)=(.*)", re.DOTALL)


def find_scenario(
    name: str, changes: Mapping[str, Any] | None = None, borrowers: int | None = None
) -> Scenario:
    """Return a preset, or the scenario in a file, scaled and then changed; else a preset is misspelt."""
    is_file = os.path.isfile(name) or name.endswith(".toml") or os.sep in name
    scenario = load(name) if is_file and name not in presets().index else preset(name)
    if borrowers is not None:
        scenario = scenario.scaled(borrowers)
    return scenario.replace(changes) if changes else scenario


def read_changes(portfolio: str | None, settings: Iterable[str]) -> dict[str, Any]:
    """Return the changes of a scenario: its book, and the fields that ``FIELD=VALUE`` sets."""
    changes: dict[str, Any] = {}
    if portfolio is not None:
        # Absolute, so that the scenario reproduces the run from any folder.
        changes["population.portfolio"] = str(Path(portfolio).absolute())
    return changes | dict(read_change(text) for text in settings)


def read_change(text: str, what: str = "--set") -> tuple[str, Any]:
    """Read ``FIELD=VALUE``: the value is TOML, or else bare text."""
    read = _CHANGE.fullmatch(text)
    field, value = (part.strip() for part in read.groups()) if read else ("", "")
    if not field or not value:
        raise SimlimitError(f"{what} is {text!r}, but must be FIELD=VALUE, such as evaluation.period_days=7.")
    if value == "none":
        return field, None
    try:
        parsed = tomllib.loads(f"value = {value}")
    except (ValueError, RecursionError):
        return field, value
    # A line break could have smuggled in a second value.
    return field, parsed["value"] if len(parsed) == 1 else value


def read_free(settings: Iterable[str], factors: Iterable[str], option: str = "--free") -> dict[str, Any]:
    """Return what is free in a fit, or varied, and known up to a common factor.

    Examples
    --------
    >>> read_free(["evaluation.period_days=7:60", "rules.overdue=true,false"], [])
    {'evaluation.period_days': (7, 60), 'rules.overdue': [True, False]}
    >>> read_free([], ["pool=funding.initial,funding.facilities[0].daily_inflow=0.7:1.3"])
    {'pool': {'fields': ['funding.initial', 'funding.facilities[0].daily_inflow'], 'factor': (0.7, 1.3)}}
    """
    free = dict(_read_prior(text, option, "FIELD=LOW:HIGH or FIELD=A,B") for text in settings)
    for text in factors:
        names, factor = _read_prior(text, "--factor", "[NAME=]FIELD,..=LOW:HIGH")
        name, _, fields = names.partition("=")
        listed = [one.strip() for one in (fields or name).split(",")]
        free[name.strip()] = {"fields": listed, "factor": factor}
    return free


def read_bounds(most: Iterable[str], least: Iterable[str]) -> dict[str, Bound]:
    """Return bounds by metric: those from above, and those from below.

    Examples
    --------
    >>> {metric: str(bound) for metric, bound in read_bounds(["default_losses=1.02x"], []).items()}
    {'default_losses': 'at most 1.02 x today'}
    """
    bounds = {}
    for what, texts, bound in (("--at-most", most, at_most), ("--at-least", least, at_least)):
        for metric, limit in (read_change(text, what) for text in texts):
            is_relative = isinstance(limit, str) and limit.endswith("x")
            value = read_change(f"{metric}={limit[:-1] or limit}", what)[1] if is_relative else limit
            if metric in bounds:
                raise SimlimitError(f"{what} is of {metric!r} again, but a metric must have one bound.")
            check_number(f"{what} of {metric!r}", value, -MOST, MOST, ", or a multiple of today's: 1.02x")
            bounds[metric] = bound(value, relative=is_relative)
    return bounds


def _read_prior(text: str, what: str, allowed: str) -> tuple[str, Any]:
    """Return what stands before the last sign of equality, and the bounds or choices behind it."""
    names, _, values = text.rpartition("=")
    for sign, kind in ((":", tuple), (",", list)):
        parts = values.split(sign)
        is_one = kind is list and what == "--choice"  # beside today's
        if (len(parts) > 1 or is_one) and all(map(str.strip, [names, *parts])):
            return names.strip(), kind(read_change(f"{what}={part}")[1] for part in parts)
    raise SimlimitError(f"{what} is {text!r}, but must be {allowed}, such as evaluation.period_days=7:60.")


def find_scenarios(
    texts: Sequence[str], portfolio: str | None, settings: Sequence[str], borrowers: int | None = None
) -> dict[str, Scenario]:
    """Return scenarios by name, each from ``[NAME=]PRESET_OR_TOML[:FIELD=VALUE ...]``.

    What is set for all comes first, so that a scenario's own changes count.

    Examples
    --------
    >>> from simlimit.cli.naming import find_scenarios
    >>> found = find_scenarios(["jiebei", "weekly=jiebei:evaluation.period_days=7"], None, [])
    >>> [(name, scenario.evaluation.period_days) for name, scenario in found.items()]
    [('jiebei', 30), ('weekly', 7)]
    """
    found: dict[str, Scenario] = {}
    for_all = read_changes(portfolio, settings)
    for text in texts:
        name, source, own = _parts(text)
        if name in found:
            own_name = f"its own, such as weekly={source}:evaluation.period_days=7."
            raise SimlimitError(f"Two scenarios have the name {name!r}, but each must have {own_name}")
        changes = for_all | dict(read_change(change, f"a change of {name}") for change in own)
        found[name] = find_scenario(source, changes, borrowers)
    return found


def _parts(text: str) -> tuple[str, str, list[str]]:
    """Return name, preset or path, and changes; the name may follow from the changes or the file."""
    head, *own = _CHANGE_BEGINS.split(text)
    named = _NAMED.fullmatch(head)
    if named:
        return named[1].strip(), named[2].strip(), own
    if own:
        return ", ".join(own), head, own
    return Path(head).stem if head.endswith(".toml") else head, head, own
