"""Many replications in one compiled call are the replications one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from random_scenarios import random_scenario

import simlimit as sl
from simlimit.drivers import replications
from simlimit.drivers.replications import Replications
from simlimit.model.start import Setting, prepare
from simlimit.scenario import Scenario

FOLLOW_UP = 30


def setting_of(scenario: Scenario) -> Setting:
    return prepare(scenario, FOLLOW_UP, logging=False, reusing=True)


def assert_rows_are_single_runs(done: Replications, scenario: Scenario, seed: int, first: int) -> None:
    for row, counts in enumerate(done.counts):
        run = sl.simulate(
            scenario, seed, first + row, engine="calendar", keep="counts", follow_up_days=FOLLOW_UP
        )
        assert np.array_equal(counts, run._state.counts)
        assert np.array_equal(done.daily[row], run._state.daily)
        by_region = run.borrowers.groupby("region", observed=False)
        assert done.totals[row]["borrowers"].tolist() == by_region.size().tolist()
        assert done.totals[row]["no_limit_days"].tolist() == by_region["no_limit_days"].sum().tolist()
        held = by_region["held_amount_days"].sum().to_numpy()
        assert done.totals[row]["held_days"] / 100 == pytest.approx(held, rel=1e-12)


@pytest.mark.parametrize("seed", range(12))
def test_rows_are_the_runs_one_by_one(seed: int) -> None:
    scenario = random_scenario(seed)
    done = replications.run(setting_of(scenario), seed, 2, 3)
    assert_rows_are_single_runs(done, scenario, seed, 2)


def test_rows_are_the_runs_when_shocks_come_more_often_than_there_are_shocks() -> None:
    often = {"kind": "freeze", "per_year": 40.0, "duration_days": 3, "score_below": 0.8}
    scenario = sl.preset("jiebei").replace(
        {"population.borrowers": 50, "horizon_days": 365, "warmup_days": 30, "shocks": [often]}
    )
    done = replications.run(setting_of(scenario), 1, 0, 4)
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
    done = replications.run(setting_of(scenario), 1, 0, 3)
    assert_rows_are_single_runs(done, scenario, 1, 0)


def test_threads_share_replications_without_a_trace() -> None:
    scenario = sl.preset("jiebei").replace({"population.borrowers": 200})
    setting = setting_of(scenario)
    whole = replications.run(setting, 1, 0, 8)
    with ThreadPoolExecutor(2) as executor:
        parts = list(executor.map(lambda first: replications.run(setting, 1, first, 2), range(0, 8, 2)))
    for name in Replications._fields:
        assert np.array_equal(getattr(whole, name), np.concatenate([getattr(part, name) for part in parts]))
