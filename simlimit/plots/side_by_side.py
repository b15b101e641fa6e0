"""Scenarios side by side: paired differences, and a metric over the values of fields."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from pandas.api.typing import NAType

from simlimit import Comparison, Sweep
from simlimit.arguments import Floats, as_choices, check_choice, is_number
from simlimit.errors import SimlimitError
from simlimit.plots import canvas, effects, style
from simlimit.plots.labels import Language, checked_labels
from simlimit.scenario import units_of
from simlimit.study.metrics import BESIDE_LOSSES, LOSSES, METRICS, Weight
from simlimit.tables import numbers, units

WIDTH = 8.0
# Inches of a row, and of all that is not rows.
ROW = 0.34
AROUND = 1.9
# Characters of a line of a text below an axis, at least.
SHORTEST_LINE = 8
ENDS = ["difference", "low", "high"]
# Units of a place beside a row.
OF_A_ROW = ("axes fraction", "data")


def forest(
    comparison: Comparison,
    *,
    metrics: Sequence[str] = ("days_away",),
    reference: str | None = None,
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw how each scenario differs from the first, or from another, with intervals.

    Replications are paired: those of one number share their random numbers in all scenarios.

    Parameters
    ----------
    comparison : Comparison
    metrics : sequence of str
        Metrics of `Study.summary` that have one unit.
    reference : str, optional
        The scenario from which the others differ; the first if not given.
    weight : "holds" or "amount"
        Whether each hold counts once, or by its amount.
    confidence : float
        Confidence level of each interval separately, and of the test of all rows together.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A row for each metric and scenario, with its number at the right. Filled: the difference is
        significant, corrected for the number of rows (Holm). Hollow: it may be 0. A cross: too little can be
        observed for a verdict. A row of `default_losses` or `net_income` also says how `limit_days_lost`
        differs: losses can fall because credit is taken away.

    Raises
    ------
    SimlimitError
        If there is no such metric or scenario, units of metrics differ, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> funded = jiebei.replace({"funding.unlimited": True})
    >>> comparison = sl.compare({"jiebei": jiebei, "unlimited funding": funded}, 3, seed=1)
    >>> sl.plots.forest(comparison).get_xlabel().splitlines()[0]
    'difference (days)'
    """
    label = checked_labels(language, "comparison", comparison, Comparison)
    names = as_choices("metrics", metrics, METRICS, "study.metrics()")
    table = comparison.differences(confidence, weight, names, reference=reference)
    first = comparison.reference if reference is None else reference
    study = comparison.studies[first]
    found = sorted({units.unit_of(metric).in_pictures for metric in names})
    if len(found) > 1:
        two = " and ".join(found)
        raise SimlimitError(f"metrics has the units {two}, but a picture has one axis: draw one for each.")
    unit = units.unit_of(names[0], weight).of_differences()
    others = [name for name in comparison.studies if name != first]
    ax = canvas.axes_or_new(ax, (WIDTH, AROUND + ROW * (len(others) + 0.8) * len(names)))
    ax.axvline(0, color="black", linewidth=0.8)
    by_metric = table.index.get_level_values("metric")
    places = effects.decimals(unit.factor * table["difference"][by_metric.isin(names)])
    lost = table[by_metric == BESIDE_LOSSES].droplevel("metric")[ENDS].T.to_dict("list")
    height = 0.0
    ticks: dict[float, str] = {}
    for metric in names:
        heading = label(units.NAMES[metric], days=study.follow_up_days)
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        canvas.write(ax, heading, (0.01, height), OF_A_ROW, fontsize=9, fontweight="bold", bbox=behind)
        height -= 0.9
        rows = table.xs(metric, level="metric")
        intervals = unit.factor * rows[ENDS].to_numpy()
        for other, interval, significant in zip(others, intervals, rows["significant"], strict=True):
            _draw_row(ax, height, interval, places, significant)
            ticks[height] = canvas.shortened(other)
            if metric in LOSSES:
                ticks[height] += f"\n{effects.lost_text(lost[other], label)}"
            height -= 1
    ax.set_yticks(list(ticks), list(ticks.values()), parse_math=False)
    ax.set_ylim(height + 0.4, 0.6)
    ax.margins(x=0.12)
    axis = label("difference ({unit})", unit=label(unit.in_pictures))
    verdicts = effects.verdicts(label, int(table["p_value"].count()), "\u25cf\u25cb\u00d7")
    ax.set_xlabel(f"{axis}{effects.lost_note(label, *names)}\n{verdicts}")
    title = label("paired difference from {reference}", reference=canvas.shortened(first))
    return canvas.finish(ax, title, canvas.subtitle(study, label, confidence))


def _draw_row(ax: Axes, height: float, interval: Floats, places: int, is_significant: bool | NAType) -> None:
    """Draw an effect with its interval, and write it at the right."""
    middle, low, high = interval
    ends = [[middle - low], [high - middle]]
    marker, *_ = ax.errorbar(middle, height, xerr=ends, fmt="o", color=style.INK, capsize=3)
    colour = style.INK if pd.isna(is_significant) or is_significant else "white"
    marker.set(markersize=7, marker="x" if pd.isna(is_significant) else "o", markerfacecolor=colour)
    canvas.write(ax, effects.with_interval(middle, low, high, places), (1.02, height), OF_A_ROW, fontsize=9)


def sweep(
    sweep: Sweep,
    *,
    metric: str = "days_away",
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw a metric over the values of the first field of a sweep, a line for each value of the second.

    Values that are not numbers stand side by side in the order of the sweep, without a line between them.

    Parameters
    ----------
    sweep : Sweep
        Of one or two fields.
    metric : str
        A metric of `Study.summary`.
    weight : "holds" or "amount"
        Whether each hold counts once, or by its amount.
    confidence : float
        Confidence level of the interval at each point separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        The points are the estimates, with a band or a bar for the interval of each. Below `default_losses`
        and `net_income` are the estimates of `limit_days_lost` at the same points: losses can fall because
        credit is taken away.

    Raises
    ------
    SimlimitError
        If the sweep has more than two fields, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 20}
    ... )
    >>> grid = sl.sweep(small, {"evaluation.period_days": [7, 30]}, 5, seed=1)
    >>> sl.plots.sweep(grid).get_xlabel()
    'evaluation.period_days (days)'
    """
    label = checked_labels(language, "sweep", sweep, Sweep)
    check_choice("metric", metric, METRICS, "docs/statistics.md")
    fields = ", ".join(sweep.fields)
    if len(sweep.fields) > 2:
        fewer = "but a picture shows one or two: sweep fewer at a time."
        raise SimlimitError(f"sweep has the fields {fields}, {fewer}")
    (field, values), *second = sweep.fields.items()
    named = [f"{other} = {numbers.value_text(value)}" for other, others in second for value in others]
    names = [*map(canvas.shortened, named)]
    lines = max(1, len(names))
    summary = sweep.summary(confidence, weight=weight)
    tables = _lines(summary, metric, lines)
    study = next(iter(sweep.studies.values()))
    what, unit = units.NAMES[metric], units.unit_of(metric, weight)
    ax = canvas.axes_or_new(ax)
    _draw_lines(ax, values, tables)
    below = [label.with_unit(field, units_of(study.scenario.walk()).get(field, ""))]
    if metric in LOSSES:
        lost = [_numbers(table["estimate"]) for table in _lines(summary, BESIDE_LOSSES, lines)]
        below[0] += effects.lost_note(label, metric)
        below += [f"{name}: {text}" for name, text in zip(names, lost, strict=True)] if names else lost
    ax.set_xlabel("\n".join(below))
    what = label.with_unit(label(what, days=study.follow_up_days), unit.in_pictures)
    ax.set_ylabel(canvas.wrapped(what, canvas.LONGEST_LABEL))
    if unit.factor == 100:
        canvas.use_percent_axis(ax.yaxis, label)
    if names:
        canvas.label_ends(ax, [table["estimate"].iloc[-1] for table in tables], names)
    title = label("sweep of {fields}", fields=fields)
    return canvas.finish(ax, title, canvas.subtitle(study, label, confidence))


def _draw_lines(ax: Axes, values: Sequence[Any], tables: Sequence[pd.DataFrame]) -> None:
    """Draw a line, or points, for each table, whose rows belong to the values."""
    # Of one value alone the interval is a bar, as of values that are no numbers: a band has no width there.
    are_numbers = len(values) > 1 and all(is_number(value) for value in values)
    places = values if are_numbers else range(len(values))
    for number, table in enumerate(tables):
        look = style.line(number)
        low, middle, high = (table[column].to_numpy() for column in ("low", "estimate", "high"))
        (marks,) = ax.plot(places, middle, linestyle=look.style if are_numbers else "")
        if are_numbers:
            ax.fill_between(places, low, high, color=look.colour, alpha=0.25, linewidth=0)
        else:
            ax.vlines(places, low, high, color=look.colour)
        marks.set(color=look.colour, marker=look.marker, markersize=5)
        marks.set_markerfacecolor("white" if number % 2 else look.colour)
    if not are_numbers:
        ax.set_xlim(-0.5, len(values) - 0.5)
        room = max(SHORTEST_LINE, canvas.letters(ax) // len(values) - 1)
        texts = [canvas.shortened(numbers.value_text(value)) for value in values]
        ax.set_xticks(places, [canvas.wrapped(text, room) for text in texts], parse_math=False)
        ax.tick_params(axis="x", labelsize=style.LABEL_SIZE)
    elif all(isinstance(value, int | np.integer) for value in values):
        ax.xaxis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))


def _lines(summary: pd.DataFrame, metric: str, number: int) -> list[pd.DataFrame]:
    """Return the rows of a metric, by line: values of the second field follow each other in the summary."""
    estimates = summary[summary.index.get_level_values("metric") == metric]
    return [estimates.iloc[first::number] for first in range(number)]


def _numbers(lost: "pd.Series[float]") -> str:
    return "; ".join(numbers.number_text(one, units.unit_of(BESIDE_LOSSES)) for one in lost)
