"""Scenarios side by side: a forest plot of paired differences."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from pandas.api.typing import NAType

from simlimit.arguments import as_choices, check_type
from simlimit.errors import SimlimitError
from simlimit.plots import canvas, effects, style
from simlimit.plots.labels import METRICS, Labels, Language
from simlimit.study.comparison import Comparison
from simlimit.study.metrics import BESIDE_LOSSES, LOSSES, Floats, Weight

WIDTH = 8.0
ROW = 0.34
AROUND = 1.9
"""Inches of a row, and of all that is not rows."""
ENDS = ["difference", "low", "high"]
OF_A_ROW = ("axes fraction", "data")
"""Units of a place beside a row."""


def forest(
    comparison: Comparison,
    *,
    metrics: Sequence[str] = ("days_away",),
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw how each scenario differs from the first, with intervals.

    Replications are paired: those of one number share their random numbers in all scenarios.

    Parameters
    ----------
    comparison : Comparison
    metrics : sequence of str
        Metrics of `Study.summary` that have one unit.
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
        If there is no such metric, units of metrics differ, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> funded = jiebei.replace({"funding.unlimited": True})
    >>> comparison = sl.compare({"jiebei": jiebei, "unlimited funding": funded}, 3, seed=1)
    >>> sl.plots.forest(comparison).get_xlabel().splitlines()[0]
    'difference (days)'
    """
    check_type("comparison", comparison, Comparison)
    label = Labels(language)
    names = as_choices("metrics", metrics, tuple(METRICS), "study.metrics()")
    table = comparison.differences(confidence, weight, names)
    study = comparison.studies[comparison.reference]
    units = sorted({METRICS[metric][1] for metric in names})
    if len(units) > 1:
        raise SimlimitError(
            f"metrics has the units {' and '.join(units)}, but a picture has one axis: draw one for each."
        )
    scale, unit = effects.effect_unit(names[0], weight)
    others = [name for name in comparison.studies if name != comparison.reference]
    ax = canvas.axes_or_new(ax, (WIDTH, AROUND + ROW * (len(others) + 0.8) * len(names)))
    ax.axvline(0, color="black", linewidth=0.8)
    by_metric = table.index.get_level_values("metric")
    places = effects.decimals(scale * table["difference"][by_metric.isin(names)])
    lost = table[by_metric == BESIDE_LOSSES].droplevel("metric")[ENDS].T.to_dict("list")
    height = 0.0
    ticks: dict[float, str] = {}
    for metric in names:
        heading = label(METRICS[metric][0], days=study.follow_up_days)
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        canvas.write(ax, heading, (0.01, height), OF_A_ROW, fontsize=9, fontweight="bold", bbox=behind)
        height -= 0.9
        rows = table.xs(metric, level="metric")
        intervals = scale * rows[ENDS].to_numpy()
        for other, interval, significant in zip(others, intervals, rows["significant"], strict=True):
            _draw_row(ax, height, interval, places, significant)
            ticks[height] = canvas.shortened(other)
            if metric in LOSSES:
                ticks[height] += f"\n{effects.lost_text(lost[other], label)}"
            height -= 1
    ax.set_yticks(list(ticks), list(ticks.values()), parse_math=False)
    ax.set_ylim(height + 0.4, 0.6)
    ax.margins(x=0.12)
    axis = label("difference ({unit})", unit=label(unit))
    if any(metric in LOSSES for metric in names):
        axis += f"\n{effects.lost_note(label)}"
    real = label("differs from 0, corrected for {number} comparisons", number=len(table))
    unknown = label("too little observed")
    ax.set_xlabel(f"{axis}\n\u25cf {real}    \u25cb {label('may be 0')}    \u00d7 {unknown}")
    title = label("paired difference from {reference}", reference=canvas.shortened(comparison.reference))
    return canvas.finish(ax, title, canvas.subtitle(study, label, confidence))


def _draw_row(ax: Axes, height: float, interval: Floats, places: int, is_significant: bool | NAType) -> None:
    """Draw an effect with its interval, and write it at the right."""
    middle, low, high = interval
    ends = [[middle - low], [high - middle]]
    marker, *_ = ax.errorbar(middle, height, xerr=ends, fmt="o", color=style.INK, capsize=3)
    if pd.isna(is_significant):
        marker.set(markersize=7, marker="x")
    else:
        marker.set(markersize=7, markerfacecolor=style.INK if is_significant else "white")
    canvas.write(ax, effects.with_interval(middle, low, high, places), (1.02, height), OF_A_ROW, fontsize=9)
