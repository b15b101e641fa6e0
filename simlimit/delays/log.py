"""A table of durations and outcomes, checked and turned into counts by time."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.delays.curves import FloatArray
from simlimit.errors import SimlimitError

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Log:
    """Rows of a release log; arrays of the same length.

    Attributes
    ----------
    durations : array of float
        Days until the row ended, or was last seen.
    kinds : array of int
        The position of the outcome in `outcomes`; `len(outcomes)` is censored.
    outcomes : tuple
        The labels of the outcomes, without that of the censored.
    weights : array of float, or None
        Amounts; None if rows count as one each.
    clusters : array of int, or None
        The number of the cluster.
    whole : bool
        Whether durations are whole numbers.
    origin : array of int
        The position of the row in the table that was read.
    """

    durations: FloatArray
    kinds: IntArray
    outcomes: tuple[Hashable, ...]
    weights: FloatArray | None
    clusters: IntArray | None
    whole: bool
    origin: IntArray

    def rows(self, chosen: IntArray) -> "Log":
        """Return some of the rows."""
        return replace(
            self,
            durations=self.durations[chosen],
            kinds=self.kinds[chosen],
            weights=None if self.weights is None else self.weights[chosen],
            clusters=None if self.clusters is None else self.clusters[chosen],
            origin=self.origin[chosen],
        )

    def counts(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the distinct times, and ended (outcomes, times) and censored (times) at each."""
        times, position = np.unique(self.durations, return_inverse=True)
        table = self._table(position, np.zeros_like(position), 1, len(times))[0]
        return times, table[:-1], table[-1]

    def cluster_counts(self, step: int) -> tuple[int, Iterator[tuple[FloatArray, FloatArray]]]:
        """Return the number of clusters, and their counts, `step` clusters at a time.

        A log of many borrowers has as many times: all its counts at once would not fit in memory.
        """
        times, position = np.unique(self.durations, return_inverse=True)
        _, cluster = np.unique(np.asarray(self.clusters), return_inverse=True)
        number = int(cluster.max()) + 1
        order = np.argsort(cluster, kind="stable")
        firsts = range(0, number, step)
        bounds = np.searchsorted(cluster[order], [*firsts, number])

        def parts() -> Iterator[tuple[FloatArray, FloatArray]]:
            for first, start, stop in zip(firsts, bounds[:-1], bounds[1:], strict=True):
                rows = order[start:stop]
                inside = min(step, number - first)
                table = self.rows(rows)._table(position[rows], cluster[rows] - first, inside, len(times))
                yield table[:, :-1], table[:, -1]

        return number, parts()

    def _table(self, position: IntArray, cluster: IntArray, clusters: int, times: int) -> FloatArray:
        shape = (clusters, len(self.outcomes) + 1, times)
        cell = np.ravel_multi_index((cluster, self.kinds, position), shape)
        counted = np.bincount(cell, self.weights, minlength=int(np.prod(shape)))
        return counted.reshape(shape).astype(np.float64)


def read_log(
    frame: pd.DataFrame,
    duration: str,
    outcome: str,
    censored: Hashable | None,
    weight: str | None = None,
    cluster: str | None = None,
    censored_first: bool = False,
) -> Log:
    """Check the columns of a table and return its rows.

    With `censored_first`, who is censored at a time was last seen before it: its duration is then the largest
    of the table that is smaller. Where none is smaller it never was at risk, and is left out.

    Raises
    ------
    SimlimitError
        If a column is missing or has a value that it cannot have, no row has the label of the censored, or
        no row is left.
    """
    if not isinstance(frame, pd.DataFrame):
        raise SimlimitError(f"frame is of type {type(frame).__name__}, but must be a pandas DataFrame.")
    if frame.empty:
        raise SimlimitError("frame has no rows, but must have one or more.")
    kinds, outcomes = _kinds(_column(frame, "outcome", outcome), outcome, censored)
    log = Log(
        durations=_numbers(_column(frame, "duration", duration), duration),
        kinds=kinds,
        outcomes=outcomes,
        weights=None if weight is None else _numbers(_column(frame, "weight", weight), weight),
        clusters=None if cluster is None else _codes(_column(frame, "cluster", cluster), cluster),
        whole=pd.api.types.is_integer_dtype(frame[duration]),
        origin=np.arange(len(frame)),
    )
    return _last_seen_before(log, duration) if censored_first else log


def _last_seen_before(log: Log, duration: str) -> Log:
    """Return the log with each censored row at the next smaller time, without those that have none."""
    times, position = np.unique(log.durations, return_inverse=True)
    position = position - (log.kinds == len(log.outcomes))
    kept = np.flatnonzero(position >= 0)
    if not len(kept):
        raise SimlimitError(
            f"every row is censored, and at the same {duration} ({times[0]:g}), but with censored_first "
            "there must be a row that was seen before it was censored."
        )
    return replace(log.rows(kept), durations=times[position[kept]])


def groups(frame: pd.DataFrame, by: str | Sequence[str]) -> tuple[list[str], list[tuple[Hashable, IntArray]]]:
    """Return the names of the columns to group by, and each group's key and rows, in order of the keys."""
    names = [by] if isinstance(by, str) else list(by)
    for name in names:
        _codes(_column(frame, "by", name), name)
    numbered = frame.groupby(names, observed=True, sort=True).ngroup().to_numpy()
    found = [np.flatnonzero(numbered == group) for group in range(int(numbered.max()) + 1)]
    keys = [tuple(frame[name].iloc[rows[0]] for name in names) for rows in found]
    return names, [(key if len(names) > 1 else key[0], rows) for key, rows in zip(keys, found, strict=True)]


def _column(frame: pd.DataFrame, argument: str, name: str) -> "pd.Series[Any]":
    if name not in frame.columns:
        present = ", ".join(str(each) for each in frame.columns)
        raise SimlimitError(f"{argument} is {name!r}, but must be a column of the frame: {present}.")
    return frame[name]


def _numbers(column: "pd.Series[Any]", name: str) -> FloatArray:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        raise SimlimitError(f"{name} is of type {column.dtype}, but must be numbers.")
    values = column.to_numpy(np.float64, na_value=np.nan)
    wrong = ~((values >= 0) & (values < np.inf))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise SimlimitError(
            f"{name} is {values[first]:g} in row {column.index[first]!r}, but must be a number from 0 up."
        )
    return values


def _codes(column: "pd.Series[Any]", name: str) -> IntArray:
    codes, _ = pd.factorize(column)
    if (codes < 0).any():
        row = column.index[int(np.argmax(codes < 0))]
        raise SimlimitError(f"{name} is missing in row {row!r}, but must be known in every row.")
    return codes.astype(np.int64)


def _kinds(
    column: "pd.Series[Any]", name: str, censored: Hashable | None
) -> tuple[IntArray, tuple[Hashable, ...]]:
    _codes(column, name)
    kinds = column.astype("category")
    labels = tuple(kinds.cat.categories)
    if censored is not None and censored not in labels:
        present = ", ".join(repr(label) for label in labels)
        raise SimlimitError(
            f"censored is {censored!r}, but must be one of the labels of {name} ({present}), "
            "or None if every row has ended."
        )
    outcomes = tuple(label for label in labels if censored is None or label != censored)
    kinds_in_order = [outcomes.index(label) if label in outcomes else len(outcomes) for label in labels]
    return np.asarray(kinds_in_order, np.int64)[kinds.cat.codes.to_numpy()], outcomes
