"""Check arguments: what is allowed, and the sentence that refuses the rest."""

import datetime
import heapq
import itertools
import os
import reprlib
import sys
from collections.abc import Hashable, Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path
from typing import TypeGuard, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.errors import SimlimitError
from simlimit.templates import filled

T = TypeVar("T")
# So many names are read at a glance.
FEW = 8
Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
_NUMBERS = (int, float, np.integer, np.floating)
LARGEST = sys.float_info.max
# Of an argument that is a sequence: an endless one must end somewhere.
MOST_VALUES = 1_000_000


class _Short(reprlib.Repr):
    """Shortens what is long, and shows a number of numpy as the number that it is."""

    def repr_int(self, value: int, level: int) -> str:
        # Python refuses to write thousands of digits.
        return super().repr_int(value, level) if abs(value) < LARGEST else "a number beyond 1e308"

    def repr_instance(self, value: object, level: int) -> str:
        if isinstance(value, datetime.date):
            return str(value)
        if isinstance(value, pd.DataFrame | pd.Series):
            return filled("a {kind} of {rows} row{rows:s}", kind=kind_of(value), rows=len(value))
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


def rounded(number: float) -> str:
    """Return a positive number as a sentence shows it: with two digits or all before the point.

    Examples
    --------
    >>> rounded(0.0123), rounded(15_000.4)
    ('0.012', '15,000')
    """
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


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
    """Return whether a value is a number; a truth value is not, nor is a time of numpy's."""
    if type(value) is int or type(value) is float:  # nearly always
        return True
    return isinstance(value, _NUMBERS) and not isinstance(value, bool | np.timedelta64)


def check_whole(name: str, value: object, largest: int, least: int = 0) -> int:
    """Return a whole number within bounds, or refuse it."""
    if not is_number(value) or isinstance(value, float | np.floating) or not least <= value <= largest:
        raise refused(name, value, f"a whole number from {least} to {largest}")
    return int(value)


def plain(value: T) -> T:
    """Return a float of numpy's as Python's, since a short one cannot be compared with `LARGEST`."""
    return cast(T, value.item()) if isinstance(value, np.floating) else value


def check_number(name: str, value: object, least: float, most: float = LARGEST, unit: str = "") -> float:
    """Return a finite number within bounds, or refuse it."""
    value = plain(value)
    if not is_number(value) or not least <= value <= most:
        allowed = f"from {least:.12g} " + (f"to {most:.12g}" if most < LARGEST else "up")
        raise refused(name, value, f"a number {allowed}{unit}")
    return float(value)


def nearest(value: object, names: Iterable[str], where: str) -> str:
    """Return the names that may be meant: all if they are few, else the nearest three, and where all are.

    Examples
    --------
    >>> nearest("yan", ["yuan", "cents"], "the help"), nearest("31", map(str, range(99)), "the help")
    ('yuan, cents', '31, 1, 3 .. (99 in the help)')
    """
    known, text = [*names], value[:80] if isinstance(value, str) else shown(value)

    def likeness(name: str) -> float:
        steps = text.rpartition(".")[2], name.rpartition(".")[2]
        return SequenceMatcher(None, text, name).ratio() + SequenceMatcher(None, *steps).ratio()

    if len(known) <= FEW:
        return ", ".join(known)
    return f"{', '.join(heapq.nlargest(3, known, key=likeness))} .. ({len(known)} in {where})"


def as_date(value: object) -> object:
    """Return the date of a moment at midnight, of Python, numpy or pandas; anything else as it is.

    Examples
    --------
    >>> as_date(np.datetime64("2026-03-02T00:00")), as_date(7)
    (datetime.date(2026, 3, 2), 7)
    """
    moment = pd.Timestamp(value) if isinstance(value, np.datetime64) else value
    if isinstance(moment, datetime.datetime) and moment == datetime.datetime.combine(moment, datetime.time()):
        return moment.date()
    return moment


def check_choice(name: str, value: object, allowed: Iterable[str], where: str = "the help") -> None:
    """Refuse what is not among the choices."""
    if not isinstance(value, str) or value not in allowed:
        raise refused(name, value, f"one of: {nearest(value, allowed, where)}")


def check_text(name: str, value: object, longest: int = 100) -> None:
    """Refuse what is no text, an empty one, and one that is too long for a table or a log."""
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise refused(name, value, f"a text of 1 to {longest} characters")


def check_flag(name: str, value: object) -> None:
    """Refuse what is no truth value: a text such as "no" would count as true."""
    if not isinstance(value, bool | np.bool_):
        raise refused(name, value, "True or False")


def check_confidence(confidence: object) -> float:
    """Return a confidence between 0 and 1, or refuse it."""
    if not is_number(confidence) or not 0 < confidence < 1:
        raise refused("confidence", confidence, "a number between 0 and 1")
    return float(confidence)


def is_among(value: object, labels: Iterable[Hashable]) -> TypeGuard[Hashable]:
    """Return whether a value is one of some labels; what cannot be compared with them is none."""
    try:
        return isinstance(value, Hashable) and value in list(labels)
    except Exception:  # of whatever kind: the comparison is that of the value's own class
        return False


def as_list(name: str, values: Iterable[T], allowed: str) -> list[T]:
    """Return the values of an argument that must be a sequence, or refuse it."""
    try:
        if isinstance(values, str | bytes | bytearray | Mapping):
            raise TypeError
        read = list(itertools.islice(values, MOST_VALUES + 1))
    except TypeError:
        raise refused(name, values, allowed) from None
    if len(read) > MOST_VALUES:
        raise SimlimitError(f"{name} has more than {MOST_VALUES:,} values, but must be {allowed}.")
    return read


def as_values(name: str, values: Iterable[object], allowed: str) -> list[object]:
    """Return the values that a field may have: as `as_list`, with midnights as dates."""
    return [*map(as_date, as_list(name, values, allowed))]


def check_once(name: str, values: Iterable[object]) -> None:
    """Refuse values of which two are the same.

    Examples
    --------
    >>> check_once("levers", ["appeal", "education", "appeal"])
    Traceback (most recent call last):
    ...
    simlimit.errors.SimlimitError: levers has 'appeal' twice, but all must differ.
    """
    known = set[str]()
    for value in values:
        if repr(value) in known:
            raise SimlimitError(f"{name} has {shown(value)} twice, but all must differ.")
        known.add(repr(value))


def as_choices(
    name: str, values: Iterable[str], allowed: tuple[str, ...], where: str = "the help"
) -> list[str]:
    """Return the words of an argument that names one or several choices, or refuse it."""
    words = [values] if isinstance(values, str) else as_list(name, values, "a list of names")
    for word in words:
        check_choice(name if word is values else f"a name in {name}", word, allowed, where)
    if not words:
        raise SimlimitError(f"{name} is empty, but must have at least one of: {nearest('', allowed, where)}.")
    return words


def as_numbers(name: str, values: npt.ArrayLike, refusal: type[SimlimitError] = SimlimitError) -> Floats:
    """Return an argument that must be an array of numbers, or truth values, as floats, or refuse it."""
    try:
        array = np.asarray(values)
        if array.dtype.kind not in "biufO":
            raise TypeError
        return array.astype(np.float64)
    except Exception:  # of whatever kind: the conversion is that of the values' own classes
        raise refusal(f"{name} is {shown(values)}, but must be an array of numbers.") from None


def as_path(name: str, value: str | os.PathLike[str], refusal: type[SimlimitError] = SimlimitError) -> Path:
    """Return the path of a file or folder, or refuse what can be none."""
    try:
        path = Path(value)
        if b"\0" in os.fsencode(path) or value == "":
            raise ValueError
        return path
    except (TypeError, ValueError):
        raise refusal(f"{name} is {shown(value)}, but must be the path of a file or folder.") from None


def as_days(days: Iterable[float]) -> list[float]:
    """Return ages in days, or refuse them."""
    asked = [*map(plain, as_list("days", days, "a sequence of numbers from 0 up, such as (0, 7, 30)"))]
    for day in asked:
        check_number("a value of days", day, 0)
    return asked


def as_probabilities(probabilities: Iterable[float]) -> list[float]:
    """Return probabilities of quantiles, or refuse them."""
    asked = as_list("probabilities", probabilities, "numbers above 0 and at most 1, such as (0.5, 0.9)")
    for one in asked:
        if not is_number(one) or not 0 < one <= 1:
            raise refused("probability", one, "a number above 0 and at most 1")
    return asked


def check_columns(name: str, table: object, columns: Iterable[str], allowed: str) -> None:
    """Refuse what is not a table with these columns."""
    if not isinstance(table, pd.DataFrame):
        raise refused(name, table, allowed)
    for column in columns:
        if column not in table.columns:
            raise SimlimitError(f"{name} has no column {column!r}, but must be {allowed}.")


def as_frame(name: str, table: object, allowed: str = "a pandas DataFrame") -> pd.DataFrame:
    """Return a table as a frame of pandas, also one of polars, pyarrow or dask; refuse what is no table."""
    for method in ("compute", "to_pandas"):
        if not isinstance(table, pd.DataFrame) and hasattr(table, method):
            table = getattr(table, method)()
    if not isinstance(table, pd.DataFrame):
        raise SimlimitError(f"{name} is of type {kind_of(table)}, but must be {allowed}.")
    return table


def check_type(name: str, value: object, *types: type) -> None:
    """Refuse what is not of one of these types."""
    if not isinstance(value, types):
        wanted = " or ".join(f"a{'n' * (one.__name__[0] in 'AEIOUi')} {one.__name__}" for one in types)
        raise SimlimitError(f"{name} is of type {kind_of(value)}, but must be {wanted}.")
