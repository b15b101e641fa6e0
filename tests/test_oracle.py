"""The package and the oracle, two statements of docs/model.md, give the same history to the last cent."""

from __future__ import annotations

import datetime
import math
import os
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from statistics import fmean

import numpy as np
import oracle
import pytest
from random_scenarios import LEVER_KINDS, all_mechanisms, follow_up_of, mechanisms, scenario_of
from random_worlds import all_shown, random_world, shown_in, without
from world_mistakes import WORLD_MISTAKES

import simlimit
from simlimit.scenario import Scenario

PACKAGE = Path(simlimit.__file__).parent
SMALL = Scenario().replace({"population.borrowers": 60, "horizon_days": 300})

Told = Callable[..., tuple[Scenario, oracle.Frames]]

WORLDS = int(os.environ.get("SIMLIMIT_WORLDS", "60"))
"""Random worlds of the long tests. ``SIMLIMIT_WORLDS=300`` takes some four minutes more."""


def assert_equal_to_oracle(scenario: Scenario, seed: int, *engines: str) -> None:
    how = {"seed": seed, "replication": seed % 3, "follow_up_days": follow_up_of(seed)}
    told = oracle.simulate(scenario, **how)
    for engine in engines:
        difference = oracle.first_difference(simlimit.simulate(scenario, engine=engine, **how), told)
        assert difference is None, f"{scenario.name}, {engine}: {difference}"


@pytest.mark.parametrize("seed", range(20))
def test_frames_equal_the_oracle(seed: int, tmp_path: Path) -> None:
    """R1 to R4, R9 to R17, R19 to R96, R98 to R103, R106 to R126, R161 to R165, R167: equal tables.

    There is no tolerance. Other tests are about processes of a user's own (R97, R166) and about the random
    numbers (R104, R105), which the oracle takes from the library.
    """
    assert_equal_to_oracle(scenario_of(seed, tmp_path), seed, "calendar")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(20, 220))
def test_frames_equal_the_oracle_in_many_more_scenarios(seed: int, tmp_path: Path) -> None:
    """The same rules in more scenarios."""
    assert_equal_to_oracle(scenario_of(seed, tmp_path), seed, "calendar")


@pytest.mark.parametrize("seed", range(10))
def test_frames_equal_the_oracle_in_random_worlds(seed: int, tmp_path: Path) -> None:
    """R127 to R160 with all that was there before, by both drivers."""
    assert_equal_to_oracle(random_world(seed, tmp_path), seed, "calendar", "simpy")


@pytest.mark.long
@pytest.mark.parametrize("seed", range(10, WORLDS))
def test_frames_equal_the_oracle_in_many_more_random_worlds(seed: int, tmp_path: Path) -> None:
    """The same rules in more of them."""
    assert_equal_to_oracle(random_world(seed, tmp_path), seed, "calendar", "simpy")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Return a function that makes the scenario of a seed, and asks the oracle what happens in it."""
    folder = tmp_path_factory.mktemp("books")

    @cache
    def told_of(make: Callable[[int, Path], Scenario], seed: int) -> tuple[Scenario, oracle.Frames]:
        scenario = make(seed, folder)
        return scenario, oracle.simulate(scenario, seed=seed)

    return told_of


@pytest.mark.long
def test_random_worlds_show_every_mechanism(told: Told) -> None:
    """Each in at least three of the first hundred: a comparison that shows nothing proves nothing."""
    seen: Counter[str] = Counter()
    for seed in range(100):
        seen.update(shown_in(*told(random_world, seed)))
    assert {name for name in all_shown() if seen[name] < 3} == set()


@pytest.mark.long
def test_what_no_table_shows_changes_what_happens_in_some_random_world(
    told: Told,
) -> None:
    """Without it the history of at least two worlds is another."""
    changed: Counter[str] = Counter()
    for seed in range(30):
        scenario, frames = told(random_world, seed)
        for name, changes in without(scenario).items():
            changed[name] += 0
            if changed[name] < 2:
                other = oracle.simulate(scenario.replace(changes), seed=seed)
                changed[name] += oracle.first_difference(other, frames) is not None
    assert {name for name, worlds in changed.items() if worlds < 2} == set()
    assert len(changed) == 26


@pytest.mark.long
def test_random_scenarios_show_every_mechanism(told: Told) -> None:
    seen: Counter[str] = Counter()
    for seed in range(40):
        _, frames = told(scenario_of, seed)
        seen += mechanisms(frames.holds, frames.daily, frames.events)
    assert all_mechanisms() - set(seen) == set()


@pytest.mark.long
def test_every_lever_changes_what_happens_in_some_random_scenario(
    told: Told,
) -> None:
    idle = set(LEVER_KINDS)
    for seed in range(40):
        scenario, frames = told(scenario_of, seed)
        for kind in idle & {lever.kind for lever in scenario.levers if lever.strength > 0}:
            others = [lever for lever in scenario.levers if lever.kind != kind]
            without = oracle.simulate(scenario.replace({"levers": others}), seed=seed)
            if oracle.first_difference(without, frames) is not None:
                idle.remove(kind)
    assert idle == set()


# ---- deliberate mistakes ---------------------------------------------------------------------------------

MISTAKES = {
    "the queues do not mind who the borrower is": (
        "model/queues.py",
        "(days << 32) + int(s.ids[hold.owner])",
        "days << 32",
    ),
    "a payment on the last day of grace is late": (
        "model/repayment.py",
        "late = day - int(r.oldest_due) > s.rules.grace_days",
        "late = day - int(r.oldest_due) >= s.rules.grace_days",
    ),
    "a fall of the limit takes the earliest hold first": (
        "model/limits.py",
        "        following = s.holds[h].next\n",
        "        h = r.first_hold\n"
        "        while s.holds[h].next != 2**32 - 1:\n"
        "            h = s.holds[h].next\n"
        "        following = h\n",
    ),
    "borrowers lose their patience a day late": (
        "model/reactions.py",
        "on = hold.repaid_at + s.reaction.patience_days",
        "on = hold.repaid_at + s.reaction.patience_days + 1",
    ),
    "an approved appeal takes the flag back, but leaves the standing": (
        "model/desk.py",
        "    if r.standing == causes.BEHAVIOUR:\n",
        "    if False:\n",
    ),
    "a loan drawn after its cycle was paid ahead is due in it": (
        "model/repayment.py",
        "    s.details[r.place].first_cycle = cycle + 1\n",
        "    s.details[r.place].first_cycle = cycle\n",
    ),
    "an evaluation also acts for the day of the one before": (
        "model/evaluation.py",
        "before = max(first - every, s.clock.acted_until)",
        "before = max(first - every, s.clock.acted_until - 1)",
    ),
    "what an early repayment brings from settlement is not held up": (
        "model/repayment.py",
        "settle(s, r, day, loan.origin, early=True)",
        "settle(s, r, day, loan.origin, early=False)",
    ),
    "what claims nothing is stopped with the queue": (
        "model/pool.py",
        "return claim == 0 or (not stopped and claim <= s.today.headroom)",
        "return not stopped and claim <= s.today.headroom",
    ),
    "what the overdue days of a late payment took does not fade": (
        "model/score.py",
        " * s.score_left[day - r.last_overdue]",
        "",
    ),
}
EDITED_SEEDS = ("1", "2", "17", "120")  # the third has levers, too
COMPARE = """
import sys
package, tests = sys.argv[1:3]
sys.path[:0] = [package, tests]
import oracle, random_scenarios, simlimit
assert simlimit.__file__.startswith(package)
for seed in map(int, sys.argv[3:]):
    scenario = random_scenarios.random_scenario(seed)
    run = simlimit.simulate(scenario, seed=seed)
    difference = oracle.first_difference(run, oracle.simulate(scenario, seed=seed))
    print(difference)
    if difference is not None:
        break
"""
COMPARE_WORLD = """
import sys
package, tests, name = sys.argv[1:4]
sys.path[:0] = [package, tests]
from pathlib import Path
import oracle, random_worlds, simlimit, world_mistakes
assert simlimit.__file__.startswith(package)
one = world_mistakes.WORLD_MISTAKES[name]
scenario = random_worlds.random_world(one.seed, Path(package)).replace(one.changes)
run = simlimit.simulate(scenario, seed=one.seed, engine=one.engine)
print(oracle.first_difference(run, oracle.simulate(scenario, seed=one.seed)))
"""


def differences_of_edited_package(
    folder: Path, edit: tuple[str, str, str] | None, compare: str, *arguments: str
) -> list[str]:
    """Compare an edited copy of the package with the oracle in a fresh process.

    Its transitions run as plain Python: for a few scenarios that is sooner done than compiling them anew.
    """
    shutil.copytree(PACKAGE, folder / "simlimit", ignore=shutil.ignore_patterns("__pycache__"))
    if edit is not None:
        name, right, wrong = edit
        source = (folder / "simlimit" / name).read_text(encoding="utf-8")
        assert source.count(right) == 1, f"{name} has {source.count(right)} times the text to edit: {right!r}"
        (folder / "simlimit" / name).write_text(source.replace(right, wrong), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", compare, str(folder), str(Path(__file__).parent), *arguments],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize(
    "edit",
    [
        pytest.param(edit, id=name, marks=[] if name.startswith("a payment on") else pytest.mark.long)
        for name, edit in MISTAKES.items()
    ],
)
def test_oracle_catches_a_mistake(edit: tuple[str, str, str], tmp_path: Path) -> None:
    assert differences_of_edited_package(tmp_path, edit, COMPARE, *EDITED_SEEDS)[-1] != "None"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name.startswith("a borrower leaves") else pytest.mark.long)
        for name in WORLD_MISTAKES
    ],
)
def test_oracle_catches_a_mistake_in_a_random_world(name: str, tmp_path: Path) -> None:
    one = WORLD_MISTAKES[name]
    edit = one.file, one.right, one.wrong
    assert differences_of_edited_package(tmp_path, edit, COMPARE_WORLD, name)[0] != "None"


def test_texts_to_edit_are_there_once() -> None:
    """So that a mistake that can no longer be made is seen before the long tests."""
    edits = [*MISTAKES.values(), *((one.file, one.right, one.wrong) for one in WORLD_MISTAKES.values())]
    for name, right, _ in edits:
        assert (PACKAGE / name).read_text(encoding="utf-8").count(right) == 1, f"{name}: {right!r}"


@pytest.mark.long
def test_oracle_finds_no_mistake_in_an_unedited_copy(tmp_path: Path) -> None:
    found = differences_of_edited_package(tmp_path, None, COMPARE, *EDITED_SEEDS)
    assert found == ["None"] * len(EDITED_SEEDS)


@pytest.mark.long
@pytest.mark.parametrize("name", ["payments become good after borrowers pay"])
def test_oracle_finds_no_mistake_in_an_unedited_world(name: str, tmp_path: Path) -> None:
    """The one world that is not among those compared above."""
    assert differences_of_edited_package(tmp_path, None, COMPARE_WORLD, name) == ["None"]


# ---- the oracle itself against closed forms --------------------------------------------------------------


def test_oracle_releases_at_once_in_clockwork() -> None:
    """R49: everybody is in clear standing."""
    holds = oracle.simulate(SMALL).holds
    assert (holds["outcome"] == "released").all()
    assert (holds["delay_days"] == 0).all()


def test_oracle_waits_for_the_evaluation() -> None:
    """R51: the first that sees the day of the repayment."""
    period, cutoff = 17, 3
    scenario = SMALL.replace(
        {
            "evaluation.straight_through": False,
            "evaluation.period_days": period,
            "evaluation.cutoff_days": cutoff,
        }
    )
    frames = oracle.simulate(scenario)
    holds = frames.holds
    phase = frames.borrowers["evaluation_day"].to_numpy()[holds["borrower"]]
    delay = cutoff + (phase - holds["repaid_at"] - cutoff) % period
    inside = holds["repaid_at"] + delay < scenario.horizon_days
    assert (holds["delay_days"] == delay)[inside].all()
    assert ((holds["outcome"] == "released") == inside).all()


@pytest.mark.parametrize("period", [1, 7, 30])
def test_oracle_crosses_the_score_on_the_right_day(period: int) -> None:
    """R53, R60: s(t) = 1 - (1 - s0) 2^(-t/h), however often it is looked at."""
    start, threshold, half_life = 0.3, 0.8, 60.0
    frames = oracle.simulate(
        SMALL.replace(
            {
                "population.initial_score": start,
                "rules.min_score": threshold,
                "evaluation.score_half_life_days": half_life,
                "evaluation.period_days": period,
            }
        )
    )
    recovers = math.ceil(half_life * math.log2((1 - start) / (1 - threshold)))
    holds = frames.holds
    first = frames.borrowers["evaluation_day"].to_numpy()[holds["borrower"]]
    clear_on = recovers + (first - recovers) % period
    assert (holds["delay_days"] == np.maximum(0, clear_on - holds["repaid_at"])).all()
    assert (holds["delay_days"] > 0).any()


@pytest.mark.parametrize("period", [1, 7, 30, 75])
def test_oracle_takes_overdue_days_from_the_score_one_by_one(period: int) -> None:
    """R53: the score is that of smoothing with one day a step, however seldom it is looked at."""
    start, half_life, grace = 0.7, 20.0, 2
    scenario = SMALL.replace(
        {
            "population.borrowers": 20,
            "population.initial_score": start,
            "product.cycle_days": 10,
            "product.instalments": 60,
            "behaviour.late_onset": 0.4,
            "behaviour.cure_hazards": (0.6, 0.3),
            "behaviour.slip_share": 0.4,
            "behaviour.slip_days": 6,
            "behaviour.default_dpd": 0,
            "rules.grace_days": grace,
            "evaluation.period_days": period,
            "evaluation.score_half_life_days": half_life,
        }
    )
    frames = oracle.simulate(scenario)
    whose = dict(iter(frames.events.groupby("borrower")))
    for borrower, score_told in frames.borrowers["score"].items():
        happened = list(whose[borrower][["day", "event"]].itertuples(index=False))
        last = max(day for day, event in happened if event == "evaluation")
        score, oldest, days_overdue = start, None, 0
        for day in range(last + 1):
            overdue = oldest is not None and day - oldest > grace
            if day > 0:
                score = a_day_later(score, 0.0 if overdue else 1.0, half_life)
            days_overdue += overdue
            for event in (event for when, event in happened if when == day):
                if event == "repayment":
                    oldest = None
                elif event in ("miss", "slip") and oldest is None:
                    oldest = day
        assert score_told == pytest.approx(score, rel=1e-12)
        assert days_overdue > 0


def a_day_later(score: float, target: float, half_life: float) -> float:
    return target + (score - target) * 2 ** (-1 / half_life)


def test_oracle_leaves_lenders_at_a_pace_in_days() -> None:
    """R54: on days 0, 30 and 60; when an evaluation is does not matter."""
    days = {"population.borrowers": 200, "horizon_days": 90, "evaluation.schedule": "batch"}
    levers = [{"kind": "deleverage", "strength": 0.3}]
    scenario = SMALL.replace({**days, "population.other_lenders": 1.0, "levers": levers})
    often = oracle.simulate(scenario.replace({"evaluation.period_days": 1})).borrowers
    for period in (13, 30, 90):
        seldom = oracle.simulate(scenario.replace({"evaluation.period_days": period})).borrowers
        assert (seldom["lenders"] == often["lenders"]).all()
    stayed = 0.7**3
    assert abs(often["lenders"].mean() - stayed) <= 4 * math.sqrt(stayed * (1 - stayed) / len(often))


def test_oracle_flags_the_risky_in_continuous_time() -> None:
    """R55, R58, R59: as large a share of them as is detected, at any time, however often it is looked."""
    detection = 0.4
    scenario = SMALL.replace(
        {
            "population.borrowers": 150,
            "horizon_days": 120,
            "evaluation.schedule": "batch",
            "screening.risky_share": 1.0,
            "screening.detection": detection,
            "screening.flag_days": 15.0,
        }
    )
    seen = [
        oracle.simulate(scenario.replace({"evaluation.period_days": period})).borrowers["flagged"]
        for period in (1, 10, 60)
    ]
    assert (seen[0] == seen[1]).all()
    assert (seen[0] == seen[2]).all()
    error = math.sqrt(detection * (1 - detection) / len(seen[0]))
    assert abs(seen[0].mean() - detection) <= 4 * error


@pytest.mark.parametrize("period", [1, 7, 28, 50])
def test_oracle_cuts_at_a_pace_in_days(period: int) -> None:
    """R62: a score that stays low takes a tenth for each 40 days, as often as evaluations have come."""
    scenario = SMALL.replace(
        {
            "population.initial_score": 0.2,
            "evaluation.score_half_life_days": 1e9,
            "evaluation.period_days": period,
            "limits.cut_score": 0.5,
            "limits.cut_share": 0.1,
            "limits.cut_days": 40,
        }
    )
    frames = oracle.simulate(scenario)
    book = frames.borrowers[~frames.borrowers["closed"]]
    evaluated = scenario.horizon_days - 1 - (scenario.horizon_days - 1 - book["evaluation_day"]) % period
    cuts = (evaluated - book["due_day"]) // 40 + 1
    expected = book["highest_limit"]
    for number in range(1, cuts.max() + 1):
        cents = (100 * expected).round()
        expected = expected.where(cuts < number, (cents - cents // 10) / 100)
    assert len(book) > 10
    assert cuts.min() >= 2
    assert (book["limit"] == expected.round(2)).all()


@pytest.mark.parametrize("holds_up", ["all", "early"])
def test_oracle_lets_an_evaluation_hold_up_what_it_should(holds_up: str) -> None:
    """R49, R50: early repayments, with what they bring to gate 2 from settlement; or all repayments."""
    duration, period = 20, 30
    scenario = SMALL.replace(
        {
            "product.release_unit": "loan",
            "product.instalments": 6,
            "product.cycle_days": 7,
            "behaviour.prepay_per_year": 12.0,
            "behaviour.draws_per_year": 20.0,
            "evaluation.period_days": period,
            "evaluation.duration_days": duration,
            "evaluation.holds_up": holds_up,
        }
    )
    frames = oracle.simulate(scenario)
    holds = frames.holds
    settled_at = holds["repaid_at"] + holds["days_settlement"]
    inside = settled_at < scenario.horizon_days
    prepaid = frames.events[frames.events["event"] == "prepayment"].set_index("loan")["day"]
    early = holds["loan"].map(prepaid) == settled_at
    first = frames.borrowers["evaluation_day"].to_numpy()[holds["borrower"]]
    since = (settled_at - first) % period
    in_progress = (settled_at > first) & (since >= 1) & (since <= duration)
    held_up = in_progress & (early | (holds_up == "all"))
    waits = (duration - since).where(held_up, 0)
    within = inside & (settled_at + waits < scenario.horizon_days)
    assert (holds["days_evaluation"] == waits)[within].all()
    assert (holds["delay_days"] == holds["days_settlement"] + waits)[within].all()
    for some in (early, ~early):
        assert (in_progress & within & some).any()
    assert (held_up & within & (holds["days_settlement"] > 0)).any()


def test_oracle_freezes() -> None:
    """R80, R102: until the day on which the freeze ends."""
    freeze = {"kind": "freeze", "at": 100, "duration_days": 20}
    holds = oracle.simulate(SMALL.replace({"shocks": [freeze]})).holds
    frozen = holds["repaid_at"].between(100, 119)
    assert (holds["days_policy"] == (120 - holds["repaid_at"]).where(frozen, 0)).all()
    assert (holds["delay_days"] == holds["days_policy"]).all()


def test_oracle_serves_a_batch_through_the_pool() -> None:
    """R79, R84: equal claims, one after another."""
    headroom, inflow, reserve = 1_234.0, 300.0, 0.5
    scenario = SMALL.replace(
        {
            "product.instalments": 1,
            "evaluation.straight_through": False,
            "evaluation.schedule": "batch",
            "funding.unlimited": False,
            "funding.recycle_share": 0.0,
            "funding.reserve_share": reserve,
            "funding.initial": headroom - 29 * inflow if headroom > 29 * inflow else 0.0,
            "funding.daily_inflow": inflow,
        }
    )
    holds = oracle.simulate(scenario).holds
    claim = reserve * holds["amount"].iloc[0]
    before = scenario.funding.initial + 29 * inflow  # the headroom of day 29, before its inflow
    for k, ended in enumerate(sorted(holds["ended_at"].dropna()), start=1):
        assert ended == 29 + max(0, math.ceil((k * claim - before) / inflow) - 1)


def test_oracle_never_stops_what_claims_nothing() -> None:
    """R84: an empty pool releases what claims nothing from it, behind what waits for it, too."""
    scenario = SMALL.replace(
        {
            "population.limit_median": 1_000.0,
            "population.limit_log_sd": 1.5,
            "product.instalments": 12,
            "funding.unlimited": False,
            "funding.initial": 0.0,
            "funding.daily_inflow": 0.0,
            "funding.recycle_share": 0.0,
            "funding.reserve_share": 0.0001,
        }
    )
    frames = oracle.simulate(scenario)
    holds = frames.holds
    claims = (100 * holds["amount"]).round().astype(int) // 10_000
    assert (holds["delay_days"] == 0)[claims == 0].all()
    assert (holds["outcome"] == "pending")[claims > 0].all()
    assert 0.1 < (claims == 0).mean() < 0.9


def test_oracle_counts_a_hold_that_lost_a_part_as_forfeited() -> None:
    """R162, R167: whatever is released of it."""
    cut = {"kind": "limit_cut", "size": 0.12, "at": 100}
    freeze = {"kind": "freeze", "at": 0, "duration_days": 200}
    fields = {"population.utilisation_mean": 1.0, "shocks": [freeze, cut]}
    frames = oracle.simulate(SMALL.replace(fields), follow_up_days=0)
    holds = frames.holds
    partly = holds[(holds["released_amount"] > 0) & (holds["forfeited_amount"] > 0)]
    assert len(partly) > 0
    assert (partly["outcome"] == "forfeited").all()
    assert (partly["ended_at"] == 200).all()
    for outcome in ("released", "forfeited"):
        assert frames.counts[outcome].sum() == (holds["outcome"] == outcome).sum()
        amounts = frames.counts[f"{outcome}_amount"].sum(), holds[f"{outcome}_amount"].sum()
        assert amounts[0] == pytest.approx(amounts[1], rel=1e-12)


TAKEN_AWAY = {
    "cut": {"shocks": [{"kind": "limit_cut", "size": 0.3, "at": 100}]},
    "cap": {"shocks": [{"kind": "cap", "size": 2_000.0, "at": 100}]},
    "cancellation": {"shocks": [{"kind": "cancellation", "at": 100}]},
    "reclaim": {"limits.inactive_days": 60},
    "low score": {"limits.cut_score": 1.0, "limits.cut_share": 0.2, "evaluation.utilisation_weight": 0.5},
}


def test_oracle_loses_more_where_credit_is_taken_away() -> None:
    """R163: what is lost is measured against the highest limit, for every borrower."""
    slow = SMALL.replace({"evaluation.straight_through": False, "product.min_draw": 3_000.0})
    before = oracle.simulate(slow).borrowers
    for way, changes in TAKEN_AWAY.items():
        after = oracle.simulate(slow.replace(changes)).borrowers
        assert (after["limit"] < before["limit"]).any(), way
        assert (after["highest_limit"] == before["highest_limit"]).all(), way
        for column in ("lost_amount_days", "no_limit_days"):
            assert (after[column] >= before[column]).all(), way
            assert after[column].sum() > before[column].sum(), way


def test_oracle_and_package_agree_about_a_raise_that_waits_above_the_highest_limit() -> None:
    """R87, R163: it makes no limit the highest, and what is repaid beside it is not lost."""
    scenario = SMALL.replace(
        {
            "population.utilisation_mean": 1.1,
            "population.utilisation_concentration": None,
            "product.instalments": 24,
            "product.cycle_days": 7,
            "limits.raise_score": 0.0,
            "limits.raise_share": 0.2,
            "evaluation.period_days": 50,
            "funding.unlimited": False,
            "funding.initial": 0.0,
            "funding.daily_inflow": 0.0,
            "funding.recycle_share": 0.0,
        }
    )
    told = oracle.simulate(scenario)
    assert (told.borrowers["highest_limit"] < told.borrowers["limit"]).any()
    for engine in ("calendar", "simpy"):
        run = simlimit.simulate(scenario, engine=engine)
        assert oracle.first_difference(run, told) is None


def test_oracle_releases_per_settled_loan() -> None:
    """R38, R47, R48: the k-th of n instalments waits n - k cycles."""
    instalments, cycle = 6, 10
    scenario = SMALL.replace(
        {
            "horizon_days": 600,
            "population.utilisation_mean": 0.1,
            "product.release_unit": "loan",
            "product.instalments": instalments,
            "product.cycle_days": cycle,
            "behaviour.draws_per_year": 6.0,
        }
    )
    frames = oracle.simulate(scenario)
    draws = frames.events[frames.events["event"] == "draw"]
    full = draws["loan"][draws["day"] < scenario.horizon_days - (instalments + 1) * cycle]
    holds = frames.holds[frames.holds["loan"].isin(full)]
    assert (holds["delay_days"] == cycle * (instalments - holds["instalment"])).all()
    mean = np.average(holds["delay_days"], weights=holds["amount"])
    assert mean == pytest.approx(cycle * (instalments - 1) / 2, rel=1e-3)


def test_oracle_reacts_once_at_the_age_of_patience() -> None:
    """R110, R116: all appeal or look for another lender then."""
    patience = 5
    scenario = SMALL.replace(
        {
            "evaluation.straight_through": False,
            "evaluation.cutoff_days": 2,
            "reaction.patience_days": patience,
            "reaction.appeal_share": 0.5,
            "reaction.lender_share": 0.5,
            "reaction.most_lenders": 100,
            "review.service_days": 0.0,
        }
    )
    frames = oracle.simulate(scenario)
    reactions = frames.events[frames.events["event"].isin(["appeal", "lender_found"])]
    alive = frames.holds[frames.holds["repaid_at"] + patience < scenario.horizon_days]
    alive = alive[alive["delay_days"] > patience]
    # All wait for an evaluation: each makes its borrower appeal at that age, or look for another lender.
    # The desk takes no time: an appeal is approved on the next day.
    key = ["borrower", "day"]
    expected = alive.assign(day=alive["repaid_at"] + patience)[key].sort_values(key)
    assert reactions[key].sort_values(key).to_numpy().tolist() == expected.to_numpy().tolist()
    assert (reactions["cause"][reactions["event"] == "appeal"] == "heard").all()
    appealed = alive["reviewed_at"].notna()
    assert (alive["delay_days"][appealed] == patience + 1).all()
    assert 0.4 < appealed.mean() < 0.6


def test_oracle_pays_at_the_cutoff_of_the_evaluation_as_planned() -> None:
    """R33, R34: the wait is the days from the cut-off on."""
    cutoff = 3
    scenario = SMALL.replace(
        {
            "evaluation.straight_through": False,
            "evaluation.period_days": 17,
            "evaluation.cutoff_days": cutoff,
            "levers": [{"kind": "plan", "strength": 1.0}],
        }
    )
    holds = oracle.simulate(scenario).holds
    # From the second due-cycle on, the data cut-off before the due day is within the run.
    planned = holds[(holds["instalment"] >= 1) & (holds["repaid_at"] + cutoff < scenario.horizon_days)]
    assert len(planned) > 0
    assert (planned["delay_days"] == cutoff).all()


# ---- the world -------------------------------------------------------------------------------------------

LITTLE = SMALL.replace({"population.borrowers": 30, "horizon_days": 150})


def test_oracle_draws_nothing_in_a_freeze_that_blocks() -> None:
    """R135, R138, R143: everybody is refused; what is available is lost, and nobody can draw."""
    scenario = LITTLE.replace(
        {
            "behaviour.draws_per_year": 40.0,
            "limits.block_draws": ["frozen"],
            "shocks": [{"kind": "freeze", "at": 50, "duration_days": 40}],
        }
    )
    frames = oracle.simulate(scenario)
    frozen = frames.daily["day"].between(50, 89)
    assert (frames.daily["drawn"][frozen] == 0).all()
    assert frames.daily["drawn"][~frozen].sum() > 0
    refused = frames.events[frames.events["event"] == "refused_draw"]
    assert frozen[refused["day"]].all()
    assert (refused["cause"] == "policy").all()
    assert frames.borrowers["refused_draws"].sum() == frames.daily["refused_draws"].sum() == len(refused) > 0
    lost = frames.borrowers["lost_amount_days"]
    free = frames.daily["available"][frozen].sum() + frames.daily["held"].sum()
    assert lost.sum() == pytest.approx(free, rel=1e-12)


def test_oracle_draws_no_more_than_the_headroom() -> None:
    """R136: whoever comes later finds what is left; who needs nothing of it is not refused."""
    dry = {"funding.unlimited": False, "funding.initial": 2_000.0, "funding.refuse_draws": True}
    wishes = {"behaviour.draws_per_year": 365.0, "population.utilisation_mean": 0.0}
    scenario = LITTLE.replace({**dry, **wishes, "funding.recycle_share": 0.0, "funding.reserve_share": 0.75})
    frames = oracle.simulate(scenario)
    refused = frames.events[frames.events["event"] == "refused_draw"]
    assert (refused["cause"] == "funding").all()
    assert (frames.daily["headroom"] >= 0).all()
    before = frames.daily["headroom"].iloc[refused["day"]].to_numpy()
    assert len(refused) > 0
    assert (refused["amount"].to_numpy() * 0.25 > before).all()
    whole = oracle.simulate(scenario.replace({"funding.reserve_share": 1.0}))
    assert whole.daily["refused_draws"].sum() == 0


def test_oracle_clears_payments_in_so_many_days() -> None:
    """R132 to R134: booked on the next day, good three days later, charged to settlement."""
    scenario = LITTLE.replace(
        {"product.after_cutoff_share": 1.0, "product.clearing_share": 1.0, "product.clearing_days": (3, 3)}
    )
    frames = oracle.simulate(scenario)
    holds = frames.holds
    assert (holds["good_at"] == holds["repaid_at"] + 4).all()
    inside = holds["good_at"] < scenario.horizon_days
    assert (holds["delay_days"] == 4)[inside].all()
    assert (holds["days_settlement"] == holds["delay_days"]).all()
    at_once = oracle.simulate(LITTLE).daily
    assert (frames.daily["outstanding"] == at_once["outstanding"]).all()


@pytest.mark.parametrize("part", ["funding", "clearing", "evaluation", "review"])
def test_oracle_rests_at_weekends(part: str) -> None:
    """R127 to R134: what would happen on a closed day happens on Monday."""
    fields: dict[str, object] = {
        "start_date": datetime.date(2024, 1, 1),  # a Monday
        "calendar.closed_weekdays": ["saturday", "sunday"],
        "calendar.rests": [part],
    }
    if part == "clearing":
        fields |= {"product.after_cutoff_share": 1.0}
    elif part == "evaluation":
        fields |= {"evaluation.straight_through": False, "evaluation.period_days": 1}
    elif part == "review":
        fields |= {"review.watch_share": 1.0, "review.reviewers": 100, "review.service_law": "constant"}
        fields |= {"review.service_days": 0.5}
    holds = oracle.simulate(LITTLE.replace(fields)).holds
    weekday = holds["repaid_at"] % 7
    # Phase 3 is at 0.375: half a day from 0.25 on is over for the next day's.
    from_day = holds["repaid_at"] + (1 if part in ("clearing", "review") else 0)
    waits = (7 - from_day % 7).where(from_day % 7 >= 5, 0)
    if part == "review":
        waits += (weekday == 6) | (weekday == 5)  # taken on Monday, over on Monday afternoon
    expected = from_day + waits - holds["repaid_at"]
    inside = holds["repaid_at"] + expected < 150
    assert (holds["delay_days"] == expected)[inside].all()
    assert set(weekday[inside]) == set(range(7))


def test_oracle_counts_the_days_on_which_a_borrower_is_present() -> None:
    """R139 to R146: from its arrival to its day of exit, whether it has left or not."""
    turnover = {"population.arrivals_per_year": 3.0, "population.exits_per_year": 3.0, "warmup_days": 20}
    frames = oracle.simulate(LITTLE.replace({**turnover, "product.cycle_days": 5, "product.instalments": 2}))
    daily, borrowers = frames.daily, frames.borrowers
    there = [
        ((borrowers["arrived_at"] <= day) & ~(borrowers["left_at"] <= day)).sum() for day in daily["day"]
    ]
    assert (daily["borrowers"] == there).all()
    left, came = borrowers["left_at"].notna(), borrowers["arrived_at"] > 0
    assert left.sum() == daily["exits"].sum() > 5
    assert came.sum() == daily["arrivals"].sum() > 5
    longest = (borrowers["left_at"].fillna(150) - borrowers["arrived_at"].clip(lower=20)).clip(lower=0)
    assert (borrowers["present_days"] <= longest).all()
    assert (borrowers["limit"] == 0)[left].all()
    assert frames.events["amount"][frames.events["event"] == "exit"].sum() == pytest.approx(
        borrowers["highest_limit"][left].sum(), rel=1e-12
    )


def test_oracle_accounts_for_interest() -> None:
    """R158, R159: what accrued is paid to the last cent when all is repaid at once, half a cent a payment."""
    rate = 0.001
    scenario = LITTLE.replace(
        {"product.daily_rate": rate, "product.instalments": 3, "product.cycle_days": 10}
    )
    frames = oracle.simulate(scenario)
    daily = frames.daily
    assert daily["interest_accrued"].to_numpy() == pytest.approx(rate * daily["outstanding"], rel=1e-12)
    assert daily["outstanding"].iloc[-1] == 0
    payments = (frames.events["event"] == "repayment").sum()
    gap = daily["interest_accrued"].sum() - daily["interest_paid"].sum()
    assert abs(gap) <= 0.005 * payments
    assert daily["interest_paid"].sum() > 100


def test_oracle_starts_in_equilibrium() -> None:
    """R20: the principal of the first cycle is 2 o / (N + 1) of equal principal."""
    n = 12
    scenario = SMALL.replace({"population.borrowers": 2_000, "product.instalments": n})
    loans = [borrower.loans[0] for borrower in oracle.Population(scenario, 1, 0).people()]
    repaid = sum(loan.principal // loan.instalments for loan in loans)
    owed = sum(loan.principal for loan in loans)
    # A loan pays 1 / r of what it owes, with r in proportion to r / N: of mean 2 / (N + 1).
    squares = sum((1 / r) ** 2 * 2 * r / (n * (n + 1)) for r in range(1, n + 1))
    error = math.sqrt((squares - (2 / (n + 1)) ** 2) / 2_000)
    assert abs(repaid / owed - 2 / (n + 1)) <= 4 * error


def test_oracle_season_takes_the_latest_payers_away() -> None:
    """R147, R148: the first borrowers are late less often than arrivals, but some are late already."""
    fields = {
        "population.exits_per_year": 0.1,
        "behaviour.late_onset": 0.3,
        "behaviour.late_concentration": 1.0,
        "behaviour.default_dpd": 60,
    }
    new = oracle.Population(LITTLE.replace(fields), 1, 0)
    seasoned = oracle.Population(LITTLE.replace({**fields, "population.seasoned": True}), 1, 0)
    people, drawn = seasoned.people(), new.people()
    still_open = [borrower.propensity for borrower in people if not borrower.closed]
    all_of_them = [borrower.propensity for borrower in people]
    assert all_of_them == [borrower.propensity for borrower in drawn]
    assert fmean(still_open) < fmean(all_of_them)
    assert all(borrower.highest_limit > borrower.limit == 0 for borrower in people if borrower.closed)
    assert any(borrower.spell for borrower in people)
    assert not any(borrower.spell or borrower.closed for borrower in drawn)


def test_oracle_makes_as_many_risky_where_regions_differ() -> None:
    """R157: over the book, the latest payers; equal tables are those of one region."""
    book = {"population.borrowers": 3_000, "behaviour.late_onset": 0.2, "behaviour.late_concentration": 2.0}
    share = {"screening.risky_share": 0.3}
    regions = {"early": {"share": 0.6, "late_onset": 0.05}, "late": {"share": 0.4, "late_onset": 0.4}}
    people = oracle.Population(SMALL.replace({**book, **share, "population.regions": regions}), 1, 0).people()
    risky = [borrower.risky for borrower in people]
    assert abs(np.mean(risky) - 0.3) <= 4 * math.sqrt(0.3 * 0.7 / len(people))
    latest = min(borrower.propensity for borrower in people if borrower.risky)
    assert all(borrower.risky for borrower in people if borrower.propensity > latest)
    assert {borrower.region for borrower in people if borrower.risky} == {"early", "late"}
    same = {"a": {"share": 0.6, "late_onset": 0.2}, "b": 0.4}
    people = oracle.Population(SMALL.replace({**book, **share, "population.regions": same}), 1, 0)
    assert set(people.risky_from.values()) == {1 - 0.3}


def test_oracle_has_an_economy_of_mean_one() -> None:
    """R149 to R151: log-normal, with the correlation from month to month that it should have."""
    sd, c = 0.5, 0.8
    economy = LITTLE.replace({"economy.sd": sd, "economy.persistence": c, "horizon_days": 30_000})
    logs = np.log(oracle.Economy(economy, 3, 0).factors) + 0.5 * sd * sd
    n = len(logs)
    assert n == 1_000
    assert abs(logs.mean()) <= 4 * sd * math.sqrt((1 + c) / (1 - c) / n)
    assert abs(logs.var() / sd**2 - 1) <= 4 * math.sqrt(2 * (1 + c * c) / (1 - c * c) / n)
    assert abs(np.corrcoef(logs[1:], logs[:-1])[0, 1] - c) <= 4 * math.sqrt((1 - c * c) / n)


def test_oracle_amnesty_clears_the_record_and_nothing_else() -> None:
    """R154: those in arrears stay denied; the others are in clear standing from then on."""
    fields = {
        "product.cycle_days": 10,
        "behaviour.late_onset": 0.4,
        "behaviour.default_dpd": 0,
        "rules.clean_days": 60,
        "evaluation.period_days": 10,
    }
    amnesty = {"shocks": [{"kind": "amnesty", "at": 100}]}
    before, after = (
        oracle.simulate(LITTLE.replace(fields)),
        oracle.simulate(LITTLE.replace({**fields, **amnesty})),
    )
    cleared = after.events[after.events["event"] == "cleared"]
    assert len(cleared) > 5
    assert (cleared["day"] == 100).all()
    assert (before.events["day"] < 100).sum() == (after.events["day"] < 100).sum()
    late = {"miss", "slip"}
    assert before.events["event"].isin(late).sum() == after.events["event"].isin(late).sum()
    overdue = [
        ((f.events["cause"] == "overdue") & f.events["day"].between(100, 109)).sum() for f in (before, after)
    ]
    assert overdue[1] < 0.7 * overdue[0]
