"""`optimise`: what is selected for a budget and within bounds, of a scenario or a fit."""

from __future__ import annotations

import datetime
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simlimit as sl
from simlimit.deciding.constraints import Bound
from simlimit.study.draws import Draws

CLOCKWORK = sl.preset("clockwork").replace(
    {"evaluation.straight_through": False, "population.borrowers": 20, "horizon_days": 240, "warmup_days": 60}
)
"""Evaluated every 30 days. A repayment waits (period - 1) / 2 days on average."""
PERIODS = {"evaluation.period_days": [7, 14, 21, 30]}
COSTS = {"evaluation.period_days": -100}
QUIET = {"follow_up_days": 40, "progress": False}
JIEBEI = sl.preset("jiebei").replace({"population.borrowers": 100, "horizon_days": 360, "warmup_days": 120})


def statuses(optimum: sl.Optimum, of: str = "evaluation.period_days") -> dict[object, str]:
    """Return the status of each value of a field."""
    table = optimum.table()
    return dict(zip(table[of], table["status"], strict=True))


def test_the_best_within_the_budget_is_selected_and_what_costs_more_is_not_simulated() -> None:
    best = sl.optimise(CLOCKWORK, PERIODS, costs=COSTS, budget=2_000, **QUIET)
    assert best.choice == {"evaluation.period_days": 14}
    assert best.selected == CLOCKWORK.replace({"evaluation.period_days": 14})
    assert statuses(best) == {14: "selected", 21: "dominated", 30: "dominated", 7: "over budget"}
    assert best.table()["evaluation.period_days"].dtype == np.int64
    table = best.table().set_index("evaluation.period_days")
    assert table["cost"].to_dict() == {14: 1_600, 21: 900, 30: 0, 7: 2_300}
    assert table.loc[[7], "days_away":"difference_high"].isna().all(axis=None)
    known = table.loc[[14, 21, 30]].astype({"days_away": float})
    truth = (known.index.to_numpy() - 1) / 2
    assert (known["days_away_low"] < truth).all()
    assert (known["days_away_high"] > truth).all()
    assert best.contenders.empty
    assert best.front().index.tolist() == [0]


def test_today_is_an_alternative_even_if_it_is_not_named() -> None:
    best = sl.optimise(CLOCKWORK, {"evaluation.period_days": [40, 60]}, **QUIET)
    assert best.choice == {"evaluation.period_days": 30}


def test_dates_of_pandas_are_alternatives_as_dates() -> None:
    shocks = [{"kind": "freeze", "at": 40, "duration_days": 7}]
    frozen = CLOCKWORK.replace({"start_date": datetime.date(2026, 1, 1), "shocks": shocks})
    best = sl.optimise(frozen, {"shocks[0].at": pd.date_range("2026-03-01", periods=2)}, n=40, progress=False)
    assert sorted(map(str, best.table()["shocks[0].at"])) == ["2026-03-01", "2026-03-02", "40"]


def test_changes_levers_and_nothing_are_alternatives_with_costs_of_their_own() -> None:
    weekly = sl.Change({"evaluation.period_days": 7}, name="weekly", cost=-10)
    choices = {"rules": [None, weekly], "remedy": [None, {"kind": "better_model"}]}
    best = sl.optimise(CLOCKWORK, choices, **QUIET)
    assert best.choice is not None
    assert best.choice["rules"] == "weekly"
    assert sorted(best.table()["cost"]) == [0, 0, 230, 230]
    better = sl.Change({"kind": "better_model"})
    assert best.asked["choices"] == {"rules": [None, weekly], "remedy": [None, better]}
    with pytest.raises(sl.SimlimitError, match="costs has 'rules', but its changes have costs"):
        sl.optimise(CLOCKWORK, choices, costs={"rules": 2})


def test_what_is_large_is_best_after_a_minus() -> None:
    best = sl.optimise(CLOCKWORK, PERIODS, "-released_within_7d", **QUIET)
    assert best.choice == {"evaluation.period_days": 7}
    first = best.table().iloc[0]
    assert first["released_within_7d_low"] <= first["released_within_7d"] <= first["released_within_7d_high"]
    differences = best.table()["difference"]
    assert (differences <= 0).all()
    assert differences.is_monotonic_decreasing
    assert best.front()["released_within_7d"].is_monotonic_decreasing
    # In per cent, as the shares are, and not as shares.
    *_, last = str(best).partition("\n\n")[2].partition("\n\n")[0].splitlines()
    assert f"  {100 * differences.iloc[-1]:.2f}  " in last


def test_the_cheapest_that_keeps_a_bound_is_selected() -> None:
    bound = {"days_away": sl.at_most(8)}
    best = sl.optimise(CLOCKWORK, PERIODS, "cost", bound, costs=COSTS, **QUIET)
    assert statuses(best) == {14: "selected", 7: "dominated", 21: "infeasible", 30: "infeasible"}
    assert str(best).endswith("Units: cost in currency units per year; days_away in days per hold.")
    assert best._notes()[0].endswith("the best with 95 % confidence.")
    relative = {"days_away": sl.at_most(0.5, relative=True)}
    assert sl.optimise(CLOCKWORK, PERIODS, "cost", relative, costs=COSTS, **QUIET).choice == best.choice
    least = {"released_within_7d": sl.at_least(0.4)}
    assert sl.optimise(CLOCKWORK, PERIODS, "cost", least, costs=COSTS, **QUIET).choice == best.choice


def test_where_nothing_keeps_all_bounds_nothing_is_selected() -> None:
    best = sl.optimise(CLOCKWORK, PERIODS, "days_away", {"days_away": sl.at_most(1)}, **QUIET)
    assert (best.choice, best.selected) == (None, None)
    assert set(statuses(best).values()) == {"infeasible"}
    assert repr(best).startswith("Optimum('clockwork': Nothing is selected")
    assert "it may be selected because" not in str(best)
    assert best.table()["difference"].isna().all()


def test_where_too_few_events_are_seen_the_result_says_of_what() -> None:
    bound = {"default_losses": sl.at_most(1.02, relative=True)}
    best = sl.optimise(CLOCKWORK, PERIODS, "days_away", bound, n=40, **QUIET)
    assert set(statuses(best).values()) == {"unclear"}
    assert "Of default_losses fewer than 20 events were seen: too few for a verdict." in str(best)


def test_a_range_of_whole_numbers_of_numpy_has_whole_numbers() -> None:
    pytest.importorskip("optuna")
    ends = np.int64(7), np.int64(9)
    best = sl.optimise(CLOCKWORK, {"evaluation.period_days": ends}, trials=3, n=40, **QUIET)
    assert best.choice == {"evaluation.period_days": 7}


def test_two_objectives_have_a_front() -> None:
    best = sl.optimise(CLOCKWORK, PERIODS, ["days_away", "cost"], costs=COSTS, **QUIET)
    assert best.choice == {"evaluation.period_days": 7}
    assert best.front()["evaluation.period_days"].to_list() == [7, 14, 21, 30]


def test_what_is_surely_worse_in_the_first_objective_is_not_the_best() -> None:
    """It costs less, so it is not dominated; KN alone would go on."""
    periods = {"evaluation.period_days": [7, 11, 14, 45]}
    best = sl.optimise(CLOCKWORK, periods, ["days_away", "cost"], costs=COSTS, n=40, **QUIET)
    assert best.race.samples.tolist() == [20] * 5


CUT = {"kind": "limit_cut", "at": 130, "size": 0.5}


@pytest.mark.parametrize(
    ("minimise", "subject_to"),
    [
        ("limit_days_lost", {}),
        (["default_losses", "limit_days_lost"], {}),
        ("default_losses", {"limit_days_lost": sl.at_most(1.01, relative=True)}),
    ],
)
def test_taking_credit_away_is_not_selected_where_lost_limit_counts(
    minimise: str | list[str], subject_to: dict[str, Bound]
) -> None:
    choices = {"rules": [None, sl.Change({"shocks": [CUT]}, name="cut")]}
    best = sl.optimise(JIEBEI, choices, minimise, subject_to, n=40, **QUIET)
    assert best.choice in ({"rules": "today"}, None)
    assert "credit is taken away" not in str(best)


def test_a_decision_that_does_not_ask_for_lost_limit_says_so() -> None:
    best = sl.optimise(CLOCKWORK, PERIODS, n=40, **QUIET)
    assert "limit_days_lost: it may be selected because credit is taken away." in str(best)


def test_n_ends_a_decision_that_is_not_certain_and_the_result_says_so() -> None:
    two = {"evaluation.period_days": [29, 30]}
    best = sl.optimise(CLOCKWORK, two, indifference=1e-3, n=40, **QUIET)
    assert "n was reached, and 1 other may be better." in repr(best)
    assert sorted(statuses(best).values()) == ["contender", "selected"]


def test_workers_and_a_store_change_nothing(tmp_path: Path) -> None:
    bound = {"days_away": sl.at_most(8)}
    found = [
        sl.optimise(CLOCKWORK, PERIODS, "cost", bound, costs=COSTS, **QUIET, **others)
        for others in ({"workers": 1}, {"workers": 2}, {"store": tmp_path / "s"}, {"store": tmp_path / "s"})
    ]
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0].table(), other.table())


KILLED = """
import sys, simlimit as sl
sys.path.append({here!r})
from test_optimise import CLOCKWORK, PERIODS
sl.optimise(CLOCKWORK, PERIODS, indifference=0.01, store={store!r}, follow_up_days=40, workers=1)
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL.")
def test_one_that_was_killed_continues_from_its_store(tmp_path: Path) -> None:
    store = tmp_path / "store"
    words = KILLED.format(here=str(Path(__file__).parent), store=str(store))
    paths = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    with subprocess.Popen([sys.executable, "-c", words], env={**os.environ, "PYTHONPATH": paths}) as killed:
        while killed.poll() is None and len([*store.glob("*/replication-*")]) < 50:
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
    assert len([*store.glob("*/replication-*")]) >= 50
    best = sl.optimise(CLOCKWORK, PERIODS, indifference=0.01, store=store, **QUIET)
    same = sl.optimise(CLOCKWORK, PERIODS, indifference=0.01, **QUIET)
    pd.testing.assert_frame_equal(best.table(), same.table())


def test_one_that_is_interrupted_says_what_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds = iter(range(9))
    make = sl.deciding.samples.Samples.simulate

    def simulate(*arguments: object) -> None:
        if next(rounds) == 1:
            raise KeyboardInterrupt
        make(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("simlimit.deciding.samples.Samples.simulate", simulate)
    with pytest.raises(sl.StudyInterrupted, match="interrupted; what is done is lost") as stop:
        sl.optimise(CLOCKWORK, {"evaluation.period_days": [29]}, indifference=1e-3, **QUIET)
    assert isinstance(stop.value.optimum, sl.Optimum)
    assert stop.value.optimum.race.number == 20


def test_of_a_fit_a_sample_is_a_draw() -> None:
    drawn = [CLOCKWORK.replace({"evaluation.period_days": days}) for days in range(20, 40)] * 2
    fit = Draws(CLOCKWORK, lambda n: drawn[:n])
    best = sl.optimise(fit, {"evaluation.period_days": [7]}, n=80, **QUIET)
    assert best.choice == {"evaluation.period_days": 7}
    table = best.table()
    assert table["samples"].max() <= 40
    assert table.loc[0, "days_away"] == pytest.approx(3, rel=0.1)
    waits = [(draw.evaluation.period_days - 1) / 2 for draw in drawn[: table.loc[1, "samples"]]]
    assert table.loc[1, "days_away"] == pytest.approx(np.mean(waits), rel=0.1)


def test_a_range_is_searched_and_its_finalists_are_compared_on_other_replications() -> None:
    pytest.importorskip("optuna")
    best = sl.optimise(
        CLOCKWORK, {"evaluation.period_days": (7, 60)}, costs=COSTS, budget=1_800, trials=12, **QUIET
    )
    assert best.choice is not None
    assert 12 <= best.choice["evaluation.period_days"] <= 16
    assert best.table()["cost"].max() <= 1_800
    assert len(best.alternatives) <= 11


def test_a_search_knows_bounds_that_are_relative_to_today(tmp_path: Path) -> None:
    """The cheapest that waits at most half as long as today has a period of 15 days."""
    pytest.importorskip("optuna")
    bound = {"days_away": sl.at_most(0.5, relative=True)}
    found = [
        sl.optimise(
            CLOCKWORK,
            {"evaluation.period_days": (7, 60)},
            "cost",
            bound,
            costs=COSTS,
            trials=15,
            **QUIET,
            **kept,
        )
        for kept in ({}, {"store": tmp_path / "store"}, {"store": tmp_path / "store", "workers": 1})
    ]
    assert found[0].choice is not None
    assert 11 <= found[0].choice["evaluation.period_days"] <= 15
    for other in found[1:]:
        pd.testing.assert_frame_equal(found[0].table(), other.table())


def test_without_optuna_a_sentence_says_what_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(sl.SimlimitError) as refusal:
        sl.optimise(CLOCKWORK, {"evaluation.period_days": (7, 60)})
    assert str(refusal.value) == "optimise needs optuna, which pip install 'simlimit[decide]' installs."


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            {"choices": {}},
            "choices is {}, but must be a mapping of fields, or of names of changes, to lists.",
        ),
        ({"choices": {"evaluation.period_days": []}}, "choices of evaluation.period_days is empty"),
        (
            {"choices": {"evaluation.period_days": [7, 7]}},
            "choices of evaluation.period_days has 7 twice, but all must differ.",
        ),
        (
            {"choices": {"x": [None, *2 * [{"kind": "plan"}]]}},
            "choices of x has 'plan' twice, but all must differ",
        ),
        ({"choices": {"evaluation.period_days": (60, 7)}}, "choices of evaluation.period_days is (60, 7)"),
        (
            {"choices": {"evaluation.period_days": (7, np.inf)}},
            "choices of evaluation.period_days is (7, i",
        ),
        ({"choices": {"evaluation.period_days": (7, 10**400)}}, "choices of evaluation.period_days is (7, a"),
        (
            {"minimise": "cost"},
            "minimise is 'cost', but must be a metric, or several with it, unless subject_to has one.",
        ),
        ({"costs": {"evaluation.period_days": "3"}}, "costs of 'evaluation.period_days' is '3', but must be"),
        (
            {"indifference": 1e300},
            "indifference of days_away is 1e+300, but must be a number from 0",
        ),
        ({"minimise": "days"}, "minimise is 'days', but must be one of: gap_days, days_away"),
        ({"subject_to": {"days_away": 3}}, "subject_to of days_away is of type int, but must be a Bound."),
        (
            {"costs": {"review": 3}},
            "a name in costs is 'review', but must be one of: evaluation.period_days.",
        ),
        ({"indifference": -1}, "indifference of days_away is -1, but must be a number from 0 to"),
        ({"indifference": {"cost": 1}}, "a name in indifference is 'cost', but must be one of: days_away."),
        (
            {"budget": 100},
            "budget is 100, but must be left out unless costs are given: all choices cost 0.",
        ),
        (
            {"minimise": ["days_away", "cost"], "choices": {"x": [None, {"review.reviewers": 3}]}},
            "minimise is ['days_away', 'cost'], but must be one or several metrics unless costs are given",
        ),
        ({"budget": -1}, "budget is -1, but must be a number from 0 up."),
        ({"n": 20}, "n is 20, but must be a whole number from 40"),
        ({"precision": 0.1}, "precision is set, but optimise stops when its choice is certain: set n only."),
        (
            {"minimise": "median_days", "scenario": JIEBEI.replace({"screening.false_flag": 0.9})},
            "A metric of",
        ),
    ],
)
def test_what_it_cannot_take_is_refused(arguments: dict[str, object], sentence: str) -> None:
    given = {"scenario": CLOCKWORK, "choices": PERIODS, "n": 40, "progress": False, **arguments}
    with pytest.raises(sl.SimlimitError) as refusal:
        sl.optimise(**given)  # type: ignore[arg-type]
    assert str(refusal.value).startswith(sentence)


def test_a_change_may_have_the_cost_that_a_budget_is_for() -> None:
    choices = {"desk": [None, sl.Change({"review.reviewers": 3}, cost=100)]}
    best = sl.optimise(CLOCKWORK, choices, budget=10, **QUIET)
    assert best.table()["status"].to_list()[-1] == "over budget"


def test_what_is_not_open_costs_no_more_samples() -> None:
    best = sl.optimise(CLOCKWORK, PERIODS, **QUIET)
    assert best.race.samples.sum() < 4 * 40
    assert np.isclose(best.race.indifference[0], 0.01 * 14.5, rtol=0.2)
