"""Results as tables: what a run waited for, the metrics of studies, differences, and effects."""

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.api.typing import NAType

from simlimit.tables import numbers
from simlimit.tables.layout import Row, Table, sentences, worded
from simlimit.tables.units import HEADLINES, PARTS, UNITS, Unit, unit_of

# Points of a sweep, or groups of a study, that are shown.
MOST_POINTS = 50
Effect: TypeAlias = Mapping[Hashable, Any]
_DAYS = Unit(1, 1, "days")
_MONEY = Unit(1, 2, "currency units")


def causes_table(causes: pd.DataFrame, holds: int, at_once: int, forfeited: int) -> Table:
    """Return the table of release delay by cause.

    Parameters
    ----------
    causes : pandas.DataFrame
        As `simlimit.delay_by_cause` returns it.
    holds, at_once, forfeited : int
        How many holds there are; how many of them were released on the day of repayment, and how many lost
        at least a part.
    """
    rows = []
    for cause, waited, of_holds, days, of_days, mean in causes.itertuples(name=None):
        counts = (f"{waited:,}", numbers.share_text(of_holds), f"{days:,}", numbers.share_text(of_days))
        rows.append(Row((cause, *counts, numbers.number_text(mean, _DAYS))))
    return worded("causes", rows, holds=holds, at_once=at_once, forfeited=forfeited)


def summary_table(summary: pd.DataFrame, replications: int, notes: Sequence[str]) -> Table:
    """Return the metrics of a study, `Study.summary`, as a table.

    Of a metric that has something to say in some of the replications only, the row says in how many.
    """
    rows = []
    estimates = summary[["estimate", "low", "high", "replications"]]
    for metric, estimate, low, high, number in estimates.itertuples(name=None):
        unit = numbers.finer(unit_of(metric), high - low) if "." in metric else unit_of(metric)
        shown = numbers.number_text(estimate, unit)
        if metric == "median_days" and shown == numbers.UNKNOWN and number > 0:
            shown = "not reached"
        name = unit.name
        if number not in (0, replications):
            (name,) = sentences("in_some", unit=name, number=number)
        cells = (metric, shown, numbers.interval_text(low, high, unit), name)
        rows.append(Row(cells, indented=metric in PARTS))
    return worded("summary", rows, notes=notes, replications=replications)


def groups_table(groups: pd.DataFrame) -> Table:
    """Return the days away of each group of borrowers, and how they differ from the whole book.

    Parameters
    ----------
    groups : pandas.DataFrame
        As `Study.groups` returns it.
    """
    rows, unit = [], unit_of("days_away")
    for group, row in rows_of(groups.xs("days_away")).items():
        own = numbers.number_text(row["estimate"], unit), numbers.interval_text(row["low"], row["high"], unit)
        gap = numbers.difference_texts(row["gap"], row["gap_low"], row["gap_high"], unit)
        verdict = verdict_text(row["significant"])
        rows.append(Row((group, *own, *gap, verdict), strong=verdict == "yes"))
    words = {"shown": MOST_POINTS, "groups": len(rows)}
    more = sentences("groups_left_out", **words) if len(rows) > MOST_POINTS else ()
    return worded("groups", rows[:MOST_POINTS], notes=more)


def followed_notes(warmup_days: int, horizon_days: int, follow_up_days: int, over: str) -> tuple[str, ...]:
    """Return the sentences that say which holds are counted, and what intervals cover."""
    # A repayment on the day of the horizon is none.
    last_day, last = horizon_days - 1, horizon_days - follow_up_days
    kind, last = ("nobody_followed", last_day) if last < warmup_days else ("followed", min(last, last_day))
    return sentences(kind, first=warmup_days, last=last, follow_up_days=follow_up_days, over=over)


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
    tested = differences.xs(name)[["difference", "low", "high", "significant"]]
    for metric, value, low, high, significant in tested.itertuples(name=None):
        # Where nothing was recorded, the total is 0.
        none = 0.0 if metric.endswith(".total") else math.nan
        both = [table.get(metric, none) for table in estimates]
        if metric in PARTS and not any(both):
            continue
        unit = unit_of(metric)
        texts = [numbers.number_text(estimate, unit) for estimate in both]
        texts += numbers.difference_texts(value, low, high, unit)
        verdict = verdict_text(significant)
        cells = (metric, *texts, verdict, unit.of_differences().name)
        rows.append(Row(cells, indented=metric in PARTS, strong=verdict == "yes"))
    return worded("difference", rows, name=name, reference=reference)


def verdict_text(significant: bool | NAType) -> str:
    """Return whether an effect is significant, in a word."""
    return "unknown" if pd.isna(significant) else "yes" if significant else "no"


def sweep_table(summary: pd.DataFrame, replications: int) -> Table:
    """Return a row for each point of a grid with the metrics that matter most, `Sweep.summary` has all."""
    fields = [str(name) for name in summary.index.names[:-1]]
    metrics = [metric for metric in HEADLINES if metric in summary.index.unique("metric")]
    points = [[*map(numbers.value_text, key[:-1])] for key in summary.index if key[-1] == metrics[0]]
    columns = [_plus_minus(summary.query("metric == @metric"), unit_of(metric)) for metric in metrics]
    rows = [Row((*point, *cells)) for point, *cells in zip(points, *columns, strict=True)]
    units = "; ".join(f"{metric} in {unit_of(metric).name}" for metric in metrics)
    words = {"units": units, "points": len(points), "replications": replications}
    more = sentences("points_left_out", **words, shown=MOST_POINTS) if len(points) > MOST_POINTS else ()
    return worded("sweep", rows[:MOST_POINTS], [*fields, *metrics], more, **words)


def _plus_minus(estimates: pd.DataFrame, unit: Unit) -> list[str]:
    """Return estimates with half of their intervals, which are symmetric."""
    pairs = estimates[["estimate", "high"]].itertuples(index=False)
    texts = [(numbers.number_text(one, unit), numbers.number_text(high - one, unit)) for one, high in pairs]
    return [one if half == numbers.UNKNOWN else f"{one} \N{PLUS-MINUS SIGN} {half}" for one, half in texts]


def ranking_table(effects: pd.DataFrame, replications: int) -> Table:
    """Return what each lever does to each metric, `LeverRanking.table`, as a table."""
    rows, before = [], ""
    for (metric, lever), effect in rows_of(effects).items():
        unit, is_first = unit_of(metric).of_differences(), metric != before
        texts = (*_effect_texts(effect, "alone", unit), *_effect_texts(effect, "last", unit))
        cells = (metric if is_first else "", lever, *texts, numbers.number_text(effect["cost"], _MONEY))
        rows.append(Row(cells, begins_group=is_first))
        before = metric
    units = "; ".join(f"{one} in {unit_of(one).of_differences().name}" for one in effects.index.unique(0))
    return worded("ranking", rows, units=units, replications=replications)


def attribution_table(explained: pd.DataFrame, metric: str, replications: int) -> Table:
    """Return what each gate explains of a metric, and what none does, `Attribution.table`, as a table."""
    unit = unit_of(metric)
    effects = [name for name in map(str, explained) if f"{name}_low" in explained]
    # Of the columns that have a unit of their own.
    units = {"charged": UNITS["days_away"], "limit_days_lost": UNITS["limit_days_lost"]}
    rows = []
    for gate, effect in rows_of(explained).items():
        cells = [with_interval(effect, name, units.get(name, unit)) for name in effects]
        rows.append(Row((gate, *cells), begins_group=gate == "total"))
    return worded("attribution", rows, effects, metric=metric, unit=unit.name, replications=replications)


def rows_of(table: Any) -> dict[Any, Effect]:  # noqa: ANN401 - what `xs` returns may be a series to a type checker
    """Return the rows of a table by what the index says of each."""
    return dict(table.to_dict("index"))


def ends_in(effect: Effect, name: str, scale: float = 1.0) -> tuple[float, float, float]:
    """Return an effect and the ends of its interval, times a scale.

    Examples
    --------
    >>> ends_in({"share": 0.5, "share_low": 0.25, "share_high": 0.75}, "share", 100)
    (50.0, 25.0, 75.0)
    """
    value, low, high = (scale * effect[f"{name}{end}"] for end in ("", "_low", "_high"))
    return value, low, high


def _effect_texts(effect: Effect, name: str, unit: Unit) -> tuple[str, str, str]:
    """Return an effect, its interval, and whether it is significant; nothing where there is none."""
    value, low, high = ends_in(effect, name)
    if np.isnan(value):
        return "", "", ""
    return (*numbers.difference_texts(value, low, high, unit), verdict_text(effect[f"{name}_significant"]))


def with_interval(effect: Effect, name: str, unit: Unit) -> str:
    """Return an effect with its interval in brackets."""
    value, low, high = ends_in(effect, name)
    interval = numbers.interval_text(low, high, unit)
    return numbers.number_text(value, unit) + ("" if interval == numbers.UNKNOWN else f" ({interval})")
