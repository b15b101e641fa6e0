"""On dark axes every line and every word can be seen; on light ones nothing changes."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from gallery import DRAWN, comparison, dark_and_chinese, ranking, study
from matplotlib.collections import Collection
from matplotlib.colors import to_hex
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from simlimit import plots
from simlimit.plots.dark import BEHIND, luminance


def contrast(one, other):
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", DRAWN)
def test_on_a_dark_style_lines_words_and_bands_are_legible(name):
    ax = dark_and_chinese(name)
    ground = ax.get_facecolor()
    for artist in ax.findobj(lambda one: isinstance(one, Text | Line2D)):
        assert contrast(artist.get_color(), ground) >= 3
        behind = min(contrast(artist.get_color(), colour) for colour in BEHIND.values())
        assert isinstance(artist, Text) or behind >= 3
        box = artist.get_bbox_patch() if isinstance(artist, Text) else None
        assert box is None or contrast(artist.get_color(), box.get_facecolor()) >= 3
    for artist in ax.findobj(Collection):
        colours = [colour[:3] for colour in (*artist.get_edgecolor(), *artist.get_facecolor())]
        if artist.get_zorder() < 1:
            assert {to_hex(one) for one in colours} <= {BEHIND[artist.get_zorder()]}
        else:
            assert not colours or max(contrast(one, ground) for one in colours) >= 3


@pytest.mark.parametrize("name", DRAWN)
def test_on_a_dark_style_samples_in_a_legend_are_as_what_they_name(name):
    ax = dark_and_chinese(name)
    areas = {
        artist.get_label(): artist for artist in ax.findobj(lambda one: isinstance(one, Collection | Patch))
    }
    for legend in ax.findobj(Legend):
        for sample, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
            area = areas.get(text.get_text())
            if area is not None and isinstance(sample, Patch):
                face = np.ravel(area.get_facecolor())[:3]
                assert to_hex(sample.get_facecolor()) == to_hex(face)


def test_on_a_dark_style_what_is_hollow_stays_hollow_and_what_is_filled_filled():
    light, dark = plots.forest(comparison()), dark_and_chinese("forest")
    ground, markers = dark.get_facecolor(), [of for of in light.lines if of.get_marker() == "o"]
    fills = [one.get_markerfacecolor() == "white" for one in markers]
    drawn = [one.get_markerfacecolor() for one in dark.lines if one.get_marker() == "o"]
    assert fills
    assert [one == ground for one in drawn[: len(fills)]] == fills
    assert all(one == ground or contrast(one, ground) >= 3 for one in drawn)
    hollow = [bar for bar in plots.tornado(ranking()).patches if bar.get_facecolor() == (1, 1, 1, 1)]
    empty = [bar for bar in dark_and_chinese("tornado").patches if bar.get_facecolor() == ground]
    assert len(empty) == len(hollow) > 0
    assert all(contrast(bar.get_edgecolor()[:3], ground) >= 3 for bar in empty)


def test_what_is_not_filled_is_not_filled_on_a_dark_style():
    with plt.style.context("dark_background"):
        _, ax = plt.subplots()
        (own,) = ax.plot([1, 2], [0.5, 0.6], "o", markerfacecolor="none")
        plots.delay(study(), ax=ax)
    assert own.get_markerfacecolor() == "none"


def test_words_in_bars_are_legible_on_a_dark_style():
    strip = dark_and_chinese("platform-comparison").child_axes[-1]
    colours = [bar.get_facecolor() for bar in strip.patches]
    assert len(colours) == 2
    assert all(contrast(text.get_color(), colour) >= 3 for text in strip.texts for colour in colours)


def test_on_a_light_style_colours_are_ours():
    ax = plots.incidence(study())
    assert {line.get_color() for line in ax.lines} == {"#08306b", "#7f2704"}
