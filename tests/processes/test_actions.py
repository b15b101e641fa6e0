"""R173 to R180: what a process of a user's own may do; it means what a rule of the platform means."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest
import simpy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from identities import assert_consistent, cents, check_every_evening, on_days
from random_scenarios import chance
from random_worlds import random_world

import simlimit as sl
from simlimit.drivers import simpy_driver
from simlimit.model.book import Book
from simlimit.model.preparation import prepare
from simlimit.model.records import NEVER
from simlimit.processes.platform import Platform

Process = Iterator[Any]
SLOW = sl.preset("clockwork").replace(
    {"population.borrowers": 20, "horizon_days": 120, "evaluation.straight_through": False}
)
LATE = SLOW.replace(
    {"behaviour.late_onset": 0.3, "behaviour.cure_hazards": (0.0,), "evaluation.straight_through": True}
)
ACTIONS = {"block", "unblock", "change", "shock_begin", "shock_end"}
"""Events that say who acted, not what became of it."""


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", sl.SimlimitWarning
        )  # a desk or a pool that is short makes much happen
        yield


def simulate(scenario: sl.Scenario, *processes: Callable[[Platform], Process], seed: int = 1) -> sl.Run:
    """Simulate with processes, while both identities are checked."""
    run = sl.simulate(scenario, seed, processes=[*processes, check_every_evening])
    assert_consistent(run)
    return run


def assert_same(run: sl.Run, other: sl.Run) -> None:
    """Assert that two histories are equal, but for the events that say who acted."""
    for table in ("holds", "daily", "borrowers", "counts"):
        pd.testing.assert_frame_equal(getattr(run, table), getattr(other, table), check_exact=True)
    one, two = (
        which.events[~which.events["event"].isin(ACTIONS)].astype({"cause": str}) for which in (run, other)
    )
    pd.testing.assert_frame_equal(one.reset_index(drop=True), two.reset_index(drop=True), check_exact=True)


def at(day: int, phase: float, act: Callable[[Platform], object]) -> Callable[[Platform], Process]:
    """Return a process that acts once."""

    def acts(platform: Platform) -> Process:
        yield platform.at(day, phase)
        act(platform)

    return acts


def present(platform: Platform) -> list[int]:
    return [b for b in range(len(platform.borrowers)) if not platform.borrowers[b].closed & 2]


def everybody(act: Callable[[Platform, int], object]) -> Callable[[Platform], None]:
    return lambda platform: [act(platform, b) for b in present(platform)] and None


# What a rule of the platform means, done by a process.


@pytest.mark.parametrize("seed", range(4))
def test_a_block_of_everybody_is_a_freeze(seed: int, tmp_path: Path) -> None:
    """R177: under a reason of one's own, also while freezes of the platform's begin and end."""
    world = random_world(seed, tmp_path).replace({"population.arrivals_per_year": 0.0})
    world = world.replace({"limits.block_draws": ["past_due", "frozen"]})
    others = [shock for shock in world.shocks if shock.kind == "freeze"]
    frozen = world.replace({"shocks": [*others, {"kind": "freeze", "at": 10, "duration_days": 25}]})
    run = simulate(
        world.replace({"shocks": others}),
        at(10, 0, everybody(lambda platform, b: platform.block(b, "audit"))),
        at(35, 0, everybody(lambda platform, b: platform.unblock(b, "audit"))),
    )
    assert_same(run, sl.simulate(frozen))
    assert set(run.events["cause"][run.events["event"] == "block"]) == {"audit"}


@pytest.mark.parametrize("seed", range(4))
def test_a_change_of_the_smallest_score_is_a_tightening(seed: int, tmp_path: Path) -> None:
    """R179, of all who are there (R24): as the shock it is known at the next decision."""
    world = random_world(seed, tmp_path).replace({"shocks": [], "rules.min_score": 0.5})
    world = world.replace({"population.arrivals_per_year": 0.0})
    tightened = world.replace(
        {"shocks": [{"kind": "tightening", "at": 9, "duration_days": 999, "size": 0.25}]}
    )
    run = simulate(world, at(9, 0, lambda platform: platform.change("rules.min_score", 0.5 + 2_500 / 10_000)))
    assert_same(run, sl.simulate(tightened))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "changes",
    [
        {"review.reviewers": 3, "review.service_days": 2.5, "review.approve_share": 0.5},
        {"funding.facilities": [{"name": "new", "lump": 9e4, "every_days": 7}], "funding.recycle_share": 0.2},
        {
            "limits.raise_score": 0.4,
            "limits.raise_share": 0.5,
            "limits.cap": 9_000.0,
            "limits.inactive_days": 20,
        },
        {"screening.false_flag": 0.4, "screening.weights.lenders": 2.0, "rules.clean_days": 50},
        {"evaluation.straight_through": False, "rules.grace_days": 0, "limits.block_draws": ["past_due"]},
        {"funding.refuse_draws": True, "funding.reserve_share": 0.4, "funding.daily_inflow": 100.0},
    ],
)
def test_what_changes_before_anything_happens_is_that_scenario(
    seed: int, changes: dict[str, object], tmp_path: Path
) -> None:
    """R179: a scenario that says so from its first day on, whatever desk, pool and rules do."""
    world = random_world(seed, tmp_path)
    world = world.replace({"shocks": [], "funding.unlimited": False, "population.regions": {"all": 1.0}})
    world = world.replace({"rules.min_score": 0.0, "rules.overdue": False, "calendar.rests": []})

    def change(platform: Platform) -> None:
        for field, value in changes.items():
            platform.change(field, value)

    run = sl.simulate(world, processes=[at(0, 0, change)])
    assert_same(run, sl.simulate(world.replace(changes)))
    assert list(run.events["cause"][run.events["event"] == "change"].astype(str)) == sorted(changes)


@pytest.mark.parametrize("seed", range(4))
def test_a_change_to_what_is_so_changes_nothing(seed: int, tmp_path: Path) -> None:
    """R179: desk, queues, and what is blocked go on as they were."""
    world = random_world(seed, tmp_path)

    def keep(platform: Platform) -> Process:
        for day in range(3, platform.horizon, 5):
            yield platform.at(day, day % 6)
            platform.change("review.reviewers", world.review.reviewers)
            platform.change("funding.reserve_share", world.funding.reserve_share)

    assert_same(simulate(world, keep), sl.simulate(world))


def repeat(platform: Platform, borrower: int, standing: str) -> str:
    """The rules of the platform (R60), written down by a user."""
    r, rules = platform.borrowers[borrower], platform.scenario.rules
    due, late = int(r.oldest_due), int(r.last_overdue)
    if r.score < rules.min_score + r.tightened / 10_000:
        return "score"
    if rules.overdue and (due < platform.day or platform.day - late < rules.clean_days):
        return "overdue"
    return "behaviour" if r.flagged else "clear"


def test_a_rule_that_repeats_the_rules_of_the_platform_changes_nothing(tmp_path: Path) -> None:
    """R180, at repayment, too."""
    asked = set()

    def silent(platform: Platform, borrower: int, standing: str) -> None:
        assert repeat(platform, borrower, standing) == standing
        asked.add(platform.env.now % 1)

    def use(platform: Platform) -> Process:
        platform.on_evaluation(repeat)
        platform.on_evaluation(silent)
        yield platform.at(0, 0)

    for seed in range(5):
        world = random_world(seed, tmp_path)
        levers = [one for one in world.levers if one.kind != "timely_scoring"]
        world = world.replace({"levers": [*levers, sl.Lever(kind="timely_scoring", strength=0.7)]})
        assert_same(simulate(world, use), sl.simulate(world, engine="calendar"))
    assert asked == {0.125, 0.25}


def test_a_rule_clears_and_denies_with_a_reason_of_its_own() -> None:
    """R180: the days that follow are charged to policy, by whatever the decision charges."""
    scenario = SLOW.replace(
        {"rules.min_score": 1.0, "population.score_mean": 0.5, "population.borrowers": 10}
    )

    def odd(platform: Platform, borrower: int, standing: str) -> str:
        return "odd number" if borrower % 2 else "clear"

    def use(platform: Platform) -> Process:
        yield platform.at(30, 0)
        platform.on_evaluation(odd)

    run, without = simulate(scenario, use), sl.simulate(scenario)
    judged = run.events[(run.events["event"] == "evaluation") & (run.events["day"] >= 30)]
    assert (judged["cause"] == "odd number").equals(judged["borrower"] % 2 == 1)
    assert ((judged["cause"] == "clear") == (judged["borrower"] % 2 == 0)).all()
    odd_ones = run.holds["borrower"] % 2 == 1
    assert (run.holds["days_policy"][odd_ones] > 30).any()
    assert (run.holds["days_policy"][~odd_ones] == 0).all()
    assert (run.holds["outcome"][odd_ones] != "released").all()
    assert (run.holds["outcome"][~odd_ones] == "released").any()
    assert (without.holds["outcome"] == "pending").all()
    pd.testing.assert_series_equal(run.borrowers["score"], without.borrowers["score"])


@pytest.mark.parametrize("said", [7, "", "x" * 101, True, ["score"]])
def test_a_rule_that_says_nothing_known_is_refused(said: object) -> None:
    def use(platform: Platform) -> Process:
        platform.on_evaluation(lambda *_: said)
        yield platform.at(0, 0)

    with pytest.raises(
        sl.SimlimitError,
        match=r"^what a rule of one's own returns is .*, but must be a text of 1 to 100 characters \(rule ",
    ):
        sl.simulate(SLOW, processes=[use])


def test_a_rule_says_and_does_not_act() -> None:
    def use(platform: Platform) -> Process:
        platform.on_evaluation(lambda own, borrower, _: own.close(borrower))
        yield platform.at(0, 0)

    with pytest.raises(sl.SimlimitError, match=r"^a rule of one's own says what it decides"):
        sl.simulate(SLOW, processes=[use])


# Pay what is due.


def test_a_late_payer_that_pays_all_that_is_due_is_cured() -> None:
    """R174: nothing is due then, the next miss is a first one, and the holds were paid late."""
    owing: dict[int, tuple[int, float]] = {}

    def collect(platform: Platform) -> None:
        for b in range(20):
            r = platform.borrowers[b]
            if r.spell > 0:
                loan = platform.state.loans[int(r.first_loan)]
                owing[b] = (70 - int(r.oldest_due)) // 30 + 1, loan.balance / loan.remaining / 100
            assert platform.pay_due(b) == (b in owing)
            assert (int(r.spell), int(r.oldest_due)) == (0, NEVER)
            assert not platform.pay_due(b)

    run, without = simulate(LATE, at(70, 1.5, collect)), sl.simulate(LATE)
    assert len(owing) > 5
    assert max(owing.values()) >= (2,)
    paid = run.holds[run.holds["repaid_at"] == 70].set_index("borrower")
    assert set(owing) <= set(paid.index)
    for b, (instalments, principal) in owing.items():
        assert abs(paid["amount"][b] - instalments * principal) < 0.01 * instalments
        assert paid["days_overdue"][b] > 0  # paid late, it waits for an evaluation
        assert paid["instalment"][b] == (70 - run.borrowers["due_day"][b]) // 30
    defaults = [run.events[run.events["event"] == "default"] for run in (run, without)]
    assert not set(defaults[0]["borrower"][defaults[0]["day"] < 120]) & set(owing)
    assert set(defaults[1]["borrower"]) & set(owing)
    early = without.events["day"] < 70
    pd.testing.assert_frame_equal(run.events[run.events["day"] < 70], without.events[early])


def test_who_pays_what_slipped_does_not_pay_again_when_the_slip_would_end() -> None:
    """R174: its process, which waited for the end of the slip, goes on with the next due day."""
    slipping = SLOW.replace({"behaviour.slip_share": 1.0, "behaviour.slip_days": 20})

    def collect(platform: Platform) -> Process:
        for day in range(platform.horizon):
            yield platform.at(day, 1.2)
            for b in range(20):
                platform.pay_due(b)

    run, prompt = simulate(slipping, collect), sl.simulate(SLOW)
    repaid = run.events[run.events["event"] == "repayment"]
    assert (run.events["event"] == "slip").sum() == (prompt.events["event"] == "repayment").sum()
    columns = ["day", "borrower", "instalment", "amount"]
    expected = prompt.events[prompt.events["event"] == "repayment"]
    pd.testing.assert_frame_equal(
        repaid[columns].reset_index(drop=True), expected[columns].reset_index(drop=True)
    )


def test_who_planned_a_payment_before_the_slip_would_end_makes_it() -> None:
    """R174: the day of a plan comes earlier than that for which the borrower's process waited."""
    plan = {"levers": [sl.Lever(kind="plan", strength=1.0)], "evaluation.cutoff_days": 2}
    slipping = SLOW.replace({**plan, "behaviour.slip_share": 0.5, "behaviour.slip_days": 29})
    run = simulate(slipping, at(40, 2, everybody(lambda platform, b: platform.pay_due(b))))
    for b in range(20):
        paid = run.events[(run.events["borrower"] == b) & (run.events["event"] == "repayment")]
        assert paid["instalment"].is_unique
        assert paid["instalment"].tolist() == list(range(len(paid)))


def test_what_fell_due_before_the_first_due_day_is_paid_under_a_number_of_its_own(tmp_path: Path) -> None:
    """R174: -2, since only a raise has -1."""
    book = pd.DataFrame({"limit": [9_000.0] * 5, "outstanding": [6_000.0] * 5, "months_late": 2})
    scenario = SLOW.with_portfolio(book)
    run = simulate(scenario, at(0, 0, everybody(lambda platform, b: platform.pay_due(b))))
    first = run.holds[run.holds["repaid_at"] == 0]
    assert set(first["kind"]) == {"repayment"}
    assert set(first["instalment"]) <= {-2, 0}
    assert (first["instalment"] == -2).any()


# Lines.


def wishes(run: sl.Run, borrower: int) -> list[int]:
    drawn = run.events[(run.events["event"] == "draw") & (run.events["borrower"] == borrower)]
    return drawn["day"].tolist()


def test_a_line_that_is_closed_and_opened_has_the_wishes_of_one_that_never_was() -> None:
    """R175: what is drawn differs, when is the same."""
    often = SLOW.replace(
        {"behaviour.draws_per_year": 60.0, "product.min_draw": 1.0, "behaviour.draw_share": (0.1, 0.1)}
    )

    def shut(platform: Platform) -> Process:
        yield platform.at(30, 1)
        platform.close(3)
        with pytest.raises(sl.SimlimitError, match=r"^borrower 3 has a closed line: open\(\) opens it\.$"):
            platform.close(3)
        with pytest.raises(sl.SimlimitError, match=r"^borrower 3 has a closed line"):
            platform.draw(3, 1.0)
        yield platform.at(60, 1)
        platform.open(3, 10_000.0)
        with pytest.raises(sl.SimlimitError, match=r"^borrower 3 has an open line"):
            platform.open(3, 1.0)

    run, without = simulate(often, shut), sl.simulate(often)
    before, after = wishes(run, 3), wishes(without, 3)
    assert before == [day for day in after if not 30 <= day < 60]
    assert any(30 <= day < 60 for day in after)
    assert [wishes(run, b) for b in (2, 4)] == [wishes(without, b) for b in (2, 4)]
    told = run.events[
        (run.events["borrower"] == 3) & run.events["event"].isin(["close", "open", "cut", "raise"])
    ]
    assert list(zip(told["day"], told["event"], strict=True)) == [
        (30, "cut"),
        (30, "close"),
        (60, "raise"),
        (60, "open"),
    ]
    judged = run.events["day"][(run.events["borrower"] == 3) & (run.events["event"] == "evaluation")]
    assert not judged.between(30, 59).any()
    assert judged.between(60, 119).sum() == 2
    assert not run.borrowers["closed"][3]


def test_a_line_that_defaulted_can_be_opened_and_is_drawn_and_repaid_again() -> None:
    """R175: its process had ended."""
    bad = LATE.replace({"behaviour.default_dpd": 31, "behaviour.draws_per_year": 120.0, "horizon_days": 200})

    def forgive(platform: Platform) -> Process:
        yield platform.at(120, 4)
        closed = [b for b in range(20) if platform.borrowers[b].closed]
        opened.extend(closed)
        for b in closed:
            platform.open(b, 5_000.0)

    opened: list[int] = []
    run = simulate(bad, forgive)
    later = run.events[(run.events["day"] > 120) & run.events["borrower"].isin(opened)]
    assert len(opened) > 5
    assert set(later["borrower"][later["event"] == "draw"]) == set(opened)
    assert (later["event"] == "repayment").any()
    assert (later["event"] == "miss").any()


def test_the_watch_list_of_a_user_sends_holds_to_the_desk() -> None:
    """R176: from then on, until the borrower is taken off it."""

    def watch(platform: Platform) -> Process:
        yield platform.at(30, 0)
        platform.watch(1)
        yield platform.at(80, 0)
        platform.unwatch(1)

    run = simulate(SLOW.replace({"evaluation.straight_through": True}), watch)
    reviewed = run.holds[run.holds["reviewed_at"].notna()]
    assert set(reviewed["borrower"]) == {1}
    of_one = run.holds[run.holds["borrower"] == 1]
    assert (of_one["reviewed_at"].notna() == of_one["repaid_at"].between(30, 79)).all()
    told = run.events[run.events["event"].isin(["watch", "unwatch"])]
    assert told[["day", "borrower", "cause"]].to_numpy().tolist() == [[30, 1, "manual"], [80, 1, "manual"]]


def test_several_reasons_block_until_the_last_one_ends() -> None:
    """R177: releases and draws; a day is charged to policy once."""
    prompt = SLOW.replace({"evaluation.straight_through": True})

    def block(platform: Platform) -> Process:
        yield platform.at(20, 0)
        platform.block(2, "fraud?")
        platform.block(2, "fraud?")  # it is, already
        platform.block(2, "policy")
        assert not platform.draw(2, 10.0)
        yield platform.at(60, 0)
        platform.unblock(2, "fraud?")
        platform.unblock(2, "fraud?")  # it is no more
        assert not platform.draw(2, 10.0)
        yield platform.at(70, 0)
        platform.unblock(2, "policy")
        assert platform.draw(2, 10.0)

    run = simulate(prompt, block)
    of_two = run.holds[(run.holds["borrower"] == 2) & run.holds["repaid_at"].between(20, 69)]
    assert len(of_two) > 0
    assert (of_two["ended_at"] == 70).all()
    assert (of_two["days_policy"] == 70 - of_two["repaid_at"]).all()
    refused = run.events[run.events["event"] == "refused_draw"]
    assert refused[["day", "cause"]].to_numpy().tolist() == [[20, "policy"], [60, "policy"]]
    causes = run.events["cause"][run.events["event"].isin(["block", "unblock"])].tolist()
    assert causes == ["fraud?", "policy", "fraud?", "policy"]


def test_what_is_available_but_blocked_is_lost() -> None:
    """R138, R177: for the days of the block, in both measures."""
    whole = SLOW.replace({"population.utilisation_mean": 0.0})
    run = simulate(
        whole,
        at(20, 0, lambda platform: platform.block(2, "fraud?")),
        at(50, 0, lambda platform: platform.unblock(2, "fraud?")),
    )
    assert run.borrowers["lost_amount_days"].tolist() == [0.0, 0.0, 30 * 10_000.0] + [0.0] * 17
    assert run.borrowers["no_limit_days"].tolist() == [0, 0, 30] + [0] * 17


# Holds.


def test_a_hold_that_waits_is_approved_denied_or_sent_to_the_desk() -> None:
    """R178."""

    def decide(platform: Platform) -> Process:
        yield platform.at(40, 2.2)
        waiting = [hold for b in range(20) for hold in platform.open_holds(b)]
        keys.extend((platform.hold(hold)["borrower"], platform.hold(hold)["repaid_at"]) for hold in waiting)
        first, second, third, *_ = waiting
        platform.approve(first)
        platform.deny(second, "papers missing")
        platform.send_to_desk(third)
        assert platform.hold(second)["cause"] == "policy"
        for hold, stands in ((first, "funding"), (third, "review")):
            with pytest.raises(
                sl.SimlimitError, match=rf"^hold {hold} stands at {stands}, but must wait for an"
            ):
                platform.approve(hold)
        yield platform.at(40, 5)
        with pytest.raises(sl.SimlimitError, match=rf"^hold {first} has ended: it was released on day 40\.$"):
            platform.deny(first, "too late")

    keys: list[tuple[int, int]] = []
    run = simulate(SLOW.replace({"review.service_law": "constant"}), decide)
    approved, denied, sent = (run.holds.set_index(["borrower", "repaid_at"]).loc[key] for key in keys[:3])
    assert (approved["ended_at"], approved["days_evaluation"]) == (40, 40 - keys[0][1])
    assert denied["days_evaluation"] == 40 - keys[1][1]
    assert denied["days_policy"] == denied["ended_at"] - 40  # the next evaluation clears it
    assert (sent["reviewed_at"], sent["ended_at"], sent["days_review"]) == (41, 41, 1)
    told = run.events[run.events["event"].isin(["approve", "deny", "to_desk"])].sort_values("event")
    assert set(zip(told["event"], told["cause"], strict=True)) == {
        ("approve", "manual"), ("deny", "papers missing"), ("to_desk", "manual"),
    }  # fmt: skip


# Changes.


def test_a_share_of_money_is_that_of_its_day() -> None:
    """R179, R109: the headroom follows from what was reserved and recycled by the shares of each day."""
    scenario = sl.preset("jiebei").scaled(60).replace({"shocks": [], "horizon_days": 150, "warmup_days": 0})

    def change(platform: Platform) -> None:
        platform.change("funding.reserve_share", 0.25)
        platform.change("funding.recycle_share", 0.5)

    run = sl.simulate(scenario, processes=[at(60, 0, change), check_every_evening])
    holds, events, horizon = run.holds, run.events, scenario.horizon_days

    def taken(name: str, later: float, days: pd.Series[Any], amounts: pd.Series[Any]) -> Any:
        shares = np.where(days < 60, round(10_000 * getattr(scenario.funding, name)), round(10_000 * later))
        return on_days(days, cents(amounts) * shares // 10_000, horizon)

    paid, released = holds[holds["kind"] == "repayment"], holds[holds["released_amount"] > 0]
    withdrawn, drawn = (events[events["event"] == name] for name in ("withdraw", "draw"))
    change_a_day = (
        cents(run.daily["inflow"]).to_numpy()
        + taken("recycle_share", 0.5, paid["repaid_at"], paid["amount"])
        - taken("reserve_share", 0.25, released["ended_at"], released["released_amount"])
        + taken("reserve_share", 0.25, withdrawn["day"], withdrawn["amount"])
        - on_days(drawn["day"], cents(drawn["amount"]), horizon)
        + taken("reserve_share", 0.25, drawn["day"], drawn["amount"])
    )
    headroom = round(100 * scenario.funding.initial) + np.cumsum(change_a_day)
    assert (cents(run.daily["headroom"]) == headroom).all()
    assert released["ended_at"].between(61, horizon).any()


def test_a_smaller_claim_counts_for_the_holds_that_stand_in_the_queue() -> None:
    """R179, R84: those that claim nothing any more are released behind one that does not fit."""
    dry = {"funding.unlimited": False, "funding.initial": 0.0, "funding.recycle_share": 0.0}
    sizes = {"population.limit_log_sd": 1.5, "population.borrowers": 60}
    scenario = SLOW.replace({**dry, **sizes, "evaluation.straight_through": True})
    change = at(40, 1, lambda platform: platform.change("funding.reserve_share", 0.0001))
    run = sl.simulate(scenario, processes=[change])
    waiting = run.holds[run.holds["repaid_at"] < 40]
    small = waiting["amount"] < 100
    assert (waiting["ended_at"][small] == 40).all()
    assert waiting["ended_at"][~small].isna().all()
    assert 2 < small.sum() < len(waiting) - 2


def test_reviewers_that_come_and_go_count_from_the_next_arrivals_on() -> None:
    """R179: reviews take 0.4 days, so one who came at 50.25 has ended two of them by phase 3 of day 51."""
    desk = {"review.service_law": "constant", "review.watch_share": 1.0, "evaluation.straight_through": True}
    scenario = SLOW.replace({**desk, "population.borrowers": 200, "review.service_days": 0.4})

    def hire(platform: Platform) -> Process:
        yield platform.at(50, 1.7)
        platform.change("review.reviewers", 9)
        assert platform.scenario.review.reviewers == 9
        yield platform.at(80, 4)
        platform.change("review.reviewers", 1)

    reviewed = simulate(scenario, hire).holds["reviewed_at"].value_counts().sort_index()
    assert (reviewed[reviewed.index <= 50] <= 3).all()
    assert reviewed[51] in (17, 18)  # the first one was under way at 50.25
    assert reviewed.loc[52:80].max() > 20
    assert (reviewed[reviewed.index > 82] <= 3).all()


def test_a_change_of_a_region_is_of_this_run_alone() -> None:
    """R179: what the replications share is not written to."""
    regions = {"east": {"share": 0.5, "false_flag": 0.1}, "west": 0.5}
    scenario = SLOW.replace({"population.regions": regions, "population.borrowers": 40})
    prepared = prepare(scenario, 90, logging=True, reusing=False)
    before = {name: getattr(prepared.book, name).copy() for name in Book.members}
    records = prepared.records.copy()

    def flag(platform: Platform) -> Process:
        yield platform.at(1, 0)
        platform.change("population.regions.east.false_flag", 0.99)
        platform.change("rules.min_score", 0.9)

    for replication in range(2):
        state = simpy_driver.run(prepared, 1, replication, [flag], lambda _: None)
        east = state.borrowers["region"] == 0
        assert state.borrowers["flagged"][east].mean() > 0.8
        assert state.borrowers["flagged"][~east].mean() == 0
    assert all((getattr(prepared.book, name) == array).all() for name, array in before.items())
    assert (prepared.records == records).all()


@pytest.mark.parametrize(
    "field",
    [
        *("population.borrowers", "horizon_days", "evaluation.period_days", "review.watch_share", "rules"),
        *("funding.initial", "funding.unlimited", "screening.risky_share", "levers"),
        *("population.regions.all.late_onset", "shocks[0].size", "product.cycle_days", "", "a.b"),
        *(7, None, ["rules.min_score"]),
    ],
)  # fmt: skip
def test_what_may_not_change_is_refused_with_what_may(field: object) -> None:
    with pytest.raises(
        sl.SimlimitError,
        match=r"^field is .*, but must be one that may change during a run: a field of rules",
    ):
        sl.simulate(SLOW, processes=[at(9, 0, lambda platform: platform.change(field, 1))])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rules.min_scor", 0.5), ("rules.min_score", 2.0), ("review.reviewers", 0),
        ("funding.facilities[3].lump", 1.0),
        ("limits.cap", "x"), ("limits.cut_score", 1.5), ("population.regions.nowhere.false_flag", 0.1),
        ("limits.block_draws", ["all"]),
    ],
)  # fmt: skip
def test_a_change_is_checked_as_the_scenario_is(field: str, value: object) -> None:
    with pytest.raises(sl.SimlimitError) as by_process:
        sl.simulate(SLOW, processes=[at(9, 0, lambda platform: platform.change(field, value))])
    with pytest.raises(sl.SimlimitError) as by_replace:
        SLOW.replace({field: value})
    assert str(by_process.value.__cause__) == str(by_replace.value)


# Time.


def test_what_is_done_between_two_phases_belongs_to_the_next() -> None:
    """R173: to phase 5 before the evening, and from then on to the next day."""
    said = {
        0.0: 0,
        0.3: 1,
        1.0: 1,
        1.01: 2,
        2.0: 2,
        3.7: 4,
        4.0: 4,
        5.0: 5,
        5.2: 5,
        5.9: 5,
        6.0: 8,
        6.5: 8,
        7.9: 8,
    }

    def act(platform: Platform) -> Process:
        for b, phase in enumerate(said):
            yield platform.env.timeout(50 + phase / 8 - platform.env.now)
            assert platform.day == 50
            platform.block(b, "test")

    told = simulate(SLOW, act).events.query("event == 'block'").set_index("borrower")
    found = {phase: 8 * (told["day"][b] - 50) + told["phase"][b] for b, phase in enumerate(said)}
    assert found == said


def test_ten_waits_of_a_tenth_of_a_day_end_on_the_next_day() -> None:
    """R173: at its very begin, together with who waits for that."""
    seen = []

    def tenths(platform: Platform) -> Process:
        for _ in range(300):
            yield platform.env.timeout(0.1)
        seen.append((platform.day, platform.env.now))
        yield platform.at(platform.day, 0)
        seen.append((platform.day, platform.env.now))

    def thirds(platform: Platform) -> Process:
        for _ in range(90):
            yield platform.env.timeout(1 / 3)
        seen.append((platform.day, platform.env.now))

    simulate(SLOW, tenths, thirds)
    assert seen == [(30, 30.0)] * 3


def test_nobody_acts_after_the_last_evening() -> None:
    with pytest.raises(sl.SimlimitError, match=r"^day 120 is not simulated: the last day is 119 \(process"):
        sl.simulate(SLOW, processes=[at(119, 6, lambda platform: platform.block(1, "late"))])


def test_resources_stores_and_containers_of_simpy_work_as_they_are() -> None:
    """R173: a team of two calls for a third of a day each, until the budget is spent."""
    calls: list[tuple[float, int]] = []

    def team(platform: Platform) -> Process:
        staff, budget = simpy.Resource(platform.env, 2), simpy.Container(platform.env, 100, init=10)
        todo: simpy.Store = simpy.Store(platform.env)

        def call() -> Process:
            b = yield todo.get()
            with staff.request() as turn:
                yield turn
                yield budget.get(1)
                yield platform.env.timeout(1 / 3)
                platform.pay_due(b)
                calls.append((platform.env.now, b))

        yield platform.at(70, 1)
        for b in range(20):
            platform.env.process(call())
            yield todo.put(b)

    simulate(LATE, team)
    assert len(calls) == 10
    assert [time for time, _ in calls] == pytest.approx([70.125 + (k // 2 + 1) / 3 for k in range(10)])
    assert [b for _, b in calls] == list(range(10))


# Whatever is done.


def meddle(seed: int) -> Callable[[Platform], Process]:
    """Return a process that does anything to anybody at any time."""
    rng = Random(seed)
    fields: dict[str, Callable[[], object]] = {
        "rules.min_score": lambda: rng.choice((0.0, 0.5, 0.8)),
        "rules.grace_days": lambda: rng.choice((0, 3, 20)),
        "review.reviewers": lambda: rng.choice((1, 2, 7)),
        "review.service_days": lambda: rng.choice((0.0, 0.4, 5.0)),
        "funding.daily_inflow": lambda: rng.choice((0.0, 500.0, 1e6)),
        "funding.ceiling": lambda: rng.choice((None, 0.0, 1e5)),
        "funding.refuse_draws": lambda: chance(rng, 0.5),
        "limits.block_draws": lambda: rng.sample(("past_due", "denied", "frozen"), rng.randint(0, 3)),
        "limits.cap": lambda: rng.choice((None, 3_000.0, 1e5)),
        "screening.false_flag": lambda: rng.choice((0.0, 0.3)),
        "evaluation.straight_through": lambda: chance(rng, 0.5),
    }

    def change(platform: Platform, _: int) -> None:
        field = rng.choice([*fields])
        platform.change(field, fields[field]())

    def on_hold(name: str, *args: str) -> Callable[[Platform, int], None]:
        def act(platform: Platform, b: int) -> None:
            for hold in platform.open_holds(b):
                getattr(platform, name)(hold, *args)

        return act

    acts: list[Callable[[Platform, int], object]] = [
        change, on_hold("approve"), on_hold("send_to_desk"), on_hold("deny", "because"),
        Platform.pay_due, Platform.pay_due, Platform.repay_early, Platform.close, Platform.watch,
        Platform.unwatch,
        lambda platform, b: platform.open(b, rng.choice((0.0, 5_000.0))),
        lambda platform, b: platform.block(b, rng.choice("ab")),
        lambda platform, b: platform.unblock(b, rng.choice("ab")),
        lambda platform, b: platform.draw(b, int(platform.borrowers[b].available) / 200),
        lambda platform, b: platform.set_limit(b, rng.choice((0.0, 4_000.0, 20_000.0))),
        lambda platform, _: platform.on_evaluation(lambda own, b, word: rng.choice((None, "clear", "no"))),
    ]  # fmt: skip

    def process(platform: Platform) -> Process:
        while True:
            yield platform.env.timeout(rng.choice((0.1, 0.125, 1 / 3, rng.expovariate(1))))
            if platform.env.now >= platform.horizon - 0.3:
                return
            for b in rng.sample(range(len(platform.borrowers)), 3):
                try:
                    rng.choice(acts)(platform, b)
                except sl.SimlimitError:
                    continue

    return process


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32 - 1))
@example(3)
def test_identities_hold_whatever_processes_do_whenever(tmp_path: Path, seed: int) -> None:
    """R108, R109, R107: to the cent each evening; and the same processes make the same history."""
    world = random_world(seed % 1_000, tmp_path)
    run = simulate(world, meddle(seed), seed=seed)
    assert len(run.events["cause"].cat.categories) > 27 or len(run.holds) == 0
    assert_same(run, sl.simulate(world, seed, processes=[meddle(seed)]))
    assert (run.counts.loc[:, "settlement":"funding"] >= 0).all(axis=None)
