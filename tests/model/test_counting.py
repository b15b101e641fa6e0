"""Blocked money is lost, day by day."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import numpy as np
import pandas as pd
import pytest
import simpy
from interest_paid import assert_interest
from random_scenarios import random_scenario

import simlimit as sl
from simlimit.model import causes
from simlimit.processes.platform import Platform

REASONS = ("past_due", "denied", "frozen")
LATE = 5.9
"""A moment of the day after which nothing moves any more."""


def refusing(seed: int, reasons: tuple[str, ...], pool: bool) -> sl.Scenario:
    """Return a random scenario in which draws are refused, and a pool that is often empty."""
    scenario = random_scenario(seed)
    changes: dict[str, Any] = {"limits.block_draws": reasons, "funding.refuse_draws": pool}
    changes["behaviour.draws_per_year"] = max(30.0, scenario.behaviour.draws_per_year)
    if pool:
        changes |= {"funding.unlimited": False, "funding.reserve_share": 0.6}
    return scenario.replace(changes)


def brute_force(scenario: sl.Scenario, processes: tuple[Any, ...] = ()) -> tuple[sl.Run, Any, Any, int]:
    """Return a run, each borrower's days without limit and lost cent-days, and its days of blocked money."""
    blocks, grace = scenario.limits.block_draws, scenario.rules.grace_days
    evenings: list[Any] = []

    def look(platform: Platform) -> Generator[simpy.Event, Any, None]:
        for day in range(platform.horizon):
            yield platform.at(day, LATE)
            evenings.append(platform.borrowers.copy())

    run = sl.simulate(scenario, seed=3, processes=[*processes, look])
    asked = run.events[run.events["event"].isin(["draw", "refused_draw"])]
    short = np.zeros(len(run.borrowers), bool)
    no_limit, lost = np.zeros((2, len(short)), np.int64)
    blocked_days = 0
    for day, b in enumerate(evenings):
        for one in asked[asked["day"] == day].itertuples():
            if one.event == "draw" or one.cause == "funding":
                short[one.borrower] = one.event == "refused_draw"
        blocked = short & scenario.funding.refuse_draws
        blocked |= (day - b["oldest_due"].astype(int) > grace) & ("past_due" in blocks)
        blocked |= (b["standing"] != causes.CLEAR) & ("denied" in blocks)
        blocked |= (b["freezes"] > 0) & ("frozen" in blocks)
        usable = np.where(blocked, 0, b["available"])
        room = b["highest"] - b["outstanding"]
        least = round(100 * scenario.product.min_draw)
        if day >= scenario.warmup_days:
            no_limit += (usable < least) & (room >= least)
            lost += np.maximum(0, room - usable)
        blocked_days += int((blocked & (b["available"] > 0)).sum())
    return run, no_limit, lost, blocked_days


LONG = [
    (reasons, pool, range(6)) for reasons in ((), *((one,) for one in REASONS), REASONS) for pool in (0, 1)
]


@pytest.mark.parametrize(
    ("reasons", "pool", "seeds"),
    [(REASONS, True, range(1)), *(pytest.param(*one, marks=pytest.mark.long) for one in LONG)],
)
def test_blocked_money_is_lost_on_each_evening(reasons: tuple[str, ...], pool: bool, seeds: range) -> None:
    """R138, against the records of every evening; the calendar driver counts the same."""
    refused = blocked = 0
    for seed in seeds:
        scenario = refusing(seed, reasons, bool(pool))
        run, no_limit, lost, days = brute_force(scenario)
        assert run.borrowers["no_limit_days"].tolist() == no_limit.tolist()
        assert (100 * run.borrowers["lost_amount_days"]).round().astype(int).tolist() == lost.tolist()
        refused, blocked = refused + int(run.daily["refused_draws"].sum()), blocked + days
        other = sl.simulate(scenario, seed=3, engine="calendar")
        for table in ("holds", "daily", "borrowers", "events", "counts"):
            pd.testing.assert_frame_equal(getattr(run, table), getattr(other, table))
    refusing_any = bool(pool) or reasons != ()
    assert (refused > 0, blocked > 0) == (refusing_any, refusing_any)


def test_what_a_process_draws_is_refused_at_once_and_paid_off_with_interest() -> None:
    """R136, R137: `Platform.draw` says so; the wish of the day is decided after it."""
    answers: list[bool] = []

    def asks(platform: Platform) -> Generator[simpy.Event, Any, None]:
        for day in range(30, platform.horizon, 3):
            yield platform.at(day, 5)
            for borrower in range(0, len(platform.borrowers), 7):
                if platform.borrowers[borrower]["available"] >= 100:
                    answers.append(platform.draw(borrower, 1.0))
            if day % 2:
                platform.repay_early(day % len(platform.borrowers))

    run, no_limit, lost, _ = brute_force(refusing(1, REASONS, True), (asks,))
    assert {True, False} == set(answers)
    assert run.borrowers["no_limit_days"].tolist() == no_limit.tolist()
    assert (100 * run.borrowers["lost_amount_days"]).round().astype(int).tolist() == lost.tolist()
    assert_interest(run)
