"""The bank of a fit: logs simulated at draws from the prior, spread and stored as studies are."""

import hashlib
import io
import os
import zipfile
from itertools import repeat
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simlimit.arguments import Floats
from simlimit.drafts import write_files, writing
from simlimit.drivers import calendar_driver
from simlimit.errors import SimlimitError
from simlimit.inference.observation import observe_state
from simlimit.inference.parameters import Parameter, draw, scenario_at
from simlimit.inference.statistics import Layout, statistics
from simlimit.model.preparation import prepare
from simlimit.model.state import State
from simlimit.progress import tqdm
from simlimit.run import compilation_notice, memory
from simlimit.scenario import Scenario, field_values
from simlimit.study.experiment import compile_driver, prepare_experiment
from simlimit.study.identity import code_identity, difference
from simlimit.study.options import BAR_AFTER_SECONDS, CheckedOptions
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.store import open_folder
from simlimit.study.workers import failure_said, worker_pool

# So many logs are simulated, and stored, at a time: about a quarter of a second of work.
CHUNK = 10
INDEX = "fit.json"


class Task(NamedTuple):
    """All on which a simulated log depends but its number."""

    platform: Scenario
    parameters: tuple[Parameter, ...]
    layout: Layout
    seed: int
    code: dict[str, str]

    def at(self, quantiles: Floats, source: str | None = None) -> Scenario:
        """Return the scenario of a draw."""
        return scenario_at(self.platform, self.parameters, quantiles, source)

    def history(self, platform: Scenario, log: int) -> State:
        """Simulate a scenario under the random numbers of a log."""
        return calendar_driver.run(prepare(platform, 0, False, False), self.seed, log, lambda days: None)

    def identity(self) -> dict[str, object]:
        """Return what a store must agree on."""
        grid, scenario = np.arange(1, 200) / 200, field_values(self.platform)
        free = [[one.name, *(one.changes(quantile) for quantile in grid)] for one in self.parameters]
        parts = {"scenario": scenario, "free": free, "log": self.layout}
        digests = {name: hashlib.sha256(str(part).encode()).hexdigest() for name, part in parts.items()}
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


def run_logs(task: Task, first: int) -> Floats:
    """Simulate a chunk of logs; return the statistics of each, and those after half of its time."""
    if other := difference(code_identity(), task.code):
        raise SimlimitError(f"A worker of the executor runs {other}, but must run what its user runs.")
    found = []
    for log in range(first, first + CHUNK):
        platform = task.at(draw(task.seed, log, len(task.parameters)))
        seen = observe_state(task.history(platform, log), platform)
        parts = seen, seen.until(task.layout.days // 2)
        found.append([statistics(part, task.layout) for part in parts])
    return np.array(found)


def make_bank(task: Task, n: int, options: CheckedOptions) -> Bank:
    """Simulate n logs, or read what a store has of them."""
    store = None if options.store is None else _Store(Path(options.store), task)
    firsts = range(0, n, CHUNK)
    done = {first: found for first in firsts if store and (found := store.read(first)) is not None}
    missing = [first for first in firsts if first not in done]
    is_ours = options.executor is None
    compiles = compilation_notice.announce_compilation("calendar") and is_ours
    with (
        memory.lack_of_memory_said(),
        worker_pool([prepare_experiment(task.platform, task.seed, options)], n, options) as pool,
        tqdm(total=n, unit="log", disable=not options.progress, delay=BAR_AFTER_SECONDS) as bar,
    ):
        try:
            if compiles:
                compile_driver("calendar")
            bar.update(len(done) * CHUNK)
            with failure_said(is_ours):
                for first, found in zip(missing, pool.map(run_logs, repeat(task), missing), strict=True):
                    if store:
                        store.write(first, found)
                    done[first] = found
                    bar.update(CHUNK)
        except KeyboardInterrupt:
            where = "are kept only with a store, from which the same call would continue"
            if store:
                where = f"are in the store; the same call continues from {options.store}"
            number = f"{min(n, len(done) * CHUNK):,} of {n:,} simulated logs"
            raise StudyInterrupted({}, f"interrupted; {number} {where}.") from None
    both = np.concatenate([done[first] for first in firsts])[:n]
    quantiles = np.array([draw(task.seed, log, len(task.parameters)) for log in range(n)])
    return Bank(quantiles, both[:, 0], both[:, 1])


class _Store:
    """A folder with a file for each chunk, written atomically: of one scenario, window, seed and code."""

    def __init__(self, folder: Path, task: Task) -> None:
        self.folder = folder
        open_folder(folder, INDEX, task.identity(), "fit")

    def read(self, first: int) -> Floats | None:
        """Return a chunk, if it is there."""
        path = self.folder / _file(first)
        if not path.exists():
            return None
        try:
            with np.load(path) as content:  # checks the bytes
                return np.asarray(content["found"], np.float64)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            raise SimlimitError(f"{path} is damaged: delete it to simulate its logs again.") from None

    def write(self, first: int, found: Floats) -> None:
        """Write a chunk, and have it on the disk before it returns."""
        content = io.BytesIO()
        np.savez_compressed(content, found=found)
        with writing(self.folder):
            write_files(self.folder, {_file(first): content.getvalue()}, os.replace)


def _file(first: int) -> str:
    return f"logs-{first:07}.npz"
