"""Days on which parts of the platform rest (docs/model.md 2.15)."""

from __future__ import annotations

import datetime
import heapq
import math
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from open_dates import EVERYTHING, LONG_HOLIDAY, WEEKDAYS, WEEKEND, date_of, first_open, is_open, resting
from random_numbers import uniforms
from random_scenarios import random_scenario

import simlimit as sl
from simlimit.model import streams
from simlimit.model.calendar import open_days
from simlimit.scenario.parts import Calendar
from simlimit.scenario.scenario import day_of

TABLES = ("holds", "daily", "borrowers", "events", "counts")
NO_LOAN = -32768


def clockwork(changes: Mapping[str, Any], borrowers: int = 40) -> sl.Scenario:
    return sl.preset("clockwork").replace({"population.borrowers": borrowers, **changes})


def test_open_days_are_those_of_the_dates() -> None:
    """R127: weekdays, holidays and make-up workdays, for dates of any year."""
    rng = Random(1)
    for _ in range(50):
        start = datetime.date(rng.randint(1900, 2150), rng.randint(1, 12), rng.randint(1, 28))
        dates = [start + datetime.timedelta(rng.randint(-9, 99)) for _ in range(rng.randint(0, 40))]
        calendar = Calendar(
            closed_weekdays=rng.sample(WEEKDAYS, rng.randint(0, 6)),
            holidays=dates,
            workdays=[start + datetime.timedelta(rng.randint(0, 99)) for _ in range(rng.randint(0, 9))],
            rests=["review"],
        )
        scenario = sl.Scenario(start_date=start, calendar=calendar, horizon_days=100)
        open_from, worked, opened = open_days(scenario)
        assert open_from.tolist() == [first_open(scenario, day) for day in range(len(open_from))]
        is_opened = [is_open(scenario, day) for day in range(len(open_from))]
        assert worked.tolist() == [sum(is_opened[:day]) for day in range(len(is_opened))]
        assert opened[: sum(is_opened)].tolist() == np.flatnonzero(is_opened).tolist()
        assert sum(is_opened[100:]) >= 3  # for clearing beyond the horizon


def test_without_closed_days_or_resting_parts_nothing_changes() -> None:
    scenario = random_scenario(4).replace({"population.borrowers": 30})
    usual = sl.simulate(scenario, seed=1, engine="calendar")
    for changes in (
        {"calendar.closed_weekdays": WEEKEND},
        {"calendar.rests": ("review", "funding", "evaluation", "clearing")},
        {**LONG_HOLIDAY, "calendar.workdays": [date_of(scenario, day) for day in range(700)]},
    ):
        run = sl.simulate(scenario.replace(changes), seed=1, engine="calendar")
        for table in TABLES:
            pd.testing.assert_frame_equal(getattr(run, table), getattr(usual, table))


@pytest.mark.parametrize("seed", [0, 3, 9, *(pytest.param(k, marks=pytest.mark.long) for k in range(10, 40))])
def test_both_drivers_agree_where_everything_rests_and_payments_clear(seed: int) -> None:
    """R127 to R134, with all other mechanisms, and with the records of holds used again."""
    scenario = random_scenario(seed)
    shocks = [shock for shock in scenario.shocks if shock.at is None or day_of(scenario, shock.at) < 90]
    small = {"population.borrowers": 30, "horizon_days": 90, "warmup_days": 10, "shocks": shocks[:3]}
    scenario = scenario.replace({**small, **EVERYTHING})
    simpy = sl.simulate(scenario, seed=seed)
    calendar = sl.simulate(scenario, seed=seed, engine="calendar")
    counted = sl.simulate(scenario, seed=seed, engine="calendar", keep="counts")
    for table in TABLES:
        pd.testing.assert_frame_equal(getattr(simpy, table), getattr(calendar, table))
    for table in ("daily", "borrowers", "counts"):
        pd.testing.assert_frame_equal(getattr(simpy, table), getattr(counted, table))
    repaid = simpy.holds[simpy.holds["kind"] == "repayment"]
    assert (repaid["good_at"] > repaid["repaid_at"]).any() or len(repaid) < 10


# The desk (R128)


def replay_desk(run: sl.Run) -> list[int]:
    """R128: return the day on which the review of each hold takes effect, by the desk's clock.

    The desk's clock shows the number of open days before today, and on an open day the part of it that has
    passed. Holds of closed days come just before the next open day begins on it. The urgent come first.
    """
    scenario, review = run.scenario, run.scenario.review
    days = range(2 * scenario.horizon_days)
    opened = [day for day in days if is_open(scenario, day)]
    before = np.cumsum([0, *(is_open(scenario, day) for day in days)])
    coming: list[tuple[float, int, int, bool]] = []
    lengths = []
    score = run.borrowers["score"].to_numpy()
    for h, (owner, instalment, day) in enumerate(
        run.holds[["borrower", "instalment", "approved_at"]].astype(int).itertuples(index=False)
    ):
        time = before[day] + 0.25 if is_open(scenario, day) else math.nextafter(before[day], -1.0)
        coming.append((time, day, owner, h))
        u = uniforms(run.seed, run.replication, streams.REVIEW, owner, NO_LOAN, instalment)
        exponential = -math.log(u[1]) * review.service_days
        lengths.append(review.service_days if review.service_law == "constant" else exponential)
    coming.sort(reverse=True)
    free = [-math.inf] * review.reviewers
    waiting: list[tuple[bool, int, int, int]] = []
    effect = [0] * len(coming)
    while coming or waiting:
        # Whoever becomes free at the time of an arrival does not see it; the idle see all who come then.
        now = free[0] if waiting or coming[-1][0] < free[0] else math.nextafter(coming[-1][0], math.inf)
        while coming and coming[-1][0] < now:
            _, day, owner, h = coming.pop()
            heapq.heappush(waiting, (bool(score[owner] < review.priority_score), day, owner, h))
        _, day, _, h = heapq.heappop(waiting)
        came = before[day] + (0.25 if is_open(scenario, day) else 0.0)
        end = max(free[0], came) + lengths[h]
        heapq.heapreplace(free, end)
        effect[h] = opened[max(0, math.ceil(end - 0.375))]
    return effect


@pytest.mark.parametrize(
    ("law", "days", "reviewers"),
    [("constant", 0.5, 1), ("constant", 0.75, 2), ("constant", 2.0, 3), ("exponential", 0.8, 1)],
)
def test_a_desk_that_rests_replayed_gives_every_delay(law: str, days: float, reviewers: int) -> None:
    """R128: nobody takes a hold on a closed day, and no review ends on one."""
    scenario = clockwork(
        {
            **resting("review", holidays=(40, 41), workdays=(3,)),
            "horizon_days": 200,
            "review.watch_share": 1.0,
            "review.service_law": law,
            "review.service_days": days,
            "review.reviewers": reviewers,
            "review.priority_score": 0.7,
            "population.score_mean": 0.6,
            "population.score_concentration": 3.0,
            "evaluation.score_half_life_days": 1e9,  # scores stay what they are
        }
    )
    run = sl.simulate(scenario, seed=3, engine="calendar")
    effect = np.array(replay_desk(run))
    inside = effect < scenario.horizon_days
    assert (run.holds["reviewed_at"][inside] == effect[inside]).all()
    assert (run.holds["days_review"] == run.holds["delay_days"]).all()
    assert (run.holds["outcome"][~inside] == "pending").all()
    assert inside.sum() > 100
    closed = [not is_open(scenario, day) for day in run.holds["approved_at"].astype(int)]
    assert sum(closed) > 30


# The pool (R129)


def test_a_pool_that_rests_releases_three_days_on_a_monday() -> None:
    """R129: payments come on all weekdays alike; three sevenths of them are released on Mondays."""
    # After 30 days the due day falls on another weekday; after 7 cycles it was on each once.
    scenario = clockwork({**resting("funding"), "horizon_days": 7 * 30 + 3})
    run = sl.simulate(scenario, seed=1, engine="calendar")
    holds = run.holds[run.holds["repaid_at"] < 7 * 30]
    assert holds["ended_at"].tolist() == [first_open(scenario, day) for day in holds["repaid_at"]]
    assert (holds["days_funding"] == holds["delay_days"]).all()
    holds = holds[holds.groupby("borrower")["hold"].transform("size") == 7]  # with a loan that long
    released = Counter(WEEKDAYS[date_of(scenario, int(day)).weekday()] for day in holds["ended_at"])
    each = len(holds) // 7
    assert released == {**dict.fromkeys(WEEKDAYS[:5], each), "monday": 3 * each}


def test_holds_of_closed_days_stand_in_the_queue_in_order() -> None:
    """R79, R129: of a pool that is short, releases are in order of the day on which gate 4 was passed."""
    short = {"funding.unlimited": False, "funding.initial": 100_000.0, "funding.recycle_share": 0.0}
    fields = {**resting("funding"), **short, "horizon_days": 60, "funding.daily_inflow": 3_000.0}
    scenario = clockwork(fields, borrowers=60)
    run = sl.simulate(scenario, seed=1, engine="calendar")
    order = run.holds.sort_values(["approved_at", "repaid_at", "borrower"])
    ended = order["ended_at"].fillna(math.inf)
    assert ended.is_monotonic_increasing
    assert 0 < (order["outcome"] == "pending").sum() < len(order)
    assert all(is_open(scenario, int(day)) for day in order["ended_at"].dropna())


def test_lumps_of_closed_days_come_on_the_next_open_day() -> None:
    """R81, R82, R129: also beyond their facility, squeezed as on that day; daily inflows do not come."""
    facilities = [
        {"name": "bank", "lump": 1_000.0, "every_days": 3, "start": 1, "end": 33},
        {"name": "own", "lump": 70_000.0, "start": 4},  # once, on a Sunday
        {"name": "bond", "daily_inflow": 5.0, "lump": 500.0, "start": 10, "end": 12},  # over on Monday
    ]
    fields = {
        "horizon_days": 60,
        "funding.unlimited": False,
        "funding.daily_inflow": 7.0,
        "funding.facilities": facilities,
        "shocks": [{"kind": "liquidity_squeeze", "at": 12, "duration_days": 1, "size": 0.5}],
    }
    scenario = clockwork({**resting("funding", holidays=(30, 31, 32)), **fields}, borrowers=5)
    expected = [0.0] * 70
    for day in range(60):
        opened = first_open(scenario, day)
        expected[opened] += 1_000.0 * (1 <= day < 33 and (day - 1) % 3 == 0)
        expected[opened] += 70_000.0 * (day == 4) + 500.0 * (day == 10)
        expected[day] += (7.0 + 5.0 * (10 <= day < 12)) * (day == opened)
    expected[12] /= 2
    assert sl.simulate(scenario, engine="calendar").daily["inflow"].tolist() == expected[:60]


# Evaluations (R130)


def decided(run: sl.Run) -> dict[int, list[int]]:
    """Return the days of each borrower's evaluations, from the log."""
    evaluations = run.events[run.events["event"] == "evaluation"]
    return {int(b): days.tolist() for b, days in evaluations.groupby("borrower")["day"]}


def decisions(scenario: sl.Scenario, first: int) -> dict[int, int]:
    """R130: return the days of decisions of a borrower, and when the evaluation that is taken started."""
    evaluation = scenario.evaluation
    starts = range(first, scenario.horizon_days, evaluation.period_days)
    taken = {first_open(scenario, e + evaluation.duration_days): e for e in starts}
    return {day: e for day, e in taken.items() if day < scenario.horizon_days}


@pytest.mark.parametrize(("period", "duration"), [(2, 0), (3, 2), (7, 1), (30, 29)])
def test_one_decision_a_day_on_open_days_and_in_progress_until_then(period: int, duration: int) -> None:
    """R50, R51, R130: also where the time that is closed is longer than a period."""
    fields = {
        **LONG_HOLIDAY,
        "calendar.rests": ("evaluation",),
        "horizon_days": 100,
        "evaluation.period_days": period,
        "evaluation.duration_days": duration,
    }
    scenario = clockwork(fields, borrowers=150)
    run = sl.simulate(scenario, seed=1, engine="calendar")
    taken = {b: decisions(scenario, first) for b, first in run.borrowers["evaluation_day"].items()}
    assert decided(run) == {b: list(days) for b, days in taken.items() if days}
    waited = 0
    for b, day, delay in run.holds[["borrower", "repaid_at", "delay_days"]].itertuples(index=False):
        starts = range(run.borrowers["evaluation_day"][b], day, period)
        ends = [first_open(scenario, e + duration) for e in starts]
        in_progress = [end for end in ends if end >= day]
        expected = min(in_progress, default=day)
        assert delay == min(expected, scenario.horizon_days) - day
        waited += delay > 0
    assert waited > 0 or period == 2


@pytest.mark.parametrize("period", [2, 9, 30])
def test_what_moves_a_line_counts_each_day_once(period: int) -> None:
    """R62, R130: raise days, cut days and campaign days from the first decision to the last, once each."""
    usual = {
        **LONG_HOLIDAY,
        "calendar.rests": ("evaluation",),
        "horizon_days": 300,
        "evaluation.period_days": period,
        "evaluation.duration_days": 1,
        "evaluation.score_half_life_days": 1e9,
        "population.utilisation_mean": 0.0,
    }
    raising = {"limits.raise_score": 0.0, "limits.raise_share": 0.01, "limits.raise_days": 4}
    cutting = {"limits.cut_score": 0.9, "limits.cut_share": 0.01, "limits.cut_days": 4}
    cutting["population.score_mean"] = 0.5
    campaign = {"levers": [{"kind": "campaign", "strength": 0.01, "start": 20}]}  # in the holiday
    for changes in (raising, cutting, campaign):
        scenario = clockwork({**usual, **changes})
        run = sl.simulate(scenario, seed=2, engine="calendar")
        columns = run.borrowers[["evaluation_day", "due_day", "limit"]]
        for first, due_day, limit in columns.itertuples(index=False):
            days = list(decisions(scenario, first))
            begin = first_open(scenario, first + 1 - period)
            while begin == days[0]:
                begin -= period
            on, every = (20, 90) if changes is campaign else (due_day, 4)
            moves = sum(begin < day <= days[-1] for day in range(on, 300, every))
            cents = 1_000_000
            for _ in range(moves):
                cents += -(cents // 100) if changes is cutting else cents // 100
            assert round(100 * limit) == cents


def test_evaluations_at_repayment_rest_too() -> None:
    """R42, R130: the lever acts on open days only."""
    fields = {
        **resting("evaluation"),
        "horizon_days": 200,
        "evaluation.straight_through": False,
        "levers": [{"kind": "timely_scoring", "strength": 1.0}],
    }
    scenario = clockwork(fields)
    run = sl.simulate(scenario, seed=1, engine="calendar")
    at_once = run.holds["delay_days"] == 0
    opened = [is_open(scenario, day) for day in run.holds["repaid_at"]]
    assert at_once.tolist() == opened
    assert 0 < sum(opened) < len(opened)
