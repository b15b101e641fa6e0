"""Elementary effects and Sobol indices of what a simulation expects, from replications of each point.

Each point has the same replications, so the differences between points come from the parameters. Of a
product of two means over replications only the terms of different replications are taken: their expectation
is the product of what is expected, so simulation noise adds nothing to an index.
"""

from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from simlimit.arguments import Floats

# Of the points of a Sobol design: each is scrambled by itself.
BLOCKS = 16
# Where no event is seen in n trials its probability is at most so much over n, with 95 % confidence.
UNSEEN = 3.0


class Effects(NamedTuple):
    """Of each parameter over its whole range: the mean effect and that of its size, and their spread."""

    mu: Floats
    mu_star: Floats
    sigma: Floats
    share: Floats


def product(a: Floats, b: Floats) -> Floats:
    """Return the product of the expectations of two values, from replications in the last axis.

    Examples
    --------
    >>> float(product(np.array([1.0, 3.0]), np.array([10.0, 20.0])))
    25.0
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


def sobol_indices(values: Floats, confidence: float) -> Floats:
    """Return the indices of a design of `simlimit.deciding.points`, with intervals: a row per parameter.

    Its columns: the first index, the ends of its interval; the total index, the ends of its interval.

    First indices are estimated as by Saltelli et al. (2010), total ones as by Jansen (1999). The interval
    covers what other points would change and what other replications would: by a jackknife over the blocks
    of points, which are independent, and one over the replications.

    Parameters
    ----------
    values : array
        Of shape (points, parameters + 2, replications): at a point, where one parameter is that of another
        point, and at that other point.
    confidence : float
        Of each interval.
    """
    centred = values - values[:, [0, -1]].mean(axis=(0, 1))
    parts = _parts(centred)
    estimates = _ratios(parts.mean(axis=0))
    blocks = parts.reshape(BLOCKS, -1, parts.shape[1]).mean(axis=1)
    fewer = [np.delete(centred, k, axis=-1) for k in range(values.shape[-1])]
    by_points = _half_width(blocks.sum(axis=0) - blocks, confidence)
    by_replications = _half_width(np.array([_parts(one).mean(axis=0) for one in fewer]), confidence)
    half = np.hypot(by_points, by_replications)
    low, high = (estimates - half).clip(0, 1), (estimates + half).clip(UNSEEN / len(values), 1)
    return np.hstack(np.split(np.column_stack([estimates, low, high]), 2))


def _half_width(left_out: Floats, confidence: float) -> Floats:
    """Return half of an interval by the jackknife, from parts with one block or replication left out."""
    number = len(left_out)
    wide = stdtrit(number - 1, (1 + confidence) / 2) * (number - 1) ** 0.5
    return np.asarray(wide * _ratios(left_out).std(axis=0), np.float64)


def _parts(centred: Floats) -> Floats:
    """Return for each point what is averaged: the variance, and the numerators of first and total indices."""
    one, mixed, other = centred[:, :1], centred[:, 1:-1], centred[:, -1:]
    variance = (product(one, one) + product(other, other)) / 2
    away = mixed - one
    return np.concatenate([variance, product(other, away), product(away, away) / 2], axis=1)


def _ratios(parts: Floats) -> Floats:
    return np.asarray(parts[..., 1:] / parts[..., :1], np.float64)
