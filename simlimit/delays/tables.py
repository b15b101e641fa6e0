"""The shape of result tables: a curve with its intervals, and the tables of several groups in one."""

import itertools
from collections.abc import Callable, Hashable, Sequence

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, Ints, Truths, shown
from simlimit.delays import share_intervals, survival_data
from simlimit.delays.curves import ROUNDING
from simlimit.errors import SimlimitError

AT_RISK = "at_risk"
FEW = "few_at_risk"
CLUSTERS = "clusters"
PENDING = "pending"


def check_numbers(name: str, table: pd.DataFrame) -> None:
    """Refuse a table that a user has made of one of ours, unless it still has plain numbers."""
    kinds = [*table.dtypes, table.index.get_level_values(-1).dtype]
    is_plain = all(isinstance(kind, np.dtype) and kind.kind in "biuf" for kind in kinds)
    if not is_plain or table.empty or not table.columns.is_unique:
        found = f"{len(table)} rows of {shown(sorted({*map(str, kinds)}))}"
        raise SimlimitError(f"{name} has {found}, but must have rows of numbers, and each column once.")


def by_curve(curve: pd.DataFrame, table_of: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """Return the table of a curve, or the tables of the curves of its groups below each other."""
    check_numbers("curve", curve)
    names = list(curve.index.names[:-1])
    levels = [*range(len(names))] if len(names) > 1 else 0
    parts = dict(iter(curve.groupby(level=levels, sort=False))) if names else {0: curve}
    if not all(part.index.get_level_values(-1).is_monotonic_increasing for part in parts.values()):
        raise SimlimitError("curve has days in another order, but must have them ascending.")
    tables = {key: table_of(part) for key, part in parts.items()}
    return pd.concat(tables, names=names) if names else tables[0]


def counts_or_amounts(data: survival_data.SurvivalData, values: Floats) -> Floats | Ints:
    """Return counts of rows as integers, and amounts as they are."""
    return values if "weight" in data.rows else values.astype(np.int64)


def with_interval(name: Hashable, estimate: Floats, low: Floats, high: Floats) -> dict[Hashable, Floats]:
    """Return an estimate and its interval as three columns."""
    return {name: estimate, f"{name}_low": low, f"{name}_high": high}


def outcomes_of(curve: pd.DataFrame) -> list[Hashable]:
    """Return the labels of the outcomes of a curve, each of any type."""
    return [name for name in curve if f"{name}_low" in curve.columns]


def curve_table(
    days: pd.Index,
    outcomes: Sequence[Hashable],
    observed: Floats | Ints,
    marks: tuple[Truths, Truths],
    curves: tuple[Floats, Floats, Floats],
    clusters: Floats | None = None,
) -> pd.DataFrame:
    """Return a curve as a table: those at risk, each outcome with its interval, and those pending.

    Parameters
    ----------
    days : Index
    outcomes : sequence of labels
    observed : array of shape (days)
        Those at risk, or their amounts.
    marks : two arrays of shape (days)
        From `mark_few`.
    curves : three arrays of shape (outcomes, days)
        Shares, and the ends of their intervals, which never fall.
    clusters : array of shape (days), optional
        The effective number of clusters.
    """
    few, unknown = marks
    share, low, high = curves
    low, high = share_intervals.never_falling(*(np.where(unknown, np.nan, end) for end in (low, high)))
    columns: dict[Hashable, object] = {AT_RISK: observed, FEW: few}
    columns |= {} if clusters is None else {CLUSTERS: clusters}
    shares = [with_interval(*curve) for curve in zip(outcomes, share, low, high, strict=True)]
    check_labels([*columns, *itertools.chain(*shares), PENDING])
    for each in shares:
        columns |= each
    pending = 1 - share.sum(axis=0)
    if not len(outcomes):
        pending = np.where(observed > 0, pending, np.nan)
    columns[PENDING] = np.where(pending < ROUNDING, 0.0, pending)
    return pd.DataFrame(columns, index=days.rename("days"))


def note_interval(table: pd.DataFrame, confidence: float, method: str) -> pd.DataFrame:
    """Return a curve that says what its intervals are."""
    table.attrs |= {"confidence": confidence, "interval": f"{100 * confidence:g} % intervals: {method}"}
    return table


def check_labels(names: Sequence[Hashable]) -> None:
    """Refuse an outcome whose label is also the name of another column or row of the table."""
    repeated = [name for name in names if list(names).count(name) > 1]
    if repeated:
        taken = "but the table uses this name for something else."
        raise SimlimitError(f"outcome has the label {shown(repeated[0])}, {taken}")
