"""Every metric of a study is the plain proportion, or mean, of the tables of its replications."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import plain
import pytest
from plain import GATES, of_replication
from random_scenarios import follow_up_of, random_scenario

import simlimit as sl
from simlimit.study.metrics import METRICS

FOLLOWED = METRICS[: METRICS.index("no_limit_share")]
DAYS = [f"days_{gate}" for gate in GATES]


def assert_metrics_are_plain(scenario: sl.Scenario, seed: int, follow_up: int, number: int = 2) -> None:
    study = sl.replicate(scenario, number, seed, follow_up_days=follow_up, progress=False)
    by_holds, by_amount = study.metrics(), study.metrics("amount")
    assert tuple(by_holds) == tuple(by_amount) == METRICS
    for replication in range(number):
        run = of_replication(scenario, seed, replication, follow_up)
        for table, told in ((by_holds, plain.by_holds(run)), (by_amount, plain.by_amount(run))):
            row = table.loc[replication]
            for metric in FOLLOWED:
                expected = told.get(metric, np.nan)
                assert row[metric] == pytest.approx(expected, rel=1e-12, nan_ok=True), metric
            if told:
                assert row["pending_share"] == told["pending_share"]
                assert row["days_away"] == reduce(add, (row[day] for day in DAYS))
            for metric, value in plain.of_borrowers(run).items():
                assert row[metric] == pytest.approx(value, rel=1e-9), metric
        assert by_holds.loc[replication, "gap_days"] == pytest.approx(plain.gap(run), abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("seed", range(12))
def test_metrics_of_random_scenarios_are_plain_proportions(seed: int) -> None:
    assert_metrics_are_plain(random_scenario(seed), seed, follow_up_of(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12, 150))
def test_metrics_of_many_random_scenarios_are_plain_proportions(seed: int) -> None:
    assert_metrics_are_plain(random_scenario(seed), seed, follow_up_of(seed))


@pytest.mark.parametrize("name", [name for name in sl.presets().index if name != "clockwork"])
def test_metrics_of_presets_are_plain_proportions(name: str) -> None:
    scenario = sl.preset(name).replace({"population.borrowers": 40})
    assert_metrics_are_plain(scenario, 1, 90)


@pytest.mark.parametrize("follow_up", [0, 1, 7, 100, 179, 180])
def test_metrics_are_plain_proportions_however_long_holds_are_followed(follow_up: int) -> None:
    scenario = random_scenario(5).replace({"horizon_days": 200, "warmup_days": 20})
    assert_metrics_are_plain(scenario, 5, follow_up)


def test_days_at_the_gates_are_those_of_the_holds_where_all_end_within_the_follow_up() -> None:
    scenario = sl.preset("clockwork").replace(
        {
            "evaluation.straight_through": False,
            "evaluation.period_days": 7,
            "review.watch_share": 0.5,
            "population.borrowers": 50,
            "horizon_days": 200,
        }
    )
    study = sl.replicate(scenario, 2, follow_up_days=100, progress=False)
    for replication in range(2):
        holds = plain.cohort(of_replication(scenario, 1, replication, 100))
        assert (holds["outcome"] == "released").all()
        told = holds[DAYS].mean().to_numpy()
        assert study.metrics().loc[replication, DAYS].to_numpy() == pytest.approx(told, rel=1e-12)
        assert (told > 0).sum() == 2


def test_an_end_at_the_follow_up_counts_unless_it_is_the_horizon() -> None:
    """Evaluated on day 9 only: what is repaid on day r ends at age 9 - r, if that day is simulated."""
    scenario = sl.preset("clockwork").replace(
        {
            "evaluation.straight_through": False,
            "evaluation.schedule": "batch",
            "evaluation.period_days": 10,
            "product.cycle_days": 5,
            "population.borrowers": 50,
            "horizon_days": 9,
        }
    )
    at_the_horizon = sl.replicate(scenario, 1, follow_up_days=7, progress=False).metrics()
    assert at_the_horizon.loc[0, "released_within_7d"] == 0
    seen = sl.replicate(scenario.replace({"horizon_days": 10}), 1, follow_up_days=7, progress=False)
    run = of_replication(seen.scenario, 1, 0, 7)
    holds = plain.cohort(run)
    assert set(holds["repaid_at"]) == {0, 1, 2, 3}
    assert (
        seen.metrics().loc[0, "released_within_7d"]
        == ((holds["repaid_at"] >= 2) & (holds["repaid_at"] < 4)).mean()
    )


def test_without_a_followed_hold_there_is_nothing_to_say() -> None:
    scenario = sl.preset("clockwork").replace(
        {"population.utilisation_mean": 0.0, "population.borrowers": 5, "horizon_days": 100}
    )
    study = sl.replicate(scenario, 3, follow_up_days=30, progress=False)
    assert study.metrics()[list(FOLLOWED)].isna().all(axis=None)
    assert (study.metrics()[["no_limit_share", "limit_days_lost", "default_losses"]] == 0).all(axis=None)
    summary = study.summary()
    assert (summary.loc[list(FOLLOWED), "replications"] == 0).all()
    assert summary.loc[list(FOLLOWED), ["estimate", "low", "high"]].isna().all(axis=None)


def test_nothing_is_said_of_a_follow_up_that_nobody_has() -> None:
    scenario = sl.preset("jiebei").replace({"population.borrowers": 20, "horizon_days": 200})
    for follow_up in (21, 300):
        study = sl.replicate(scenario, 2, follow_up_days=follow_up, progress=False)
        assert study.metrics()[[*FOLLOWED, "gap_days"]].isna().all(axis=None)
        assert study.standing().isna().all(axis=None)
        assert study.delay_curve().loc[0, "released"] > 0.5


def test_releases_beyond_the_follow_up_are_not_known() -> None:
    scenario = sl.preset("jiebei").replace({"population.borrowers": 20})
    table = sl.replicate(scenario, 2, follow_up_days=20, progress=False).metrics()
    assert table[["released_within_30d", "released_within_90d"]].isna().all(axis=None)
    assert table[["released_within_0d", "released_within_7d"]].notna().all(axis=None)


@pytest.fixture(scope="module")
def frozen() -> sl.Study:
    """Half of the borrowers, on average, are frozen for good from the start."""
    freeze = {"kind": "freeze", "at_day": 0, "duration_days": 1000, "regions": ("east",)}
    scenario = sl.preset("clockwork").replace(
        {
            "population.borrowers": 21,
            "population.regions": {"east": 0.5, "west": 0.5},
            "shocks": [freeze],
            "horizon_days": 120,
        }
    )
    return sl.replicate(scenario, 20, follow_up_days=30, progress=False)


def test_a_median_that_some_replication_does_not_reach_has_no_mean(frozen: sl.Study) -> None:
    reached = frozen.metrics()["median_days"]
    within = frozen.metrics()["released_within_30d"]
    assert set(reached) == {0, np.inf}
    assert ((reached == 0) == (within >= 0.5)).all()
    summary = frozen.summary().loc["median_days"]
    assert summary[["estimate", "low", "high"]].isna().all()
    assert summary["replications"] == 20


def test_the_gap_is_between_the_groups_that_are_counted_apart(frozen: sl.Study) -> None:
    assert (frozen.metrics()["gap_days"] == 30).all()
