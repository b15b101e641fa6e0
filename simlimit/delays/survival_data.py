"""A table of durations and outcomes, checked and counted by time."""

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
class SurvivalData:
    """Durations with their outcomes: arrays of one length, an element for each row of the table.

    Attributes
    ----------
    durations : array of float
        Days until the row ended, or was last seen.
    outcome_codes : array of int
        Positions in `outcomes`; `len(outcomes)` means censored.
    outcomes : tuple
        The labels of the outcomes, without the label of censored rows.
    weights : array of float, or None
        Amounts; None if each row counts as one.
    clusters : array of int, or None
        The number of the cluster of each row.
    whole_days : bool
        Whether durations are integers.
    positions : array of int
        The position of each row in the table that was read.
    """

    durations: FloatArray
    outcome_codes: IntArray
    outcomes: tuple[Hashable, ...]
    weights: FloatArray | None
    clusters: IntArray | None
    whole_days: bool
    positions: IntArray

    @property
    def is_censored(self) -> npt.NDArray[np.bool_]:
        """Whether each row is censored."""
        return np.equal(self.outcome_codes, len(self.outcomes))

    def rows(self, chosen: IntArray) -> "SurvivalData":
        """Return some of the rows."""
        return replace(
            self,
            durations=self.durations[chosen],
            outcome_codes=self.outcome_codes[chosen],
            weights=None if self.weights is None else self.weights[chosen],
            clusters=None if self.clusters is None else self.clusters[chosen],
            positions=self.positions[chosen],
        )

    def counts_by_time(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the distinct times, and the counts of ends (outcomes, times) and censored rows (times)."""
        times, time_codes = np.unique(self.durations, return_inverse=True)
        counts = self._count(time_codes, np.zeros_like(time_codes), 1, len(times))[0]
        return times, counts[:-1], counts[-1]

    def counts_by_cluster(self, batch_size: int) -> tuple[int, Iterator[tuple[FloatArray, FloatArray]]]:
        """Return the number of clusters, and their counts in batches of clusters.

        A log of many borrowers also has many distinct times: all counts at once would not fit into memory.
        """
        times, time_codes = np.unique(self.durations, return_inverse=True)
        _, cluster_codes = np.unique(np.asarray(self.clusters), return_inverse=True)
        clusters = int(cluster_codes.max()) + 1
        order = np.argsort(cluster_codes, kind="stable")
        firsts = range(0, clusters, batch_size)
        bounds = np.searchsorted(cluster_codes[order], [*firsts, clusters])

        def batches() -> Iterator[tuple[FloatArray, FloatArray]]:
            for first, start, stop in zip(firsts, bounds[:-1], bounds[1:], strict=True):
                rows = order[start:stop]
                size = min(batch_size, clusters - first)
                counts = self.rows(rows)._count(
                    time_codes[rows], cluster_codes[rows] - first, size, len(times)
                )
                yield counts[:, :-1], counts[:, -1]

        return clusters, batches()

    def _count(self, time_codes: IntArray, cluster_codes: IntArray, clusters: int, times: int) -> FloatArray:
        """Return counts, or amounts, of shape (clusters, outcomes + 1, times); the last are censored."""
        shape = (clusters, len(self.outcomes) + 1, times)
        cells = np.ravel_multi_index((cluster_codes, self.outcome_codes, time_codes), shape)
        counts = np.bincount(cells, self.weights, minlength=int(np.prod(shape)))
        return counts.reshape(shape).astype(np.float64)


def read_survival_data(
    frame: pd.DataFrame,
    duration: str,
    outcome: str,
    censored: Hashable | None,
    weight: str | None = None,
    cluster: str | None = None,
    *,
    censored_at_risk: bool = True,
) -> SurvivalData:
    """Check the columns of a table and return its rows.

    Without `censored_at_risk`, a row censored at a time was last seen before it. So its duration becomes the
    next smaller one of the table. If there is none, the row never was at risk, and is left out.

    Raises
    ------
    SimlimitError
        If a column is missing or has a value that is not allowed, or no row is censored or left.
    """
    if not isinstance(frame, pd.DataFrame):
        raise SimlimitError(f"frame is of type {type(frame).__name__}, but must be a pandas DataFrame.")
    if frame.empty:
        raise SimlimitError("frame has no rows, but must have one or more.")
    codes, outcomes = _outcome_codes(_column(frame, "outcome", outcome), outcome, censored)
    data = SurvivalData(
        durations=_non_negative(_column(frame, "duration", duration), duration),
        outcome_codes=codes,
        outcomes=outcomes,
        weights=None if weight is None else _non_negative(_column(frame, "weight", weight), weight),
        clusters=None if cluster is None else _codes(_column(frame, "cluster", cluster), cluster),
        whole_days=pd.api.types.is_integer_dtype(frame[duration]),
        positions=np.arange(len(frame)),
    )
    return data if censored_at_risk else _censored_earlier(data, duration)


def _censored_earlier(data: SurvivalData, duration: str) -> SurvivalData:
    """Return the data with each censored row at the next smaller time, without those that have none."""
    times, time_codes = np.unique(data.durations, return_inverse=True)
    time_codes = time_codes - data.is_censored
    kept = np.flatnonzero(time_codes >= 0)
    if not len(kept):
        raise SimlimitError(
            f"every row is censored at the same {duration} ({times[0]:g}), but with censored_at_risk=False "
            "some row must be observed before that."
        )
    return replace(data.rows(kept), durations=times[time_codes[kept]])


def group_rows(frame: pd.DataFrame, by: str | Sequence[str]) -> tuple[list[str], dict[Hashable, IntArray]]:
    """Return the names of the columns to group by, and the rows of each group, in order of its key."""
    names = [by] if isinstance(by, str) else list(by)
    for name in names:
        _codes(_column(frame, "by", name), name)
    group_codes = frame.groupby(names, observed=True, sort=True).ngroup().to_numpy()
    groups = [np.flatnonzero(group_codes == group) for group in range(int(group_codes.max()) + 1)]
    keys = [tuple(frame[name].iloc[rows[0]] for name in names) for rows in groups]
    return names, {key if len(names) > 1 else key[0]: rows for key, rows in zip(keys, groups, strict=True)}


def _column(frame: pd.DataFrame, argument: str, name: str) -> "pd.Series[Any]":
    if name not in frame.columns:
        columns = ", ".join(str(column) for column in frame.columns)
        raise SimlimitError(f"{argument} is {name!r}, but must be a column of the frame: {columns}.")
    return frame[name]


def _non_negative(column: "pd.Series[Any]", name: str) -> FloatArray:
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


def _outcome_codes(
    column: "pd.Series[Any]", name: str, censored: Hashable | None
) -> tuple[IntArray, tuple[Hashable, ...]]:
    _codes(column, name)
    categories = column.astype("category").cat
    labels = tuple(categories.categories)
    if censored is not None and censored not in labels:
        allowed = ", ".join(repr(label) for label in labels)
        raise SimlimitError(
            f"censored is {censored!r}, but must be one of the labels of {name} ({allowed}), "
            "or None if every row has ended."
        )
    outcomes = tuple(label for label in labels if censored is None or label != censored)
    codes = [outcomes.index(label) if label in outcomes else len(outcomes) for label in labels]
    return np.asarray(codes, np.int64)[categories.codes.to_numpy()], outcomes
