"""The workers of a study: who simulates which chunk, and how their results are collected."""

import itertools
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from typing import Any, TypeAlias

from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.study.chunks import Chunk, chunk_size, run_chunk
from simlimit.study.experiment import Experiment
from simlimit.study.memory import fitting_replications
from simlimit.study.replications import Replications

Bar: TypeAlias = "tqdm[Any]"


class WorkerPool:
    """Threads of this process, or an executor of the user.

    Parameters
    ----------
    executor : Executor
    shares_memory : bool
        Whether its workers can write into the arrays of this process.
    """

    def __init__(self, executor: Executor, shares_memory: bool) -> None:
        self.executor = executor
        self.shares_memory = shares_memory
        self._stop = threading.Event()

    def complete(self, experiments: Sequence[Replications], last: int, bar: Bar) -> None:
        """Simulate all replications below ``last`` of every experiment that are not done."""
        for replications in experiments:
            bar.update(replications.extend(last))
        pending: dict[Future[Chunk], Replications] = {}
        # A queue, because an interrupt inside concurrent.futures.wait leaves the locks of all futures taken.
        finished: SimpleQueue[Future[Chunk]] = SimpleQueue()
        try:
            for replications, first, number in interleaved_chunks(experiments, last):
                future = self._submit(replications, first, number)
                pending[future] = replications
                future.add_done_callback(finished.put)
            while pending:
                future = finished.get()
                chunk = future.result()
                pending.pop(future).add(chunk)
                bar.update(len(chunk.tables))
        except BrokenExecutor as error:
            raise SimlimitError(
                "A worker of the executor died, perhaps for lack of memory; with a store, the same call "
                f"continues with what is done ({error})."
            ) from None
        finally:
            self._cancel(pending)

    def _submit(self, replications: Replications, first: int, number: int) -> "Future[Chunk]":
        chunk = replications.experiment, first, number
        if not self.shares_memory:
            return self.executor.submit(run_chunk, *chunk)
        rows = replications.tallies.rows(first, first + number)
        return self.executor.submit(run_chunk, *chunk, rows, self._stop.is_set)

    def _cancel(self, futures: Iterable["Future[Chunk]"]) -> None:
        """Stop the chunks that are left after an error or an interrupt."""
        self._stop.set()
        for future in futures:
            future.cancel()
        self._stop = threading.Event()


@contextmanager
def worker_pool(
    experiments: Iterable[Experiment], workers: int | None, executor: Executor | None
) -> Iterator[WorkerPool]:
    """Give a pool: the executor, or else this number of threads; if None, one thread for each processor."""
    if executor is not None:
        yield WorkerPool(executor, shares_memory=False)
        return
    most = min(fitting_replications(experiments), processors())
    threads = ThreadPoolExecutor(most if workers is None else workers)
    try:
        yield WorkerPool(threads, shares_memory=True)
    finally:
        _shut_down(threads)


def _shut_down(threads: ThreadPoolExecutor) -> None:
    """Wait for the threads, even if the user interrupts again: the first interrupt keeps what is done."""
    while True:
        with suppress(KeyboardInterrupt):
            threads.shutdown(cancel_futures=True)
            return


def interleaved_chunks(
    experiments: Sequence[Replications], last: int
) -> Iterator[tuple[Replications, int, int]]:
    """Yield the missing chunks of all experiments in turn, so that an interrupt finds all equally far."""
    missing = [one.missing(last, chunk_size(one.experiment)) for one in experiments]
    for chunks in itertools.zip_longest(*missing):
        for replications, chunk in zip(experiments, chunks, strict=True):
            if chunk is not None:
                yield replications, *chunk


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
