"""On dark axes every line and every word can be seen; on light ones nothing changes."""

import matplotlib.pyplot as plt
import pytest
from gallery import DRAWN, study
from matplotlib.collections import Collection
from matplotlib.lines import Line2D
from matplotlib.text import Text

from simlimit import plots
from simlimit.plots.dark import luminance


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", DRAWN)
def test_on_a_dark_style_lines_words_and_bands_are_legible(name):
    with plt.style.context("dark_background"):
        ax = DRAWN[name]()
        ground = ax.get_facecolor()
    for artist in ax.findobj(lambda one: isinstance(one, Text | Line2D)):
        assert contrast(artist.get_color(), ground) >= 3
        box = artist.get_bbox_patch() if isinstance(artist, Text) else None
        assert box is None or contrast(artist.get_color(), box.get_facecolor()) >= 3
    for artist in ax.findobj(Collection):
        colours = [colour[:3] for colour in (*artist.get_edgecolor(), *artist.get_facecolor())]
        is_behind = artist.get_zorder() < 1
        assert is_behind or not colours or max(contrast(one, ground) for one in colours) >= 3


def test_words_in_bars_are_legible_on_a_dark_style():
    with plt.style.context("dark_background"):
        strip = DRAWN["platform-comparison"]().child_axes[-1]
    colours = [bar.get_facecolor() for bar in strip.patches]
    assert len(colours) == 2
    assert all(contrast(text.get_color(), colour) >= 3 for text in strip.texts for colour in colours)


def test_on_a_light_style_colours_are_ours():
    ax = plots.incidence(study())
    assert {line.get_color() for line in ax.lines} == {"#08306b", "#7f2704"}
