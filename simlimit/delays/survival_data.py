"""A table of durations and outcomes, checked and counted by time."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, Ints, Truths, as_frame, as_list, check_flag, is_among, refused, shown
from simlimit.delays.curves import ROUNDING, Counts
from simlimit.errors import SimlimitError

# The entry of a row that is at risk from the start, also at time 0.
FROM_START = -1.0


TableOf = Callable[["SurvivalData"], pd.DataFrame]


@dataclass(frozen=True)
class SurvivalData:
    """Durations with their outcomes, a row for each row of the table that was read.

    Attributes
    ----------
    frame : pandas.DataFrame
        The table that was read.
    rows : pandas.DataFrame
        Its index is the position of each row in the table that was read. Columns:

        - `time`: days until the row ended, or was last seen;
        - `outcome`: a position in `outcomes`; `len(outcomes)` means censored;
        - `entry`, if some row is not at risk from the start: the time after which each row is at risk;
          `FROM_START` if from the start;
        - `weight`, if rows count by an amount;
        - `cluster`, if rows belong to clusters: the number of the cluster.
    outcomes : tuple
        The labels of the outcomes, without the label of censored rows.
    whole_days : bool
        Whether durations are integers.
    """

    frame: pd.DataFrame
    rows: pd.DataFrame
    outcomes: tuple[Hashable, ...]
    whole_days: bool

    @property
    def is_censored(self) -> Truths:
        """Whether each row is censored."""
        return np.asarray(self.rows["outcome"] == len(self.outcomes))

    def at_risk_once(self) -> "SurvivalData":
        """Return the data without rows that never are at risk; as it is, if none ever is."""
        if "entry" not in self.rows:
            return self
        is_at_risk = self.rows["entry"] < self.rows["time"]
        rows = self.rows[is_at_risk] if is_at_risk.any() else self.rows
        is_from_start = (rows["entry"] == FROM_START).all()
        return replace(self, rows=rows.drop(columns="entry") if is_from_start else rows)

    def table_by_group(self, by: str | Sequence[str] | None, table_of: TableOf) -> pd.DataFrame:
        """Return the table of the data, or the tables of its groups below each other, indexed by group.

        They are made of the rows that ever are at risk. The rows of a group agree in the columns of `by`.
        """
        if by is None:
            return table_of(self.at_risk_once())
        allowed = "a column of the frame, or a list of columns"
        names = [by] if isinstance(by, str) else as_list("by", by, allowed)
        if not names:
            raise SimlimitError(f"by is empty, but must be {allowed}.")
        for name in names:
            _codes(_column(self.frame, "by", name))
        columns = [self.frame[name].set_axis(self.rows.index) for name in names]
        groups = self.rows.groupby(columns if len(names) > 1 else columns[0], observed=True)
        tables = {key: table_of(replace(self, rows=rows).at_risk_once()) for key, rows in groups}
        return pd.concat(tables, names=names)

    def counts_by_time(self) -> tuple[Floats, Counts]:
        """Return the distinct times, and the counts for `aalen_johansen` by time."""
        times, rows = self._coded()
        return times, tuple(each[0] for each in self._count(rows.assign(cluster=0), 1, len(times)))

    def counts_of_rows(self) -> Counts:
        """Return the counts of rows by time, also if rows count by an amount."""
        return replace(self, rows=self.rows.drop(columns="weight", errors="ignore")).counts_by_time()[1]

    def counts_by_cluster(self, batch_size: int) -> tuple[int, Iterator[Counts]]:
        """Return the number of clusters, and their counts in batches of clusters.

        A log of many borrowers also has many distinct times: all counts at once would not fit into memory.
        """
        times, rows = self._coded()
        names, codes = np.unique(rows["cluster"], return_inverse=True)
        batches = rows.assign(cluster=codes % batch_size).groupby(codes // batch_size)
        sizes = (min(batch_size, len(names) - first) for first in range(0, len(names), batch_size))
        counts = (self._count(rows, n, len(times)) for n, (_, rows) in zip(sizes, batches, strict=True))
        return len(names), counts

    def _coded(self) -> tuple[Floats, pd.DataFrame]:
        """Return the distinct times, and the rows with their positions in these instead of times."""
        times, codes = np.unique(self.rows["time"], return_inverse=True)
        rows = self.rows.assign(time=codes)
        if "entry" in rows:
            # Whoever enters between two times is at risk from the second one on.
            rows["entry"] = np.searchsorted(times, rows["entry"], side="right") - 1
        return times, rows

    def _count(self, rows: pd.DataFrame, clusters: int, times: int) -> Counts:
        """Return counts, or amounts: ended (clusters, outcomes, times), censored, and entered, if any did."""
        kinds = len(self.outcomes) + 1
        counts = _tally(rows, ["cluster", "outcome", "time"], (clusters, kinds, times))
        ended, censored = counts[:, :-1], counts[:, -1]
        if "entry" not in rows:
            return ended, censored
        return ended, censored, _tally(rows[rows["entry"] >= 0], ["cluster", "entry"], (clusters, times))


def _tally(rows: pd.DataFrame, names: list[str], shape: tuple[int, ...]) -> Floats:
    """Return how many rows, or which amount, have each combination of codes."""
    cells = np.ravel_multi_index([rows[name].to_numpy() for name in names], shape)
    counts = np.bincount(cells, rows.get("weight"), minlength=int(np.prod(shape)))
    return counts.reshape(shape).astype(np.float64)


def read_survival_data(
    frame: pd.DataFrame, censored: Hashable | None, censored_at_risk: bool = True, **columns: str | None
) -> SurvivalData:
    """Return the rows of a table, whose columns have been checked.

    Without `censored_at_risk`, a row censored at a time was last seen before it. So its duration becomes the
    next smaller one of the table. If there is none, the row never is at risk: it enters when it is censored.

    Parameters
    ----------
    frame, censored, censored_at_risk
        As in `cumulative_incidence`.
    **columns
        Its arguments that name a column: outcome and duration, then those that are optional.

    Raises
    ------
    SimlimitError
        If a column is missing or has a value that is not allowed, or there is no row.
    """
    frame = as_frame("frame", frame)
    check_flag("censored_at_risk", censored_at_risk)
    if frame.empty:
        raise SimlimitError("frame has no rows, but must have one or more.")
    needed = ("outcome", "duration")
    asked = {role: name for role, name in columns.items() if role in needed or name is not None}
    found = {role: _column(frame, role, name) for role, name in asked.items()}
    codes, outcomes = _outcome_codes(found["outcome"], censored)
    times = _non_negative(found["duration"])
    read: dict[str, Floats | Ints] = {"outcome": codes, "time": _merge(times)}
    if "entry" in found:
        times, entries = np.split(_merge(np.append(times, _non_negative(found["entry"]))), 2)
        read |= {"time": times, "entry": _entries(found, entries, times)}
    if "weight" in found:
        read["weight"] = _non_negative(found["weight"])
    if "cluster" in found:
        read["cluster"] = _codes(found["cluster"])
    whole_days = pd.api.types.is_integer_dtype(found["duration"])
    data = SurvivalData(frame, pd.DataFrame(read), outcomes, whole_days)
    return data if censored_at_risk else _censored_earlier(data)


def tolerance(times: Floats) -> Floats:
    """Return by how much times may differ and still be one time: 0.1 + 0.2 is 0.3."""
    return np.asarray(ROUNDING * np.maximum(times, 1.0))


def _merge(times: Floats) -> Floats:
    """Return times, of which those that differ by rounding only are the smallest of them."""
    distinct, codes = np.unique(times, return_inverse=True)
    is_new = np.diff(distinct, prepend=-np.inf) > tolerance(distinct)
    return np.asarray(distinct[is_new][np.cumsum(is_new)[codes] - 1])


def _entries(found: "dict[str, pd.Series[Any]]", entries: Floats, times: Floats) -> Floats:
    """Return after which time each row is at risk, or refuse a row that never is."""
    entries = np.where(entries <= ROUNDING, FROM_START, entries)
    wrong = entries >= times
    first = int(np.argmax(wrong))
    allowed = f"before its {found['duration'].name}, {times[first]:g}"
    _refuse_first(found["entry"], wrong, f"{entries[first]:g}", allowed)
    return entries


def _censored_earlier(data: SurvivalData) -> SurvivalData:
    """Return the data with each censored row at the next smaller time; never at risk, if there is none."""
    times, time_codes = np.unique(data.rows["time"], return_inverse=True)
    time_codes = time_codes - data.is_censored
    rows = data.rows.assign(time=times[np.maximum(time_codes, 0)])
    never = time_codes < 0
    if never.any():
        rows["entry"] = np.where(never, times[0], rows.get("entry", FROM_START))
    return replace(data, rows=rows)


def _column(frame: pd.DataFrame, argument: str, name: str | None) -> "pd.Series[Any]":
    if not is_among(name, frame.columns):
        raise refused(argument, name, f"a column of the frame: {shown(list(frame))}")
    column = frame[name]
    if isinstance(column, pd.DataFrame):
        raise SimlimitError(f"{argument} is {shown(name)}, but the frame has several columns of this name.")
    return column


def _non_negative(column: "pd.Series[Any]") -> Floats:
    if not pd.api.types.is_any_real_numeric_dtype(column):
        raise SimlimitError(f"{column.name} is of type {column.dtype}, but must be numbers.")
    values = column.to_numpy(np.float64, na_value=np.nan)
    wrong = ~((values >= 0) & (values < np.inf))
    _refuse_first(column, wrong, f"{values[np.argmax(wrong)]:g}", "a number from 0 up")
    return values


def _codes(column: "pd.Series[Any]") -> Ints:
    try:
        codes, _ = pd.factorize(column)
    except TypeError:
        problem = "has lists, or the like, but must have numbers or texts"
        raise SimlimitError(f"{column.name} {problem}.") from None
    _refuse_first(column, codes < 0, "missing", "known in every row")
    return codes.astype(np.int64)


def _refuse_first(column: "pd.Series[Any]", wrong: Truths, found: str, allowed: str) -> None:
    """Refuse a column if rows are wrong; the sentence is about the first of them, and what is found there."""
    if wrong.any():
        row = shown(column.index[int(np.argmax(wrong))])
        raise SimlimitError(f"{column.name} is {found} in row {row}, but must be {allowed}.")


def _outcome_codes(column: "pd.Series[Any]", censored: Hashable | None) -> tuple[Ints, tuple[Hashable, ...]]:
    _codes(column)
    categories = column.astype("category").cat
    labels = tuple(categories.categories)
    if censored is not None and not is_among(censored, labels):
        allowed = f"one of the labels of {column.name}, {shown(labels)}, or None if every row has ended"
        raise refused("censored", censored, allowed)
    outcomes = tuple(label for label in labels if censored is None or label != censored)
    codes = categories.set_categories(outcomes).cat.codes.to_numpy(np.int64)
    return np.where(codes < 0, len(outcomes), codes), outcomes
