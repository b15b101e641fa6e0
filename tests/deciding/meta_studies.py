"""Small decisions whose truth is known: what is selected, what is said, and how many samples it takes.

``python tests/deciding/meta_studies.py`` prints the table of docs/deciding.md.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

import simlimit as sl
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


@functools.cache
def clockwork_bank() -> Floats:
    """Return the days away of `clockwork`, evaluated each 7, 9 or 11 days, in 500 replications."""
    fields = {"evaluation.straight_through": False, "population.borrowers": 5, "horizon_days": 150}
    clockwork = sl.preset("clockwork").replace({**fields, "warmup_days": 60})
    periods = {str(days): clockwork.replace({"evaluation.period_days": days}) for days in (11, 9, 7)}
    studies = sl.compare(periods, 500, follow_up_days=20, progress=False).studies
    return np.stack([study.metrics()["days_away"].to_numpy() for study in studies.values()], axis=1)


def clockwork(random: np.random.Generator, number: int) -> Floats:
    """Return real replications, drawn again, about what is known: the mean of a period p is (p - 1) / 2."""
    bank = clockwork_bank()
    return np.asarray(
        (bank - bank.mean(axis=0) + (5, 4, 3))[random.integers(len(bank), size=number), :, None]
    )


SERVED = np.array([1.3, 1.35, 1.4, 1.5])
"""A day, by alternative; one arrives a day."""
WAITS = 1 / (SERVED * (SERVED - 1))


def queue(random: np.random.Generator, number: int) -> Floats:
    """Return mean waits of 100 holds at a desk of one reviewer (M/M/1), which has worked for ever."""
    busy, first = random.random((2, number, 1))
    waits = np.where(busy < 1 / SERVED, -np.log1p(-first) / (SERVED - 1), 0.0)
    service, gaps = random.exponential(size=(2, 100, number, 1))
    total = np.zeros_like(waits)
    for served, gap in zip(service / SERVED, gaps, strict=True):
        total += waits
        waits = np.maximum(waits + served - gap, 0)
    return np.asarray(total[..., None] / 100)


def beyond(random: np.random.Generator, number: int) -> Floats:
    """Five of six alternatives are better, and beyond the bound by a tenth of what replications vary."""
    values = noisy([0, 0, 0, 0, 0, 1.0], shared=0.5)(random, number)
    excess = noisy([0.1, 0.1, 0.1, 0.1, 0.1, -0.6], shared=0.5)(random, number)
    return np.concatenate([values, excess], axis=2)


KNOWN: dict[str, tuple[Sampler, float]] = {
    "clockwork": (clockwork, 1.0),
    "queue": (queue, WAITS[2] - WAITS[3]),
    "normal": (noisy([0.4, 0.4, 0.4, 0.4, 0], shared=0.5), 0.4),
}


def share(races: list[Race], is_so: Callable[[Race], bool]) -> str:
    """Return how often something is so, in per cent."""
    return f"{100 * np.mean([is_so(race) for race in races]):.1f} %"


if __name__ == "__main__":
    for name, (sampler, indifference) in KNOWN.items():
        races = [decided(sampler, seed, [indifference]) for seed in range(1_000)]
        right, false = (
            share(races, lambda one: one.leader == len(one.samples) - 1),
            share(races, lambda one: one.is_dominated[-1]),
        )
        print(f"{name}: correct {right}, the best said to be worse {false}")
    races = [decided(noisy([0.0] * 6, 0.5), seed, [0.3]) for seed in range(1_000)]
    print(f"equal: said to be worse {share(races, lambda one: one.is_dominated.any())}")
    races = [decided(beyond, seed, [0.5], bounds=1, most=400) for seed in range(300)]
    wrong, right = (
        share(races, is_so)
        for is_so in (lambda one: one.leader not in (5, None), lambda one: one.leader == 5)
    )
    print(f"bound: broken by the selected {wrong}, the best within it selected {right}")
    for removed in (0.8, 0.9):
        paired = [decided(noisy([*[0.2] * 9, 0], removed), seed, [0.2]) for seed in range(1_000)]
        plain = [samples_of_plain_kn(noisy([*[0.2] * 9, 0], 0), seed, 0.2)[1] for seed in range(1_000)]
        taken = np.mean([race.samples.sum() for race in paired])
        print(f"pairing removes {removed}: {taken:.0f} samples, independent {np.mean(plain):.0f}")
