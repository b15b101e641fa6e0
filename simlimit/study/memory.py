"""How many replications fit into the memory of this machine at the same time."""

import os
import sys
from collections.abc import Iterable

from simlimit.errors import SimlimitError
from simlimit.model.preparation import PreparedScenario
from simlimit.model.records import HOLD, LOAN
from simlimit.study.experiment import Experiment


def fitting_replications(experiments: Iterable[Experiment]) -> int:
    """Return how many replications of the largest experiment fit into memory, or refuse if none does."""
    largest = max((experiment.prepared for experiment in experiments), key=replication_bytes)
    needed, memory = replication_bytes(largest), _physical_memory()
    if needed > memory:
        raise SimlimitError(
            f"population.borrowers is {largest.borrowers}: a replication takes about {needed / 2**30:.0f} "
            f"GiB, but must fit into one process, and this machine has {memory / 2**30:.0f} GiB; use fewer "
            "borrowers and more replications, since metrics are per hold and per borrower."
        )
    return max(1, int(memory // needed))


def replication_bytes(prepared: PreparedScenario) -> int:
    """Return about how much memory a replication takes while it runs."""
    p = prepared.records[0]
    loans = int(p.storage.loan_capacity) * 5 / 4 * LOAN.itemsize
    holds = 2 * HOLD.itemsize if p.run.reusing else prepared.scenario.horizon_days / 20 * HOLD.itemsize
    # Besides its record, each borrower takes entries in the lists of the driver.
    return round(prepared.borrowers * (200 + loans + holds))


def _physical_memory() -> int:
    """Return the memory in bytes; without a limit where the system does not say."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return sys.maxsize
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
