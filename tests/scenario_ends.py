"""The ends of what each field of a scenario may be, read from its declaration, and scenarios at the ends.

A field that comes later is found unasked. Who makes a book small enough for a test leaves out the fields of
`SIZES`, whose upper ends are a matter of memory.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from random import Random
from types import NoneType
from typing import Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen
from pydantic.fields import FieldInfo
from random_scenarios import LEVER_KINDS, SHOCK_KINDS, random_scenario

from simlimit.errors import ScenarioError
from simlimit.scenario import Scenario
from simlimit.scenario.base import element_kind
from simlimit.scenario.paths import dotted, steps_of
from simlimit.scenario.regions import MOST_REGIONS, Region

BORROWERS, DAYS = 50, 400
SIZES = ("population.borrowers", "horizon_days")
"""How many borrowers, and for how long: the memory of the machine is their end."""
LISTS = ("shocks", "levers", "funding.facilities", "population.regions")
"""What others name: with other elements these would mean something else."""
NAMES = ("name", "description", "start_date", "provenance", "population.portfolio")
"""What changes nothing that happens, and the file of a book."""
FROM_ONE = ("screening.flag_days",)
"""What may be 0, or else is 1 at least."""
ELEMENT = re.compile(r'\[\d+\]|(?<=population\.regions)\.("[^"]*"|[^.]+)(?=\.)')


def numeric_ends(name: str, info: FieldInfo) -> list[float]:
    """Return the smallest and the largest number of a field, and from 0 on also the one next to it."""
    found: dict[str, Any] = {}
    for constraint in info.metadata:
        for kind in (Ge, Gt, Le, Lt):
            if isinstance(constraint, kind):
                found[kind.__name__] = getattr(constraint, kind.__name__.lower())
    if int in kinds_of(info):
        return [found["Ge"], found["Le"]]
    low = float(found["Ge"]) if "Ge" in found else math.nextafter(found["Gt"], math.inf)
    high = float(found["Le"]) if "Le" in found else math.nextafter(found["Lt"], -math.inf)
    next_to_nothing = 1.0 if name in FROM_ONE else math.nextafter(0.0, 1.0)
    return [low, high, *([next_to_nothing] if low == 0 else [])]


def kinds_of(info: FieldInfo) -> tuple[Any, ...]:
    """Return the types that a field takes: of `float | None`, both."""
    several = NoneType in get_args(info.annotation)
    return get_args(info.annotation) if several else (info.annotation,)


def most(info: FieldInfo) -> int:
    """Return how many entries a list may have."""
    return next(one.max_length for one in info.metadata if isinstance(one, MaxLen))


def ends_of(name: str, info: FieldInfo, scenario: Scenario) -> list[Any]:
    """Return the values at the ends of what a field may be, for a scenario that has elements in each list."""
    kinds = kinds_of(info)
    unset = [None] if NoneType in kinds else []
    if name.endswith(".at"):
        last = scenario.horizon_days - 1
        return [*unset, 0, last, *(scenario.start_date + datetime.timedelta(day) for day in (-19, last))]
    if name.endswith((".start", ".end")):
        first = datetime.date.min + datetime.timedelta(name.endswith(".end"))  # an end is after a start
        return [*unset, 0, 30_000, first, datetime.date.max]
    if {int, float} & set(kinds):
        if name == "warmup_days":
            return [0, scenario.horizon_days - 1]
        return [*unset, *numeric_ends(name, info)]
    if bool in kinds:
        return [False, True]
    words = next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())
    if words:
        return [*unset, *words]
    if str in kinds:
        return ["x", "x" * 1000]
    if name == "population.regions":
        return [{"all": 1.0}, {f"region {k}": 1 / MOST_REGIONS for k in range(MOST_REGIONS)}]
    if element_kind(info.annotation) is not None:
        old = value_at(scenario, name)
        return [(), (old * most(info))[: most(info)] if name != "levers" else old]
    if name.endswith(".regions"):
        return [(), tuple(scenario.population.regions)]
    if name == "behaviour.cure_hazards":
        return [(0.0,), (1.0,), (0.0, 1.0) * (most(info) // 2)]
    if name == "behaviour.draw_share":
        return [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)]
    if name == "product.clearing_days":
        return [(0, 0), (0, 365), (365, 365)]
    if name in ("calendar.holidays", "calendar.workdays"):
        day = datetime.timedelta(days=1)
        return [(), tuple(scenario.start_date + k * day for k in range(scenario.horizon_days))]
    words = get_args(get_args(info.annotation)[0])
    if get_origin(info.annotation) is tuple and words:
        return [(), words[: -1 if name == "calendar.closed_weekdays" else None]]
    if datetime.date in kinds:
        return [datetime.date.min, datetime.date.max]
    raise NotImplementedError(f"{name} is of a kind whose ends are not known here: {info.annotation}")


def value_at(scenario: Scenario, name: str) -> Any:
    """Return the value of a field by its name."""
    value: Any = scenario
    for step in steps_of(name):
        if isinstance(value, float):
            value = Region(share=value)
        value = value[step] if isinstance(value, tuple | Mapping) else getattr(value, str(step))
    return value


def rich_scenario(seed: int) -> Scenario:
    """Return a random scenario with an element of each kind in each list, so that every field is there."""
    drawn = random_scenario(seed)
    regions = tuple(drawn.population.regions)
    shocks = [
        {"kind": kind, "at": 20 + 9 * k, "regions": regions[: k % 2] if kind != SHOCK_KINDS[3] else ()}
        | ({"duration_days": 20} if k < 4 else {})
        | ({"size": 0.2} if kind in ("tightening", "liquidity_squeeze", "limit_cut") else {})
        | ({"size": 3_000.0} if kind == "cap" else {"score_below": 0.6} if k > 3 else {})
        for k, kind in enumerate(SHOCK_KINDS)
    ]
    levers = [
        {"kind": kind, "start": 10 * k} | ({"product": "credit-loan"} if kind == "diversify" else {})
        for k, kind in enumerate(LEVER_KINDS)
    ]
    facilities = [{"name": "bank", "daily_inflow": 500.0}, {"name": "notes", "lump": 9e3, "every_days": 30}]
    return drawn.replace(
        {
            "population.borrowers": min(drawn.population.borrowers, BORROWERS),
            "horizon_days": 200,
            "shocks": shocks,
            "levers": levers,
            "funding.facilities": facilities,
        }
    )


def fields_of(scenario: Scenario) -> Iterator[tuple[str, FieldInfo]]:
    """Yield the name and the declaration of every field, also of elements and of the lists themselves.

    Without the shares of regions, which sum to 1.
    """
    for name, _, info in scenario.walk():
        if not (name.startswith("population.regions.") and name.endswith(".share")):
            yield name, info
    for name, info in Scenario.leaves().items():
        if element_kind(info.annotation) is not None:
            yield name, info


def plain(name: str) -> str:
    """Return the name of a field without positions of elements and names of regions: `shocks.size`."""
    return ELEMENT.sub("", name)


def at_end(scenario: Scenario, field: str, value: Any) -> Scenario:
    """Return a scenario with a value at an end, in all elements that can have it.

    Where none can, one more field of the same part or of the whole run is at an end that goes with it.
    """
    declared = dict(fields_of(scenario))
    names = [name for name in declared if plain(name) == field]
    made = scenario
    for name in names:
        with suppress(ScenarioError):
            made = made.replace({name: value})
    if made is not scenario or all(value_at(scenario, name) == value for name in names):
        return made
    for name in names:
        whole, part = name.split(".")[0], name.rsplit(".", 1)[0]
        parts = (f"{part}.", f"{whole}.", "behaviour.slip_days", "product.cycle_days")
        for other, info in declared.items():
            if other not in (name, *NAMES, SIZES[0]) and other.startswith(parts):
                for end in ends_of(other, info, scenario):
                    with suppress(ScenarioError):
                        return scenario.replace({name: value, other: end})
    raise AssertionError(f"no scenario was found in which {field} is {value}")


def random_ends(seed: int) -> Scenario:
    """Return a random scenario with a few, about a third, or nearly all of its fields at their ends."""
    rng = Random(seed)
    scenario, share = rich_scenario(seed), rng.choice((0.05, 0.3, 0.9))
    changes = {
        name: rng.choice(ends_of(name, info, scenario))
        for name, info in fields_of(scenario)
        if rng.random() < share and name not in (*SIZES, *NAMES, *LISTS)
    }
    while True:
        try:
            return scenario.replace(changes)
        except ScenarioError as refused:
            # What does not go with the others stays as it was, or else any of them.
            changes.pop(dotted(refused.field), None) or changes.pop(rng.choice([*changes]))


def busy_scenario() -> Scenario:
    """Return a scenario in which a borrower has thousands of open holds, that are looked at every day."""
    return rich_scenario(3).replace(
        {
            "population.borrowers": BORROWERS,
            "horizon_days": DAYS,
            "screening.flag_days": 1.0,
            "evaluation.period_days": 1,
            "evaluation.duration_days": 0,
            "behaviour.draws_per_year": 365.0,
            "behaviour.draw_share": (0.0, 0.0),
            "behaviour.slip_days": 1,
            "product.cycle_days": 2,
            "product.instalments": 60,
            "product.release_unit": "loan",
            "product.min_draw": 0.6,
            "rules.min_score": 1.0,
            "shocks": [],
        }
    )
