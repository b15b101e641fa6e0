"""Payments that are good later than on the day on which they are made (docs/model.md 2.16)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

import numpy as np
import pytest
import simpy
from open_dates import first_open, resting
from random_numbers import uniforms

import simlimit as sl
from simlimit.model import streams
from simlimit.processes.platform import Platform


def clockwork(changes: Mapping[str, Any], borrowers: int = 40) -> sl.Scenario:
    return sl.preset("clockwork").replace({"population.borrowers": borrowers, "horizon_days": 200, **changes})


def good_day(run: sl.Run, borrower: int, day: int, number: int, kind: int) -> int:
    """R131 to R134: return the day on which a payment is good."""
    scenario, product = run.scenario, run.scenario.product
    rests = "clearing" in scenario.calendar.rests
    v = uniforms(run.seed, run.replication, streams.CLEARING, borrower, number, kind)
    low, high = product.clearing_days

    def opened(day: int) -> int:
        return first_open(scenario, day) if rests else day

    good = opened(day + (v[0] < product.after_cutoff_share))
    for _ in range(low + int(v[2] * (high - low + 1)) if v[1] < product.clearing_share else 0):
        good = opened(good + 1)
    return good


def assert_good(run: sl.Run, expected: list[int]) -> None:
    """Assert when payments are good, and that their holds are released then and wait for nothing else."""
    horizon = run.scenario.horizon_days
    assert run.holds["good_at"].tolist() == expected
    ended = np.where(np.array(expected) < horizon, expected, np.nan)
    assert np.array_equal(run.holds["ended_at"], ended, equal_nan=True)
    assert (run.holds["days_settlement"] == run.holds["delay_days"]).all()


@pytest.mark.parametrize("days", [0, 1, 5, 365])
def test_all_payments_clear_in_so_many_days(days: int) -> None:
    """R133, R134: every release is so many days later, or open days if clearing rests."""
    clearing = {"product.clearing_share": 1.0, "product.clearing_days": (days, days)}
    run = sl.simulate(clockwork(clearing), seed=1, engine="calendar")
    assert_good(run, [day + days for day in run.holds["repaid_at"]])
    scenario = clockwork({**clearing, **resting("clearing", holidays=(20, 21, 90))})
    run = sl.simulate(scenario, seed=1, engine="calendar")
    expected = []
    for day in run.holds["repaid_at"]:
        good = first_open(scenario, day)
        for _ in range(days):
            good = first_open(scenario, good + 1)
        expected.append(good)
    assert_good(run, expected)


def test_a_payment_after_the_cutoff_hour_counts_from_the_next_day() -> None:
    """R132: its principal leaves the outstanding, and feeds the pool, today all the same."""
    late = {"product.after_cutoff_share": 1.0, "funding.unlimited": False, "funding.reserve_share": 0.0}
    run, usual = (sl.simulate(clockwork(changes), engine="calendar") for changes in (late, {}))
    assert_good(run, [day + 1 for day in run.holds["repaid_at"]])
    assert run.daily["outstanding"].equals(usual.daily["outstanding"])
    assert run.daily["headroom"].diff()[1:].tolist() == pytest.approx(run.daily["repaid"][1:].tolist())
    scenario = clockwork({**late, **resting("clearing")})
    run = sl.simulate(scenario, engine="calendar")
    assert_good(run, [first_open(scenario, day + 1) for day in run.holds["repaid_at"]])


def test_each_payment_has_numbers_of_its_own() -> None:
    """R131: by the cycle of the payment, so that no policy shifts them; a part of payments clears."""
    shares = {"product.after_cutoff_share": 0.3, "product.clearing_share": 0.6}
    scenario = clockwork({**shares, "product.clearing_days": (2, 9), **resting("clearing")})
    run = sl.simulate(scenario, seed=5, engine="calendar")
    columns = run.holds[["borrower", "repaid_at", "instalment"]].itertuples(index=False)
    expected = [good_day(run, b, day, cycle, 0) for b, day, cycle in columns]
    assert_good(run, expected)
    assert len(set(run.holds["good_at"] - run.holds["repaid_at"])) > 8


def test_limit_per_loan_comes_back_when_settled_and_good() -> None:
    """R47, R48, R134: the later of the two, for each instalment of a loan."""
    fields = {
        "product.release_unit": "loan",
        "product.instalments": 4,
        "product.clearing_share": 0.7,
        "product.clearing_days": (1, 80),
    }
    run = sl.simulate(clockwork(fields), seed=2, engine="calendar")
    columns = run.holds[["borrower", "repaid_at"]].itertuples(index=False)
    due_day = run.borrowers["due_day"]
    good = np.array([good_day(run, b, day, (day - due_day[b]) // 30, 0) for b, day in columns])
    settled = run.holds.groupby("borrower")["repaid_at"].transform("max").to_numpy()
    # The starting loan is the only one, and its last instalment the last payment.
    expected = np.maximum(good, settled)
    inside = expected < 200
    assert (run.holds["good_at"] == good).all()
    assert (run.holds["ended_at"][inside] == expected[inside]).all()
    assert (run.holds["outcome"][~inside] == "pending").all()
    assert {True, False} == {*(good[inside] < settled[inside])}
    assert {True, False} == {*(good[inside] > settled[inside])}


def test_an_early_repayment_stays_one_until_it_is_good() -> None:
    """R49, R131, R134: it meets the evaluation of the day on which it is good."""
    fields = {
        "product.after_cutoff_share": 1.0,
        "behaviour.prepay_per_year": 12.0,
        "evaluation.period_days": 7,
        "evaluation.duration_days": 3,
        "evaluation.holds_up": "early",
    }
    run = sl.simulate(clockwork(fields), seed=1, engine="calendar")
    holds = run.holds[run.holds["good_at"] < 190]
    early = holds["loan"] >= 0
    since = (holds["good_at"] - run.borrowers["evaluation_day"].to_numpy()[holds["borrower"]]) % 7
    first = run.borrowers["evaluation_day"].to_numpy()[holds["borrower"]]
    started = holds["good_at"] - since >= first
    held_up = early & since.between(1, 3) & started
    assert (holds["good_at"] == holds["repaid_at"] + 1).all()
    assert (holds["days_settlement"] == 1).all()
    assert (holds["days_evaluation"] == np.where(held_up, 3 - since, 0)).all()
    assert 0 < (held_up & (since < 3)).sum() < early.sum()


def test_what_a_users_process_repays_clears_too() -> None:
    """R131: with the number of its day."""
    fields = {"product.clearing_share": 0.5, "product.clearing_days": (1, 9), "behaviour.late_onset": 0.0}

    def repay(platform: Platform) -> Generator[simpy.Event, Any, None]:
        for borrower in range(40):
            yield platform.at(3 + borrower, 5)
            platform.repay_early(borrower)

    run = sl.simulate(clockwork(fields), seed=1, processes=[repay])
    early = run.holds[run.holds["loan"] >= 0]
    columns = early[["borrower", "repaid_at"]].itertuples(index=False)
    assert early["good_at"].tolist() == [good_day(run, b, day, day, 2) for b, day in columns]
    # What is good at once came after the day's releases.
    assert (early["ended_at"] == early[["good_at"]].assign(next=early["repaid_at"] + 1).max(axis=1)).all()
    assert len(early) > 30


@pytest.mark.parametrize("day", [40, 41])
def test_what_is_forfeited_before_it_is_good_does_not_come_back(day: int) -> None:
    """R46, R86, R134: also on the morning of the day on which it would have been good."""
    fields = {
        "product.clearing_share": 1.0,
        "product.clearing_days": (4, 40),
        "shocks": [{"kind": "cancellation", "at": day, "score_below": None}],
    }
    scenario = clockwork(fields)
    run = sl.simulate(scenario, seed=1, engine="calendar")
    lost = run.holds[(run.holds["repaid_at"] < day) & (run.holds["good_at"] >= day)]
    assert (lost["outcome"] == "forfeited").all()
    assert (lost["ended_at"] == day).all()
    assert (lost["good_at"] == day).any()
    counted = sl.simulate(scenario, seed=1, engine="calendar", keep="counts")
    assert counted.counts.equals(run.counts)
    assert int(counted._state.storage.holds_used) < len(run.holds)


def test_raises_are_good_on_their_day() -> None:
    """R87, R134: only payments clear."""
    fields = {
        "product.clearing_share": 1.0,
        "product.clearing_days": (5, 5),
        "limits.raise_score": 0.0,
        "limits.raise_share": 0.1,
    }
    holds = sl.simulate(clockwork(fields), engine="calendar").holds
    raises = holds[holds["kind"] == "raise"]
    assert (raises["good_at"] == raises["repaid_at"]).all()
    assert (raises["delay_days"] == 0).all()
    assert len(raises) > 0
