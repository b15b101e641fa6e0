"""A sweep is a study at every point of a grid."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

import simlimit as sl
from simlimit.study.draws import Draws

BASE = sl.preset("clockwork").replace(
    {"evaluation.straight_through": False, "population.borrowers": 20, "horizon_days": 200}
)
FIELDS = {"evaluation.period_days": [7, 30], "rules.min_score": (0.0, 0.5), "funding.ceiling": [None]}


@pytest.fixture(scope="module")
def grid() -> sl.Sweep:
    return sl.sweep(BASE, FIELDS, 5, seed=3, progress=False)


def test_there_is_a_study_at_every_point(grid: sl.Sweep) -> None:
    assert list(grid.studies) == [(7, 0.0, None), (7, 0.5, None), (30, 0.0, None), (30, 0.5, None)]
    assert grid.fields == {name: list(values) for name, values in FIELDS.items()}
    for point, study in grid.studies.items():
        alone = sl.replicate(BASE.replace(dict(zip(FIELDS, point, strict=True))), 5, seed=3, progress=False)
        assert study.scenario == alone.scenario
        pd.testing.assert_frame_equal(study.metrics(), alone.metrics())


def test_the_summary_has_the_fields_before_the_metric(grid: sl.Sweep) -> None:
    table = grid.summary(0.8, weight="amount")
    assert table.index.names == [*FIELDS, "metric"]
    for point, study in grid.studies.items():
        metrics = study.summary(0.8, weight="amount")
        own = table[
            (table.index.get_level_values(0) == point[0]) & (table.index.get_level_values(1) == point[1])
        ]
        assert own.to_numpy() == pytest.approx(metrics.to_numpy(), nan_ok=True)
        assert list(own.index.get_level_values("metric")) == list(metrics.index)


def test_points_share_their_random_numbers(grid: sl.Sweep) -> None:
    """Whoever repays on a day does so whatever the evaluation."""
    repaid = [study.daily["repaid"] for study in grid.studies.values()]
    assert all(series.equals(repaid[0]) for series in repaid)


def test_points_differ_from_the_first_or_from_another(grid: sl.Sweep) -> None:
    table = grid.differences(metrics=["days_away"])
    assert table.index.names == [*FIELDS, "metric"]
    assert len(table) == 3
    away = [study.metrics()["days_away"].mean() for study in grid.studies.values()]
    assert table["difference"].to_list() == pytest.approx([each - away[0] for each in away[1:]])
    back = grid.differences(metrics=["days_away"], reference=(30, 0.0, None))
    assert back["difference"].to_list() == pytest.approx([away[k] - away[2] for k in (0, 1, 3)])
    named = {str(point): study for point, study in grid.studies.items()}
    compared = sl.Comparison(named).differences(0.8, "amount")  # corrected for as many rows
    pd.testing.assert_frame_equal(
        grid.differences(0.8, "amount").reset_index(drop=True), compared.reset_index(drop=True)
    )
    with pytest.raises(sl.SimlimitError, match=r"^reference is 7, but must be among \[\(7, 0\.0, None\), "):
        grid.differences(reference=7)
    alone = sl.sweep(BASE, {"evaluation.period_days": [7]}, 2, progress=False)
    with pytest.raises(sl.SimlimitError, match="differences need two or more"):
        alone.differences()


def test_dates_of_pandas_are_points_as_dates() -> None:
    freeze = {"kind": "freeze", "at": 40, "duration_days": 7}
    dated = BASE.replace({"start_date": datetime.date(2026, 1, 1), "shocks": [freeze]})
    grid = sl.sweep(dated, {"shocks[0].at": pd.date_range("2026-03-01", periods=2)}, 2, progress=False)
    assert grid.fields == {"shocks[0].at": [datetime.date(2026, 3, 1), datetime.date(2026, 3, 2)]}
    assert "00:00" not in str(grid)


def test_changes_are_points_by_their_names() -> None:
    remedies = [sl.Change({}, "none"), sl.Lever(kind="plan"), sl.Change({"kind": "campaign"}, "raise")]
    fields = {"evaluation.period_days": [7, 30], "remedy": remedies}
    grid = sl.sweep(BASE, fields, 2, progress=False)
    assert grid.fields == {"evaluation.period_days": [7, 30], "remedy": ["none", "plan", "raise"]}
    assert grid.studies[(30, "none")].scenario == BASE.replace({"evaluation.period_days": 30})
    levered = grid.studies[(7, "raise")].scenario
    assert (levered.evaluation.period_days, levered.levers[0].kind) == (7, "campaign")
    assert grid.summary().index.names == ["evaluation.period_days", "remedy", "metric"]
    assert len(grid.plot.lines().get_lines()) == 3


def test_a_fit_is_swept_by_draw() -> None:
    drawn = [BASE.replace({"evaluation.cutoff_days": days}) for days in (0, 3)]
    grid = sl.sweep(Draws(BASE, lambda n: drawn[:n]), {"evaluation.period_days": [7, 14]}, 4, progress=False)
    for (days,), study in grid.studies.items():
        assert study.of_fit
        assert [draw.evaluation.cutoff_days for draw in study.draws] == [0, 3]
        assert {draw.evaluation.period_days for draw in study.draws} == {days}


def test_values_may_come_in_an_array() -> None:
    grid = sl.sweep(BASE, {"rules.min_score": np.array([0.1, 0.2])}, 1, progress=False)
    assert list(grid.studies) == [(0.1,), (0.2,)]


def test_a_sweep_may_be_stored_and_spread(tmp_path: object, grid: sl.Sweep) -> None:
    for _ in range(2):
        again = sl.sweep(BASE, FIELDS, 5, seed=3, store=tmp_path, workers=2, progress=False)  # type: ignore[arg-type]
        pd.testing.assert_frame_equal(again.summary(), grid.summary())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({}, "fields is {}, but must give each field a list of values."),
        ([7, 30], "fields is [7, 30], but must give each field a list of values."),
        ({"evaluation.period_days": []}, "fields gives evaluation.period_days the values [], but"),
        ({"evaluation.period_days": 7}, "fields of evaluation.period_days is 7, but must be a list"),
        ({"evaluation.schedule": "batch"}, "fields of evaluation.schedule is 'batch', but"),
        (
            {"evaluation.period_days": [7, 7]},
            "fields of evaluation.period_days has 7 twice",
        ),
        ({"behaviour.draw_share": [(0.1, [0.2])]}, "fields gives behaviour.draw_share the values"),
        ({"rules.min_score": [0, 0.0]}, "fields gives rules.min_score the values [0, 0.0], but"),
        (
            {"shocks": [[], [{"kind": "freeze", "at": 3, "duration_days": 3}]]},
            "fields gives shocks the values",
        ),
        (
            {"remedy": [sl.Lever(kind="plan"), sl.Lever(kind="plan")]},
            "fields of remedy has 'plan' twice",
        ),
        ({"rules.min_score": [0.5], "new": [sl.Change({"rules.min_score": 0.6})]}, "rules.min_score of the"),
        ({"evaluation.periods": [1]}, "evaluation.periods"),
        ({"evaluation.period_days": [7, 0]}, "evaluation.period_days is 0, but"),
    ],
)
def test_a_grid_that_cannot_be_is_refused_in_a_sentence(fields: object, sentence: str) -> None:
    with pytest.raises(sl.SimlimitError) as error:
        sl.sweep(BASE, fields, 2)  # type: ignore[arg-type]
    assert str(error.value).startswith(sentence)
    assert "\n" not in str(error.value)


def test_a_field_of_an_element_of_a_list_is_swept_by_its_name():
    levered = BASE.replace({"levers": [{"kind": "pay_on_time"}]})
    grid = sl.sweep(levered, {"levers[0].strength": [0.0, 1.0]}, 2, progress=False)
    assert [study.scenario.levers[0].strength for study in grid.studies.values()] == [0.0, 1.0]
    assert "levers[0].strength" in grid.plot.lines().get_xlabel()
    assert "levers[0].strength" in str(grid)
