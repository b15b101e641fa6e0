"""How many replications fit into memory: at the same time, and one after the other."""

import math
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from simlimit.drivers.tallies import empty_tallies
from simlimit.run.memory import available_memory, kept_records, require, run_bytes
from simlimit.study.experiment import Experiment
from simlimit.study.options import CheckedOptions
from simlimit.study.replications import Replications


def fitting_workers(experiments: Iterable[Experiment], tasks: int, options: CheckedOptions) -> int:
    """Return how many replications fit into memory at a time; refuse if none does, or fewer than are wanted.

    The memory of other machines, on which an executor may have its workers, is not known here.
    """
    executor, wanted = options.executor, options.workers
    if isinstance(executor, ThreadPoolExecutor | ProcessPoolExecutor):
        wanted = int(vars(executor)["_max_workers"])
    elif executor is not None:
        return 1
    largest = max(experiments, key=replication_bytes)
    needed = replication_bytes(largest)
    remedy = "use fewer borrowers and more replications, since metrics are per hold and per borrower"
    require(needed, f"population.borrowers is {largest.prepared.borrowers}: a replication takes", remedy)
    most = int(available_memory() // needed)
    together = needed * min(wanted or 1, tasks)
    require(together, f"workers is {wanted}: so many replications at a time take", f"at most {most} fit")
    return most


def check_kept(experiments: Iterable[Replications], number: int) -> None:
    """Refuse so many replications of each experiment that what is kept of them does not fit into memory."""
    kept = sum(
        tally_bytes(one.experiment) + (one.store is None) * table_bytes(one.experiment) for one in experiments
    )
    remedy = "fewer replications, groups or days of follow-up take less, and tables can be in a store"
    require(number * kept, f"n is {number}: the tallies and tables of so many replications take", remedy)


def replication_bytes(experiment: Experiment) -> float:
    """Return about how many bytes a replication takes while it is made."""
    return run_bytes(experiment.prepared, experiment.engine) + tally_bytes(experiment)


def tally_bytes(experiment: Experiment) -> int:
    """Return how many bytes the tallies of a replication take."""
    arrays = empty_tallies(experiment.prepared, 0)
    return sum(math.prod(array.shape[1:]) * array.itemsize for array in arrays)


def table_bytes(experiment: Experiment) -> float:
    """Return about how many bytes the tables take that are kept of a replication."""
    holds, events = kept_records(experiment.prepared)
    return experiment.prepared.borrowers * (140 * (holds > 0) + 180 * holds + 50 * events)
