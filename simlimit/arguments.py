"""Check arguments: what is allowed, and the sentence that refuses the rest."""

import heapq
import math
import reprlib
from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import TypeGuard, TypeVar

import numpy as np
import pandas as pd

from simlimit.errors import SimlimitError

T = TypeVar("T")
FEW = 8
"""So many names are read at a glance."""


class _Short(reprlib.Repr):
    """Shortens what is long, and shows a number of numpy as the number that it is."""

    def repr_instance(self, value: object, level: int) -> str:
        if isinstance(value, np.generic):
            return repr(str(value)) if isinstance(value, np.str_ | np.bytes_) else str(value)
        return super().repr_instance(value, level)


_short = _Short()
_short.maxstring = _short.maxother = 80
_short.maxtuple = _short.maxlist = _short.maxdict = 12


def shown(value: object) -> str:
    """Return a value as a sentence shows it: short, in one line.

    Examples
    --------
    >>> shown(np.float64(7)), shown((np.True_, "north"))
    ('7.0', "(True, 'north')")
    """
    return " ".join(_short.repr(value).split())


def kind_of(value: object) -> str:
    """Return the type of a value with the package that it comes from: two packages may have a `DataFrame`."""
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    return kind.__name__ if package in ("builtins", "simlimit") else f"{package}.{kind.__name__}"


def refused(name: str, value: object, allowed: str) -> SimlimitError:
    """Return the error that refuses the value of an argument.

    Examples
    --------
    >>> print(refused("horizon_days", "soon", "a whole number"))
    horizon_days is 'soon', but must be a whole number.
    """
    return SimlimitError(f"{name} is {shown(value)}, but must be {allowed}.")


def is_number(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; a truth value is not."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def check_whole(name: str, value: object, largest: int, least: int = 0) -> int:
    """Return a whole number within bounds, or refuse it."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or not least <= value <= largest:
        raise refused(name, value, f"a whole number from {least} to {largest}")
    return int(value)


def check_number(name: str, value: object, least: float, most: float = math.inf, unit: str = "") -> float:
    """Return a finite number within bounds, or refuse it."""
    if not is_number(value) or not least <= value <= most or not math.isfinite(value):
        allowed = f"from {least:.12g} " + (f"to {most:.12g}" if most < math.inf else "up")
        raise refused(name, value, f"a number {allowed}{unit}")
    return float(value)


def nearest(value: object, names: Iterable[str], where: str) -> str:
    """Return the names that may be meant: all if they are few, else the nearest three, and where all are.

    Examples
    --------
    >>> nearest("yan", ["yuan", "cents"], "the help"), nearest("31", map(str, range(99)), "the help")
    ('yuan, cents', '31, 1, 3 .. (99 in the help)')
    """
    known, text = [*names], str(value)[:80]

    def likeness(name: str) -> float:
        steps = text.rpartition(".")[2], name.rpartition(".")[2]
        return SequenceMatcher(None, text, name).ratio() + SequenceMatcher(None, *steps).ratio()

    if len(known) <= FEW:
        return ", ".join(known)
    return f"{', '.join(heapq.nlargest(3, known, key=likeness))} .. ({len(known)} in {where})"


def check_choice(name: str, value: object, allowed: Iterable[str], where: str = "the help") -> None:
    """Refuse what is not among the choices."""
    if not isinstance(value, str) or value not in allowed:
        raise refused(name, value, f"one of: {nearest(value, allowed, where)}")


def check_confidence(confidence: object) -> None:
    """Refuse a confidence that is not between 0 and 1."""
    if not is_number(confidence) or not 0 < confidence < 1:
        raise refused("confidence", confidence, "a number between 0 and 1")


def as_list(name: str, values: Iterable[T], allowed: str) -> list[T]:
    """Return the values of an argument that must be a sequence, or refuse it."""
    try:
        if isinstance(values, str):
            raise TypeError
        return list(values)
    except TypeError:
        raise refused(name, values, allowed) from None


def as_days(days: Iterable[float]) -> list[float]:
    """Return ages in days, or refuse them."""
    asked = as_list("days", days, "a sequence of numbers from 0 up, such as (0, 7, 30)")
    for day in asked:
        if not is_number(day) or not 0 <= day < np.inf:
            raise SimlimitError(f"days has the value {shown(day)}, but must be numbers from 0 up.")
    return asked


def check_columns(name: str, table: object, columns: Iterable[str], allowed: str) -> None:
    """Refuse what is not a table with these columns."""
    if not isinstance(table, pd.DataFrame):
        raise refused(name, table, allowed)
    for column in columns:
        if column not in table.columns:
            raise SimlimitError(f"{name} has no column {column!r}, but must be {allowed}.")


def as_frame(name: str, table: object) -> pd.DataFrame:
    """Return a table as a frame of pandas, also one of polars, pyarrow or dask; refuse what is no table."""
    for method in ("compute", "to_pandas"):
        if not isinstance(table, pd.DataFrame) and hasattr(table, method):
            table = getattr(table, method)()
    if not isinstance(table, pd.DataFrame):
        raise SimlimitError(f"{name} is of type {kind_of(table)}, but must be a pandas DataFrame.")
    return table


def check_type(name: str, value: object, *types: type) -> None:
    """Refuse what is not of one of these types."""
    if not isinstance(value, types):
        wanted = " or ".join(f"a{'n' * (one.__name__[0] in 'AEIOUi')} {one.__name__}" for one in types)
        raise SimlimitError(f"{name} is of type {kind_of(value)}, but must be {wanted}.")
