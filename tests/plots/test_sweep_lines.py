"""A sweep as lines: the points and bands are those of its summary."""

import itertools

import numpy as np
import pytest
from gallery import FROZEN, SMALL, grid

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.plots.canvas import LONGEST_LABEL


def test_a_line_is_a_value_of_the_second_field():
    ax = plots.sweep(grid(), confidence=0.9)
    summary = grid().summary(0.9).xs("days_away", level="metric")
    for number, cutoff in enumerate([0, 3]):
        table = summary.xs(cutoff, level="evaluation.cutoff_days")
        days, means = ax.get_lines()[number].get_data()
        assert days.tolist() == [7, 14, 30]
        assert means.tolist() == table["estimate"].tolist()
        corners = ax.collections[number].get_paths()[0].vertices[:, 1]
        assert (corners.min(), corners.max()) == (table["low"].min(), table["high"].max())
    assert [text.get_text() for text in ax.texts][:2] == [
        "evaluation.cutoff_days = 0", "evaluation.cutoff_days = 3",
    ]  # fmt: skip


def test_a_long_label_has_room_beside_the_axis():
    words = plots.sweep(grid(), metric="limit_days_lost").get_ylabel()
    assert " ".join(words.split()).endswith("(currency units x days, per borrower and year)")
    assert all(len(line) <= LONGEST_LABEL for line in words.splitlines())


def test_has_units():
    ax = plots.sweep(grid(), metric="released_within_7d", weight="amount")
    assert ax.get_xlabel() == "evaluation.period_days (days)"
    assert ax.get_ylabel() == "released within 7 days (share of repaid principal)"


def test_values_that_are_no_numbers_lie_side_by_side():
    schedules = sl.sweep(SMALL, {"evaluation.schedule": ["staggered", "batch"]}, 3)
    ax = plots.sweep(schedules, metric="default_losses")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["staggered", "batch"]
    assert ax.get_xlabel().splitlines()[0] == "evaluation.schedule"
    assert ax.get_ylabel() == "written off (currency units, per borrower and year)"


def test_long_values_below_the_axis_do_not_overlap():
    names = {
        "plan": "everybody pays on time " * 2,
        "campaign": "a campaign that raises all lines",
        "appeal": "w",
    }
    remedies = [sl.Change({"kind": kind}, name) for kind, name in names.items()]
    ax = plots.sweep(sl.sweep(SMALL, {"remedy": remedies}, 2))
    ax.figure.draw_without_rendering()
    boxes = [tick.get_window_extent() for tick in ax.get_xticklabels()]
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_one_value_has_its_interval_and_whole_numbers_have_whole_marks():
    ax = plots.sweep(sl.sweep(SMALL, {"review.reviewers": [2]}, 5))
    low, high = ax.collections[0].get_segments()[0][:, 1]
    assert low < ax.get_lines()[0].get_ydata()[0] < high
    for values in ([1, 2, 3], np.arange(1, 4)):
        marks = plots.sweep(sl.sweep(SMALL, {"review.reviewers": values}, 2)).get_xticks()
        assert all(mark == int(mark) for mark in marks)


def test_losses_are_not_shown_without_the_limit_that_is_lost():
    unit = "limit days lost: currency units x days, per borrower and year"
    lost = grid().summary().xs("limit_days_lost", level="metric")["estimate"]
    by_line = [
        f"evaluation.cutoff_days = {cutoff}: "
        + "; ".join(f"{lost[(period, cutoff)]:,.0f}" for period in (7, 14, 30))
        for cutoff in (0, 3)
    ]
    assert plots.sweep(grid(), metric="default_losses").get_xlabel().splitlines()[1:] == [unit, *by_line]
    alone = sl.sweep(SMALL, {"evaluation.period_days": [7, 30]}, 2)
    lost = alone.summary().xs("limit_days_lost", level="metric")["estimate"]
    below = plots.sweep(alone, metric="default_losses").get_xlabel().splitlines()
    assert below[1:] == [unit, f"{lost[7]:,.0f}; {lost[30]:,.0f}"]


def test_truth_values_are_no_numbers_and_no_choice_of_rows():
    grid = sl.sweep(SMALL, {"evaluation.straight_through": [True, False]}, 2)
    ax = plots.sweep(grid)
    estimates = grid.summary().xs("days_away", level="metric")["estimate"]
    assert ax.get_lines()[0].get_ydata().tolist() == estimates.tolist()
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["true", "false"]


def test_fields_without_a_unit_are_named_alone():
    ax = plots.sweep(sl.sweep(SMALL, {"shocks": [(), FROZEN.shocks]}, 2))
    assert ax.get_xlabel() == "shocks"


def test_refuses_more_than_two_fields():
    fields = {"evaluation.period_days": [7], "evaluation.cutoff_days": [0], "rules.grace_days": [0]}
    with pytest.raises(SimlimitError, match=r"^sweep has the fields .* sweep fewer at a time\.$"):
        plots.sweep(sl.sweep(SMALL, fields, 2))


def test_refuses_what_is_no_metric():
    with pytest.raises(
        SimlimitError, match=r"^metric is 'speed', but must .* \(23 in docs/statistics\.md\)\.$"
    ):
        plots.sweep(grid(), metric="speed")
