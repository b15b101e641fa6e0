"""The replications of an experiment that have been simulated or read from a store."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from simlimit.drivers.tallies import empty_tallies
from simlimit.errors import SimlimitError
from simlimit.study.chunks import Chunk, Frames
from simlimit.study.experiment import Experiment
from simlimit.study.store import Store


class Replications:
    """The replications of an experiment that are done.

    Parameters
    ----------
    experiment : Experiment
    store : Store, optional
        Where replications are kept, and read from.
    """

    def __init__(self, experiment: Experiment, store: Store | None) -> None:
        self.experiment = experiment
        self.store = store
        self.tallies = empty_tallies(experiment.prepared, 0)
        self.tables: dict[int, Frames] = {}
        self._stored = store.replications() if store is not None else set()
        self._is_done = np.zeros(0, np.bool_)

    @property
    def done(self) -> int:
        """How many replications are done from number 0 on without a gap."""
        return len(self._is_done) if self._is_done.all() else int(self._is_done.argmin())

    def extend(self, last: int) -> int:
        """Allocate replications below ``last`` and read those that are stored; return how many were read.

        No worker may be writing into the tallies meanwhile: they move.
        """
        self._allocate(last)
        stored = [k for k in range(last) if not self._is_done[k] and k in self._stored]
        for k in stored:
            assert self.store is not None
            self.store.read_tallies(k, self.tallies, k)
            self._is_done[k] = True
        return len(stored)

    def missing(self, last: int, size: int) -> Iterator[tuple[int, int]]:
        """Yield ranges (first, number) of at most a size that cover what is missing below ``last``."""
        missing = np.flatnonzero(~self._is_done[:last])
        for gap in np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1):
            for start in range(0, len(gap), size):
                yield int(gap[start]), min(size, len(gap) - start)

    def add(self, chunk: Chunk) -> None:
        """Take in a chunk, and store it."""
        number = len(chunk.tables)
        rows = self.tallies.rows(chunk.first, chunk.first + number)
        rows.take(chunk.tallies.rows(0, number))
        for row, tables in enumerate(chunk.tables):
            if self.store is not None:
                self.store.write(chunk.first + row, rows, row, tables)
            elif tables:
                self.tables[chunk.first + row] = tables
        self._is_done[chunk.first : chunk.first + number] = True

    def table(self, name: str, replication: int) -> pd.DataFrame:
        """Return a table that is kept of a replication."""
        if self.store is not None:
            return self.store.read_table(name, replication)
        return self.tables[replication][name]

    def _allocate(self, last: int) -> None:
        number = len(self._is_done)
        if last <= number:
            return
        try:
            tallies = empty_tallies(self.experiment.prepared, last)
        except MemoryError:
            raise SimlimitError(
                f"n is {last}, but the tallies of so many replications must fit into memory: fewer "
                "replications, groups or days of follow-up need less."
            ) from None
        tallies.rows(0, number).take(self.tallies)
        self.tallies = tallies
        self._is_done = np.concatenate([self._is_done, np.zeros(last - number, np.bool_)])
