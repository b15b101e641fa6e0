"""MSER-5: a suggestion of how long the warm-up of a series lasts.

White, K. P. (1997). An effective truncation heuristic for bias reduction in simulation output.
Simulation 69(6), 323-334. White, K. P., Cobb, M. J. and Spratt, S. C. (2000). A comparison of five
steady-state truncation heuristics for simulation. Proceedings of the Winter Simulation Conference,
755-760 (batches of five).
"""

import numpy as np
import numpy.typing as npt

BATCH = 5
TOO_LATE = 0.9
"""A truncation beyond this share of the first half says that the series has not settled."""


def mser5(series: npt.NDArray[np.float64]) -> int | None:
    """Return how many values to leave out at the start, by MSER-5.

    The series is averaged in batches of five. Each truncation in its first half leaves n - d batches, and has
    the marginal standard error ``sum((y - mean)**2) / (n - d)**2``. The truncation with the least error is
    suggested; if several have it, the shortest.

    Parameters
    ----------
    series : array of float, shape (n,)

    Returns
    -------
    int or None
        A multiple of five. None if the series is too short: it has fewer than twenty values, or the error is
        least in the last tenth of the first half, and so was still falling close to the middle.

    Examples
    --------
    >>> import numpy as np
    >>> from simlimit.study.warmup import mser5
    >>> mser5(np.concatenate([np.linspace(5, 0, 50), np.tile([0.1, -0.1, 0.0, 0.2, -0.2, 0.1], 50)]))
    50
    """
    batches = series[: len(series) // BATCH * BATCH].reshape(-1, BATCH).mean(axis=1)
    number = len(batches)
    if number < 4:
        return None
    tails = [batches[first:] for first in range(number // 2 + 1)]
    errors = np.array([((tail - tail.mean()) ** 2).sum() / len(tail) ** 2 for tail in tails])
    # Rounding leaves a small error even for a constant series; smaller differences do not count.
    rounding = (np.finfo(np.float64).eps * np.abs(batches).max()) ** 2
    best = int((errors <= errors.min() + rounding).argmax())
    return None if best > TOO_LATE * (number // 2) else BATCH * best
