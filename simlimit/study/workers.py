"""The workers of a study: how many fit into memory, who simulates which chunk, how results are collected."""

import itertools
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any, TypeAlias

import loky

from simlimit.drivers import ending, tallies
from simlimit.errors import SimlimitError
from simlimit.progress import counted, tqdm
from simlimit.run.compilation_notice import announce_compilation
from simlimit.run.memory import available_memory, kept_records, lack_of_memory_said, require, run_bytes
from simlimit.study.experiment import Chunk, Experiment, chunk_size, compile_driver, run_chunk, run_sent_chunk
from simlimit.study.options import BAR_AFTER_SECONDS, CheckedOptions
from simlimit.study.store import Replications

Bar: TypeAlias = "tqdm[Any]"
# A chunk that is asked for: of what, its first replication, their number.
Task: TypeAlias = tuple[Replications, int, int, "Future[Any]"]


@contextmanager
def worker_pool(experiments: Sequence[Experiment], n: int, options: CheckedOptions) -> Iterator[Executor]:
    """Give the executor, or else threads: as many as are wanted, or one for each processor.

    Only one thread runs Python at a time. So processes of the user's own get processes of the system.
    """
    most = fitting_workers(experiments, n, options)
    if options.executor is not None:
        yield options.executor
        return
    ended = Event()
    number = options.workers or min(most, loky.cpu_count())
    if options.processes and number > 1:
        pool = loky.ProcessPoolExecutor(number, initializer=_serve, initargs=(os.getpid(),))
    else:
        pool = ThreadPoolExecutor(number, initializer=ending.heed, initargs=(ended,))
    how = "cancel_futures" if isinstance(pool, ThreadPoolExecutor) else "kill_workers"
    try:
        yield pool
    finally:
        ended.set()
        _shut_down(pool, how)


@contextmanager
def at_work(
    experiments: Sequence[Experiment], n: int, options: CheckedOptions, unit: str, total: int | None = None
) -> Iterator[tuple[Executor, Bar]]:
    """Give workers and a progress bar, once what they run is compiled; a lack of memory is a sentence."""
    engines = dict.fromkeys(one.engine for one in experiments)
    to_compile = [engine for engine in engines if announce_compilation(engine) and options.executor is None]
    with (
        lack_of_memory_said(),
        worker_pool(experiments, n, options) as pool,
        tqdm(**counted(unit, total), disable=not options.progress, delay=BAR_AFTER_SECONDS) as bar,
    ):
        for engine in to_compile:
            compile_driver(engine)
        yield pool, bar


def _shut_down(pool: Executor, how: str) -> None:
    """Wait for the workers, even if the user interrupts again: the first interrupt keeps what is done."""
    while True:
        with suppress(KeyboardInterrupt):
            pool.shutdown(**{how: True})
            return


def _serve(parent: int) -> None:
    """Leave Ctrl-C, which a terminal sends to all processes, to the parent, and end when that is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def simulate_missing(pool: Executor, experiments: Sequence[Replications], last: int, bar: Bar) -> None:
    """Simulate all replications below ``last`` of every experiment that are not done."""
    check_memory(experiments, last)
    for replications in experiments:
        bar.update(replications.extend(last))
    tasks = interleaved_chunks(experiments)
    pending: deque[Task] = deque()
    # The first tasks bring their book, two for each worker; for 32 where their number is not known.
    enough = 2 * (getattr(pool, "_max_workers", None) or 32)
    is_ours = experiments[0].experiment.code is None

    def submit(replications: Replications, first: int, number: int, with_book: bool) -> Task:
        experiment = replications.experiment.part(first, number)
        work: Callable[[Experiment, int, int], Chunk | str] = run_chunk if is_ours else run_sent_chunk
        if not (is_ours or with_book):
            experiment = experiment.without_book()
        with failure_said(is_ours):
            return replications, first, number, pool.submit(work, experiment, first, number)

    try:
        pending.extend(submit(*task, with_book=True) for task in itertools.islice(tasks, enough))
        # In the order of the replications: so an interrupt finds all done up to some number.
        while pending:
            replications, first, number, future = pending[0]
            with failure_said(is_ours):
                chunk = future.result()
            if chunk == replications.experiment.book:  # which a worker asks for
                pending[0] = submit(replications, first, number, with_book=True)
                continue
            if not isinstance(chunk, Chunk) or not chunk.answers(replications.experiment, first, number):
                raise SimlimitError(f"The executor mixed up replications {first} .. {first + number - 1}.")
            replications.add(chunk)
            bar.update(len(chunk.tables))
            pending.popleft()
            pending.extend(submit(*task, with_book=False) for task in tasks)
    finally:
        for *_, future in pending:
            # An executor that failed may fail again.
            with suppress(Exception):
                future.cancel()


@contextmanager
def failure_said(is_ours: bool) -> Iterator[None]:
    """Say in a sentence that a user's executor failed. What fails in threads of ours is a fault of ours."""
    try:
        yield
    except SimlimitError as error:
        raise error from None
    except Exception as error:
        if is_ours or isinstance(error, MemoryError):
            raise
        why = f"since it is closed or a worker died ({type(error).__name__}: {error})"
        remedy = "call again, with a new executor if it is yours, and a store continues with what is done"
        raise SimlimitError(f"The executor failed, {why}: {remedy}.") from error


def interleaved_chunks(experiments: Sequence[Replications]) -> Iterator[tuple[Replications, int, int]]:
    """Yield the missing chunks of all experiments in turn, so that an interrupt finds all equally far."""
    missing = ([(one, *chunk) for chunk in one.missing(chunk_size(one.experiment))] for one in experiments)
    return filter(None, itertools.chain.from_iterable(itertools.zip_longest(*missing)))


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
        tallied, tables = tally_bytes(one.experiment), table_bytes(one.experiment)
        kept += number * one.keeps_tallies * (tallied + (one.store is None) * tables)
        latest = max(latest, min(number, chunk_size(one.experiment)) * tallied)
    remedy = "fewer replications, groups or days take less, and a store can keep the tables"
    require(kept + latest, f"n is {number}: tallies and tables of so many replications take", remedy)


def replication_bytes(experiment: Experiment) -> float:
    """Return about how many bytes a replication takes while it is made."""
    return run_bytes(experiment.prepared, experiment.engine) + tally_bytes(experiment)


def tally_bytes(experiment: Experiment) -> int:
    """Return how many bytes the tallies of a replication take."""
    return sum(array.nbytes for array in tallies.empty_tallies(experiment.prepared, 1))


def table_bytes(experiment: Experiment) -> float:
    """Return about how many bytes the tables take that are kept of a replication."""
    holds, events = kept_records(experiment.prepared)
    return 165 * experiment.prepared.most_borrowers * (holds > 0) + 215 * holds + 60 * events
