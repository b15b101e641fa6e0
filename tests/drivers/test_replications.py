"""R169: replications in arrays that are used again are the replications one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import oracle
import pandas as pd
import pytest
from random_scenarios import follow_up_of, random_scenario

import simlimit as sl
from simlimit.drivers import replications
from simlimit.drivers.tallies import Tallies
from simlimit.model.causes import GATES
from simlimit.model.preparation import PreparedScenario, prepare
from simlimit.model.stages import FORFEITED, RELEASED
from simlimit.scenario import Scenario

FOLLOW_UP = 30
ENDS = ("released", "forfeited", "pending")
BANDS = {
    "limit": (2_000.0, 20_000.0),
    "utilisation": (0.3, 0.7),
    "score": (0.6, 0.8),
    "late_share": (0.05, 0.2),
}
VARIED = {
    "population.initial_score": None,
    "population.score_mean": 0.7,
    "population.score_concentration": 4.0,
    "population.limit_median": 10_000.0,
    "population.limit_log_sd": 1.2,
    "population.utilisation_mean": 0.5,
    "population.utilisation_concentration": 2.0,
    "population.other_lenders": 0.5,
    "behaviour.late_onset": 0.1,
    "behaviour.late_concentration": 2.0,
    "review.watch_share": 0.4,
    "screening.risky_share": 0.2,
}
FLAGS = {"watched": "watched", "risky": "risky", "lenders": "other_lenders"}


def prepared_of(
    scenario: Scenario, follow_up: int = FOLLOW_UP, by: str = "region", bands: tuple[float, ...] = ()
) -> PreparedScenario:
    return prepare(scenario, follow_up, logging=False, reusing=True, by=by, bands=bands)


def cents(amounts: pd.Series[float]) -> npt.NDArray[np.int64]:
    return (100 * amounts).round().to_numpy().astype(np.int64)


def single_run(scenario: Scenario, seed: int, replication: int, follow_up: int) -> sl.Run:
    return sl.simulate(scenario, seed, replication, engine="calendar", keep="holds", follow_up_days=follow_up)


def standing_at_the_horizon(run: sl.Run, group_of: npt.NDArray[np.int64], follow_up: int) -> pd.DataFrame:
    """Repayment holds that reach the end of their follow-up at the horizon: group, gate and cents left."""
    state = run._state
    holds = state.holds[: state.storage.holds_used]
    last_day = run.scenario.horizon_days - follow_up
    pending = ~np.isin(holds["stage"], (RELEASED, FORFEITED)) & (holds["instalment"] != -1)
    holds = holds[pending & (holds["repaid_at"] == last_day) & (last_day >= run.scenario.warmup_days)]
    owner = state.borrowers["borrower"][holds["owner"]]
    left = holds["amount"] - holds["forfeited"]
    return pd.DataFrame({"group": group_of[owner], "gate": holds["cause"], "cents": left})


def assert_rows_are_single_runs(
    done: Tallies, scenario: Scenario, seed: int, first: int, follow_up: int = FOLLOW_UP
) -> None:
    for row in range(len(done.daily)):
        run = single_run(scenario, seed, first + row, follow_up)
        assert_counts_of_regions(done.rows(row, row + 1), run, follow_up)
        assert np.array_equal(done.daily[row], run._state.daily)
        by_region = run.borrowers.groupby("region", observed=False)
        assert done.totals[row]["borrowers"].tolist() == by_region.size().tolist()
        assert done.totals[row]["no_limit_days"].tolist() == by_region["no_limit_days"].sum().tolist()
        lost = by_region["lost_amount_days"].sum().to_numpy()
        assert done.totals[row]["lost_days"] / 100 == pytest.approx(lost, rel=1e-12)


def assert_counts_of_regions(done: Tallies, run: sl.Run, follow_up: int) -> None:
    regions = list(run.borrowers["region"].cat.categories)
    region_of = run.borrowers["region"].cat.codes.to_numpy().astype(np.int64)
    at_the_horizon = standing_at_the_horizon(run, region_of, follow_up)
    for number, region in enumerate(regions):
        counts = run.counts[run.counts["region"] == region]
        followed = counts[counts["followed"]].head(done.followed_holds.shape[-1])
        for what, end in enumerate(ENDS):
            by_age = counts.groupby("age_days")
            assert np.array_equal(done.ended_holds[0, number, what], by_age[end].sum())
            assert np.array_equal(done.ended_cents[0, number, what], cents(by_age[f"{end}_amount"].sum()))
        for what, name in enumerate((*GATES, *ENDS[:2])):
            holds, money = followed[name].to_numpy().copy(), cents(followed[f"{name}_amount"])
            there = at_the_horizon[(at_the_horizon["group"] == number) & (at_the_horizon["gate"] == what)]
            holds[-1] += len(there)
            money[-1] += there["cents"].sum()
            assert np.array_equal(done.followed_holds[0, number, what], holds)
            assert np.array_equal(done.followed_cents[0, number, what], money)


@pytest.mark.parametrize("seed", range(12))
def test_rows_are_the_runs_one_by_one(seed: int) -> None:
    scenario, follow_up = random_scenario(seed), follow_up_of(seed)
    done = replications.run(prepared_of(scenario, follow_up), seed, 2, 3)
    assert_rows_are_single_runs(done, scenario, seed, 2, follow_up)


@pytest.mark.parametrize("follow_up", [0, 1, 200, 30_000])
def test_rows_are_the_runs_however_long_holds_are_followed(follow_up: int) -> None:
    scenario = random_scenario(5).replace({"horizon_days": 220, "warmup_days": 20})
    done = replications.run(prepared_of(scenario, follow_up), 5, 0, 2)
    assert_rows_are_single_runs(done, scenario, 5, 0, follow_up)


def groups_at_the_start(scenario: Scenario, seed: int, replication: int, by: str) -> npt.NDArray[np.int64]:
    """The group of each borrower by what the independent model says of it before the first day."""
    people = oracle.Population(scenario, seed, replication).people()
    if by in FLAGS:
        return np.array([int(getattr(person, FLAGS[by])) for person in people])
    value = {
        "limit": lambda person: person.limit / 100,
        "utilisation": lambda person: person.utilisation,
        "score": lambda person: person.score,
        "late_share": lambda person: person.propensity,
    }[by]
    return np.array([sum(value(person) >= bound for bound in BANDS[by]) for person in people])


def assert_groups_are_those_of_the_holds(done: Tallies, run: sl.Run, group_of: npt.NDArray[np.int64]) -> None:
    number, ages = done.ended_holds.shape[1], done.ended_holds.shape[-1]
    scenario, follow_up = run.scenario, run.follow_up_days
    holds = run.holds[(run.holds["kind"] == "repayment") & (run.holds["repaid_at"] >= scenario.warmup_days)]
    of_holds = group_of[holds["borrower"]]
    for group in range(number):
        own = holds[of_holds == group]
        for what, end in enumerate(ENDS):
            ended = own.loc[own["outcome"] == end, "delay_days"]
            assert np.array_equal(done.ended_holds[0, group, what], np.bincount(ended, minlength=ages))
        assert done.ended_cents[0, group].sum() == cents(own["amount"]).sum()
        followed = own[own["repaid_at"] <= scenario.horizon_days - follow_up]
        days = np.arange(done.followed_holds.shape[-1])
        waiting = (followed["delay_days"].to_numpy()[:, np.newaxis] > days[:-1]).sum(axis=0)
        assert np.array_equal(done.followed_holds[0, group, :8, :-1].sum(axis=0), waiting)
        assert done.followed_cents[0, group, :, 0].sum() == cents(followed["amount"]).sum()
        people = run.borrowers[group_of == group]
        total = done.totals[0, group]
        assert total["borrowers"] == len(people)
        assert total["no_limit_days"] == people["no_limit_days"].sum()
        assert total["lost_days"] / 100 == pytest.approx(people["lost_amount_days"].sum(), rel=1e-12)


@pytest.mark.parametrize("by", [*FLAGS, *BANDS])
@pytest.mark.parametrize("seed", [3, 6])
def test_groups_are_of_what_borrowers_are_at_the_start(by: str, seed: int, tmp_path: Path) -> None:
    scenario = random_scenario(seed, tmp_path if seed == 3 else None).replace(VARIED)
    follow_up = follow_up_of(seed)
    done = replications.run(prepared_of(scenario, follow_up, by, BANDS.get(by, ())), seed, 1, 2)
    by_region = replications.run(prepared_of(scenario, follow_up), seed, 1, 2)
    for row in range(2):
        group_of = groups_at_the_start(scenario, seed, 1 + row, by)
        assert len(set(group_of)) > 1
        run = single_run(scenario, seed, 1 + row, follow_up)
        assert_groups_are_those_of_the_holds(done.rows(row, row + 1), run, group_of)
    for name in ("ended_holds", "ended_cents", "followed_holds", "followed_cents"):
        assert np.array_equal(getattr(done, name).sum(axis=1), getattr(by_region, name).sum(axis=1))
    assert np.array_equal(done.daily, by_region.daily)


def test_a_borrower_at_a_bound_is_above_it() -> None:
    scenario = Scenario().replace({"population.borrowers": 10, "population.limit_median": 1_000.0})
    done = replications.run(prepared_of(scenario, by="limit", bands=(1_000.0, 1_000.01)), 1, 0, 1)
    assert done.totals["borrowers"].tolist() == [[0, 10, 0]]


def test_rows_are_the_runs_when_shocks_come_more_often_than_there_are_shocks() -> None:
    often = {"kind": "freeze", "per_year": 40.0, "duration_days": 3, "score_below": 0.8}
    scenario = sl.preset("jiebei").replace(
        {"population.borrowers": 50, "horizon_days": 365, "warmup_days": 30, "shocks": [often]}
    )
    done = replications.run(prepared_of(scenario), 1, 0, 4)
    assert_rows_are_single_runs(done, scenario, 1, 0)


def test_rows_are_the_runs_when_a_day_brings_more_than_there_was_room_for() -> None:
    scenario = sl.preset("clockwork").replace(
        {
            "population.borrowers": 40,
            "population.utilisation_mean": 0.1,
            "product.release_unit": "loan",
            "product.instalments": 24,
            "product.cycle_days": 2,
            "behaviour.slip_days": 1,
            "behaviour.draws_per_year": 360.0,
            "behaviour.draw_share": (0.0, 0.01),
            "product.min_draw": 0.01,
            "horizon_days": 200,
        }
    )
    done = replications.run(prepared_of(scenario), 1, 0, 3)
    assert_rows_are_single_runs(done, scenario, 1, 0)


def test_threads_share_replications_without_a_trace() -> None:
    scenario = sl.preset("jiebei").replace({"population.borrowers": 200})
    prepared = prepared_of(scenario)
    whole = replications.run(prepared, 1, 0, 8)
    with ThreadPoolExecutor(2) as executor:
        parts = list(executor.map(lambda first: replications.run(prepared, 1, first, 2), range(0, 8, 2)))
    for name in Tallies._fields:
        assert np.array_equal(getattr(whole, name), np.concatenate([getattr(part, name) for part in parts]))
