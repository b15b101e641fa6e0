"""What can be varied: fields, several fields together, levers; what it is called, and what it costs."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import simlimit as sl
from simlimit.study.changes import apply_changes, as_change
from simlimit.study.draws import Draws

JIEBEI = sl.preset("jiebei")
"""1,000 borrowers and 1 reviewer; effects are measured on days 360 to 1080."""
DRAWN = [JIEBEI.replace({"screening.false_flag": share}) for share in (0.02, 0.04)]
FIT = Draws(JIEBEI, lambda n: DRAWN[:n])


def test_a_change_of_fields_replaces_them() -> None:
    fields = {"evaluation.period_days": 7, "review.reviewers": 3}
    assert sl.Change(fields).applied(JIEBEI) == JIEBEI.replace(fields)
    assert sl.Change({}).applied(JIEBEI) == JIEBEI


def test_a_lever_takes_the_place_of_one_of_its_kind_and_leaves_the_others() -> None:
    today = JIEBEI.replace({"levers": [{"kind": "plan"}, {"kind": "appeal"}]})
    more = sl.Change({"kind": "plan", "strength": 0.9}).applied(today).levers
    assert [(lever.kind, lever.strength) for lever in more] == [("plan", 0.9), ("appeal", 0.5)]
    other = sl.Change(sl.Lever(kind="campaign")).applied(today).levers
    assert [lever.kind for lever in other] == ["plan", "appeal", "campaign"]


def test_a_change_of_a_fit_is_one_of_every_draw() -> None:
    half = sl.Change({"screening.false_flag": lambda draw: draw.screening.false_flag / 2})
    made = apply_changes(FIT, [half, sl.Change({"kind": "plan"})])
    assert isinstance(made, Draws)
    assert [draw.screening.false_flag for draw in made.scenarios(2)] == [0.01, 0.02]
    assert [draw.levers[0].kind for draw in (made.scenario, *made.scenarios(2))] == ["plan"] * 3


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (sl.Change({"evaluation.period_days": 7}), "evaluation.period_days=7"),
        (
            sl.Change({"rules.overdue": False, "review.reviewers": 2}),
            "rules.overdue=False, review.reviewers=2",
        ),
        (sl.Change({"review.reviewers": lambda draw: draw.review.reviewers}), "review.reviewers=f(draw)"),
        (sl.Change({"kind": "better_model"}), "better_model"),
        (sl.Change({"shocks[0].at": pd.Timestamp("2026-03-01")}), "shocks[0].at=2026-03-01"),
        (sl.Change({}), "no change"),
        (sl.Change({"review.reviewers": 2}, "another colleague"), "another colleague"),
    ],
)
def test_a_change_has_a_name_that_can_be_read(change: sl.Change, name: str) -> None:
    assert change.name == name


@pytest.mark.parametrize(
    ("fields", "cost"),
    [
        ({"kind": "education"}, 4_000),
        ({"kind": "education", "uptake": 0.25}, 1_000),
        ({"kind": "education", "start": 100}, 4_000),
        ({"kind": "education", "start": 720}, 2_000),
        ({"kind": "education", "start": 1_080}, 0),
        ({"kind": "education", "start": JIEBEI.start_date}, 4_000),
        ({"review.reviewers": 3}, 8),
        ({"review.reviewers": lambda draw: draw.review.reviewers + 3}, 12),
        ({"evaluation.period_days": 7}, 4 * (7 - 30)),
        ({"review.reviewers": 1}, 0),
        ({"rules.overdue": False}, 4),
        ({"funding.ceiling": None}, 4),
        ({"evaluation.period_days": 7, "review.reviewers": 3}, 4),
        ({}, 0),
    ],
)
def test_a_unit_is_a_borrower_a_number_or_the_whole(fields: dict[str, Any], cost: float) -> None:
    """A lever is paid for each who takes it up while it is there; a number by what it differs."""
    assert sl.Change(fields, cost=4).cost_per_year(JIEBEI) == pytest.approx(cost)
    assert sl.Change(fields).cost_per_year(JIEBEI) == 0


def test_a_lever_is_paid_for_the_borrowers_of_the_users_own_book(tmp_path: Any) -> None:
    book = pd.DataFrame({"limit": [5_000.0] * 30, "outstanding": [0.0] * 30})
    change = sl.Change({"kind": "plan", "uptake": 0.5}, cost=4)
    assert change.cost_per_year(JIEBEI.with_portfolio(book)) == 60
    book.head(10).to_csv(tmp_path / "book.csv", index=False)
    named = JIEBEI.replace({"population.portfolio": str(tmp_path / "book.csv")})
    assert change.cost_per_year(named) == 20


def test_a_cost_in_a_fit_is_that_in_its_estimate() -> None:
    assert sl.Change({"screening.false_flag": 0.0}, cost=-1e6).cost_per_year(FIT) == pytest.approx(
        1e6 * JIEBEI.screening.false_flag
    )


def test_changes_made_together_are_of_different_fields() -> None:
    both = [sl.Change({"kind": "plan"}), sl.Change({"kind": "appeal"}), sl.Change({"review.reviewers": 2})]
    made = apply_changes(JIEBEI, both)
    assert made == JIEBEI.replace({"review.reviewers": 2, "levers": [{"kind": "plan"}, {"kind": "appeal"}]})
    for one, other in (
        ({"kind": "plan"}, {"kind": "plan", "strength": 0.1}),
        ({"kind": "plan"}, {"levers": []}),
        ({"review.reviewers": 2}, {"review.reviewers": 2}),
        ({"review": JIEBEI.review}, {"review.reviewers": 2}),
        ({"review.reviewers": 2}, {"review": JIEBEI.review}),
    ):
        with pytest.raises(sl.SimlimitError, match=r"^[\w.]+ of the change .* is changed twice, but what is"):
            apply_changes(JIEBEI, [sl.Change(one), sl.Change(other)])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"fields": 7}, "fields is 7, but must be a mapping of names of fields to values, or a Lever."),
        ({"fields": {7: 7}}, "fields is {7: 7}, but must be a mapping of names"),
        ({"fields": {"kind": "apeal"}}, "lever.kind is 'apeal', but must be appeal, pay_on_time, "),
        ({"fields": {"kind": "appeal", "cost": 2}}, "lever.cost is not a field, but belongs to a change: "),
        ({"fields": {}, "name": None}, "name is None, but must be a text of 1 to 100 characters."),
        ({"fields": {}, "name": "x" * 101}, "name is 'xxx"),
        ({"fields": {}, "cost": "much"}, "cost is 'much', but must be a number from -100000000000 to "),
        ({"fields": {}, "cost": float("nan")}, "cost is nan, but must be a number"),
    ],
)
def test_what_is_no_change_is_refused_in_a_sentence(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(sl.SimlimitError) as error:
        sl.Change(**arguments)
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_a_change_of_what_is_not_there_is_refused() -> None:
    change = sl.Change({"review.reviewer": 2})
    for act, name in ((change.applied, "scenario"), (change.cost_per_year, "source")):
        with pytest.raises(sl.ScenarioError, match=r"^review\.reviewer is not a field, but must be one of"):
            act(JIEBEI)
        with pytest.raises(sl.SimlimitError, match=rf"^{name} is 'jiebei', but must be a Scenario"):
            act("jiebei")  # type: ignore[arg-type]
    with pytest.raises(
        sl.SimlimitError, match=r"^changes\[1\] is 7, but must be a Change, a Lever, or a map"
    ):
        as_change(7, "changes[1]")


def test_a_cost_in_a_file_of_before_is_refused_with_what_to_write(tmp_path: Any) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[levers]]\nkind = "plan"\ncost = 2.0\n')
    with pytest.raises(
        sl.ScenarioError, match=r"levers\[0\]\.cost is not a field, but belongs to a change: "
    ):
        sl.load(file)
    with pytest.raises(
        sl.ScenarioError, match=r"^levers\[0\]\.cost is not a field, but belongs to a change: "
    ):
        JIEBEI.replace({"levers": [{"kind": "plan"}], "levers[0].cost": 2.0})
