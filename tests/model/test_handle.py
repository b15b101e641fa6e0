"""A handle: many arrays as one argument, which compiled code reaches by their addresses."""

from __future__ import annotations

import pickle

import numba
import numpy as np
import pytest

from simlimit.model.handle import Handle, array_of, handle_of, record_of

PAIR = np.dtype((np.record, np.dtype([("a", "i8"), ("b", "f8")], align=True)))


class Inner(Handle):
    numbers = array_of(np.float64)


class Outer(Handle):
    one = record_of(PAIR)
    pairs = array_of(PAIR)
    table = array_of(np.bool_, 2)
    inner = handle_of(Inner)


@numba.njit
def touch(handle: Outer, k: int) -> float:
    """Read and write all that a handle has."""
    handle.pairs[k].a += 1
    handle.one.b += handle.pairs[k].b
    handle.table[k, 1] = True
    handle.inner.numbers[k] += 0.5
    return len(handle.pairs) + handle.table.shape[1] + handle.inner.numbers[k]


def outer(size: int = 3) -> Outer:
    pairs = np.zeros(size, PAIR)
    pairs["b"] = 2.0
    return Outer(pairs=pairs, table=np.zeros((size, 2), np.bool_), inner=Inner(numbers=np.zeros(size)))


def test_compiled_code_reads_and_writes_what_python_sees() -> None:
    handle = outer()
    assert touch(handle, 1) == 3 + 2 + 0.5
    assert handle.pairs["a"].tolist() == [0, 1, 0]
    assert handle.one.b == 2.0
    assert handle.table.tolist() == [[False, False], [False, True], [False, False]]
    assert handle.inner.numbers.tolist() == [0.0, 0.5, 0.0]


def test_an_array_that_is_attached_is_seen_by_the_next_call() -> None:
    handle = outer()
    larger = np.zeros(9, PAIR)
    handle.attach("pairs", larger)
    assert touch(handle, 1) == 9 + 2 + 0.5
    assert larger["a"].tolist() == [0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_a_copy_that_travelled_has_memory_of_its_own() -> None:
    handle = outer()
    handle.one.a = 7
    sent: Outer = pickle.loads(pickle.dumps(handle))
    touch(sent, 0)
    assert (int(sent.one.a), sent.one.b, sent.pairs["a"].tolist()) == (7, 2.0, [1, 0, 0])
    assert (handle.one.b, handle.pairs["a"].tolist()) == (0.0, [0, 0, 0])


def test_nothing_is_assigned_behind_the_back_of_compiled_code() -> None:
    handle = outer()
    with pytest.raises(AttributeError, match=r"^Outer\.pairs cannot be assigned: attach arrays"):
        handle.pairs = handle.pairs.copy()
    with pytest.raises(AttributeError, match=r"^Outer\.one cannot be assigned"):
        handle.one = None


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("pairs", np.zeros(3), "pairs must be a contiguous array of"),
        ("pairs", np.zeros(6, PAIR)[::2], "pairs must be a contiguous array of"),
        ("table", np.zeros(3, np.bool_), "table has 1 dimensions, but must have 2"),
    ],
)
def test_only_what_was_declared_can_be_attached(name: str, array: np.ndarray, said: str) -> None:
    handle = outer()
    before = getattr(handle, name)
    with pytest.raises(TypeError, match=said):
        handle.attach(name, array)
    assert getattr(handle, name) is before


def test_a_member_that_was_never_attached_is_not_there() -> None:
    with pytest.raises(AttributeError, match="pairs"):
        _ = Outer().pairs
