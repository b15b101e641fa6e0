"""How things look: told apart by lightness, hatch and line style, so that grey and any eye will do.

The hues are of Okabe and Ito's palette, which colour-blind readers can tell apart.
"""

from collections.abc import Hashable, Sequence
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


def _line(colour: str, dashes: Sequence[float], marker: str) -> Line:
    return Line(colour, (0, tuple(dashes)) if dashes else "-", marker)


LINES = [_line(*look) for look in _LOOKS["lines"]]
OUTCOMES: dict[Hashable, Line] = {name: _line(*look) for name, look in _LOOKS["outcomes"].items()}


def line(number: int) -> Line:
    """Return the look of the line of that number, from 0; after the last, the first comes again."""
    return LINES[number % len(LINES)]


def outcome_lines(outcomes: Sequence[Hashable]) -> list[Line]:
    """Return the looks of the lines of outcomes: ours have the same in every picture, a user's the others.

    Examples
    --------
    >>> alone, (ours, theirs) = outcome_lines(["forfeited"]), outcome_lines(["forfeited", "moved"])
    >>> alone == [ours], theirs == line(2)
    (True, True)
    """
    theirs = [name for name in outcomes if name not in OUTCOMES]
    first = 0 if len(theirs) == len(outcomes) else len(OUTCOMES)
    own = {name: line(first + number) for number, name in enumerate(theirs)}
    return [OUTCOMES.get(name) or own[name] for name in outcomes]
