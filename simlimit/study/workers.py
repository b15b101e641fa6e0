"""The workers of a study: who simulates which chunk, and how their results are collected."""

import itertools
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Any, TypeAlias

import loky

from simlimit.drivers.ending import heed
from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.study.experiment import Chunk, Experiment, chunk_size, run_chunk, run_sent_chunk, without_book
from simlimit.study.memory import check_memory, fitting_workers
from simlimit.study.options import CheckedOptions
from simlimit.study.replications import Replications

Bar: TypeAlias = "tqdm[Any]"
Task: TypeAlias = tuple[Replications, int, int, "Future[Any]"]
"""A chunk that is asked for: of what, its first replication, their number."""
MOST_UNKNOWN = 32
"""The first tasks bring their book, two for each worker; for so many where their number is not known."""


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
    number = options.workers or min(most, processors())
    if options.processes and number > 1:
        pool = loky.ProcessPoolExecutor(number, initializer=_serve, initargs=(os.getpid(),))
    else:
        pool = ThreadPoolExecutor(number, initializer=heed, initargs=(ended,))
    how = "cancel_futures" if isinstance(pool, ThreadPoolExecutor) else "kill_workers"
    try:
        yield pool
    finally:
        ended.set()
        _shut_down(pool, how)


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
    enough = 2 * (getattr(pool, "_max_workers", None) or MOST_UNKNOWN)
    is_ours = experiments[0].experiment.code is None

    def submit(replications: Replications, first: int, number: int, with_book: bool) -> Task:
        experiment = replications.experiment.part(first, number)
        work: Callable[[Experiment, int, int], Chunk | str] = run_chunk
        if not is_ours:
            work, experiment = run_sent_chunk, experiment if with_book else without_book(experiment)
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
    except MemoryError:
        raise
    except SimlimitError as error:
        raise error from None
    except Exception as error:
        if is_ours:
            raise
        raise SimlimitError(
            f"The executor failed, since it is closed or a worker died ({type(error).__name__}: {error}): "
            "call again, with a new executor if it is yours, and a store continues with what is done."
        ) from error


def interleaved_chunks(experiments: Sequence[Replications]) -> Iterator[tuple[Replications, int, int]]:
    """Yield the missing chunks of all experiments in turn, so that an interrupt finds all equally far."""
    missing = [one.missing(chunk_size(one.experiment)) for one in experiments]
    for chunks in itertools.zip_longest(*missing):
        for replications, chunk in zip(experiments, chunks, strict=True):
            if chunk is not None:
                yield replications, *chunk


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
