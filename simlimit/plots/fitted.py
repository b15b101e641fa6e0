"""What a release log says of a scenario: the model beside the log, and what is known of the parameters."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from simlimit.arguments import Floats, check_choice
from simlimit.inference import calibration, regression, statistics
from simlimit.inference.fit import Fit
from simlimit.plots import by_age, canvas, style
from simlimit.plots.labels import Labels, Language, checked_labels
from simlimit.tables.numbers import p_value_text, value_text
from simlimit.tables.results import estimate_texts

# Inches.
WIDTH = 8.0
# Points between panels: the labels of an axis, and what the next panel is about.
GAP = 34
MOST_ROWS = 16
BINS = 24
# So many simulated logs a bin needs on average, so that its height says something.
A_BIN = 20
# Of so many values each has a bar of its own.
FEW = 12
TICKS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365)
# A correlation of a square on which a number is white.
DARK = 0.6
BAND = "95 % of the logs that the model makes"


def fit_check(fit: Fit, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw release and forfeit by age: the log beside what the fitted model gives.

    Parameters
    ----------
    fit : Fit
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        Its ``child_axes`` are a panel for release and one for forfeit. Dots: the log. Line and band: what
        is expected at the fitted parameters, and where 95 % of the logs lie that the model makes, at each age
        separately. The line below the title says whether the model can make the log at all: `Fit.check`.

    Raises
    ------
    SimlimitError
        If `fit` is none, or there is no such language.

    Examples
    --------
    >>> import simlimit as sl
    >>> platform = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 200}
    ... )
    >>> log = sl.simulate(platform.replace({"evaluation.period_days": 20}), seed=5).holds
    >>> fit = sl.fit(log, platform, {"evaluation.period_days": (7, 60)}, n=100)
    >>> [panel.get_ylabel() for panel in fit.plot.check().child_axes]
    ['released', 'forfeited']
    """
    label = checked_labels(language, "fit", fit, Fit)
    table = fit.statistics().set_index("family")
    ax = canvas.axes_or_new(ax, (WIDTH, 5.2))
    _, panels = canvas.inset_panels(ax, len(statistics.ENDS), GAP)
    for panel, (family, words) in zip(panels, statistics.ENDS.items(), strict=True):
        rows = table.loc[family]
        days = rows["age_days"]
        # Most ends in the first days; a root gives them room.
        panel.set_xscale("function", functions=(lambda day: np.maximum(day, 0) ** 0.5, np.square))
        panel.set(xticks=[day for day in TICKS if day <= days.iloc[-1]], xlim=(0, days.iloc[-1]))
        panel.set_ylabel(label(words))
        panel.fill_between(days, rows["low"], rows["high"], label=label(BAND), **style.LOOKS["range"])
        colour = style.OUTCOMES[words].colour
        panel.plot(days, rows["expected"], color=colour, linewidth=1.2, label=label("expected"))
        panel.plot(days, rows["in_log"], label=label("in the log"), **style.LOOKS["in_log"])
        if rows["low"].iloc[0] < by_age.HIGH_ATOM:
            panel.set_ylim(bottom=0)
        canvas.use_percent_axis(panel.yaxis, label)
    panels[-1].set_xlabel(label("days since repayment"))
    canvas.legend(panels[0], **style.LOOKS["above"])
    return canvas.finish(ax, label("the log beside the fitted model"), _verdict(fit.check(), label))


def fit_statistics(
    fit: Fit, *, family: str | None = None, ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """Draw the statistics of a family: what is in the log beside what the fitted model gives.

    Parameters
    ----------
    fit : Fit
    family : str, optional
        One of ``fit.check()``; the most suspicious if not given.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A row per statistic, but only the 16 furthest off if there are more. Dot: the log; hollow within the
        bar, where 95 % of the logs lie that the model makes. Stroke: expected at the fitted parameters.

    Raises
    ------
    SimlimitError
        If `fit` is none, or there is no such family or language.

    Examples
    --------
    >>> import simlimit as sl
    >>> platform = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 200}
    ... )
    >>> log = sl.simulate(platform.replace({"evaluation.period_days": 20}), seed=5).holds
    >>> fit = sl.fit(log, platform, {"evaluation.period_days": (7, 60)}, n=100)
    >>> ax = fit.plot.statistics(family="weekday of ending")
    >>> ax.get_yticklabels()[0].get_text()
    'ended on Monday'
    """
    label = checked_labels(language, "fit", fit, Fit)
    checked = fit.check()
    family = str(checked.index[0]) if family is None else family
    check_choice("family", family, [*map(str, checked.index)], "fit.check()")
    rows = fit.statistics().query("family == @family")
    shares = rows[["low", "expected", "high", "in_log"]].to_numpy()
    low, expected, high, in_log = np.sqrt(shares).T
    # In the order of the table, those furthest from what is expected, in units of the band.
    off = np.abs(in_log - expected) / np.maximum(high - low, regression.TINY)
    shown = np.sort(np.argsort(-off, kind="stable")[:MOST_ROWS])
    rows, (low, expected, high, in_log) = rows.iloc[shown], shares[shown].T
    ax = canvas.axes_or_new(ax, (WIDTH, 1.5 + 0.3 * len(rows)))
    heights = -np.arange(len(rows))
    ax.hlines(heights, low, high, **style.LOOKS["range"] | {"linewidth": 8})
    ax.plot(expected, heights, "|", color=style.INK, markersize=9)
    within = (low <= in_log) & (in_log <= high)
    for some, colour in ((within, "white"), (~within, "black")):
        ax.plot(in_log, np.where(some, heights, np.nan), "ko", markerfacecolor=colour)
    names = [_statistic(family, *one, label) for one in zip(rows["statistic"], rows["age_days"], strict=True)]
    ax.set_yticks(heights, names, parse_math=False)
    canvas.use_percent_axis(ax.xaxis, label)
    signs = {"\u25cf\u25cb": "in the log", "|": "expected", "\u25ac": BAND}
    ax.set_xlabel("    ".join(f"{sign} {label(words)}" for sign, words in signs.items()))
    return canvas.finish(ax, label(family), _verdict(checked.loc[[family]], label))


def fit_parameters(fit: Fit, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw what was known of each parameter before the log, and what is known now.

    Parameters
    ----------
    fit : Fit
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        Its ``child_axes`` are a panel per parameter. Dashed: the prior distribution, that of the simulated
        logs. Filled: the posterior distribution. Above: the estimate, its 90 % interval, and the verdict; of
        choices on no scale the most likely one, and how likely it is.

    Raises
    ------
    SimlimitError
        If `fit` is none, or there is no such language.

    Examples
    --------
    >>> import simlimit as sl
    >>> platform = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 200}
    ... )
    >>> log = sl.simulate(platform.replace({"evaluation.period_days": 20}), seed=5).holds
    >>> fit = sl.fit(log, platform, {"evaluation.period_days": (7, 60)}, n=100)
    >>> len(fit.plot.parameters().child_axes)
    1
    """
    label = checked_labels(language, "fit", fit, Fit)
    ax = canvas.axes_or_new(ax, (WIDTH, 1 + 0.95 * len(fit.parameters)))
    _, panels = canvas.inset_panels(ax, len(fit.parameters), GAP)
    for panel, (name, known) in zip(panels, fit.table().iterrows(), strict=True):
        values, edges, names = _bins(pd.concat([fit.prior[name], fit.draws[name]]), len(fit.prior))
        before, after = np.split(values, [len(fit.prior)])
        panel.hist(after, edges, density=True, histtype="stepfilled", color=style.PALE, edgecolor=style.INK)
        panel.hist(before, edges, density=True, histtype="step", color=style.GREY, linestyle="--")
        panel.set(yticks=[], ylim=(0, None))
        panel.spines["left"].set_visible(False)
        if names:
            panel.set_xticks(range(len(names)), names, parse_math=False)
        estimate, *ends = estimate_texts(known)
        verdict = str(known["verdict"])
        heading = f"{canvas.shortened(str(name))}: {estimate}  ({', '.join(ends)}), {label(verdict)}"
        canvas.write(panel, heading, (0, 1), "axes fraction", (0, 7), fontsize=9)
    words = label("filled: with the log; dashed: before, {number:,} simulated logs", number=len(fit.prior))
    return canvas.finish(ax, label("what the log says of the parameters"), words)


def fit_pairs(fit: Fit, *, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw which parameters the log cannot tell apart: the correlations of the posterior distribution.

    Parameters
    ----------
    fit : Fit
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A square per pair, the darker the further from 0. With 1 or -1 only a combination of both is known.

    Raises
    ------
    SimlimitError
        If `fit` is none, or there is no such language.

    Examples
    --------
    >>> import simlimit as sl
    >>> platform = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 200}
    ... )
    >>> log = sl.simulate(platform, seed=5).holds
    >>> free = {"evaluation.cutoff_days": (0, 6), "evaluation.duration_days": (0, 6)}
    >>> ax = sl.fit(log, platform, free, n=100).plot.pairs()
    >>> float(ax.texts[0].get_text()) < -0.5
    True
    """
    label = checked_labels(language, "fit", fit, Fit)
    names = fit.parameters
    ax = canvas.axes_or_new(ax, (WIDTH, 1.4 + 0.4 * len(names)))
    size = np.zeros((len(names), len(names)))
    for first, second, correlation in fit.pairs(0.0).itertuples(index=False):
        row, column = names.index(second), names.index(first)
        size[row, column] = abs(correlation)
        colour = "white" if abs(correlation) > DARK else "black"
        ax.text(column, row, f"{correlation:+.2f}", ha="center", va="center", color=colour)
    ax.imshow(size, cmap="Greys", vmin=0, vmax=1, aspect="auto")
    numbered = [f"{number}  {name}" for number, name in enumerate(names, 1)]
    ax.set_yticks(range(len(names)), numbered, parse_math=False)
    ax.set_xticks(range(len(names)), [*map(str, range(1, len(names) + 1))])
    words = label("correlations with the log; near 1 or -1 it tells no more than the two together")
    return canvas.finish(ax, label("what the log cannot tell apart"), words)


def fit_ranks(fit: Fit, *, n: int = 400, ax: Axes | None = None, language: Language = "en") -> Axes:
    """Draw where the truth of simulated logs lies in their posterior distributions, as ranks.

    This is simulation-based calibration.

    Parameters
    ----------
    fit : Fit
    n : int
        As in `Fit.ranks`: how many of the simulated logs are fitted as if they were real.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        Its ``child_axes`` are a panel per parameter: in how many logs the truth is above 0, 5, 10 .. % of the
        draws. If intervals cover what they say, the bars are level. With 95 % all bars of a panel end in the
        grey band then. High bars at both ends: intervals are too narrow; in the middle: too wide. Above: the
        p-value of `Fit.coverage`.

    Raises
    ------
    SimlimitError
        If `fit` is none, `n` is no whole number from 1 on, or there is no such language.

    Examples
    --------
    >>> import simlimit as sl
    >>> platform = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 200}
    ... )
    >>> log = sl.simulate(platform.replace({"evaluation.period_days": 20}), seed=5).holds
    >>> fit = sl.fit(log, platform, {"evaluation.period_days": (7, 60)}, n=100)
    >>> ax = fit.plot.ranks()
    >>> int(ax.child_axes[0].patches[-1].get_data().values.sum())
    100
    """
    label = checked_labels(language, "fit", fit, Fit)
    ranks = fit.ranks(n)
    p_values = calibration.coverage_table(ranks).groupby(level="parameter")["rank_p_value"].first()
    ax = canvas.axes_or_new(ax, (WIDTH, 1 + 0.95 * len(fit.parameters)))
    _, panels = canvas.inset_panels(ax, len(fit.parameters), GAP)
    edges = np.linspace(0, 1, calibration.BINS + 1)
    for panel, (name, rank) in zip(panels, ranks.items(), strict=True):
        panel.axhspan(*calibration.band(len(rank), 0.95), color=style.LIGHT_GREY, linewidth=0)
        panel.stairs(calibration.counts(rank), edges, color=style.INK)
        panel.set(xlim=(0, 1), ylim=(0, None))
        p_value = p_value_text(p_values[str(name)])
        words = label("{name}: p-value {p}", name=canvas.shortened(str(name)), p=p_value)
        canvas.write(panel, words, (0, 1), "axes fraction", (0, 7), fontsize=9)
    panels[-1].set_xlabel(label("share of the draws below the truth"))
    words = "{number:,} simulated log{number:s}; grey: where 95 % of level histograms lie"
    return canvas.finish(ax, label("do the intervals cover the truth?"), label(words, number=len(ranks)))


def _bins(values: "pd.Series[Any]", simulated: int) -> tuple[Floats, list[float], list[str]]:
    """Return values as numbers, the edges of bins for them, and names of the bins if each has one value."""
    is_number, is_whole = values.dtype.kind in "iuf", values.dtype.kind != "f"
    if is_number and values.nunique() > FEW:
        ends = values.min() - is_whole / 2, values.max() + is_whole / 2
        edges: Floats = np.linspace(*ends, int(np.clip(simulated / A_BIN, 6, BINS)))
        edges = np.unique(np.ceil(edges) - 0.5) if is_whole else edges
        return np.asarray(values, np.float64), edges.tolist(), []
    ordered = values if values.dtype == object else values.sort_values()
    names = list(dict.fromkeys(map(value_text, ordered)))
    codes = np.array([names.index(value_text(value)) for value in values], np.float64)
    return codes, [k - 0.5 for k in range(len(names) + 1)], names


def _statistic(family: str, statistic: str, age_days: float, label: Labels) -> str:
    """Return what a statistic is called where its family is known."""
    words = statistic.removeprefix(f"{family} ").removeprefix("gate ").split(", ")
    days = [] if np.isnan(age_days) else [label("day {day}", day=f"{age_days:g}")]
    return ", ".join([*map(label, words), *days])


def _verdict(checked: pd.DataFrame, label: Labels) -> str:
    """Return whether the model can make a log, by the most suspicious of some families."""
    worst = checked.iloc[0]
    values = {"family": label(str(worst.name)), "p": p_value_text(worst["corrected_p"])}
    if worst["breaks"]:
        return label("the model cannot make this log: {family}, corrected p-value {p}", **values)
    return label("the model can make this log; {family}: corrected p-value {p}", **values)
