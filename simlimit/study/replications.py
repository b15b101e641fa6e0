"""The replications of an experiment that have been simulated or read from a store."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from simlimit.drivers.tallies import empty_tallies
from simlimit.run import frames
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

    def table(self, name: str, number: int) -> pd.DataFrame:
        """Return a table that is kept of the first replications, after a column `replication`."""
        read = self.store.read_table if self.store is not None else lambda name, k: self.tables[k][name]
        tables = {k: read(name, k) for k in range(number)}
        return pd.concat(tables, names=["replication"]).reset_index("replication").reset_index(drop=True)

    def records(self, number: int) -> pd.DataFrame:
        """Return what processes of the user's own recorded in the first replications."""
        if self.experiment.processes and number:
            return self.table("records", number)
        none = frames.records_frame([], self.experiment.prepared.scenario.start_date)
        return none.assign(replication=0)[["replication", *none]]
