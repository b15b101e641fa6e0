"""Metrics as tables: the estimates of a study, of every point of a sweep, and differences."""

import math
from collections.abc import Sequence

import pandas as pd
from pandas.api.typing import NAType

from simlimit.tables.layout import Row, Table
from simlimit.tables.numbers import UNKNOWN, difference_texts, finer, interval_text, number_text
from simlimit.tables.units import INCOME, PARTS, Unit, unit_of

CONFIDENCE = "95 %"
NO_VERDICT = "Unknown: too few events, or too few replications, for a verdict."
HEADLINES = (
    "released_within_7d",
    "days_away",
    "no_limit_share",
    "limit_days_lost",
    "default_losses",
    *INCOME,
)
"""Metrics that stand for a study where there is no space for all; losses are never without lost limit."""
_ESTIMATED = ["estimate", "low", "high", "replications"]
_TESTED = ["difference", "low", "high", "significant"]
MOST_POINTS = 50
"""Points of a sweep that are shown."""


def summary_table(summary: pd.DataFrame, replications: int, notes: Sequence[str]) -> Table:
    """Return the metrics of a study, `Study.summary`, as a table.

    Of a metric that has something to say in some of the replications only, the row says in how many.
    """
    rows = []
    for metric, estimate, low, high, number in summary[_ESTIMATED].itertuples(name=None):
        unit = finer(unit_of(metric), high - low) if "." in metric else unit_of(metric)
        shown = number_text(estimate, unit)
        if metric == "median_days" and shown == UNKNOWN and number > 0:
            shown = "not reached"
        name = unit.name if number in (0, replications) else f"{unit.name}, in {number:,} replications"
        cells = (metric, shown, interval_text(low, high, unit), name)
        rows.append(Row(cells, indented=metric in PARTS))
    headings = ("metric", "estimate", f"{CONFIDENCE} interval", "unit")
    return Table(f"means over {replications:,} replications", headings, "<>><", rows, tuple(notes))


def followed_notes(
    warmup_days: int, horizon_days: int, follow_up_days: int, replications: int
) -> tuple[str, str]:
    """Return the sentences that say which holds are counted, and what intervals cover."""
    first, last = warmup_days, horizon_days - follow_up_days
    # A repayment on the day of the horizon is none.
    cohort = (
        f"Holds: every repayment of days {first} to {min(last, horizon_days - 1)}, followed for "
        f"{follow_up_days} days; forfeits are away to the end, and the parts of days_away add up to it."
        if first <= last
        else f"No repayment is followed for {follow_up_days} days: days {first} to {horizon_days - 1} are "
        "observed; a shorter follow-up would see more."
    )
    intervals = (
        f"Interval: {CONFIDENCE}, of each metric separately (Student's t over {replications:,} replications)."
    )
    return cohort, intervals


def differences_table(differences: pd.DataFrame, summary: pd.DataFrame, reference: str, name: str) -> Table:
    """Return how a scenario differs from the first, without parts of the days away that neither has.

    Parameters
    ----------
    differences, summary : pandas.DataFrame
        As `Comparison.differences` and `Comparison.summary` return them.
    reference, name : str
        The first scenario, and the one that is compared with it.
    """
    estimates = [summary.xs(one)["estimate"] for one in (reference, name)]
    rows = []
    for metric, value, low, high, significant in differences.xs(name)[_TESTED].itertuples(name=None):
        both = [table.get(metric, math.nan) for table in estimates]
        if metric in PARTS and not any(both):
            continue
        unit = unit_of(metric)
        of_differences = unit.of_differences()
        texts = [number_text(estimate, unit) for estimate in both]
        texts += difference_texts(value, low, high, of_differences)
        verdict = verdict_text(significant)
        cells = (metric, *texts, verdict, of_differences.name)
        rows.append(Row(cells, indented=metric in PARTS, strong=verdict == "yes"))
    headings = ("metric", reference, name, "difference", f"{CONFIDENCE} interval", "significant", "unit")
    return Table(f"{name} minus {reference}", headings, "<>>>><<", rows)


def verdict_text(significant: bool | NAType) -> str:
    """Return whether an effect is significant, in a word."""
    return "unknown" if pd.isna(significant) else "yes" if significant else "no"


def differences_notes(number: int) -> tuple[str, str, str]:
    """Return the sentences about differences: how they are paired, and what is significant."""
    return (
        "Difference: the mean over replications, which share all random numbers that mean the same in both.",
        f"Significant: with {CONFIDENCE} confidence for all {number:,} differences together (Holm).",
        NO_VERDICT,
    )


def sweep_table(summary: pd.DataFrame, replications: int) -> Table:
    """Return a row for each point of a grid with the metrics that matter most, `Sweep.summary` has all."""
    fields = [str(name) for name in summary.index.names[:-1]]
    metrics = [metric for metric in HEADLINES if metric in summary.index.unique("metric")]
    points = [key[:-1] for key in summary.index if key[-1] == metrics[0]]
    columns = [_plus_minus(summary.query("metric == @metric"), unit_of(metric)) for metric in metrics]
    rows = [Row((*map(str, point), *cells)) for point, *cells in zip(points, *columns, strict=True)]
    units = "; ".join(f"{metric} in {unit_of(metric).name}" for metric in metrics)
    about = f"{CONFIDENCE} intervals over {replications:,} replications each; summary() has all metrics."
    notes = [f"Units: {units}.", about]
    if len(points) > MOST_POINTS:
        notes.append(f"The first {MOST_POINTS} of {len(points):,} points are shown.")
    align = ">" * (len(fields) + len(metrics))
    caption = f"metrics at {len(points):,} points"
    return Table(caption, (*fields, *metrics), align, rows[:MOST_POINTS], tuple(notes))


def _plus_minus(estimates: pd.DataFrame, unit: Unit) -> list[str]:
    """Return estimates with half of their intervals, which are symmetric."""
    texts = []
    for estimate, high in estimates[["estimate", "high"]].itertuples(index=False):
        half = number_text(high - estimate, unit)
        texts.append(
            number_text(estimate, unit) + ("" if half == UNKNOWN else f" \N{PLUS-MINUS SIGN} {half}")
        )
    return texts
