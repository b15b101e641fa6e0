"""The platform, and the line of one borrower, day by day."""

import datetime
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from simlimit import Comparison, Recovery, Run, Study, borrower_history
from simlimit.arguments import Floats, as_choices, as_values, is_number, plain, refused
from simlimit.errors import SimlimitError
from simlimit.model.causes import GATES
from simlimit.plots import canvas, style
from simlimit.plots.labels import SERIES, Labels, Language, checked_labels
from simlimit.scenario import Scenario, day_of
from simlimit.study.recovery import named

# Every column of `daily` by replication and day.
Daily = Mapping[str, Floats]
Dailies = Mapping[str, Daily]
# Not `simlimit.scenario.Day`, of which the help would show the bounds in pydantic's words.
DayOrDate = int | datetime.date

USUAL = ("held", "review_queue", "funding_queue", "headroom")
# Points for each bar of the strip.
BAR = 14
# Days that are shown before a recovery, and after it.
MARGIN = 30
# The quantiles of the replications between which the band is.
BAND = (0.05, 0.95)


def platform(
    of: Run | Study | Comparison | Recovery,
    *,
    series: Sequence[str] | None = None,
    days: tuple[DayOrDate, DayOrDate] | None = None,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw the platform day by day, a panel for each series, with the days of freezes shaded.

    For a study, a panel shows the mean over replications and the range of the middle 90 % of them. For a
    comparison, it shows the mean of each scenario, and the first day on which its histories differ from
    those of the first scenario. For a recovery, it shows the days around it: the band that is normal, and
    when half of the replications are back, with its interval.

    Parameters
    ----------
    of : Run, Study, Comparison or Recovery
    series : sequence of str, optional
        Columns of `run.daily`: any of held, review_queue, funding_queue, headroom, pending_holds,
        outstanding, available, repaid, released, forfeited, drawn. If not given, those of the first four
        that are known (an unlimited pool has no headroom) and not always 0, or else held; of a recovery its
        own.
    days : (int or date, int or date), optional
        The first and the last day to show, such as ``(60, 120)`` or two dates. If not given, all days; of a
        recovery those around it.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        The panels are its ``child_axes``, the top one first. Shaded: days on which a freeze covers someone in
        at least half of the replications of any scenario. For a comparison, the last of ``child_axes`` is a
        strip on top, with a bar from the day on which a scenario's histories leave those of the first.

    Raises
    ------
    SimlimitError
        If `of` is none of these, or there are no such series, days or language.

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1)
    >>> ax = sl.plots.platform(run, series=["outstanding", "available"])
    >>> [panel.get_ylabel() for panel in ax.child_axes]
    ['outstanding (currency units)', 'available limit (currency units)']
    """
    label = checked_labels(language, "of", of, Run, Study, Comparison, Recovery)
    recovery = of if isinstance(of, Recovery) else None
    if isinstance(of, Recovery):
        series = (of.series,) if series is None else series
        of = of.comparison
    histories = of.studies if isinstance(of, Comparison) else {of.scenario.name: of}
    if recovery is not None:
        words = {"shock": label(named(recovery.scenario.shocks[recovery.shock]))}
        both = label("without the {shock}", **words), label("with the {shock}", **words)
        histories = dict(zip(both, histories.values(), strict=True))
    dailies = {name: _by_replication(history) for name, history in histories.items()}
    first = next(iter(histories.values()))
    names = _series(series, dailies)
    # Each panel has a label for each scenario at its right, and a bar of the strip on top.
    rows = len(names) * max(1.2, 0.2 * len(dailies)) + 0.2 * len(dailies)
    ax = canvas.axes_or_new(ax, (8.5, max(6.5, 1.5 + rows) if recovery is None else 2.5 + len(names)))
    strip, panels = canvas.inset_panels(ax, len(names), strip=BAR * (len(dailies) - 1))
    begin, last = _check_days(days, first.scenario)
    if recovery is not None and days is None:
        begin, last = _days_around(recovery)
    day_0 = 0.0
    for panel, name in zip(panels, names, strict=True):
        day_0 = canvas.time_axis(panel, first.scenario, label)
        panel.set_xlim(day_0 + begin, day_0 + last + 1)
        values = [daily[name][:, begin : last + 1] for daily in dailies.values()]
        _draw_series(panel, day_0 + begin, name, values, isinstance(of, Study), label)
        _shade(panel, day_0, dailies, label("freeze"))
        if recovery is not None:
            _show_recovery(panel, day_0, recovery, name == recovery.series, label)
        # The axis has room for what has been drawn.
        _label_axis(panel, name, label)
        if len(dailies) > 1:
            ends = [of_scenario[:, -1].mean() for of_scenario in values]
            canvas.label_ends(panel, ends, [canvas.shortened(scenario) for scenario in dailies])
        panel.tick_params(labelbottom=panel is panels[-1])
        panel.xaxis.label.set_visible(panel is panels[-1])
    canvas.legend(panels[0], handles=panels[0].get_legend_handles_labels()[0], **style.LOOKS["above"])
    if strip is not None:
        _show_branches(strip, panels, day_0, first.scenario, dailies, label)
    return canvas.finish(ax, label("the platform, day by day"), canvas.subtitle(first, label))


def _by_replication(history: Run | Study) -> Daily:
    columns = history.daily.drop(columns="date").astype(np.float64).items()
    return {str(name): days.to_numpy().reshape(-1, history.scenario.horizon_days) for name, days in columns}


def _series(series: Sequence[str] | None, dailies: Dailies) -> list[str]:
    if series is None:
        moving = [name for name in USUAL if any(np.nansum(np.abs(one[name])) > 0 for one in dailies.values())]
        return moving or ["held"]
    return as_choices("series", series, tuple(SERIES), "the help of plots.platform")


def _draw_series(
    ax: Axes, begin: float, name: str, values: Sequence[Floats], is_study: bool, label: Labels
) -> None:
    """Draw a line for each scenario, whose values are by replication and day; of a study, a band, too."""
    days = begin + np.arange(values[0].shape[1])
    looks = style.outcome_lines([name]) if len(values) == 1 else style.LINES
    for number, of_scenario in enumerate(values):
        if is_study:
            low, high = np.quantile(of_scenario, BAND, axis=0)
            ax.fill_between(days, low, high, label=label("90 % of replications"), **style.LOOKS["range"])
        look = looks[number % len(looks)]
        (line,) = ax.plot(days, of_scenario.mean(axis=0), color=look.colour, linestyle=look.style)
        line.set(linewidth=1.2, label=label("mean") if is_study else "")
        if number == 0 and len(values) > 1:
            # Where others are the same as the first, it is seen on both sides of them.
            line.set(color=style.BEHIND, linewidth=3)


def _label_axis(ax: Axes, name: str, label: Labels) -> None:
    what, unit = SERIES[name]
    ax.set_ylabel(label.with_unit(label(what), unit), rotation="horizontal", ha="left", fontsize=9)
    ax.yaxis.set_label_coords(0, 1.04)
    ax.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.12g}"))
    ax.tick_params(labelsize=style.LABEL_SIZE)
    if name == "headroom":
        ax.axhline(0, color="black", linewidth=0.6)
    else:
        # What is always 0 has no height of its own: a line at 0 is seen above the axis.
        low, high = (0, None) if ax.dataLim.y1 > 0 else (-0.05, 1)
        ax.set_ylim(low, high)


def _shade(ax: Axes, day_0: float, dailies: Dailies, words: str) -> None:
    """Shade the days of freezes."""
    frozen = np.any([(days["frozen"] > 0).mean(axis=0) >= 0.5 for days in dailies.values()], axis=0)
    changes = np.flatnonzero(np.diff(frozen.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    for number, (first, end) in enumerate(changes):
        ax.axvspan(day_0 + first, day_0 + end, label="" if number else words, **style.LOOKS["freeze"])


def _days_around(recovery: Recovery) -> tuple[int, int]:
    """Return the first and last day that show a recovery: until twice as long as most need."""
    horizon, begin = recovery.scenario.horizon_days, recovery.begin
    days = recovery.days.quantile(0.9) if recovery.days.notna().all() else horizon - begin
    return max(0, begin - MARGIN), min(horizon, begin + 2 * int(days) + MARGIN) - 1


def _show_recovery(ax: Axes, day_0: float, recovery: Recovery, has_band: bool, label: Labels) -> None:
    """Show the band that is normal, and when half of the replications are back, with its interval."""
    if has_band:
        low, high = recovery.band
        # The axis is as high as the band on the days that are shown, not on others.
        first, end = (int(day - day_0) for day in ax.get_xlim())
        days, words = np.arange(first, end), label("95 % without it")
        ax.fill_between(day_0 + days, low[days], high[days], label=words, **style.LOOKS["normal"])
    row, begin = recovery.table((0.5,)).iloc[0], day_0 + recovery.begin
    texts = {name: "?" if np.isnan(row[name]) else f"{row[name]:g}" for name in ("days", "low", "high")}
    date = f"{row['date']:%Y-%m-%d}" if row["reached"] else "?"
    words = label("half back: {date}, {days} day{days:s} ({low} to {high})", date=date, **texts)
    ax.axvline(begin + row["days"], color=style.FORFEITED, linewidth=1.2, label=words)
    if not np.isnan(row["low"]):
        last = np.nan_to_num(begin + row["high"], nan=day_0 + recovery.scenario.horizon_days)
        ax.axvspan(begin + row["low"], last, **style.LOOKS["day"])


def _first_difference(one: Daily, other: Daily) -> int | None:
    """Return the first day on which any column differs in any replication; None if none does."""
    columns = zip(one.values(), other.values(), strict=True)
    same = [np.isclose(*pair, rtol=0, atol=0.001, equal_nan=True).all(axis=0) for pair in columns]
    differs = ~np.all(same, axis=0)
    return int(differs.argmax()) if differs.any() else None


def _show_branches(
    strip: Axes, panels: Sequence[Axes], day_0: float, scenario: Scenario, dailies: Dailies, label: Labels
) -> None:
    """Show in a bar for each other scenario from which day on its histories leave those of the first."""
    (reference, first), *others = dailies.items()
    strip.set_xlim(panels[0].get_xlim())
    last = strip.get_xlim()[1]
    for number, (other, days) in enumerate(others):
        day = _first_difference(first, days)
        words = "{scenario} is always the same as {reference}"
        if day is not None:
            words = "{scenario} differs from {reference} from day {day} on"
            if day_0:
                words = "{scenario} differs from {reference} from {date} on"
            begin = day_0 + day
            strip.barh(number, last - begin, left=begin, height=0.8, **style.LOOKS["range"])
            look = style.line(number + 1)
            for ax in (strip, *panels):
                ax.axvline(begin, color=look.colour, linestyle=look.style, linewidth=1, zorder=1)
        named = {"scenario": canvas.shortened(other), "reference": canvas.shortened(reference)}
        words = label(words, day=day, date=scenario.start_date + datetime.timedelta(day or 0), **named)
        canvas.write(strip, words, (last, number), "data", (-4, 0), ha="right")
    strip.set(ylim=(len(others) - 0.5, -0.5), xticks=[], yticks=[])
    strip.spines[:].set_linewidth(0.5)


def borrower(
    run: Run,
    borrower: int,
    *,
    days: tuple[DayOrDate, DayOrDate] | None = None,
    ax: Axes | None = None,
    language: Language = "en",
) -> Axes:
    """Draw one borrower's line day by day: what is outstanding, held for each cause, and available.

    A run's tables do not tell what a hold waited for on which day, so the history is simulated again, as by
    `simlimit.borrower_history`.

    Parameters
    ----------
    run : Run
        A run without processes of your own.
    borrower : int
        Id of the borrower, from 0.
    days : (int or date, int or date), optional
        The first and the last day to show; the whole run if not given.
    ax, language : matplotlib Axes, "en" or "zh"
        Where to draw (a new figure if not given), and the language of the labels.

    Returns
    -------
    matplotlib Axes
        A stack for the end of each day, with the limit as a line. The stack is higher than the line where a
        limit was cut below what is outstanding.

    Raises
    ------
    SimlimitError
        If the run had processes of your own, there is no such borrower, or another argument is not as above.

    Examples
    --------
    >>> import simlimit as sl
    >>> run = sl.simulate(sl.preset("clockwork").replace({"population.borrowers": 20}), seed=1)
    >>> sl.plots.borrower(run, 3).get_ylabel()
    'amount (currency units)'
    """
    label = checked_labels(language, "run", run, Run)
    first, last = _check_days(days, run.scenario)
    if run.has_processes:
        without = "a borrower can be drawn only if there were none: simulate without them."
        raise SimlimitError(f"run had processes of your own, but {without}")
    table = borrower_history(run.scenario, run.seed, run.replication, borrower).loc[first:last]
    ax = canvas.axes_or_new(ax, (8.5, 4.5))
    _draw_line(ax, table, canvas.time_axis(ax, run.scenario, label), label)
    ax.set_ylabel(label("amount (currency units)"))
    ax.yaxis.set_major_formatter(StrMethodFormatter("{x:,.12g}"))
    title = label("the line of borrower {borrower}", borrower=borrower)
    return canvas.finish(ax, title, canvas.subtitle(run, label))


def _check_days(days: tuple[DayOrDate, DayOrDate] | None, scenario: Scenario) -> tuple[int, int]:
    last, first_date = scenario.horizon_days - 1, scenario.start_date
    if days is None:
        return 0, last
    allowed = f"a first and a later last day, as dates or as numbers from 0 to {last}"
    dates = f"a date from {first_date} to {first_date + datetime.timedelta(last)}"
    numbers = []
    for day in as_values("days", days, allowed):
        # A moment that is no date stays what it is, and is refused.
        number = day_of(scenario, day) if type(day) is datetime.date else plain(day)
        if not is_number(number) or number not in range(last + 1):
            raise refused("a value of days", day, f"{dates}, or a day from 0 to {last}")
        numbers.append(int(number))
    if len(numbers) != 2 or numbers[0] >= numbers[1]:
        raise refused("days", days, allowed)
    return numbers[0], numbers[1]


def _draw_line(ax: Axes, table: pd.DataFrame, day_0: float, label: Labels) -> None:
    gates = [gate for gate in GATES if table[gate].any()]
    held = {gate: label("held for {gate}", gate=label(gate)) for gate in gates}
    entries = {"outstanding": label("outstanding"), **held, "available": label("available")}
    # The end of a day lasts until the end of the next; the last one, too.
    edges = table.reindex(range(table.index[0], table.index[-1] + 2), method="ffill")
    edges.index += day_0
    height = canvas.draw_stack(ax, edges, entries, edge=0.3)
    # White on white needs an outline.
    ax.collections[-1].set_linewidth(0.8)
    ax.step(edges.index, edges["limit"], where="post", label=label("limit"), **style.LOOKS["limit"])
    top = max(height.max(), edges["limit"].max(), 1.0)
    ax.set(xlim=(edges.index[0], edges.index[-1]), ylim=(0, 1.08 * top))
    canvas.legend(ax, reverse=True, **style.LOOKS["beside"])
