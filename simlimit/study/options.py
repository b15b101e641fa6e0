"""The options of a study: all arguments but the scenario, the number of replications and the seed."""

import inspect
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec, TypedDict, TypeVar, get_args

from simlimit.arguments import as_path, check_choice, check_flag, check_type, check_whole, nearest, shown
from simlimit.drivers.simpy_driver import UserProcess
from simlimit.errors import SimlimitError
from simlimit.run.options import FOLLOW_UP_DAYS, LONGEST_FOLLOW_UP, Engine, Keep, check_processes
from simlimit.study.precision import target_half_widths

MOST_WORKERS = 10_000
# A study that takes less time shows no progress bar.
BAR_AFTER_SECONDS = 1.0

P = ParamSpec("P")
R = TypeVar("R")
Precision = float | Mapping[str, float] | None
Folder = str | os.PathLike[str]
Processes = Sequence[UserProcess] | Mapping[str, Sequence[UserProcess]]


class Options(TypedDict, total=False):
    """The options of `replicate`, which explains each."""

    precision: Precision
    workers: int | None
    executor: Executor | None
    store: Folder | None
    engine: Engine | None
    keep: Keep
    follow_up_days: int
    by: str | Sequence[str]
    bands: Sequence[float]
    processes: Processes
    progress: bool


@dataclass(frozen=True, kw_only=True)
class CheckedOptions:
    """All `Options`, with their defaults, checked before anything runs."""

    precision: Precision = None
    workers: int | None = None
    executor: Executor | None = None
    store: Folder | None = None
    engine: Engine | None = None
    keep: Keep = "counts"
    follow_up_days: int = FOLLOW_UP_DAYS
    by: str | Sequence[str] = "region"
    bands: Sequence[float] = ()
    processes: Processes = ()
    progress: bool = True

    def __post_init__(self) -> None:
        """Refuse values that are not allowed."""
        check_whole("follow_up_days", self.follow_up_days, LONGEST_FOLLOW_UP)
        if self.workers is not None:
            check_whole("workers", self.workers, MOST_WORKERS, least=1)
        if self.executor is not None:
            check_type("executor", self.executor, Executor)
        if self.executor is not None and self.workers is not None:
            said = "but an executor has its own workers: set one of the two."
            raise SimlimitError(f"workers is {shown(self.workers)}, {said}")
        if self.store is not None:
            as_path("store", self.store)
        if self.engine is not None:
            check_choice("engine", self.engine, get_args(Engine))
        check_choice("keep", self.keep, get_args(Keep))
        check_flag("progress", self.progress)
        given: Processes = self.processes
        if isinstance(given, Mapping):
            given = {name: check_processes(own, f"processes of {shown(name)}") for name, own in given.items()}
        else:
            given = check_processes(given)
        object.__setattr__(self, "processes", given)  # since some can be read only once
        has_processes = any(given.values()) if isinstance(given, Mapping) else bool(given)
        if has_processes and self.engine == "calendar":
            raise SimlimitError('engine is "calendar", but processes of your own need engine="simpy".')
        if self.precision is not None:
            target_half_widths(self.precision, has_processes)

    def processes_of(self, names: Collection[str]) -> dict[str, Sequence[UserProcess]]:
        """Return the processes of each scenario, by its name: all have the same, unless given by name."""
        given = self.processes
        if not isinstance(given, Mapping):
            return dict.fromkeys(names, given)
        if "" in names:
            raise SimlimitError(f"processes is {shown(given)}, but must be a list: there is one scenario.")
        for name in given:
            check_choice("a name in processes", name, names, "scenarios")
        return {name: given.get(name, ()) for name in names}


def options_by_name(function: Callable[P, R]) -> Callable[P, R]:
    """Show each option of a function that takes `Options`, with its default; refuse names that are none."""
    signature = inspect.signature(function)
    own = [one for one in signature.parameters.values() if one.kind is not one.VAR_KEYWORD]
    options = inspect.signature(CheckedOptions).parameters.values()
    shown_as = signature.replace(parameters=[*own, *options])

    @wraps(function)
    def checked(*arguments: P.args, **given: P.kwargs) -> R:
        for name in [name for name in given if name not in shown_as.parameters]:
            has = nearest(name, shown_as.parameters, f"help({checked.__name__})")
            raise SimlimitError(f"{checked.__name__} has no argument {shown(name)}, but has {has}.")
        try:
            shown_as.bind(*arguments, **given)
        except TypeError as error:
            raise SimlimitError(f"{checked.__name__}: {error}.") from None
        return function(*arguments, **given)

    checked.__signature__ = shown_as  # type: ignore[attr-defined]
    return checked
