"""R2, R97, R108, R109, R166: processes of a user's own wait, see, act, and keep every identity."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from few_and_many import few_and_many
from histories import digest
from identities import assert_consistent, check_every_evening
from random_scenarios import random_scenario

import simlimit as sl
from simlimit.errors import SimlimitError
from simlimit.model.memory import GROWING, records_needed
from simlimit.processes.platform import Platform

Process = Iterator[Any]
SLOW = sl.preset("clockwork").replace({"population.borrowers": 20, "evaluation.straight_through": False})


DAILY_DRAWS = {
    "behaviour.draws_per_year": 365.0,
    "behaviour.draw_share": (0.001, 0.001),
    "product.min_draw": 0.01,
}


def simulate(*processes: Callable[[Platform], Process], scenario: sl.Scenario = SLOW) -> sl.Run:
    """Simulate with processes, while all identities are checked."""
    run = sl.simulate(scenario, processes=[*processes, check_every_evening])
    assert_consistent(run)
    return run


def test_time_is_in_days_and_eighths_of_a_day() -> None:
    times = []

    def clock(platform: Platform) -> Process:
        for day, phase in ((0, 0), (0, 6), (3, 1), (3, 1), (3, 5), (9, 2.5)):
            yield platform.at(day, phase)
            times.append((platform.env.now, platform.day))

    simulate(clock)
    assert times == [(0.0, 0), (0.75, 0), (3.125, 3), (3.125, 3), (3.625, 3), (9.3125, 9)]


def test_all_who_wait_for_a_moment_share_its_event() -> None:
    def two(platform: Platform) -> Process:
        assert platform.at(7, 3) is platform.at(7, 3)
        assert platform.at(7, 3) is not platform.at(7, 4)
        yield platform.at(7, 3)

    simulate(two)


def test_the_past_cannot_be_waited_for() -> None:
    def late(platform: Platform) -> Process:
        yield platform.at(10, 3)
        with pytest.raises(SimlimitError, match=r"^day 10, phase 2 has passed: it is 10.375; .*\.$"):
            platform.at(10, 2)
        yield platform.at(10, 3)  # now is not the past

    simulate(late)


def test_a_process_may_end_after_the_horizon_or_never_wait() -> None:
    def patient(platform: Platform) -> Process:
        yield platform.at(platform.horizon + 5, 0)
        raise AssertionError("this is after the end")

    def idle(platform: Platform) -> Process:
        yield from ()

    assert digest(simulate(patient, idle)) == digest(sl.simulate(SLOW))


def test_an_error_in_a_process_is_not_lost() -> None:
    def wrong(platform: Platform) -> Process:
        yield platform.at(5, 1)
        raise ZeroDivisionError

    with pytest.raises(SimlimitError, match=r"^ZeroDivisionError \(process .*wrong, day 5, ") as failed:
        sl.simulate(SLOW, processes=[wrong])
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


def test_a_hold_ends_on_the_day_of_the_tables() -> None:
    seen: dict[tuple[int, float, int], tuple[int, str]] = {}

    def watch_one(platform: Platform, hold: int) -> Process:
        known = platform.hold(hold)
        assert known["outcome"] == "pending"
        assert known["cause"] == "evaluation"
        ended = platform.hold_ended(hold)
        assert ended is platform.hold_ended(hold)
        yield ended
        assert platform.env.now == platform.day + 0.5
        key = (known["borrower"], known["amount"], known["repaid_at"])
        seen[key] = (platform.day, platform.hold(hold)["outcome"])
        again = platform.hold_ended(hold)
        yield again  # it has ended: no waiting
        assert platform.day == seen[key][0]

    def watch(platform: Platform) -> Process:
        yield platform.at(100, 1.5)
        for borrower in range(len(platform.borrowers)):
            for hold in platform.open_holds(borrower):
                platform.env.process(watch_one(platform, hold))

    holds = simulate(watch).holds
    open_then = holds[(holds["repaid_at"] <= 100) & ~(holds["ended_at"] < 100)]
    expected = {
        (row.borrower, row.amount, row.repaid_at): (row.ended_at, row.outcome)
        for row in open_then.itertuples()
    }
    assert len(seen) > 5
    assert seen == expected


def test_open_holds_come_latest_first() -> None:
    found = []

    def look(platform: Platform) -> Process:
        yield platform.at(120, 6)
        for borrower in range(len(platform.borrowers)):
            days = [platform.hold(hold)["repaid_at"] for hold in platform.open_holds(borrower)]
            assert days == sorted(days, reverse=True)
            found.append(len(days))

    slow = SLOW.replace({"evaluation.period_days": 200, "evaluation.schedule": "batch"})
    simulate(look, scenario=slow)
    assert max(found) >= 3


@pytest.mark.parametrize("patience", [5, 200])
def test_one_can_wait_for_a_hold_or_a_time(patience: int) -> None:
    outcomes = []

    def impatient(platform: Platform) -> Process:
        yield platform.at(60, 5)
        holds = [hold for borrower in range(20) for hold in platform.open_holds(borrower)]
        for hold in holds:
            ended = platform.hold_ended(hold)
            yield ended | platform.at(platform.day + patience, 5)
            outcomes.append(ended.triggered)
            assert ended.triggered == (platform.hold(hold)["outcome"] != "pending")

    simulate(impatient)
    assert len(outcomes) > 3
    assert all(outcomes) == (patience == 200)


def test_the_documented_example_acts() -> None:
    """Who waits longer than a week leaves: the limit is 0 from then on."""

    def impatient(platform: Platform) -> Process:
        yield platform.at(60, 5)
        for borrower in range(20):
            for hold in platform.open_holds(borrower):
                ended = platform.hold_ended(hold)
                yield ended | platform.at(platform.day + 7, 5)
                if not ended.triggered:
                    platform.set_limit(borrower=borrower, limit=0)

    run = simulate(impatient)
    left = run.borrowers[run.borrowers["limit"] == 0]["borrower"]
    assert 0 < len(left) < 20
    manual = run.events[run.events["cause"] == "manual"]
    assert set(manual["borrower"][manual["event"] == "cut"]) == set(left)
    assert set(manual["event"]) == {"cut", "withdraw", "forfeit"}
    later = run.holds[run.holds["borrower"].isin(left) & (run.holds["repaid_at"] > 250)]
    assert (later["outcome"] == "forfeited").all()


def test_a_draw_is_a_loan_of_that_amount() -> None:
    def draw(platform: Platform) -> Process:
        yield platform.at(50, 5)
        platform.draw(borrower=4, amount=1_234.56)

    run, without = simulate(draw), sl.simulate(SLOW)
    drawn = run.events[run.events["event"] == "draw"]
    assert drawn[["day", "phase", "borrower", "amount"]].to_numpy().tolist() == [[50, 5, 4, 1_234.56]]
    repaid = run.holds.groupby("borrower")["amount"].sum() - without.holds.groupby("borrower")["amount"].sum()
    assert repaid.round(2).to_dict() == {b: 1_234.56 if b == 4 else 0.0 for b in repaid.index}


@pytest.mark.parametrize("amount", [0.0, -5.0, 0.001, 1e6, float("nan"), float("inf")])
def test_no_more_than_what_is_available_can_be_drawn(amount: float) -> None:
    refused = []

    def greedy(platform: Platform) -> Process:
        yield platform.at(50, 5)
        with pytest.raises(SimlimitError, match=r"^amount is .*, but must be .*\.$"):
            platform.draw(borrower=4, amount=amount)
        refused.append(amount)

    assert digest(simulate(greedy)) == digest(sl.simulate(SLOW))
    assert len(refused) == 1


def test_a_borrower_draws_at_most_once_a_day() -> None:
    def twice(platform: Platform) -> Process:
        yield platform.at(50, 2)
        assert platform.draw(borrower=4, amount=1_000.0)
        assert not platform.draw(borrower=4, amount=1_000.0)

    run = simulate(twice, scenario=SLOW.replace(DAILY_DRAWS))
    draws = run.events[run.events["event"] == "draw"]
    assert not draws.duplicated(["day", "borrower"]).any()
    assert draws["loan"].is_unique


@pytest.mark.parametrize("release_unit", ["instalment", "loan"])
def test_an_early_repayment_opens_one_hold_of_the_whole_balance(release_unit: str) -> None:
    owed = {}

    def repay(platform: Platform) -> Process:
        yield platform.at(40, 5)
        for borrower in range(20):
            owed[borrower] = int(platform.borrowers[borrower].outstanding) / 100
            assert platform.repay_early(borrower) == (owed[borrower] > 0)
            assert not platform.repay_early(borrower)  # nothing is left

    run = simulate(repay, scenario=SLOW.replace({"product.release_unit": release_unit}))
    paid = run.events[run.events["event"] == "prepayment"].set_index("borrower")
    assert paid["amount"].to_dict() == {borrower: amount for borrower, amount in owed.items() if amount}
    assert (paid["day"] == 40).all()
    assert (run.borrowers["outstanding"] == 0).all()
    assert (run.borrowers["available"] == run.borrowers["limit"]).all()


def test_a_borrower_past_due_cannot_repay_early() -> None:
    def repay(platform: Platform) -> Process:
        yield platform.at(45, 5)
        for borrower in range(20):
            platform.repay_early(borrower)

    never_paying = SLOW.replace({"behaviour.late_onset": 0.999, "behaviour.cure_hazards": (0.0,)})
    run = simulate(repay, scenario=never_paying)
    missed = set(run.events["borrower"][(run.events["event"] == "miss") & (run.events["day"] <= 45)])
    assert len(missed) > 10
    assert missed.isdisjoint(run.events["borrower"][run.events["event"] == "prepayment"])


def test_a_limit_can_be_raised_and_lowered() -> None:
    def change(platform: Platform) -> Process:
        yield platform.at(30, 5)
        platform.set_limit(borrower=1, limit=12_000.0)
        with pytest.raises(SimlimitError, match=r"^borrower 1 has a raise pending.*\.$"):
            platform.set_limit(borrower=1, limit=13_000.0)
        platform.set_limit(borrower=2, limit=9_999.99)
        platform.set_limit(borrower=3, limit=10_000.0)  # as it is: nothing happens
        yield platform.at(40, 5)
        platform.set_limit(borrower=1, limit=13_000.0)

    run = simulate(change)
    assert run.borrowers["limit"][1:4].tolist() == [13_000.0, 9_999.99, 10_000.0]
    assert (run.borrowers["limit"][4:] == 10_000.0).all()
    raises = run.holds[run.holds["kind"] == "raise"]
    assert raises[["borrower", "amount", "repaid_at", "ended_at"]].to_numpy().tolist() == [
        [1, 2_000.0, 30, 31],
        [1, 1_000.0, 40, 41],
    ]
    changed = run.events[run.events["event"].isin(["cut", "raise"])]
    assert changed["amount"].tolist() == [2_000.0, 0.01, 1_000.0]


@pytest.mark.parametrize(
    ("day", "phase", "waits"), [(63, 1, True), (63, 5, False), (60, 1, False), (60, 5, True)]
)
def test_an_early_repayment_waits_for_an_evaluation_in_progress(day: int, phase: int, waits: bool) -> None:
    """An evaluation starts in phase 2 of its day and decides in phase 2 three days later."""
    batch = sl.preset("clockwork").replace(
        {
            "population.borrowers": 20,
            "evaluation.schedule": "batch",
            "evaluation.period_days": 61,
            "evaluation.duration_days": 3,
        }
    )

    def repay(platform: Platform) -> Process:
        yield platform.at(day, phase)
        for borrower in range(20):
            platform.repay_early(borrower)
        causes.update(platform.hold(hold)["cause"] for b in range(20) for hold in platform.open_holds(b))

    causes: set[str] = set()
    simulate(repay, scenario=batch)
    assert causes == ({"evaluation"} if waits else {"funding"})


def test_what_is_done_when_the_day_is_recorded_belongs_to_the_next() -> None:
    def late(platform: Platform) -> Process:
        yield platform.at(50, 6)
        assert platform.day == 50
        platform.draw(4, 1_000.0)
        platform.repay_early(5)
        platform.set_limit(6, 0)

    events = simulate(late).events
    done = events[events["event"].isin(["draw", "prepayment", "cut"])]
    assert done[["day", "phase", "borrower"]].to_numpy().tolist() == [[51, 0, 4], [51, 0, 5], [51, 0, 6]]


@pytest.mark.parametrize("borrower", [-1, 20])
def test_only_borrowers_there_are_can_act(borrower: int) -> None:
    def act(platform: Platform) -> Process:
        yield platform.at(50, 5)
        with pytest.raises(SimlimitError, match=r"^borrower is .* a whole number from 0 to 19\.$"):
            platform.repay_early(borrower)

    simulate(act)


def test_a_moment_is_a_day_and_a_phase() -> None:
    def ask(platform: Platform) -> Process:
        for day, phase in ((60, 9), (60, -1), (60.5, 3)):
            with pytest.raises(SimlimitError, match=r"phase is .*, but must be|day is .*, but must be"):
                platform.at(day, phase)
        yield platform.at(60, 6)

    simulate(ask)


@pytest.mark.parametrize("limit", [-1.0, -0.01, float("nan"), float("inf"), 2e9])
def test_a_limit_is_an_amount(limit: float) -> None:
    def change(platform: Platform) -> Process:
        yield platform.at(30, 5)
        with pytest.raises(SimlimitError, match=r"^limit is .*, but must be .*\.$"):
            platform.set_limit(borrower=1, limit=limit)

    simulate(change)


def busybody(platform: Platform) -> Process:
    """Do a little of everything, at every phase, to everybody in turn."""
    done = 0
    for day in range(0, platform.horizon, 2):
        yield platform.at(day, day % 7)
        borrower = day % len(platform.borrowers)
        for act in (
            lambda b: platform.draw(b, int(platform.borrowers[b].available) / 200),
            platform.repay_early,
            lambda b: platform.set_limit(b, int(platform.borrowers[b].limit) / 80),
            lambda b: platform.set_limit(b, int(platform.borrowers[b].limit) / 110),
        ):
            try:
                act(borrower)
                done += 1
            except SimlimitError:
                continue
    assert done > 100


@few_and_many(6, 20)
def test_identities_hold_whatever_a_process_does(seed: int) -> None:
    run = simulate(busybody, scenario=random_scenario(seed))
    assert (run.events["cause"] == "manual").any()
    again = simulate(busybody, scenario=random_scenario(seed))
    assert digest(run) == digest(again)


def test_a_process_can_act_before_it_first_waits(fresh_process: Callable[..., str]) -> None:
    """Uncompiled, so that a record beyond the end of an array would be an error."""
    script = """
import simlimit as sl

def eager(platform):
    platform.draw(borrower=3, amount=100.0)
    platform.repay_early(borrower=2)
    platform.set_limit(borrower=1, limit=5_000.0)
    yield platform.at(1, 0)

scenario = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 40})
events = sl.simulate(scenario, processes=[eager]).events["event"]
print(*(int((events == kind).sum()) for kind in ("draw", "prepayment", "cut")))
"""
    assert fresh_process("-c", script, NUMBA_DISABLE_JIT="1").strip() == "1 1 1"


def test_there_is_space_for_the_hold_of_an_action_on_the_fullest_day() -> None:
    """Its only borrower pays, repays early, is raised, and a process lets it repay early, all on one day.

    That takes a due day that is one of evaluation, as of one in thirty.
    """
    scenario = sl.preset("clockwork").replace(
        {
            "population.borrowers": 1,
            "horizon_days": 400,
            "warmup_days": 0,
            "population.limit_median": 1e6,
            "behaviour.prepay_per_year": 12.0,
            "behaviour.draws_per_year": 200.0,
            "behaviour.draw_share": (0.01, 0.02),
            "product.min_draw": 1.0,
            "limits.raise_score": 0.0,
            "limits.raise_share": 0.01,
            "limits.raise_days": 1,
        }
    )
    opened = []

    def repay(platform: Platform) -> Process:
        borrower, storage = platform.borrowers[0], platform.state.storage
        assert borrower.due_day == borrower.evaluation_day
        for day in range(int(borrower.due_day), platform.horizon, 30):
            yield platform.at(day, 0)
            needed = dict(zip(GROWING, records_needed(platform._state, day), strict=True))
            space, before = needed["holds"], int(storage.holds_used)
            platform.repay_early(0)
            yield platform.at(day, 5.5)
            assert storage.holds_used <= space
            opened.append(int(storage.holds_used) - before)

    first_day = scenario.replace({"horizon_days": 1})
    days = [sl.simulate(first_day, seed).borrowers[["due_day", "evaluation_day"]] for seed in range(200)]
    for seed in (seed for seed in range(200) if days[seed].iloc[0].nunique() == 1):
        sl.simulate(scenario, seed, processes=[repay])
    assert max(opened) == 4
