"""Random numbers as a pure function of what they are for, never of call order.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC 2011)
maps a counter and a key to four random words. The counter says what the number is for (stream,
entity, index), the key is (seed, replication). So two scenarios share every number that means the
same in both: common random numbers by construction.
"""

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from simlimit.model.compiling import step, transition
from simlimit.model.state import Records

POPULATION, DUE, WISH, SCREEN, REVIEW, SHOCK, REACT, LEVER, FLAG = 1, 2, 3, 4, 5, 6, 7, 8, 9
"""Streams: what a number is for."""

Numbers: TypeAlias = tuple[float, float, float, float]
"""Four uniform numbers, strictly between 0 and 1."""

TOGETHER = 128
"""How many entities' numbers are drawn together."""

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_SCALE = 2.0**-32


@step
def philox(
    c0: int, c1: int, c2: int, c3: int, k0: int, k1: int
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """Return the four words of Philox4x32-10 for a counter and a key of 32-bit words."""
    x0 = np.uint64(int(c0) & 0xFFFFFFFF)
    x1 = np.uint64(int(c1) & 0xFFFFFFFF)
    x2 = np.uint64(int(c2) & 0xFFFFFFFF)
    x3 = np.uint64(int(c3) & 0xFFFFFFFF)
    key0 = np.uint64(int(k0) & 0xFFFFFFFF)
    key1 = np.uint64(int(k1) & 0xFFFFFFFF)
    for _ in range(10):
        product0 = x0 * _MULTIPLIER_0
        product1 = x2 * _MULTIPLIER_1
        x0 = (product1 >> _HALF) ^ x1 ^ key0
        x1 = product1 & _MASK
        x2 = (product0 >> _HALF) ^ x3 ^ key1
        x3 = product0 & _MASK
        key0 = (key0 + _WEYL_0) & _MASK
        key1 = (key1 + _WEYL_1) & _MASK
    return x0, x1, x2, x3


@step
def uniforms(seed: int, replication: int, stream: int, entity: int, i: int, j: int) -> Numbers:
    """Return four uniform numbers, strictly between 0 and 1.

    Parameters
    ----------
    seed, replication : int
        The key: 0 .. 2**32 - 1.
    stream : int
        What the number is for: POPULATION, DUE, WISH, SCREEN, REVIEW, SHOCK, REACT, LEVER or FLAG.
    entity : int
        The borrower, or the kind of shock.
    i, j : int
        The index within the stream (docs/model.md says which), each taken modulo 2**32.

    Returns
    -------
    tuple of four floats
        Multiples of 2**-32, shifted by half of it.

    Examples
    --------
    >>> all(0 < u < 1 for u in uniforms(1, 0, DUE, 7, 3, 0))
    True
    """
    w0, w1, w2, w3 = philox(entity, i, j, stream, seed, replication)
    return (w0 + 0.5) * _SCALE, (w1 + 0.5) * _SCALE, (w2 + 0.5) * _SCALE, (w3 + 0.5) * _SCALE


class Batch(NamedTuple):
    """Room for what is drawn together.

    Attributes
    ----------
    entities, indices : array of int, shape (TOGETHER,)
        What the numbers are for.
    u : array of float, shape (4, 4, TOGETHER)
        Four draws of four numbers for each entity.
    """

    entities: npt.NDArray[np.int64]
    indices: npt.NDArray[np.int64]
    u: npt.NDArray[np.float64]


def empty_batch() -> Batch:
    """Return room for what is drawn together."""
    return Batch(np.empty(TOGETHER, np.int64), np.empty(TOGETHER, np.int64), np.empty((4, 4, TOGETHER)))


@transition
def draw_many(
    seed: int, replication: int, stream: int, number: int, entities: Records, indices: Records, u: Records
) -> None:
    """Draw the numbers of many entities at once, as the processor does it best.

    Parameters
    ----------
    seed, replication, stream : int
        As in `uniforms`.
    number : int
        How many entities.
    entities, indices : arrays of int
        As `entity` and `i` of `uniforms`; `j` is 0.
    u : array of float, shape (4, TOGETHER)
        Set to the numbers: column k is what `uniforms` returns for entity k.
    """
    for k in range(number):
        w0, w1, w2, w3 = philox(entities[k], indices[k], 0, stream, seed, replication)
        u[0, k] = (w0 + 0.5) * _SCALE
        u[1, k] = (w1 + 0.5) * _SCALE
        u[2, k] = (w2 + 0.5) * _SCALE
        u[3, k] = (w3 + 0.5) * _SCALE


@step
def numbers_of(batch: Batch, draw: int, k: int) -> Numbers:
    """Return the numbers of one draw for one entity of a batch."""
    return batch.u[draw, 0, k], batch.u[draw, 1, k], batch.u[draw, 2, k], batch.u[draw, 3, k]
