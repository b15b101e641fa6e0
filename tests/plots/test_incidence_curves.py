"""Cumulative incidence: the bands are the table's, and the numbers below are those at risk."""

import itertools

import matplotlib.pyplot as plt
import pandas as pd
import pytest
from gallery import log, run, study

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError


def numbers(ax, columns):
    """Return the table below the axes: its rows by name."""
    texts = [text.get_text() for text in ax.texts]
    start = texts.index("at risk")
    rows = [texts[i : i + columns + 1] for i in range(start, len(texts), columns + 1)]
    return {name: [int(count.replace(",", "")) for count in counts] for name, *counts in rows}


def test_the_table_below_is_the_table_of_the_log():
    days = (0, 3, 10, 20, 25)
    table = sl.at_risk_table(log(), days)
    below = numbers(plots.incidence(log(), days=days), len(days))
    assert below["at risk"] == table.loc["at_risk"].tolist()
    for outcome in ("back", "lost", "moved"):
        assert below[outcome] == table.loc[outcome].tolist()


@pytest.mark.parametrize("days", [(0, 1, 7, 30, 90), (0, 0.5, 1, 89, 90), (0, 60, 61, 62, 63, 90)])
@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_columns_of_days_that_are_near_each_other_do_not_overlap(days, weight):
    """They have the days above them, and the axis has other marks."""
    ax = plots.incidence(study(), days=days, weight=weight)
    ax.figure.draw_without_rendering()
    rows = {}
    for text in ax.texts:
        rows.setdefault(text.xyann[1], []).append(text)
    boxes = [[text.get_window_extent() for text in row] for row in rows.values() if len(row) == 1 + len(days)]
    boxes.append([tick.get_window_extent() for tick in ax.get_xticklabels()])
    for row in boxes:
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(row))
    texts = [text.get_text() for text in ax.texts]
    head = texts.index("day")
    assert texts[head + 1 : head + 1 + len(days)] == [f"{day:g}" for day in days]
    assert len(boxes) == 5


@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_of_very_many_days_the_table_has_as_many_as_have_room(weight):
    ax = plots.incidence(study(), days=range(91), weight=weight)
    ax.figure.draw_without_rendering()
    rows = {}
    for text in ax.texts:
        rows.setdefault(text.xyann[1], []).append(text)
    tables = [row[1:] for row in rows.values() if len(row) > 3]
    assert len({len(row) for row in tables}) == 1
    for row in [*tables, ax.get_xticklabels()]:
        boxes = [text.get_window_extent() for text in row]
        assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_a_log_counts_by_its_amounts_if_asked_to():
    weighted = log().assign(amount=[1, 2, 3, 4, 5, 6, 7, 8])
    ax = plots.incidence(weighted, days=(0, 20), weight="amount")
    assert numbers(ax, 2)["at risk"] == [36, 8]
    assert numbers(ax, 2)["back"] == [3, 21]
    assert "95 % intervals: none for amounts without a cluster" in [text.get_text() for text in ax.texts]
    with pytest.raises(SimlimitError, match="'amount'"):
        plots.incidence(log(), weight="amount")


def test_the_table_below_counts_the_holds_of_all_replications():
    holds = sl.replicate(study().scenario, 3, seed=3, keep="holds").holds
    days = (0, 1, 7, 30, 90)
    repaid = holds.query("kind == 'repayment' and repaid_at >= 100")
    table = sl.at_risk_table(repaid, days, censored_at_risk=False)
    below = numbers(plots.incidence(sl.replicate(study().scenario, 3, seed=3), days=days), len(days))
    assert below["at risk"] == table.loc["at_risk"].tolist()
    assert below["released"] == table.loc["released"].tolist()
    assert below["forfeited"] == table.loc["forfeited"].tolist()


def test_the_bands_are_those_of_the_curve():
    curve = study().delay_curve(0.9)
    for of, options in ((curve, {}), (study(), {"confidence": 0.9})):
        ax = plots.incidence(of, **options)
        corners = ax.collections[0].get_paths()[0].vertices[:, 1]
        assert corners.max() == curve["released_high"].max()
        assert ax.get_lines()[0].get_ydata()[1:].tolist() == pytest.approx(
            curve["released"].tolist(), nan_ok=True
        )


def test_the_part_with_fewer_than_20_at_risk_is_shaded_and_named():
    delays = pd.DataFrame({"delay_days": range(40), "outcome": ["released", "pending"] * 20})
    ax = plots.incidence(delays, days=(0, 60))
    shaded = ax.collections[-1].get_paths()[0].vertices[:, 0]
    assert (shaded.min(), shaded.max()) == (21, 60), "from the day on which 19 are at risk to the end"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fewer than 20 at risk"]
    assert plots.incidence(study(), days=(0, 30)).get_legend() is None


def test_says_what_the_interval_is():
    ax = plots.incidence(log(), confidence=0.8)
    assert "80 % intervals: rows taken as independent" in [text.get_text() for text in ax.texts]
    ax = plots.incidence(run())
    assert "jiebei, seed 3" in [text.get_text() for text in ax.texts]


def test_has_units():
    ax = plots.incidence(study(), weight="amount")
    texts = [text.get_text() for text in ax.texts]
    assert "currency units, over all replications" in texts
    assert ax.get_xlabel() == "days since repayment"
    assert ax.get_ylabel() == "share that has ended so"


def test_names_each_line_at_its_end():
    texts = [text.get_text() for text in plots.incidence(study()).texts]
    share = study().delay_curve().loc[90, "released"]
    assert f"released {100 * share:.1f} %" in texts


@pytest.mark.parametrize("days", [(), (0,), (3, 3), (5, 2), (-1, 4), (0, float("inf")), (0, float("nan"))])
def test_refuses_days_that_are_no_axis(days):
    with pytest.raises(SimlimitError, match=r"days is .*, but must be (a number|numbers) from 0 up"):
        plots.incidence(log(), days=days)


def test_refuses_several_curves():
    curves = sl.cumulative_incidence(run().holds, by="region", censored_at_risk=False)
    with pytest.raises(SimlimitError, match=r"^of has a curve by region, but a picture shows one"):
        plots.incidence(curves)
    plots.incidence(curves.loc["east"])


@pytest.mark.parametrize("codes", [(1, 2, 0), (1.0, 2.0, 0.0), ("released", "forfeited", "pending")])
def test_outcomes_may_be_written_in_any_way(codes):
    back, lost, waiting = codes
    coded = pd.DataFrame({"delay_days": [0, 1, 3, 7], "outcome": [back, lost, back, waiting]})
    ax = plots.incidence(sl.cumulative_incidence(coded, censored=waiting), days=(0, 5, 9))
    heights = sorted(line.get_ydata()[-1] for line in ax.get_lines())
    assert heights == pytest.approx([0.25, 0.5])
    assert numbers(ax, 3)[str(back)] == [1, 2, 2]


def test_truth_values_are_outcomes():
    log = pd.DataFrame({"delay_days": [0, 1, 3, 7], "outcome": [True, False, True, True]})
    ax = plots.incidence(sl.cumulative_incidence(log, censored=False), days=(0, 5, 9))
    assert numbers(ax, 3)["True"] == [1, 2, 3]


def test_a_log_in_which_all_holds_wait_has_an_empty_picture():
    log = pd.DataFrame({"delay_days": [0, 1, 3, 7], "outcome": "pending"})
    ax = plots.incidence(sl.cumulative_incidence(log), days=(0, 5, 9))
    assert not ax.get_lines()
    assert numbers(ax, 3)["at risk"] == [4, 1, 0]


def test_what_ended_after_the_days_shown_is_not_seen():
    log = pd.DataFrame({"delay_days": [100, 200], "outcome": "released"})
    ax = plots.incidence(sl.cumulative_incidence(log, censored=None), days=(0, 50))
    assert numbers(ax, 2)["at risk"] == [2, 2]
    assert numbers(ax, 2)["released"] == [0, 0]


@pytest.mark.parametrize(
    ("ax", "kind"),
    [
        (plt.Figure(), "matplotlib.Figure"),
        (plt.Figure().add_subplot(projection="3d"), "mpl_toolkits.Axes3D"),
        (7, "int"),
    ],
)
def test_what_cannot_be_drawn_on_is_refused(ax, kind):
    with pytest.raises(SimlimitError, match=f"ax is of type {kind}, but must be flat axes of matplotlib"):
        plots.incidence(log(), ax=ax)
