"""How things look: told apart by lightness, hatch and line style, so that grey and any eye will do.

The hues are of Okabe and Ito's palette, which colour-blind readers can tell apart.
"""

from typing import NamedTuple

INK = "#08306b"
"""Lines and outlines of what a picture is about."""
PALE = "#c6dbef"
"""Bars and bands."""
BEHIND = "#a3c0e4"
"""A broad line behind others."""
GREY = "#595959"
LIGHT_GREY = "#d9d9d9"
FORFEITED = "#7f2704"
LABEL_SIZE = 8.5


class Area(NamedTuple):
    """How an area looks, in matplotlib's words."""

    facecolor: str
    hatch: str
    edgecolor: str = "white"


GATES = {
    "settlement": Area("#f0e442", ""),
    "evaluation": Area("#0072b2", ""),
    "score": Area("#e69f00", "//"),
    "overdue": Area("#a63d00", "\\\\"),
    "behaviour": Area("#9ad0f5", ".."),
    "review": Area("#7b3294", "xx"),
    "policy": Area("#bdbdbd", "--"),
    "funding": Area("#009e73", "||"),
}
"""The part of a stack that stands at each gate."""
AREAS = GATES | {
    "forfeited": Area("white", "////", FORFEITED),
    "outstanding": Area("#8a8a8a", ""),
    "available": Area("white", "", GREY),
}
"""Every part of a stack."""


class Line(NamedTuple):
    """How a line of several in one picture looks."""

    colour: str
    style: str | tuple[int, tuple[float, ...]]
    marker: str


LINES = (
    Line("#08306b", "-", "o"),
    Line("#d55e00", (0, (5, 1.5)), "s"),
    Line("#009e73", (0, (1.2, 1.2)), "^"),
    Line("#000000", (0, (6, 1.5, 1.2, 1.5)), "D"),
    Line("#cc79a7", (0, (3, 1, 1, 1, 1, 1)), "v"),
    Line("#56b4e9", (0, (8, 3)), "P"),
)


def line(number: int) -> Line:
    """Return the look of the line of that number, from 0; after the last, the first comes again."""
    return LINES[number % len(LINES)]
