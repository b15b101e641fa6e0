"""An attribution as bars: what each gate explains, beside the days charged to it."""

from matplotlib.axes import Axes

from simlimit.plots.canvas import axes, entitle, whose
from simlimit.plots.effects import effect_unit
from simlimit.plots.fonts import use_cjk_font
from simlimit.plots.labels import METRICS, Language, label, spoken
from simlimit.plots.tables import check_kind
from simlimit.plots.twins import ROW, Bar, draw_rows
from simlimit.study.attribution import TOTAL, Attribution

WIDTH = 8.0
AROUND = 2.0
"""Inches of all that is not rows."""
IN_DAYS = "restricted_mean_days"
"""The metric that the days charged to the gates add up to."""


def attribution(
    attribution: Attribution,
    *,
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw what each gate explains (Shapley values), beside the days charged to it.

    Parameters
    ----------
    attribution : Attribution
    confidence : float
        Of each interval by itself.
    ax : matplotlib Axes, optional
        Where to draw; a new figure if not given.
    language : "en" or "zh"
        Of the labels; English where no font with Chinese characters is installed.

    Returns
    -------
    matplotlib Axes
        A row for each gate in their order from above, and one for all. The upper bar is the Shapley value,
        the lower (hatched) the days charged, shown where `restricted_mean_days` is what is explained.

    Raises
    ------
    SimlimitError
        If an argument is not as above.

    Examples
    --------
    >>> import matplotlib
    >>> matplotlib.use("Agg")
    >>> import simlimit as sl
    >>> from simlimit import plots
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 120})
    >>> ax = plots.attribution(sl.attribute(small, 2, seed=1))
    >>> [row.get_text() for row in ax.get_yticklabels()][-1]
    'all gates'
    """
    check_kind("attribution", attribution, Attribution)
    language = spoken(language)
    metric = attribution.metric
    scale, unit = effect_unit(metric, attribution.weight)
    table = attribution.table(confidence)
    shown = {"shapley": "explained"} | ({"charged": "charged"} if metric == IN_DAYS else {})
    rows = {}
    for gate, row in table.iterrows():
        name = label("all gates" if gate == TOTAL else str(gate), language)
        rows[name] = [
            Bar(label(word, language), *(scale * row[f"{column}{end}"] for end in ("", "_low", "_high")))
            for column, word in shown.items()
        ]
    ax = axes(ax, (WIDTH, AROUND + ROW * len(rows)))
    draw_rows(ax, rows)
    what = label(METRICS[metric][0], language, days=attribution.follow_up_days)
    axis = label("{what} ({unit})", language, what=what, unit=label(unit, language))
    how = label("explained: by the gate being closed, on average over all sets of the others", language)
    if metric == IN_DAYS:
        how += f"\n{label('charged: days at the gate', language)}"
    ax.set_xlabel(f"{axis}\n{how}")
    words = "{confidence:g} % intervals over replications"
    entitle(
        ax,
        label("what each gate explains", language),
        f"{whose(attribution, language)}; {label(words, language, confidence=100 * confidence)}",
    )
    use_cjk_font(ax)
    return ax
