"""Every public function, class and method: found by its name, with arguments that are right by theirs."""

import functools
import inspect
import itertools
import operator
import types
import typing
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from awkward_values import Make, UsersOwn

import simlimit as sl
from simlimit import delays, plots
from simlimit.plots import accessors
from simlimit.scenario.base import Part
from simlimit.study.options import Options

TINY = {"population.borrowers": 20, "horizon_days": 90, "evaluation.straight_through": False}
WAITING = 3
LEVERS = [{"kind": "pay_on_time"}]
INHERITED = ("copy", "model_copy", "model_validate")
"""Methods of pydantic that make a part: completion does not show them, but people know them."""


class _Reached(BaseException):
    """Carries a platform out of a process."""


@functools.cache
def tiny() -> sl.Scenario:
    return sl.preset("clockwork").replace(TINY)


def platform() -> sl.Platform:
    """Return a platform on day 40, as a process sees it: borrower 5 has a closed line, hold 3 waits."""

    def reach(one: sl.Platform) -> Iterator[Any]:
        yield one.at(40, 5)
        one.close(5)
        assert one.hold(WAITING)["cause"] == "evaluation"
        raise _Reached(one)

    try:
        sl.simulate(tiny(), processes=[reach])
    except _Reached as reached:
        return reached.args[0]
    raise AssertionError


@functools.cache
def histories() -> sl.Histories:
    late = np.random.default_rng(1).random((40, 4)) < 0.2
    one = np.ones((40, 4))
    return sl.Histories(1000 * one[:, 0], 500 * one, 50 * one[:, 1:], late)


@functools.cache
def run() -> sl.Run:
    return sl.simulate(tiny())


@functools.cache
def study() -> sl.Study:
    return sl.replicate(tiny(), 3, keep="all", follow_up_days=30)


@functools.cache
def comparison() -> sl.Comparison:
    return sl.compare(_two(), 3, follow_up_days=30)


@functools.cache
def curve() -> pd.DataFrame:
    return delays.cumulative_incidence(log())


def log() -> pd.DataFrame:
    outcomes = ["released", "released", "forfeited", "pending"]
    return pd.DataFrame(
        {
            "delay_days": [0, 1, 7, 9],
            "outcome": outcomes,
            "borrower": [1, 1, 2, 3],
            "amount": [1.0, 2, 3, 4],
            "region": ["a", "b", "a", "b"],
        }
    )


@functools.cache
def recovery() -> sl.Recovery:
    return sl.recovery(_frozen(), 3, follow_up_days=30)


@functools.cache
def fitted() -> sl.Fit:
    return sl.fit(simulated_log(), tiny(), FREE, n=100, progress=False)


@functools.cache
def varied() -> sl.Sensitivity:
    return sl.sensitivity(tiny(), FREE, n=16, replications=3, follow_up_days=30, progress=False)


@functools.cache
def simulated_log() -> pd.DataFrame:
    holds = run().holds
    return holds[holds["kind"] == "repayment"]


def _frozen() -> sl.Scenario:
    return tiny().replace({"shocks": [{"kind": "freeze", "at": 30, "duration_days": 5}]})


def _two() -> dict[str, sl.Scenario]:
    return {"weekly": tiny(), "daily": tiny().replace({"evaluation.period_days": 7})}


def _toml() -> str:
    tiny().save("tiny.toml")
    return "tiny.toml"


def _uci() -> str:
    rows = "ID,LIMIT_BAL,SEX,EDUCATION,MARRIAGE,AGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6"
    amounts = [f"{name}{month}" for name in ("BILL_AMT", "PAY_AMT") for month in range(1, 7)]
    header = ",".join([rows, *amounts, "default payment next month"])
    row = ",20000,2,2,1,24," + ",".join(["2", "2", "0", "0", "0", "0", *["3000"] * 6, *["600"] * 6, "1"])
    Path("uci.csv").write_text("\n".join([header, *(f"{i}{row}" for i in range(1, 6))]))
    return "uci.csv"


FREE = {"evaluation.period_days": (7, 30)}
CHOICES = {"evaluation.period_days": [7, 30]}
INSTANCES: dict[str, Make] = {
    "Attribution": functools.cache(lambda: sl.attribute(tiny(), 2, follow_up_days=30)),
    "Change": lambda: sl.Change({"horizon_days": 60}),
    "Comparison": comparison,
    "Exploration": functools.cache(lambda: sl.explore(tiny(), FREE, 2, follow_up_days=30)),
    "Fit": fitted,
    "FittedBehaviour": functools.cache(lambda: sl.fit_behaviour(histories())),
    "Histories": histories,
    "Lever": lambda: sl.Lever(kind="pay_on_time"),
    "LeverRanking": functools.cache(lambda: sl.rank_levers(tiny(), LEVERS, 2, follow_up_days=30)),
    "Optimum": functools.cache(lambda: sl.optimise(tiny(), CHOICES, n=40, follow_up_days=30, progress=False)),
    "Platform": platform,
    "Recovery": recovery,
    "Run": run,
    "Scenario": tiny,
    "Sensitivity": varied,
    "Study": study,
    "Sweep": functools.cache(
        lambda: sl.sweep(tiny(), {"evaluation.period_days": [7, 30]}, 2, follow_up_days=30)
    ),
}
"""One of each public class that is no exception."""

BUILT = ("Change", "Histories", "Lever", "Scenario")
"""Classes of which users make instances themselves; the others come from functions."""

ARGUMENTS: dict[str, Make] = {
    "amount": lambda: 1.0,
    "attribution": INSTANCES["Attribution"],
    "balance": lambda: np.ones((2, 3)),
    "borrower": lambda: 3,
    "borrowers": lambda: 20,
    "changes": lambda: {"horizon_days": 60},
    "choices": lambda: CHOICES,
    "comparison": comparison,
    "counts": lambda: np.ones((3, 2, 4)),
    "curve": curve,
    "day": lambda: 50,
    "days": lambda: (0, 7),
    "ended": lambda: [[1, 0, 1]],
    "entity": lambda: 3,
    "field": lambda: "rules.min_score",
    "free": lambda: FREE,
    "log": simulated_log,
    "explore.fields": lambda: FREE,
    "fit": fitted,
    "fit.n": lambda: 100,
    "optimise.n": lambda: 40,
    "optimise.scenario": lambda: tiny().replace({"horizon_days": 180}),
    "optimum": INSTANCES["Optimum"],
    "fields": lambda: {"evaluation.period_days": [7]},
    "sensitivity.fields": lambda: FREE,
    "sensitivity.scenario": lambda: tiny().replace({"horizon_days": 200}),
    "sensitivity.n": lambda: 16,
    "frame": log,
    "kaplan_meier.frame": lambda: log().replace("forfeited", "released"),
    "histories": histories,
    "hold": lambda: WAITING,
    "k": lambda: 2,
    "kind": lambda: "appeal",
    "late": lambda: np.zeros((2, 3), bool),
    "levers": lambda: LEVERS,
    "limit": lambda: 100.0,
    "months": lambda: 3,
    "n": lambda: 2,
    "name": lambda: "clockwork",
    "obj": lambda: {},
    "of": study,
    "other": tiny,
    "path": lambda: "file.csv",
    "payments": lambda: np.ones((2, 2)),
    "phase": lambda: 1,
    "progress": lambda: False,
    "ranking": INSTANCES["LeverRanking"],
    "reason": lambda: "a call",
    "rule": lambda: lambda platform, borrower, standing: None,
    "run": run,
    "scenario": tiny,
    "sensitivity": varied,
    "scenarios": _two,
    "seed": lambda: 1,
    "replication": lambda: 0,
    "Scenario.with_portfolio.book": lambda: pd.DataFrame({"limit": [5.0], "outstanding": [1.0]}),
    "recovery.scenario": _frozen,
    "source": tiny,
    "Change.fields": lambda: {"horizon_days": 60},
    "statistic": lambda: lambda counts: counts.sum(axis=-1),
    "studies": lambda: {"": study()},
    "sweep": INSTANCES["Sweep"],
    "table": lambda: delays.quantiles(curve()),
    "value": lambda: 1.5,
    "Platform.change.value": lambda: 0.5,
    "Platform.open.borrower": lambda: 5,
    "Platform.queue.cause": lambda: "evaluation",
    "Histories.limit": lambda: np.ones(2),
    "Scenario.source.name": lambda: "horizon_days",
    "aalen_johansen.censored": lambda: [0, 1, 0],
    "aalen_johansen_variance.censored": lambda: [0, 1, 0],
    "at_risk.censored": lambda: [0, 1, 0],
    "histories_from_uci.path": _uci,
    "Lever.model_validate.obj": lambda: {"kind": "appeal"},
    "load.path": _toml,
    "read_release_log.source": lambda: pd.DataFrame({"repaid": [0, 1, 5], "ended": [0, 8, 5]}),
    "portfolio_from_uci.path": _uci,
    **{f"{name}.report.path": lambda: "file.html" for name in INSTANCES},
    "sections": lambda: "answer",
}
"""What is right for an argument, by its name; by that of its function, too, where a name has two meanings."""

SMALL = ("n", "progress", "borrowers", "kind", "sections")
"""Arguments that are given although they have a default, so that calls are quick."""


NO_NUMBERS = (bool, np.timedelta64)
"""Types that Python counts among numbers, though they are none to us."""


class Door(NamedTuple):
    """A public function, with what is right for it."""

    name: str
    open: Callable[[], Callable[..., Any]]
    parameters: dict[str, inspect.Parameter]
    hints: dict[str, Any]

    @property
    def has_unnamed(self) -> bool:
        """Whether it takes any number of arguments without a name."""
        return any(one.kind is one.VAR_POSITIONAL for one in self.parameters.values())

    def right(self, argument: str) -> Make | None:
        """Return how to make a right value of an argument; None if its default is."""
        own, parameter = ARGUMENTS.get(f"{self.name}.{argument}"), self.parameters[argument]
        if own is None and (parameter.default is parameter.empty or argument in SMALL):
            own = ARGUMENTS.get(argument)
            if own is None and parameter.default is parameter.empty:
                raise AssertionError(
                    f"{self.name} has an argument {argument!r} that the sweep of awkward values does not "
                    f"know: add a right value for {argument!r} to ARGUMENTS in tests/every_door.py."
                )
        return own

    def by_keyword(self, argument: str, value: object) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """Return the arguments of a call with one replaced, all by their names."""
        if self.has_unnamed:
            return None
        return (), self._given(argument, value)

    def _given(self, argument: str, value: object) -> dict[str, Any]:
        given = {name: make() for name in self.parameters if (make := self.right(name)) is not None}
        return given | {argument: value}

    def by_position(self, argument: str, value: object) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
        """Return the same with all up to the replaced one by position; None where that cannot be."""
        names = list(self.parameters)
        unnamed = [name for name in names if self.parameters[name].kind is inspect.Parameter.VAR_POSITIONAL]
        before = names[: names.index(unnamed[0] if unnamed else argument) + 1]
        if any(self.parameters[name].kind is inspect.Parameter.KEYWORD_ONLY for name in before):
            return None
        given = self._given(argument, value)
        first = [given.pop(name) if name in given else self.parameters[name].default for name in before]
        return tuple(first), given


def _door(name: str, open_: Callable[[], Callable[..., Any]], function: Callable[..., Any]) -> Door:
    skipped = (inspect.Parameter.VAR_KEYWORD,)
    parameters = inspect.signature(function).parameters.items()
    try:
        hints = typing.get_type_hints(getattr(function, "__func__", function))
    except (NameError, TypeError):
        hints = {}
    if inspect.isclass(function) and issubclass(function, Part):
        hints = dict.fromkeys(function.model_fields, Any)
    chosen = {key: one for key, one in parameters if key != "self" and one.kind not in skipped}
    options = typing.get_type_hints(Options) if "options" in hints else {}
    # What numpy takes as an array is too much to say in types.
    loose = {key: Any if "_SupportsArray" in str(hint) else hint for key, hint in hints.items()}
    return Door(name, open_, chosen, options | loose)


def _bound(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function as its class shows it to an instance: without the first parameter."""
    return types.MethodType(function, object()) if inspect.isfunction(function) else function


def _methods(name: str, cls: type) -> Iterator[Door]:
    """Yield the methods that completion shows, and those of pydantic's that people know."""
    is_part = issubclass(cls, Part)
    shown = [*dir(INSTANCES[name]()), *INHERITED] if is_part else dir(cls)
    for member in shown:
        static, key = inspect.getattr_static(cls, member, None), f"{name}.{member}"
        if not member.startswith("_") and (inspect.isfunction(static) or isinstance(static, classmethod)):
            made = functools.partial(_member, name, member)
            yield _door(key, made, _bound(getattr(cls, member)))
    if hasattr(cls, "plot"):
        kind = getattr(accessors, f"{name}Plots")
        for picture in [one for one in dir(kind) if not one.startswith("_")]:
            made = functools.partial(_member, name, f"plot.{picture}")
            yield _door(f"{name}.plot.{picture}", made, _bound(getattr(kind, picture)))


def _member(name: str, path: str) -> Callable[..., Any]:
    return operator.attrgetter(path)(INSTANCES[name]())


@functools.cache
def all_doors() -> dict[str, Door]:
    """Return every public function, constructor and method by its name."""
    doors = []
    for module, prefix in ((sl, ""), (delays, ""), (plots, "plots.")):
        for name in module.__all__:
            thing = getattr(module, name)
            if inspect.isfunction(thing):
                doors.append(_door(prefix + name, functools.partial(getattr, module, name), thing))
    for name in sl.__all__:
        cls = getattr(sl, name)
        if inspect.isclass(cls) and not issubclass(cls, BaseException):
            if name not in INSTANCES:
                raise AssertionError(
                    f"{name} is a public class: add one to INSTANCES in tests/every_door.py."
                )
            doors += _methods(name, cls)
            if name in BUILT:
                doors.append(_door(name, functools.partial(getattr, sl, name), cls))
    return {door.name: door for door in doors}


def fits(value: object, hint: Any) -> bool:
    """Tell whether a value is what a parameter is declared to take, as far as its type can say."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(fits(value, one) for one in arguments)
    if origin is Literal:
        return isinstance(value, str) and value in arguments
    if hint is Any:
        return True
    if hint in (None, type(None)):
        return value is None
    if hint is bool:
        return isinstance(value, bool | np.bool_)
    if hint is int:
        return isinstance(value, Integral) and not isinstance(value, NO_NUMBERS)
    if hint is float:
        return isinstance(value, Real) and not isinstance(value, NO_NUMBERS) and bool(value == value)
    if origin in (tuple,):
        return _all_fit(value, arguments[0])
    kind = origin if origin is not None else hint
    if not isinstance(kind, type) or kind in (object, np.ndarray):
        return True
    if kind is Hashable or kind is Callable:
        return True
    if issubclass(kind, Mapping):
        return isinstance(value, Mapping)
    if issubclass(kind, Iterable) and arguments:
        return not isinstance(value, str | bytes) and _all_fit(value, arguments[0])
    return isinstance(value, kind)


def _all_fit(values: object, hint: Any) -> bool:
    try:
        return all(fits(value, hint) for value in itertools.islice(values, 1000))  # type: ignore[call-overload]
    except TypeError:
        return False
    except UsersOwn:
        return True
