"""Intervals of a share, also where nothing or little was observed."""

import numpy as np
from scipy.special import betaincinv, expit, logit, ndtri, stdtrit

from simlimit.arguments import Floats, Truths
from simlimit.delays.curves import ROUNDING, Counts, aalen_johansen, at_risk, effective_number

# With fewer at risk, the interval of a curve is unknown.
LEAST_AT_RISK = 5
# With fewer at risk, a point of a curve is marked.
FEW_AT_RISK = 20

Ends = tuple[Floats, Floats]


def mark_few(counts: Counts) -> tuple[Truths, Truths]:
    """Return where few rows are at risk, and where too few for an interval.

    Parameters
    ----------
    counts : arrays
        Rows that ended, were censored, and perhaps entered, as in `aalen_johansen`.

    Returns
    -------
    tuple of two arrays of shape (ages)
        Where fewer than 20 are at risk; and where fewer than 5 are, some rows having been censored before.
        Without those, shares are plain proportions of all rows, of which 5 are enough. Once all have ended,
        both stay as they were. Where rows enter late, those at risk may become more again. But a share rests
        on all ends so far, so what counts is the smallest number since the first end.
    """
    observed = at_risk(*counts)
    has_ended = (observed == 0) & (aalen_johansen(*counts).sum(axis=0) > 1 - ROUNDING)
    observed = observed[np.maximum.accumulate(np.where(has_ended, 0, np.arange(len(observed))))]
    if len(counts) > 2:  # some enter late
        has_begun = counts[0].sum(axis=0).cumsum() > 0
        observed = np.fmin(observed, np.minimum.accumulate(np.where(has_begun, observed, np.inf)))
        return observed < FEW_AT_RISK, observed < LEAST_AT_RISK
    number = effective_number(counts)
    none_censored = (number >= LEAST_AT_RISK) & (number > (1 - ROUNDING) * observed[0])
    return observed < FEW_AT_RISK, (observed < LEAST_AT_RISK) & ~none_censored


def log_log(share: Floats, variance: Floats, number: Floats, confidence: float) -> Ends:
    """Return the interval of a share that is a normal one of log(-log share); exact where that is infinite.

    Parameters
    ----------
    share, variance : arrays
    number : array
        The effective number of independent rows, for `exact`.
    confidence : float
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        margin = np.exp(ndtri(0.5 + confidence / 2) * np.sqrt(variance) / np.abs(share * np.log(share)))
        low, high = share**margin, share ** (1 / margin)
    is_edge = (share < ROUNDING) | (share > 1 - ROUNDING)
    return _replace(is_edge, exact(share, number, confidence), (low, high))


def student_logit(share: Floats, error: Floats, freedom: Floats, number: Floats, confidence: float) -> Ends:
    """Return the interval of a share that is Student's t of its logit; exact where clusters do not differ.

    Parameters
    ----------
    share, error : arrays
        The error is NaN where it is undefined without some cluster; there the interval is exact, too.
    freedom : array
        Degrees of freedom.
    number : array
        The effective number of clusters, for `exact`.
    confidence : float
    """
    # The quantile is finite from a tenth of a degree on, with which the interval is already 0 to 1.
    quantile = stdtrit(np.maximum(freedom, 0.1), 0.5 + confidence / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        middle, margin = logit(share), quantile * error / (share * (1 - share))
        low, high = expit(middle - margin), expit(middle + margin)
    is_edge = (share < ROUNDING) | (share > 1 - ROUNDING) | ~(error > ROUNDING)
    return _replace(is_edge, exact(share, number, confidence), (low, high))


def never_falling(low: Floats, high: Floats) -> Ends:
    """Return the intervals of a share that never falls, along the last axis; NaN stays NaN.

    A share that surely was 0.85 a day ago is no smaller now, although its interval may have become wider. One
    that will surely be at most 0.02 in a month is no larger now, although nothing was observed so far.
    """
    least = np.fmax.accumulate(low, axis=-1)
    most = np.flip(np.fmin.accumulate(np.flip(high, axis=-1), axis=-1), axis=-1)
    return np.where(np.isnan(low), np.nan, least), np.where(np.isnan(high), np.nan, most)


def exact(share: Floats, number: Floats, confidence: float) -> Ends:
    """Return the interval of Clopper and Pearson (1934) of a share of a number of trials, whole or not.

    Of none in n trials it is 0 to 1 - (alpha / 2)^(1 / n): about 0 to 3.7 / n at 95 %. It is NaN without a
    trial.
    """
    number = np.where(number > 0, number, np.nan)
    ended = np.clip(share, 0, 1) * number
    with np.errstate(invalid="ignore"):  # of endless many, an unknown number is left
        rest = number - ended
    tail = 0.5 - confidence / 2
    low = betaincinv(np.maximum(ended, ROUNDING), rest + 1, tail)
    high = betaincinv(ended + 1, np.maximum(rest, ROUNDING), 1 - tail)
    return np.where(share < ROUNDING, 0 * number, low), np.where(share > 1 - ROUNDING, 1 + 0 * number, high)


def _replace(where: Truths, new: Ends, old: Ends) -> Ends:
    low, high = (np.where(where, *ends) for ends in zip(new, old, strict=True))
    return low, high
