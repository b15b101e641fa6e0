"""What is compared of a log: shares of its repayments, as a vector of fixed length with a name for each.

Cumulative incidences of release and forfeit by age, among those that were followed so long, and shares by
group and by weekday. A share is compared as its square root, whose error hardly depends on the share.
"""

import calendar
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import Floats
from simlimit.inference.observation import FIFTHS, GATES, Repayments

AGES = (*range(9), 10, 12, 14, 17, 21, 25, 30, 35, 40, 45, 50, 55, 60, 75, 90, 120, 180, 270, 365)
"""Days at which all repayments are compared."""
FEW_AGES = (0, 2, 5, 10, 21, 45, 90)
"""Days at which those of each group are."""
WEEKDAYS = tuple(calendar.day_name)
GATE_AND_WEEKDAY, WEEKDAY_OF_ENDING, WEEKDAY = "gate and weekday of ending", "weekday of ending", "weekday"
ENDS = ("released", "forfeited")


class Layout(NamedTuple):
    """What is compared: the ages that a window allows, the groups, and the day of the week of its first day."""

    days: int
    first_weekday: int
    regions: Sequence[str]

    @property
    def ages(self) -> list[int]:
        """The ages at which all repayments are compared."""
        return [age for age in AGES if age == 0 or age < self.days]

    @property
    def few(self) -> list[int]:
        """The positions of the ages at which the repayments of each group are compared."""
        return [k for k, age in enumerate(self.ages) if age in FEW_AGES]

    @property
    def groups(self) -> dict[str, Sequence[str]]:
        """The groups by what repayments are told apart."""
        fifths = [f"{k} of {FIFTHS}" for k in range(1, FIFTHS + 1)]
        late = ["on time", "late"]
        return {WEEKDAY: WEEKDAYS, "gate": GATES, "region": self.regions, "late": late, "amount": fifths}

    def names(self) -> pd.DataFrame:
        """Return what each statistic is: columns `family`, `statistic`, `age_days`."""
        rows = [
            ("release" if end == "released" else "forfeit", end, age) for end in ENDS for age in self.ages
        ]
        for family, labels in self.groups.items():
            kind = "weekday of repayment" if family == WEEKDAY else family
            told = [f"repaid on {one}" if family == WEEKDAY else f"{family} {one}" for one in labels]
            rows += [(kind, one, np.nan) for one in told]
            rows += [(kind, f"{one}: {end}", self.ages[k]) for one in told for end in ENDS for k in self.few]
        endings = [f"ended on {day}" for day in (*WEEKDAYS, "Saturday or Sunday")]
        rows += [(WEEKDAY_OF_ENDING, one, np.nan) for one in endings]
        rows += [(GATE_AND_WEEKDAY, f"gate {gate}: {one}", np.nan) for gate in GATES for one in endings]
        return pd.DataFrame(rows, columns=["family", "statistic", "age_days"])


def statistics(seen: Repayments, layout: Layout) -> Floats:
    """Return the statistics of a log, NaN where it lacks the column."""
    ages = np.array(layout.ages)
    number = len(ages) + 1
    ended_by, followed_for = np.searchsorted(ages, seen.age), np.searchsorted(ages, seen.followed, "right")
    code = (seen.outcome * number + ended_by) * number + followed_for
    shape = 3, number, number
    everyone = np.zeros(len(code), np.int64)
    overall, _ = _incidences(_table(everyone, 1, code, shape, seen.weight))
    groups = seen.groups | {WEEKDAY: (seen.repaid + layout.first_weekday) % 7}
    found = [overall.ravel()]
    for family, labels in layout.groups.items():
        size = len(labels) * (1 + 2 * len(layout.few))
        if family not in groups:
            found.append(np.full(size, np.nan))
            continue
        incidences, totals = _incidences(_table(groups[family], len(labels), code, shape, seen.weight))
        found += [_root_share(totals, totals.sum()), incidences[:, :, layout.few].ravel()]
    # On which day a wait ends; what does not wait ends on the day of its repayment.
    waited = (seen.age > 0) & (seen.outcome < 2)
    ended_on = (seen.repaid + seen.age + layout.first_weekday)[waited] % 7
    weight = None if seen.weight is None else seen.weight[waited]
    found.append(_by_weekday(np.zeros(len(ended_on), np.int64), 1, ended_on, weight))
    if "gate" in groups:
        found.append(_by_weekday(groups["gate"][waited], len(GATES), ended_on, weight))
    else:
        found.append(np.full(len(GATES) * 8, np.nan))
    return np.concatenate(found)


def _table(
    group: npt.NDArray[np.int64],
    groups: int,
    code: npt.NDArray[np.int64],
    shape: tuple[int, int, int],
    weight: Floats | None,
) -> Floats:
    """Count the repayments by group, outcome, and age bands of the end and of the follow-up."""
    cells = int(np.prod(shape))
    counts = np.bincount(group * cells + code, weight, groups * cells)
    return counts.reshape(groups, *shape).astype(np.float64)


def _incidences(table: Floats) -> tuple[Floats, Floats]:
    """Return the roots of the shares that had ended by each age: group, end, age; and the size of each group."""
    # At [.., j, k]: those that ended by age j, and were followed for k ages or more.
    by_age = table.cumsum(axis=2)[..., ::-1].cumsum(axis=3)[..., ::-1]
    ages = np.arange(table.shape[2] - 1)
    followed = by_age[:, :, -1, 1:].sum(axis=1)
    return _root_share(by_age[:, :2, ages, ages + 1], followed[:, np.newaxis]), table.sum(axis=(1, 2, 3))


def _by_weekday(
    group: npt.NDArray[np.int64], groups: int, day: npt.NDArray[np.int64], weight: Floats | None
) -> Floats:
    """Return the roots of the shares of each weekday, and of the weekend, in each group."""
    counts = np.bincount(group * 7 + day, weight, groups * 7).reshape(groups, 7).astype(np.float64)
    counts = np.column_stack([counts, counts[:, 5:].sum(axis=1)])
    return _root_share(counts, counts[:, :7].sum(axis=1, keepdims=True)).ravel()


def _root_share(count: Floats, total: Floats | float) -> Floats:
    root: Floats = np.sqrt((count + 0.5) / (total + 1))
    return root
