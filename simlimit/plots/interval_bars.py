"""Rows of one or two bars, each with its interval, and its number at the right."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from pandas.api.typing import NAType

from simlimit.plots import canvas, effects, style

ROW = 0.46
"""Inches of a row."""
LOOKS = (style.Area(style.BEHIND, "", style.INK), style.Area(style.PALE, "////", style.INK))
HOLLOW = style.Area("white", "", style.INK)
"""The first bar of a row, the second, and one that is not filled."""
PLACES = (-0.2, 0.2)
HEIGHT = 0.36


class Bar(NamedTuple):
    """A bar of a row."""

    word: str
    """What it is, before its number."""
    value: float
    low: float
    high: float
    is_filled: bool | NAType = True
    """Or not; unknown (NA): not filled, and dotted."""
    area: style.Area | None = None
    """How it looks if not as the first or second bar of a row does."""


def draw_rows(ax: Axes, rows: Mapping[str, Sequence[Bar]], sign: str = "") -> None:
    """Draw rows from above, named at the left.

    Parameters
    ----------
    ax : matplotlib Axes
    rows : mapping of str to sequence of Bar
        One or two bars each; the second is hatched.
    sign : str
        "+" to write the sign of positive numbers, too.
    """
    places = effects.decimals([bar.value for bars in rows.values() for bar in bars])
    for row, bars in enumerate(rows.values()):
        for bar, look, offset in zip(bars, LOOKS, PLACES, strict=False):
            height = row + (offset if len(bars) > 1 else 0.0)
            is_known = not pd.isna(bar.is_filled)
            area = (bar.area or look) if is_known and bar.is_filled else HOLLOW
            (drawn,) = ax.barh(height, bar.value, HEIGHT, linewidth=0.8, **area._asdict())
            drawn.set_linestyle("-" if is_known else ":")
            ends = [[bar.value - bar.low], [bar.high - bar.value]]
            ax.errorbar(bar.value, height, xerr=ends, fmt="none", ecolor="black", capsize=2.5, linewidth=1)
            words = f"{bar.word} {effects.with_interval(bar.value, bar.low, bar.high, places, sign)}"
            canvas.write(ax, words, (1.02, height), ("axes fraction", "data"))
    ax.axvline(0, color="black", linewidth=0.8)
    ax.set_yticks(range(len(rows)), list(rows))
    ax.set_ylim(len(rows) - 0.4, -0.6)
    ax.margins(x=0.08)
