"""How long a daily series takes to settle, as seen over replications.

Welch, P. D. (1983). The statistical analysis of simulation results. In: Lavenberg, S. S. (ed.),
The Computer Performance Modeling Handbook. Academic Press, 268-328 (means over replications, smoothed).
Robinson, S. (2007). A statistical process control approach to selecting a warm-up period for a
discrete-event simulation. European Journal of Operational Research 176(1), 332-346 (limits from the second
half of the run). Hoad, K., Robinson, S. and Davies, R. (2010). Automating warm-up length estimation.
Journal of the Operational Research Society 61(9), 1389-1403 (an answer too late in the run is rejected).
"""

import math

import numpy as np
from scipy.special import stdtrit

from simlimit.arguments import Floats

WEEK = 7
# Weeks that are averaged: weekdays, and days of the month, differ without a drift.
WINDOW = 4
# The share of the level by which the mean of the days that are left may be off.
TOLERANCE = 0.05
# The chance that a settled series looks further off in some window, if windows are independent.
ERROR = 0.01


def settled(values: Floats) -> tuple[float, float]:
    """Return the days after which a series no longer drifts, and which drift would be seen.

    For example, a series grows for 90 days. Its level is the mean of the second half of the run. The mean of
    each four weeks in a row is compared with it, paired within replications. The drift is what they differ by
    for certain: the distance of the means over replications, less half of Student's t interval. The intervals
    of all windows hold together with 99 %. The standard error is that of the four weeks, or the usual one of
    the second half if that is larger.

    The series has settled once the drift stays within 10 % of the level. Then the mean of all days that are
    left is within 5 %: at least half of them are the second half. A larger drift, up to 20 %, does not count
    if it is found in the second half, too: it comes back, as holidays do.

    Parameters
    ----------
    values : array of float, shape (replications, days)

    Returns
    -------
    days : float
        A multiple of seven. NaN if the run is too short to tell. Then it has fewer than sixteen weeks, or the
        series drifts in the last tenth of the first half, or by more than 20 % in the second half. Or the
        last quarter is certainly more than 5 % off the third. NaN, too, if replications are too few: a series
        may start at 0, and its drift is not seen.
    detectable : float
        10 % and half of the usual interval, as a share of the level. What is further off is likely seen.

    Examples
    --------
    >>> import numpy as np
    >>> from simlimit.study.warmup import settled
    >>> noise = np.random.default_rng(1).normal(0, 0.1, (100, 720))
    >>> settled(np.minimum(np.arange(720) / 90, 1) + noise)[0]
    70.0
    """
    replications, days = values.shape
    weeks = values[:, : days // WEEK * WEEK].reshape(replications, -1, WEEK).mean(axis=2)
    number, half = weeks.shape[1], weeks.shape[1] // 2
    if replications < 2 or number < 4 * WINDOW:
        return math.nan, math.nan
    quarters = [part.mean(axis=1) for part in np.array_split(weeks[:, half:], 2, axis=1)]
    levels = weeks[:, half:].mean(axis=1)
    level = abs(levels.mean())
    windows = np.lib.stride_tricks.sliding_window_view(weeks, WINDOW, axis=1).mean(axis=2)
    differences = windows - levels[:, np.newaxis]
    variances = differences.var(axis=0, ddof=1)
    usual = variances[half:].mean()
    quantile = stdtrit(replications - 1, 1 - ERROR / 2 * WINDOW / number) / math.sqrt(replications)
    drift = np.abs(differences.mean(axis=0)) - quantile * np.sqrt(np.maximum(variances, usual))
    at_end, returning = quarters[1] - quarters[0], drift[half:].max()
    drifts_on = abs(at_end.mean()) - quantile * at_end.std(ddof=1) > TOLERANCE * level
    outside = np.flatnonzero(drift > max(2 * TOLERANCE * level, returning))
    first = outside[-1] + 1 if len(outside) else 0
    seen = quantile * math.sqrt(usual)
    # A series that drifts in the last tenth of the first half has not settled.
    is_settled = first <= 0.9 * half and returning <= 4 * TOLERANCE * level and not drifts_on
    detectable = 2 * TOLERANCE + (float(seen / level) if level else 0.0)
    return float(WEEK * first) if is_settled and seen <= level else math.nan, detectable
