"""The replications of an experiment that have been simulated or read from a store."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from simlimit.drivers.tallies import empty_tallies
from simlimit.study.experiment import Chunk, Experiment, Frames
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
        self._is_done = np.zeros(0, np.bool_)

    @property
    def done(self) -> int:
        """How many replications are done from number 0 on without a gap."""
        return int(np.append(self._is_done, False).argmin())

    def extend(self, last: int) -> int:
        """Allocate replications below ``last`` and read those that are stored; return how many were read."""
        number = len(self._is_done)
        tallies = empty_tallies(self.experiment.prepared, last)
        tallies.rows(0, number).take(self.tallies)
        self.tallies = tallies
        self._is_done = np.pad(self._is_done, (0, last - number))
        if self.store is None:
            return 0
        stored = [k for k in self.store.replications() if number <= k < last]
        for k in stored:
            self.store.read_tallies(k, tallies)
            self._is_done[k] = True
        return len(stored)

    def missing(self, size: int) -> Iterator[tuple[int, int]]:
        """Yield ranges (first, number) of at most a size that cover what is missing."""
        missing = np.flatnonzero(~self._is_done)
        for gap in np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1):
            for start in range(0, len(gap), size):
                yield int(gap[start]), min(size, len(gap) - start)

    def add(self, chunk: Chunk) -> None:
        """Take in a chunk, and store it."""
        last = chunk.first + len(chunk.tables)
        self.tallies.rows(chunk.first, last).take(chunk.tallies)
        if self.store is not None:
            self.store.write(chunk)
        else:
            self.tables.update((k, tables) for k, tables in enumerate(chunk.tables, chunk.first) if tables)
        self._is_done[chunk.first : last] = True

    def table(self, name: str, replication: int) -> pd.DataFrame:
        """Return a table that is kept of a replication."""
        if self.store is not None:
            return self.store.read_table(name, replication)
        return self.tables[replication][name]
