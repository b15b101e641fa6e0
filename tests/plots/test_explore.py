"""Sliders and choices: what they move is what `compare` compares, and what is shown says so."""

import base64
import re
import sys
from html import unescape

import ipywidgets
import pandas as pd
import pytest
from gallery import SMALL
from scipy import stats

import simlimit as sl
from simlimit.plots import canvas
from simlimit.plots.labels import Labels
from simlimit.tables.numbers import number_text
from simlimit.tables.units import unit_of

N, SEED = 12, 3
FASTER = sl.Change({"kind": "timely_scoring", "strength": 0.5}, name="<b>faster</b>")
FIELDS = {
    "evaluation.period_days": (7, 60),
    "screening.false_flag": (0.0, 0.5),
    "rules.overdue": [True, False],
    "scores": [None, FASTER],
    "pool": {"fields": ["funding.initial", "funding.ceiling"], "factor": (0.5, 2)},
}


def explored(fields: object = FIELDS, scenario: sl.Scenario = SMALL, **options: object) -> sl.Exploration:
    return sl.explore(scenario, fields, N, SEED, follow_up_days=30, **options)


def answer(exploration: sl.Exploration) -> str:
    return exploration.widget.children[-1].value


def sentences(exploration: sl.Exploration) -> list[str]:
    above_the_picture = answer(exploration).partition("<img")[0]
    return [unescape(one) for one in re.findall("<p>(.*?)</p>", above_the_picture)]


def picture(exploration: sl.Exploration) -> bytes:
    return base64.b64decode(re.search('src="data:image/png;base64,(.*?)"', answer(exploration))[1])


@pytest.fixture
def unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing, where the picture is not looked at: it takes most of the time."""
    monkeypatch.setattr("simlimit.plots.explore._picture", lambda *_: b"")


def compared(changes: object, scenario: sl.Scenario = SMALL) -> sl.Comparison:
    return sl.compare({"start": scenario, "now": changes}, N, SEED, follow_up_days=30)


@pytest.mark.usefixtures("unseen")
def test_bounds_are_sliders_and_lists_are_choices() -> None:
    controls = explored().controls
    days, flags, overdue, scores, pool = (controls[name] for name in FIELDS)
    kinds = [type(control).__name__ for control in (days, flags, overdue, scores, pool)]
    assert kinds == ["IntSlider", "FloatSlider", "Dropdown", "Dropdown", "FloatSlider"]
    assert (days.min, days.max, days.step, days.value) == (7, 60, 1, SMALL.evaluation.period_days)
    assert (flags.min, flags.max, flags.step) == (0.0, 0.5, 0.01)
    assert (overdue.options, overdue.value) == (("true", "false"), "true")
    assert (scores.options, scores.value) == (("today", "<b>faster</b>"), "today")
    assert pool.value == 1
    # They act when one lets go, not on the way.
    assert not any(control.continuous_update for control in (days, flags, pool))
    assert days.description == "evaluation.period_days (days)"


@pytest.mark.usefixtures("unseen")
def test_the_numbers_are_those_of_compare() -> None:
    exploration = explored()
    assert list(exploration.comparison.studies) == ["start"]
    one = {"evaluation.period_days": 14}
    exploration.controls["evaluation.period_days"].value = 14
    expected = compared(one)
    pd.testing.assert_frame_equal(exploration.comparison.differences(), expected.differences())
    pd.testing.assert_frame_equal(exploration.comparison.summary(), expected.summary())
    exploration.controls["screening.false_flag"].value = 0.2 + 0.1  # as a slider of JavaScript's counts
    exploration.controls["rules.overdue"].value = "false"
    exploration.controls["scores"].value = "<b>faster</b>"
    exploration.controls["pool"].value = 0.5
    several = one | {"screening.false_flag": 0.3, "rules.overdue": False, "levers": [FASTER.fields]}
    several |= {f"funding.{name}": getattr(SMALL.funding, name) / 2 for name in ("initial", "ceiling")}
    expected = compared(several)
    pd.testing.assert_frame_equal(exploration.comparison.differences(), expected.differences())
    assert not exploration.scenario.diff(SMALL.replace(several)).shape[0]


@pytest.mark.usefixtures("unseen")
def test_what_is_shown_says_what_differs_and_whether_it_may_be_0() -> None:
    exploration = explored({"evaluation.period_days": (7, 60), "economy.sd": (0.0, 0.3)})
    assert sentences(exploration) == ["start"]
    exploration.controls["evaluation.period_days"].value = 7
    differences = compared({"evaluation.period_days": 7}).differences()
    found = differences.loc[("now", "days_away")]
    changed, effect = sentences(exploration)[:2]
    assert changed == "evaluation.period_days = 7"
    assert found["significant"]
    told = [number_text(found[end], unit_of("days_away"), "+") for end in ("difference", "low", "high")]
    assert all(one in effect for one in told)
    tested = differences["significant"].count()
    assert 1 < tested < len(differences)
    assert f"days from the start; differs from 0, corrected for {tested} comparisons" in effect
    assert repr(exploration).endswith("evaluation.period_days = 7, 12 replications)")
    exploration.controls["evaluation.period_days"].value = SMALL.evaluation.period_days
    assert sentences(exploration) == ["start"]
    exploration.controls["economy.sd"].value = 0.1
    assert not exploration.comparison.differences().loc[("now", "days_away"), "significant"]
    assert sentences(exploration)[1].endswith("may be 0")


def test_the_picture_is_that_of_what_is_shown() -> None:
    exploration = explored({"screening.false_flag": (0.0, 0.5)})
    before = picture(exploration)
    assert before.startswith(b"\x89PNG")
    exploration.controls["screening.false_flag"].value = 0.4
    after = picture(exploration)
    assert after.startswith(b"\x89PNG")
    assert after != before
    exploration.controls["screening.false_flag"].value = SMALL.screening.false_flag
    assert picture(exploration) == before


def test_the_start_is_seen_where_less_is_released_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    monkeypatch.setattr(canvas, "save_picture", lambda ax, *_, **__: drawn.append(ax))
    waiting = SMALL.replace({"evaluation.straight_through": False})
    exploration = explored({"evaluation.straight_through": [False, True]}, waiting)
    exploration.controls["evaluation.straight_through"].value = "true"
    _, ax = drawn
    curve = exploration.comparison.studies["start"].delay_curve()["released"]
    assert curve.loc[30] in ax.lines[1].get_ydata() or curve.loc[30] in ax.lines[0].get_ydata()
    assert ax.get_ylim()[0] <= curve.iloc[0] < 0.5
    assert "axis from" not in ax.get_ylabel()


@pytest.mark.usefixtures("unseen")
def test_what_a_scenario_refuses_is_said_and_what_comes_next_is_shown() -> None:
    exploration = explored({"evaluation.duration_days": (0, 12), "evaluation.period_days": (10, 60)})
    exploration.controls["evaluation.period_days"].value = 10
    shown = exploration.scenario
    exploration.controls["evaluation.duration_days"].value = 12
    with pytest.raises(sl.ScenarioError) as refused:
        SMALL.replace({"evaluation.duration_days": 12, "evaluation.period_days": 10})
    assert unescape(answer(exploration)) == f"<p><strong>{refused.value}</strong></p>"
    assert exploration.scenario is shown
    exploration.controls["evaluation.duration_days"].value = 9
    assert exploration.scenario.evaluation.duration_days == 9
    assert sentences(exploration)[0] == "evaluation.duration_days = 9, evaluation.period_days = 10"


@pytest.mark.usefixtures("unseen")
def test_losses_are_never_said_without_the_limit_that_is_lost() -> None:
    exploration = explored({"limits.cut_score": [None, 0.9]}, metric="default_losses")
    # What the scenario has is the first choice if it is none of those that are given.
    assert exploration.controls["limits.cut_score"].options == ("0.55", "not set", "0.9")
    exploration.controls["limits.cut_score"].value = "not set"
    assert exploration.scenario.limits.cut_score is None
    changed, losses, lost = sentences(exploration)
    assert changed == "limits.cut_score = not set"
    assert losses.startswith("written off: ")
    assert lost.startswith("lost of the highest limit so far: ")


@pytest.mark.usefixtures("unseen")
def test_too_much_for_the_desk_is_said_each_time() -> None:
    exploration = explored({"review.watch_share": (0.0, 1.0)})
    for _ in range(2):
        exploration.controls["review.watch_share"].value = 1.0
        assert "reviewer" in sentences(exploration)[-1]
        exploration.controls["review.watch_share"].value = SMALL.review.watch_share
        assert sentences(exploration) == ["start"]


@pytest.mark.usefixtures("unseen")
def test_without_fields_there_are_a_few_of_every_preset() -> None:
    for name in sl.presets().index:
        few = sl.preset(name).replace({"population.borrowers": 20})
        controls = sl.explore(few, n=2).controls
        assert 1 < len(controls) < 6
        assert {type(control).__name__ for control in controls.values()} <= {"IntSlider", "FloatSlider"}


@pytest.mark.usefixtures("unseen")
def test_a_distribution_is_a_slider_over_nearly_all_of_it() -> None:
    slider = explored({"screening.false_flag": stats.uniform(0.0, 0.2)}).controls["screening.false_flag"]
    assert (slider.min, slider.max) == (0.001, 0.199)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"evaluation.period_days": (40, 60)}, r"'evaluation.period_days' is .40, 60., but .* start, 30\."),
        ({"limits.cut_score": (0.6, 0.8)}, r"limits.cut_score' is .* start, 0.55\."),
        ({"product.clearing_days": (0, 2)}, "clearing_days"),
        ({"evaluation.period": (7, 60)}, r"evaluation.period is not a field"),
        ({}, "fields"),
    ],
)
def test_fields_that_cannot_be_moved_are_refused(fields: object, sentence: str) -> None:
    with pytest.raises(sl.SimlimitError, match=sentence):
        explored(fields)


def test_without_the_package_of_sliders_one_is_told_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(sl.SimlimitError, match=r"needs ipywidgets, which pip install 'simlimit\[notebook\]'"):
        explored()


@pytest.mark.usefixtures("unseen")
def test_a_notebook_shows_the_widget() -> None:
    exploration = explored({"evaluation.period_days": (7, 60)})
    bundle = exploration._repr_mimebundle_()
    view = bundle["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == exploration.widget.model_id
    assert isinstance(exploration.widget, ipywidgets.VBox)


def test_it_speaks_chinese_where_pictures_do() -> None:
    exploration = explored({"evaluation.period_days": (7, 60)}, language="zh")
    label = Labels("zh")
    assert sentences(exploration) == [label("start")]
    exploration.controls["evaluation.period_days"].value = 60
    assert label("mean days away of a repaid amount, of at most {days}", days=30) in sentences(exploration)[1]


@pytest.mark.usefixtures("unseen")
def test_a_name_of_the_user_is_text() -> None:
    exploration = explored({"scores": [None, FASTER]})
    exploration.controls["scores"].value = "<b>faster</b>"
    assert sentences(exploration)[0] == "scores = <b>faster</b>"
    assert "<b>" not in answer(exploration)
