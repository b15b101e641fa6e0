"""Bars with intervals: what holds waited for, what levers change, what gates explain, and what decides."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from pandas.api.typing import NAType

from simlimit.arguments import Floats, check_choice, check_confidence, check_flag
from simlimit.deciding.sensitivity import DOES_NOT, MATTERS, NEGLIGIBLE, UNDECIDED, Sensitivity
from simlimit.errors import SimlimitError
from simlimit.model.causes import GATES
from simlimit.plots import canvas, effects, style
from simlimit.plots.labels import Labels, Language, checked_labels
from simlimit.run.run import Run, delay_by_cause, repayment_holds
from simlimit.scenario import LEVER_KINDS
from simlimit.study.attribution import NO_GATE, TOTAL, Attribution
from simlimit.study.metrics import BESIDE_LOSSES, LOSSES, WEIGHTS, Weight
from simlimit.study.ranking import ALL, RANKED, LeverRanking
from simlimit.study.study import Study
from simlimit.tables.results import Effect, ends_in
from simlimit.tables.units import INCOME, NAMES, PARTS, unit_of

# Inches of a row.
ROW = 0.46
# Inches of a row whose name has three lines.
TALL_ROW = 0.62
# The first bar of a row, and the second.
LOOKS = (style.LOOKS["first_bar"], style.LOOKS["second_bar"])
PLACES = (-0.2, 0.2)
HEIGHT = 0.36
LESS_IS_BETTER = "\u2190 better    difference ({unit})    worse \u2192"
MORE_IS_BETTER = "\u2190 worse    difference ({unit})    better \u2192"
# The metric that the charged days add up to.
IN_DAYS = "days_away"
# What days are charged to though it is no gate that can be opened.
ONLY_CHARGED = ("settlement", "forfeited")


class Bar(NamedTuple):
    """A bar of a row."""

    word: str
    """What it is, before its number."""
    value: float
    low: float
    high: float
    is_filled: bool | NAType = True
    """Or not; unknown (NA): not filled, and dotted."""
    area: style.Look | None = None
    """How it looks if not as the first or second bar of a row does."""


def causes(
    of: Run | Study,
    *,
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the days charged to each cause, as bars.

    For a run, the bars are all days of all repayment holds, as in `simlimit.delay_by_cause`. For a study,
    they are means per repayment hold within the follow-up, with intervals: `days_settlement` ..
    `days_forfeited` of `Study.summary`, which add up to `days_away`.

    Parameters
    ----------
    of : Run or Study
        A run must keep its holds: not `keep="counts"`.
    weight : "holds" or "amount"
        For a study: whether each hold counts once, or by its amount.
    confidence : float
        Confidence level of each of a study's intervals separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        The causes stand in their order, the first on top. For a study, what was forfeited is the last.

    Raises
    ------
    SimlimitError
        If `of` is neither a run nor a study, a run kept no holds, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1)
    >>> len(sl.plots.causes(run).patches)
    8
    """
    label = checked_labels(language, "of", of, Run, Study)
    check_choice("weight", weight, WEIGHTS)
    confidence = check_confidence(confidence)
    ax = canvas.axes_or_new(ax)
    if isinstance(of, Study):
        title = label("where repaid amounts are while they are away")
        names, where = [part.removeprefix("days_") for part in PARTS], label("gate, or forfeited")
        _draw_study(ax, names, of.summary(confidence, weight=weight).loc[[*PARTS]])
        words = "mean days away per repayment hold, of at most {days} (days)"
        ax.set_xlabel(label(words, days=of.follow_up_days))
    else:
        names, where = [*GATES], label("gate at which they waited")
        number = len(repayment_holds(of))
        title = label("what {number:,} repayment hold{number:s} waited for", number=number)
        _draw_run(ax, delay_by_cause(of).drop(index="total"), label)
        ax.set_xlabel(label("days waited, over all repayment holds (hold-days)"))
    ax.set_yticks(range(len(names)), [label(name) for name in names])
    ax.invert_yaxis()
    ax.set_ylabel(where)
    return canvas.finish(ax, title, canvas.subtitle(of, label, confidence))


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
        Whether to divide effects by the cost of the lever; levers that cost nothing, or save, are left out.
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
    label = checked_labels(language, "ranking", ranking, LeverRanking)
    check_choice("metric", metric, RANKED, "ranking.table()")
    check_flag("per_cost", per_cost)
    whole = ranking.table(confidence)
    known = int(whole[["alone_significant", "last_significant"]].notna().to_numpy().sum())
    more = metric in INCOME
    by = "alone_per_cost" if per_cost else "alone"
    table = whole.loc[[metric]].droplevel("metric").sort_values(by, kind="stable", ascending=not more)
    table = table.reindex([*table.index.drop(ALL), ALL])
    if per_cost:
        table = table[table["cost"] > 0]
        if table.empty:
            raise SimlimitError("per_cost is True, but no lever of the ranking costs anything.")
    unit = unit_of(metric).of_differences()
    lost = whole.loc[[BESIDE_LOSSES]].droplevel("metric").to_dict("index")
    rows = []
    ours = {kind: kind.replace("_", " ") for kind in LEVER_KINDS} | {ALL: "all together"}
    for lever, effect in table.to_dict("index").items():
        name = label(ours[lever]) if lever in ours else canvas.shortened(str(lever))
        if metric in LOSSES:
            bars = _lever_bars(lost[lever], label)
            name += "".join(f"\n{bar.word}: {effects.lost_text(bar[1:4], label)}" for bar in bars)
        rows.append((name, _lever_bars(effect, label, unit.factor / (effect["cost"] if per_cost else 1))))
    ax = canvas.axes_or_new(ax, (8.5, 2.1 + (TALL_ROW if metric in LOSSES else ROW) * len(rows)))
    _draw_rows(ax, rows, "+")
    words = label(unit.in_pictures)
    words = label("{unit},\nper currency unit of cost", unit=words) if per_cost else words
    sides = label(MORE_IS_BETTER if more else LESS_IS_BETTER, unit=words)
    how = label("alone: with this lever only; last: added to all the others")
    verdicts = effects.verdicts(label, known, "\u25a0\u25a1\u2b1a")
    ax.set_xlabel(f"{sides}\n{how}{effects.lost_note(label, metric)}\n{verdicts}")
    title = label("what levers change: {what}", what=label(NAMES[metric], days=ranking.follow_up_days))
    return canvas.finish(ax, title, canvas.subtitle(ranking, label, confidence))


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
        is the days charged; then settlement, if anything waits for it, and forfeit have rows, too. Gates have
        the colours that they have in other pictures. If `default_losses` or `net_income` is explained, each
        row also has what is explained of `limit_days_lost`.

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
    label = checked_labels(language, "attribution", attribution, Attribution)
    metric = attribution.metric
    unit = unit_of(metric, attribution.weight).of_differences()
    table = attribution.table(confidence)
    how = label("explained: by the gate being closed, on average over all sets of the others")
    if metric == IN_DAYS:
        how += f"\n{label('charged: days at the gate; forfeited: to the end of the follow-up')}"
    rows = []
    for gate, effect in table.to_dict("index").items():
        words = "all together" if gate == TOTAL else "with all gates open" if gate == NO_GATE else str(gate)
        name = label(words)
        if BESIDE_LOSSES in table:
            name += f"\n{effects.lost_text(ends_in(effect, BESIDE_LOSSES), label, sign='')}"
        bars = []
        first, second = _looks_of(str(gate))
        if gate not in ONLY_CHARGED:
            word = label("stays" if gate == NO_GATE else "explained")
            bars.append(Bar(word, *ends_in(effect, "shapley", unit.factor), True, first))
        if metric == IN_DAYS and gate != NO_GATE:
            bars.append(Bar(label("charged"), *ends_in(effect, "charged"), True, second))
        # Most products do not wait for settlement.
        if bars and not (gate == "settlement" and bars[0].value == 0):
            rows.append((name, bars))
    ax = canvas.axes_or_new(ax, (8.0, 2.0 + ROW * len(rows)))
    _draw_rows(ax, rows)
    what = label(NAMES[metric], days=attribution.follow_up_days)
    ax.set_xlabel(f"{label.with_unit(what, unit.in_pictures)}\n{how}{effects.lost_note(label, metric)}")
    named = canvas.subtitle(attribution, label, confidence)
    return canvas.finish(ax, label("what each gate explains"), named)


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
        A row for each field that the screening kept, the first on top. The upper bar is the
        total index, the lower bar (hatched) the first index, each with its number at the right. Filled: the
        field matters. Hollow: it does not. Dotted, hollow: undecided. Right of the dotted line a total index
        is no longer negligible.

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
    table, both = sensitivity.table(confidence), {"total": "total index", "first": "first index"}
    rows = []
    for name, field in table[table["total"].notna()].to_dict("index").items():
        is_filled = pd.NA if field["verdict"] == UNDECIDED else field["verdict"] == MATTERS
        bars = [Bar(label(words), *ends_in(field, one), is_filled) for one, words in both.items()]
        rows.append((canvas.shortened(str(name)), bars))
    ax = canvas.axes_or_new(ax, (8.5, 2.0 + ROW * len(rows)))
    _draw_rows(ax, rows)
    ax.axvline(NEGLIGIBLE, color=style.GREY, linestyle=":", linewidth=1)
    ax.set_xlim(0, 1)
    if not rows:
        canvas.write_in_middle(ax, label("no field passed the screening"))
    what = label(NAMES[sensitivity.metric], days=sensitivity.follow_up_days)
    words = label("share of the variance of what is expected")
    verdicts = f"\u25a0 {label(MATTERS)}    \u25a1 {label(DOES_NOT)}    \u2b1a {label(UNDECIDED)}"
    ax.set_xlabel(f"{words}\n{what}\n{verdicts}")
    note = label("{number} of {all} fields; the others were screened out", number=len(rows), all=len(table))
    named = canvas.subtitle(sensitivity, label)
    return canvas.finish(ax, label("what decides the answer"), label("; ").join((named, note)))


def _draw_causes(ax: Axes, causes: Sequence[str], days: Floats, ends: Floats, texts: Sequence[str]) -> None:
    """Draw a bar for each cause, which looks as in other pictures, with a text behind an end."""
    bars = ax.barh(range(len(causes)), days)
    for place, (bar, cause, end, words) in enumerate(zip(bars, causes, ends, texts, strict=True)):
        bar.set(**style.AREAS[cause])
        ax.annotate(words, (end, place), (5, 0), textcoords="offset points", va="center")


def _draw_run(ax: Axes, table: pd.DataFrame, label: Labels) -> None:
    waited, shares = table["hold_days"].to_numpy(), map(label.share, table["share_of_days"])
    texts = [f"{days:,} ({share})" if days else "0" for days, share in zip(waited, shares, strict=True)]
    _draw_causes(ax, [*table.index], waited, waited, texts)
    # Room for the texts at the right.
    ax.set_xlim(0, 1.4 * max(1, waited.max()))
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _draw_study(ax: Axes, causes: Sequence[str], summary: pd.DataFrame) -> None:
    mean, low, high = (summary[column].to_numpy() for column in ("estimate", "low", "high"))
    ends = np.nan_to_num(np.fmax(mean, high))
    texts = ["-" if np.isnan(value) else f"{value:.2f}" if value else "0" for value in mean]
    _draw_causes(ax, causes, mean, ends, texts)
    sides = [mean - low, high - mean]
    ax.errorbar(mean, range(len(mean)), xerr=sides, fmt="none", ecolor="black", capsize=3, linewidth=1)
    ax.set_xlim(0, 1.15 * ends.max() or 1)


def _looks_of(gate: str) -> tuple[style.Look, ...]:
    """Return the looks of both bars of a row: in the colour that the gate has in other pictures."""
    if gate not in GATES:
        return LOOKS if gate != "forfeited" else (style.AREAS[gate], style.AREAS[gate])
    colours = {"facecolor": style.AREAS[gate]["facecolor"], "edgecolor": "white"}
    return tuple(look | colours for look in LOOKS)


def _lever_bars(effect: Effect, label: Labels, scale: float = 1.0) -> list[Bar]:
    """Return the two bars of a lever; of all together there is one."""
    known = [which for which in ("alone", "last") if not np.isnan(effect[which])]
    return [Bar(label(one), *ends_in(effect, one, scale), effect[f"{one}_significant"]) for one in known]


def _draw_rows(ax: Axes, rows: Sequence[tuple[str, Sequence[Bar]]], sign: str = "") -> None:
    """Draw rows from above, named at the left.

    Parameters
    ----------
    ax : matplotlib Axes
    rows : sequence of (name, bars)
        One or two bars each; the second is hatched.
    sign : str
        "+" to write the sign of positive numbers, too.
    """
    places = effects.decimals([bar.value for _, bars in rows for bar in bars])
    for row, (_, bars) in enumerate(rows):
        for bar, look, offset in zip(bars, LOOKS, PLACES, strict=False):
            height = row + (offset if len(bars) > 1 else 0.0)
            is_known = not pd.isna(bar.is_filled)
            area = (bar.area or look) if is_known and bar.is_filled else style.LOOKS["hollow_bar"]
            ax.barh(height, bar.value, HEIGHT, linewidth=0.8, linestyle="-" if is_known else ":", **area)
            ends = [[bar.value - bar.low], [bar.high - bar.value]]
            ax.errorbar(bar.value, height, xerr=ends, fmt="none", ecolor="black", capsize=2.5, linewidth=1)
            words = f"{bar.word} {effects.with_interval(bar.value, bar.low, bar.high, places, sign)}"
            canvas.write(ax, words, (1.02, height), ("axes fraction", "data"))
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(range(len(rows)), [name for name, _ in rows], parse_math=False)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.margins(x=0.08)
