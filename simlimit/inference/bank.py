"""The bank of a fit: logs simulated at draws from the prior distribution, spread and stored as studies are."""

import hashlib
import io
import json
import os
import zipfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simlimit.arguments import Floats
from simlimit.drafts import remove_leftovers, write_files, writing
from simlimit.drivers import calendar_driver
from simlimit.errors import SimlimitError
from simlimit.inference.observation import observe_state
from simlimit.inference.parameters import Parameter, draw, scenario_at
from simlimit.inference.statistics import Layout, statistics
from simlimit.model.preparation import prepare
from simlimit.model.state import State
from simlimit.progress import tqdm
from simlimit.run.compilation_notice import announce_compilation
from simlimit.run.memory import lack_of_memory_said
from simlimit.scenario import Scenario, dumps
from simlimit.study.experiment import compile_driver, prepare_experiment
from simlimit.study.identity import code_identity, difference
from simlimit.study.options import BAR_AFTER_SECONDS, CheckedOptions
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.workers import MOST_UNKNOWN, failure_said, worker_pool

CHUNK = 10
"""So many logs are simulated, and stored, at a time: about a quarter of a second of work."""
INDEX = "fit.json"
_GRID = np.arange(1, 200) / 200


class Task(NamedTuple):
    """All on which a simulated log depends but its number."""

    platform: Scenario
    parameters: tuple[Parameter, ...]
    layout: Layout
    seed: int
    code: dict[str, str]

    def identity(self) -> dict[str, object]:
        """Return what a store must agree on."""
        priors = [(one.name, [repr(one.changes(quantile)) for quantile in _GRID]) for one in self.parameters]
        parts = {
            "scenario": dumps(self.platform, comments=False),
            "free": repr(priors),
            "log": repr(self.layout),
        }
        digests = {name: hashlib.sha256(part.encode()).hexdigest() for name, part in parts.items()}
        return {**digests, "seed": self.seed, **self.code}


class Bank(NamedTuple):
    """Simulated logs, a row each.

    Attributes
    ----------
    quantiles : array
        Their parameters, as quantiles of the prior distributions.
    statistics, half : array
        What is compared of each; and what it would be had each log been extracted after half of its time.
    """

    quantiles: Floats
    statistics: Floats
    half: Floats


def history(platform: Scenario, task: Task, log: int) -> State:
    """Simulate the history of a scenario under the random numbers of a log."""
    return calendar_driver.run(prepare(platform, 0, False, False), task.seed, log, lambda days: None)


def run_logs(task: Task, first: int) -> Floats:
    """Simulate a chunk of logs; return the statistics of each, and those after half of its time."""
    if other := difference(code_identity(), task.code):
        raise SimlimitError(f"A worker of the executor runs {other}, but must run what its user runs.")
    found = []
    for log in range(first, first + CHUNK):
        quantiles = draw(task.seed, log, len(task.parameters))
        platform = scenario_at(task.platform, task.parameters, quantiles)
        seen = observe_state(history(platform, task, log), platform)
        half = seen.until(task.layout.days // 2)
        found.append([statistics(seen, task.layout), statistics(half, task.layout)])
    return np.array(found)


def make_bank(task: Task, n: int, options: CheckedOptions) -> Bank:
    """Simulate n logs, or read what a store has of them."""
    store = None if options.store is None else _Store(Path(options.store), task)
    chunks = -(-n // CHUNK)
    done = {} if store is None else store.read(chunks)
    missing = [k for k in range(chunks) if k not in done]
    experiment = prepare_experiment(task.platform, task.seed, options)
    compiles = announce_compilation("calendar") and options.executor is None

    def keep(k: int, found: Floats) -> None:
        if store is not None:
            store.write(k, found)
        done[k] = found
        bar.update(CHUNK)

    bar = tqdm(total=chunks * CHUNK, unit="log", disable=not options.progress, delay=BAR_AFTER_SECONDS)
    with lack_of_memory_said(), worker_pool([experiment], n, options) as pool, bar:
        bar.update(len(done) * CHUNK)
        try:
            if compiles:
                compile_driver("calendar")
            for k, found in _results(pool, task, missing, options.executor is None):
                keep(k, found)
        except KeyboardInterrupt:
            where = 'none is kept; with store="a-folder" the same call would continue'
            if store is not None:
                where = f"they are in the store; the same call continues from {options.store}"
            number = len(done) * CHUNK
            raise StudyInterrupted(
                {}, f"interrupted after {number:,} of {n:,} simulated logs: {where}."
            ) from None
    both = np.concatenate([done[k] for k in range(chunks)])[:n]
    quantiles = np.array([draw(task.seed, log, len(task.parameters)) for log in range(n)])
    return Bank(quantiles, both[:, 0], both[:, 1])


def _results(pool: Executor, task: Task, chunks: list[int], is_ours: bool) -> Iterator[tuple[int, Floats]]:
    """Yield the chunks in their order; a few are under way at a time."""
    waiting = iter(chunks)
    pending: deque[tuple[int, Future[Floats]]] = deque()

    def submit() -> None:
        for k in waiting:
            with failure_said(is_ours):
                pending.append((k, pool.submit(run_logs, task, k * CHUNK)))
            return

    try:
        for _ in range(2 * (getattr(pool, "_max_workers", None) or MOST_UNKNOWN)):
            submit()
        while pending:
            k, future = pending.popleft()
            with failure_said(is_ours):
                found = future.result()
            yield k, found
            submit()
    finally:
        for _, future in pending:
            future.cancel()


class _Store:
    """A folder with a file for each chunk, written atomically, of one seed, scenario, window and code."""

    def __init__(self, folder: Path, task: Task) -> None:
        self.folder, wanted = folder, task.identity()
        index = folder / INDEX
        with writing(folder):
            folder.mkdir(exist_ok=True)
            remove_leftovers(folder)
            if not index.exists() and any(folder.iterdir()):
                raise SimlimitError(
                    f"{folder} contains other files, but a store must be new, empty, or of this fit."
                )
            if not index.exists():
                write_files(folder, {INDEX: json.dumps(wanted, indent=1).encode()}, os.replace)
        try:
            what = difference(json.loads(index.read_bytes()), wanted)
        except (OSError, ValueError, AttributeError):
            raise SimlimitError(f"{index} is damaged: it does not say what fit this is.") from None
        if what is not None:
            raise SimlimitError(f"{folder} holds a fit of {what}: name another store, or the same fit.")

    def read(self, chunks: int) -> dict[int, Floats]:
        """Return the chunks that are there."""
        paths = {k: self._path(k) for k in range(chunks)}
        return {k: self._read(path) for k, path in paths.items() if path.exists()}

    def write(self, k: int, found: Floats) -> None:
        """Write a chunk, and have it on the disk before it returns."""
        content = io.BytesIO()
        np.savez_compressed(content, found=found)
        with writing(self.folder):
            write_files(self.folder, {self._path(k).name: content.getvalue()}, os.replace)

    def _path(self, k: int) -> Path:
        return self.folder / f"logs-{k * CHUNK:07}.npz"

    def _read(self, path: Path) -> Floats:
        try:
            with np.load(path) as content:
                found: Floats = content["found"]
                return found
        except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError):
            raise SimlimitError(f"{path} is damaged: delete it to simulate its logs again.") from None
