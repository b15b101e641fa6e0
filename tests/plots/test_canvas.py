"""What stands around a picture: of what its intervals are."""

import io
import itertools

import matplotlib.pyplot as plt
import pytest
from gallery import SMALL
from matplotlib.axes import Axes

import simlimit as sl
from simlimit import plots
from simlimit.plots import canvas
from simlimit.study.draws import Draws

FEW = SMALL.replace({"population.borrowers": 20})
FIT = Draws(FEW, lambda n: [FEW.replace({"screening.false_flag": 0.1 / (k + 1)}) for k in range(n)])


def words_of(ax: Axes) -> str:
    legend = ax.get_legend()
    texts = [*ax.texts, legend.get_title()] if legend else ax.texts
    return " ".join(text.get_text() for text in texts)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a b  c\nd", "a b c d"), ("a b c d e", "a b..."), ("每周信用评估一次", "每周...")],
)
def test_a_long_name_is_cut_also_without_blanks(name: str, shown: str) -> None:
    assert canvas.shortened(name, 7) == shown


def test_a_picture_says_whether_its_intervals_are_over_replications_or_draws() -> None:
    levers = [{"kind": "better_model", "strength": 0.5}]
    for source, what in ((FEW, "replications"), (FIT, "draws of the parameters")):
        ranking = sl.rank_levers(source, levers, 4, progress=False)
        comparison = sl.compare({"one": source, "other": source}, 4, progress=False)
        study = sl.replicate(source, 4, progress=False)
        for ax in (plots.tornado(ranking), plots.forest(comparison), plots.delay(study)):
            assert f"% intervals over {what}" in words_of(ax)


def test_no_text_is_cut_at_the_edge_of_a_file() -> None:
    ax = canvas.axes_or_new(None)
    ax.set_xlabel("a long line about verdicts " * 9)
    canvas.finish(ax, "a title " * 20, "a subtitle")
    canvas.save_picture(ax, file := io.BytesIO(), 60)
    file.seek(0)
    picture = plt.imread(file)
    for edge in (picture[0], picture[-1], picture[:, 0], picture[:, -1]):
        assert (edge == 1).all()
    assert picture.shape[1] > 60 * canvas.SIZE[0]


def test_one_is_no_plural() -> None:
    one = sl.replicate(FEW, 1, follow_up_days=1, progress=False)
    ax = plots.delay(one)
    assert ax.texts[-1].get_text() == "jiebei, seed 1, 1 replication"
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert any(text.startswith("pending after 1 day: ") for text in words)
    assert "means over 1 replication\n" in str(one)
    assert "followed for 1 day;" in str(one)


@pytest.mark.parametrize(
    ("smallest", "largest"),
    [(-k, k) for k in (1e-4, 2e-4, 0.02, 1e5, 1.4e6, 9e6)] + [(5e4, 5e4 + 2), (0.9999, 1.00001)],
)
def test_long_numbers_along_an_axis_are_whole_and_do_not_meet(smallest: float, largest: float) -> None:
    ax = canvas.axes_or_new(None, (4.5, 3))
    ax.set_xlim(smallest, largest)
    canvas.finish(ax, "title", "subtitle")
    ax.figure.draw_without_rendering()
    assert ax.xaxis.get_offset_text().get_text() == ""
    assert not any("e" in text.get_text() for text in ax.get_xticklabels())
    places = [text.get_window_extent() for text in ax.get_xticklabels() if text.get_text()]
    assert len(places) > 2
    assert all(one.x1 < other.x0 for one, other in itertools.pairwise(places))
