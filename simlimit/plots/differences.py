"""Scenarios side by side: a forest plot of paired differences."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from simlimit.errors import SimlimitError
from simlimit.plots import style
from simlimit.plots.canvas import axes, entitle, shortened, whose
from simlimit.plots.effects import decimals, effect_unit, with_interval
from simlimit.plots.fonts import use_cjk_font
from simlimit.plots.labels import METRICS, Language, label, spoken
from simlimit.plots.tables import Weight, check_kind
from simlimit.study.comparison import Comparison

WIDTH = 8.0
ROW = 0.34
AROUND = 1.9
"""Inches of a row, and of all that is not rows."""


def forest(
    comparison: Comparison,
    *,
    metrics: Sequence[str] = ("restricted_mean_days",),
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw how every other scenario differs from the first, in some metrics, with intervals.

    Parameters
    ----------
    comparison : Comparison
    metrics : sequence of str
        Among those of `Study.summary`, of one unit.
    weight : "holds" or "amount"
        Whether holds count each as one, or by their amount.
    confidence : float
        Of each interval by itself, and of what is real among all rows together.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.
    language : "en" or "zh"
        Of the labels; English where no font with Chinese characters is installed.

    Returns
    -------
    matplotlib Axes
        A row for each metric and scenario, with its number at the right. Filled: the difference is real,
        corrected for the number of rows (Holm). Hollow: it may be 0.

    Raises
    ------
    SimlimitError
        If there is no such metric, their units differ, or an argument is not as above.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import simlimit as sl
    >>> from simlimit import plots
    >>> monthly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 20}
    ... )
    >>> weekly = monthly.replace({"evaluation.period_days": 7})
    >>> comparison = sl.compare({"monthly": monthly, "weekly": weekly}, 5, seed=1)
    >>> plots.forest(comparison).get_xlabel().splitlines()[0]
    'difference (days)'
    """
    check_kind("comparison", comparison, Comparison)
    language = spoken(language)
    names = [metrics] if isinstance(metrics, str) else list(metrics)
    table = comparison.differences(confidence, weight, names)
    study = comparison.studies[comparison.reference]
    scale, unit = _unit(names, weight)
    others = [name for name in comparison.studies if name != comparison.reference]
    ax = axes(ax, (WIDTH, AROUND + ROW * (len(others) + 0.8) * len(names)))
    ax.axvline(0, color="black", linewidth=0.8)
    places = decimals(scale * table["difference"])
    height = 0.0
    ticks: dict[float, str] = {}
    for metric in names:
        heading = _write(ax, label(METRICS[metric][0], language, days=study.follow_up_days), (0.01, height))
        heading.set(fontweight="bold", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})
        height -= 0.9
        rows = table.xs(metric, level="metric")
        intervals = scale * rows[["difference", "low", "high"]].to_numpy()
        for other, interval, significant in zip(others, intervals, rows["significant"], strict=True):
            _draw(ax, height, interval, significant)
            middle, low, high = interval
            _write(ax, with_interval(middle, low, high, places), (1.02, height))
            ticks[height] = shortened(other)
            height -= 1
    ax.set(ylim=(height + 0.4, 0.6), yticks=list(ticks), yticklabels=list(ticks.values()))
    for tick in ax.get_yticklabels():
        tick.set_parse_math(False)
    ax.margins(x=0.12)
    axis = label("difference ({unit})", language, unit=label(unit, language))
    real = label("differs from 0, corrected for {number} comparisons", language, number=len(table))
    ax.set_xlabel(f"{axis}\n\u25cf {real}    \u25cb {label('may be 0', language)}")
    title = label("paired difference from {reference}", language, reference=shortened(comparison.reference))
    words = "{confidence:g} % intervals over replications"
    entitle(ax, title, f"{whose(study, language)}; {label(words, language, confidence=100 * confidence)}")
    use_cjk_font(ax)
    return ax


def _draw(ax: Axes, height: float, interval: npt.NDArray[np.float64], significant: bool) -> None:
    middle, low, high = interval
    ax.errorbar(
        middle,
        height,
        xerr=[[middle - low], [high - middle]],
        fmt="o",
        color=style.INK,
        markerfacecolor=style.INK if significant else "white",
        markersize=7,
        capsize=3,
    )


def _write(ax: Axes, words: str, place: tuple[float, float]) -> Annotation:
    """Write at a share of the width and the height of a row."""
    return ax.annotate(
        words, place, xycoords=("axes fraction", "data"), va="center", fontsize=9, annotation_clip=False
    )


def _unit(metrics: Sequence[str], weight: Weight) -> tuple[float, str]:
    """Return what to multiply differences by, and the unit that they then have."""
    units = sorted({METRICS[metric][1] for metric in metrics})
    if len(units) > 1:
        raise SimlimitError(
            f"metrics has the units {' and '.join(units)}, but a picture has one axis: draw one for each."
        )
    return effect_unit(metrics[0], weight)
