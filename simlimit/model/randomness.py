"""Random numbers as a pure function of what they are for, never of call order.

Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC 2011)
maps a counter and a key to four random words. The counter says what the number is for (stream,
entity, index), the key is (seed, replication). So two scenarios share every number that means the
same in both: common random numbers by construction.
"""

from typing import TypeAlias

import numpy as np

from simlimit.model.compiling import rare, step, transition
from simlimit.model.handle import Handle, array_of
from simlimit.model.records import Record
from simlimit.model.state import State

# Four uniform numbers, strictly between 0 and 1.
Numbers: TypeAlias = tuple[float, float, float, float]
Words: TypeAlias = tuple[np.uint64, np.uint64, np.uint64, np.uint64]

# For how many entities numbers are drawn together.
BATCH_SIZE = 128
# So many numbers fit into a vector of the processor, about. A power of 2 that divides BATCH_SIZE.
VECTOR = 8

_MASK = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIER_0 = np.uint64(0xD2511F53)
_MULTIPLIER_1 = np.uint64(0xCD9E8D57)
_WEYL_0 = np.uint64(0x9E3779B9)
_WEYL_1 = np.uint64(0xBB67AE85)
_SCALE = 2.0**-32


@step
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> Words:
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
def uniforms(key: Record, stream: int, entity: int, i: int, j: int) -> Numbers:
    """Return four uniform numbers, strictly between 0 and 1.

    Parameters
    ----------
    key : RUN record
        Its seed and replication are the key: 0 .. 2**32 - 1 each.
    stream : int
        What the number is for, one of `simlimit.model.streams`.
    entity : int
        The borrower, or the kind of shock.
    i, j : int
        The index within the stream (docs/model.md says which), each taken modulo 2**32.

    Returns
    -------
    tuple of four floats
        Multiples of 2**-32, shifted by half of it.
    """
    w0, w1, w2, w3 = philox(entity, i, j, stream, key.seed, key.replication)
    return (w0 + 0.5) * _SCALE, (w1 + 0.5) * _SCALE, (w2 + 0.5) * _SCALE, (w3 + 0.5) * _SCALE


@transition
def words_of(s: State, stream: int, entity: int, i: int, j: int) -> Words:
    """Return the random words of which `uniforms` would make numbers; a process draws so."""
    return philox(entity, i, j, stream, s.run.seed, s.run.replication)


class Batch(Handle):
    """Random numbers that are drawn together.

    Attributes
    ----------
    entities, indices : array of int, shape (BATCH_SIZE,)
        What the numbers are for.
    u : array of float, shape (4, 4, BATCH_SIZE)
        Four draws of four numbers for each entity.
    """

    entities = array_of(np.int64)
    indices = array_of(np.int64)
    u = array_of(np.float64, 3)


def empty_batch() -> Batch:
    """Return a batch of which nothing is drawn."""
    return Batch(
        entities=np.empty(BATCH_SIZE, np.int64),
        indices=np.empty(BATCH_SIZE, np.int64),
        u=np.empty((4, 4, BATCH_SIZE)),
    )


@rare
def draw_many(key: Record, stream: int, batch: Batch, number: int, draw: int) -> None:
    """Draw the numbers of many entities at once, which the processor does on vectors.

    Parameters
    ----------
    key, stream
        As in `uniforms`.
    batch : Batch
        Its entities and indices are `entity` and `i` of `uniforms`, of which `j` is 0. In ``u[draw]``, column
        k is set to what `uniforms` returns for entity k. Columns behind the last entity mean
        nothing, up to a multiple of VECTOR.
    number : int
        How many entities.
    draw : int
        0 .. 3.
    """
    # Read before the loop, which then runs on vectors. It runs to the end of the last one: the numbers behind
    # the last whole vector would be drawn one by one, which takes as long.
    seed, replication = key.seed, key.replication
    entities, indices, u = batch.entities, batch.indices, batch.u[draw]
    for k in range((number + VECTOR - 1) & -VECTOR):
        w0, w1, w2, w3 = philox(entities[k], indices[k], 0, stream, seed, replication)
        u[0, k] = (w0 + 0.5) * _SCALE
        u[1, k] = (w1 + 0.5) * _SCALE
        u[2, k] = (w2 + 0.5) * _SCALE
        u[3, k] = (w3 + 0.5) * _SCALE


@step
def numbers_of(batch: Batch, draw: int, k: int) -> Numbers:
    """Return the numbers of one draw for one entity of a batch."""
    return batch.u[draw, 0, k], batch.u[draw, 1, k], batch.u[draw, 2, k], batch.u[draw, 3, k]
