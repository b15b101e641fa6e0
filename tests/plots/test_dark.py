"""On dark axes every line and every word can be seen; on light ones nothing changes."""

import matplotlib.pyplot as plt
import pytest
from gallery import comparison, run, study
from matplotlib.text import Text

from simlimit import plots
from simlimit.plots.dark import luminance

PICTURES = {
    "incidence": lambda: plots.incidence(study()),
    "delay": lambda: plots.delay(run()),
    "platform": lambda: plots.platform(run()),
    "forest": lambda: plots.forest(comparison()),
}


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", PICTURES)
def test_on_a_dark_style_lines_and_words_are_legible(name):
    with plt.style.context("dark_background"):
        ax = PICTURES[name]()
    for artist in [*ax.lines, *ax.texts, *ax.findobj(Text)]:
        assert contrast(artist.get_color(), ax.get_facecolor()) >= 3
        box = artist.get_bbox_patch() if isinstance(artist, Text) else None
        assert box is None or contrast(artist.get_color(), box.get_facecolor()) >= 3


def test_on_a_light_style_colours_are_ours():
    ax = PICTURES["incidence"]()
    assert {line.get_color() for line in ax.lines} == {"#08306b", "#d55e00"}
