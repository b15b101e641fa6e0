"""Intervals over replications are Student's t, and several tests are corrected by Holm's rule."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from simlimit.study.intervals import mean_intervals, moments, paired_differences


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("number", [2, 3, 17, 400])
def test_intervals_are_students_t(number: int, confidence: float) -> None:
    values = np.random.default_rng(number).gamma(2.0, 3.0, (number, 4))
    mean, low, high, counted = mean_intervals(values, confidence)
    told = stats.t.interval(confidence, number - 1, values.mean(axis=0), stats.sem(values, axis=0))
    assert mean == pytest.approx(values.mean(axis=0), rel=1e-12)
    assert low == pytest.approx(told[0], rel=1e-12)
    assert high == pytest.approx(told[1], rel=1e-12)
    assert (counted == number).all()


def test_a_replication_that_says_nothing_is_left_out() -> None:
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan], [5.5, 2.0]])
    mean, low, high, counted = mean_intervals(values, 0.9)
    told = stats.t.interval(0.9, 2, 3.5, stats.sem([1.0, 4.0, 5.5]))
    assert (mean[0], low[0], high[0]) == pytest.approx((3.5, *told), rel=1e-12)
    assert mean[1] == 2.0
    assert np.isnan([low[1], high[1]]).all()
    assert counted.tolist() == [3, 1]


def test_nothing_and_one_replication_have_no_interval() -> None:
    for values in (np.empty((0, 1)), np.full((3, 1), np.nan)):
        assert np.isnan(np.array(mean_intervals(values, 0.95)[:3])).all()
    mean, low, high, _ = mean_intervals(np.array([[7.0]]), 0.95)
    assert mean == 7.0
    assert np.isnan([low, high]).all()


def test_what_a_replication_does_not_reach_has_no_mean() -> None:
    for values in ([1.0, np.inf, 2.0], [np.inf, np.inf, np.inf]):
        mean, low, high, counted = mean_intervals(np.array(values)[:, np.newaxis], 0.95)
        assert np.isnan([mean, low, high]).all()
        assert counted == 3
        assert np.isnan(moments(np.array(values)[:, np.newaxis])[2]).all()


@pytest.mark.parametrize("value", [0.0, 0.25, 1 / 3, 1e9])
def test_equal_replications_do_not_say_how_much_others_would_differ(value: float) -> None:
    """Nothing was observed, or the same every time: an interval of width 0 would claim to be sure."""
    mean, low, high, counted = mean_intervals(np.full((7, 1), value), 0.95)
    assert mean == pytest.approx(value, rel=1e-15)
    assert np.isnan([low, high]).all()
    assert counted == 7
    one_differs = np.append(np.full((6, 1), value), [[2 * value + 1]], axis=0)
    assert mean_intervals(one_differs, 0.95).low < mean_intervals(one_differs, 0.95).high


def test_a_pair_says_as_much_as_its_weaker_half() -> None:
    one = np.array([1.0, np.nan, np.inf, np.inf, 1.0, np.inf])
    other = np.array([3.0, 1.0, 1.0, np.inf, np.inf, np.nan])
    assert paired_differences(one, other).tolist()[0] == 2.0
    assert np.isnan(paired_differences(one, other)).tolist() == [False, True, False, False, False, True]
    assert np.isinf(paired_differences(one, other)).tolist() == [False, False, True, True, True, False]


def test_what_differs_by_rounding_only_does_not_differ() -> None:
    one, other = np.array([0.1 + 0.2, 3.0, 0.0, 1e6]), np.array([0.3, 3.0 + 1e-12, 1e-300, 1e6 + 1e-3])
    assert one[0] != other[0]
    assert (paired_differences(one, other) != 0).tolist() == [False, True, True, True]
    assert not paired_differences(other, other).any()
