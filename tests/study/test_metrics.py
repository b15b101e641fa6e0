"""Every metric of a study is the plain proportion, or mean, of the tables of its replications."""

from __future__ import annotations

from functools import reduce
from operator import add

import numpy as np
import plain
import pytest
from few_and_many import few_and_many
from lender import LENDER
from plain import GATES, of_replication
from random_scenarios import follow_up_of, random_scenario

import simlimit as sl
from simlimit.study.metrics import METRICS, Weight, beside_losses
from simlimit.study.ranking import RANKED
from simlimit.tables.units import HEADLINES, INCOME

FOLLOWED = METRICS[: METRICS.index("no_limit_share")]
DAYS = [f"days_{gate}" for gate in GATES]
PARTS = [*DAYS, "days_forfeited"]


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
                assert row["days_away"] == reduce(add, (row[part] for part in PARTS))
            for metric, value in plain.of_borrowers(run).items():
                assert row[metric] == pytest.approx(value, rel=1e-9), metric
        assert by_holds.loc[replication, "gap_days"] == pytest.approx(plain.gap(run), abs=1e-9, nan_ok=True)


@few_and_many(12, 150)
def test_metrics_of_random_scenarios_are_plain_proportions(seed: int) -> None:
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


def cancelled_on(scenario: sl.Scenario, day: int) -> sl.Scenario:
    """Every line is closed on a day."""
    return scenario.replace({"shocks": [{"kind": "cancellation", "at": day}]})


@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_a_forfeited_hold_is_away_to_the_end_of_the_follow_up(weight: Weight) -> None:
    """One borrower's line is closed on day 40, before any evaluation.

    So what was repaid on day r waits for the evaluation for 40 - r days, is forfeited, and stays away.
    """
    scenario = sl.preset("clockwork").replace(
        {
            "evaluation.straight_through": False,
            "evaluation.schedule": "batch",
            "evaluation.period_days": 100,
            "population.borrowers": 1,
            "horizon_days": 60,
        }
    )
    closed = cancelled_on(scenario, 40)
    assert scenario.product.cycle_days == 30
    table = sl.replicate(closed, 20, follow_up_days=30, progress=False).metrics(weight)
    ages = []
    for replication, row in table.iterrows():
        holds = plain.cohort(of_replication(closed, 1, replication, 30))
        assert (holds["outcome"] == "forfeited").all()
        assert (holds["repaid_at"] + holds["delay_days"] == 40).all()
        assert row["days_away"] == 30
        ages += holds["delay_days"].tolist()
        waited = np.minimum(holds["delay_days"], 30)
        shares = holds["amount"] if weight == "amount" else np.ones(len(holds))
        assert row["days_evaluation"] == pytest.approx(np.average(waited, weights=shares), rel=1e-12)
        assert row["days_forfeited"] == pytest.approx(np.average(30 - waited, weights=shares), rel=1e-12)
    assert min(ages) < 30 < max(ages)


@pytest.mark.parametrize("weight", ["holds", "amount"])
@pytest.mark.parametrize("day", [100, 181, 300])
def test_cancelling_every_line_does_not_bring_the_money_back_sooner(day: int, weight: Weight) -> None:
    """With unlimited funding and no desk a cancellation frees nothing for others: it makes all worse."""
    scenario = sl.preset("clockwork").replace(
        {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 400}
    )
    assert scenario.funding.unlimited
    before, after = (
        sl.replicate(one, 5, progress=False).metrics(weight)
        for one in (scenario, cancelled_on(scenario, day))
    )
    assert (after["days_away"] > before["days_away"]).all()
    # What is charged to gates falls: this is why waits alone do not say what is good for a borrower.
    assert (after[DAYS].sum(axis=1) < before[DAYS].sum(axis=1)).all()
    shares = [metric for metric in METRICS if metric.startswith("released_within")]
    assert (after[shares] <= before[shares]).all(axis=None)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("weight", ["holds", "amount"])
def test_the_days_away_of_a_table_of_means_are_the_sum_of_its_parts(seed: int, weight: Weight) -> None:
    study = sl.replicate(random_scenario(seed), 4, seed, follow_up_days=follow_up_of(seed), progress=False)
    for table in (
        study.summary(weight=weight)["estimate"],
        study.groups(weight=weight)["estimate"].unstack(),
    ):
        parts = reduce(add, (np.asarray(table.loc[part]) for part in PARTS))
        assert parts == pytest.approx(np.asarray(table.loc["days_away"]), rel=1e-12, nan_ok=True)


def test_losses_do_not_stand_without_the_limit_that_is_lost() -> None:
    assert beside_losses(("days_away",)) == ["days_away"]
    assert beside_losses(["default_losses", "days_away"]) == [
        "default_losses",
        "days_away",
        "limit_days_lost",
    ]
    assert beside_losses(["interest_income"]) == ["interest_income"]
    assert beside_losses(["net_income"]) == ["net_income", "limit_days_lost"]
    both = ["limit_days_lost", "default_losses"]
    assert beside_losses(both) == both
    for chosen in (HEADLINES, RANKED):
        assert {*both, *INCOME} <= set(chosen)


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


def test_without_a_day_of_presence_nothing_is_said_per_year() -> None:
    """The only borrower gives up its line in the warm-up, and goes on to pay interest until it has repaid."""
    leaving = LENDER.replace(
        {"population.borrowers": 1, "population.exits_per_year": 10.0, "horizon_days": 360}
    )
    study = sl.replicate(leaving, 12, seed=1, progress=False)
    metrics, paid = (
        study.metrics(),
        study.daily.query("day >= 180").groupby("replication")["interest_paid"].sum(),
    )
    nobody = metrics["no_limit_share"].isna()
    assert (nobody & (paid > 0)).any()
    per_year = metrics[["default_losses", "interest_income", "net_income"]]
    assert per_year[nobody].isna().all(axis=None)
    assert np.isfinite(per_year[~nobody]).all(axis=None)


def test_nothing_is_said_of_a_follow_up_that_nobody_has() -> None:
    scenario = LENDER.replace({"population.borrowers": 20, "horizon_days": 200})
    for follow_up in (21, 300):
        study = sl.replicate(scenario, 2, follow_up_days=follow_up, progress=False)
        assert study.metrics()[[*FOLLOWED, "gap_days"]].isna().all(axis=None)
        assert study.standing().isna().all(axis=None)
        assert study.delay_curve().loc[0, "released"] > 0.5


def test_releases_beyond_the_follow_up_are_not_known() -> None:
    scenario = LENDER.replace({"population.borrowers": 20})
    table = sl.replicate(scenario, 2, follow_up_days=20, progress=False).metrics()
    assert table[["released_within_30d", "released_within_90d"]].isna().all(axis=None)
    assert table[["released_within_0d", "released_within_7d"]].notna().all(axis=None)


@pytest.fixture(scope="module")
def frozen() -> sl.Study:
    """Half of the borrowers, on average, are frozen for good from the start."""
    freeze = {"kind": "freeze", "at": 0, "duration_days": 1000, "regions": ("east",)}
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
