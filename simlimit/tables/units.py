"""The unit of each metric, and how many decimals of it are shown."""

from typing import NamedTuple

from simlimit.text_files import packaged


class Unit(NamedTuple):
    """How a metric is shown: what it is multiplied by, its decimals, and the name of the unit."""

    factor: float
    decimals: int
    name: str

    def of_differences(self) -> "Unit":
        """Return the unit of a difference: shares differ in percentage points."""
        return self._replace(name=self.name.replace("% of", "% points of"))


_DECLARED = packaged(__package__, "units.toml")
# The metrics of which `days_away` is the sum, from left to right; they are shown below it.
PARTS: tuple[str, ...] = tuple(_DECLARED["parts"])
# Metrics of which more is better, beside shares that are released.
INCOME: tuple[str, ...] = tuple(_DECLARED["income"])
# Metrics that stand for a study where there is no space for all; losses are never without lost limit.
HEADLINES: tuple[str, ...] = tuple(_DECLARED["headlines"])
# By metric, in the order of all tables.
UNITS = {metric: Unit(*unit) for metric, unit in _DECLARED["metrics"].items()}
_RECORDED = {"total": "sum of what is recorded in a replication", "mean": "mean of what is recorded"}


def unit_of(metric: str) -> Unit:
    """Return the unit of a metric: a number of what is recorded, if it is a metric of records.

    Examples
    --------
    >>> unit_of("forfeited_share").name
    '% of holds'
    >>> unit_of("calls.total").name
    'sum of what is recorded in a replication'
    """
    ending = metric.rpartition(".")[2]
    return UNITS.get(metric) or Unit(1, 2, _RECORDED.get(ending, ""))
