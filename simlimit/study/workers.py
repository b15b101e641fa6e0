"""The workers of a study: who simulates which chunk, and how their results are collected."""

import itertools
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any, TypeAlias

from simlimit.drivers.ending import heed
from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.study.experiment import Chunk, Experiment, chunk_size, run_chunk
from simlimit.study.memory import fitting_replications
from simlimit.study.replications import Replications

Bar: TypeAlias = "tqdm[Any]"


@contextmanager
def worker_pool(
    experiments: Iterable[Experiment], workers: int | None, executor: Executor | None
) -> Iterator[Executor]:
    """Give the executor, or else this number of threads; if None, one thread for each processor."""
    if executor is not None:
        yield executor
        return
    most = min(fitting_replications(experiments), processors())
    ended = Event()
    threads = ThreadPoolExecutor(most if workers is None else workers, initializer=heed, initargs=(ended,))
    try:
        yield threads
    finally:
        ended.set()
        _shut_down(threads)


def _shut_down(threads: ThreadPoolExecutor) -> None:
    """Wait for the threads, even if the user interrupts again: the first interrupt keeps what is done."""
    while True:
        with suppress(KeyboardInterrupt):
            threads.shutdown(cancel_futures=True)
            return


def simulate_missing(pool: Executor, experiments: Sequence[Replications], last: int, bar: Bar) -> None:
    """Simulate all replications below ``last`` of every experiment that are not done."""
    for replications in experiments:
        bar.update(replications.extend(last))
    pending: deque[tuple[Replications, int, int, Future[Chunk]]] = deque()
    try:
        for replications, first, number in interleaved_chunks(experiments):
            future = pool.submit(run_chunk, replications.experiment, first, number)
            pending.append((replications, first, number, future))
        # In the order of the replications: so an interrupt finds all done up to some number.
        while pending:
            replications, first, number, future = pending[0]
            chunk = future.result()
            if not isinstance(chunk, Chunk) or not chunk.answers(replications.experiment, first, number):
                raise SimlimitError(f"The executor mixed up replications {first} .. {first + number - 1}.")
            replications.add(chunk)
            bar.update(len(chunk.tables))
            pending.popleft()
    except BrokenExecutor as error:
        raise SimlimitError(
            "A worker of the executor died, perhaps for lack of memory; with a store, the same call "
            f"continues with what is done ({error})."
        ) from None
    finally:
        for *_, future in pending:
            future.cancel()


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
