"""An attribution as bars: what each gate explains, beside the days charged to it."""

from matplotlib.axes import Axes

from simlimit.arguments import check_type
from simlimit.plots.canvas import axes_or_new, finish, subtitle
from simlimit.plots.effects import effect_unit
from simlimit.plots.interval_bars import ROW, Bar, draw_rows
from simlimit.plots.labels import METRICS, Labels, Language
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

    A gate explains less than it is charged where holds would wait at another gate instead.

    Parameters
    ----------
    attribution : Attribution
    confidence : float
        Confidence level of each interval separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A row for each gate in their order, the first on top, and one for all. The upper bar is the Shapley
        value. The lower bar (hatched), if `restricted_mean_days` is explained, is the days charged.

    Raises
    ------
    SimlimitError
        If `attribution` is not an `Attribution`, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 120})
    >>> ax = sl.plots.attribution(sl.attribute(small, 2, seed=1))
    >>> [row.get_text() for row in ax.get_yticklabels()][-1]
    'all gates'
    """
    check_type("attribution", attribution, Attribution)
    label = Labels(language)
    metric = attribution.metric
    scale, unit = effect_unit(metric, attribution.weight)
    table = attribution.table(confidence)
    how = label("explained: by the gate being closed, on average over all sets of the others")
    columns = {"shapley": label("explained")}
    if metric == IN_DAYS:
        how += f"\n{label('charged: days at the gate')}"
        columns["charged"] = label("charged")
    rows = {}
    for gate, row in table.iterrows():
        name = label("all gates" if gate == TOTAL else str(gate))
        rows[name] = [
            Bar(word, *(scale * row[f"{column}{end}"] for end in ("", "_low", "_high")))
            for column, word in columns.items()
        ]
    ax = axes_or_new(ax, (WIDTH, AROUND + ROW * len(rows)))
    draw_rows(ax, rows)
    what = label(METRICS[metric][0], days=attribution.follow_up_days)
    ax.set_xlabel(f"{label.with_unit(what, unit)}\n{how}")
    return finish(ax, label("what each gate explains"), subtitle(attribution, label, confidence))
