"""How many replications fit into memory: at the same time, and one after the other."""

import math
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from simlimit.drivers.tallies import empty_tallies
from simlimit.run.memory import available_memory, kept_records, require, run_bytes
from simlimit.study.experiment import Experiment, chunk_size
from simlimit.study.options import CheckedOptions
from simlimit.study.replications import Replications


def fitting_workers(experiments: Sequence[Experiment], n: int, options: CheckedOptions) -> int:
    """Return how many replications fit into memory at a time; refuse if none does, or fewer than are wanted.

    The memory of other machines, on which an executor may have its workers, is not known here.
    """
    executor, wanted = options.executor, int(options.workers or 1)
    if isinstance(executor, ThreadPoolExecutor | ProcessPoolExecutor):
        wanted = int(vars(executor)["_max_workers"])
    elif executor is not None:
        return wanted
    largest = max(experiments, key=replication_bytes)
    needed, borrowers = replication_bytes(largest), largest.prepared.borrowers
    remedy = "fewer borrowers, days or groups take less, and metrics are per hold"
    require(needed, f"population.borrowers is {borrowers:,}: a replication takes", remedy)
    most = int(available_memory() // needed)
    needed *= min(wanted, sum(-(-n // chunk_size(one)) for one in experiments))
    require(needed, f"workers is {wanted}: so many replications at a time take", f"at most {most} fit")
    return most


def check_memory(experiments: Iterable[Replications], number: int) -> None:
    """Refuse so many replications of each experiment that what is kept of them does not fit into memory."""
    kept = latest = 0.0
    for one in experiments:
        tallies, tables = tally_bytes(one.experiment), table_bytes(one.experiment)
        kept += number * (tallies + (one.store is None) * tables)
        latest = max(latest, min(number, chunk_size(one.experiment)) * tallies)
    remedy = "fewer replications, groups or days take less, and a store can keep the tables"
    require(kept + latest, f"n is {number}: tallies and tables of so many replications take", remedy)


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
    return experiment.prepared.most_borrowers * (165 * (holds > 0) + 215 * holds + 60 * events)
