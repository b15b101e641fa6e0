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
    """Durations with their outcomes, a row for each row of the table that was read.

    Attributes
    ----------
    rows : pandas.DataFrame
        Its index is the position of each row in the table that was read. Columns:

        - `time`: days until the row ended, or was last seen;
        - `outcome`: a position in `outcomes`; `len(outcomes)` means censored;
        - `weight`, if rows count by an amount;
        - `cluster`, if rows belong to clusters: the number of the cluster.
    outcomes : tuple
        The labels of the outcomes, without the label of censored rows.
    whole_days : bool
        Whether durations are integers.
    """

    rows: pd.DataFrame
    outcomes: tuple[Hashable, ...]
    whole_days: bool

    @property
    def has_amounts(self) -> bool:
        """Whether rows count by an amount."""
        return "weight" in self.rows

    @property
    def is_censored(self) -> npt.NDArray[np.bool_]:
        """Whether each row is censored."""
        return np.asarray(self.rows["outcome"] == len(self.outcomes))

    def counts_by_time(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the distinct times, and the counts of ends (outcomes, times) and censored rows (times)."""
        times, time_codes = np.unique(self.rows["time"], return_inverse=True)
        counts = self._count(self.rows.assign(time=time_codes, cluster=0), 1, len(times))[0]
        return times, counts[:-1], counts[-1]

    def counts_by_cluster(self, batch_size: int) -> tuple[int, Iterator[tuple[FloatArray, FloatArray]]]:
        """Return the number of clusters, and their counts in batches of clusters.

        A log of many borrowers also has many distinct times: all counts at once would not fit into memory.
        """
        times, time_codes = np.unique(self.rows["time"], return_inverse=True)
        names, cluster_codes = np.unique(self.rows["cluster"], return_inverse=True)
        rows = self.rows.assign(time=time_codes, cluster=cluster_codes).sort_values("cluster", kind="stable")
        firsts = range(0, len(names), batch_size)
        starts = np.searchsorted(rows["cluster"], [*firsts, len(names)])

        def batches() -> Iterator[tuple[FloatArray, FloatArray]]:
            for first, start, stop in zip(firsts, starts[:-1], starts[1:], strict=True):
                batch = rows.iloc[start:stop]
                size = min(batch_size, len(names) - first)
                counts = self._count(batch.assign(cluster=batch["cluster"] - first), size, len(times))
                yield counts[:, :-1], counts[:, -1]

        return len(names), batches()

    def _count(self, rows: pd.DataFrame, clusters: int, times: int) -> FloatArray:
        """Return counts, or amounts, of shape (clusters, outcomes + 1, times); the last are censored."""
        shape = (clusters, len(self.outcomes) + 1, times)
        codes = [rows[name].to_numpy() for name in ("cluster", "outcome", "time")]
        cells = np.ravel_multi_index(codes, shape)
        counts = np.bincount(cells, rows.get("weight"), minlength=int(np.prod(shape)))
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
    columns = {"time": _non_negative(_column(frame, "duration", duration), duration), "outcome": codes}
    if weight is not None:
        columns["weight"] = _non_negative(_column(frame, "weight", weight), weight)
    if cluster is not None:
        columns["cluster"] = _codes(_column(frame, "cluster", cluster), cluster)
    data = SurvivalData(pd.DataFrame(columns), outcomes, pd.api.types.is_integer_dtype(frame[duration]))
    return data if censored_at_risk else _censored_earlier(data, duration)


def _censored_earlier(data: SurvivalData, duration: str) -> SurvivalData:
    """Return the data with each censored row at the next smaller time, without those that have none."""
    times, time_codes = np.unique(data.rows["time"], return_inverse=True)
    time_codes = time_codes - data.is_censored
    rows = data.rows.assign(time=times[time_codes])[time_codes >= 0]
    if rows.empty:
        raise SimlimitError(
            f"every row is censored at the same {duration} ({times[0]:g}), but with censored_at_risk=False "
            "some row must be observed before that."
        )
    return replace(data, rows=rows)


def data_by_group(
    frame: pd.DataFrame, by: str | Sequence[str], data: SurvivalData
) -> dict[Hashable, SurvivalData]:
    """Return the data of each group of rows that agree in some columns, in order of these."""
    names = [by] if isinstance(by, str) else list(by)
    columns = []
    for name in names:
        _codes(_column(frame, "by", name), name)
        columns.append(frame[name].iloc[data.rows.index].set_axis(data.rows.index))
    groups = data.rows.groupby(columns if len(names) > 1 else columns[0], observed=True)
    return {key: replace(data, rows=rows) for key, rows in groups}


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
