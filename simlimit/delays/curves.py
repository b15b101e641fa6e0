"""The Aalen-Johansen estimator: the share that has ended in each way by each age, from counts by age."""

import numpy as np
from numpy.typing import ArrayLike

from simlimit.arguments import Floats, Ints, Truths, as_numbers
from simlimit.errors import SimlimitError

# Those that ended, were censored and, if any did, entered late, by age: as in `aalen_johansen`.
Counts = tuple[Ints | Floats, ...]

# The floating-point sum of ten tenths is a little less than 1, but must count as 1.
ROUNDING = 1e-9


def at_risk(ended: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None) -> Floats:
    """Return how many are at risk at each age: under observation by then, with that duration or a longer one.

    Parameters
    ----------
    ended, censored, entered : arrays
        As in `aalen_johansen`.

    Returns
    -------
    array of shape (..., ages)
        In the unit of the counts.

    Raises
    ------
    SimlimitError
        As `aalen_johansen` does.

    Examples
    --------
    >>> at_risk([[2, 0, 1]], [0, 1, 1])
    array([5., 3., 2.])
    >>> at_risk([[2, 0, 1]], [0, 1, 1], entered=[1, 0, 0])  # one was not yet observed at the first age
    array([4., 3., 2.])
    """
    return _observed(ended, censored, entered)[2]


def aalen_johansen(ended: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None) -> Floats:
    """Return the cumulative incidence of each outcome: the share that has ended in this way by each age.

    At each age, n are at risk, and d_k of them end in way k. F_k then grows by S d_k / n, where S is the
    share that had not ended before. Ties are exact: all whose duration is the age or more are at risk at it.
    At the same age, ends come before censoring. Without censoring, the F_k are plain proportions.

    Parameters
    ----------
    ended : array of shape (..., outcomes, ages)
        Counts, or amounts, that ended in each way at each age; ages ascending.
    censored : array of shape (..., ages)
        Counts, or amounts, that were last seen at each age and had not ended by then.
    entered : array of shape (..., ages), optional
        Counts, or amounts, that came under observation late: at that age, or after it but before the next
        one. They are at risk from the next age on. All others are at risk from the first age on.

    Returns
    -------
    array of shape (..., outcomes, ages)
        Shares from 0 to 1. They are NaN at ages at which nobody was observed. If all had ended before, the
        curve stays constant instead.

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
    Four holds: two are released, at ages 0 and 2, one is forfeited at age 1, and one is censored at age 1.

    >>> aalen_johansen([[1, 0, 1, 0], [0, 1, 0, 0]], [0, 1, 0, 0])
    array([[0.25, 0.25, 0.75, 0.75],
           [0.  , 0.25, 0.25, 0.25]])
    """
    ended, _, share, is_unknown = _risk_sets(ended, censored, entered)
    incidence = share[..., None, :] * ended
    np.cumsum(incidence, axis=-1, out=incidence)
    np.minimum(incidence, 1.0, out=incidence)
    np.copyto(incidence, np.nan, where=is_unknown[..., None, :])
    return incidence


def aalen_johansen_variance(
    ended: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None
) -> Floats:
    """Return the variance of each cumulative incidence at each age, for independent observations.

    This is the delta-method estimator. At each age, n are at risk, d end, and d_k of them end in way k; S is
    the share that had not ended before. The variance of F_k(t) is the sum over all ages s <= t of

    (F_k(t) - F_k(s))^2 d / (n (n - d)) + S^2 d_k (n - d_k) / n^3 - 2 (F_k(t) - F_k(s)) S d_k / n^2.

    Without censoring it is F_k (1 - F_k) / n.

    Parameters
    ----------
    ended, censored, entered : arrays
        As in `aalen_johansen`. They must be counts: the variance has no meaning for amounts.

    Returns
    -------
    array of shape (..., outcomes, ages)
        NaN where `aalen_johansen` is NaN.

    Raises
    ------
    SimlimitError
        As `aalen_johansen` does.

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
    ended, observed, share, is_unknown = _risk_sets(ended, censored, entered)
    leaving, share = ended.sum(axis=-2), share[..., None, :]
    n = observed[..., None, :]
    growth = share * ended
    # The sum of (F(t) - F(s)) x(s) over s is the running sum of the growth of F times the sum of x before it.
    # This avoids differences of large numbers, and never uses the last age, at which n - d can be 0.
    hazard_before = _sum_before(_quotient(leaving, observed * (observed - leaving))[..., None, :])
    mixed_before = _sum_before(growth * hazard_before)
    first = growth**2 * hazard_before + 2 * growth * mixed_before
    second = share**2 * ended * _quotient(n - ended, n)
    third = 2 * growth * _sum_before(_quotient(growth, n))
    variance = np.maximum(np.cumsum(first + second - third, axis=-1), 0.0)
    np.copyto(variance, np.nan, where=is_unknown[..., None, :])
    return variance


def effective_number(counts: Counts, squares: Floats | None = None) -> Floats:
    """Return by how many independent observations the shares at each age are backed.

    Those at risk at an age stand for all that had not ended before. If n of them stand for a share S, they
    say as much as n / S of which none was censored. The number at an age is the smallest at any age so far.

    Parameters
    ----------
    counts : arrays
        Those that ended, were censored, and perhaps entered, as in `aalen_johansen`.
    squares : array of shape (..., ages), optional
        The sum over clusters of the squared number at risk in each. Then n is the effective number of
        clusters at risk, (sum n)^2 / sum n^2: equal clusters count in full, uneven ones less.

    Returns
    -------
    array of shape (..., ages)
        0 from the age on at which nobody was observed although some had not ended.

    Examples
    --------
    Ten are at risk, five are censored, and the other five stand for all ten:

    >>> effective_number((np.array([[0, 1]]), np.array([5, 4])))
    array([10.,  5.])
    """
    _, observed, share, is_unknown = _risk_sets(*counts)
    sizes = np.ones_like(observed) if squares is None else _quotient(squares, observed)
    each = share * sizes
    number = np.divide(1.0, each, out=np.full_like(each, np.inf), where=each > 0)
    number[is_unknown] = 0.0
    return np.asarray(np.minimum.accumulate(number, axis=-1))


def _as_counts(name: str, values: ArrayLike) -> Floats:
    counts = as_numbers(name, values)
    # Not `counts < 0`, which would let NaN pass.
    wrong = counts[~(counts >= 0)]
    if wrong.size:
        raise SimlimitError(f"{name} has the value {wrong[0]:g}, but counts must be 0 or more.")
    return counts


def _number_from(each: Floats) -> Floats:
    """Return the sum over each age and all later ones."""
    return np.flip(np.cumsum(np.flip(each, axis=-1), axis=-1), axis=-1)


def _without_late(observed: Floats, leaving: Floats, entered: ArrayLike) -> Floats:
    """Return how many are at risk at each age, without those who come under observation at it or later."""
    late = _as_counts("entered", entered)
    if late.shape != observed.shape:
        allowed = f"must have that of censored: {observed.shape}."
        raise SimlimitError(f"entered has shape {late.shape}, but {allowed}")
    number = observed - _number_from(late)
    # Differences of amounts are not exact: what is left by rounding is nothing.
    rounding = ROUNDING * observed[..., :1]
    number = np.where(np.abs(number) <= rounding, 0.0, number)
    if (number < np.maximum(leaving - rounding, 0.0)).any():
        found = "entered is larger at some age than the number that is observed later"
        raise SimlimitError(f"{found}, but whoever enters must end or be censored at a later age.")
    return np.maximum(number, leaving)


def _observed(ended: ArrayLike, censored: ArrayLike, entered: ArrayLike | None) -> tuple[Floats, ...]:
    """Check counts, and return those that ended in each way, in any way, and those at risk."""
    ends, losses = _as_counts("ended", ended), _as_counts("censored", censored)
    if ends.ndim < 2 or losses.shape != (*ends.shape[:-2], *ends.shape[-1:]):
        found = f"ended has shape {ends.shape} and censored has shape {losses.shape}"
        raise SimlimitError(f"{found}, but they must be (..., outcomes, ages) and (..., ages).")
    leaving = ends.sum(axis=-2)
    observed = _number_from(leaving + losses)
    return ends, leaving, observed if entered is None else _without_late(observed, leaving, entered)


def _risk_sets(
    ended: ArrayLike, censored: ArrayLike, entered: ArrayLike | None = None
) -> tuple[Floats, Floats, Floats, Truths]:
    """Check counts, and return what the estimators need at each age.

    Returns
    -------
    tuple of four arrays
        The counts that ended in each way; how many were at risk; the share of all that each at risk stands
        for: S / n, for itself and for those censored before; and whether nobody was observed although some
        had not ended.
    """
    ended, leaving, observed = _observed(ended, censored, entered)
    after = np.divide(observed - leaving, observed, out=np.ones_like(observed), where=observed > 0)
    np.cumprod(after, axis=-1, out=after)
    before = np.ones_like(after)
    before[..., 1:] = after[..., :-1]
    return ended, observed, _quotient(before, observed), (observed == 0) & (after > 0)


def _sum_before(each: Floats) -> Floats:
    """Return the sum over all earlier ages."""
    total = np.zeros_like(each)
    np.cumsum(each[..., :-1], axis=-1, out=total[..., 1:])
    return total


def _quotient(part: Floats, whole: Floats) -> Floats:
    """Return part / whole, and 0 where the whole is 0."""
    whole = np.broadcast_to(whole, part.shape)
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
