"""A stand-in of a fit, whose draws are known, and how often the intervals of studies of it cover.

Every repayment waits for an evaluation, with a period of 1 to 41 days that is not known. So the days away are
0 to 40, and weekly evaluation takes (period - 7) / 2 days. ``python tests/study/known_draws.py`` prints a
table of docs/statistics.md.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from interval_coverage import periodic

import simlimit as sl
from simlimit.study.draws import Draws
from simlimit.study.intervals import mean_intervals

FOLLOW_UP = 60
LONGEST = 41
Laws = dict[str, Callable[[np.random.Generator, tuple[int, ...]], npt.NDArray[np.float64]]]
LAWS: Laws = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.uniform(-(3**0.5), 3**0.5, shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "mostly 0": lambda rng, shape: (rng.random(shape) < 0.2) * rng.exponential(1 / 0.6, shape),
}
"""Laws of an expectation over the draws, with variance 1."""


@functools.cache
def evaluated_every(days: int) -> sl.Scenario:
    """Delays are 0 .. days - 1, equally likely."""
    return periodic(days, cutoff=0, cycles=1, follow_up=FOLLOW_UP, precision=0.02).scenario


class KnownFit:
    """Draws of the period: uniform on 1 to 41 days."""

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self.scenario = evaluated_every((1 + LONGEST) // 2)

    def periods(self, n: int) -> npt.NDArray[np.int64]:
        return np.random.default_rng(self.seed).integers(1, LONGEST + 1, n)

    def scenarios(self, n: int) -> Sequence[sl.Scenario]:
        return [evaluated_every(days) for days in self.periods(n).tolist()]

    def replace(self, changes: dict[str, object]) -> Draws:
        return Draws(self.scenario, self.scenarios).replace(changes)


def coverage_of_draws(
    law: str, draws: int, noise: float, studies: int, confidence: float = 0.9, in_proportion: bool = False
) -> float:
    """Return how often an interval covers the expectation of one more draw; noise of a replication.

    It may be in proportion to the expectation.
    """
    rng = np.random.default_rng([draws, studies])
    expected = LAWS[law](rng, (draws + 1, studies))
    values = np.repeat(expected[:draws], 2, axis=0)
    values += noise * (values if in_proportion else 1) * rng.normal(size=values.shape)
    _, low, high, _ = mean_intervals(values, confidence, draws=True)
    return float(((low <= expected[draws]) & (expected[draws] <= high)).mean())


def coverage_of_studies(studies: int, draws: int = 50, seed: int = 1) -> dict[str, float]:
    """Return how often 90 % intervals cover one more draw: days away, and the effect of weekly evaluation."""
    fit = KnownFit(seed)
    options = {"follow_up_days": FOLLOW_UP, "progress": False}
    each = {"now": fit, "weekly": fit.replace({"evaluation.period_days": 7})}
    comparison = sl.compare(each, 2 * draws * studies, seed, **options)
    now, weekly = (one.metrics()["days_away"].to_numpy() for one in comparison.studies.values())
    truth = (KnownFit(seed + 1).periods(studies) - 1) / 2
    covered = {}
    for name, values, true in (("days away", now, truth), ("effect", weekly - now, 3 - truth)):
        _, low, high, _ = mean_intervals(values.reshape(studies, -1).T, 0.9, draws=True)
        covered[name] = float(((low <= true) & (true <= high)).mean())
    return covered


if __name__ == "__main__":
    NOISE = (0, 0.5, 1, 2, 4, 8)
    print("| law | draws |", *(f"{one:g} |" for one in NOISE))
    for law in LAWS:
        for number in (50, 100, 400):
            cells = (f"{coverage_of_draws(law, number, noise, 10_000):.1%} |" for noise in NOISE)
            print(f"| {law} | {number} |", *cells)
    for number in (50, 100, 400):
        found = (coverage_of_draws("exponential", number, noise, 10_000, 0.9, True) for noise in NOISE)
        print(f"| exponential, error in proportion | {number} |", *(f"{one:.1%} |" for one in found))
    print(coverage_of_studies(400))
