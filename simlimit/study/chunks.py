"""Thousands of different scenarios, each simulated once or a few times: spread and stored as studies are."""

import io
import os
import zipfile
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np

from simlimit.arguments import Floats
from simlimit.drafts import write_files, writing
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario
from simlimit.study.experiment import prepare_experiment
from simlimit.study.identity import check_code, code_identity
from simlimit.study.options import CheckedOptions
from simlimit.study.replicating import StudyInterrupted, how_to_go_on
from simlimit.study.store import open_folder
from simlimit.study.workers import at_work, failure_said

# So many scenarios are simulated, and stored, at a time: about a quarter of a second of work.
CHUNK = 10


class Task(Protocol):
    """All on which rows depend but their numbers."""

    @property
    def platform(self) -> Scenario:
        """A scenario that takes as much memory as any."""

    @property
    def seed(self) -> int:
        """The seed."""

    def identity(self) -> dict[str, object]:
        """Return what a store must agree on, beside the code."""


T = TypeVar("T", bound=Task)


def simulate_chunks(
    simulate: Callable[[T, int], Floats], task: T, n: int, words: tuple[str, str], options: CheckedOptions
) -> Floats:
    """Return n rows: simulated, or what a store has of them.

    Parameters
    ----------
    simulate : function
        Makes the rows of a task from a number on, `CHUNK` of them or all that there are.
    task : Task
    n : int
    words : (str, str)
        What a store is of, as in `fit.json`, and what it holds, as in `logs-0000010.npz`.
    options : CheckedOptions
        How they are spread and stored.
    """
    code, (of, rows), firsts = code_identity(), words, range(0, n, CHUNK)
    paths, done = dict[int, Path](), dict[int, Floats]()
    if options.store is not None:
        open_folder(Path(options.store), f"{of}.json", {**task.identity(), **code}, of)
        paths = {first: Path(options.store) / f"{rows}-{first:07}.npz" for first in firsts}
        done = {first: _read(path, rows) for first, path in paths.items() if path.exists()}
    missing = [first for first in firsts if first not in done]
    experiment, is_ours = prepare_experiment(task.platform, task.seed, options), options.executor is None
    try:
        with at_work([experiment], n, options, rows[:-1], n) as (pool, bar), failure_said(is_ours):
            bar.update(_rows(done, n))
            chunks = pool.map(partial(_simulate, simulate, task, code), missing)
            for first, found in zip(missing, chunks, strict=True):
                if paths:
                    _write(paths[first], found)
                done[first] = found
                bar.update(_rows([first], n))
    except KeyboardInterrupt:
        number = f"{_rows(done, n):,} of {n:,} simulated {rows}"
        where = "are kept only with a store, from which the same call would continue"
        raise StudyInterrupted({}, how_to_go_on(number, options, where)) from None
    return np.concatenate([done[first] for first in firsts])[:n]


def _rows(firsts: Iterable[int], n: int) -> int:
    """Return how many of n rows are in the chunks that begin so: the last may have fewer."""
    return sum(min(CHUNK, n - first) for first in firsts)


def _simulate(simulate: Callable[[T, int], Floats], task: T, code: Mapping[str, str], first: int) -> Floats:
    """Simulate a chunk, in a worker."""
    check_code(code)
    return simulate(task, first)


def _read(path: Path, rows: str) -> Floats:
    """Return a chunk that is stored."""
    try:
        with np.load(path) as content:  # checks the bytes
            return np.asarray(content["found"], np.float64)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        raise SimlimitError(f"{path} is damaged: delete it to simulate its {rows} again.") from None


def _write(path: Path, found: Floats) -> None:
    """Write a chunk, and have it on the disk before it returns."""
    content = io.BytesIO()
    np.savez_compressed(content, found=found)
    with writing(path.parent):
        write_files(path.parent, {path.name: content.getvalue()}, os.replace)
