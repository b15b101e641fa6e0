"""Pictures of a decision: two objectives, what is as good, and how the alternatives became fewer."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from simlimit.arguments import Floats
from simlimit.deciding.optimum import CONTENDER, SELECTED, STATUSES, TOO_DEAR, Optimum
from simlimit.deciding.question import COST
from simlimit.plots import canvas, style
from simlimit.plots.labels import Labels, Language, checked_labels
from simlimit.study.draws import estimate
from simlimit.tables.numbers import value_text
from simlimit.tables.units import NAMES, unit_of

# Rows of the picture of contenders.
MOST_ROWS = 20


def pareto(optimum: Optimum, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw the alternatives by two objectives: the first two, or the cost where there is one objective.

    Parameters
    ----------
    optimum : Optimum
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A point for each alternative that was simulated, by its status. Those that nothing dominates have
        their intervals, which all hold together.

    Raises
    ------
    SimlimitError
        If an argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> monthly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50}
    ... )
    >>> costs = {"evaluation.period_days": -100}
    >>> best = sl.optimise(monthly, {"evaluation.period_days": [7, 14]}, costs=costs)
    >>> sl.plots.pareto(best).get_xlabel().splitlines()[0]
    'cost (currency units per year)'
    """
    label = checked_labels(language, "optimum", optimum, Optimum)
    first, *others = optimum.question.names
    across, up = (first, others[0]) if others else (COST, first)
    ax = canvas.axes_or_new(ax)
    table = optimum.table()
    for number, status in enumerate(STATUSES):
        rows = table[table["status"] == status]
        if status == TOO_DEAR or rows.empty:
            continue
        x, y = (rows[name].to_numpy(np.float64) for name in (across, up))
        is_front = status in (SELECTED, CONTENDER)
        line, alpha = style.line(number), 1 if is_front else 0.5
        look: dict[str, Any] = {"color": line.colour, "fmt": line.marker, "alpha": alpha}
        beside, above = (_bars(rows, name) if is_front else None for name in (across, up))
        ax.errorbar(x, y, above, beside, label=label(status), zorder=9 - number, **look)
    ax.ticklabel_format(style="plain", useOffset=False)
    for name, axis in ((across, ax.xaxis), (up, ax.yaxis)):
        axis.set_label_text(_axis(name, optimum.question.follow_up_days, label))
        if unit_of(name).factor == 100:
            canvas.use_percent_axis(axis, label)
    canvas.legend(ax, **style.LOOKS["beside"])
    return _finished(ax, optimum, label("what is best in one objective or another"), label)


def contenders(optimum: Optimum, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw how the alternatives differ from the selected one in the first objective, the nearest first.

    Parameters
    ----------
    optimum, ax, language
        As for `pareto`.

    Returns
    -------
    matplotlib Axes
        A row for each of at most 20 alternatives, with its values, its status and its interval. Dotted: the
        indifference.

    Raises
    ------
    SimlimitError
        As from `pareto`.

    Examples
    --------
    >>> import simlimit as sl
    >>> monthly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50}
    ... )
    >>> best = sl.optimise(monthly, {"evaluation.period_days": [7, 14]}, n=40)
    >>> [text.get_text() for text in sl.plots.contenders(best).get_yticklabels()][0]
    'period_days 7: selected'
    """
    label = checked_labels(language, "optimum", optimum, Optimum)
    table = optimum.table()
    metric, is_least = optimum.question.names[0], optimum.question.signs[0] > 0
    rows = table[table["status"] != TOO_DEAR]
    rows = rows.sort_values("difference", kind="stable", ascending=is_least)[:MOST_ROWS]
    unit = unit_of(metric).of_differences()
    choices = [*optimum.today.choice]
    last = [name.rpartition(".")[2] for name in choices]
    short = last if len({*last}) == len(last) else choices
    names = []
    for choice, status in zip(rows[choices].to_numpy(), rows["status"], strict=True):
        words = value_text(dict(zip(short, choice, strict=True)))
        names.append(canvas.wrapped(f"{words}: {label(status)}", canvas.LONGEST_NAME))
    lines = 1 + max(name.count("\n") for name in names)
    ax = canvas.axes_or_new(ax, (canvas.SIZE[0], 1.6 + (0.1 + 0.2 * lines) * len(rows)))
    heights, ends = -np.arange(len(rows)), unit.factor * _bars(rows, "difference")
    ax.errorbar(unit.factor * rows["difference"], heights, xerr=ends, fmt="o", color=style.INK, capsize=3)
    ax.axvline(0, color="black", linewidth=0.8)
    smallest = optimum.race.indifference[0] * (1 if is_least else -1)
    ax.axvline(unit.factor * smallest, color=style.GREY, linestyle=":")
    ax.set_yticks(heights, names, parse_math=False)
    ax.set_ylim(0.5 - len(rows), 0.5)
    if optimum.best is None:
        canvas.write_in_middle(ax, label("nothing is selected"))
    ax.set_xlabel(label("difference ({unit})", unit=label(unit.in_pictures)))
    return _finished(ax, optimum, label("how much worse than the selected"), label)


def progress(optimum: Optimum, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw how many alternatives are still open after each sample.

    Parameters
    ----------
    optimum, ax, language
        As for `pareto`.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    SimlimitError
        As from `pareto`.

    Examples
    --------
    >>> import simlimit as sl
    >>> monthly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50}
    ... )
    >>> best = sl.optimise(monthly, {"evaluation.period_days": [7, 14]}, n=40)
    >>> sl.plots.progress(best).get_ylabel()
    'alternatives still open'
    """
    label = checked_labels(language, "optimum", optimum, Optimum)
    ax = canvas.axes_or_new(ax)
    number = np.arange(optimum.race.number + 1)
    left = (optimum.race.samples[:, np.newaxis] > number).sum(axis=0)
    ax.fill_between(number, left, step="post", color=style.LIGHT_GREY)
    ax.step(number, left, where="post", color=style.INK)
    ax.set(xlabel=label("samples"), ylabel=label("alternatives still open"), ylim=(0, None))
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10], integer=True))
    return _finished(ax, optimum, label("how the alternatives became fewer"), label)


def _bars(rows: pd.DataFrame, name: str) -> Floats:
    """Return how far the ends of intervals are from the means; what is exact has none."""
    if name == COST:
        return np.zeros((2, len(rows)))
    return np.stack([rows[name] - rows[f"{name}_low"], rows[f"{name}_high"] - rows[name]]).astype(np.float64)


def _axis(name: str, days: int, label: Labels) -> str:
    """Return what an axis shows, and its unit."""
    if name == COST:
        return label("cost (currency units per year)")
    what = label.with_unit(label(NAMES[name], days=days), unit_of(name).in_pictures)
    return canvas.wrapped(what, canvas.LONGEST_LABEL)


def _finished(ax: Axes, optimum: Optimum, title: str, label: Labels) -> Axes:
    """Write the title, of what it is, and how sure it is."""
    words = "{name}, seed {seed}; {confidence:g} % for all that is said together"
    name = canvas.shortened(estimate(optimum.today.source).name)
    below = label(words, name=name, seed=optimum.question.seed, confidence=100 * optimum.question.confidence)
    if not optimum.question.is_guarded:
        ax.set_xlabel(f"{ax.get_xlabel()}\n{label('limit days lost was not asked for')}")
    return canvas.finish(ax, title, below)
