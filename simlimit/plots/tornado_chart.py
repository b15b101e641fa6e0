"""A ranking of levers as a tornado: what each does alone, and what it adds to all the others."""

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from simlimit.arguments import check_choice, check_flag, check_type
from simlimit.errors import SimlimitError
from simlimit.plots import canvas, effects
from simlimit.plots.interval_bars import ROW, Bar, draw_rows
from simlimit.plots.labels import METRICS, Labels, Language
from simlimit.study.metrics import BESIDE_LOSSES, LOSSES
from simlimit.study.ranking import ALL, RANKED, LeverRanking
from simlimit.tables.units import INCOME

WIDTH = 8.5
LESS_IS_BETTER = "\u2190 better    difference ({unit})    worse \u2192"
MORE_IS_BETTER = "\u2190 worse    difference ({unit})    better \u2192"
AROUND = 2.1
"""Inches of all that is not rows."""
TALL_ROW = 0.62
"""Inches of a row whose name has three lines."""
NUMBERS = [f"{which}{end}" for which in ("alone", "last") for end in ("", "_low", "_high")]


def tornado(
    ranking: LeverRanking,
    *,
    metric: str = "days_away",
    per_cost: bool = False,
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw what each lever changes, alone and added to all others, the most helpful first.

    Two levers that help against the same wait add less together than each does alone.

    Parameters
    ----------
    ranking : LeverRanking
    metric : str
        A metric of the ranking: days_away, no_limit_share, limit_days_lost, default_losses or gap_days, of
        which less is better, or interest_income or net_income.
    per_cost : bool
        Whether to divide effects by the cost of the lever; levers without a cost are left out.
    confidence : float
        Confidence level of each interval separately, and of the test of all effects of the ranking.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A row for each lever, and one for all together. The upper bar is the effect of the lever alone. The
        lower bar (hatched) is its effect when all others are there already. Each has its number at the right.
        Filled: significant, corrected for the number of effects in the ranking (Holm). Hollow: it may be 0.
        Dotted, hollow: too little can be observed for a verdict. If `metric` is `default_losses` or
        `net_income`, each row also says what both bars change of `limit_days_lost`: losses can fall because
        credit is taken away.

    Raises
    ------
    SimlimitError
        If there is no such metric, `per_cost` is set and no lever has a cost, or another argument is not as
        above.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> ranking = sl.rank_levers(jiebei, [{"kind": "pay_on_time"}, {"kind": "education"}], 3, seed=1)
    >>> ax = sl.plots.tornado(ranking)
    >>> [row.get_text() for row in ax.get_yticklabels()][-1]
    'all together'
    """
    check_type("ranking", ranking, LeverRanking)
    label = Labels(language)
    check_choice("metric", metric, RANKED, "ranking.table()")
    check_flag("per_cost", per_cost)
    whole = ranking.table(confidence)
    known = int(whole[["alone", "last"]].notna().to_numpy().sum())
    more = metric in INCOME
    table = whole.loc[[metric]].droplevel("metric").sort_values("alone", kind="stable", ascending=not more)
    table = table.reindex([*table.index.drop(ALL), ALL])
    scale, unit = effects.effect_unit(metric)
    table[NUMBERS] *= scale
    if per_cost:
        table = table[table["cost"] > 0]
        if table.empty:
            raise SimlimitError("per_cost is True, but no lever of the ranking costs anything.")
        table[NUMBERS] = table[NUMBERS].div(table["cost"], axis=0)
    height = TALL_ROW if metric in LOSSES else ROW
    ax = canvas.axes_or_new(ax, (WIDTH, AROUND + height * len(table)))
    lost = whole.loc[[BESIDE_LOSSES]].droplevel("metric").to_dict("index")
    rows = {}
    for kind, effect in table.to_dict("index").items():
        words = str(kind).replace("_", " ")
        name = label("all together" if kind == ALL else words)
        if metric in LOSSES:
            bars = _bars(lost[kind], label)
            name += "".join(f"\n{bar.word}: {effects.lost_text(bar[1:4], label)}" for bar in bars)
        rows[name] = _bars(effect, label)
    draw_rows(ax, rows, "+")
    unit = label(unit)
    if per_cost:
        unit = label("{unit}, per currency unit of cost", unit=unit)
    sides = label(MORE_IS_BETTER if more else LESS_IS_BETTER, unit=unit)
    how = label("alone: with this lever only; last: added to all the others")
    if metric in LOSSES:
        how += f"\n{effects.lost_note(label)}"
    real = label("differs from 0, corrected for {number} comparisons", number=known)
    verdicts = f"\u25a0 {real}    \u25a1 {label('may be 0')}    \u2b1a {label('too little observed')}"
    ax.set_xlabel(f"{sides}\n{how}\n{verdicts}")
    what = label(METRICS[metric][0], days=ranking.follow_up_days)
    title = label("what levers change: {what}", what=what)
    return canvas.finish(ax, title, canvas.subtitle(ranking, label, confidence))


def _bars(effect: Mapping[Hashable, Any], label: Labels) -> list[Bar]:
    """Return the two bars of a lever; of all together there is one."""
    return [
        Bar(label(which), *(effect[f"{which}{end}"] for end in ("", "_low", "_high", "_significant")))
        for which in ("alone", "last")
        if not np.isnan(effect[which])
    ]
