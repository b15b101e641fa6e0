"""The jackknife interval of a statistic of pooled counts: how it changes when one cluster is left out."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simlimit.arguments import Floats, as_numbers, check_confidence, shown
from simlimit.delays.curves import Counts, at_risk, effective_number
from simlimit.delays.share_intervals import student_logit
from simlimit.errors import SimlimitError

Statistic = Callable[..., Floats]

# The counts of a batch should fit into the cache of a core.
CELLS_PER_BATCH = 50_000


class Band(NamedTuple):
    """An estimate with its standard error and interval: four arrays of one shape."""

    estimate: Floats
    error: Floats
    low: Floats
    high: Floats


def jackknife(
    statistic: Statistic,
    *counts: npt.ArrayLike,
    confidence: float = 0.95,
    bounds: tuple[float, float] = (0.0, 1.0),
    clusters: npt.ArrayLike | None = None,
) -> Band:
    """Return a statistic of pooled counts with its delete-one-cluster jackknife interval.

    A cluster is a replication of a study, or a borrower of a log. The estimate is the statistic of the counts
    summed over all clusters. Its squared standard error is (m - 1)/m times the sum of squared deviations of
    the m leave-one-out values from their mean. Clusters are assumed independent; rows of one cluster may
    depend on each other in any way.

    The interval is Student's t on the logit scale, between the bounds. Its degrees of freedom are the
    effective number of clusters less 1. They are Satterthwaite's 2 (sum d^2)^2 / sum d^4 of the deviations d
    if these are fewer: a few clusters that differ much tell little about the error. Where clusters do not
    differ, as where nothing was observed, the interval is the exact one of a share of the effective number
    of trials. So it is never of width 0.

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
        Least and largest possible value of the statistic.
    clusters : array, optional
        The effective number of clusters behind each value. If not given, it is (sum n)^2 / sum n^2, where n
        is all that a cluster counts: equal clusters count in full, uneven ones less.

    Returns
    -------
    Band
        `estimate`, `error`, `low` and `high`, each of the shape of the statistic. All but the estimate are
        NaN with one cluster. The error is NaN where the statistic is undefined without some cluster; there
        the interval is exact.

    Raises
    ------
    SimlimitError
        If the arrays do not have the same number of clusters, or the confidence is not between 0 and 1.

    References
    ----------
    Efron, B. and Tibshirani, R. J. (1993). An Introduction to the Bootstrap, Chapman & Hall, chapter 11.

    Satterthwaite, F. E. (1946). An approximate distribution of estimates of variance components. Biometrics
    Bulletin 2(6), 110-114.

    Clopper, C. J. and Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in the case
    of the binomial. Biometrika 26(4), 404-413.

    Examples
    --------
    Three replications have 4 holds each. 1, 2 and 3 of them were released at once, the rest a day later:

    >>> from simlimit.delays import aalen_johansen, jackknife
    >>> ended = [[[1, 3]], [[2, 2]], [[3, 1]]]
    >>> band = jackknife(aalen_johansen, ended, [[0, 0]] * 3)
    >>> [round(float(values[0, 0]), 4) for values in band]
    [0.5, 0.1443, 0.077, 0.923]
    """
    if not callable(statistic):
        raise SimlimitError(f"statistic is {shown(statistic)}, but must be a function of arrays.")
    ends = as_numbers("bounds", bounds)
    if ends.shape != (2,) or not -np.inf < ends[0] < ends[1] < np.inf:
        raise SimlimitError(f"bounds is {shown(bounds)}, but must be two numbers, the lower one first.")
    arrays = tuple(as_numbers("counts", values) for values in counts)
    shapes = {array.shape[:1] for array in arrays}
    if len(shapes) != 1 or shapes & {(), (0,)}:
        allowed = "the same number of clusters, 1 or more, along their first axis."
        found = ", ".join(str(array.shape) for array in arrays)
        raise SimlimitError(f"counts have shapes {found}, but must have {allowed}")
    number = len(arrays[0])
    size = clusters_per_batch(sum(array[0].size for array in arrays))
    batches = (tuple(array[first : first + size] for array in arrays) for first in range(0, number, size))
    totals = tuple(array.sum(axis=0) for array in arrays)
    if clusters is None:
        sizes = sum(array.reshape(number, -1).sum(axis=1) for array in arrays)
        with np.errstate(invalid="ignore"):
            clusters = np.sum(sizes) ** 2 / np.sum(sizes**2)
    least, width = float(ends[0]), float(ends[1] - ends[0])

    def share(*sums: Floats) -> Floats:
        return (as_numbers("statistic", statistic(*sums)) - least) / width

    band = jackknife_in_batches(share, totals, batches, confidence, as_numbers("clusters", clusters))
    return Band(least + width * band.estimate, width * band.error, *(least + width * end for end in band[2:]))


def clusters_per_batch(cells: int) -> int:
    """Return how many clusters to work on at once, if each has this number of counts."""
    return max(1, CELLS_PER_BATCH // max(1, cells))


def clusters_behind(totals: Counts, batches: Iterable[Counts]) -> Floats:
    """Return the effective number of clusters behind a curve at each age: `effective_number`."""
    squares = np.sum([np.square(at_risk(*batch)).sum(axis=0) for batch in batches], axis=0)
    return effective_number(totals, squares)


def jackknife_in_batches(
    statistic: Statistic, totals: Counts, batches: Iterable[Counts], confidence: float, clusters: Floats
) -> Band:
    """Return the band of `jackknife` of a share, from the totals and a batch of clusters at a time."""
    confidence = check_confidence(confidence)
    estimate, number = statistic(*totals), 0
    # Deviations from the estimate are small: their squares can be summed without losing digits.
    total, squares, fourths = np.zeros((3, *estimate.shape))
    for batch in batches:
        # Never below 0, even rounded: without some terms, a sum in the same order is not larger.
        left_out = (sums - counts for sums, counts in zip(totals, batch, strict=True))
        deviation = statistic(*left_out) - estimate
        if deviation.ndim != estimate.ndim + 1:
            raise SimlimitError("statistic drops the first axis of its arrays, but must keep it.")
        number += len(deviation)
        total += deviation.sum(axis=0)
        squares += np.square(deviation, out=deviation).sum(axis=0)
        fourths += np.square(deviation, out=deviation).sum(axis=0)
    if number == 1:
        unknown = np.full_like(estimate, np.nan)
        return Band(estimate, unknown, unknown, unknown)
    error = np.sqrt(np.maximum(squares - total**2 / number, 0.0) * (number - 1) / number)
    if clusters.shape not in ((), estimate.shape[-1:], estimate.shape):
        raise SimlimitError(f"clusters has shape {clusters.shape}, but must have {estimate.shape}.")
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = np.fmin(2 * squares**2 / fourths, clusters - 1)
    return Band(estimate, error, *student_logit(estimate, error, freedom, clusters, confidence))
