"""What a short funding pool does to the release delay."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pandas as pd
import pytest
from measures import cents, clockwork, simulate

import simlimit as sl
from simlimit.scenario.parts import Funding


def replay(run: sl.Run, frozen: range = range(0)) -> dict[int, int]:
    """R79, R84, R85: return the day of release of each row of holds, from these and the fields alone."""
    funding = run.scenario.funding
    recycle, reserve = round(10_000 * funding.recycle_share), round(10_000 * funding.reserve_share)
    amounts = cents(run.holds["amount"])
    repaid, approved = run.holds["repaid_at"].tolist(), run.holds["approved_at"].tolist()
    order = sorted(
        run.holds.index[run.holds["approved_at"].notna()], key=lambda h: (approved[h], repaid[h], h)
    )
    headroom = round(100 * funding.initial)
    drawn = draws(run.events)
    released: dict[int, int] = {}
    for day in range(run.scenario.horizon_days):
        headroom += sum(amounts[h] * recycle // 10_000 for h in order if repaid[h] == day)
        headroom += inflow(funding, day)
        for h in order if day not in frozen else ():
            if approved[h] > day:
                break
            claim = amounts[h] * reserve // 10_000
            if h not in released:
                if headroom < claim:
                    break
                headroom -= claim
                released[h] = day
        for amount in drawn[day]:
            headroom -= amount - amount * reserve // 10_000
        assert round(100 * run.daily["headroom"][day]) == headroom
    return released


def inflow(funding: Funding, day: int) -> int:
    """R81: what flows in on a day, in cents."""
    total = round(100 * funding.daily_inflow)
    for one in funding.facilities:
        if one.start <= day and (one.end is None or day < one.end):
            total += round(100 * one.daily_inflow)
            since = day - one.start
            lump_day = since % one.every_days == 0 if one.every_days else since == 0
            total += round(100 * one.lump) if lump_day else 0
    return total


def draws(events: pd.DataFrame) -> dict[int, list[int]]:
    drawn: dict[int, list[int]] = {day: [] for day in range(10_000)}
    for day, amount in events.loc[events["event"] == "draw", ["day", "amount"]].itertuples(index=False):
        drawn[day].append(round(100 * amount))
    return drawn


SHORT = {"funding.unlimited": False, "horizon_days": 400}
WAITING = {"evaluation.straight_through": False, "evaluation.period_days": 20, "evaluation.cutoff_days": 3}
FACILITIES = [
    {"name": "own capital", "daily_inflow": 500.0, "start": 10, "end": 90},
    {"name": "partner bank", "daily_inflow": 123.45, "lump": 7_000.0, "start": 30},
    {"name": "securities", "lump": 40_000.0, "every_days": 60, "start": 25},
]


@pytest.mark.parametrize(
    "fields",
    [
        {"funding.recycle_share": 0.9},
        {"funding.recycle_share": 0.0, "funding.daily_inflow": 1_000.0, "funding.initial": 33_333.33},
        {"funding.recycle_share": 0.37, "funding.reserve_share": 0.45, **WAITING},
        {
            "funding.recycle_share": 0.2,
            "funding.reserve_share": 0.75,
            "funding.facilities": FACILITIES,
            **WAITING,
        },
        {"population.limit_log_sd": 1.0, "funding.recycle_share": 0.8, "funding.daily_inflow": 150.0},
        {"behaviour.draws_per_year": 20.0, "funding.reserve_share": 0.6, "funding.recycle_share": 0.7},
    ],
)
def test_the_queue_replayed_from_the_holds_alone_gives_every_release(fields: dict[str, Any]) -> None:
    """R79 to R85: each release is on the day that the replay says."""
    run = simulate(clockwork({**SHORT, **fields}, borrowers=100))
    released = replay(run)
    ended = run.holds["ended_at"].dropna()
    assert dict(zip(ended.index, ended.astype(int), strict=True)) == released
    waits = Counter(day - run.holds["repaid_at"][h] for h, day in released.items())
    assert len(waits) > 5
    assert (run.holds["days_funding"] + run.holds["days_evaluation"] == run.holds["delay_days"]).all()


def test_a_freeze_of_all_keeps_the_order_of_the_queue() -> None:
    """R80, R84: frozen holds are passed over and keep their places."""
    freeze = {"kind": "freeze", "at": 60, "duration_days": 45}
    fields = {**SHORT, "funding.recycle_share": 0.8, "shocks": [freeze]}
    run = simulate(clockwork(fields, borrowers=100))
    released = replay(run, frozen=range(60, 105))
    ended = run.holds["ended_at"].dropna()
    assert dict(zip(ended.index, ended.astype(int), strict=True)) == released
    assert run.holds["days_policy"].sum() > 0


@pytest.mark.parametrize("headroom", [0.0, 4_999.99, 12_345.67, 1_000_000.0])
@pytest.mark.parametrize(("inflow", "reserve"), [(700.0, 1.0), (5_000.0, 1.0), (33_333.33, 0.6)])
def test_a_batch_of_equal_claims_is_served_in_turn(headroom: float, inflow: float, reserve: float) -> None:
    """R79, R84: the k-th of equal claims x waits max(0, ceil((k x - h) / R) - 1) days.

    h is the headroom before the inflow R of that day.

    Everybody repays one equal loan in one instalment before the first batch evaluation; nothing is
    repaid after it. The inflow begins on its day, so that h is what the pool started with.
    """
    batch_day = 29
    fields = {
        "evaluation.straight_through": False,
        "evaluation.schedule": "batch",
        "product.instalments": 1,
        "funding.unlimited": False,
        "funding.initial": headroom,
        "funding.recycle_share": 0.0,
        "funding.reserve_share": reserve,
        "funding.facilities": [{"name": "bank", "daily_inflow": inflow, "start": batch_day}],
    }
    run = simulate(clockwork(fields, borrowers=200))
    claim, h, r = round(500_000 * reserve), round(100 * headroom), round(100 * inflow)
    assert (run.holds["amount"] == 5_000.0).all()
    assert (run.holds["approved_at"] == batch_day).all()
    assert len(run.holds) == 200
    for k, ended in enumerate(run.holds["ended_at"], start=1):  # in order of (repaid_at, borrower)
        day = batch_day + max(0, -((h - k * claim) // r) - 1)
        assert ended == day if day < run.scenario.horizon_days else ended != ended
