"""The page of pictures: each line on it draws, and each figure beside it is there and light."""

import importlib.util
from pathlib import Path

import gallery
import pytest

import simlimit as sl
from simlimit import plots

FIGURES = Path(__file__).parents[2] / "docs" / "figures"
MOST_BYTES = 150_000

spec = importlib.util.spec_from_file_location("make", FIGURES / "make.py")
make = importlib.util.module_from_spec(spec)
spec.loader.exec_module(make)
SETUP, LINES = make.recipe()


def small():
    """Return what the page draws, smaller."""
    return {
        "run": gallery.run(),
        "borrower": 0,
        "study": gallery.study(),
        "grouped": gallery.watched(),
        "log": gallery.holds(),
        "sl": sl,
        "comparison": gallery.comparison(),
        "sweep": gallery.grid(),
        "ranking": gallery.ranking(),
        "attribution": gallery.attribution(),
        "recovery": gallery.recovery(),
        "optimum": gallery.optimum(),
    }


@pytest.mark.parametrize("name", LINES)
def test_each_line_draws_a_figure(name, tmp_path):
    make.draw(LINES[name], small(), tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


@pytest.mark.parametrize("name", LINES)
def test_each_figure_is_there_and_light(name):
    assert (FIGURES / f"{name}.png").stat().st_size < MOST_BYTES


def test_every_kind_of_picture_is_on_the_page_or_on_that_of_fits():
    methods = {"sweep": "lines", "attribution": "bars", "sensitivity": "bars"}
    methods |= {name: name.removeprefix("fit_") for name in plots.__all__ if name.startswith("fit_")}
    drawn = " ".join([*LINES.values(), (FIGURES.parent / "howto-fit.md").read_text(encoding="utf-8")])
    assert [name for name in plots.__all__ if f".plot.{methods.get(name, name)}(" not in drawn] == []


def test_the_page_makes_what_it_draws():
    for name in small().keys() - {"sl"}:
        assert f"\n{name} = " in SETUP
