"""Posterior distributions by regression: choices are as likely as they are said to be."""

import functools

import numpy as np
import pytest
from scipy.special import ndtri

from simlimit.arguments import Floats
from simlimit.inference.regression import Posterior, as_quantiles, as_targets, chosen, guess, posterior

LOGS = 300
CHOICES = [3, 0]
HEIGHTS = np.array([0.0, 2.0, 0.5])


def world(seed: int = 1) -> tuple[Floats, Floats]:
    """Return quantiles of a choice and of a number, and statistics that tell of both, and confuse them."""
    rng = np.random.default_rng(seed)
    quantiles, noise = rng.random((LOGS, 2)), rng.normal(size=(LOGS, 3))
    height = HEIGHTS[(quantiles[:, 0] * 3).astype(int)]
    return quantiles, np.column_stack([height, ndtri(quantiles[:, 1]) + height, 0 * height]) + noise


def fitted(quantiles: Floats, statistics: Floats, choices: list[int]) -> list[Posterior]:
    """Return the posterior distribution of each log by all others."""
    truths = ndtri(quantiles)
    guesses = guess(statistics, as_targets(truths, quantiles, choices)[0]).bank
    return [posterior(guesses[k], guesses, truths, choices, k) for k in range(LOGS)]


@functools.cache
def known() -> tuple[Floats, Floats, list[Posterior]]:
    quantiles, statistics = world()
    return quantiles, statistics, fitted(quantiles, statistics, CHOICES)


def test_choices_are_as_likely_as_they_are_said_to_be() -> None:
    """By Brier's score, and by how often each is true where it is said to be likely, or unlikely."""
    quantiles, _, found = known()
    said, true = np.array([one.chances()[0] for one in found]), chosen(quantiles[:, 0], 3)
    assert np.allclose(said.sum(axis=1), 1)
    score, promised = ((said - true) ** 2).sum(axis=1), (said * (1 - said)).sum(axis=1)
    surprise = score - promised
    assert abs(surprise.mean()) < 3 * surprise.std() / np.sqrt(LOGS)
    assert score.mean() < 0.8 * (1 - 1 / 3)
    for choice in range(3):
        for some in np.array_split(np.argsort(said[:, choice]), 4):
            p = said[some, choice]
            assert abs((true[some, choice] - p).sum()) < 3.5 * np.sqrt((p * (1 - p)).sum()) + 1


def test_the_order_in_which_choices_are_given_does_not_matter() -> None:
    quantiles, statistics, found = known()
    moved = quantiles.copy()
    moved[:, 0] = (quantiles[:, 0] + 1 / 3) % 1  # the last choice is the first one now
    for one, other in zip(found[:20], fitted(moved, statistics, CHOICES), strict=False):
        assert np.roll(one.chances()[0], 1) == pytest.approx(other.chances()[0], abs=0.001)


def test_the_truth_is_anywhere_among_the_draws_equally_often() -> None:
    """Of the choice, and of the number beside it."""
    quantiles, _, found = known()
    ranks = np.array([one.rank(truth) for one, truth in zip(found, ndtri(quantiles), strict=True)])
    for level in (0.5, 0.9):
        error = np.sqrt(level * (1 - level) / LOGS)
        covered = (abs(ranks - 0.5) <= level / 2).mean(axis=0)
        assert covered == pytest.approx(np.full(2, level), abs=0.02 + 3 * error)


def test_a_truth_above_all_draws_is_in_the_last_bin() -> None:
    """Weights may add up to a little more than 1. A rank above 1 would be in no bin at all."""
    weights = np.full(10, 0.1) * (1 + 1e-15)
    rank = Posterior(np.zeros((10, 1)), weights, [0]).rank(np.ones(1))
    assert weights.sum() > 1 == rank[0]


def test_two_choices_that_a_log_cannot_tell_apart_are_drawn_together() -> None:
    """It tells how many of two are chosen. So where one is, each may be it, but never both or none."""
    rng = np.random.default_rng(3)
    quantiles = rng.random((LOGS, 2))
    number = (quantiles >= 0.5).sum(axis=1)
    truths, choices, log = ndtri(quantiles), [2, 2], int((number == 1).argmax())
    statistics = np.column_stack([number, rng.normal(size=LOGS)]) + rng.normal(0, 0.2, (LOGS, 2))
    guesses = guess(statistics, as_targets(truths, quantiles, choices)[0]).bank
    found = posterior(guesses[log], guesses, truths, choices, log)
    drawn = as_quantiles(found.draws) >= 0.5
    assert found.weights @ (drawn.sum(axis=1) == 1) > 0.9
    likely = np.array([*found.chances().values()])
    assert likely.max() < 0.7
    assert found.share_removed() == pytest.approx(2 * (likely**2).sum(axis=1) - 1)
    assert (found.estimate() >= 0.5).tolist() == [*likely.argmax(axis=1)]


def test_the_spread_of_a_parameter_follows_its_own_guess_and_no_other() -> None:
    """Of six, the spread of the first grows with its guess; that of the others is the same everywhere.

    If each spread followed all guesses, it would err by 17 % instead of 6 %.
    """
    rng = np.random.default_rng(0)
    guesses = rng.normal(size=(LOGS, 6))
    spread = 0.5 * np.exp(np.outer(guesses[:, 0], [0.5, 0, 0, 0, 0, 0]))
    truths = guesses + spread * rng.normal(size=guesses.shape)
    found = [posterior(guesses[k], guesses, truths, [0] * 6, k) for k in range(0, LOGS, 3)]
    said = np.array([np.cov(one.draws.T, aweights=one.weights).diagonal() ** 0.5 for one in found])
    error = np.log(said / spread[::3])
    assert error.std(axis=0).mean() < 0.1
    assert error.std(axis=0).max() < 0.15
    assert abs(error.mean(axis=0)).max() < 0.15


def test_a_spread_that_is_wide_at_both_ends_is_found_there_and_between() -> None:
    """It is three times as wide at a guess of 2 as at 0. What is said errs by 9 %, and the draws are normal.

    If the spread grew evenly with the guess among the near logs, it would err by 30 %, and be that much too
    wide between the ends. The draws would have a kurtosis of 5. The mean errs by a sixth of the spread. If
    near logs with much error counted as much as those with little, it would err by a quarter.
    """
    rng = np.random.default_rng(0)
    guesses = rng.normal(size=(2 * LOGS, 6))
    spread = 0.1 * np.exp(0.3 * guesses**2)
    truths = guesses + spread * rng.normal(size=guesses.shape)
    some = np.arange(0, len(guesses), 3)
    found = [posterior(guesses[k], guesses, truths, [0] * 6, k) for k in some]
    means = np.array([one.weights @ one.draws for one in found])
    away = [one.draws - mean for one, mean in zip(found, means, strict=True)]
    second, fourth = (
        np.array([one.weights @ from_mean**p for one, from_mean in zip(found, away, strict=True)])
        for p in (2, 4)
    )
    error, far = np.log(second**0.5 / spread[some]), abs(guesses[some])
    assert np.sqrt((error**2).mean()) < 0.15
    assert abs(error[far < 0.5].mean()) < 0.1
    assert abs(error[far > 1.5].mean()) < 0.1
    assert np.median(fourth / second**2) == pytest.approx(3, abs=0.5)
    assert np.sqrt((((means - guesses[some]) / spread[some]) ** 2).mean()) < 0.2


@pytest.mark.parametrize("growth", [0.3, -0.3])
def test_beyond_all_other_guesses_the_spread_is_that_at_the_last_of_them(growth: float) -> None:
    """The curve would go on without end, or to a spread of 0."""
    rng = np.random.default_rng(0)
    guesses = rng.normal(size=(LOGS, 1)).clip(-2, 2)
    truths = guesses + 0.5 * np.exp(growth * guesses**2) * rng.normal(size=guesses.shape)
    beyond, last = (posterior(np.array([at]), guesses, truths, [0]).draws.std() for at in (20.0, 2.0))
    assert beyond == pytest.approx(last, rel=0.1)


def test_a_guess_that_is_the_same_for_all_logs_leaves_the_prior_distribution() -> None:
    rng = np.random.default_rng(0)
    truths = rng.normal(size=(LOGS, 2))
    guesses = np.column_stack([truths[:, 0], np.zeros(LOGS)])
    found = posterior(guesses[0], guesses, truths, [0, 0], 0)
    assert found.draws[:, 0] == pytest.approx(np.full(len(found.draws), truths[0, 0]))
    assert found.draws[:, 1].std() == pytest.approx(truths[:, 1].std(), rel=0.1)
