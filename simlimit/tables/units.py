"""The unit of each metric, and how many decimals of it are shown."""

from typing import NamedTuple


class Unit(NamedTuple):
    """How a metric is shown: what it is multiplied by, its decimals, and the name of the unit."""

    factor: float
    decimals: int
    name: str

    def of_differences(self) -> "Unit":
        """Return the unit of a difference: shares differ in percentage points."""
        return self._replace(name=self.name.replace("% of", "% points of"))


# The metrics of which `days_away` is the sum, from left to right; they are shown below it.
PARTS = (
    "days_settlement", "days_evaluation", "days_score", "days_overdue",
    "days_behaviour", "days_review", "days_policy", "days_funding", "days_forfeited",
)  # fmt: skip

# Metrics of which more is better, beside shares that are released.
INCOME = ("interest_income", "net_income")
DAYS = Unit(1, 2, "days per hold")
_SHARE = Unit(100, 2, "% of holds")
# By metric, in the order of all tables.
UNITS = {
    **dict.fromkeys([f"released_within_{days}d" for days in (0, 7, 30, 90)], _SHARE),
    **dict.fromkeys(("forfeited_share", "pending_share"), _SHARE),
    **dict.fromkeys(("days_away", *PARTS), DAYS),
    "median_days": Unit(1, 2, "days"),
    "no_limit_share": Unit(100, 2, "% of borrower-days"),
    "limit_days_lost": Unit(1, 0, "currency x days, per borrower and year"),
    **dict.fromkeys(("default_losses", *INCOME), Unit(1, 1, "currency, per borrower and year")),
    "gap_days": Unit(1, 2, "days between the groups furthest apart"),
}
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
