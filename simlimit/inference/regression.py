"""Regression-adjusted approximate Bayesian computation: from simulated logs to a posterior distribution.

A ridge regression reduces the statistics of a log to one number for each parameter, a guess of it. Of the
simulated logs those with the nearest guesses are taken. Their parameters, moved by a local regression to the
guess for the real log, are draws from the posterior distribution (Beaumont, Zhang and Balding 2002). The
spread is moved, too (Blum and François 2010): that of each parameter follows a curve over its own guess,
found from all simulated logs. All is done on the scale on which prior distributions are standard normal, so
that no draw leaves its bounds.

Choices that are no numbers are on no scale. Of each it is guessed whether it is chosen. Draws keep their
choice, and weigh as much as a local logistic regression says of it.

The sequential sampler of pyabc, with an adaptive distance, needs new simulations for each log, and its
intervals are wider. docs/howto-fit.md has the comparison.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.special import ndtr

from simlimit.arguments import Floats, Ints
from simlimit.extras import from_extra

FOLDS = 5
ALPHAS = np.logspace(0, 4, 9)
# The logs of the bank that are near another one: a share of it, and so many for each parameter.
NEAR_SHARE = 0.2
NEAR_LEAST = 60
# So much of the mean squared error is added to each: the logarithm of one that is near 0 by chance would
# outweigh many.
LEAST_ERROR = 0.01
# Steps of so much of a circle lie evenly on it, however many they are.
GOLDEN = (5**0.5 - 1) / 2
TINY = 1e-12


class Guesses(NamedTuple):
    """A guess of each parameter: of each simulated log by a regression on others, and of the real one."""

    bank: Floats
    real: Floats


class Posterior(NamedTuple):
    """Draws from a posterior distribution on the normal scale, a row each, and their weights.

    Of each parameter: how many choices it has that are on no scale, or 0.
    """

    draws: Floats
    weights: Floats
    choices: Sequence[int]

    def quantiles(self, probabilities: Floats) -> Floats:
        """Return quantiles of each parameter, as quantiles of its prior distribution."""
        found = []
        for column in self.draws.T:
            order = np.argsort(column)
            weights = self.weights[order]
            found.append(np.interp(probabilities, np.cumsum(weights) - weights / 2, column[order]))
        return as_quantiles(np.array(found))

    def chances(self) -> dict[int, Floats]:
        """Return how likely each choice is: by the column of each parameter whose choices are on no scale."""
        columns = zip(as_quantiles(self.draws).T, self.choices, strict=True)
        found = {k: chosen(places, number) for k, (places, number) in enumerate(columns) if number}
        return {k: self.weights @ which for k, which in found.items()}

    def estimate(self) -> Floats:
        """Return the median of each parameter, or its most likely choice, as quantiles."""
        found = self.quantiles(np.array([0.5]))[:, 0]
        for k, shares in self.chances().items():
            found[k] = (shares.argmax() + 0.5) / len(shares)
        return found

    def share_removed(self) -> Floats:
        """Return the share of the variance of each prior distribution that is gone, both on its quantiles.

        Of choices that are on no scale it is that of whether each is chosen, all together.
        """
        places = as_quantiles(self.draws)
        mean = self.weights @ places
        removed = np.asarray(1 - 12 * (self.weights @ (places - mean) ** 2), np.float64)
        for k, shares in self.chances().items():
            removed[k] = (len(shares) * (shares**2).sum() - 1) / (len(shares) - 1)
        return removed

    def rank(self, truth: Floats) -> Floats:
        """Return the share of the draws below the truth: of all exactly 1, however weights are rounded."""
        return np.asarray(np.minimum(self.weights @ (self.draws < truth), 1), np.float64)

    def sample(self, number: int) -> Floats:
        """Return draws of equal weight, as prior quantiles; the first of more are the same."""
        places = (0.5 + GOLDEN * np.arange(number)) % 1
        chosen = np.searchsorted(np.cumsum(self.weights), places * self.weights.sum())
        return as_quantiles(self.draws[np.minimum(chosen, len(self.draws) - 1)])


def as_quantiles(draws: Floats) -> Floats:
    """Return draws on the normal scale as quantiles of prior distributions, within their bounds."""
    return np.asarray(np.clip(ndtr(draws), TINY, 1 - TINY), np.float64)


def chosen(quantiles: Floats, number: int) -> Floats:
    """Return whether each of so many choices is chosen: a row for each quantile."""
    return np.eye(number)[(quantiles * number).astype(np.int64)]


def as_targets(values: Floats, quantiles: Floats, choices: Sequence[int]) -> tuple[Floats, Ints]:
    """Return the values of parameters, or whether each choice is chosen that is on no scale; and whose.

    Parameters
    ----------
    values, quantiles : array
        A column for each parameter.
    choices : sequence of int
        As in `Posterior`.
    """
    columns = zip(values.T, quantiles.T, choices, strict=True)
    found = [chosen(at, number) if number else value[:, np.newaxis] for value, at, number in columns]
    return np.hstack(found), np.repeat(np.arange(len(choices)), np.maximum(choices, 1))


def ridge() -> Any:  # noqa: ANN401 - scikit-learn has no types
    """Return a ridge regression on standardised statistics, with a penalty for each parameter."""
    linear, steps, scaling = map(_scikit_learn, ("linear_model", "pipeline", "preprocessing"))
    return steps.make_pipeline(scaling.StandardScaler(), linear.RidgeCV(ALPHAS, alpha_per_target=True))


def _scikit_learn(part: str) -> Any:  # noqa: ANN401 - it has no types
    return from_extra(f"sklearn.{part}", "fit needs scikit-learn", "fit")


def _one_thread() -> Any:  # noqa: ANN401 - what is returned has no types
    """Return what has libraries use one thread: several wait for each other, and round in another order."""
    return from_extra("threadpoolctl", "fit needs threadpoolctl", "fit").threadpool_limits(1)


def fold_of(number: int) -> Ints:
    """Return in which fold each simulated log is: they are independent, so any order does."""
    return np.arange(number) % FOLDS


def guess(statistics: Floats, targets: Floats, real: Floats | None = None) -> Guesses:
    """Guess parameters from statistics: those of each fold by a regression on the other folds.

    Parameters
    ----------
    statistics : array
        A row per simulated log.
    targets : array
        Their parameters.
    real : array, optional
        The statistics of the real log; its guess is the mean over the folds. One that is further out than in
        any simulated log counts as the furthest of these: the regression does not extrapolate.
    """
    varies = statistics.std(axis=0) > TINY
    within = None if real is None else real.clip(statistics.min(axis=0), statistics.max(axis=0))
    fold, bank, reals = fold_of(len(statistics)), np.empty_like(targets), []
    with _one_thread():
        for k in range(FOLDS):
            model = ridge().fit(statistics[fold != k][:, varies], targets[fold != k])
            bank[fold == k] = model.predict(statistics[fold == k][:, varies]).reshape(-1, targets.shape[1])
            if within is not None:
                reals.append(model.predict(within[np.newaxis, varies]).reshape(-1))
    return Guesses(bank, np.mean(reals, axis=0) if reals else np.empty(0))


def posterior(
    guessed: Floats, guesses: Floats, truths: Floats, choices: Sequence[int], without: int | None = None
) -> Posterior:
    """Return the posterior distribution of the parameters of a log, given the guess of them.

    Parameters
    ----------
    guessed : array
        The guess for the log.
    guesses, truths : array
        Those of the bank, and its parameters, on the normal scale.
    choices : sequence of int
        As in `Posterior`.
    without : int, optional
        A log of the bank that is left out: the log itself.
    """
    if without is not None:
        guesses, truths = (np.delete(each, without, axis=0) for each in (guesses, truths))
    away = (guesses - guessed) / np.maximum(guesses.std(axis=0), TINY)
    squared = (away**2).sum(axis=1)
    number = min(len(truths) - 1, max(NEAR_LEAST * truths.shape[1], int(NEAR_SHARE * len(truths))))
    near = np.argpartition(squared, number)[:number]
    weights = 1 - squared[near] / squared[near].max()  # of Epanechnikov
    design = np.column_stack([np.ones(number), away[near]])
    # The spread, too, depends on where a log lies: that of a parameter on its own guess. What it may owe to
    # others is less than the error of so many slopes. Where it is wide, a log counts less for the mean.
    # Of choices that are on no scale nothing here is used.
    own = away[:, np.cumsum(np.maximum(choices, 1)) - 1]
    independent = weights.sum() ** 2 / (weights**2).sum()
    means, residuals = np.empty(truths.shape[1]), np.empty_like(truths[near])
    for column, (guess_of_it, truth) in enumerate(zip(own.T, truths.T, strict=True)):
        wider = _wider(guess_of_it, truth)[near]
        scale = np.sqrt(weights) / wider
        slopes, _, rank, _ = np.linalg.lstsq(design * scale[:, np.newaxis], truth[near] * scale, rcond=None)
        # Residuals are too small by what the regression took of them, and the mean they are added to errs.
        corrected = np.sqrt((independent + rank) / (independent - rank))
        means[column], residuals[:, column] = slopes[0], (truth[near] - design @ slopes) / wider * corrected
    draws, is_choice = means + residuals, np.array(choices) > 0
    draws[:, is_choice] = truths[near][:, is_choice]
    codes = as_quantiles(draws[:, is_choice]) * np.array(choices)[is_choice]
    weights = _as_likely(weights, away[near], codes.astype(np.int64))
    return Posterior(draws, weights / weights.sum(), choices)


def _wider(own: Floats, truths: Floats) -> Floats:
    """Return how many times wider the spread of a parameter is at each guess of the bank than at the real.

    The normal scale is stretched towards both bounds of a parameter. So its spread is often wide at both ends
    and narrow between them. Two parabolas over the guess are fitted to the whole bank, as few logs are near a
    bound: one to the parameter, and one to the logarithm of its squared error from the first. A real guess
    beyond all of the bank has the spread of the nearest of them.

    Parameters
    ----------
    own : array
        The guess of the parameter for each log of the bank, less the real one, in standard deviations.
    truths : array
        The parameter of each log of the bank.
    """
    middle = own - own.mean()  # far from 0 its powers could not be told apart
    powers = np.vander(middle, 3)
    squared = (truths - powers @ np.linalg.lstsq(powers, truths, rcond=None)[0]) ** 2
    errors = np.log(squared + LEAST_ERROR * squared.mean() + TINY)
    curve = np.linalg.lstsq(powers, errors, rcond=None)[0]
    here = np.clip(-own.mean(), middle.min(), middle.max())
    return np.asarray(np.exp((np.polyval(curve, middle) - np.polyval(curve, here)) / 2), np.float64)


def _as_likely(weights: Floats, away: Floats, codes: Ints) -> Floats:
    """Return weights by which choices are as likely as a logistic regression on the guesses says."""
    if not np.ptp(codes, axis=0).any():  # also if nothing is to be chosen
        return weights
    _, which = np.unique(codes, axis=0, return_inverse=True)
    logistic = _scikit_learn("linear_model").LogisticRegression(max_iter=1000)
    with _one_thread():
        chances = logistic.fit(away, which, weights).predict_proba(np.zeros((1, away.shape[1])))[0]
    return np.asarray(weights * (chances / np.maximum(np.bincount(which, weights), TINY))[which], np.float64)
