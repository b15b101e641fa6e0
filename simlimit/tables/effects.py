"""Effects as tables: what levers change, and what each gate explains."""

from collections.abc import Hashable, Mapping
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from simlimit.tables.layout import Row, Table
from simlimit.tables.metrics import CONFIDENCE, NO_VERDICT, verdict_text
from simlimit.tables.numbers import UNKNOWN, difference_texts, interval_text, number_text
from simlimit.tables.units import DAYS, Unit, unit_of

Effect: TypeAlias = Mapping[Hashable, Any]
ENDS = ("", "_low", "_high")
_MONEY = Unit(1, 2, "currency units")


def ranking_table(effects: pd.DataFrame, replications: int) -> Table:
    """Return what each lever does to each metric, `LeverRanking.table`, as a table."""
    rows, before = [], ""
    for (metric, lever), effect in _rows(effects).items():
        unit, is_first = unit_of(metric).of_differences(), metric != before
        texts = (*_effect_texts(effect, "alone", unit), *_effect_texts(effect, "last", unit))
        cells = (metric if is_first else "", lever, *texts, number_text(effect["cost"], _MONEY))
        rows.append(Row(cells, begins_group=is_first))
        before = metric
    interval, real = f"{CONFIDENCE} interval", "significant"
    headings = ("metric", "lever", "alone", interval, real, "last", interval, real, "cost")
    units = [f"{one} in {unit_of(one).of_differences().name}" for one in effects.index.unique(0)]
    notes = (
        f"Units: {'; '.join(units)}.",
        "Alone: with only this lever, minus without any. Last: with all, minus with all but this one. "
        "Less is better.",
        f"Significant: with {CONFIDENCE} confidence for all effects together (Holm). Cost: currency units "
        "per borrower and year.",
        NO_VERDICT,
    )
    caption = f"what levers change: means over {replications:,} replications each"
    return Table(caption, headings, "<<>><>><>", rows, notes)


def attribution_table(explained: pd.DataFrame, metric: str, replications: int) -> Table:
    """Return what each gate explains of a metric, and what none does, `Attribution.table`, as a table."""
    unit = unit_of(metric)
    effects = [name for name in map(str, explained) if f"{name}_low" in explained]
    # Of the columns that have a unit of their own.
    units = {"charged": DAYS, "limit_days_lost": unit_of("limit_days_lost")}
    rows = []
    for gate, effect in _rows(explained).items():
        cells = [_with_interval(effect, name, units.get(name, unit)) for name in effects]
        rows.append(Row((gate, *cells), begins_group=gate == "total"))
    notes = (
        "Shapley: what the gate explains, on average over all orders of closing the gates. None: what stays "
        "with all gates open.",
        "Charged: days per hold, which add up to days_away. Forfeited: to the end of the follow-up.",
        "Alone: what closing this gate adds where all others are open. Opened: what opening it takes away "
        "where all others are closed.",
        f"In brackets: {CONFIDENCE} intervals, each separately (Student's t over {replications:,}).",
    )
    caption = f"what each gate explains of {metric} ({unit.name})"
    return Table(caption, ("gate", *effects), "<" + ">" * len(effects), rows, notes)


def _rows(table: pd.DataFrame) -> Mapping[Any, Effect]:
    """Return the rows of a table by what the index says of each."""
    return table.to_dict("index")


def _effect_texts(effect: Effect, name: str, unit: Unit) -> tuple[str, str, str]:
    """Return an effect, its interval, and whether it is significant; nothing where there is none."""
    value, low, high = (effect[f"{name}{end}"] for end in ENDS)
    if np.isnan(value):
        return "", "", ""
    return (*difference_texts(value, low, high, unit), verdict_text(effect[f"{name}_significant"]))


def _with_interval(effect: Effect, name: str, unit: Unit) -> str:
    """Return an effect with its interval in brackets."""
    value, low, high = (effect[f"{name}{end}"] for end in ENDS)
    interval = interval_text(low, high, unit)
    return number_text(value, unit) + ("" if interval == UNKNOWN else f" ({interval})")
