"""MSER-5 suggests how much of the start of a series to leave out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

import simlimit as sl
from simlimit.study.study import LEVELS
from simlimit.study.warmup import mser5


def by_the_rule(series: npt.NDArray[np.float64]) -> int | None:
    """MSER-5 as White, Cobb and Spratt say it, by trying every truncation of the first half."""
    batches = [float(np.mean(series[k : k + 5])) for k in range(0, len(series) - 4, 5)]
    errors = []
    for first in range(len(batches) // 2 + 1):
        kept = batches[first:]
        mean = sum(kept) / len(kept)
        errors.append(sum((y - mean) ** 2 for y in kept) / len(kept) ** 2)
    best = errors.index(min(errors))
    return None if best > 0.9 * (len(batches) // 2) else 5 * best


@pytest.mark.parametrize("seed", range(20))
def test_it_is_the_truncation_of_least_marginal_error(seed: int) -> None:
    rng = np.random.default_rng(seed)
    number = int(rng.integers(20, 400))
    start_up = rng.normal(0, 5) * np.exp(-np.arange(number) / rng.uniform(1, number / 2))
    series = 100 + start_up + rng.normal(0, rng.uniform(0.1, 2), number).cumsum() * rng.choice([0, 1])
    series += rng.normal(0, 1, number)
    assert mser5(series) == by_the_rule(series)


@pytest.mark.parametrize("days", [0, 5, 35, 100])
@pytest.mark.parametrize("level", [0.1, 1 / 3, 1e7])
def test_after_a_step_it_is_the_day_of_the_step(days: int, level: float) -> None:
    series = np.full(300, level)
    series[:days] = 5 * level
    assert mser5(series) == days


def test_a_step_within_a_batch_takes_the_batch() -> None:
    assert mser5(np.repeat([4.0, 1.0], [37, 263])) == 40


def test_a_series_that_is_still_moving_in_its_middle_is_too_short_to_tell() -> None:
    assert mser5(np.arange(300.0)) is None
    assert mser5(np.repeat([4.0, 1.0], [150, 150])) is None


@pytest.mark.parametrize(("days", "is_settled"), [(130, True), (135, True), (140, False), (145, False)])
def test_next_to_the_middle_it_is_still_moving(days: int, is_settled: bool) -> None:
    """The last tenth of the first half of 300 days begins after day 135."""
    assert mser5(np.repeat([4.0, 1.0], [days, 300 - days])) == (days if is_settled else None)


def test_fewer_than_twenty_values_are_too_few() -> None:
    assert mser5(np.zeros(19)) is None
    assert mser5(np.zeros(20)) == 0
    assert mser5(np.zeros(0)) is None


def test_what_does_not_fill_a_batch_is_left_out() -> None:
    series = np.random.default_rng(1).normal(0, 1, 104)
    assert mser5(series) == mser5(series[:100])


def test_a_study_suggests_a_warm_up_for_each_daily_series_and_applies_none() -> None:
    scenario = sl.preset("jiebei").replace(
        {"population.borrowers": 50, "warmup_days": 0, "horizon_days": 403}
    )
    study = sl.replicate(scenario, 5, progress=False)
    table = study.suggested_warmup()
    assert tuple(table.index) == LEVELS
    means = study.daily.groupby("day")[list(LEVELS)].mean()
    for series in LEVELS:
        told = by_the_rule(means[series].to_numpy())
        assert table.loc[series, "warmup_days"] == pytest.approx(
            np.nan if told is None else told, nan_ok=True
        )
    assert study.scenario.warmup_days == 0


def test_a_pool_without_end_has_no_level_to_warm_up_to() -> None:
    scenario = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 100})
    table = sl.replicate(scenario, 2, progress=False).suggested_warmup()
    assert np.isnan(table.loc["headroom", "warmup_days"])
    assert table.loc["held", "warmup_days"] == 0
