"""A process is known by what it does: its source, its arguments, and all of the user's own that it uses."""

from __future__ import annotations

import dataclasses
import enum
import functools
import importlib
import math
import sys
import threading
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import pandas as pd
import pytest

from simlimit import SimlimitError
from simlimit.study.own_processes import process_digest

RATE = 3


def session(code: str, **given: object) -> dict[str, Any]:
    """Return what a session of its own has once it has run some code; each knows nothing of others."""
    names: dict[str, Any] = {"__name__": "__main__", **given}
    exec(code, names)
    return names


def digest(code: str, **given: object) -> str:
    """Return the digest of the process ``p`` that a session makes."""
    return process_digest([session(code, **given)["p"]])


BASE = '''
import math
import numpy as np
RATES = {"low": 1, "high": (2, 3)}
@np.vectorize
def twice(x):
    return 2 * x
def fee(days, share=0.5, *, most=9):
    return min(most, math.ceil(share * days)) * RATES["low"]
class Team:
    size = 2
    def __init__(self, seats):
        self.seats = seats
    @property
    def free(self):
        return self.seats - 1
    def __call__(self, platform):
        for day in range(10, 20):
            yield platform.at(day, 5)
            platform.record("fee", fee(day) * self.free + twice(self.size))
def make(level):
    def calls(platform):
        """Call."""
        yield platform.at(level, 5)
        platform.record("x", sum(level * fee(k) for k in range(3)))
    return calls
'''
TAIL = {
    "an object": "p = Team(5)",
    "a closure": "p = make(7)",
    "a lambda": "p = lambda platform: make(1)(platform)",
}


@pytest.mark.parametrize("tail", TAIL.values(), ids=TAIL)
def test_the_same_source_in_another_session_is_the_same_process(tail: str) -> None:
    assert digest(BASE + tail) == digest(BASE + tail)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import math\n", "import math\n\n\n# A remark.\n"),
        ("RATES = ", "UNUSED = 4\nRATES = "),
        ("(x)", "( x )"),
    ],
)
def test_remarks_and_what_it_does_not_use_are_no_part_of_a_process(before: str, after: str) -> None:
    assert before in BASE
    for tail in TAIL.values():
        assert digest(BASE.replace(before, after) + tail) == digest(BASE + tail)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("platform.at(level, 5)", "platform.at(level, 4)"),
        ('"x", sum', '"y", sum'),
        ("level * fee", "level + fee"),
        ("range(3)", "range(4)"),
        ("share=0.5", "share=0.6"),
        ("most=9", "most=8"),
        ("math.ceil", "math.floor"),
        ("(2, 3)", "(2, 4)"),
        ("make(7)", "make(8)"),
        ("make(7)", "make(7.0)"),
    ],
)
def test_another_source_or_another_argument_is_another_process(before: str, after: str) -> None:
    code = BASE + TAIL["a closure"]
    assert before in code
    assert digest(code.replace(before, after)) != digest(code)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Team(5)", "Team(6)"),
        ("size = 2", "size = 3"),
        ("self.seats - 1", "self.seats - 2"),
        ("2 * x", "3 * x"),
        ("class Team:", "class Team(dict):"),
        ("    @property\n", "    @staticmethod\n"),
        ("def free(self)", "def spare(self)"),
    ],
)
def test_an_object_is_its_class_and_what_it_holds(before: str, after: str) -> None:
    code = BASE + TAIL["an object"]
    assert before in code
    assert digest(code.replace(before, after)) != digest(code)


class Grade(enum.Enum):
    """Of an own module."""

    GOOD, BAD = 1, 2


@dataclasses.dataclass(frozen=True)
class Campaign:
    """As users write processes with arguments."""

    start: int
    share: float = 0.1
    grades: frozenset[Grade] = frozenset(Grade)

    def __call__(self, platform: object) -> object:
        yield platform, helper(self.start), cached(2), compiled(3)

    @functools.cached_property
    def rate(self) -> int:
        return RATE

    @classmethod
    def usual(cls) -> Campaign:
        return cls(30)


def helper(x: int) -> int:
    return other(x) + RATE if x else other(x)


def other(x: int) -> int:
    return helper(x - 1) if x else 0


@functools.cache
def cached(x: int) -> int:
    return x + RATE


@numba.njit
def compiled(x: int) -> int:
    return x + 1


VALUES: list[Any] = [
    Campaign(30),
    Campaign(31),
    Campaign(30, share=0.2),
    Campaign(30, grades=frozenset([Grade.GOOD])),
    functools.partial(helper, 1),
    functools.partial(helper, 2),
    functools.partial(other, 1),
    Campaign(30).__call__,
    cached,
    compiled,
    np.arange(6.0),
    np.arange(6.0).reshape(2, 3),
    np.arange(6),
    pd.DataFrame({"limit": [1.0, 2.0]}),
    pd.DataFrame({"limit": [1.0, 3.0]}),
    pd.Timestamp("2026-03-02"),
    {"a": 1, "b": 2},
    {"a", "b", "c"},
    ("a", ("b",), b"c", None, 1.5, True),
    (1, "a"),
    (True, "a"),
    ((1,), "a"),
    math.sqrt,
    np.random.default_rng(1),
]


def asking(value: object) -> Callable[[object], object]:
    def process(platform: object) -> object:
        yield value

    return process


def test_different_arguments_are_different_processes_and_equal_ones_the_same() -> None:
    digests = [process_digest([asking(value)]) for value in VALUES]
    assert len(set(digests)) == len(VALUES)
    assert digests == [process_digest([asking(value)]) for value in VALUES]


def test_equal_arguments_are_the_same_process_unless_one_object_is_shared_that_can_change() -> None:
    one, two = [1, 2], [1, 2]
    assert process_digest([asking((one, one))]) != process_digest([asking((one, two))])
    assert process_digest([asking(one), asking(one)]) != process_digest([asking(one), asking(two)])
    first, second = tuple(one), tuple(two)
    assert process_digest([asking((first, first))]) == process_digest([asking((first, second))])
    assert process_digest([asking({*"abcdef"})]) == process_digest([asking({*"fedcba"})])
    functions = [helper, other, rate]
    digests = {process_digest([asking(({*functions[k:], *functions[:k]}, rate))]) for k in range(3)}
    assert len(digests) == 1


HIDDEN = {
    "what a class within a function reads": "X = 1\ndef p(f):\n class A:\n  x = X\n yield A.x",
    "__new__": "class A:\n def __new__(c): return 1\ndef p(f): yield A()",
    "a class of classes": "class M(type):\n def __call__(c): return 1\n"
    "class A(metaclass=M): pass\ndef p(f): yield A()",
    "a class of sets": "class S(set):\n def n(s): return 1\ns = S()\ndef p(f): yield s.n()",
    "a class of properties": "class Q(property):\n def __get__(s, o, t=None): return 1\n"
    "class A:\n x = Q(len)\ndef p(f): yield A().x",
    "what wraps what is installed": "import functools, numpy\n@functools.wraps(numpy.mean)\n"
    "def f(): return 1\ndef p(g): yield f()",
    "what an installed function wraps": "import contextlib\n@contextlib.contextmanager\n"
    "def f(): yield 1\ndef p(g): yield f()",
    "source that has no module": "g = {}\nexec('def f(): return 1', g)\nf = g['f']\ndef p(g): yield f()",
    "an object that is copied in its own way": "class A:\n def __reduce__(s): return int, ()\n"
    " def f(s): return 1\nx = A()\ndef p(f): yield x.f()",
    "a cached method with underscores": "import functools\nclass A:\n @functools.cache\n"
    " def __call__(s, f): return 1\np = A()",
    "a pattern": "import re\nx = re.compile('1')\ndef p(f): yield x",
}


@pytest.mark.parametrize("code", HIDDEN.values(), ids=HIDDEN)
def test_what_a_process_does_in_a_hidden_way_belongs_to_it(code: str) -> None:
    assert digest(code) == digest(code)
    assert digest(code) != digest(code.replace("1", "2"))


def test_a_module_of_ones_own_may_have_the_name_of_a_standard_one(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "sched", raising=False)
    (tmp_path / "sched.py").write_text("def p(platform):\n    yield 1\n")
    own = importlib.import_module("sched")
    before = process_digest([own.p])
    own.p.__code__ = own.p.__code__.replace(co_consts=(None, 2))
    assert process_digest([own.p]) != before
    monkeypatch.delitem(sys.modules, "sched")


@pytest.mark.parametrize("name", ["globals()", "eval", "exec", "__import__", "importlib.import_module"])
def test_what_finds_things_by_names_is_refused(name: str) -> None:
    with pytest.raises(SimlimitError, match="finds things by their names"):
        digest(f"import importlib\ndef p(platform):\n    yield {name}")


def test_an_own_module_that_is_imported_within_is_refused_also_by_its_place() -> None:
    code = "def p(platform):\n    from .calendar import RATE\n    yield RATE"
    with pytest.raises(SimlimitError, match=r"the module own_package\.calendar is imported within"):
        digest(code, __package__="own_package")


def test_the_order_and_the_number_of_processes_belong_to_them() -> None:
    one, two = asking(1), asking(2)
    lists = [[], [one], [two], [one, two], [two, one], [one, one]]
    assert len({process_digest(processes) for processes in lists}) == len(lists)
    assert process_digest([]) == ""


def test_a_value_in_another_module_of_the_users_own_belongs_to_the_process(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "own_fees.py").write_text("BASE = 4\ndef fee(x):\n    return BASE * x\n")
    code = "import own_fees\ndef p(platform):\n    yield own_fees.fee(2)\n"
    names = session(code)
    before = process_digest([names["p"]])
    names["own_fees"].BASE = 5
    assert process_digest([names["p"]]) != before


def rate() -> None: ...


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (threading.Lock(), "<unlocked _thread.lock object at .*> cannot be written down"),
        ((number for number in range(3)), "<generator .*> cannot be written down"),
        (pytest.__class__(pytest.__name__), None),
    ],
)
def test_what_cannot_be_written_down_is_refused_with_the_reason(value: object, reason: str | None) -> None:
    if reason is None:
        assert process_digest([asking(value)])
        return
    with pytest.raises(SimlimitError, match=f"^store is set, but .* the same, since {reason}") as error:
        process_digest([asking({"of": [value]})])
    assert str(error.value).endswith("set no store, or make within the process what cannot be told.")


def test_a_module_of_ones_own_that_is_passed_around_is_refused() -> None:
    import own_processes  # noqa: PLC0415

    with pytest.raises(SimlimitError, match="the module own_processes is used as a whole"):
        process_digest([asking(own_processes)])


def test_an_argument_that_holds_itself_is_known() -> None:
    ring: list[Any] = [1]
    ring.append(ring)
    assert process_digest([asking(ring)]) == process_digest([asking(ring)])
