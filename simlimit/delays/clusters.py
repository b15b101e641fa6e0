"""The jackknife interval of a statistic of pooled counts: how it changes when one cluster is left out."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from simlimit.arguments import check_confidence
from simlimit.delays.curves import FloatArray
from simlimit.errors import SimlimitError

Statistic = Callable[..., FloatArray]

# The counts of a batch should fit into the cache of a core.
CELLS_PER_BATCH = 50_000


class Band(NamedTuple):
    """An estimate with its standard error and interval: four arrays of one shape."""

    estimate: FloatArray
    error: FloatArray
    low: FloatArray
    high: FloatArray


def jackknife(
    statistic: Statistic,
    *counts: npt.ArrayLike,
    confidence: float = 0.95,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Band:
    """Return a statistic of pooled counts with its delete-one-cluster jackknife interval.

    A cluster is a replication of a study, or a borrower of a log. The estimate is the statistic of the counts
    summed over all clusters. Its squared standard error is (m - 1)/m times the sum of squared deviations of
    the m leave-one-out values from their mean. The interval uses Student's t with m - 1 degrees of freedom.
    Clusters are assumed independent; rows of one cluster may depend on each other in any way.

    Parameters
    ----------
    statistic : callable
        Takes as many arrays as there are `counts`, with any leading axes in place of the clusters. Returns
        an array with the same leading axes. An example is `aalen_johansen`.
    *counts : arrays of shape (clusters, ...)
        Counts, or amounts, of each cluster.
    confidence : float
        Between 0 and 1.
    bounds : (float, float)
        Least and largest possible value of the statistic; the interval is cut to them.

    Returns
    -------
    Band
        `estimate`, `error`, `low` and `high`, each of the shape of the statistic. All but the estimate are
        NaN with one cluster, and where the statistic is undefined without some cluster.

    Raises
    ------
    SimlimitError
        If the arrays do not have the same number of clusters, or the confidence is not between 0 and 1.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap, Chapman & Hall, chapter 11.

    Examples
    --------
    Three replications have 4 holds each. 1, 2 and 3 of them were released at once, the rest a day later:

    >>> from simlimit.delays import aalen_johansen, jackknife
    >>> ended = [[[1, 3]], [[2, 2]], [[3, 1]]]
    >>> band = jackknife(aalen_johansen, ended, [[0, 0]] * 3)
    >>> [round(float(values[0, 0]), 4) for values in band]
    [0.5, 0.1443, 0.0, 1.0]
    """
    arrays = tuple(np.asarray(values, np.float64) for values in counts)
    shapes = {array.shape[:1] for array in arrays}
    if len(shapes) != 1 or shapes & {(), (0,)}:
        raise SimlimitError(
            f"counts have shapes {', '.join(str(array.shape) for array in arrays)}, "
            "but must have the same number of clusters, 1 or more, along their first axis."
        )
    clusters = len(arrays[0])
    size = clusters_per_batch(sum(array[0].size for array in arrays))
    batches = (tuple(array[first : first + size] for array in arrays) for first in range(0, clusters, size))
    totals = tuple(array.sum(axis=0) for array in arrays)
    return jackknife_in_batches(statistic, totals, batches, clusters, confidence, bounds)


def clusters_per_batch(cells: int) -> int:
    """Return how many clusters to work on at once, if each has this number of counts."""
    return max(1, CELLS_PER_BATCH // max(1, cells))


def jackknife_in_batches(
    statistic: Statistic,
    totals: Sequence[FloatArray],
    batches: Iterable[Sequence[FloatArray]],
    clusters: int,
    confidence: float,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Band:
    """Return the band of `jackknife`, from the totals and the counts of a batch of clusters at a time."""
    check_confidence(confidence)
    estimate = statistic(*totals)
    # Deviations from the estimate are small: their squares can be summed without losing digits.
    total = np.zeros_like(estimate)
    squares = np.zeros_like(estimate)
    for batch in batches:
        # Never below 0, even rounded: without some terms, a sum in the same order is not larger.
        left_out = (sums - counts for sums, counts in zip(totals, batch, strict=True))
        deviation = statistic(*left_out) - estimate
        total += deviation.sum(axis=0)
        squares += np.square(deviation, out=deviation).sum(axis=0)
    spread = np.maximum(squares - total**2 / clusters, 0.0)
    error = np.sqrt(spread * (clusters - 1) / clusters) if clusters > 1 else np.full_like(estimate, np.nan)
    margin = stdtrit(max(clusters - 1, 1), 0.5 + confidence / 2) * error
    low, high = (np.clip(end, *bounds) for end in (estimate - margin, estimate + margin))
    return Band(estimate, error, low, high)
