"""Who is refused, and what it costs."""

from __future__ import annotations

from typing import Any

import pytest
from measures import clockwork, simulate

import simlimit as sl

DRAWING: dict[str, Any] = {
    "behaviour.draws_per_year": 60.0,
    "behaviour.draw_share": [0.02, 0.2],
    "product.min_draw": 20.0,
    "horizon_days": 240,
}


def of(run: sl.Run, event: str) -> Any:
    return run.events[run.events["event"] == event]


def test_in_a_freeze_of_everybody_nothing_is_drawn() -> None:
    """R135: and every wish that a line could serve is refused, by the policy."""
    shock = {"kind": "freeze", "at": 100, "duration_days": 30}
    open_lines = clockwork({**DRAWING, "shocks": [shock]}, borrowers=100)
    blocked = open_lines.replace({"limits.block_draws": ["frozen"]})
    drawn, none = (simulate(one) for one in (open_lines, blocked))
    in_freeze = drawn.daily["day"].between(100, 129)
    assert (drawn.daily["drawn"][in_freeze] > 0).all()
    assert (none.daily["drawn"][in_freeze] == 0).all()
    assert (none.daily["drawn"][~in_freeze] > 0).any()
    refused = of(none, "refused_draw")
    assert refused["day"].between(100, 129).all()
    assert (refused["cause"] == "policy").all()
    assert none.daily["refused_draws"].sum() == none.borrowers["refused_draws"].sum() == len(refused) > 0


@pytest.mark.parametrize("grace", [0, 3, 45])
def test_who_is_past_due_for_longer_than_the_grace_days_cannot_draw(grace: int) -> None:
    """R135: on any other day it can."""
    late = {"behaviour.late_onset": 0.3, "behaviour.cure_hazards": [0.4], "behaviour.slip_share": 0.2}
    fields = {**DRAWING, **late, "rules.grace_days": grace, "rules.overdue": False}
    run = simulate(clockwork({**fields, "limits.block_draws": ["past_due"]}, borrowers=60), engine="calendar")
    ends = {"repayment", "default"}
    allowed = {"draw": 0, "refused_draw": 0}
    for _, events in run.events.groupby("borrower"):
        oldest = None
        for one in events.itertuples():
            if one.event in ("miss", "slip") and oldest is None:
                oldest = one.day
            elif one.event in ends:
                oldest = None
            elif one.event in allowed:
                past_due = 0 if oldest is None else one.day - oldest
                assert (past_due > grace) == (one.event == "refused_draw")
                allowed[one.event] += 1
    assert min(allowed.values()) > 20


@pytest.mark.parametrize("reserve", [0.0, 0.5, 1.0])
def test_a_pool_that_refuses_is_never_overdrawn(reserve: float) -> None:
    """R136: what a draw needs is there, and what needs nothing is not refused."""
    funding = {"unlimited": False, "initial": 10_000.0, "daily_inflow": 100.0, "recycle_share": 0.0}
    fields = {**DRAWING, "funding": {**funding, "reserve_share": reserve, "refuse_draws": True}}
    run = simulate(clockwork(fields, borrowers=100))
    assert (run.daily["headroom"] >= 0).all()
    refused = of(run, "refused_draw")
    assert (len(refused) > 0) == (reserve < 1)
    assert (refused["cause"] == "funding").all()
    overdrawn = simulate(
        clockwork(fields, borrowers=100).replace({"funding.refuse_draws": False}), engine="calendar"
    )
    assert (overdrawn.daily["headroom"] < 0).any() == (reserve < 1)


def test_the_draws_of_a_day_are_decided_in_order_of_ids() -> None:
    """R136: who comes later is refused if those before leave too little, and served if it asks for less."""
    funding = {"unlimited": False, "initial": 20_000.0, "reserve_share": 0.0, "recycle_share": 0.0}
    fields = {**DRAWING, "funding": {**funding, "refuse_draws": True}, "evaluation.period_days": 7}
    run = simulate(clockwork(fields, borrowers=200))
    asked = run.events[run.events["event"].isin(["draw", "refused_draw"])]
    headroom, after_refusal = 2_000_000, 0
    for _, of_day in asked.groupby("day"):
        assert len(of_day) < 2 or of_day["borrower"].is_unique
        refused_before = False
        for one in of_day.sort_values("borrower").itertuples():
            amount = round(100 * one.amount)
            assert (one.event == "draw") == (amount <= headroom)
            after_refusal += refused_before and one.event == "draw"
            refused_before |= one.event == "refused_draw"
            headroom -= amount * (one.event == "draw")
    assert headroom >= 0
    assert after_refusal > 0
