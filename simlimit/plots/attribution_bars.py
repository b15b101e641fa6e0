"""An attribution as bars: what each gate explains, beside the days charged to it."""

import pandas as pd
from matplotlib.axes import Axes

from simlimit.arguments import check_type
from simlimit.plots import canvas, effects, style
from simlimit.plots.interval_bars import LOOKS, ROW, Bar, draw_rows
from simlimit.plots.labels import METRICS, Labels, Language
from simlimit.study.attribution import NO_GATE, TOTAL, Attribution
from simlimit.study.metrics import BESIDE_LOSSES

WIDTH = 8.0
AROUND = 2.0
"""Inches of all that is not rows."""
IN_DAYS = "days_away"
"""The metric that the charged days add up to."""
ONLY_CHARGED = {"settlement": LOOKS[1], "forfeited": style.AREAS["forfeited"]}
"""What days are charged to though it is no gate that can be opened, and how its bar looks."""


def attribution(
    attribution: Attribution, *, confidence: float = 0.95, ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """Draw what each gate explains (Shapley values), beside the days charged to it.

    A gate explains less than it is charged where holds would wait at another gate instead. No gate explains
    what stays with all of them open, such as what is forfeited by cuts: it has the last row.

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
        A row for each gate in their order, the first on top, one for all, and one for what stays with all
        gates open. The upper bar is the Shapley value. The lower bar (hatched), if `days_away` is explained,
        is the days charged; then settlement, if anything waits for it, and forfeit have rows, too. If
        `default_losses` or `net_income` is explained, each row also has what is explained of
        `limit_days_lost`.

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
    'with all gates open'
    """
    check_type("attribution", attribution, Attribution)
    label = Labels(language)
    metric = attribution.metric
    _, unit = effects.effect_unit(metric, attribution.weight)
    table = attribution.table(confidence)
    how = label("explained: by the gate being closed, on average over all sets of the others")
    if metric == IN_DAYS:
        how += f"\n{label('charged: days at the gate; forfeited: to the end of the follow-up')}"
    if BESIDE_LOSSES in table:
        how += f"\n{effects.lost_note(label)}"
    rows = {}
    for gate, effect in table.iterrows():
        words = "all together" if gate == TOTAL else "with all gates open" if gate == NO_GATE else str(gate)
        name = label(words)
        bars = _bars(str(gate), effect, metric, label)
        if BESIDE_LOSSES in table:
            name += f"\n{effects.lost_text(_ends(effect, BESIDE_LOSSES), label, sign='')}"
        # Most products do not wait for settlement.
        if bars and not (gate == "settlement" and bars[0].value == 0):
            rows[name] = bars
    ax = canvas.axes_or_new(ax, (WIDTH, AROUND + ROW * len(rows)))
    draw_rows(ax, rows)
    what = label(METRICS[metric][0], days=attribution.follow_up_days)
    ax.set_xlabel(f"{label.with_unit(what, unit)}\n{how}")
    title = label("what each gate explains")
    return canvas.finish(ax, title, canvas.subtitle(attribution, label, confidence))


def _ends(effect: "pd.Series[float]", column: str, scale: float = 1.0) -> tuple[float, float, float]:
    value, low, high = (scale * effect[f"{column}{end}"] for end in ("", "_low", "_high"))
    return value, low, high


def _bars(gate: str, effect: "pd.Series[float]", metric: str, label: Labels) -> list[Bar]:
    """Return the bars of a row: what is explained, and the days charged if they are of that metric."""
    bars = []
    if gate not in ONLY_CHARGED:
        word = label("stays" if gate == NO_GATE else "explained")
        bars.append(Bar(word, *_ends(effect, "shapley", effects.effect_unit(metric)[0])))
    if metric == IN_DAYS and gate != NO_GATE:
        bars.append(Bar(label("charged"), *_ends(effect, "charged"), True, ONLY_CHARGED.get(gate)))
    return bars
