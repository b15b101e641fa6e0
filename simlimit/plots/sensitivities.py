"""What decides a metric: the share of its variance that is due to each field."""

import numpy as np
from matplotlib.axes import Axes

from simlimit import Sensitivity
from simlimit.deciding.sensitivity import MATTERS, NEGLIGIBLE
from simlimit.plots import canvas, style
from simlimit.plots.labels import METRICS, Language, checked_labels

# So many fields have a bar.
MOST_BARS = 16
HEIGHT = 0.36


def sensitivity(
    sensitivity: Sensitivity, *, confidence: float = 0.95, ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """Draw which fields decide a metric: total and first indices, as bars.

    Parameters
    ----------
    sensitivity : Sensitivity
    confidence : float
        Confidence level of each interval separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A row for each field that the screening kept, the first on top, 16 at most. The upper bar is the
        total index, filled if the field matters. The lower bar (hatched) is the first index. Right of the
        dotted line a total index is no longer negligible.

    Raises
    ------
    SimlimitError
        If `sensitivity` is not a `Sensitivity`, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 20, "evaluation.period_days": 1})
    >>> waiting = small.replace({"evaluation.straight_through": False, "horizon_days": 200})
    >>> ranges = {"evaluation.cutoff_days": (0, 6), "screening.risky_share": (0.0, 0.1)}
    >>> found = sl.sensitivity(waiting, ranges, n=16, replications=3, follow_up_days=30)
    >>> [row.get_text() for row in found.plot.bars().get_yticklabels()]
    ['evaluation.cutoff_days']
    """
    label = checked_labels(language, "sensitivity", sensitivity, Sensitivity)
    table = sensitivity.table(confidence)
    shown = table[table["total"].notna()].head(MOST_BARS)
    ax = canvas.axes_or_new(ax, (8.0, 2.0 + 0.46 * len(shown)))
    rows, fills = np.arange(len(shown)), np.where(shown["verdict"] == MATTERS, style.BEHIND, "white")
    bars = (
        ("total", label("total index"), -0.2, fills, ""),
        ("first", label("first index"), 0.2, style.PALE, "////"),
    )
    for name, words, above, colours, hatch in bars:
        value, ends = shown[name].clip(0, 1), shown[[f"{name}_low", f"{name}_high"]].to_numpy()
        ax.barh(rows + above, value, HEIGHT, color=colours, edgecolor=style.INK, hatch=hatch, label=words)
        ax.hlines(rows + above, *ends.T, color="black", linewidth=1.2)
    ax.axvline(NEGLIGIBLE, color=style.GREY, linestyle=":", linewidth=1)
    ax.set_yticks(rows, [canvas.shortened(str(name)) for name in shown.index], parse_math=False)
    ax.set(xlim=(0, 1), ylim=(max(1, len(shown)) - 0.5, -0.5))
    if shown.empty:
        canvas.write_in_middle(ax, label("no field changes the metric"))
    else:
        canvas.legend(ax, loc="lower right")
    what = label(METRICS[sensitivity.metric][0], days=sensitivity.follow_up_days)
    words = label("share of the variance of what is expected")
    ax.set_xlabel(f"{words}\n{what}\n{label('lines: intervals; filled: the field matters')}")
    note = label("{number} of {all} fields; the others were screened out", number=len(shown), all=len(table))
    named = canvas.subtitle(sensitivity, label)
    return canvas.finish(ax, label("what decides the answer"), f"{named}; {note}")
