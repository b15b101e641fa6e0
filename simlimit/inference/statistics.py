"""What is compared of a log: shares of its repayments, as a vector of fixed length with a name for each.

Cumulative incidences of release and forfeit by age, among those that were followed so long, and shares by
group and by weekday. A share is compared as its square root, whose error hardly depends on the share.
"""

import calendar
import itertools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, Ints
from simlimit.inference.observation import AMOUNT, FIFTHS, GATES, Repayments

# Days at which all repayments are compared.
AGES = (*range(9), 10, 12, 14, 17, 21, 25, 30, 35, 40, 45, 50, 55, 60, 75, 90, 120, 180, 270, 365)
# Days at which those of each group are.
FEW_AGES = (0, 2, 5, 10, 21, 45, 90)
# Of the root of a share: where all logs are alike, they are so to the last of these.
DIGITS = 9
WEEKDAYS = tuple(calendar.day_name)
WEEKDAY, WEEKDAY_OF_ENDING = "weekday of repayment", "weekday of ending"
GATE_AND_WEEKDAY = "gate and weekday of ending"
ENDS = {"release": "released", "forfeit": "forfeited"}


class Layout(NamedTuple):
    """What is compared: the ages that a window allows, the groups, and weekdays if that of day 0 is known."""

    days: int
    first_weekday: int | None
    regions: Sequence[str]

    @property
    def ages(self) -> list[int]:
        """The ages at which all repayments are compared."""
        return [age for age in AGES if age == 0 or age < self.days]

    @property
    def few(self) -> list[int]:
        """The ages at which the repayments of each group are compared."""
        return [age for age in self.ages if age in FEW_AGES]

    @property
    def groups(self) -> dict[str, Sequence[str]]:
        """The groups by what repayments are told apart, in the order of the statistics."""
        amounts = [f"fifth {k}" for k in range(1, FIFTHS + 1)]
        columns = {"gate": GATES, "region": self.regions, "late": ("no", "yes"), AMOUNT: amounts}
        groups = {WEEKDAY: () if self.first_weekday is None else WEEKDAYS, **columns}
        return {family: labels for family, labels in groups.items() if len(labels) > 1}

    def names(self) -> pd.DataFrame:
        """Return what each statistic is: columns `family`, `statistic`, `age_days`."""
        rows = [(family, end, float(age)) for family, end in ENDS.items() for age in self.ages]
        for family, labels in self.groups.items():
            told = [f"{family} {label}" for label in labels]
            rows += [(family, one, np.nan) for one in told] if family != AMOUNT else []
            by_age = itertools.product(told, ENDS.values(), self.few)
            rows += [(family, f"{one}, {end}", float(age)) for one, end, age in by_age]
        if self.first_weekday is not None:
            endings = [f"ended on {day}" for day in (*WEEKDAYS, "Saturday or Sunday")]
            rows += [(WEEKDAY_OF_ENDING, one, np.nan) for one in endings]
            rows += [(GATE_AND_WEEKDAY, f"gate {gate}, {one}", np.nan) for gate in GATES for one in endings]
        return pd.DataFrame(rows, columns=["family", "statistic", "age_days"])


def statistics(seen: Repayments, layout: Layout, of_none: float = 0.5) -> Floats:
    """Return the statistics of a log, NaN where it lacks the column.

    Where it has no repayment of a group, say, a share of them is taken to be `of_none`. NaN leaves it out.
    """
    everyone, few = np.zeros(len(seen.age), np.int64), _fates(seen, layout.few)
    found = [_incidences(seen, everyone, 1, _fates(seen, layout.ages), of_none)[1].ravel()]
    first = layout.first_weekday or 0
    groups = seen.groups | {WEEKDAY: (seen.repaid + first) % 7}
    for family, labels in layout.groups.items():
        own = groups.get(family, everyone)
        totals, incidences = _incidences(seen, own, len(labels), few, of_none)
        # A fifth of all amounts is a fifth in every log.
        sizes = totals[:0] if family == AMOUNT else _root_share(totals, totals.sum(), of_none)
        compared = np.concatenate([sizes, incidences.ravel()])
        found.append(compared if family in groups else np.full_like(compared, np.nan))
    if layout.first_weekday is None:
        return np.concatenate(found)
    # What did not wait ended on the day of its repayment, which is compared already.
    waited = (seen.age > 0) & (seen.outcome < 2)
    ended_on = (seen.repaid + seen.age + first)[waited] % 7
    gates = groups["gate"][waited] if "gate" in groups else None
    for group, number in ((everyone[waited], 1), (gates, len(GATES))):
        shares = np.full((number, 8), np.nan)
        if group is not None:
            counts = _counts(group, ended_on, (number, 7), seen.weight[waited])
            counts = np.column_stack([counts, counts[:, 5:].sum(axis=1)])
            shares = _root_share(counts, counts[:, :7].sum(axis=1, keepdims=True), of_none)
        found.append(shares.ravel())
    return np.concatenate(found)


def _counts(group: Ints, code: Ints, shape: tuple[int, ...], weight: Floats) -> Floats:
    """Count repayments by group and by a code of what became of them."""
    cells = math.prod(shape[1:])
    counts: Floats = np.bincount(group * cells + code, weight, shape[0] * cells).astype(np.float64)
    return counts.reshape(shape)


def _fates(seen: Repayments, ages: Sequence[int]) -> tuple[Ints, int]:
    """Return a code of the outcome of each, by which age it ended and for which it was followed; its base."""
    bands = len(ages) + 1
    ended_by, followed_for = np.searchsorted(ages, seen.age), np.searchsorted(ages, seen.followed, "right")
    return (seen.outcome * bands + ended_by) * bands + followed_for, bands


def _incidences(
    seen: Repayments, group: Ints, groups: int, fates: tuple[Ints, int], of_none: float
) -> tuple[Floats, Floats]:
    """Return the size of each group, and the roots of the shares ended by each age, of those followed."""
    code, bands = fates
    table = _counts(group, code, (groups, 3, bands, bands), seen.weight)
    # At [.., j, k]: those that ended in band j or before, and were followed into band k or beyond.
    ended = table.cumsum(axis=2)[..., ::-1].cumsum(axis=3)[..., ::-1]
    ages = np.arange(bands - 1)
    followed = ended[:, :, -1, 1:].sum(axis=1)
    shares = _root_share(ended[:, :2, ages, ages + 1], followed[:, np.newaxis], of_none)
    return table.sum(axis=(1, 2, 3)), shares


def _root_share(count: Floats, total: Floats | np.float64, of_none: float) -> Floats:
    # With half an event more, say, shares of nothing would tell how many repayments there are.
    share = np.where(total > 0, count / np.where(total > 0, total, 1), of_none)
    return np.asarray(np.sqrt(share).round(DIGITS), np.float64)
