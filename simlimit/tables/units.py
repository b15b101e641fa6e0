"""What each metric is called, its unit, and how many decimals of it are shown: `units.toml` has them."""

from typing import NamedTuple

from simlimit.text_files import packaged


class Unit(NamedTuple):
    """How a metric is shown.

    Attributes
    ----------
    factor : float
        What it is multiplied by in tables.
    decimals : int
    name : str
        Of the unit, in tables.
    in_pictures : str
        The name of the unit there, where an axis shows shares as per cent.
    """

    factor: float
    decimals: int
    name: str
    in_pictures: str = ""

    def of_differences(self) -> "Unit":
        """Return the unit of a difference: shares differ in percentage points."""
        in_pictures = self.in_pictures.replace("share of", "percentage points of")
        return self._replace(name=self.name.replace("% of", "% points of"), in_pictures=in_pictures)


_DECLARED = packaged(__package__, "units.toml")
# The metrics of which `days_away` is the sum, from left to right; they are shown below it.
PARTS: tuple[str, ...] = tuple(_DECLARED["parts"])
# Metrics of which more is better, beside shares that are released.
INCOME: tuple[str, ...] = tuple(_DECLARED["income"])
# Metrics that stand for a study where there is no space for all; losses are never without lost limit.
HEADLINES: tuple[str, ...] = tuple(_DECLARED["headlines"])
# By metric, in the order of all tables.
UNITS = {metric: Unit(*_DECLARED["units"][unit]) for metric, (unit, _) in _DECLARED["metrics"].items()}
# What a metric is called in pictures and reports.
NAMES: dict[str, str] = {metric: name for metric, (_, name) in _DECLARED["metrics"].items()}
_OTHERS = {name: Unit(*unit) for name, unit in _DECLARED["others"].items()}


def unit_of(metric: str, weight: str = "holds") -> Unit:
    """Return the unit of a metric, of the cost of an alternative, or of a metric of records.

    By amount, what is a share of holds is one of principal in pictures.

    Examples
    --------
    >>> unit_of("forfeited_share").name
    '% of holds'
    >>> unit_of("forfeited_share", "amount").of_differences().in_pictures
    'percentage points of repaid principal'
    >>> unit_of("calls.total").name
    'sum of what is recorded in a replication'
    """
    unit = UNITS.get(metric) or _OTHERS.get(metric.rpartition(".")[2], Unit(1, 2, ""))
    whole = "of repaid principal" if weight == "amount" else "of holds"
    return unit._replace(in_pictures=unit.in_pictures.replace("of holds", whole))
