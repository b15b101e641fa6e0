"""Intervals over replications are Student's t, and several tests are corrected by Holm's rule."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from simlimit.study.intervals import holm, moments, paired_differences, t_intervals, t_test_p_values


@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.95, 0.999])
@pytest.mark.parametrize("number", [2, 3, 17, 400])
def test_intervals_are_students_t(number: int, confidence: float) -> None:
    values = np.random.default_rng(number).gamma(2.0, 3.0, (number, 4))
    mean, low, high, counted = t_intervals(values, confidence)
    told = stats.t.interval(confidence, number - 1, values.mean(axis=0), stats.sem(values, axis=0))
    assert mean == pytest.approx(values.mean(axis=0), rel=1e-12)
    assert low == pytest.approx(told[0], rel=1e-12)
    assert high == pytest.approx(told[1], rel=1e-12)
    assert (counted == number).all()


def test_a_replication_that_says_nothing_is_left_out() -> None:
    values = np.array([[1.0, np.nan], [np.nan, np.nan], [4.0, np.nan], [5.5, 2.0]])
    mean, low, high, counted = t_intervals(values, 0.9)
    told = stats.t.interval(0.9, 2, 3.5, stats.sem([1.0, 4.0, 5.5]))
    assert (mean[0], low[0], high[0]) == pytest.approx((3.5, *told), rel=1e-12)
    assert mean[1] == 2.0
    assert np.isnan([low[1], high[1]]).all()
    assert counted.tolist() == [3, 1]


def test_nothing_and_one_replication_have_no_interval() -> None:
    for values in (np.empty((0, 1)), np.full((3, 1), np.nan)):
        assert np.isnan(np.array(t_intervals(values, 0.95)[:3])).all()
    mean, low, high, _ = t_intervals(np.array([[7.0]]), 0.95)
    assert mean == 7.0
    assert np.isnan([low, high]).all()


def test_what_a_replication_does_not_reach_has_no_mean() -> None:
    for values in ([1.0, np.inf, 2.0], [np.inf, np.inf, np.inf]):
        mean, low, high, counted = t_intervals(np.array(values)[:, np.newaxis], 0.95)
        assert np.isnan([mean, low, high]).all()
        assert counted == 3
        assert np.isnan(moments(np.array(values)[:, np.newaxis])[2]).all()


def test_equal_replications_leave_no_doubt() -> None:
    mean, low, high, _ = t_intervals(np.full((5, 1), 0.25), 0.95)
    assert mean == low == high == 0.25
    assert t_test_p_values(np.full((5, 1), 0.25)) == 0
    assert t_test_p_values(np.zeros((5, 1))) == 1


@pytest.mark.parametrize("number", [2, 5, 60])
def test_probabilities_are_of_students_t(number: int) -> None:
    values = np.random.default_rng(number).normal(0.3, 1.0, (number, 6))
    assert t_test_p_values(values) == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=1e-9)


@pytest.mark.parametrize("number", [1, 2, 7, 50])
def test_several_tests_are_corrected_as_by_holm(number: int) -> None:
    rng = np.random.default_rng(number)
    probabilities = rng.beta(0.4, 3.0, number)
    probabilities[rng.integers(number)] = probabilities[0]  # a tie
    told = multipletests(probabilities, method="holm")[1]
    assert holm(probabilities) == pytest.approx(told, abs=1e-12)


def test_a_test_that_says_nothing_is_no_test() -> None:
    corrected = holm(np.array([0.01, np.nan, 0.04, 0.03]))
    assert corrected[[0, 2, 3]] == pytest.approx(multipletests([0.01, 0.04, 0.03], method="holm")[1])
    assert np.isnan(corrected[1])
    assert holm(np.empty(0)).size == 0


def test_a_pair_says_as_much_as_its_weaker_half() -> None:
    one = np.array([1.0, np.nan, np.inf, np.inf, 1.0, np.inf])
    other = np.array([3.0, 1.0, 1.0, np.inf, np.inf, np.nan])
    assert paired_differences(one, other).tolist()[0] == 2.0
    assert np.isnan(paired_differences(one, other)).tolist() == [False, True, False, False, False, True]
    assert np.isinf(paired_differences(one, other)).tolist() == [False, False, True, True, True, False]
