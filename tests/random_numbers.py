"""The library's random numbers, for tests: compiled steps cannot be called from Python by themselves."""

from __future__ import annotations

from functools import lru_cache

import numba
import numpy as np

from simlimit.model import randomness
from simlimit.model.records import RUN, Record


@numba.njit
def philox(c0: int, c1: int, c2: int, c3: int, k0: int, k1: int) -> tuple[int, int, int, int]:
    """Return the four words of a counter and a key."""
    return randomness.philox(c0, c1, c2, c3, k0, k1)


@numba.njit
def _uniforms(key: Record, stream: int, entity: int, i: int, j: int) -> tuple[float, float, float, float]:
    return randomness.uniforms(key, stream, entity, i, j)


@lru_cache
def _key(seed: int, replication: int) -> Record:
    key = np.zeros(1, RUN)[0]
    key.seed, key.replication = seed, replication
    return key


def uniforms(
    seed: int, replication: int, stream: int, entity: int, i: int, j: int
) -> tuple[float, float, float, float]:
    """Return the four uniform numbers of a seed, a replication, a stream, an entity and an index."""
    return _uniforms(_key(seed, replication), stream, entity, i, j)
