"""What is true of every history, whatever the scenario."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from histories import digest
from random_scenarios import random_scenario

import simlimit as sl
from simlimit.drivers.platform import Platform
from simlimit.model.state import FORFEITED, RELEASED

TABLES = ("holds", "daily", "borrowers", "events")
SHOCKS = (
    {"kind": "freeze", "duration_days": 9},
    {"kind": "tightening", "duration_days": 30, "size": 0.4},
    {"kind": "watch_list", "duration_days": 30},
    {"kind": "liquidity_squeeze", "duration_days": 20, "size": 0.9},
    {"kind": "limit_cut", "size": 0.5},
    {"kind": "cap", "size": 1_000.0},
    {"kind": "cancellation"},
)


def few_and_many(few: int, many: int) -> Any:
    """Try a few random scenarios by default, and more in a long run."""
    long = [pytest.param(seed, marks=pytest.mark.long) for seed in range(few, many)]
    return pytest.mark.parametrize("seed", [*range(few), *long])


def scenario_of(seed: int, folder: Path) -> sl.Scenario:
    """Every fourth scenario starts from a portfolio."""
    return random_scenario(seed, folder if seed % 4 == 3 else None)


def cents(amounts: pd.Series[float]) -> pd.Series[int]:
    return (100 * amounts).round().astype("int64")


def on_days(days: pd.Series[Any], amounts: pd.Series[int], horizon: int) -> npt.NDArray[np.int64]:
    """Return the sum of amounts of each day."""
    sums = np.zeros(horizon, np.int64)
    np.add.at(sums, days.to_numpy().astype(np.int64), amounts.to_numpy())
    return sums


def check_every_evening(platform: Platform) -> Any:
    """Check the limit identity of every borrower, and what its open holds add up to, at the end of every day."""
    for day in range(platform.horizon):
        yield platform.at(day, 6)
        b = platform.borrowers
        room = np.maximum(b["limit"], b["outstanding"])
        assert (b["outstanding"] + b["available"] + b["held"] == room).all(), f"limit identity, day {day}"
        assert (b["outstanding"] >= 0).all()
        assert (b["available"] >= 0).all()
        holds = platform.state.holds[: platform.state.platform[0].holds_used]
        holds = holds[~np.isin(holds["stage"], (RELEASED, FORFEITED))]
        held = np.zeros(len(b), np.int64)
        np.add.at(held, holds["borrower"], holds["amount"] - holds["forfeited"])
        assert (held == b["held"]).all(), f"open holds, day {day}"


def assert_pool_identity(run: sl.Run) -> None:
    """Assert the headroom of every day, computed from the tables alone (docs/model.md 2.7)."""
    horizon, funding = run.scenario.horizon_days, run.scenario.funding
    recycle, reserve = round(10_000 * funding.recycle_share), round(10_000 * funding.reserve_share)
    paid = run.holds[run.holds["kind"] == "repayment"]
    released = run.holds[run.holds["outcome"] == "released"]
    withdrawn = run.events[run.events["event"] == "withdraw"]
    drawn = run.events[run.events["event"] == "draw"]
    change = (
        cents(run.daily["inflow"]).to_numpy()
        + on_days(paid["repaid_at"], cents(paid["amount"]) * recycle // 10_000, horizon)
        - on_days(released["ended_at"], cents(released["released_amount"]) * reserve // 10_000, horizon)
        + on_days(withdrawn["day"], cents(withdrawn["amount"]) * reserve // 10_000, horizon)
        - on_days(drawn["day"], cents(drawn["amount"]) - cents(drawn["amount"]) * reserve // 10_000, horizon)
    )
    headroom = round(100 * funding.initial) + np.cumsum(change)
    assert (cents(run.daily["headroom"]) == headroom).all()


def assert_daily_totals(run: sl.Run) -> None:
    """Assert that the daily table agrees with the holds, the events and the borrowers at the end."""
    horizon, daily, holds, events = run.scenario.horizon_days, run.daily, run.holds, run.events
    for column in ("outstanding", "available", "held"):
        assert cents(daily[column]).iloc[-1] == cents(run.borrowers[column]).sum()
    paid = holds[holds["kind"] == "repayment"]
    ended = holds[holds["ended_at"].notna()]
    released = holds[holds["outcome"] == "released"]
    assert (cents(daily["repaid"]) == on_days(paid["repaid_at"], cents(paid["amount"]), horizon)).all()
    flow = on_days(released["ended_at"], cents(released["released_amount"]), horizon)
    assert (cents(daily["released"]) == flow).all()
    for column, event in (("forfeited", "forfeit"), ("drawn", "draw"), ("written_off", "default")):
        of_kind = events[events["event"] == event]
        assert (cents(daily[column]) == on_days(of_kind["day"], cents(of_kind["amount"]), horizon)).all()
    opened = on_days(holds["repaid_at"], holds["hold"] * 0 + 1, horizon)
    closed = on_days(ended["ended_at"], ended["hold"] * 0 + 1, horizon)
    assert (daily["pending_holds"] == np.cumsum(opened - closed)).all()
    owed = cents(daily["outstanding"]).diff().iloc[1:]
    assert (
        owed == (cents(daily["drawn"]) - cents(daily["repaid"]) - cents(daily["written_off"])).iloc[1:]
    ).all()


def assert_holds_consistent(run: sl.Run) -> None:
    """Assert what is true of every hold: charges, times, amounts, outcome."""
    holds = run.holds
    charged = holds.filter(regex="^days_")
    assert charged.shape[1] == 8
    assert (charged.sum(axis=1) == holds["delay_days"]).all()
    assert (charged >= 0).all(axis=None)
    last = holds["ended_at"].fillna(run.scenario.horizon_days)
    assert (holds["delay_days"] == last - holds["repaid_at"]).all()
    assert holds["repaid_at"].between(0, run.scenario.horizon_days - 1).all()
    for column in ("approved_at", "reviewed_at"):
        known = holds[column].notna()
        assert (holds["repaid_at"] <= holds[column])[known].all()
        assert (holds[column] <= last)[known].all()
    amount, released, forfeited = (
        cents(holds[name]) for name in ("amount", "released_amount", "forfeited_amount")
    )
    outcome = holds["outcome"]
    assert (amount > 0).all()
    assert ((released > 0) == (outcome == "released")).all()
    assert (released + forfeited == amount)[outcome != "pending"].all()
    assert (forfeited < amount)[outcome == "pending"].all()
    assert (holds["ended_at"].isna() == (outcome == "pending")).all()
    assert holds["approved_at"][outcome == "released"].notna().all()
    raises = holds[holds["kind"] == "raise"]
    assert (raises["approved_at"] == raises["repaid_at"]).all()
    assert (raises["loan"] == -1).all()


@few_and_many(50, 500)
def test_identities_hold_every_day_and_watching_changes_nothing(seed: int, tmp_path: Path) -> None:
    scenario = scenario_of(seed, tmp_path)
    run = sl.simulate(scenario, seed=seed, processes=[check_every_evening])
    if not scenario.funding.unlimited:
        assert_pool_identity(run)
    assert_daily_totals(run)
    assert_holds_consistent(run)
    unwatched = sl.simulate(scenario, seed=seed)
    assert digest(run) == digest(unwatched)


@few_and_many(50, 500)
def test_the_same_seed_gives_the_same_tables_and_another_seed_others(seed: int, tmp_path: Path) -> None:
    scenario = scenario_of(seed, tmp_path)
    run = sl.simulate(scenario, seed=seed)
    again = sl.simulate(scenario, seed=seed, keep="holds")
    for name in TABLES[:3]:
        pd.testing.assert_frame_equal(getattr(run, name), getattr(again, name), check_exact=True)
    assert not run.events.equals(sl.simulate(scenario, seed=seed + 1).events)
    assert not run.events.equals(sl.simulate(scenario, seed=seed, replication=1).events)


@few_and_many(50, 500)
def test_scenarios_that_differ_from_a_day_on_share_the_history_before(seed: int, tmp_path: Path) -> None:
    scenario = scenario_of(seed, tmp_path)
    day = scenario.horizon_days // 2
    shock = SHOCKS[seed % len(SHOCKS)]
    other = scenario.replace({"shocks": [*scenario.shocks, {**shock, "at_day": day}]})
    run, changed = sl.simulate(scenario, seed=seed), sl.simulate(other, seed=seed)
    for name in ("daily", "events"):
        before = [table[table["day"] < day] for table in (getattr(run, name), getattr(changed, name))]
        pd.testing.assert_frame_equal(*before, check_exact=True)
    assert changed.events.query("day == @day and event == 'shock_begin'")["cause"].eq(shock["kind"]).any()


def test_a_longer_horizon_only_adds_days(tmp_path: Path) -> None:
    scenario = scenario_of(3, tmp_path)
    short = scenario.replace({"horizon_days": 60, "shocks": []})
    run, longer = sl.simulate(short), sl.simulate(short.replace({"horizon_days": 90}))
    pd.testing.assert_frame_equal(run.daily, longer.daily[:60], check_exact=True)
    pd.testing.assert_frame_equal(run.events, longer.events[: len(run.events)], check_exact=True)


@pytest.mark.parametrize(
    ("seeds", "setting"),
    [(range(12), {"NUMBA_BOUNDSCHECK": "1"}), (range(4), {"NUMBA_DISABLE_JIT": "1"})],
    ids=["bounds checked", "not compiled"],
)
def test_histories_are_the_same_with_bounds_checked_and_in_plain_python(
    seeds: range, setting: dict[str, str], fresh_process: Callable[..., str], tmp_path: Path
) -> None:
    script = Path(__file__).parent / "histories.py"
    setting = {**setting, "NUMBA_CACHE_DIR": str(tmp_path)}
    digests = fresh_process(str(script), *map(str, seeds), **setting).split()
    assert digests == [digest(sl.simulate(random_scenario(seed), seed=seed)) for seed in seeds]


def test_with_bounds_checked_a_write_beyond_an_array_is_an_error(
    fresh_process: Callable[..., str], tmp_path: Path
) -> None:
    """Without it, the histories above would prove nothing."""
    script = """
import numpy as np
from simlimit.model.ledger import record_day
from simlimit.model.state import DAY, PLATFORM
try:
    record_day(np.zeros(1, PLATFORM), np.zeros(3, DAY), 3)
except IndexError:
    print("refused")
"""
    printed = fresh_process("-c", script, NUMBA_BOUNDSCHECK="1", NUMBA_CACHE_DIR=str(tmp_path))
    assert printed.strip() == "refused"
