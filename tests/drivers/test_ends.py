"""Fields at the ends of what they may be: both drivers end, agree, and can be interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from histories import TABLES
from identities import assert_consistent
from scenario_ends import (
    BORROWERS,
    DAYS,
    NAMES,
    SIZES,
    at_end,
    ends_of,
    fields_of,
    plain,
    random_ends,
    rich_scenario,
)

import simlimit as sl
from simlimit.drivers import calendar_driver
from simlimit.model.preparation import prepare
from simlimit.model.records import BORROWER
from simlimit.scenario.parts import Shock

RICH = rich_scenario(1)
ENDS = {
    plain(name): ends_of(name, info, RICH) for name, info in fields_of(RICH) if name not in (*SIZES, *NAMES)
}
CASES = [(name, value) for name, values in ENDS.items() for value in values]
ONCE = {"population.borrowers": 1, "shocks": [], "levers": [], "warmup_days": 0}


def sampled(cases: list[Any], every: int) -> list[Any]:
    """Try every so manieth case by default, and all in a long run."""
    marks = {k: () if k % every == 0 else pytest.mark.long for k in range(len(cases))}
    return [pytest.param(case, marks=marks[k]) for k, case in enumerate(cases)]


def assert_drivers_agree(scenario: sl.Scenario, seed: int = 1) -> sl.Run:
    """Assert that both drivers give the same tables, in which no sum is beyond its bounds."""
    run, other = (sl.simulate(scenario, seed=seed, engine=engine) for engine in ("simpy", "calendar"))
    for name in TABLES["all"]:
        pd.testing.assert_frame_equal(getattr(run, name), getattr(other, name), check_exact=True, obj=name)
    assert_consistent(run)
    assert (run.daily.drop(columns=["date", "headroom"]) >= 0).all(axis=None)
    assert (run.counts.select_dtypes("number") >= 0).all(axis=None)
    assert (run.borrowers.drop(columns="left_at").select_dtypes("number") >= 0).all(axis=None)
    return run


def assert_study_agrees(scenario: sl.Scenario, run: sl.Run, seed: int = 1) -> None:
    """Assert that a study of a scenario has a table, and the days of the run's holds."""
    study = sl.replicate(scenario, 1, seed=seed, progress=False)
    assert len(study.summary()) > 0
    counted = run.counts[run.counts["followed"]]
    tallied = study._tallies.followed_holds[0, :, :8, :-1].sum(axis=(0, 2))
    ages = study._tallies.followed_holds.shape[-1] - 1
    within = counted[counted["age_days"] < ages]
    assert tallied.tolist() == within.iloc[:, 3:11].sum().tolist()


# ---- the ends ---------------------------------------------------------------------------------------------


def test_every_field_has_ends() -> None:
    """A field of a new kind must be added to `ends_of`; the book is small, and the run is short."""
    assert {*sl.Scenario.leaves()} - {*ENDS} == {*SIZES, *NAMES}
    assert {f"shocks.{name}" for name in Shock.model_fields} <= {*ENDS}
    assert all(len(values) > 1 for values in ENDS.values() if not isinstance(values[0], str))
    assert RICH.population.borrowers <= BORROWERS
    assert RICH.horizon_days <= DAYS


@pytest.mark.parametrize("case", sampled(CASES, 16), ids=lambda case: f"{case[0]}={str(case[1])[:20]}")
def test_both_drivers_agree_with_a_field_at_an_end(case: tuple[str, Any]) -> None:
    name, value = case
    smaller: dict[str, Any] = {}
    if name == "population.regions":
        smaller = {"horizon_days": 5, "warmup_days": 0, "shocks": []}
    scenario = at_end(RICH.replace(smaller), name, value)
    assert_study_agrees(scenario, assert_drivers_agree(scenario))


@pytest.mark.parametrize("seed", sampled([*range(500)], 50))
def test_both_drivers_agree_with_many_fields_at_their_ends(seed: int) -> None:
    scenario = random_ends(seed)
    assert_study_agrees(scenario, assert_drivers_agree(scenario, seed), seed)


# ---- counts at their greatest -----------------------------------------------------------------------------


@pytest.mark.long
def test_flags_change_as_often_as_they_may_and_are_counted() -> None:
    """R59: the shortest flags over the longest run, of borrowers who are flagged again at once."""
    daily = {"evaluation.period_days": 1, "evaluation.duration_days": 0, "screening.flag_days": 1.0}
    always = {"screening.false_flag": np.nextafter(1.0, 0.0), "screening.risky_share": 0.0}
    plain = {"screening.weights": {}, "behaviour.default_dpd": 0, "horizon_days": 30_000}
    run = assert_drivers_agree(RICH.replace(ONCE | daily | always | plain))
    changes = int(run._state.borrowers["flag_changes"][0])
    assert abs(changes - 60_000) < 6 * 2 * 30_000**0.5
    assert changes <= np.iinfo(BORROWER["flag_changes"]).max


@pytest.mark.parametrize(
    ("shock", "count", "each"),
    [
        ({"kind": "freeze"}, "freezes", 1),
        ({"kind": "watch_list"}, "watches", 1),
        ({"kind": "tightening", "size": 1.0}, "tightened", 10_000),
    ],
)
def test_all_shocks_that_may_begin_can_be_in_force_at_once(
    shock: dict[str, Any], count: str, each: int
) -> None:
    """R102: they add up, twice as far as 16 bits with a sign count."""
    days, number = 400, 75
    yearly = {**shock, "per_year": 365.0, "duration_days": 30_000}
    scenario = RICH.replace(ONCE | {"horizon_days": days, "shocks": [yearly] * number})
    state = sl.simulate(scenario, engine="calendar", keep="counts")._state
    begun = len(state.occurrences)
    assert abs(begun - days * number) < 5 * (days * number) ** 0.5
    if count != "tightened":
        assert begun < np.iinfo(BORROWER[count]).max
    assert state.borrowers[count].tolist() == [each * begun]


def test_without_a_ceiling_all_inflow_is_taken_whatever_there_is() -> None:
    """R83: 64 facilities at their largest, for the longest run."""
    rich = {"name": "bank", "daily_inflow": 1e10, "lump": 1e10, "every_days": 1}
    funding = {"unlimited": False, "initial": 1e13, "daily_inflow": 1e10, "facilities": [rich] * 64}
    doubled = [{"kind": "more_funding", "strength": 1.0}]
    days = 30_000
    scenario = sl.Scenario().replace(
        {"population.borrowers": 1, "horizon_days": days, "funding": funding, "levers": doubled}
    )
    daily = sl.simulate(scenario, engine="calendar", keep="counts")._state.daily
    assert set(daily["inflow"].tolist()) == {2 * (64 * 2 + 1) * 10**12}
    owed = int(daily["outstanding"][-1] + daily["available"][-1])
    assert int(daily["headroom"][-1]) == 10**15 + days * 2 * 129 * 10**12
    assert owed < 2**62


def test_a_headroom_far_below_nothing_takes_all_inflow() -> None:
    """R83, R85: with funding that is never recycled, draws take the headroom below 0."""
    funding = {"unlimited": False, "recycle_share": 0.0, "reserve_share": 0.0, "daily_inflow": 1.0}
    scenario = RICH.replace(ONCE | {"funding": funding, "behaviour.draws_per_year": 365.0})
    run = assert_drivers_agree(scenario)
    assert run.daily["headroom"].min() < 0
    assert (run.daily["inflow"] == 1).all()


LARGE = {"population.borrowers": 20_000_000, "population.limit_median": 10_000.0}
RISES = {"limits.raise_score": 0.5, "limits.raise_share": 1.0, "limits.raise_days": 1}


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"horizon_days": 30_000}, True),
        ({"population.limit_median": 1e9, "horizon_days": 1}, True),
        ({"population.limit_median": 1e9}, False),
        (RISES, False),
        (RISES | {"limits.cap": 100_000.0}, True),
        ({"levers": [{"kind": "campaign", "strength": 0.1}], "horizon_days": 900}, True),
        ({"levers": [{"kind": "campaign", "strength": 0.1}], "horizon_days": 9_000}, False),
    ],
)
def test_a_book_of_which_money_can_be_summed_over_borrowers_and_days(
    changes: dict[str, Any], fits: bool
) -> None:
    """Within 64 bits; a book that does not fit is refused with the number of borrowers that does."""
    scenario = sl.Scenario().replace(LARGE | changes)
    if fits:
        prepare(scenario, 90, logging=False, reusing=True)
        return
    with pytest.raises(
        sl.ScenarioError, match=r"^The book has 20,000,000 borrowers, but .* at most"
    ) as refused:
        prepare(scenario, 90, logging=False, reusing=True)
    most = int(str(refused.value).partition("at most ")[2].partition(":")[0].replace(",", ""))
    prepare(scenario.replace({"population.borrowers": most}), 90, logging=False, reusing=True)


# ---- interrupts -------------------------------------------------------------------------------------------

SCRIPT = """
import signal, sys, warnings
signal.signal(signal.SIGINT, signal.default_int_handler)
warnings.simplefilter("ignore")
import simlimit as sl
from scenario_ends import busy_scenario, random_ends
way, seed = sys.argv[1], int(sys.argv[2])
scenario = random_ends(seed) if seed else busy_scenario()
def act(scenario, number):
    if way == "replicate":
        sl.replicate(scenario, number, progress=False)
    else:
        for replication in range(number):
            sl.simulate(scenario, replication=replication, engine=way)
act(scenario.replace({"population.borrowers": 1, "horizon_days": 190, "shocks": []}), 1)
try:
    print("begun", flush=True)
    act(scenario, 3_000)
except KeyboardInterrupt:
    print("ended", flush=True)
"""
WAYS = ("calendar", "simpy", "replicate")
INTERRUPTED = [(way, seed) for seed in (0, 4, 8, 12) for way in WAYS]


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal to send.")
@pytest.mark.parametrize("case", sampled(INTERRUPTED, len(INTERRUPTED)), ids=str)
def test_an_interrupt_ends_it_within_two_seconds(case: tuple[str, int]) -> None:
    paths = os.pathsep.join([str(Path(sl.__file__).parent.parent), str(Path(__file__).parent.parent)])
    command = [sys.executable, "-P", "-c", SCRIPT, *map(str, case)]
    environment = os.environ | {"PYTHONPATH": paths}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "begun\n"
            time.sleep(0.3 + 0.1 * (case[1] % 5))
            sent = time.monotonic()
            process.send_signal(signal.SIGINT)
            assert process.stdout.readline() == "ended\n"
            assert time.monotonic() - sent < 2
        finally:
            process.kill()


def test_calls_become_shorter_where_a_day_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt is noticed between compiled calls, so that these must not take long."""
    told: list[int] = []
    monkeypatch.setattr("simlimit.run.simulate.tqdm.update", lambda _bar, days: told.append(days))
    monkeypatch.setattr(calendar_driver, "BORROWER_DAYS_PER_CALL", 1_600 * RICH.population.borrowers)
    monkeypatch.setattr(calendar_driver, "SECONDS_PER_CALL", 0.0)
    sl.simulate(RICH, engine="calendar", keep="counts")
    days = [number for number in told if number]
    assert days[:4] == [8, 4, 2, 1]
    assert set(days[4:]) == {1}
    assert sum(days) == RICH.horizon_days
