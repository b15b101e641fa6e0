"""Small decisions whose truth is known: KN with independent samples, and samples that share their noise."""

from collections.abc import Callable

import numpy as np

from simlimit.arguments import Floats
from simlimit.deciding.selection import FIRST, Race

Sampler = Callable[[np.random.Generator, int], Floats]
"""Returns a number of samples of all alternatives: shape (samples, alternatives, objectives + bounds)."""


def decided(
    sampler: Sampler, seed: int, indifference: list[float], bounds: int = 0, most: int = 2_000
) -> Race:
    """Return a decision at 95 % that took samples until it was made."""
    random = np.random.default_rng(seed)
    values = sampler(random, 2 * FIRST)
    race = Race(values.shape[1], np.array(indifference), bounds, error=0.05)
    while True:
        race.advance(values, np.ones(values.shape, np.bool_))
        if not race.is_open.any() or race.number >= most:
            return race
        values = sampler(random, 2 * FIRST)


def noisy(means: list[float], shared: float) -> Sampler:
    """Return samples of variance 1 about means, a share of which all alternatives have in common."""

    def sampler(random: np.random.Generator, number: int) -> Floats:
        common, own = random.normal(size=(number, 1, 1)), random.normal(size=(number, len(means), 1))
        return np.asarray(np.array(means)[:, None] + np.sqrt(shared) * common + np.sqrt(1 - shared) * own)

    return sampler


def samples_of_plain_kn(
    sampler: Sampler, seed: int, indifference: float, first: int = FIRST
) -> tuple[int, int]:
    """Return the winner of KN, as in the paper with c = 1, and how many samples it took of all together."""
    random = np.random.default_rng(seed)
    values = sampler(random, 4_000)[..., 0]
    k = values.shape[1]
    gaps = values[:, :, None] - values[:, None, :]
    eta = ((2 * 0.05 / (k - 1)) ** (-2 / (first - 1)) - 1) / 2
    most = 2 * eta * (first - 1) * gaps[:first].var(axis=0, ddof=1) / indifference**2
    means = gaps.cumsum(axis=0) / np.arange(1, len(gaps) + 1)[:, None, None]
    left, taken = np.ones(k, np.bool_), first * k
    for r in range(first, len(values) + 1):
        slack = np.maximum(indifference / (2 * r) * (most - r), 0)
        left = left & ~((means[r - 1] > slack) & left).any(axis=1)
        if left.sum() == 1:
            break
        taken += int(left.sum())
    return int(np.argmax(left)), taken
