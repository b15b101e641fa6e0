"""Values that nobody means but somebody gives, by kind: each as a function that makes a fresh one."""

import datetime
import io
import itertools
import os
from collections import OrderedDict, UserDict, deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd

Make = Callable[[], object]


class UsersOwn(Exception):
    """What a user's own generator raises: it goes on to the user as it is."""


class _Raises:
    """An object whose special methods raise."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def _fail(self, name: str) -> None:
        if name in self.names:
            raise UsersOwn

    def __eq__(self, other: object) -> bool:
        self._fail("eq")
        return self is other

    def __hash__(self) -> int:
        self._fail("hash")
        return 1

    def __bool__(self) -> bool:
        self._fail("bool")
        return True

    def __len__(self) -> int:
        self._fail("len")
        return 1

    def __iter__(self):
        self._fail("iter")
        return iter(())

    def __repr__(self) -> str:
        self._fail("repr")
        return "many\nlines " * 1000

    def __str__(self) -> str:
        self._fail("str")
        return "many\nlines " * 1000

    def __float__(self) -> float:
        self._fail("float")
        return 1.0


class _Path(os.PathLike):
    def __init__(self, gives: object) -> None:
        self.gives = gives

    def __fspath__(self):
        return self.gives


class _Word(str):
    """A text of a class of the user's."""


def _in_itself() -> list:
    itself: list = [1]
    itself.append(itself)
    return itself


def _deep() -> list:
    deep: list = []
    for _ in range(5_000):
        deep = [deep]
    return deep


def _frame(**columns: object) -> pd.DataFrame:
    return pd.DataFrame(columns)


def _log(**changes: object) -> pd.DataFrame:
    """Return a log of four holds with some columns changed."""
    columns: dict = {
        "delay_days": [0, 1, 7, 9],
        "outcome": ["released", "released", "forfeited", "pending"],
        "borrower": [1, 1, 2, 3],
        "amount": [1.0, 2.0, 3.0, 4.0],
        "entry": [0, 0, 0, 1],
        "region": ["a", "b", "a", "b"],
    }
    return pd.DataFrame(columns | changes)


def _columns(columns: object) -> pd.DataFrame:
    return _log().set_axis(columns, axis="columns")


def _generator_function(platform):
    yield platform.at(0, 0)


def _raises_while_read():
    yield 0.1
    raise UsersOwn


def _with_attrs() -> pd.DataFrame:
    log = _log()
    log.attrs = {"confidence": "high", "events": None}
    return log


_TWICE = ["delay_days", "outcome", "outcome", "amount", "entry", "region"]
_NA_INTEGERS = pd.array([1, 2, None, 4], dtype="Int64")

NUMBERS: dict[str, Make] = {
    **{repr(number): (lambda number=number: number) for number in (-1, 0, 1, 2, 7, 2**31, 2**63, 2**70)},
    **{repr(number): (lambda number=number: number) for number in (-0.0, 0.5, 1.0, 1.5, 2.0, 5e-324, 1e308)},
    "-1e308": lambda: -1e308,
    "10**5000": lambda: 10**5000,
    "nan": lambda: float("nan"),
    "inf": lambda: float("inf"),
    "-inf": lambda: float("-inf"),
    "1j": lambda: 1j,
    "Decimal": lambda: Decimal("0.5"),
    "Decimal nan": lambda: Decimal("sNaN"),
    "Fraction": lambda: Fraction(1, 2),
}
TRUTHS: dict[str, Make] = {
    "True": lambda: True,
    "False": lambda: False,
    "np.True_": lambda: np.True_,
    "np.False_": lambda: np.False_,
}
NOTHING: dict[str, Make] = {
    "None": lambda: None,
    "NA": lambda: pd.NA,
    "NaT": lambda: pd.NaT,
    "NotImplemented": lambda: NotImplemented,
    "Ellipsis": lambda: ...,
}
OF_NUMPY: dict[str, Make] = {
    **{
        f"np.{dtype}": (lambda dtype=dtype: np.dtype(dtype).type(2))
        for dtype in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    },
    **{
        f"np.{dtype}": (lambda dtype=dtype: np.dtype(dtype).type(0.5))
        for dtype in ("float16", "float32", "float64", "longdouble", "complex64", "complex128")
    },
    "np.int64(-1)": lambda: np.int64(-1),
    "np.uint64 largest": lambda: np.uint64(2**64 - 1),
    "np.float64 nan": lambda: np.float64("nan"),
    "np.str_": lambda: np.str_("region"),
    "np.bytes_": lambda: np.bytes_(b"region"),
    "np.datetime64": lambda: np.datetime64("2026-03-02"),
    "np.timedelta64": lambda: np.timedelta64(3, "D"),
    "np.void": lambda: np.void(b"abc"),
}
ARRAYS: dict[str, Make] = {
    "0-d": lambda: np.array(2),
    "1-d": lambda: np.array([0.1, 0.5]),
    "1-d integers": lambda: np.arange(3),
    "2-d": lambda: np.eye(2),
    "3-d": lambda: np.ones((2, 2, 2)),
    "empty": lambda: np.array([]),
    "empty 2-d": lambda: np.empty((0, 3)),
    "nan": lambda: np.array([0.1, np.nan]),
    "objects": lambda: np.array([1, "a", None], dtype=object),
    "arrays": lambda: np.array([np.ones(2), np.ones(3)], dtype=object),
    "texts": lambda: np.array(["a", "b"]),
    "complex": lambda: np.ones(2, complex),
    "truths": lambda: np.array([True, False]),
    "records": lambda: np.zeros(2, dtype=[("a", "i4"), ("b", "f8")]),
    "dates": lambda: np.array(["2026-03-02", "NaT"], dtype="datetime64[D]"),
    "masked": lambda: np.ma.array([1.0, 2.0], mask=[True, False]),
    "read only": lambda: np.broadcast_to(1.0, (3, 3)),
    "not in a row": lambda: np.arange(20.0)[::-2],
    "other end first": lambda: np.arange(3, dtype=">i4"),
}
TEXTS: dict[str, Make] = {
    "empty": lambda: "",
    "blank": lambda: " \t\n",
    "letter": lambda: "a",
    "number": lambda: "7",
    "unicode": lambda: "\u989d\u5ea6 \U0001f9ff e\u0301 \u202eabc",
    "long": lambda: "x" * 10**5,
    "lines": lambda: "a\nb\r\nc\u2028d",
    "formula": lambda: "=cmd|' /C calc'!A0",
    "template": lambda: "{0} {name} %s %d $x$",
    "surrogate": lambda: "\ud800",
    "null": lambda: "a\0b",
    "escape": lambda: "\x1b[31mred\x07",
    "dotted": lambda: "population.borrowers",
    "path": lambda: "../../nowhere/x.csv",
    "class of its own": lambda: _Word("region"),
    "bytes": lambda: b"region",
    "bytearray": lambda: bytearray(b"region"),
    "memoryview": lambda: memoryview(b"region"),
}
PATHS: dict[str, Make] = {
    "Path": lambda: Path("nowhere.csv"),
    "folder": lambda: Path("/"),
    "device": lambda: Path("/dev/null"),
    "of bytes": lambda: _Path(b"nowhere.csv"),
    "of a number": lambda: _Path(7),
    "of a null": lambda: _Path("a\0b"),
}
DATES: dict[str, Make] = {
    "date": lambda: datetime.date(2026, 3, 2),
    "datetime": lambda: datetime.datetime(2026, 3, 2, tzinfo=datetime.UTC),
    "timedelta": lambda: datetime.timedelta(days=3),
    "Timestamp": lambda: pd.Timestamp("2026-03-02"),
    "Timedelta": lambda: pd.Timedelta(days=3),
    "Period": lambda: pd.Period("2026-03"),
    "Interval": lambda: pd.Interval(0, 1),
}
LISTS: dict[str, Make] = {
    "empty list": list,
    "empty tuple": tuple,
    "empty dict": dict,
    "empty set": set,
    "list": lambda: [1, 2],
    "tuple": lambda: (0.25, 0.5),
    "pair": lambda: (1, 5),
    "descending": lambda: (5, 1),
    "mixed": lambda: [1, "a", None, 2.5, object()],
    "nan": lambda: [0.1, float("nan")],
    "truths": lambda: [True, False],
    "nested": lambda: [[0.1], [0.5]],
    "repeated": lambda: ["region", "region"],
    "of None": lambda: [None],
    "of sets": lambda: [{1}, {2}],
    "in itself": _in_itself,
    "deep": _deep,
    "long": lambda: ["x" * 1000] * 1000,
    "set": lambda: {0.5},
    "frozenset": lambda: frozenset({0.5}),
    "dict": lambda: {"a": 1},
    "dict of numbers": lambda: {1: 2},
    "dict of None": lambda: {None: None},
    "dict of dicts": lambda: {"a": {"b": {"c": 1}}},
    "dict of many": lambda: {f"field{i}": i for i in range(1000)},
    "dict of long names": lambda: {"x" * 10**5: "y" * 10**5},
    "OrderedDict": lambda: OrderedDict(a=1),
    "UserDict": lambda: UserDict(a=1),
    "deque": lambda: deque([0.5]),
    "range": lambda: range(3),
    "huge range": lambda: range(10**12),
    "generator": lambda: (x for x in (0.1, 0.5)),
    "generator that raises": _raises_while_read,
    "endless": itertools.count,
    "dict keys": {"a": 1}.keys,
}
OBJECTS: dict[str, Make] = {
    "object": object,
    "class": lambda: dict,
    "function": lambda: lambda *_: None,
    "generator function": lambda: _generator_function,
    "method": lambda: [].append,
    "module": lambda: os,
    "exception": lambda: ValueError("a\nb"),
    "file": lambda: io.StringIO("a,b"),
    **{f"raises at {name}": (lambda name=name: _Raises(name)) for name in ("eq", "bool", "len", "repr")},
    "raises at all": lambda: _Raises("eq", "bool", "len", "repr", "str", "hash", "iter", "float"),
}
OF_PANDAS: dict[str, Make] = {
    "Series": lambda: pd.Series([0.1, 0.5]),
    "Series of an odd index": lambda: pd.Series([0.1, 0.5], index=["a", "a"]),
    "Series of texts": lambda: pd.Series(["a", "b"]),
    "empty Series": lambda: pd.Series([], dtype=float),
    "Index": lambda: pd.Index([0.1, 0.5]),
    "Categorical": lambda: pd.Categorical(["a", "b"]),
    "empty frame": pd.DataFrame,
    "frame without rows": lambda: _log().iloc[:0],
    "frame without columns": lambda: pd.DataFrame(index=[0, 1]),
    "frame of others": lambda: _frame(a=[1], b=["x"]),
    "log": _log,
    "log of an odd index": lambda: _log().set_axis(["a", "a", None, 1.5]),
    "log by two": lambda: _log().set_index(["region", "borrower"], drop=False),
    "log of dates": lambda: _log().set_axis(pd.date_range("2026-01-01", periods=4)),
    "log of categories": lambda: _log().astype("category"),
    "log of objects": lambda: _log().astype(object),
    "log of texts": lambda: _log().astype(str),
    "log of small numbers": lambda: _log(delay_days=np.array([0, 1, 7, 9], np.int8)),
    "log of unsigned": lambda: _log(delay_days=np.array([0, 1, 7, 9], np.uint8)),
    "log of float16": lambda: _log(delay_days=np.array([0, 1, 7, 9], np.float16)),
    "log of Float64": lambda: _log().convert_dtypes(),
    "log of arrow": lambda: _log().convert_dtypes(dtype_backend="pyarrow"),
    "log of complex": lambda: _log(delay_days=np.ones(4, complex)),
    "log of timedeltas": lambda: _log(delay_days=pd.to_timedelta([0, 1, 7, 9], unit="D")),
    "log of Decimal": lambda: _log(delay_days=[Decimal(1)] * 4),
    "log of sparse": lambda: _log(delay_days=pd.arrays.SparseArray([0, 1, 7, 9])),
    "log with a gap": lambda: _log(delay_days=_NA_INTEGERS),
    "log with gaps": lambda: _log(outcome=[None, "released", pd.NA, np.nan]),
    "log below 0": lambda: _log(delay_days=[-1, 0, 1, 2]),
    "log of inf": lambda: _log(delay_days=[np.inf, 0, 1, 2]),
    "log of 1e308": lambda: _log(delay_days=[1e308, 1e308, 5e-324, 0], amount=[1e308] * 4),
    "log of truths": lambda: _log(delay_days=[True, False] * 2, outcome=[True, False] * 2, borrower=True),
    "log of mixed labels": lambda: _log(outcome=["pending", 1, 2.5, ("a", "b")]),
    "log of lists": lambda: _log(outcome=[[1], [2], [1], "pending"], borrower=[[1]] * 4, region=[{}] * 4),
    "log of long labels": lambda: _log(outcome=["pending", "x" * 10**5, "a\nb", "=cmd|"]),
    "log of many labels": lambda: pd.concat([_log(outcome=f"label{i}") for i in range(300)]),
    "log of labels of ours": lambda: _log(outcome=["pending", "at_risk", "few_at_risk", "released_low"]),
    "log of none pending": lambda: _log(outcome="released"),
    "log of all pending": lambda: _log(outcome="pending"),
    "log of one row": lambda: _log().iloc[:1],
    "columns twice": lambda: _columns(_TWICE),
    "columns in two rows": lambda: _columns(pd.MultiIndex.from_product([["a"], _log().columns])),
    "columns of numbers": lambda: _columns(range(6)),
    "columns of None": lambda: _columns([None] * 6),
    "columns with attrs": _with_attrs,
}
KINDS: dict[str, dict[str, Make]] = {
    "numbers": NUMBERS,
    "truth values": TRUTHS,
    "nothing": NOTHING,
    "scalars of numpy": OF_NUMPY,
    "arrays": ARRAYS,
    "texts": TEXTS,
    "paths": PATHS,
    "dates": DATES,
    "lists and mappings": LISTS,
    "objects": OBJECTS,
    "of pandas": OF_PANDAS,
}
VALUES: dict[str, tuple[str, Make]] = {
    f"{kind}: {name}": (kind, make) for kind, makers in KINDS.items() for name, make in makers.items()
}
