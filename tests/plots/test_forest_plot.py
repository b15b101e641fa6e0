"""A forest plot: its rows are the table of paired differences."""

import pandas as pd
import pytest
from gallery import comparison, study
from whiskers import ends

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError
from simlimit.plots.effects import decimals, with_interval

DAYS = ["days_away", "days_policy"]


def markers(ax):
    return [bars.lines[0] for bars in ax.containers]


def test_a_row_is_a_difference_with_its_interval():
    ax = plots.forest(comparison(), metrics=DAYS, confidence=0.9)
    table = comparison().differences(0.9, metrics=DAYS)
    rows = [(scenario, metric) for metric in DAYS for scenario in ("weekly", "frozen")]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [scenario for scenario, _ in rows]
    for row, bars in zip(rows, ax.containers, strict=True):
        marker, _, (bar,) = bars.lines
        assert marker.get_xdata()[0] == table.loc[row, "difference"]
        assert ends(bar) == [pytest.approx(table.loc[row, ["low", "high"]].to_list(), nan_ok=True)]


def test_real_differences_are_filled_and_others_hollow_and_what_is_unknown_is_crossed_out():
    """Neither today nor weekly has a freeze, so nothing says whether they differ in the days of one."""
    metrics = ["days_away", "days_policy", "days_overdue"]
    verdicts = comparison().differences(metrics=metrics)["significant"]
    drawn = [
        pd.NA if marker.get_marker() == "x" else marker.get_markerfacecolor() != "white"
        for marker in markers(plots.forest(comparison(), metrics=metrics))
    ]
    expected = [verdicts[other, metric] for metric in metrics for other in ("weekly", "frozen")]
    assert drawn == expected
    assert {str(verdict) for verdict in drawn} == {"True", "False", "<NA>"}


def test_another_scenario_may_be_the_one_from_which_others_differ():
    ax = plots.forest(comparison(), reference="weekly")
    table = comparison().differences(metrics=["days_away"], reference="weekly")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["today", "frozen"]
    assert [marker.get_xdata()[0] for marker in markers(ax)] == table["difference"].tolist()
    assert ax.get_title(loc="left") == "Paired difference from weekly"
    with pytest.raises(SimlimitError, match=r"^reference is 'none', but must be among"):
        plots.forest(comparison(), reference="none")


@pytest.mark.parametrize(
    ("metric", "weight", "unit"),
    [
        ("median_days", "holds", "days"),
        ("forfeited_share", "holds", "percentage points of holds"),
        ("forfeited_share", "amount", "percentage points of repaid principal"),
        ("no_limit_share", "holds", "percentage points of borrower-days"),
        ("default_losses", "holds", "currency units, per borrower and year"),
    ],
)
def test_has_units(metric, weight, unit):
    ax = plots.forest(comparison(), metrics=metric, weight=weight)
    assert ax.get_xlabel().splitlines()[0] == f"difference ({unit})"


def test_losses_are_not_shown_without_the_limit_that_is_lost():
    ax = plots.forest(comparison(), metrics=["default_losses"])
    both = comparison().differences(metrics=["default_losses", "limit_days_lost"])
    expected = []
    for scenario in ("weekly", "frozen"):
        lost = both.loc[(scenario, "limit_days_lost"), ["difference", "low", "high"]]
        expected.append(f"{scenario}\nlimit days lost {with_interval(*lost, decimals(lost.iloc[0]))}")
    assert [tick.get_text() for tick in ax.get_yticklabels()] == expected
    assert len(ax.containers) == 2
    assert "corrected for 4 comparisons" in ax.get_xlabel()


def test_shares_differ_by_percentage_points():
    ax = plots.forest(comparison(), metrics=["released_within_0d"])
    table = comparison().differences(metrics=["released_within_0d"])["difference"]
    assert [marker.get_xdata()[0] for marker in markers(ax)] == [100 * value for value in table]


def test_refuses_metrics_of_several_units():
    with pytest.raises(
        SimlimitError, match=r"^metrics has the units days and share of holds, but a picture has"
    ):
        plots.forest(comparison(), metrics=["days_away", "pending_share"])


def test_refuses_what_is_no_metric_or_no_comparison():
    with pytest.raises(SimlimitError, match=r"^a name in metrics is 'speed'"):
        plots.forest(comparison(), metrics=["speed"])
    with pytest.raises(SimlimitError, match=r"^comparison is of type Study, but must be a Comparison\.$"):
        plots.forest(study())


def test_draws_where_nothing_differs():
    scenario = sl.preset("clockwork").replace({"population.borrowers": 20})
    ax = plots.forest(sl.compare({"one": scenario, "same": scenario}, 3))
    ax.figure.canvas.draw()
    assert "+0  (-, -)" in [text.get_text() for text in ax.texts]
