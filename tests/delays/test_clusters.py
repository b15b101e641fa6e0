"""The jackknife over clusters: equal to a loop, and near the truth where clusters depend inside."""

from __future__ import annotations

import numpy as np
import pytest
from logs import random_log
from scipy.stats import t

from simlimit.delays import aalen_johansen, clusters, cumulative_incidence, jackknife
from simlimit.errors import SimlimitError


def random_counts(seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.poisson(2.0, (number, 2, 7)), rng.poisson(0.7, (number, 7))


@pytest.mark.parametrize("number", [2, 3, 17])
@pytest.mark.parametrize("cells_per_batch", [1, 60, 10**6])
def test_it_equals_a_loop(number: int, cells_per_batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "CELLS_PER_BATCH", cells_per_batch)
    ended, censored = random_counts(number, number)
    band = jackknife(aalen_johansen, ended, censored, confidence=0.9)
    left_out = [
        aalen_johansen(np.delete(ended, i, axis=0).sum(axis=0), np.delete(censored, i, axis=0).sum(axis=0))
        for i in range(number)
    ]
    deviations = np.array(left_out) - np.mean(left_out, axis=0)
    error = np.sqrt((number - 1) / number * (deviations**2).sum(axis=0))
    estimate = aalen_johansen(ended.sum(axis=0), censored.sum(axis=0))
    margin = t.ppf(0.95, number - 1) * error
    np.testing.assert_array_equal(band.estimate, estimate)
    np.testing.assert_allclose(band.error, error, atol=1e-12)
    np.testing.assert_allclose(band.low, np.clip(estimate - margin, 0, 1), atol=1e-12)
    np.testing.assert_allclose(band.high, np.clip(estimate + margin, 0, 1), atol=1e-12)


def test_of_equal_clusters_it_is_the_standard_error_of_the_mean() -> None:
    released = np.array([3, 5, 4, 8])
    ended = np.stack([released, 10 - released], axis=1)[:, None, :]
    band = jackknife(aalen_johansen, ended, np.zeros((4, 2)))
    assert band.error[0, 0] == pytest.approx(np.std(released / 10, ddof=1) / 2, rel=1e-12)
    assert band.error[0, 1] == 0


def test_any_statistic_of_any_leading_axes() -> None:
    def gap(ended: np.ndarray, censored: np.ndarray) -> np.ndarray:
        curves = aalen_johansen(ended, censored)
        return curves[..., 0, :, :] - curves[..., 1, :, :]

    rng = np.random.default_rng(1)
    ended, censored = rng.poisson(2.0, (9, 2, 3, 5)), rng.poisson(1.0, (9, 2, 5))
    band = jackknife(gap, ended, censored, bounds=(-1, 1))
    other = jackknife(lambda *counts: -gap(*counts), ended, censored, bounds=(-1, 1))
    assert band.estimate.shape == (3, 5)
    np.testing.assert_allclose(band.low, -other.high, atol=1e-12)


def test_one_cluster_has_no_interval() -> None:
    ended, censored = random_counts(1, 1)
    band = jackknife(aalen_johansen, ended, censored)
    assert np.isfinite(band.estimate).all()
    for each in (band.error, band.low, band.high):
        assert np.isnan(each).all()


def test_bad_arguments_are_refused() -> None:
    with pytest.raises(
        SimlimitError, match=r"^counts have shapes \(2, 1, 1\), \(3, 1\), but must have the same"
    ):
        jackknife(aalen_johansen, np.ones((2, 1, 1)), np.ones((3, 1)))
    with pytest.raises(SimlimitError, match=r"^counts have shapes"):
        jackknife(aalen_johansen, np.ones((0, 1, 1)), np.ones((0, 1)))
    for confidence in (0, 1, 95, True, "high", np.nan):
        with pytest.raises(
            SimlimitError, match=r"^confidence is .*, but must be a number between 0 and 1\.$"
        ):
            jackknife(aalen_johansen, np.ones((2, 1, 1)), np.ones((2, 1)), confidence=confidence)


@pytest.mark.parametrize("weight", [None, "amount"])
@pytest.mark.parametrize("cells_per_batch", [1, 200, 10**6])
def test_the_band_of_a_table_is_that_of_its_counts(
    weight: str | None, cells_per_batch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "CELLS_PER_BATCH", cells_per_batch)
    log = random_log(3, rows=200)
    counted = np.zeros((50, 3, 12))
    weights = 1 if weight is None else log[weight]
    np.add.at(counted, (log["borrower"], log["outcome"].cat.codes, log["delay_days"]), weights)
    counted = counted[counted.sum(axis=(1, 2)) > 0]
    band = jackknife(aalen_johansen, counted[:, :2], counted[:, 2])
    table = cumulative_incidence(log, cluster="borrower", weight=weight)
    np.testing.assert_allclose(table["released_low"], band.low[0], atol=1e-12)
    np.testing.assert_allclose(table["forfeited_high"], band.high[1], atol=1e-12)


def test_intervals_cover_the_truth_where_rows_of_a_cluster_depend() -> None:
    # Each cluster has 1 to 9 holds and its own probability of release, uniform on 0..1: the truth is 1/2.
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(1_000):
        holds = rng.integers(1, 10, 25)
        released = rng.binomial(holds, rng.random(25))
        ended = np.stack([released, holds - released], axis=1)[:, None, :]
        band = jackknife(aalen_johansen, ended, np.zeros((25, 2)))
        covered += bool(band.low[0, 0] <= 0.5 <= band.high[0, 0])
    assert 930 <= covered <= 970
