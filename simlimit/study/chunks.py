"""Thousands of different scenarios, each simulated once or a few times: spread and stored as studies are."""

import io
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simlimit.arguments import Floats
from simlimit.drafts import write_files, writing
from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.run import compilation_notice, memory
from simlimit.study.experiment import Experiment, compile_driver
from simlimit.study.identity import code_identity, difference
from simlimit.study.options import BAR_AFTER_SECONDS, CheckedOptions
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.store import open_folder
from simlimit.study.workers import failure_said, worker_pool

# So many scenarios are simulated, and stored, at a time: about a quarter of a second of work.
CHUNK = 10


class Words(NamedTuple):
    """What a store is of, as in `fit.json`; what it holds, as in `logs-0000010.npz`; and its identity."""

    of: str
    rows: str
    identity: Mapping[str, object]


def simulate_chunks(
    simulate: Callable[[int], Floats], n: int, words: Words, largest: Experiment, options: CheckedOptions
) -> Floats:
    """Return n rows: simulated, or what a store has of them.

    Parameters
    ----------
    simulate : function
        Makes the rows from a number on, `CHUNK` of them or all that there are.
    n : int
    words : Words
    largest : Experiment
        One that takes as much memory as any.
    options : CheckedOptions
        How they are spread and stored.
    """
    store = None if options.store is None else _Store(Path(options.store), words)
    firsts = range(0, n, CHUNK)
    done = {first: found for first in firsts if store and (found := store.read(first)) is not None}
    missing = [first for first in firsts if first not in done]
    is_ours = options.executor is None
    compiles = compilation_notice.announce_compilation("calendar") and is_ours
    with (
        memory.lack_of_memory_said(),
        worker_pool([largest], n, options) as pool,
        tqdm(total=n, unit=words.rows[:-1], disable=not options.progress, delay=BAR_AFTER_SECONDS) as bar,
    ):
        try:
            if compiles:
                compile_driver("calendar")
            bar.update(len(done) * CHUNK)
            with failure_said(is_ours):
                for first, found in zip(missing, pool.map(simulate, missing), strict=True):
                    if store:
                        store.write(first, found)
                    done[first] = found
                    bar.update(CHUNK)
        except KeyboardInterrupt:
            where = "are kept only with a store, from which the same call would continue"
            if store:
                where = f"are in the store; the same call continues from {options.store}"
            number = f"{min(n, len(done) * CHUNK):,} of {n:,} simulated {words.rows}"
            raise StudyInterrupted({}, f"interrupted; {number} {where}.") from None
    return np.concatenate([done[first] for first in firsts])[:n]


def check_code(code: Mapping[str, str]) -> None:
    """Refuse to run in a worker that has other code."""
    if other := difference(code_identity(), code):
        raise SimlimitError(f"A worker of the executor runs {other}, but must run what its user runs.")


class _Store:
    """A folder with a file for each chunk, written atomically: all of one task."""

    def __init__(self, folder: Path, words: Words) -> None:
        self.folder, self.words = folder, words
        open_folder(folder, f"{words.of}.json", words.identity, words.of)

    def read(self, first: int) -> Floats | None:
        """Return a chunk, if it is there."""
        path = self.folder / self._file(first)
        if not path.exists():
            return None
        try:
            with np.load(path) as content:  # checks the bytes
                return np.asarray(content["found"], np.float64)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            again = f"delete it to simulate its {self.words.rows} again"
            raise SimlimitError(f"{path} is damaged: {again}.") from None

    def write(self, first: int, found: Floats) -> None:
        """Write a chunk, and have it on the disk before it returns."""
        content = io.BytesIO()
        np.savez_compressed(content, found=found)
        with writing(self.folder):
            write_files(self.folder, {self._file(first): content.getvalue()}, os.replace)

    def _file(self, first: int) -> str:
        return f"{self.words.rows}-{first:07}.npz"
