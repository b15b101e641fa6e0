"""How things look: told apart by lightness, hatch and line style, so that grey and any eye will do.

The hues are of Okabe and Ito's palette, which colour-blind readers can tell apart.
"""

from typing import Any, NamedTuple, TypeAlias

from simlimit.text_files import packaged

# Lines and outlines of what a picture is about.
INK = "#08306b"
# Bars and bands.
PALE = "#c6dbef"
# A broad line behind others.
BEHIND = "#a3c0e4"
GREY = "#595959"
LIGHT_GREY = "#d9d9d9"
FORFEITED = "#7f2704"
LABEL_SIZE = 8.5


Look: TypeAlias = dict[str, Any]
_LOOKS = packaged(__package__, "style.toml")
# In matplotlib's words: the part of a stack at each gate, every part of a stack, and other things.
GATES: dict[str, Look] = _LOOKS["gates"]
AREAS: dict[str, Look] = GATES | _LOOKS["parts"]
LOOKS: dict[str, Look] = _LOOKS["others"]


class Line(NamedTuple):
    """How a line of several in one picture looks."""

    colour: str
    style: str | tuple[int, tuple[float, ...]]
    marker: str


LINES = [
    Line(colour, (0, tuple(dashes)) if dashes else "-", marker) for colour, dashes, marker in _LOOKS["lines"]
]


def line(number: int) -> Line:
    """Return the look of the line of that number, from 0; after the last, the first comes again."""
    return LINES[number % len(LINES)]
