"""The log of events, with the starting book and the scenario, rebuilds the tables of a history."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import oracle
import pytest
import replayed_log
from random_scenarios import random_scenario
from random_worlds import random_world

import simlimit as sl
from simlimit.scenario import Scenario


def assert_rebuilt(scenario: Scenario, frames: Any, seed: int) -> None:
    """Assert that the log tells all of the tables but the flags."""
    rebuilt = replayed_log.rebuild(scenario, frames.events, seed)
    difference = oracle.first_difference(without_flags(frames), without_flags(rebuilt))
    assert difference is None, f"{scenario.name}: {difference}"


def without_flags(frames: Any) -> oracle.Frames:
    tables = {name: getattr(frames, name) for name in oracle.Frames._fields}
    return oracle.Frames(
        **{name: table.drop(columns="flagged", errors="ignore") for name, table in tables.items()}
    )


@pytest.mark.parametrize("engine", ["calendar", "simpy"])
def test_the_log_rebuilds_the_tables(engine: str) -> None:
    """R161 to R165, R167: every column of `daily`, `holds`, `borrowers` and `counts` but the flags."""
    scenario = random_scenario(2)
    assert_rebuilt(scenario, sl.simulate(scenario, seed=2, engine=engine), seed=2)


@pytest.mark.parametrize("seed", range(2))
def test_the_log_rebuilds_the_tables_of_a_world(seed: int, tmp_path: Path) -> None:
    """The same of books that change, and of all else that is new there."""
    scenario = random_world(seed, tmp_path)
    assert_rebuilt(scenario, sl.simulate(scenario, seed=seed, engine="calendar"), seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 80))
def test_the_log_rebuilds_the_tables_of_many_worlds(seed: int, tmp_path: Path) -> None:
    """The same."""
    scenario = random_world(seed, tmp_path)
    assert_rebuilt(scenario, sl.simulate(scenario, seed=seed, engine="calendar"), seed)


PAYMENTS = ("repayment", "prepayment")
TRACELESS = {"cleared", "slip", "miss", "evaluation", "review"}
NEEDED = [event for event in oracle.EVENTS if event not in TRACELESS]


@pytest.mark.long
def test_without_one_event_the_log_tells_another_history(tmp_path: Path) -> None:
    """The rebuilding does not know by itself what happened.

    A payment of nothing may leave no trace, nor a miss or an evaluation that changes nothing.
    """
    dropped: Counter[str] = Counter()
    for seed in range(12):
        scenario = random_world(seed, tmp_path)
        frames = oracle.simulate(scenario, seed=seed)
        for kind in (name for name in NEEDED if name in set(frames.events["event"]) and dropped[name] < 2):
            events = frames.events[frames.events["event"] == kind]
            of_kind = events.index[(events["amount"] > 0) | ~events["event"].isin(PAYMENTS)]
            rest = frames.events.drop(index=of_kind[len(of_kind) // 2])
            dropped[kind] += 1
            with pytest.raises((AssertionError, ValueError, KeyError)):
                assert_rebuilt(scenario, frames._replace(events=rest), seed)
    assert set(dropped) == set(NEEDED)
