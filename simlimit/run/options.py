"""What a run can be asked for."""

from collections.abc import Iterable
from typing import Literal

from simlimit.arguments import as_list, refused
from simlimit.drivers.simpy_driver import UserProcess
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario

Engine = Literal["simpy", "calendar"]
Keep = Literal["all", "holds", "counts"]
FOLLOW_UP_DAYS = 90
LONGEST_FOLLOW_UP = 30_000
LARGEST_SEED = 2**32 - 1


def check_kept(what: str, keep: str, kept: tuple[str, ...]) -> None:
    """Refuse to give a table that is not kept."""
    if keep not in kept:
        needed = " or ".join(f'keep="{one}"' for one in kept)
        raise SimlimitError(f'keep is "{keep}", but {what} are kept only with {needed}.')


def check_processes(processes: Iterable[UserProcess], name: str = "processes") -> tuple[UserProcess, ...]:
    """Return the processes of one's own, or refuse what can be none."""
    wanted = "a list of generator functions, each of which takes the platform"
    listed = as_list(name, processes, wanted)
    if not all(map(callable, listed)):
        raise refused(name, listed, wanted)
    return tuple(listed)


def check_scenario(scenario: object, name: str = "scenario") -> Scenario:
    """Return a scenario; refuse what is none."""
    if not isinstance(scenario, Scenario):
        raise refused(name, scenario, "a Scenario, such as preset('jiebei')")
    return scenario
