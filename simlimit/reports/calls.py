"""How to make a result again: a call in Python, and the files of scenarios that it loads."""

from collections.abc import Mapping
from contextlib import suppress
from functools import singledispatch
from string import Formatter
from typing import Any

from simlimit import (
    Attribution,
    Change,
    Comparison,
    Fit,
    LeverRanking,
    Optimum,
    Recovery,
    Run,
    Scenario,
    Sensitivity,
    Study,
    Sweep,
    preset,
)
from simlimit.deciding.constraints import Bound
from simlimit.deciding.points import LEAST_POINTS
from simlimit.inference.parameters import Distribution, Parameter
from simlimit.run.options import FOLLOW_UP_DAYS
from simlimit.scenario import field_values
from simlimit.scenario.base import Part
from simlimit.scenario.presets import NAMES
from simlimit.study.draws import estimate
from simlimit.tables.results import MOST_POINTS
from simlimit.text_files import packaged

KINDS = packaged(__package__, "kinds.toml")
# Where a range of a sensitivity comes from, if the user gave it.
GIVEN = "given"


class Code(str):
    """What is written as it is."""


class Call:
    """The call that makes a result again.

    Attributes
    ----------
    files : dict of Scenario
        By the names under which the code loads them.
    code : str
        Python; empty if something is needed that the result does not know.
    """

    def __init__(self, result: object) -> None:
        self.files: dict[str, Scenario] = {}
        given, kind = arguments(result), type(result).__name__
        if isinstance(result, Sweep) and not {*result.fields} <= {*field_values(base_scenario(result))}:
            kind = "Comparison"  # a sweep of changes, of which only the scenarios are known
        template = KINDS[kind]["call"]
        names = [name for _, name, _, _ in Formatter().parse(template) if name]
        made = template.format(**{name: self._written(given[name]) for name in names})
        modules = [name for name in ("datetime", "scipy.stats") if f"{name}." in made]
        code = "\n".join([*(f"import {name}" for name in modules), "import simlimit as sl", "", made, ""])
        self.code = ""
        # A function of the user's has no text.
        with suppress(SyntaxError):
            compile(code, "report", "exec")
            self.code = code

    def _written(self, value: object) -> str:
        """Return a value as Python."""
        match value:
            case Code():
                return value
            case Scenario():
                return self._scenario(value)
            case Change():
                return f"sl.Change({self._written(value.fields)}, {value.name!r}, {value.cost!r})"
            case Bound():
                name = "at_most" if value.is_upper else "at_least"
                return f"sl.{name}({value.limit!r}, relative={value.relative})"
            case Part():
                return self._written({name: one for name, one, info in value.walk() if one != info.default})
            case Mapping():
                items = (f"{name!r}: {self._written(one)}" for name, one in value.items())
                return f"{{{', '.join(items)}}}"
            case list():
                return f"[{', '.join(map(self._written, value))}]"
            case tuple():
                return f"({', '.join(map(self._written, value))}{',' * (len(value) == 1)})"
            case Distribution():
                shape: Any = value
                return f"scipy.stats.{shape.dist.name}(*{shape.args!r}, **{shape.kwds!r})"
            case _:
                return repr(value.item() if hasattr(value, "item") else value)

    def _scenario(self, scenario: Scenario) -> str:
        if scenario.name in NAMES and scenario == preset(scenario.name):
            return f"sl.preset({scenario.name!r})"
        known = {id(one): name for name, one in self.files.items()}
        name = known.get(id(scenario), f"scenario-{len(self.files) + 1}.toml")
        self.files[name] = scenario
        return f"sl.load({name!r})"


def first_study(result: object) -> Study | None:
    """Return the study of which a result is, or the first of its studies."""
    if isinstance(result, Recovery):
        return result.comparison.studies[result.comparison.reference]
    return result if isinstance(result, Study) else next(iter(getattr(result, "studies", {}).values()), None)


def base_scenario(result: Any) -> Scenario:  # noqa: ANN401
    """Return the scenario that a result is of, or the first."""
    if isinstance(result, Optimum):
        return estimate(result.today.source)
    study = first_study(result)
    found: Scenario = (result if hasattr(result, "scenario") else study).scenario
    return found


def has_processes(result: object) -> bool:
    """Tell whether processes of the user's own took part, as far as the result knows."""
    studies = [first_study(result)] if isinstance(result, Study | Recovery) else getattr(result, "studies", {}).values()
    own = any(study._replications.experiment.processes for study in studies)
    return own or bool(getattr(result, "has_processes", False))


@singledispatch
def arguments(result: Any) -> dict[str, object]:  # noqa: ANN401
    """Return the arguments of the call, by the names in `kinds.toml`."""
    own = ("seed", "metric", "weight", "follow_up_days", "replication", "levers")
    told = {name: getattr(result, name) for name in own if hasattr(result, name)}
    return told | {"scenario": base_scenario(result), "n": len(result) if hasattr(result, "__len__") else 1}


@arguments.register
def _(result: Study | Comparison | Sweep | Recovery) -> dict[str, object]:
    study = first_study(result)
    assert study is not None
    told = {"n": len(study), "seed": study.seed, "options": _options(study), "scenario": base_scenario(result)}
    if isinstance(result, Recovery):
        told |= {"series": result.series, "shock": result.shock, "settled_days": result.settled_days}
    elif not isinstance(result, Study):
        named = {name if isinstance(name, str) else ", ".join(map(str, name)): one.scenario for name, one in result.studies.items()}
        told |= {"scenarios": dict([*named.items()][:MOST_POINTS]), "fields": getattr(result, "fields", None)}
    return told


def _options(study: Study) -> Code:
    chosen = study._options
    own = {"follow_up_days": chosen.follow_up_days, "by": chosen.by, "bands": chosen.bands}
    usual = {"follow_up_days": FOLLOW_UP_DAYS, "by": "region", "bands": ()}
    return Code("".join(f", {name}={value!r}" for name, value in own.items() if value != usual[name]))


@arguments.register
def _(result: Fit) -> dict[str, object]:
    task = result._task
    free = {one.name: _free(one) for one in task.parameters}
    return {"scenario": task.platform, "free": free, "n": len(result.prior), "seed": task.seed}


@arguments.register
def _(result: Sensitivity) -> dict[str, object]:
    free: object = {one.name: _free(one) for one in result.ranges.parameters}
    if GIVEN not in result.ranges.origins:
        free = [one.name for one in result.ranges.parameters]
    # Where the screening keeps nothing, there are no points.
    told = {"scenario": result.scenario, "free": free, "points": len(result.values) or LEAST_POINTS}
    told |= {"metric": result.metric, "follow_up_days": result.follow_up_days}
    return told | {"n": len(result), "seed": result.seed}


def _free(one: Parameter) -> object:
    """Return what is free, as a user writes it."""
    prior = [*one.prior] if isinstance(one.prior, range) else one.prior
    return prior if one.times is None else {"fields": [*one.times], "factor": prior}


@arguments.register
def _(result: Optimum) -> dict[str, object]:
    question = result.question
    told = {"minimise": [*question.objectives], "bounds": question.bounds, **result.asked}
    told |= {name: getattr(question, name) for name in ("confidence", "seed", "follow_up_days")}
    return told | {"scenario": base_scenario(result)}
