"""The jackknife over clusters: equal to a loop, and near the truth where clusters depend inside."""

from __future__ import annotations

import numpy as np
import pytest
from logs import random_log
from scipy.special import expit, logit
from scipy.stats import binomtest, t

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
    estimate = aalen_johansen(ended.sum(axis=0), censored.sum(axis=0))
    deviations = np.array(left_out) - np.mean(left_out, axis=0)
    error = np.sqrt((number - 1) / number * (deviations**2).sum(axis=0))
    np.testing.assert_array_equal(band.estimate, estimate)
    np.testing.assert_allclose(band.error, error, atol=1e-12)
    sizes = ended.sum(axis=(1, 2)) + censored.sum(axis=1)
    effective = sizes.sum() ** 2 / (sizes**2).sum()
    change = np.array(left_out) - estimate
    freedom = np.minimum(2 * (change**2).sum(axis=0) ** 2 / (change**4).sum(axis=0), effective - 1)
    inside = (estimate > 0) & (estimate < 1 - 1e-9) & (error > 1e-9)
    assert inside.sum() > inside.size / 2
    share, margin = estimate[inside], (t.ppf(0.95, freedom) * error)[inside]
    margin /= share * (1 - share)
    np.testing.assert_allclose(band.low[inside], expit(logit(share) - margin), atol=1e-9)
    np.testing.assert_allclose(band.high[inside], expit(logit(share) + margin), atol=1e-9)


@pytest.mark.parametrize("number", [2, 10, 40])
@pytest.mark.parametrize("released", [0, 1, 4])
def test_clusters_that_are_all_alike_have_the_exact_interval_of_as_many_trials(
    number: int, released: int
) -> None:
    band = jackknife(aalen_johansen, [[[released, 4 - released]]] * number, [[0, 0]] * number)
    share = released / 4
    if number % 4 == 0 or released in (0, 4):
        told = binomtest(int(share * number), number).proportion_ci(0.95, "exact")
        assert band.low[0, 0] == pytest.approx(told.low, abs=1e-12)
        assert band.high[0, 0] == pytest.approx(told.high, abs=1e-12)
    assert band.low[0, 0] <= share <= band.high[0, 0]
    assert band.high[0, 0] - band.low[0, 0] > 1 / number


def test_uneven_clusters_count_less() -> None:
    # One cluster of 12 and eight of 1: 20^2 / (144 + 8) = 2.6 clusters, all alike.
    released = [[[size]] for size in (12, *[1] * 8)]
    band = jackknife(aalen_johansen, released, [[0]] * 9)
    assert band.low[0, 0] == pytest.approx(0.025 ** (152 / 400), rel=1e-12)


def test_a_share_that_only_one_cluster_backs_has_an_exact_interval() -> None:
    # Only the first cluster has anybody at risk at the second age.
    ended, censored = [[[1, 2]], [[1, 0]], [[0, 0]]], [[0, 2], [3, 0], [4, 0]]
    band = jackknife(aalen_johansen, ended, censored, clusters=[3, 1.5])
    assert np.isnan(band.error[0, 1])
    assert 0 < band.low[0, 1] < band.estimate[0, 1] < band.high[0, 1] < 1


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
    table = cumulative_incidence(log, cluster="borrower", weight=weight)
    # Those at risk at each age stand for the share that had not ended before.
    at_risk = counted.sum(axis=1)[:, ::-1].cumsum(axis=1)[:, ::-1]
    before = np.append(1, table["pending"][:-1])
    number = at_risk.sum(axis=0) ** 2 / (at_risk**2).sum(axis=0) / before
    np.testing.assert_allclose(table["clusters"], np.minimum.accumulate(number), rtol=1e-9)
    band = jackknife(aalen_johansen, counted[:, :2], counted[:, 2], clusters=table["clusters"])
    np.testing.assert_allclose(table["released_low"], np.maximum.accumulate(band.low[0]), atol=1e-12)
    to_come = np.minimum.accumulate(band.high[1][::-1])[::-1]
    np.testing.assert_allclose(table["forfeited_high"], to_come, atol=1e-12)


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
