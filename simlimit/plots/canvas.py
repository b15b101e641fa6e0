"""Axes to draw on, what several pictures draw on them, and the file of a picture."""

import math
import textwrap
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeAlias

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.dates import AutoDateFormatter, AutoDateLocator, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import AutoLocator, MaxNLocator, ScalarFormatter
from scipy.optimize import isotonic_regression

from simlimit import Attribution, LeverRanking, Run, Scenario, Sensitivity, Study
from simlimit.arguments import Floats, kind_of
from simlimit.delays import share_intervals, tables
from simlimit.errors import SimlimitError
from simlimit.plots.dark import lighten_on_dark
from simlimit.plots.labels import Labels, use_cjk_font
from simlimit.plots.style import AREAS, GREY, LABEL_SIZE, LINES, LOOKS, Line
from simlimit.scenario import AS_IN_CLOCKWORK

Point = tuple[float, float]
Subject: TypeAlias = Run | Study | LeverRanking | Attribution | Sensitivity
# Of a new figure, in inches.
SIZE = (7.5, 4.5)
# Of a label, in its font size.
LINE_HEIGHT = 1.35
# In letters: of a name, and of a line beside an axis, which has room for so many.
LONGEST_NAME = 50
LONGEST_LABEL = 56
# How wide a digit is, in its font size; and the share of the width that names at the sides leave to the axes.
DIGIT, USED = 0.62, 0.8
# Points from the axes to the first row of a table: the tick labels and the axis label are in between.
BELOW_AXES = 46
ROW_HEIGHT = 13
# Between these the numbers along an axis are short.
SMALL, LARGE = 0.05, 1e5


def axes_or_new(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """Return axes as given, or of a new figure of pyplot's."""
    if ax is not None and (not isinstance(ax, Axes) or hasattr(ax, "get_zlim")):
        raise SimlimitError(f"ax is of type {kind_of(ax)}, but must be flat axes of matplotlib, or None.")
    if ax is None:
        _, ax = plt.subplots(figsize=size, layout="constrained")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def time_axis(ax: Axes, scenario: Scenario, label: Labels) -> float:
    """Make the horizontal axis one of dates, or of days where a scenario says no start date of its own.

    Returns
    -------
    float
        Where day 0 is.
    """
    if scenario.source("start_date") == AS_IN_CLOCKWORK:
        ax.set_xlabel(label("day of the run (days)"))
        return 0.0
    ax.set_xlabel(label("date"))
    # With fewer than seven marks, matplotlib finds none for some spans. It has no types for dates.
    room = letters(ax) // 8
    most = max(7, room)
    locator = AutoDateLocator(minticks=3, maxticks=most)  # type: ignore[no-untyped-call]
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(AutoDateFormatter(locator))  # type: ignore[no-untyped-call]
    ax.tick_params(axis="x", labelsize=LABEL_SIZE, labelrotation=40 if room < most else 0)
    return float(date2num(scenario.start_date))  # type: ignore[no-untyped-call]


def write(
    ax: Axes, words: str, place: Point, units: str | tuple[str, str], offset: Point = (0, 0), **look: object
) -> None:
    """Write words, in which a user's dollar sign is no formula, within the axes or beside them.

    Parameters
    ----------
    ax : matplotlib Axes
    words : str
    place : (float, float)
        In the units that `matplotlib.axes.Axes.annotate` calls `xycoords`.
    units : str or (str, str)
        For both coordinates, or for each.
    offset : (float, float)
        How many points to the right of the place, and above it.
    **look
        Properties of the text.
    """
    written = ax.annotate(words, place, offset, units, "offset points", annotation_clip=False)
    written.set(**LOOKS["text"] | look)


def write_table(
    ax: Axes, rows: Sequence[tuple[str, Floats]], days: list[float], unit: str, head: str
) -> None:
    """Write rows of numbers below the axes, each number below its day, and their unit above them.

    Where days are too near each other for that, the table has a row of days, and the axis marks others. Of
    more days than have room, it has every second one, or every third, and so on.
    """
    low, high = ax.get_xlim()
    table = [(head, [f"{day:g}" for day in days])]
    table += [(name, [f"{count:,.0f}" for count in counts]) for name, counts in rows]
    longest = max(len(text) for _, texts in table for text in texts)
    room = (longest + 1) / letters(ax)
    shown = slice(None, None, math.ceil(len(days) / (1 + int(1 / room))))
    table = [(name, texts[shown]) for name, texts in table]
    wanted = (np.asarray(days[shown], np.float64) - low) / (high - low)
    places = _apart(wanted, room)
    if np.allclose(places, wanted):
        ax.set_xticks(days[shown])
        del table[0]
    else:
        ax.xaxis.set_major_locator(AutoLocator())
    down = -BELOW_AXES
    if unit:
        write(ax, unit, (0, 0), "axes fraction", (0, down))
        down -= ROW_HEIGHT
    # The first number is centred below the left end of the axis, and needs half its width.
    left = 8 + DIGIT / 2 * LABEL_SIZE * max(len(first) for _, (first, *_) in table)
    for name, texts in table:
        write(ax, name, (0, 0), "axes fraction", (-left, down), ha="right")
        for place, text in zip(places, texts, strict=True):
            write(ax, text, (place, 0), "axes fraction", (0, down), ha="center")
        down -= ROW_HEIGHT


def letters(ax: Axes) -> int:
    """Return how many small letters a line below the axes has room for, about."""
    points = USED * ax.get_window_extent().width * 72 / ax.figure.dpi
    return int(points / (DIGIT * LABEL_SIZE))


def finish(ax: Axes, title: str, subtitle: str) -> Axes:
    """Write a title and a line below it, choose fonts that have all characters, and return the axes."""
    title = title[:1].upper() + title[1:]
    ax.set_title(title, loc="left", fontsize=11, fontweight="bold", pad=20, parse_math=False)
    write(ax, subtitle, (0, 1), "axes fraction", (0, 7), va="baseline", color=GREY, fontsize=9)
    for axis in (ax.xaxis, ax.yaxis):
        formatter = axis.get_major_formatter()
        if isinstance(formatter, ScalarFormatter):
            formatter.set_useOffset(False)
            _make_room(axis)
    use_cjk_font(ax)
    lighten_on_dark(ax)
    return ax


def _make_room(axis: Axis) -> None:
    """Show few long numbers, in full, as 0.00005: matplotlib writes a power of ten at the end of the axis."""
    low, high = sorted(axis.get_view_interval())
    largest = max(abs(low), abs(high))
    if not SMALL <= largest < LARGE or high - low < largest / 100:
        axis.set_major_locator(MaxNLocator(4))
        axis.set_major_formatter(lambda number, _: f"{number:,.12f}".rstrip("0").rstrip("."))


def subtitle(of: Subject, label: Labels, confidence: float | None = None) -> str:
    """Return which history a picture shows; or which histories, and the confidence of their intervals."""
    named = {"name": shortened(of.scenario.name), "seed": of.seed}
    if isinstance(of, Run):
        words = "{name}, seed {seed}, replication {number}" if of.replication else "{name}, seed {seed}"
        return label(words, number=of.replication, **named)
    histories = label("{name}, seed {seed}, {number:,} replication{number:s}", number=len(of), **named)
    if confidence is None:
        return histories
    return label("; ").join((histories, interval_note(of, confidence, label)))


def interval_note(of: Subject, confidence: float, label: Labels) -> str:
    """Return what intervals are over: replications, or draws of the parameters of a fit."""
    words = "{confidence:g} % intervals over replications"
    if getattr(of, "of_fit", False):
        words = "{confidence:g} % intervals over draws of the parameters"
    return label(words, confidence=100 * confidence)


def shortened(name: str, longest: int = LONGEST_NAME) -> str:
    """Return a name that the user chose as one line of moderate length, also one without blanks.

    Examples
    --------
    >>> from simlimit.plots.canvas import shortened
    >>> shortened("weekly evaluation", 12), shortened("\u6bcf\u5468\u8bc4\u4f30\u65b9\u6848", 9)
    ('weekly ev...', '\u6bcf\u5468\u8bc4...')
    """
    line = _doubled(" ".join(name.split()))
    return _single(line) if len(line) <= longest else f"{_single(line[: longest - 3]).rstrip()}..."


def wrapped(text: str, longest: int) -> str:
    """Return a text in lines of moderate length."""
    return _single(textwrap.fill(_doubled(text), longest))


def _doubled(text: str) -> str:
    """Return a text in which characters that are twice as wide as letters count twice, as Chinese ones."""
    return "".join(f"\0{one}" if unicodedata.east_asian_width(one) in "FW" else one for one in text)


def _single(text: str) -> str:
    return text.replace("\0", "")


def use_percent_axis(axis: Axis, label: Labels) -> None:
    """Show shares along an axis as per cent."""
    axis.set_major_locator(MaxNLocator(steps=[1, 2, 5, 10]))
    axis.set_major_formatter(lambda share, _: label.told(f"{100 * share:.5g} %"))


def shade_few(ax: Axes, curves: Sequence[pd.DataFrame], label: Labels) -> bool:
    """Shade where few are at risk, with an entry for the legend; return whether there is such a part.

    The limits of the axes must be final.
    """
    end = ax.get_xlim()[1]
    words = label("fewer than {number} at risk", number=share_intervals.FEW_AT_RISK)
    parts = [curve.loc[:end, tables.FEW] for curve in curves]
    shaded = [part for part in parts if part.any()]
    for number, shown in enumerate(shaded):
        days, few = np.append(shown.index.to_numpy(np.float64), end), np.append(shown, shown.iloc[-1])
        height, named = ax.get_xaxis_transform(), "" if number else words
        ax.fill_between(days, 0, 1, few, step="post", transform=height, label=named, **LOOKS["few"])
    return bool(shaded)


def draw_stack(ax: Axes, table: pd.DataFrame, entries: Mapping[str, str], edge: float) -> Floats:
    """Draw columns of a table, by day, on top of each other in steps, and return how high they are together.

    Parameters
    ----------
    ax : matplotlib Axes
    table : pandas.DataFrame
    entries : mapping of str to str
        The columns, from below, and what each is called in the legend. Each looks as `style.AREAS` says.
    edge : float
        How wide the edges are.
    """
    height = np.zeros(len(table))
    for name, words in entries.items():
        below, height = height, height + table[name].to_numpy()
        ax.fill_between(table.index, below, height, step="post", linewidth=edge, label=words, **AREAS[name])
    return height


def label_ends(
    ax: Axes, heights: Sequence[float], texts: Sequence[str], looks: Sequence[Line] = LINES
) -> None:
    """Write a label where each line ends, to the right of the axes, moved apart where they would overlap.

    The limits of the axes must be final.
    """
    if not texts:
        return
    order = np.argsort(heights, kind="stable")
    low, high = ax.get_ylim()
    wanted = (np.asarray(heights, np.float64)[order] - low) / (high - low)
    points = ax.get_window_extent().height * 72 / ax.figure.dpi
    placed = _apart(wanted, LINE_HEIGHT * LABEL_SIZE / points)
    units = "axes fraction"
    for number, start, end in zip(order, wanted, placed, strict=True):
        is_moved = abs(end - start) * points > 1
        place, pointer = (1.03, LOOKS["pointer"]) if is_moved else (1.01, None)
        written = ax.annotate(texts[number], (1, start), (place, end), units, units, pointer)
        written.set(**LOOKS["text"], color=looks[number % len(looks)].colour)


def _apart(wanted: Floats, room: float) -> Floats:
    """Return the nearest places within the axes, by least squares, that leave each label its room."""
    steps = np.arange(len(wanted)) * room
    places: Floats = np.clip(isotonic_regression(wanted - steps).x, 0, max(0, 1 - steps[-1])) + steps
    return places


def inset_panels(ax: Axes, number: int, gap: float = 22, strip: float = 0) -> tuple[Axes | None, list[Axes]]:
    """Return axes within some axes, which vanish: a strip on top if it has points, and panels below.

    Parameters
    ----------
    ax : matplotlib Axes
    number : int
        How many panels, one below the other.
    gap, strip : float
        Points between them, and of the strip.
    """
    ax.set_axis_off()
    points = ax.get_window_extent().height * 72 / ax.figure.dpi
    top = strip / points
    step = (1 - top) / number
    space = min(gap / points, 0.6 * step)
    heights = [1 - top - step * (i + 1) for i in range(number)]
    panels = [axes_or_new(ax.inset_axes((0, height, 1, step - space))) for height in heights]
    return (ax.inset_axes((0, 1 - top, 1, top)) if strip else None), panels


def write_in_middle(ax: Axes, words: str) -> None:
    """Write into empty axes why they are empty."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center")


def legend(ax: Axes, **settings: Any) -> None:  # noqa: ANN401
    """Write a legend in small letters, through which nothing is seen."""
    ax.legend(framealpha=1, fontsize="small", title_fontsize="small", **settings)


def save_picture(ax: Axes, file: Path | IO[Any], dpi: int = 150, **settings: Any) -> None:  # noqa: ANN401
    """Write a picture in the size that it chose for itself, as PNG by default, and close its figure."""
    assert isinstance(ax.figure, Figure)
    with warnings.catch_warnings():
        # The name of the scenario may be in a script that no font here has. The reader may have one.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        # As wide as its longest text needs: the layout leaves no room for those of titles and axes.
        ax.figure.savefig(file, dpi=dpi, **{"format": "png", "bbox_inches": "tight"} | settings)
    plt.close(ax.figure)
