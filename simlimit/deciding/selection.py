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


def anytime_half_width(number: float | Floats, variance: Floats, error: float | Floats) -> Floats:
    """Return half the width of intervals of a normal mean that hold for all numbers of values together.

    Parameters
    ----------
    number : float
        Or an array. How many values.
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
    """Running sums of an array: of how far entries are from their first values, and of the squares."""

    def __init__(self, *shape: int) -> None:
        self.first = np.zeros(shape)
        self.sums = np.zeros((2, *shape))
        self.number = np.zeros(shape)

    def add(self, values: Floats, where: tuple[Any, ...]) -> None:
        """Take in a further value of some entries."""
        if not self.number[where].any():
            self.first[where] = values
        apart = values - self.first[where]
        self.sums[(slice(None), *where)] += (apart, apart**2)
        self.number[where] += 1

    def moments(self, where: tuple[Any, ...] = ()) -> tuple[Floats, Floats]:
        """Return the means and the variances of some entries, or all."""
        apart, squares = self.sums[(slice(None), *where)] / np.maximum(self.number[where], 1)
        return self.first[where] + apart, np.maximum(squares - apart**2, 0)


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
        Not the best: by KN, or surely worse in the first objective.
    is_seen : array of bool, shape (objectives + bounds,)
        Of which enough events were seen of some alternative.
    """

    def __init__(self, alternatives: int, indifference: Floats, bounds: int, error: float) -> None:
        k, m = alternatives, len(indifference)
        each = error / (2 + (bounds > 0))
        self._h_squared = (FIRST - 1) * ((2 * each / max(k - 1, 1)) ** (-2 / (FIRST - 1)) - 1)
        # Of all differences and all means together, and of all bounds.
        self._errors = np.repeat([each / (m * k * (k + 1) / 2), each / max(k * bounds, 1)], [m, bounds])
        self._own, self._pairs = Sums(k, m + bounds), Sums(k, k, m)
        self._most = np.zeros((k, k))
        self._is_within = np.zeros((k, bounds), np.bool_)
        self._is_settled = np.eye(k, dtype=np.bool_) | (m == 1)
        self._is_worse = np.zeros((k, k), np.bool_)
        self.indifference = indifference
        self.number = 0
        self.is_open = np.ones(k, np.bool_)
        self.is_seen = np.zeros(m + bounds, np.bool_)
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
        for sample, is_seen in zip(values, seen, strict=True):
            if self.is_open.any():
                self._take(sample, is_seen)

    def _take(self, sample: Floats, seen: Truths) -> None:
        """Take in a sample, and close what is decided after it."""
        a, m = np.flatnonzero(self.is_open), len(self.indifference)
        own, seen, pairs = sample[a], seen[a], np.ix_(a, a)
        self.is_seen |= seen.any(axis=0)
        self._own.add(own, (a,))
        self._pairs.add(own[:, None, :m] - own[:, :m], pairs)
        self.number += 1
        if self.number < FIRST:
            return
        mean, variance = self._own.moments((a,))
        half = anytime_half_width(self.number, variance, self._errors)
        self._is_within[a] |= (seen & (mean + half <= 0))[:, m:]
        self.is_infeasible[a] |= (seen & (mean - half > 0))[:, m:].any(axis=1)
        gap, spread = self._pairs.moments(pairs)
        half = anytime_half_width(self.number, spread, self._errors[0])
        known = np.all(seen[:, None, :m] | seen[:, :m], axis=-1)
        low, high = gap - half, gap + half
        # What was sure stays so: one that needs no more samples may be worse than what proves feasible later.
        self._is_worse[pairs] |= known & np.any(low > 0, axis=-1) & np.all(low > -self.indifference, axis=-1)
        is_as_good = np.any(high < 0, axis=-1) | np.all(high < self.indifference, axis=-1)
        self._is_settled[pairs] |= known & is_as_good & is_as_good.T
        # The rule of KN.
        number, delta = self.number, self.indifference[0]
        if number == FIRST:
            with np.errstate(divide="ignore", invalid="ignore"):
                most = self._h_squared * spread[..., 0] * FIRST / (FIRST - 1) / delta
            self._most[pairs] = np.nan_to_num(most, posinf=np.inf)
        slack = np.maximum(self._most[pairs] - delta * number, 0) / (2 * number)
        is_tie = (slack + np.abs(gap[..., 0]) == 0) & (a[:, None] > a)
        is_beaten = known & ((gap[..., 0] > slack) | is_tie | (low[..., 0] > 0))
        self._judge(a, is_beaten)

    def _judge(self, a: Ints, is_beaten: Truths) -> None:
        """Close what is decided after a sample: what is worse, or beaten, than others that are feasible."""
        judges = self.is_feasible & self.is_open & ~self.is_infeasible
        # One by one, since two may be worse than each other by less than the indifference: the first stays.
        for i in np.flatnonzero((self._is_worse & judges).any(axis=1))[::-1]:
            if (self._is_worse[i] & judges).any():
                self.is_dominated[i], judges[i] = True, False
        judges &= self.in_race
        self.is_beaten[a] |= (is_beaten & judges[a]).any(axis=1) & self.in_race[a]
        live = ~(self.is_infeasible | self.is_dominated)
        unsettled = (~self._is_settled & live).any(axis=1)
        self.is_open &= live & (~self.is_beaten | unsettled)
        if self.is_decided and not (live & unsettled).any():
            self.is_open[:] = False
