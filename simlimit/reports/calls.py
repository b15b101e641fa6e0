"""How to make a result again: a call in Python, and the files of scenarios that it loads."""

from contextlib import suppress
from typing import Any, NamedTuple, TypeAlias

import simlimit
from simlimit import Scenario, Study
from simlimit.deciding.points import LEAST_POINTS
from simlimit.inference.parameters import Distribution, Parameter
from simlimit.run.options import FOLLOW_UP_DAYS
from simlimit.scenario import field_values
from simlimit.scenario.base import Unquoted
from simlimit.scenario.presets import NAMES
from simlimit.study.draws import estimate
from simlimit.tables.results import MOST_ROWS
from simlimit.text_files import packaged

# A study, a comparison and so on: each kind has attributes of its own.
Result: TypeAlias = Any
KINDS = packaged(__package__, "kinds.toml")
# Where a range of a sensitivity comes from, if the user gave it.
GIVEN = "given"
# Of options of studies.
USUAL = {"follow_up_days": FOLLOW_UP_DAYS, "by": "region", "bands": ()}


class Call(NamedTuple):
    """The call that makes a result again.

    Attributes
    ----------
    code : str
        Python; empty if it needs a function of the user's, which has no text.
    files : dict of Scenario
        By the names under which the code loads them.
    seed : str
    number : int
        Of replications, or of simulated logs.
    left_out : int
        How many scenarios of the result the code does not name, because they are too many.
    """

    code: str
    files: dict[str, Scenario]
    seed: str
    number: int
    left_out: int


def studies_of(result: Result) -> dict[Any, Study]:
    """Return the studies of which a result is made, as far as it has them."""
    if isinstance(result, Study):
        return {"": result}
    studies: dict[Any, Study] = getattr(getattr(result, "comparison", result), "studies", {})
    return studies


def base_scenario(result: Result) -> Scenario:
    """Return the scenario that a result is of, or the first."""
    if isinstance(result, simlimit.Optimum):
        return estimate(result.today.source)
    if isinstance(result, simlimit.Fit):  # before it was fitted
        return result._task.platform
    scenario: Scenario = getattr(result, "scenario", None) or next(iter(studies_of(result).values())).scenario
    return scenario


def call_of(result: Result) -> Call:
    """Return the call that makes a result again."""
    files, kind, studies = dict[str, Scenario](), type(result).__name__, studies_of(result)
    if kind == "Sweep" and not {*result.fields} <= {*field_values(base_scenario(result))}:
        kind = "Comparison"  # a sweep of changes, of which only the scenarios are known
    first = next(iter(studies.values()), result)
    number = len(first) if hasattr(first, "__len__") else 1
    if isinstance(result, simlimit.Fit | simlimit.Optimum):
        number = len(result.prior) if isinstance(result, simlimit.Fit) else result.race.number
    known: dict[str, Any] = {"r": result, "first": first, "n": number}
    if isinstance(first, Study):
        own = {name: getattr(first._options, name) for name in USUAL}
        known["options"] = "".join(f", {name}={own[name]!r}" for name in USUAL if own[name] != USUAL[name])
    if kind == "Comparison":
        named = {one if isinstance(one, str) else ", ".join(map(str, one)): studies[one] for one in studies}
        listed = [*named.items()][:MOST_ROWS]
        known["scenarios"] = {name: _loaded(study.scenario, files) for name, study in listed}
    else:
        known["scenario"] = _loaded(base_scenario(result), files)
    if kind == "Fit":
        known["free"] = {one.name: _free(one) for one in result._task.parameters}
    if kind == "Sensitivity":
        varied, is_given = result.ranges.parameters, GIVEN in result.ranges.origins
        known["free"] = {one.name: _free(one) for one in varied} if is_given else [one.name for one in varied]
        known["points"] = len(result.values) or LEAST_POINTS  # none where the screening keeps no field
    made = KINDS[kind]["call"].format(**known)
    imports = [line for words, line in KINDS["imports"].items() if words in made]
    lines, code = [*imports, "import simlimit as sl", "", made, ""], ""
    with suppress(SyntaxError):
        compile("\n".join(lines), "report", "exec")
        code = "\n".join(lines)
    left_out = len(studies) - len(known.get("scenarios", studies))
    return Call(code, files, KINDS[kind]["seed"].format(**known), number, left_out)


def _loaded(scenario: Scenario, files: dict[str, Scenario]) -> Unquoted:
    """Return what loads a scenario: from a file that is added to these, if it is no preset."""
    if scenario.name in NAMES and scenario == simlimit.preset(scenario.name):
        return Unquoted(f"sl.preset({scenario.name!r})")
    name = f"scenario-{len(files) + 1}.toml"
    files[name] = scenario
    return Unquoted(f"sl.load({name!r})")


def _free(one: Parameter) -> object:
    """Return what is free, as a user writes it."""
    prior = one.prior
    if isinstance(prior, Distribution):
        shape: Any = prior
        prior = Unquoted(f"scipy.stats.{shape.dist.name}(*{shape.args!r}, **{shape.kwds!r})")
    return prior if one.times is None else {"fields": [*one.times], "factor": prior}
