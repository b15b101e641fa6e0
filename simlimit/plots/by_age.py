"""What becomes of repaid principal by age: how much is released, where the rest stands, and how it ends."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeAlias

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from simlimit import Comparison, Run, Study, cumulative_incidence
from simlimit.arguments import Floats, as_days, as_list, check_choice, check_type, check_whole, refused, shown
from simlimit.delays import curves, tables
from simlimit.errors import SimlimitError
from simlimit.model.causes import GATES
from simlimit.plots import canvas, style
from simlimit.plots.labels import STANDING, Labels, Language, checked_labels
from simlimit.run.options import FOLLOW_UP_DAYS, LONGEST_FOLLOW_UP
from simlimit.study.curves import Curves, CurvesOfRun
from simlimit.study.metrics import ENDS, WEIGHTS, Weight
from simlimit.tables.numbers import per_cent

Histories: TypeAlias = Run | Study | pd.DataFrame
Groups: TypeAlias = str | Sequence[str] | None
# What a line is called, its curve, and of which outcome of the curve it is.
Ended: TypeAlias = tuple[str, pd.DataFrame, Hashable]

MARKED_DAYS = (7, 30)
# If this share is released at once, the axis does not begin at 0: the rest would be too flat to see.
HIGH_ATOM = 0.5
MARGIN = 0.03
# The share of the axis that a word needs.
ROOM = 0.12


def delay(
    of: Histories | Comparison | Mapping[str, Histories],
    follow_up_days: int | None = None,
    *,
    by: Groups = None,
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the share that is released by each day after repayment, with the jump on the day of repayment.

    For example, ``delay(study)`` is one study in full. ``delay(study, by="region")`` has a line for each
    region, ``comparison.plot.delay()`` one for each scenario, and ``delay({"log": log, "model": study})`` one
    for a release log and one for the study beside it.

    The curve is the cumulative incidence (Aalen-Johansen) of `Study.delay_curve`. It counts every repayment
    hold from the end of the warm-up on; holds that are pending at the horizon are censored. A run is one
    history, so its curve has no band.

    Parameters
    ----------
    of : Run, Study, DataFrame, Comparison, or mapping of str to the first three
        A table is a log or a curve, as of `incidence`. What has a name is a line of that name.
    follow_up_days : int, optional
        Days to show, 1 .. the longest that anything was observed. If not given, the follow-up of the run or
        study; 90 of a log.
    by : str or list of str, optional
        A line for each group: of a study, as ``replicate(by=...)`` grouped it (by "region" if it was not
        given); of a log, by these columns.
    weight : "holds" or "amount"
        Whether each hold counts once, or by its amount; of a log, by its column `amount`.
    confidence : float
        Confidence level of the bands of studies and logs, at each day separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        Of one run or study, below the line: released. Hatched, from above: forfeited. Between: pending. Of
        several, or of a log, there are only the lines of what is released, each named at its end. Grey:
        fewer than 20 holds at risk, in one of them. The vertical axis begins at 0; if most is released on the
        day of repayment, it begins at the share that its label names.

    Raises
    ------
    SimlimitError
        If `of` is none of these, is not grouped so, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> study = sl.replicate(sl.preset("clockwork").replace({"population.borrowers": 20}), 5, seed=1)
    >>> sl.plots.delay(study).get_xlabel()
    'days since repayment'
    >>> ax = sl.plots.delay({"log": sl.simulate(study.scenario, seed=2).holds, "model": study})
    >>> [text.get_text() for text in ax.texts][:2]
    ['log 100.0 %', 'model 100.0 %']
    """
    label = checked_labels(language, "of", of, Run, Study, pd.DataFrame, Comparison, Mapping)
    named = _by_name(of)
    drawn = _by_name_and_group(named, by, weight, confidence, label)
    last = max(float(curve.index[-1]) for curve in drawn.values())
    longest = math.ceil(min(max(last, 1), LONGEST_FOLLOW_UP))
    usual = [one.follow_up_days for one in named.values() if not isinstance(one, pd.DataFrame)]
    end = min(longest, max(1, *usual) if usual else FOLLOW_UP_DAYS)
    if follow_up_days is not None:
        end = check_whole("follow_up_days", follow_up_days, longest, 1)
    at_once = pd.Series([_share_by(curve, "released", 0) for curve in drawn.values()]).min()
    share = label("share of holds" if weight == "holds" else "share of repaid principal")
    ax = canvas.axes_or_new(ax)
    ax.set(xlim=(-0.01 * end, end), ylim=(0, 1), xlabel=label("days since repayment"), ylabel=share)
    canvas.use_percent_axis(ax.yaxis, label)
    if np.isnan(at_once):
        _say_unobserved(ax, end, label)
    else:
        if at_once >= HIGH_ATOM:
            bottom = np.floor(10 * (at_once - MARGIN)) / 10
            words = label("{what} (axis from {low})", what=share, low=label.told(f"{100 * bottom:.0f} %"))
            ax.set(ylim=(bottom, 1), ylabel=words)
        if by is None and isinstance(of, Run | Study):
            _draw_in_full(ax, of, drawn[""].reindex(range(end + 1)), confidence, label)
        else:
            looks = [style.line(number) for number in range(len(drawn))]
            ended: list[Ended] = [(canvas.shortened(one), curve, "released") for one, curve in drawn.items()]
            _draw_lines(ax, ended, looks, True, label)
            if canvas.shade_few(ax, [*drawn.values()], label):
                canvas.legend(ax, loc="lower right")
    title = label("release delay of repaid principal")
    if weight == "holds" and isinstance(of, Run):
        number = int(of.counts[[*ENDS, "pending"]].to_numpy().sum())
        title = label("release delay of {number:,} repayment hold{number:s}", number=number)
    if isinstance(of, Run | Study):
        return canvas.finish(ax, title, canvas.subtitle(of, label, None if by is None else confidence))
    with_band = [curve for curve in drawn.values() if curve["released_low"].notna().any()]
    notes = dict.fromkeys(_interval_words(curve, label) for curve in with_band)
    return canvas.finish(ax, title, label("; ").join(notes))


def standing(
    of: Run | Study, *, weight: Weight = "amount", ax: Axes | None = None, language: Language = "en"
) -> Axes:
    """Draw for which cause repaid principal waits, by age, until it is released.

    Most is released on the day of repayment, so the stack shows the share that is *not* released. The causes
    are stacked in their order, the first on top; the forfeited part is at the bottom. The area of each is
    the mean number of days away that it has: together they are `days_away`. The cohort is that of
    `Study.standing`: every repayment that is followed for the whole follow-up.

    Parameters
    ----------
    of : Run or Study
    weight : "amount" or "holds"
        Whether each hold counts by its amount, or once.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        The stack, with the mean days of each part in the legend.

    Raises
    ------
    SimlimitError
        If `of` is neither a run nor a study, or `weight` or `language` is not one of those above.

    Examples
    --------
    >>> import simlimit as sl
    >>> jiebei = sl.preset("jiebei")
    >>> sl.plots.standing(sl.simulate(jiebei, seed=1)).get_ylabel()
    'share of repaid principal, not yet released'
    """
    label = checked_labels(language, "of", of, Run, Study)
    table = _curves(of).standing(weight=weight)
    title, share = STANDING[weight]
    ax = canvas.axes_or_new(ax)
    ax.set(xlabel=label("days since repayment"), ylabel=label(share))
    canvas.use_percent_axis(ax.yaxis, label)
    if table["released"].isna().any():
        _say_unobserved(ax, of.follow_up_days, label)
    else:
        _draw_stack(ax, table, label)
    return canvas.finish(ax, label(title), canvas.subtitle(of, label))


def incidence(
    of: pd.DataFrame | Run | Study,
    *,
    days: Sequence[float] = (0, 15, 30, 60, 90),
    weight: Weight = "holds",
    confidence: float = 0.95,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the share that has ended in each way by each day, with bands and numbers at risk.

    The curves are cumulative incidences (Aalen-Johansen): release and forfeit compete.

    Parameters
    ----------
    of : DataFrame, Run or Study
        A table is a curve of `cumulative_incidence` or `Study.delay_curve`, or a log with the columns
        `delay_days` and `outcome`. The rows of a log are taken as independent, and as still at risk at the
        time at which they are censored. In `run.holds` they are not: give the run instead, or the curve that
        `cumulative_incidence` makes with `censored_at_risk=False`.
    days : sequence of numbers
        Ascending, from 0 up: the columns of the table below the axes. The last is the end of the axis.
        Columns that would overlap are moved apart, their days above them; of very many some are left out.
    weight : "holds" or "amount"
        Whether each hold counts once, or by its amount; of a log, by its column `amount`.
    confidence : float
        For a study or log: confidence level of the bands, at each day separately.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw, with room below (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A line for each outcome; grey where fewer than 20 are at risk. Below: how many are at risk at each of
        the days, and how many have ended in each way by then, in the unit of the curve (holds, or currency
        units).

    Raises
    ------
    SimlimitError
        If `of` is none of these, a table has several curves, or another argument is not as above.

    Examples
    --------
    >>> import pandas as pd
    >>> import simlimit as sl
    >>> outcomes = ["released", "released", "forfeited", "pending"]
    >>> log = pd.DataFrame({"delay_days": [0, 1, 7, 9], "outcome": outcomes})
    >>> len(sl.plots.incidence(log, days=(0, 5, 10)).get_lines())
    2
    """
    label = checked_labels(language, "of", of, pd.DataFrame, Run, Study)
    asked = as_days(days)
    if not asked or asked != sorted(set(asked)) or asked[-1] == 0:
        raise refused("days", days, "numbers from 0 up, ascending, not 0 alone")
    curve = _curve(of, weight, confidence)
    # Our own words are translated; others stay as the user's log has them.
    outcomes = {name: label(str(name)) for name in tables.outcomes_of(curve)}
    looks = style.outcome_lines([*outcomes])
    ax = canvas.axes_or_new(ax, (7.5, 5.2))
    ax.set(xlim=(-0.01 * asked[-1], asked[-1]), ylim=(0, 1.02), xticks=asked)
    ax.set(xlabel=label("days since repayment"), ylabel=label("share that has ended so"))
    canvas.use_percent_axis(ax.yaxis, label)
    _draw_lines(ax, [(words, curve, name) for name, words in outcomes.items()], looks, False, label)
    if canvas.shade_few(ax, [curve], label):
        canvas.legend(ax, loc="center right")
    # As many are at risk on a day as at the next time of the curve.
    observed = np.append(curve["at_risk"].to_numpy(np.float64), 0.0)
    rows = [(label("at risk"), observed[np.searchsorted(curve.index, asked, side="left")])]
    rows += [(words, _ended(curve, name, asked)) for name, words in outcomes.items()]
    unit, source = "", _interval_words(curve, label)
    if not isinstance(of, pd.DataFrame):
        unit = "number of holds" if weight == "holds" else "currency units"
        unit += "" if isinstance(of, Run) else ", over all replications"
        unit = label(unit)
        source = canvas.subtitle(of, label, confidence)
    canvas.write_table(ax, rows, asked, unit, label("day"))
    return canvas.finish(ax, label("release and forfeit by age"), source)


def _say_unobserved(ax: Axes, day: int, label: Labels) -> None:
    canvas.write_in_middle(ax, label("no repayment is observed for {day} day{day:s}", day=day))


def _curves(of: Run | Study) -> Curves:
    return of if isinstance(of, Study) else CurvesOfRun(of)


def _by_name(of: Histories | Comparison | Mapping[str, Histories]) -> dict[str, Histories]:
    """Return what is drawn, by its name if there may be several."""
    named = of.studies if isinstance(of, Comparison) else of
    if not isinstance(named, Mapping):
        return {"": named}
    for name, one in named.items():
        check_type(f"of[{shown(name)}]", one, Run, Study, pd.DataFrame)
    if not named or not all(isinstance(name, str) for name in named):
        raise refused("of", of, "a mapping of names to runs, studies or tables")
    return dict(named)


def _by_name_and_group(
    named: Mapping[str, Histories], by: Groups, weight: Weight, confidence: float, label: Labels
) -> dict[str, pd.DataFrame]:
    """Return the curves, each under the words for what it is of."""
    found = {}
    for name, one in named.items():
        for group, curve in _by_group(one, by, weight, confidence).items():
            if "released" not in curve:
                ends = shown(tables.outcomes_of(curve))
                raise SimlimitError(f"of has a log that ends as {ends}, but must have the end 'released'.")
            words = ", ".join(map(label.told, group.split(", ")))
            found[", ".join(filter(None, (name, words)))] = curve
    return found


def _by_group(of: Histories, by: Groups, weight: Weight, confidence: float) -> dict[str, pd.DataFrame]:
    """Return the curve of each group; that of all together if they are not asked for."""
    if by is None:
        return {"": _curve(of, weight, confidence)}
    asked = [by] if isinstance(by, str) else as_list("by", by, "a name, or a list of names")
    known: list[Hashable]
    if isinstance(of, pd.DataFrame):
        table = _curve(of, weight, confidence, asked)
        known = [*table.index.names[:-1]]
        if asked == known:
            parts = table.groupby(level=known, sort=False)
            return {", ".join(map(str, key)): part.droplevel(known) for key, part in parts}
    else:
        known, grouped = [*of._prepared.grouping.bounds], _curves(of)
        if asked == known:
            return {group: grouped.delay_curve(confidence, weight, group) for group in grouped.by}
    raise refused("by", by, f"what it is grouped by: {', '.join(map(str, known)) or 'nothing'}")


def _share_by(curve: pd.DataFrame, outcome: Hashable, day: float) -> float:
    """Return the share that has ended so by a day, as far as it was observed."""
    before = curve[outcome].loc[:day].ffill()
    return float(before.iloc[-1]) if len(before) else 0.0


def _interval_words(curve: pd.DataFrame, label: Labels) -> str:
    """Return what a curve says of its intervals, in the language of the picture."""
    return label.told(str(curve.attrs.get("interval", "")))


def _draw_in_full(ax: Axes, of: Run | Study, curve: pd.DataFrame, confidence: float, label: Labels) -> None:
    _draw_curve(ax, curve, label)
    _label_pending(ax, curve, label)
    # In the half in which the curve does not end.
    is_high = curve["released"].dropna().iloc[-1] > np.mean(ax.get_ylim())
    title = canvas.interval_note(of, confidence, label) if isinstance(of, Study) else None
    canvas.legend(ax, loc="lower right" if is_high else "upper right", title=title)


def _draw_lines(ax: Axes, ended: list[Ended], looks: list[style.Line], marks: bool, label: Labels) -> None:
    """Draw how much has ended so, with bands, each line named at its end; mark the jump on day 0, or not.

    The limits of the axes must be final.
    """
    last = []
    for (_, curve, outcome), look in zip(ended, looks, strict=True):
        times = np.insert(curve.index.to_numpy(np.float64), 0, 0.0)
        columns = (f"{outcome}_low", f"{outcome}_high", outcome)
        low, high, share = (np.insert(curve[column].to_numpy(), 0, 0.0) for column in columns)
        ax.fill_between(times, low, high, step="post", color=look.colour, alpha=0.25, linewidth=0)
        ax.step(times, share, where="post", color=look.colour, linestyle=look.style, linewidth=1.6)
        last.append(_share_by(curve, outcome, ax.get_xlim()[1]))
        if marks:
            at_once = _share_by(curve, outcome, 0)
            ax.plot(0, at_once, look.marker, color=look.colour, clip_on=False, zorder=4)
    texts = [f"{words} {label.share(share)}" for (words, *_), share in zip(ended, last, strict=True)]
    canvas.label_ends(ax, last, texts, looks)


def _draw_curve(ax: Axes, curve: pd.DataFrame, label: Labels) -> None:
    days, released = curve.index, curve["released"]
    ends = curve["released_low"], curve["released_high"]
    ax.fill_between(days, *ends, step="post", **style.LOOKS["band"])
    words = label("released on the day of repayment: {share}", share=_share_text(curve, "released", 0, label))
    ax.plot(0, released[0], "o", color=style.INK, markersize=8, clip_on=False, label=words, zorder=4)
    end = days[-1]
    words = _released_by(MARKED_DAYS, end, lambda day: _share_text(curve, "released", day, label), label)
    # The jump at day 0 is part of the curve.
    from_0 = np.insert(days, 0, 0), np.insert(released, 0, 0)
    ax.step(*from_0, where="post", color=style.INK, linewidth=1.6, label=words)
    rest = label.share(curve["pending"].iloc[-1])
    ax.plot([], [], " ", label=label("pending after {day} day{day:s}: {share}", day=end, share=rest))
    lost = _share_text(curve, "forfeited", end, label)
    words = label("forfeited by day {day}: {share}", day=end, share=lost)
    canvas.shade_few(ax, [curve], label)
    look = style.AREAS["forfeited"]
    ax.fill_between(days, 1 - curve["forfeited"], 1, step="post", linewidth=0.4, label=words, **look)


def _share_text(curve: pd.DataFrame, end: str, day: int, label: Labels) -> str:
    """Return a share of the curve for a label, with its interval if it has one."""
    share, *ends = (curve[f"{end}{which}"].to_numpy()[day] for which in ("", "_low", "_high"))
    low, high = map(per_cent, ends)
    # Neither where there is none, which is nan to nan, nor where it is narrower than what is shown.
    return label.share(share) + ("" if low == high else f" ({low} - {high})")


def _label_pending(ax: Axes, curve: pd.DataFrame, label: Labels) -> None:
    """Write "pending" between the released and the forfeited part, where there is room."""
    low, high = ax.get_ylim()
    end = curve.index[-1]
    middle = curve.loc[0.1 * end : 0.6 * end, "pending"]
    if len(middle) and middle.iloc[0] > ROOM * (high - low):
        day = middle.index[0]
        height = curve["released"][day] + middle.iloc[0] / 2
        ax.text(day, height, label("pending"), color=style.GREY, style="italic", va="center")


def _draw_stack(ax: Axes, table: pd.DataFrame, label: Labels) -> None:
    end = table.index[-1]
    shown = [name for name in ("forfeited", *reversed(GATES)) if table[name].any()]
    entries = {name: _legend_entry(name, table[name], label) for name in shown}
    height = canvas.draw_stack(ax, table, entries, edge=0.5)
    areas, _ = ax.get_legend_handles_labels()
    ax.step(table.index, height, where="post", color="black", linewidth=1)
    ax.set(xlim=(0, max(end, 1)), ylim=(0, max(1.1 * height.max(), 1e-3)))
    released = table["released"].to_numpy()
    words = _released_by((0, *MARKED_DAYS), end, lambda day: label.share(released[day]), label)
    handles = [*reversed(areas), Line2D([], [], linestyle=" ", label=words)]
    # A stack that does not fall leaves no room within.
    falls = height[-1] < height.max() / 2
    place = {"loc": "upper right"} if falls else style.LOOKS["beside"]
    canvas.legend(ax, handles=handles, title=label("mean days away"), **place)


def _legend_entry(name: str, part: "pd.Series[float]", label: Labels) -> str:
    # The last day is the end of the follow-up: nothing that happens on it counts.
    entry = label("{gate}: {days:.2f} days", gate=label(name), days=part.iloc[:-1].sum())
    at_last = label("{entry} ({share} in the end)", entry=entry, share=label.share(part.iloc[-1]))
    return at_last if name == "forfeited" else entry


def _released_by(days: Sequence[int], end: int, share: Callable[[int], str], label: Labels) -> str:
    """Return, a line each, which share is released by some days and by the end."""
    shown = [*(day for day in days if day < end), end]
    return "\n".join(label("released by day {day}: {share}", day=day, share=share(day)) for day in shown)


def _curve(of: Histories, weight: Weight, confidence: float, by: list[str] | None = None) -> pd.DataFrame:
    check_choice("weight", weight, WEIGHTS)
    if not isinstance(of, pd.DataFrame):
        return _curves(of).delay_curve(confidence, weight)
    if "at_risk" not in of:
        entry = "entry_days" if "entry_days" in of else None
        amount = "amount" if weight == "amount" else None
        return cumulative_incidence(of, weight=amount, by=by, confidence=confidence, entry=entry)
    if isinstance(of.index, pd.MultiIndex) and by is None:
        groups = of.index.names[0]
        raise SimlimitError(f"of has a curve by {groups}, but a picture shows one: choose by .loc.")
    return tables.by_curve(of, lambda curve: curve.droplevel(curve.index.names[:-1]))


def _ended(curve: pd.DataFrame, outcome: Hashable, days: Sequence[float]) -> Floats:
    """Return how many have ended so by each of some days.

    At each time the share grows by the pending share times those who end over those at risk.
    """
    before = curve["pending"].shift(fill_value=1.0)
    grown = curve[outcome].diff().fillna(curve[outcome])
    ended = (grown * curve["at_risk"] / before).where(before > curves.ROUNDING, 0.0).fillna(0.0)
    return np.insert(ended.cumsum(), 0, 0.0)[np.searchsorted(curve.index, days, side="right")]
