"""How many replications a precision needs: until the interval of every chosen metric is narrow, and stays so.

Hoad, K., Robinson, S. and Davies, R. (2010). Automated selection of the number of replications for
a discrete-event simulation. Journal of the Operational Research Society 61(11), 1632-1644.
"""

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, Truths, as_choices, is_number, refused
from simlimit.study import intervals, metrics

# The rule may not stop earlier: the variance of fewer replications is too uncertain.
LEAST_REPLICATIONS = 30
# The intervals must stay narrow for this number of further replications, or this percentage of them.
LOOK_AHEAD = 5
# Replications that saw an event of the metric: the variance of what is rarer is too uncertain.
LEAST_SEEN = 20
CONFIDENCE = 0.95
DEFAULT_METRIC = "days_away"


def target_half_widths(precision: float | Mapping[str, float], recording: bool = True) -> dict[str, float]:
    """Return the relative half-width asked of each metric; a number alone is for `DEFAULT_METRIC`.

    What processes will record is not known before: with them, a metric of records may have any name.
    """
    targets = dict(precision) if isinstance(precision, Mapping) else {DEFAULT_METRIC: precision}
    recorded = [one for one in targets if recording and isinstance(one, str) and metrics.is_recorded(one)]
    as_choices("precision", [*targets], (*metrics.METRICS, *recorded), "study.metrics()")
    for metric, target in targets.items():
        if not is_number(target) or not 0 < target < 1:
            allowed = "a number between 0 and 1: half the width of the interval relative to the estimate"
            raise refused(f"precision of {metric}", target, allowed)
    return targets


def replications_needed(values: Floats, events: Floats, targets: Floats) -> int | None:
    """Return how many of the replications are needed for all metrics to be precise.

    Parameters
    ----------
    values : array of float, shape (replications, metrics)
        In the order of the replications. NaN, where a replication has no value, is left out.
    events : array of float, shape (replications, metrics, 2)
        How many events of the metric a replication saw, and how many that are none: `events_seen`.
    targets : array of float, shape (metrics,)
        Half-widths relative to the estimates.

    Returns
    -------
    int or None
        The least number, at least `LEAST_REPLICATIONS`, from which all intervals stay narrow enough while
        looking ahead; the replications looked at are included. None if there are too few replications, or
        events of a metric were seen in fewer than `LEAST_SEEN` of them.
    """
    seen = ((events > 0).cumsum(axis=0) >= LEAST_SEEN).all(axis=(1, 2))
    narrow = np.append(narrow_enough(values, targets) & seen, False)
    # For each number of replications, for how many numbers in a row from there the intervals are narrow.
    ends = np.flatnonzero(~narrow)
    lasting = ends[np.searchsorted(ends, np.arange(len(values)))] - np.arange(len(values))
    for number in range(LEAST_REPLICATIONS, len(values) + 1):
        ahead = max(LOOK_AHEAD, math.ceil(number * LOOK_AHEAD / 100))
        if lasting[number - 1] > ahead:
            return number + ahead
    return None


def narrow_enough(values: Floats, targets: Floats) -> Truths:
    """Return, for the first 1, 2, .. replications, whether the intervals of all metrics are narrow enough."""
    seen = pd.DataFrame(values).expanding()
    half = intervals.half_width(seen.std().to_numpy(), seen.count().to_numpy(np.int64), CONFIDENCE)
    # Replications that are all equal do not say how much others would differ.
    is_narrow = (half > 0) & (half <= targets * seen.mean().abs().to_numpy())
    # A mean over what was not reached, such as a median, is none; pandas would leave it out.
    return np.asarray((is_narrow & ~np.logical_or.accumulate(np.isinf(values))).all(axis=1))
