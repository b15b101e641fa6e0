"""What a run can be asked for."""

from simlimit.arguments import refused
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario

ENGINES = ("simpy", "calendar")
KEPT = ("all", "holds", "counts")
FOLLOW_UP_DAYS = 90
LONGEST_FOLLOW_UP = 30_000
LARGEST_SEED = 2**32 - 1


def check_kept(what: str, keep: str, kept: tuple[str, ...]) -> None:
    """Refuse to give a table that is not kept."""
    if keep not in kept:
        needed = " or ".join(f'keep="{one}"' for one in kept)
        raise SimlimitError(f'keep is "{keep}", but {what} are kept only with {needed}.')


def check_scenario(scenario: object, name: str = "scenario") -> None:
    """Refuse what is not a scenario."""
    if not isinstance(scenario, Scenario):
        raise refused(name, scenario, "a Scenario, such as preset('jiebei')")
