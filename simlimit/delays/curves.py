"""The share that has ended in each way by each age, from counts by age (Aalen-Johansen)."""

import numpy as np
import numpy.typing as npt

from simlimit.errors import SimlimitError

FloatArray = npt.NDArray[np.float64]

# A share is a sum of shares, which can be a little less than what it stands for: ten tenths are to be 1.
ROUNDING = 1e-9


def at_risk(ended: npt.ArrayLike, censored: npt.ArrayLike) -> FloatArray:
    """Return how many are at risk at each age: those whose duration is that age or more.

    Parameters
    ----------
    ended : array of shape (..., outcomes, ages)
        Counts, or amounts, that ended in each way at each age; ages ascending.
    censored : array of shape (..., ages)
        Counts, or amounts, that were last seen at each age and had not ended by then.

    Returns
    -------
    array of shape (..., ages)
        In the unit of the counts.

    Raises
    ------
    SimlimitError
        If the shapes do not match, or a count is negative or missing.

    Examples
    --------
    >>> at_risk([[2, 0, 1]], [0, 1, 1])
    array([5., 3., 2.])
    """
    ended, censored = _checked(ended, censored)
    return _at_risk(ended.sum(axis=-2), censored)


def aalen_johansen(ended: npt.ArrayLike, censored: npt.ArrayLike) -> FloatArray:
    """Return the cumulative incidence of each outcome: the share that has ended so by each age.

    With n at risk and d_k that end in way k at an age, F_k grows there by S d_k / n, where S is the share
    that had not ended before it. Ties are exact: all whose duration is the age or more are at risk at it, and
    those that end come before those that are censored at the same age. Without censoring, F_k are plain
    proportions.

    Parameters
    ----------
    ended : array of shape (..., outcomes, ages)
        Counts, or amounts, that ended in each way at each age; ages ascending.
    censored : array of shape (..., ages)
        Counts, or amounts, that were last seen at each age and had not ended by then.

    Returns
    -------
    array of shape (..., outcomes, ages)
        Shares from 0 to 1. NaN at ages that nobody was observed at, for what happens there is not known,
        unless all have ended before: then nothing more can happen, and the curve stays.

    Raises
    ------
    SimlimitError
        If the shapes do not match, or a count is negative or missing.

    References
    ----------
    Aalen, O. O. and Johansen, S. (1978). An empirical transition matrix for non-homogeneous Markov chains
    based on censored observations. Scandinavian Journal of Statistics 5(3), 141-150.

    Kalbfleisch, J. D. and Prentice, R. L. (2002). The Statistical Analysis of Failure Time Data, 2nd ed.,
    Wiley, chapter 8.

    Examples
    --------
    Of four holds, two are released, at ages 0 and 2, one is forfeited at age 1, and one was last seen at age
    1:

    >>> aalen_johansen([[1, 0, 1, 0], [0, 1, 0, 0]], [0, 1, 0, 0])
    array([[0.25, 0.25, 0.75, 0.75],
           [0.  , 0.25, 0.25, 0.25]])
    """
    ended, censored = _checked(ended, censored)
    leaving = ended.sum(axis=-2)
    observed = _at_risk(leaving, censored)
    before, after = _pending(leaving, observed)
    # Each of those at risk stands for S / n of all: the censored count through them.
    incidence = _quotient(before, observed)[..., None, :] * ended
    np.cumsum(incidence, axis=-1, out=incidence)
    np.minimum(incidence, 1.0, out=incidence)
    np.copyto(incidence, np.nan, where=_unknown(observed, after)[..., None, :])
    return incidence


def aalen_johansen_variance(ended: npt.ArrayLike, censored: npt.ArrayLike) -> FloatArray:
    """Return the variance of each cumulative incidence at each age, if those counted are independent.

    The delta-method estimator, with n at risk, d that end, d_k of them in way k, S the share that had not
    ended before: the sum over ages s up to t of (F_k(t) - F_k(s))^2 d / (n (n - d)) + S^2 d_k (n - d_k) / n^3
    - 2 (F_k(t) - F_k(s)) S d_k / n^2. Without censoring it is F_k (1 - F_k) / n.

    Parameters
    ----------
    ended : array of shape (..., outcomes, ages)
        Counts that ended in each way at each age; ages ascending. Of amounts it would have no meaning.
    censored : array of shape (..., ages)
        Counts that were last seen at each age and had not ended by then.

    Returns
    -------
    array of shape (..., outcomes, ages)
        NaN where the curve is.

    Raises
    ------
    SimlimitError
        If the shapes do not match, or a count is negative or missing.

    References
    ----------
    Marubini, E. and Valsecchi, M. G. (1995). Analysing Survival Data from Clinical Trials and Observational
    Studies, Wiley, section 10.3.

    Dinse, G. E. and Larson, M. G. (1986). A note on semi-Markov models for partially censored data.
    Biometrika 73(2), 379-386.

    Examples
    --------
    >>> float(aalen_johansen_variance([[1, 3], [0, 0]], [0, 0])[0, 0])  # 1/4 * 3/4 / 4
    0.046875
    """
    ended, censored = _checked(ended, censored)
    leaving = ended.sum(axis=-2)
    observed = _at_risk(leaving, censored)
    before, after = _pending(leaving, observed)
    # The share of all that one of those at risk stands for: the censored count through them.
    per_head = _quotient(before, observed)[..., None, :]
    hazard = _quotient(leaving, observed * (observed - leaving))[..., None, :]
    seen = observed[..., None, :]
    growth = per_head * ended
    # A sum of (F(t) - F(s)) x(s) is a running sum of growth times what was summed of x before it: no
    # difference of large numbers, and the last age, at which n - d can be 0, never enters.
    risk_before = _sum_before(hazard)
    mixed_before = _sum_before(growth * risk_before)
    common = growth**2 * risk_before + 2 * growth * mixed_before
    own = per_head**2 * ended * _quotient(seen - ended, seen)
    both = 2 * growth * _sum_before(_quotient(growth, seen))
    variance = np.maximum(np.cumsum(common + own - both, axis=-1), 0.0)
    np.copyto(variance, np.nan, where=_unknown(observed, after)[..., None, :])
    return variance


def _checked(ended: npt.ArrayLike, censored: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    ends: FloatArray = np.asarray(ended, np.float64)
    losses: FloatArray = np.asarray(censored, np.float64)
    if ends.ndim < 2 or losses.shape != (*ends.shape[:-2], *ends.shape[-1:]):
        raise SimlimitError(
            f"ended has shape {ends.shape} and censored has shape {losses.shape}, "
            "but they must be (..., outcomes, ages) and (..., ages)."
        )
    _check_counts("ended", ends)
    _check_counts("censored", losses)
    return ends, losses


def _check_counts(name: str, counts: FloatArray) -> None:
    # Written so that NaN is refused, too.
    if not (counts >= 0).all():
        wrong = counts[~(counts >= 0)][0]
        raise SimlimitError(f"{name} has the value {wrong:g}, but counts must be 0 or more.")


def _at_risk(leaving: FloatArray, censored: FloatArray) -> FloatArray:
    observed: FloatArray = np.cumsum((leaving + censored)[..., ::-1], axis=-1)[..., ::-1]
    return observed


def _pending(leaving: FloatArray, observed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the share that has not ended before each age, and at its end."""
    after = np.divide(observed - leaving, observed, out=np.ones_like(observed), where=observed > 0)
    np.cumprod(after, axis=-1, out=after)
    before = np.ones_like(after)
    before[..., 1:] = after[..., :-1]
    return before, after


def _unknown(observed: FloatArray, after: FloatArray) -> npt.NDArray[np.bool_]:
    """Return where nobody was observed although some have not ended."""
    unknown: npt.NDArray[np.bool_] = (observed == 0) & (after > 0)
    return unknown


def _sum_before(each: FloatArray) -> FloatArray:
    """Return the sum over all earlier ages."""
    total = np.zeros_like(each)
    np.cumsum(each[..., :-1], axis=-1, out=total[..., 1:])
    return total


def _quotient(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide; where there is nobody, nothing happens: 0."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
