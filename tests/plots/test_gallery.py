"""Every picture is drawn as it was when somebody last looked at it."""

import pytest
from gallery import DRAWN, PICTURES, draw
from matplotlib.testing.compare import compare_images

from simlimit import plots

TOLERANCE = 1.0
"""Root mean square over the pixels, of 255. Without words, matplotlib 3.8 and 3.11 draw the same bits,
so this is room for the rounding of a few pixels' edges; a band that is not drawn makes 2 or more."""


@pytest.mark.parametrize("name", DRAWN)
def test_picture_is_as_it_was(name, tmp_path):
    picture, words = draw(name, tmp_path)
    assert compare_images(str(PICTURES / f"{name}.png"), str(picture), TOLERANCE) is None
    assert words.read_text(encoding="utf-8") == (PICTURES / f"{name}.txt").read_text(encoding="utf-8")


def test_every_kind_of_picture_is_kept():
    assert {name.split("-")[0] for name in DRAWN} == set(plots.__all__)


def test_nothing_else_is_kept():
    assert {path.stem for path in PICTURES.iterdir()} == set(DRAWN)
