"""The shape of the tables: the columns of a curve, and a block of rows per group."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.delays.curves import FloatArray
from simlimit.delays.log import Log, groups
from simlimit.errors import SimlimitError

AT_RISK = "at_risk"
PENDING = "pending"


def by_group(
    frame: pd.DataFrame, by: str | Sequence[str] | None, log: Log, table_of: Callable[[Log], pd.DataFrame]
) -> pd.DataFrame:
    """Return the table of the log, or those of its groups one below the other, their keys in front."""
    if by is None:
        return table_of(log)
    names, found = groups(frame.iloc[log.origin], by)
    tables = [table_of(log.rows(rows)) for _, rows in found]
    return pd.concat(tables, keys=[key for key, _ in found], names=names)


def as_counted(log: Log, counts: FloatArray) -> npt.NDArray[np.float64] | npt.NDArray[np.int64]:
    """Return counts of rows as whole numbers, and amounts as they are."""
    return counts if log.weights is not None else counts.astype(np.int64)


def curve_table(
    log: Log,
    times: FloatArray,
    observed: FloatArray,
    incidence: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> pd.DataFrame:
    """Return a curve as a table: who is at risk, each outcome with its interval, who is pending."""
    columns: dict[Hashable, object] = {AT_RISK: as_counted(log, observed)}
    names: list[Hashable] = [AT_RISK, PENDING]
    for i, label in enumerate(log.outcomes):
        triple = {label: incidence[i], f"{label}_low": low[i], f"{label}_high": high[i]}
        names.extend(triple)
        columns.update(triple)
    columns[PENDING] = np.maximum(1 - incidence.sum(axis=0), 0.0)
    refuse_repeated(names)
    days = times.astype(np.int64) if log.whole else times
    return pd.DataFrame(columns, index=pd.Index(days, name="days"))


def refuse_repeated(names: Sequence[Hashable]) -> None:
    """Refuse labels of outcomes that are also names of something else in the table."""
    repeated = [name for name in names if list(names).count(name) > 1]
    if repeated:
        raise SimlimitError(f"outcome has the label {repeated[0]!r}, but the table needs that name itself.")
