"""The shape of result tables: a curve with its intervals, and the tables of several groups in one."""

import itertools
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.delays.curves import FloatArray
from simlimit.delays.survival_data import SurvivalData, data_by_group
from simlimit.errors import SimlimitError

AT_RISK = "at_risk"
PENDING = "pending"

TableOf = Callable[[SurvivalData], pd.DataFrame]


def table_by_group(
    frame: pd.DataFrame, by: str | Sequence[str] | None, data: SurvivalData, table_of: TableOf
) -> pd.DataFrame:
    """Return the table of the data, or the tables of its groups below each other, indexed by group."""
    if by is None:
        return table_of(data)
    tables = {key: table_of(group) for key, group in data_by_group(frame, by, data).items()}
    return pd.concat(tables, names=[by] if isinstance(by, str) else list(by))


def counts_or_amounts(data: SurvivalData, values: FloatArray) -> npt.NDArray[np.float64 | np.int64]:
    """Return counts of rows as integers, and amounts as they are."""
    return values if data.has_amounts else values.astype(np.int64)


def with_interval(
    name: Hashable, estimate: FloatArray, low: FloatArray, high: FloatArray
) -> dict[Hashable, FloatArray]:
    """Return an estimate and its interval as three columns."""
    return {name: estimate, f"{name}_low": low, f"{name}_high": high}


def curve_table(
    data: SurvivalData,
    times: FloatArray,
    observed: FloatArray,
    incidence: FloatArray,
    low: FloatArray,
    high: FloatArray,
) -> pd.DataFrame:
    """Return a curve as a table: those at risk, each outcome with its interval, and those pending."""
    outcomes = [with_interval(*curve) for curve in zip(data.outcomes, incidence, low, high, strict=True)]
    check_labels([AT_RISK, *itertools.chain(*outcomes), PENDING])
    columns: dict[Hashable, object] = {AT_RISK: counts_or_amounts(data, observed)}
    for outcome in outcomes:
        columns |= outcome
    columns[PENDING] = np.maximum(1 - incidence.sum(axis=0), 0.0)
    days = times.astype(np.int64) if data.whole_days else times
    return pd.DataFrame(columns, index=pd.Index(days, name="days"))


def check_labels(names: Sequence[Hashable]) -> None:
    """Refuse an outcome whose label is also the name of another column or row of the table."""
    repeated = [name for name in names if list(names).count(name) > 1]
    if repeated:
        raise SimlimitError(
            f"outcome has the label {repeated[0]!r}, but the table uses this name for something else."
        )
