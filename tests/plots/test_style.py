"""What must be told apart is told apart in grey, too."""

import itertools

import numpy as np
from matplotlib.colors import to_rgb

from simlimit.model.causes import GATES
from simlimit.plots import style


def lightness(colour):
    return float(np.dot(to_rgb(colour), (0.299, 0.587, 0.114)))


def test_every_gate_has_a_look_of_its_own():
    assert list(style.GATES) == list(GATES)
    assert len({area["hatch"] for area in style.GATES.values()}) >= 7


def test_gates_that_can_touch_differ_in_lightness_or_hatch():
    for one, other in itertools.combinations(style.GATES.values(), 2):
        apart = abs(lightness(one["facecolor"]) - lightness(other["facecolor"]))
        assert one["hatch"] != other["hatch"] or apart > 0.3


def test_lines_differ_in_style_and_marker():
    assert len({line.style for line in style.LINES}) == len(style.LINES)
    assert len({line.marker for line in style.LINES}) == len(style.LINES)
    assert style.line(len(style.LINES)) == style.line(0)


def test_lines_are_darker_than_what_lies_behind():
    assert lightness(style.INK) + 0.4 < lightness(style.PALE) < 0.9
    assert lightness(style.FORFEITED) < lightness(style.PALE) - 0.4
    assert all(lightness(line.colour) + 0.05 < lightness(style.BEHIND) for line in style.LINES[:4])
