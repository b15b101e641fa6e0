"""What is true of every history, whatever the scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from few_and_many import few_and_many
from histories import TABLES, digest
from identities import assert_consistent, check_every_evening
from random_scenarios import random_scenario, scenario_of

import simlimit as sl

SHOCKS = (
    {"kind": "freeze", "duration_days": 9},
    {"kind": "tightening", "duration_days": 30, "size": 0.4},
    {"kind": "watch_list", "duration_days": 30},
    {"kind": "liquidity_squeeze", "duration_days": 20, "size": 0.9},
    {"kind": "limit_cut", "size": 0.5},
    {"kind": "cap", "size": 1_000.0},
    {"kind": "cancellation"},
)


@few_and_many(20, 500)
def test_identities_hold_every_day_and_watching_changes_nothing(seed: int, tmp_path: Path) -> None:
    """R107, R108, R109, R168: every evening, to the cent."""
    scenario = scenario_of(seed, tmp_path)
    run = sl.simulate(scenario, seed=seed, processes=[check_every_evening])
    assert_consistent(run)
    unwatched = sl.simulate(scenario, seed=seed)
    assert digest(run) == digest(unwatched)


@few_and_many(20, 500)
def test_the_same_seed_gives_the_same_tables_and_another_seed_others(seed: int, tmp_path: Path) -> None:
    """R169, R171, R172: the seed alone decides, whatever is kept."""
    scenario = scenario_of(seed, tmp_path)
    run = sl.simulate(scenario, seed=seed)
    again = sl.simulate(scenario, seed=seed, keep="holds")
    for name in TABLES["holds"]:
        pd.testing.assert_frame_equal(getattr(run, name), getattr(again, name), check_exact=True)
    for other in ({"seed": seed + 1}, {"seed": seed, "replication": 1}):
        assert not run.events.equals(sl.simulate(scenario, **other, engine="calendar").events)


@few_and_many(20, 500)
def test_scenarios_that_differ_from_a_day_on_share_the_history_before(seed: int, tmp_path: Path) -> None:
    """R98, R169: a shock leaves the days before it as they were."""
    scenario = scenario_of(seed, tmp_path)
    day = scenario.horizon_days // 2
    shock = SHOCKS[seed % len(SHOCKS)]
    other = scenario.replace({"shocks": [*scenario.shocks, {**shock, "at": day}]})
    run, changed = (sl.simulate(one, seed=seed, engine="calendar") for one in (scenario, other))
    for name in ("daily", "events"):
        before = [table[table["day"] < day] for table in (getattr(run, name), getattr(changed, name))]
        pd.testing.assert_frame_equal(*before, check_exact=True)
    assert changed.events.query("day == @day and event == 'shock_begin'")["cause"].eq(shock["kind"]).any()


def test_a_longer_horizon_only_adds_days(tmp_path: Path) -> None:
    """R1: the days before are as they were."""
    scenario = scenario_of(3, tmp_path)
    short = scenario.replace({"horizon_days": 60, "warmup_days": 0, "shocks": []})
    run, longer = sl.simulate(short), sl.simulate(short.replace({"horizon_days": 90}))
    pd.testing.assert_frame_equal(run.daily, longer.daily[:60], check_exact=True)
    pd.testing.assert_frame_equal(run.events, longer.events[: len(run.events)], check_exact=True)


@pytest.mark.parametrize(
    ("seeds", "setting"),
    [
        pytest.param(range(12), {"NUMBA_BOUNDSCHECK": "1"}, marks=pytest.mark.long),
        (range(2), {"NUMBA_DISABLE_JIT": "1"}),
    ],
    ids=["bounds checked", "not compiled"],
)
def test_histories_are_the_same_with_bounds_checked_and_in_plain_python(
    seeds: range, setting: dict[str, str], fresh_process: Callable[..., str], tmp_path: Path
) -> None:
    """R172: however the transitions are run."""
    script = Path(__file__).parent / "histories.py"
    setting = {**setting, "NUMBA_CACHE_DIR": str(tmp_path)}
    digests = fresh_process(str(script), "simpy", "all", *map(str, seeds), **setting).split()
    assert digests == [digest(sl.simulate(random_scenario(seed), seed=seed)) for seed in seeds]


def test_with_bounds_checked_a_write_beyond_an_array_is_an_error(
    fresh_process: Callable[..., str], tmp_path: Path
) -> None:
    """Without it, the histories above would prove nothing."""
    script = """
import numpy as np
from simlimit.model.ledger import record_day
from simlimit.model.records import DAY
from simlimit.model.state import State
try:
    record_day(State(daily=np.zeros(3, DAY)), 3)
except IndexError:
    print("refused")
"""
    printed = fresh_process("-c", script, NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path))
    assert printed.strip() == "refused"
