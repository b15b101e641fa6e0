"""What must be true of every history: identities to the cent, and tables that agree with one another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import simlimit as sl
from simlimit.model.stages import FORFEITED, RELEASED
from simlimit.processes.platform import Platform


def assert_consistent(run: sl.Run) -> None:
    """Assert all that the tables of a run must satisfy."""
    if not run.scenario.funding.unlimited:
        assert_pool_identity(run)
    assert_daily_totals(run)
    assert_holds_consistent(run)


def cents(amounts: pd.Series[float]) -> pd.Series[int]:
    return (100 * amounts).round().astype("int64")


def on_days(days: pd.Series[Any], amounts: pd.Series[int], horizon: int) -> npt.NDArray[np.int64]:
    """Return the sum of amounts of each day."""
    sums = np.zeros(horizon, np.int64)
    np.add.at(sums, days.to_numpy().astype(np.int64), amounts.to_numpy())
    return sums


def on_days_of(events: pd.DataFrame, event: str, horizon: int) -> npt.NDArray[np.int64]:
    """Return the number of events of a kind of each day."""
    days = events["day"][events["event"] == event]
    return on_days(days, days * 0 + 1, horizon)


def check_every_evening(platform: Platform) -> Iterator[Any]:
    """Check, at the end of every day, each borrower's limit identity and the sum of its open holds."""
    for day in range(platform.horizon):
        yield platform.at(day, 6)
        b = platform.borrowers
        room = np.maximum(b["limit"], b["outstanding"])
        assert (b["outstanding"] + b["available"] + b["held"] == room).all(), f"limit identity, day {day}"
        assert (b["outstanding"] >= 0).all()
        assert (b["available"] >= 0).all()
        holds = platform.state.holds[: platform.state.storage.holds_used]
        holds = holds[~np.isin(holds["stage"], (RELEASED, FORFEITED))]
        held = np.zeros(len(b), np.int64)
        np.add.at(held, holds["owner"], holds["amount"] - holds["forfeited"])
        assert (held == b["held"]).all(), f"open holds, day {day}"


def assert_pool_identity(run: sl.Run) -> None:
    """Assert the headroom of every day, computed from the tables alone (docs/model.md 2.7)."""
    horizon, funding = run.scenario.horizon_days, run.scenario.funding
    recycle, reserve = round(10_000 * funding.recycle_share), round(10_000 * funding.reserve_share)
    paid = run.holds[run.holds["kind"] == "repayment"]
    released = run.holds[run.holds["released_amount"] > 0]
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
    there = run.borrowers[run.borrowers["left_at"].isna()]
    assert daily["refused_draws"].sum() == run.borrowers["refused_draws"].sum()
    assert (daily["refused_draws"] == on_days_of(events, "refused_draw", horizon)).all()
    paid = cents(daily["interest_paid"][daily["day"] >= run.scenario.warmup_days])
    assert paid.sum() == cents(run.borrowers["interest_paid"]).sum()
    for column in ("flagged", "lenders"):
        assert daily[column].iloc[-1] == there[column].sum()
    came, gone = (on_days_of(events, event, horizon) for event in ("arrival", "exit"))
    assert (daily["arrivals"] == came).all()
    assert (daily["exits"] == gone).all()
    assert (daily["borrowers"] == len(run.borrowers) - came.sum() + np.cumsum(came - gone)).all()
    found, left = (on_days_of(events, event, horizon) for event in ("lender_found", "lender_left"))
    same_book = (came + gone)[1:] == 0
    assert (daily["lenders"].diff().iloc[1:] == (found - left)[1:])[same_book].all()
    assert (daily["appeals"] == on_days_of(events, "appeal", horizon)).all()
    assert (
        daily["appeals_in_vain"] == on_days_of(events[events["cause"] == "in_vain"], "appeal", horizon)
    ).all()
    assert cents(daily["drawn_elsewhere"]).sum() == cents(run.borrowers["drawn_elsewhere"]).sum()
    paid = holds[holds["kind"] == "repayment"]
    ended = holds[holds["ended_at"].notna()]
    released = holds[holds["released_amount"] > 0]
    assert (cents(daily["repaid"]) == on_days(paid["repaid_at"], cents(paid["amount"]), horizon)).all()
    flow = on_days(released["ended_at"], cents(released["released_amount"]), horizon)
    assert (cents(daily["released"]) == flow).all()
    for column, event in (
        ("forfeited", "forfeit"),
        ("drawn", "draw"),
        ("written_off", "default"),
        ("drawn_elsewhere", "draw_elsewhere"),
    ):
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
    assert (outcome[released > 0] != "pending").all()
    assert ((forfeited > 0) == (outcome == "forfeited"))[outcome != "pending"].all()
    assert (released + forfeited == amount)[outcome != "pending"].all()
    assert (forfeited < amount)[outcome == "pending"].all()
    assert (holds["ended_at"].isna() == (outcome == "pending")).all()
    assert holds["approved_at"][outcome == "released"].notna().all()
    raises = holds[holds["kind"] == "raise"]
    assert (raises["approved_at"] == raises["repaid_at"]).all()
    assert (raises["loan"] == -1).all()
