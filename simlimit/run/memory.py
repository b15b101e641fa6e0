"""How much memory a run takes, and how much this process may still take."""

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from simlimit.arguments import rounded
from simlimit.errors import SimlimitError
from simlimit.model.preparation import PreparedScenario, count_shape
from simlimit.model.records import COUNT

CONTAINERS = Path("/sys/fs/cgroup")
PROCESS = Path("/proc/self")


def require(needed: float, subject: str, remedy: str) -> None:
    """Refuse what needs more bytes than there are: of the machine and its containers, less what is in use."""
    available = available_memory()
    if needed > available:
        left = f"but this process may take {rounded(available / 2**30)} GiB more; {remedy}."
        raise SimlimitError(f"{subject} about {rounded(needed / 2**30)} GiB of memory, {left}")


def available_memory() -> int:
    """Return how many bytes this process may still take; without a limit where the system does not say."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return sys.maxsize
    page = os.sysconf("SC_PAGE_SIZE")
    limits, own = [page * os.sysconf("SC_PHYS_PAGES")], 0
    with suppress(OSError):
        limits += _container_limits()
        _, resident, shared, *_ = map(int, (PROCESS / "statm").read_text().split())
        own = page * (resident - shared)
    return max(0, min(limits) - own)


def _container_limits() -> Iterator[int]:
    """Yield the limits of the control groups of this process, and of those around them."""
    for line in (PROCESS / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers or "memory" in controllers.split(","):
            root, file = ("memory", "memory.limit_in_bytes") if controllers else ("", "memory.max")
            group = CONTAINERS / root / path.lstrip("/")
            for folder in (group, *group.parents):
                # From inside a container outer groups are not to be seen; "max" is no limit.
                with suppress(OSError, ValueError):
                    yield int((folder / file).read_text())


def run_bytes(prepared: PreparedScenario, engine: str) -> float:
    """Return about how many bytes a run takes at most, with the tables of what it keeps; measured."""
    scenario, (holds, events) = prepared.scenario, kept_records(prepared)
    shocks = sum(scenario.horizon_days / 365 * (one.per_year or 0) + 1 for one in scenario.shocks)
    borrower = 272 + 24 * int(prepared.records[0].storage.loan_capacity) + shocks
    borrower += 1_200 * (engine == "simpy") + 165 * (holds > 0)
    counts = math.prod(count_shape(prepared)) * COUNT.itemsize
    return prepared.most_borrowers * borrower + 502 * holds + 150 * events + counts


def kept_records(prepared: PreparedScenario) -> tuple[float, float]:
    """Return about how many holds and events a run keeps."""
    scenario, run = prepared.scenario, prepared.records[0].run
    product, cycles = scenario.product, scenario.horizon_days / scenario.product.cycle_days
    if run.reusing:
        return 0, 0
    regions = prepared.regions
    draws = regions.mean(regions.numbers["draws_per_year"]) * scenario.horizon_days / 365
    prepayments = scenario.behaviour.prepay_per_year * scenario.horizon_days / 365
    # Parts of the first loan, and of those drawn later, which have not all ended at the horizon.
    parts = 1 if product.method == "interest_only" else product.instalments
    paid = min(parts, cycles) + draws * min(parts, cycles / 2)
    holds = prepayments + (paid if product.release_unit == "loan" else min(paid, cycles))
    events = scenario.horizon_days / scenario.evaluation.period_days + draws + 2 * holds
    borrowers = _mean_present(prepared)
    return borrowers * holds, borrowers * events if run.logging else 0


def _mean_present(prepared: PreparedScenario) -> float:
    """Return how many borrowers are present on a day, on average over a run."""
    population, years = prepared.scenario.population, prepared.scenario.horizon_days / 365
    gone = population.exits_per_year * years
    # Exits are at a constant rate: the mean share still present is the integral of exp(-x) from 0 to gone,
    # divided by gone.
    first = -math.expm1(-gone) / gone if gone > 0 else 1.0
    arrived = population.arrivals_per_year * years * ((1 - first) / gone if gone > 0 else 0.5)
    return prepared.borrowers * (first + arrived)


@contextmanager
def lack_of_memory_said() -> Iterator[None]:
    """Say in a sentence that there was not enough memory after all."""
    try:
        yield
    except MemoryError:
        less = 'fewer borrowers, days, groups, workers or replications take less, and so does keep="counts".'
        raise SimlimitError(f"There is not enough memory: {less}") from None
