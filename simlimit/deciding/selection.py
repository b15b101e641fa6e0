"""Ranking and selection with paired samples: which alternative is best, which are worse, which break a bound.

The best is found by the procedure KN. Whatever else is said of a mean or a difference rests on intervals that
hold at all sample sizes together, so that one may look after each replication.

Kim, S.-H. and Nelson, B. L. (2001). A fully sequential procedure for indifference-zone selection in
simulation. ACM Transactions on Modeling and Computer Simulation 11(3), 251-273.

Andradottir, S. and Kim, S.-H. (2010). Fully sequential procedures for comparing constrained systems via
simulation. Naval Research Logistics 57(5), 403-421.

Lai, T. L. (1976). On confidence sequences. The Annals of Statistics 4(2), 265-280.

Wang, H. and Ramdas, A. (2024). Anytime-valid t-tests and confidence sequences for Gaussian means with unknown
variance. Sequential Analysis.
"""

from typing import Any

import numpy as np

from simlimit.arguments import Floats, Ints, Truths

# Replications before the first verdict.
FIRST = 20
# The precision of the normal law over which the intervals mix: they are narrowest for some dozens of values.
MIXTURE = 1.0


def anytime_half_width(number: Floats, variance: Floats, error: float | Floats) -> Floats:
    """Return half the width of intervals of a normal mean that hold for all numbers of values together.

    Parameters
    ----------
    number : array of float
        How many values.
    variance : array of float
        Of these values about their mean, divided by their number.
    error : float
        Or an array. The probability that, for some number of values, the interval misses the mean.

    Returns
    -------
    array of float
        Of values that are all equal it is 0, if they are so many that chance does not put all on one side.
    """
    growth = ((number + MIXTURE) / (MIXTURE * error**2)) ** (1 / number)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (growth - 1) / np.maximum(1 - growth * MIXTURE / (number + MIXTURE), 0)
        width = np.sqrt(ratio * variance)
    return np.where(variance > 0, width, np.where(2.0 ** (1 - number) < error, 0.0, np.inf))


class Sums:
    """Running sums of samples, which do not depend on how the samples are divided into batches.

    Samples of an array of any shape. Sums are of what a sample differs from the first one, and of its square.
    """

    def __init__(self, *shape: int) -> None:
        self.first = np.zeros(shape)
        self.sums = np.zeros((2, *shape))
        self.number = np.zeros(shape)

    def followed(self, values: Floats, where: tuple[Any, ...]) -> tuple[Floats, Floats, Floats]:
        """Return the sums of some entries after each of some samples, with the means and the variances."""
        if not self.number[where].any():
            self.first[where] = values[0]
        apart = values - self.first[where]
        begin = self.sums[(slice(None), *where)]
        sums = np.cumsum(np.concatenate([begin[None], np.stack([apart, apart**2], axis=1)]), axis=0)[1:]
        number = self.number[where] + np.arange(1, len(values) + 1).reshape(-1, *[1] * (values.ndim - 1))
        mean, variance = self._moments(sums[:, 0], sums[:, 1], number, self.first[where])
        return sums, mean, variance

    def moments(self) -> tuple[Floats, Floats]:
        """Return the means and the variances of all entries so far."""
        return self._moments(self.sums[0], self.sums[1], np.maximum(self.number, 1), self.first)

    def take(self, sums: Floats, where: tuple[Any, ...], last: Ints) -> None:
        """Keep what `followed` has returned for some entries, of each after its last sample."""
        places = np.indices(last.shape, sparse=True)
        self.sums[(slice(None), *where)] = np.moveaxis(sums[(last, slice(None), *places)], last.ndim, 0)
        self.number[where] += last[..., None] + 1

    @staticmethod
    def _moments(apart: Floats, squares: Floats, number: Floats, first: Floats) -> tuple[Floats, Floats]:
        mean = apart / number
        return first + mean, np.maximum(squares / number - mean**2, 0)


class Race:
    """The alternatives of a decision, judged after each sample that all which are still open share.

    The error is divided by the kinds of verdicts: who is best (KN), who is worse, and who breaks a bound. So
    all of them hold together. An alternative can beat others only once it is surely within all bounds.

    Parameters
    ----------
    alternatives : int
        The cheapest first: of those that are as good the first is selected.
    indifference : array of float, shape (objectives,)
        The smallest difference that matters. The first objective decides who is best.
    bounds : int
        How many bounds there are.
    error : float

    Attributes
    ----------
    number : int
        Samples so far.
    is_open : array of bool
        Which alternatives need further samples.
    is_infeasible : array of bool
        Which surely break a bound.
    is_dominated : array of bool
        One that is surely feasible is surely better in an objective, and surely not worse in any by the
        indifference.
    is_beaten : array of bool
        Not the best, by KN.
    """

    def __init__(self, alternatives: int, indifference: Floats, bounds: int, error: float) -> None:
        k, m = alternatives, len(indifference)
        each = error / (2 + (bounds > 0))
        self._h_squared = (FIRST - 1) * ((2 * each / max(k - 1, 1)) ** (-2 / (FIRST - 1)) - 1)
        # Of all differences and all means together, and of all bounds.
        self._errors = np.repeat([each / (m * k * (k + 1) / 2), each / max(k * bounds, 1)], [m, bounds])
        self._own, self._pairs = Sums(k, m + bounds), Sums(k, k, m)
        self._first_variances = np.zeros((k, k))
        self._is_within = np.zeros((k, bounds), np.bool_)
        self._is_settled = np.eye(k, dtype=np.bool_) | (m == 1)
        self.indifference = indifference
        self.number = 0
        self.is_open = np.ones(k, np.bool_)
        self.is_infeasible, self.is_dominated, self.is_beaten = np.zeros((3, k), np.bool_)

    @property
    def samples(self) -> Ints:
        """How many samples each alternative has."""
        return self._own.number[:, 0].astype(np.int64)

    @property
    def is_feasible(self) -> Truths:
        """Which alternatives are surely within all bounds."""
        return np.asarray(self._is_within.all(axis=1))

    @property
    def in_race(self) -> Truths:
        """Which alternatives may be the best."""
        return ~(self.is_infeasible | self.is_dominated | self.is_beaten)

    @property
    def is_decided(self) -> bool:
        """Whether the best is known: one that is surely feasible is left, or none is left."""
        left = np.flatnonzero(self.in_race)
        return len(left) <= 1 and bool(self.is_feasible[left].all())

    @property
    def leader(self) -> int | None:
        """The cheapest of those that are surely no worse than the best of the race by the indifference."""
        left = np.flatnonzero(self.in_race & self.is_feasible)
        if not len(left):
            return None
        best = left[np.argmin(self.means()[0][left, 0])]
        near = self.is_feasible & ~self.is_infeasible & ~self.is_dominated
        near &= self.differences(best)[2][:, 0] < self.indifference[0]
        return int(min([best, *np.flatnonzero(near)]))

    def means(self) -> tuple[Floats, Floats, Floats]:
        """Return means and intervals, which hold together: shape (alternatives, objectives + bounds)."""
        mean, variance = self._own.moments()
        half = anytime_half_width(np.maximum(self._own.number, 1), variance, self._errors)
        high = mean + half
        bounds = high[:, len(self.indifference) :]
        bounds[self._is_within] = np.minimum(bounds[self._is_within], 0)  # as was seen before
        return mean, mean - half, high

    def differences(self, other: int) -> tuple[Floats, Floats, Floats]:
        """Return what each has more of the objectives than another, with intervals as those of `means`."""
        mean, variance = self._pairs.moments()
        half = anytime_half_width(np.maximum(self._pairs.number, 1), variance, self._errors[0])
        return mean[:, other], (mean - half)[:, other], (mean + half)[:, other]

    def advance(self, values: Floats, seen: Truths) -> None:
        """Take in further samples until the decision is made.

        Parameters
        ----------
        values : array of float, shape (samples, alternatives, objectives + bounds)
            The objectives, and by how much each bound is exceeded. Of what is not open they may be NaN.
        seen : array of bool of this shape
            Whether enough events of the metric are seen for a verdict.
        """
        a, m = np.flatnonzero(self.is_open), len(self.indifference)
        own, seen = values[:, a], seen[:, a]
        number = self.number + np.arange(1, len(values) + 1)
        own_sums, mean, variance = self._own.followed(own, (a,))
        count: Floats = np.asarray(number[:, None, None], np.float64)
        half = anytime_half_width(count, variance[..., m:], self._errors[m:])
        is_within = seen[..., m:] & (mean[..., m:] + half <= 0)
        is_beyond = np.any(seen[..., m:] & (mean[..., m:] - half > 0), axis=-1)
        pairs = np.ix_(a, a)
        gaps = own[:, :, None, :m] - own[:, None, :, :m]
        pair_sums, gap, spread = self._pairs.followed(gaps, pairs)
        half = anytime_half_width(count[..., None], spread, self._errors[0])
        known = np.all(seen[:, :, None, :m] | seen[:, None, :, :m], axis=-1)
        low, high = gap - half, gap + half
        is_worse = known & np.any(low > 0, axis=-1) & np.all(low > -self.indifference, axis=-1)
        is_as_good = np.any(high < 0, axis=-1) | np.all(high < self.indifference, axis=-1)
        is_beaten = known & self._beaten(gap[..., 0], spread[..., 0], number, a)
        last = np.full(len(a), -1)
        for row in range(len(number)):
            last[self.is_open[a]] = row
            self.number += 1
            if self.number < FIRST:
                continue
            self._is_within[a] |= is_within[row] & self.is_open[a, None]
            self.is_infeasible[a] |= is_beyond[row] & self.is_open[a]
            self._is_settled[pairs] |= known[row] & is_as_good[row] & is_as_good[row].T
            self._judge(a, is_worse[row], is_beaten[row])
            if not self.is_open.any():
                break
        self._own.take(own_sums, (a,), last)
        self._pairs.take(pair_sums, pairs, np.minimum.outer(last, last))

    def _beaten(self, gap: Floats, spread: Floats, number: Ints, a: Ints) -> Truths:
        """Return by which others each would be beaten after each sample: the rule of KN."""
        pairs, delta = np.ix_(a, a), self.indifference[0]
        if number[0] <= FIRST <= number[-1]:
            self._first_variances[pairs] = spread[FIRST - number[0]] * FIRST / (FIRST - 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            most = np.nan_to_num(self._h_squared * self._first_variances[pairs] / delta, posinf=np.inf)
        slack = np.maximum(most - delta * number[:, None, None], 0) / (2 * number[:, None, None])
        is_first = a[:, None] > a
        return np.asarray((gap > slack) | (slack + np.abs(gap) == 0) & is_first)

    def _judge(self, a: Ints, is_worse: Truths, is_beaten: Truths) -> None:
        """Close what is decided after a sample: what is worse, or beaten, than others that are feasible."""
        judges = (self.is_feasible & self.is_open & ~self.is_infeasible)[a]
        # One by one, since two may be worse than each other by less than the indifference: the first stays.
        for i in np.flatnonzero((is_worse & judges).any(axis=1))[::-1]:
            if self.is_open[a[i]] and (is_worse[i] & judges).any():
                self.is_dominated[a[i]], judges[i] = True, False
        judges &= self.in_race[a]
        self.is_beaten[a] |= (is_beaten & judges).any(axis=1) & self.in_race[a]
        live = ~(self.is_infeasible | self.is_dominated)
        unsettled = (~self._is_settled & live).any(axis=1)
        self.is_open &= live & (~self.is_beaten | unsettled)
        if self.is_decided and not (live & unsettled).any():
            self.is_open[:] = False
