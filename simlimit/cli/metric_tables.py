"""Metrics as text: estimates and differences with their intervals and units, in columns."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from simlimit.model.causes import GATES
from simlimit.study.comparison import Comparison
from simlimit.study.study import Study

NONE = "-"
CONFIDENCE = "95 %"
MOST_DECIMALS = 4


class Unit(NamedTuple):
    """How a metric is shown: what it is multiplied by, decimals, and in what it is."""

    factor: float
    decimals: int
    name: str


_GATES = tuple(f"days_{gate}" for gate in GATES)
_SHARE = Unit(100, 2, "% of holds")
_DAYS = Unit(1, 2, "days per hold")
_UNITS = {
    "released_within_0d": _SHARE,
    "released_within_7d": _SHARE,
    "released_within_30d": _SHARE,
    "released_within_90d": _SHARE,
    "forfeited_share": _SHARE,
    "pending_share": _SHARE,
    "restricted_mean_days": _DAYS,
    **dict.fromkeys(_GATES, _DAYS),
    "median_days": Unit(1, 2, "days"),
    "no_limit_share": Unit(100, 2, "% of borrower-days"),
    "limit_days_lost": Unit(1, 0, "currency x days, per borrower and year"),
    "default_losses": Unit(1, 1, "currency, per borrower and year"),
    "gap_days": Unit(1, 2, "days between the groups furthest apart"),
}


def summary_text(study: Study) -> str:
    """Return the summary of a study as a table, and below it what the table is about."""
    rows = [["", "estimate", f"{CONFIDENCE} interval", "unit"]]
    columns = ["estimate", "low", "high", "replications"]
    for metric, estimate, low, high, number in study.summary()[columns].itertuples(name=None):
        unit = _UNITS[metric]
        shown = _number(estimate, unit)
        if metric == "median_days" and shown == NONE and number > 0:
            shown = "not reached"
        rows.append([_name(metric), shown, _interval(low, high, unit), unit.name])
    return "\n".join([*_aligned(rows, "<>><"), "", *cohort_lines(study)])


def cohort_lines(study: Study) -> list[str]:
    """Return the sentences that say which holds are counted and what intervals cover."""
    scenario, days = study.scenario, study.follow_up_days
    first, last = scenario.warmup_days, scenario.horizon_days - days
    # A repayment on the day of the horizon is none.
    cohort = (
        f"Holds: every repayment of days {first} to {min(last, scenario.horizon_days - 1)}, followed for "
        f"{days} days; a day is charged to one gate, so days_* add up."
        if first <= last
        else f"No repayment is followed for {days} days: days {first} to {scenario.horizon_days - 1} are "
        "observed; see --follow-up."
    )
    intervals = (
        f"Interval: {CONFIDENCE}, each by itself, for the mean of all replications that could be made "
        f"(Student's t over {len(study):,})."
    )
    return [cohort, intervals]


def differences_text(comparison: Comparison, differences: pd.DataFrame, name: str) -> str:
    """Return how a scenario differs from the first as a table, without gates at which neither waits."""
    pair = (comparison.reference, name)
    estimates = [comparison.studies[one].summary()["estimate"].to_dict() for one in pair]
    rows = [["", *pair, "difference", f"{CONFIDENCE} interval", "real", "unit"]]
    columns = ["difference", "low", "high", "p_value", "significant"]
    for (_, metric), difference, low, high, p_value, significant in differences.loc[
        [name], columns
    ].itertuples(name=None):
        values = [table[metric] for table in estimates]
        if metric in _GATES and not any(values):
            continue
        unit = _UNITS[metric]
        finer = unit._replace(decimals=_decimals(high - low, unit))
        real = NONE if np.isnan(p_value) else "yes" if significant else "no"
        # Shares differ in percentage points.
        unit_name = unit.name.replace("% of", "% points of")
        texts = [*(_number(value, unit) for value in values), _number(difference, finer, "+")]
        rows.append([_name(metric), *texts, _interval(low, high, finer, "+"), real, unit_name])
    return "\n".join(_aligned(rows, "<>>>><<"))


def _name(metric: str) -> str:
    return f"  {metric}" if metric in _GATES else metric


def _number(value: float, unit: Unit, sign: str = "") -> str:
    if not np.isfinite(value):
        return NONE
    # Added to 0, so that no zero is negative.
    return f"{round(unit.factor * value, unit.decimals) + 0.0:{sign},.{unit.decimals}f}"


def _interval(low: float, high: float, unit: Unit, sign: str = "") -> str:
    if not np.isfinite(low):
        return NONE
    return f"{_number(low, unit, sign)} to {_number(high, unit, sign)}"


def _decimals(width: float, unit: Unit) -> int:
    """Return how many decimals tell the ends of an interval apart, within reason."""
    if not 0 < width < np.inf:
        return unit.decimals
    return max(unit.decimals, min(MOST_DECIMALS, math.ceil(-math.log10(unit.factor * width))))


def _aligned(rows: Sequence[Sequence[str]], alignment: str) -> list[str]:
    """Return rows as lines whose columns are as wide as they must be."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(alignment))]
    cells = [
        [f"{cell:{side}{width}}" for cell, side, width in zip(row, alignment, widths, strict=True)]
        for row in rows
    ]
    return ["  ".join(line).rstrip() for line in cells]
