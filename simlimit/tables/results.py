"""Results as tables: of runs and studies, of differences and effects, of fits and decisions."""

import itertools
import math
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pandas.api.typing import NAType

from simlimit.tables import numbers
from simlimit.tables.layout import Row, Table, sentences, worded
from simlimit.tables.units import HEADLINES, PARTS, UNITS, Unit, unit_of

# Points of a sweep, groups of a study, or alternatives of a decision, that are shown.
MOST_ROWS = 50
# Of the fields that do not matter so many are named.
MOST_NAMED = 8
Effect: TypeAlias = Mapping[Hashable, Any]
_DAYS = Unit(1, 1, "days")
_MONEY = Unit(1, 2, "currency units")
_PER_CENT = Unit(100, 2, "%")
_SHARE = Unit(1, 2, "")


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
    words = {"shown": MOST_ROWS, "groups": len(rows)}
    more = sentences("groups_left_out", **words) if len(rows) > MOST_ROWS else ()
    return worded("groups", rows[:MOST_ROWS], notes=more)


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
    more = sentences("points_left_out", **words, shown=MOST_ROWS) if len(points) > MOST_ROWS else ()
    return worded("sweep", rows[:MOST_ROWS], [*fields, *metrics], more, **words)


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


def estimate_texts(known: "pd.Series[Any]") -> list[str]:
    """Return an estimate and the ends of its interval, or how likely it is: of a row of `Fit.table`."""
    if np.isnan(known["probability"]):
        return numbers.rounded_texts(known[["estimate", "low", "high"]].to_list())
    return [numbers.value_text(known["estimate"]), numbers.share_text(known["probability"])]


def fit_tables(
    parameters: pd.DataFrame, units: Mapping[str, str], pairs: pd.DataFrame, check: pd.DataFrame
) -> list[Table]:
    """Return the parameters of a fit, and whether the model can make the log, as tables.

    Parameters
    ----------
    parameters, pairs, check : pandas.DataFrame
        As `Fit.table`, `Fit.pairs` and `Fit.check` return them.
    units : mapping of str to str
        By parameter.
    """
    rows = []
    for name, known in parameters.iterrows():
        value, *ends = estimate_texts(known)
        within, before = f"{ends[0]} likely", numbers.UNKNOWN
        if len(ends) > 1:
            before = " to ".join(numbers.rounded_texts(known[["prior_low", "prior_high"]].to_list()))
            within = " to ".join(ends)
        removed, unit = numbers.share_text(known["share_removed"]), units.get(str(name), "")
        rows.append(Row((str(name), value, within, before, unit, removed, str(known["verdict"]))))
    apart = list[str]()
    for one, other, correlation in pairs.itertuples(index=False):
        apart += sentences("pair", one=one, other=other, correlation=correlation)
    told = worded("fit", rows, notes=apart)
    rows = []
    for family, off in check.iterrows():
        age = "" if np.isnan(off["age_days"]) else f", day {off['age_days']:g}"
        fine = numbers.finer(_PER_CENT, off["high"] - off["low"])
        in_log = numbers.number_text(off["in_log"], fine)
        between = numbers.interval_text(off["low"], off["high"], fine)
        p_value, breaks = numbers.p_value_text(off["corrected_p"]), "breaks" * int(off["breaks"])
        cells = str(family), f"{off['statistic']}{age}", f"{in_log} %", f"{between} %", p_value, breaks
        rows.append(Row(cells, strong=bool(breaks)))
    can, warned = ("cannot", sentences("outside")) if check["breaks"].any() else ("can", ())
    return [told, worded("check", rows, can=can, notes=warned)]


def sensitivity_table(found: pd.DataFrame, metric: str, units: Mapping[str, str], left_out: str) -> Table:
    """Return the fields of a sensitivity, `Sensitivity.table`, as a table.

    Parameters
    ----------
    found : pandas.DataFrame
    metric : str
    units : mapping of str to str
        By field; of another name it is a factor.
    left_out : str
        What has no range.
    """
    unit, rows = unit_of(metric).of_differences(), []
    for name, field in found.to_dict("index").items():
        between = " to ".join(numbers.rounded_texts([field["low"], field["high"]]))
        shares = [with_interval(field, one, _SHARE) for one in ("total", "first")]
        effect, verdict = numbers.number_text(field["mu"], unit, "+"), field["verdict"]
        cells = (str(name), between, units.get(str(name), "times"), field["origin"], effect, *shares, verdict)
        rows.append(Row(cells, strong=verdict == "matters"))
    table = worded("sensitivity", rows, metric=metric, unit=unit.name, left_out=left_out)
    return table._replace(notes=(*conclusions(found["verdict"], metric), *table.notes))


def conclusions(verdicts: "pd.Series[str]", metric: str) -> list[str]:
    """Return what decides a metric, and what does not: sentences, since each has a translation of its own.

    Examples
    --------
    >>> verdicts = {"rules.min_score": "matters", "behaviour.slip_days": "does not matter"}
    >>> for sentence in conclusions(pd.Series(verdicts), "days_away"):
    ...     print(sentence)
    Over these ranges days_away depends on rules.min_score.
    It hardly depends on behaviour.slip_days.
    """
    words = "matters", "undecided", "does not matter"
    matter, undecided, others = ([*map(str, verdicts.index[verdicts == word])] for word in words)
    said = [f"Over these ranges {metric} depends on {', '.join(matter) or 'no field for certain'}."]
    if undecided:
        said.append(f"Undecided: {', '.join(undecided)}.")
    if others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        said.append(f"It hardly depends on {', '.join(others[:MOST_NAMED])}{more}.")
    return said


def optimum_table(table: pd.DataFrame, choices: Sequence[str], first: str, notes: Sequence[str]) -> Table:
    """Return the alternatives of a decision, `Optimum.table`, as a table.

    Parameters
    ----------
    table : pandas.DataFrame
    choices : sequence of str
        The columns that say what is chosen.
    first : str
        The first objective, in whose unit the differences are.
    notes : sequence of str
    """
    measured = [name for name in map(str, table) if f"{name}_low" in table]
    metrics = {name: first if name == "difference" else name.removesuffix("_excess") for name in measured}
    units = {name: unit_of(metric) for name, metric in metrics.items()}
    costs = ["cost"] if table["cost"].any() else []
    named = dict.fromkeys([*costs, *metrics.values()])
    said = "; ".join(f"{name} in {unit_of(name).name}" for name in named)
    columns = [*choices, "cost a year", *itertools.chain(*((name, "interval") for name in units))]
    rows = []
    for told in table[:MOST_ROWS].to_dict("records"):
        cells = [told["status"], *(numbers.value_text(told[name]) for name in choices)]
        cells.append(numbers.number_text(told["cost"], Unit(1, 0, "")))
        for name, unit in units.items():
            value, low, high = ends_in(told, name)
            cells += numbers.number_text(value, unit), numbers.interval_text(low, high, unit)
        rows.append(Row(tuple(cells), strong=told["status"] == "selected"))
    number = len(table)
    more = sentences("alternatives_left_out", shown=MOST_ROWS, number=number) * (number > MOST_ROWS)
    notes = (*notes, *sentences("verdicts", units=said), *more)
    return worded("optimum", rows, columns, notes, number=number)


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
