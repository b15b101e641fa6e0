"""Elementary effects and Sobol indices of what a simulation expects, from replications of each point.

Each point has the same replications, so the differences between points come from the parameters. Of a
product of two means over replications only the terms of different replications are taken: their expectation
is the product of what is expected, so simulation noise adds nothing to an index.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import ndtri, stdtrit

from simlimit.arguments import Floats

RESAMPLES = 1000
# Where no event is seen in n trials its probability is at most so much over n, with 95 % confidence.
UNSEEN = 3.0


class Effects(NamedTuple):
    """Of each parameter over its whole range: the mean effect and that of its size, and their spread."""

    mu: Floats
    mu_star: Floats
    sigma: Floats
    share: Floats


class Indices(NamedTuple):
    """First and total indices, a row per parameter: estimate, lower and upper end of the interval.

    Attributes
    ----------
    first, total : array
    noise : float
        The share of simulation noise in the variance of the means over the replications of a point.
    mean, sd : float
        Of what is expected, over the ranges.
    """

    first: Floats
    total: Floats
    noise: float
    mean: float
    sd: float


def product(a: Floats, b: Floats) -> Floats:
    """Return the product of the expectations of two values, from replications in the last axis.

    Examples
    --------
    >>> product(np.array([1.0, 3.0]), np.array([10.0, 20.0]))
    np.float64(25.0)
    """
    number = a.shape[-1]
    return np.asarray((a.sum(-1) * b.sum(-1) - (a * b).sum(-1)) / (number * (number - 1)))


def elementary_effects(design: Floats, values: Floats) -> Effects:
    """Return the effects along trajectories, on each of which every parameter moves once (Morris 1991).

    The last is the share of a parameter in the sum of the mean squares of effects: about its total index.
    """
    parameters = design.shape[1]
    steps = np.diff(design.reshape(-1, parameters + 1, parameters), axis=1)
    moved = np.abs(steps).argmax(axis=2)[..., np.newaxis]
    changes = np.diff(values.reshape(*steps.shape[:1], parameters + 1, -1), axis=1)
    effects = np.empty_like(changes)
    np.put_along_axis(effects, moved, changes / np.take_along_axis(steps, moved, axis=2), axis=1)
    squares, means = product(effects, effects).mean(axis=0).clip(0), effects.mean(axis=2)
    share = squares / max(squares.sum(), np.finfo(float).tiny)
    return Effects(means.mean(axis=0), np.abs(means).mean(axis=0), means.std(axis=0, ddof=1), share)


def sobol_indices(values: Floats, confidence: float, seed: int) -> Indices:
    """Return the indices of a design of SALib's, with intervals.

    First indices are estimated as by Saltelli et al. (2010), total ones as by Jansen (1999). The interval
    covers what another sample of points would change, by a bootstrap over points, and what other replications
    would, by a jackknife over replications.

    Parameters
    ----------
    values : array
        Of shape (points, parameters + 2, replications): at a point, where one parameter is that of another
        point, and at that other point.
    confidence : float
        Of each interval.
    seed : int
        Of the bootstrap.
    """
    ends = values[:, [0, -1]]
    centred = values - ends.mean(axis=(0, 1))
    points, replications = len(values), values.shape[-1]
    parts = _parts(centred)
    weights = np.random.default_rng(seed).multinomial(points, np.full(points, 1 / points), RESAMPLES) / points
    left_out = [np.delete(centred, k, axis=-1) for k in range(replications)]
    kept = _ratios(np.array([_parts(one).mean(axis=0) for one in left_out]))
    tail = (1 + confidence) / 2
    by_points = ndtri(tail) * _ratios(weights @ parts).std(axis=0)
    by_replications = stdtrit(replications - 1, tail) * kept.std(axis=0) * (replications - 1) ** 0.5
    half, estimates = np.hypot(by_points, by_replications), _ratios(parts.mean(axis=0))
    low, high = (estimates - half).clip(0, 1), (estimates + half).clip(UNSEEN / points, 1)
    first, total = np.split(np.column_stack([estimates, low, high]), 2)
    variance = parts[:, 0].mean()
    seen = (centred[:, [0, -1]].mean(axis=-1) ** 2).mean()
    return Indices(first, total, 1 - variance / seen, float(ends.mean()), float(max(variance, 0) ** 0.5))


def _parts(centred: Floats) -> Floats:
    """Return for each point what is averaged: the variance, and the numerators of first and total indices."""
    one, mixed, other = centred[:, :1], centred[:, 1:-1], centred[:, -1:]
    variance = (product(one, one) + product(other, other)) / 2
    away = mixed - one
    return np.concatenate([variance, product(other, away), product(away, away) / 2], axis=1)


def _ratios(parts: Floats) -> Floats:
    return np.asarray(parts[..., 1:] / parts[..., :1], np.float64)
