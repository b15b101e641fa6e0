"""Several delays on one axes: groups, scenarios, and a log beside a study, each as its table has it."""

import pandas as pd
import pytest
from gallery import REPLICATIONS, comparison, holds, log, run, study, waiting, watched

import simlimit as sl
from simlimit import plots
from simlimit.errors import SimlimitError


def lines(ax):
    """Return what is drawn of each line: its steps, after the jump at 0, from what is released at once on."""
    steps, dots = ax.get_lines()[::2], ax.get_lines()[1::2]
    assert all(dot.get_xdata() == [0] for dot in dots)
    assert [step.get_ydata()[0] for step in steps] == [0] * len(steps), "the jump at day 0 is drawn"
    return [step.get_ydata()[1:].tolist() for step in steps]


def bands(ax):
    """Return the lowest and the highest end of each band."""
    heights = [band.get_paths()[0].vertices[:, 1] for band in ax.collections if band.get_alpha() == 0.25]
    return [(heights_of.min(), heights_of.max()) for heights_of in heights]


def names(ax):
    """Return what lines are called at their ends, from the highest down."""
    ends = [text for text in ax.texts if text.get_text().endswith(" %") and text.get_position()[0] > 1]
    return [text.get_text().rpartition(" ")[0].rpartition(" ")[0] for text in ends]


def test_each_group_is_a_line_with_the_band_of_its_own_table():
    ax = plots.delay(watched(), 60, by="watched", confidence=0.9)
    tables = [watched().delay_curve(0.9, group=group) for group in ("not watched", "watched")]
    for drawn, table in zip(lines(ax), tables, strict=True):
        assert drawn == pytest.approx(table["released"].tolist(), nan_ok=True)
    for (low, high), table in zip(bands(ax), tables, strict=True):
        assert low == 0
        assert high == table["released_high"].max()
    assert sorted(names(ax)) == ["not watched", "watched"]
    told = f"jiebei, seed 3, {REPLICATIONS} replications; 90 % intervals over replications"
    assert told in [text.get_text() for text in ax.texts]


def test_groups_of_a_run_have_no_band():
    ax = plots.delay(run(), by="region")
    assert sorted(names(ax)) == ["central", "east", "northeast", "west"]
    assert all(pd.isna(end) or end == 0 for ends in bands(ax) for end in ends)
    of_east = run().holds.query("kind == 'repayment' and repaid_at >= 100 and region == 'east'")
    curve = sl.cumulative_incidence(of_east, censored_at_risk=False)
    assert max(lines(ax)[0][:40]) == pytest.approx(curve.loc[:39, "released"].max())


def test_a_run_is_grouped_as_a_study_of_it_is():
    of_study = plots.delay(study(), by=["region"])
    curve = study().delay_curve(group="west")
    assert lines(of_study)[2] == pytest.approx(curve["released"].tolist(), nan_ok=True)


@pytest.mark.parametrize(("of", "by", "known"), [
    (watched, "region", "watched"), (study, "score", "region"), (run, ["region", "watched"], "region"),
    (study, [], "region"),
])  # fmt: skip
def test_refuses_groups_that_there_are_not(of, by, known):
    with pytest.raises(SimlimitError, match=rf"^by is .*, but must be what it is grouped by: {known}\.$"):
        plots.delay(of(), by=by)


def test_a_log_is_grouped_by_its_columns():
    ax = plots.delay(holds(), by=["region", "kind"])
    curve = sl.cumulative_incidence(holds(), by="region")
    assert lines(ax)[0] == curve.loc["east", "released"].tolist()
    assert "east, repayment" in names(ax)
    assert "95 % intervals: rows taken as independent" in [text.get_text() for text in ax.texts]
    with pytest.raises(SimlimitError, match=r"^frame has no column 'colour'|^by .*'colour'"):
        plots.delay(holds(), by="colour")


def test_each_scenario_of_a_comparison_is_a_line():
    ax = comparison().plot.delay(weight="amount")
    for drawn, scenario in zip(lines(ax), ("today", "weekly", "frozen"), strict=True):
        table = comparison().studies[scenario].delay_curve(weight="amount")
        assert drawn == pytest.approx(table["released"].tolist(), nan_ok=True)
    assert sorted(names(ax)) == ["frozen", "today", "weekly"]


def test_a_log_beside_a_study_is_its_cumulative_incidence():
    ax = plots.delay({"log": holds(), "model": study()})
    of_log, of_study = lines(ax)
    assert of_log == sl.cumulative_incidence(holds())["released"].tolist()
    assert of_study == pytest.approx(study().delay_curve()["released"].tolist(), nan_ok=True)
    assert ax.get_xlim()[1] == study().follow_up_days
    told = "95 % intervals: rows taken as independent; 95 % intervals: delete-one jackknife over replications"
    assert told in [text.get_text() for text in ax.texts]


def test_the_curve_of_a_log_may_be_given_as_well():
    curve = sl.cumulative_incidence(holds(), cluster="borrower", censored_at_risk=False)
    ax = plots.delay({"log": curve})
    assert lines(ax) == [curve["released"].tolist()]
    by_region = sl.cumulative_incidence(holds(), by="region", censored_at_risk=False)
    assert lines(plots.delay(by_region, by="region"))[0] == by_region.loc["east", "released"].tolist()


def test_a_log_counts_by_its_amounts_if_asked_to():
    ax = plots.delay(holds(), weight="amount")
    curve = sl.cumulative_incidence(holds(), weight="amount")
    assert lines(ax) == [curve["released"].tolist()]
    assert ax.get_ylabel().startswith("share of repaid principal")


def test_names_and_groups_go_together():
    ax = plots.delay({"monthly": waiting(), "run": run()}, by="region")
    assert len(names(ax)) == 8
    assert {"monthly, east", "run, east"} <= set(names(ax))


def test_the_axis_begins_below_the_lowest_line():
    lowest = min(of.delay_curve().loc[0, "released"] for of in comparison().studies.values())
    assert lowest - 0.13 < plots.delay(comparison()).get_ylim()[0] <= lowest - 0.03
    assert plots.delay({"today": study(), "waiting": waiting()}).get_ylim()[0] == 0


@pytest.mark.parametrize(("of", "said"), [
    (lambda: {}, r"of is \{\}, but must be a mapping of names to runs, studies or tables\."),
    (lambda: {1: run()}, r"of is .*, but must be a mapping of names to runs, studies or tables\."),
    (lambda: {"a": 7}, r"of\['a'\] is of type int, but must be a Run or a Study or a DataFrame\."),
    (log, r"of has a log that ends as \['back', 'lost', 'moved'\], but must have the end 'released'\."),
    (lambda: sl.cumulative_incidence(holds(), by="region"), "of has a curve by region, but a picture shows"),
])  # fmt: skip
def test_refuses_what_is_no_delay(of, said):
    with pytest.raises(SimlimitError, match=f"^{said}"):
        plots.delay(of())


def test_days_go_as_far_as_a_log_does():
    assert plots.delay(holds()).get_xlim()[1] == 90
    short = pd.DataFrame({"delay_days": [0, 2.5], "outcome": ["released", "pending"]})
    assert plots.delay(short).get_xlim()[1] == 3
    with pytest.raises(SimlimitError, match=r"^follow_up_days is 4, but must be a whole number from 1 to 3"):
        plots.delay(short, 4)
