"""Borrowers arrive and leave: who is there, who is measured, and what shocks under way do to who joins.

Rules R139 to R146.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from changing_books import changing_book
from few_and_many import few_and_many
from identities import assert_consistent, check_every_evening
from lender import LENDER
from random_scenarios import follow_up_of

import simlimit as sl
from simlimit.processes.platform import Platform
from simlimit.scenario import Scenario

YEAR = 365


class Census:
    """Goes through the borrowers at the end of each day, and measures those who are present."""

    def __init__(self, scenario: Scenario) -> None:
        self.warmup, self.min_draw = scenario.warmup_days, round(100 * scenario.product.min_draw)
        self.present_days: Any = 0
        self.no_limit_days: Any = 0
        self.lost_days: Any = 0

    def __call__(self, platform: Platform) -> Iterator[Any]:
        for day in range(platform.horizon):
            yield platform.at(day, 5.9)
            b = platform.borrowers
            present = (b["present_from"] <= day) & (day < b["present_until"]) & (day >= self.warmup)
            room = b["highest"] - b["outstanding"]
            self.present_days += present * 1
            self.no_limit_days += present & (b["available"] < self.min_draw) & (room >= self.min_draw)
            self.lost_days += present * np.maximum(0, room - b["available"])


@few_and_many(4, 60)
def test_a_changing_book_is_the_same_in_both_drivers(seed: int, tmp_path: Path) -> None:
    scenario, follow_up = changing_book(seed, tmp_path), follow_up_of(seed)
    census = Census(scenario)
    runs = [
        sl.simulate(scenario, seed=seed, follow_up_days=follow_up, processes=[check_every_evening, census]),
        sl.simulate(scenario, seed=seed, follow_up_days=follow_up, engine="calendar"),
    ]
    for table in ("holds", "daily", "borrowers", "events", "counts"):
        pd.testing.assert_frame_equal(*(getattr(run, table) for run in runs))
    assert_consistent(runs[0])
    people = runs[0].borrowers
    assert (people["present_days"] == census.present_days).all()
    assert (people["no_limit_days"] == census.no_limit_days).all()
    assert (people["lost_amount_days"] == census.lost_days / 100).all()


@pytest.mark.parametrize("seed", range(2))
def test_a_study_has_the_present_days_of_its_runs(seed: int, tmp_path: Path) -> None:
    """Its arrays are used again, for books of another size."""
    scenario = changing_book(seed, tmp_path).replace({"population.arrivals_per_year": 2.0})
    metrics = sl.replicate(scenario, 3, seed=seed, follow_up_days=20).metrics()
    for k in range(3):
        people = sl.simulate(scenario, seed, k, engine="calendar", keep="counts", follow_up_days=20).borrowers
        present = people["present_days"].sum()
        assert metrics["no_limit_share"].iloc[k] == pytest.approx(people["no_limit_days"].sum() / present)
        lost = people["lost_amount_days"].sum() / present * YEAR
        assert metrics["limit_days_lost"].iloc[k] == pytest.approx(lost)


# ---- how many --------------------------------------------------------------------------------------------


def idle(borrowers: int, days: int, rate: float) -> Scenario:
    """Nobody owes anything or draws, so that whoever wants to leave does so at once."""
    return sl.preset("clockwork").replace(
        {
            "population.borrowers": borrowers,
            "population.utilisation_mean": 0.0,
            "population.arrivals_per_year": rate,
            "population.exits_per_year": rate,
            "behaviour.draws_per_year": 0.0,
            "horizon_days": days,
        }
    )


def test_the_size_of_a_book_is_steady_where_as_many_arrive_as_leave() -> None:
    """Those there on day d: of N who came before it exp(-(d + 1) r), of each day's arrivals likewise.

    With r a day. An exit is at a whole day, so a stay counts if it is longer than to the end of day d.
    """
    n, days, rate = 2000, 2 * YEAR, 0.8
    r = rate / YEAR
    daily = sl.simulate(idle(n, days, rate), seed=8, engine="calendar", keep="counts").daily
    there = np.exp(-r * np.arange(1, days + 1))
    expected = n * (there + r * np.cumsum(there))
    # What is left of the first is binomial, what is there of the others is Poisson.
    error = np.sqrt(n * there * (1 - there) + n * r * np.cumsum(there))
    assert (abs(daily["borrowers"] - expected) < 4 * error).all()
    assert expected[-1] == pytest.approx(n, rel=0.01)
    for column in ("arrivals", "exits"):
        assert abs(daily[column].sum() - n * rate * 2) < 4 * np.sqrt(n * rate * 2)


def test_a_stay_is_exponential() -> None:
    people = sl.simulate(idle(3000, 2 * YEAR, 1.0), seed=9, engine="calendar", keep="counts").borrowers
    first = people[people["arrived_at"] == 0]
    for days in (30, 200, YEAR):
        share = (first["left_at"] < days).mean()
        expected = 1 - np.exp(-days / YEAR)
        assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / len(first))


# ---- who leaves, and when --------------------------------------------------------------------------------


def test_whoever_wants_to_leave_repays_first_and_draws_nothing() -> None:
    scenario = LENDER.replace(
        {
            "population.borrowers": 300,
            "population.exits_per_year": 2.0,
            "population.arrivals_per_year": 2.0,
            "horizon_days": 500,
            "warmup_days": 0,
        }
    )
    run = sl.simulate(scenario, seed=3, engine="calendar")
    people = run.borrowers.set_index("borrower")
    wants = people["arrived_at"] + people["present_days"]  # without a warm-up
    draws = run.events[run.events["event"] == "draw"]
    assert len(draws) > 500
    assert (draws["day"].to_numpy() < wants[draws["borrower"]].to_numpy()).all()
    left = people[people["left_at"].notna()]
    assert len(left) > 100
    assert (left["left_at"] >= wants[left.index]).all()
    assert 0.3 < (left["left_at"] > wants[left.index]).mean() < 0.7
    assert (left[["limit", "outstanding", "available", "held"]] == 0).all(axis=None)
    assert left["closed"].any()
    # The day before, the last loan or hold was still there.
    paid = run.events[run.events["event"].isin(("repayment", "prepayment"))].groupby("borrower")["day"].max()
    ended = run.holds.groupby("borrower")["ended_at"].max()
    last = pd.concat([paid, ended], axis=1).max(axis=1).reindex(people.index)
    late = left[(left["left_at"] > wants[left.index]) & ~left["closed"]]
    assert (late["left_at"] == last[late.index] + 1).all()
    stays = people[people["left_at"].isna() & (wants < 500)]
    waiting = (stays["outstanding"] > 0) | (stays["held"] > 0) | (last[stays.index] == 499)
    assert waiting.all()


def test_an_arrival_owes_nothing_and_is_measured_from_its_day_on() -> None:
    scenario = LENDER.replace(
        {"population.borrowers": 100, "population.arrivals_per_year": 3.0, "horizon_days": 200}
    )
    run = sl.simulate(scenario.replace({"warmup_days": 0}), seed=3, engine="calendar")
    arrivals = run.events[run.events["event"] == "arrival"].sort_values(["day", "borrower"])
    assert arrivals["borrower"].tolist() == list(range(100, len(run.borrowers)))
    assert (arrivals["phase"] == 0).all()
    people = run.borrowers.set_index("borrower").loc[arrivals["borrower"]]
    assert (people["arrived_at"].to_numpy() == arrivals["day"].to_numpy()).all()
    assert (people["present_days"] == 200 - people["arrived_at"]).all()
    rest = run.events[run.events["borrower"] >= 100]
    assert (rest["day"].to_numpy() >= people["arrived_at"][rest["borrower"]].to_numpy()).all()
    first = rest[rest["event"].isin(("draw", "repayment"))].drop_duplicates("borrower")
    assert (first["event"] == "draw").all()
    # The identity of the book: whatever is added to it on a day has come with an arrival, or was repaid.
    assert (people["highest_limit"].to_numpy() >= arrivals["amount"].to_numpy()).all()


def test_arrivals_resemble_rows_of_the_portfolio(tmp_path: Path) -> None:
    path = tmp_path / "book.csv"
    rows = [f"{100 + k},{50 + k},{k / 10},{'ab'[k % 2]}" for k in range(7)]
    path.write_text("\n".join(["limit,outstanding,score,region", *rows]))
    scenario = sl.preset("clockwork").replace(
        {
            "population.portfolio": str(path),
            "population.arrivals_per_year": 10.0,
            "horizon_days": 3000,
            "evaluation.score_half_life_days": 1e9,
        }
    )
    people = sl.simulate(scenario, seed=3, engine="calendar", keep="counts").borrowers
    arrivals = people[people["borrower"] >= 7]
    row = arrivals["limit"] - 100
    assert abs(np.bincount(row.astype(int), minlength=7) - len(row) / 7).max() < 4 * np.sqrt(len(row) / 7)
    assert np.allclose(arrivals["score"], row / 10, atol=1e-4)
    assert (arrivals["region"] == np.array(["a", "b"])[row.astype(int) % 2]).all()


# ---- shocks ----------------------------------------------------------------------------------------------


def joining(shocks: list[dict[str, Any]], **fields: object) -> sl.Run:
    scenario = sl.preset("clockwork").replace(
        {
            "population.borrowers": 40,
            "population.utilisation_mean": 0.0,
            "population.arrivals_per_year": 5.0,
            "population.regions": {"east": 0.5, "west": 0.5},
            "horizon_days": 100,
            "shocks": shocks,
            **fields,
        }
    )
    return sl.simulate(scenario, seed=4, engine="calendar")


def test_a_freeze_under_way_covers_whoever_joins_in_its_regions() -> None:
    run = joining([{"kind": "freeze", "at": 30, "duration_days": 40, "regions": ["east"]}])
    east = run.borrowers[run.borrowers["region"] == "east"]
    there = np.array([(east["arrived_at"] <= day).sum() for day in range(100)])
    days = np.arange(100)
    assert (run.daily["frozen"] == np.where((days >= 30) & (days < 70), there, 0)).all()
    assert there[69] > there[30] + 3


def test_a_cap_before_holds_for_whoever_joins() -> None:
    run = joining([{"kind": "cap", "at": 30, "size": 4000.0, "regions": ["east"]}])
    people = run.borrowers
    capped = people["region"] == "east"
    assert (people["limit"] == np.where(capped, 4000.0, 10_000.0)).all()
    # A limit that was capped before it came is not lost.
    came_later = people["arrived_at"] > 30
    assert (people["highest_limit"][capped & came_later] == 4000.0).all()
    assert (people["lost_amount_days"][capped & came_later] == 0).all()
    assert (people["lost_amount_days"][capped & ~came_later] == 70 * 6000.0).all()


def test_a_cut_before_does_not_touch_whoever_joins() -> None:
    people = joining([{"kind": "limit_cut", "at": 30, "size": 0.4}]).borrowers
    assert (people["limit"] == np.where(people["arrived_at"] <= 30, 6000.0, 10_000.0)).all()


def test_a_tightening_under_way_denies_at_the_first_evaluation_not_before() -> None:
    fields: dict[str, object] = {
        "population.initial_score": 0.5,
        "evaluation.score_half_life_days": 1e9,
        "rules.min_score": 0.4,
    }
    run = joining([{"kind": "tightening", "at": 10, "duration_days": 60, "size": 0.2}], **fields)
    decided = run.events[run.events["event"] == "evaluation"]
    tight = decided["day"].between(10, 69)
    assert (decided["cause"] == np.where(tight, "score", "clear")).all()
    new = decided["borrower"] >= 40
    assert (new & tight).any()
    assert (new & ~tight).any()


# ---- a user's process ------------------------------------------------------------------------------------


def test_nobody_acts_for_who_is_not_there() -> None:
    scenario = idle(20, 200, 3.0)
    told = sl.simulate(scenario, seed=5).borrowers
    late = told[told["arrived_at"] > 50].iloc[0]
    gone = told[told["left_at"] < 50].iloc[0]
    said = []

    def acts(platform: Platform) -> Iterator[Any]:
        yield platform.at(50, 5)
        for one in (late, gone):
            b = int(one["borrower"])
            for act in (
                lambda b=b: platform.draw(b, 0.01),
                lambda b=b: platform.repay_early(b),
                lambda b=b: platform.set_limit(b, 5.0),
            ):
                with pytest.raises(sl.SimlimitError) as error:
                    act()
                said.append(str(error.value))

    sl.simulate(scenario, seed=5, processes=[acts])
    arrives = f"borrower {late['borrower']:.0f} is not there: it arrives on day {late['arrived_at']:.0f}."
    left = f"borrower {gone['borrower']:.0f} is not there: it left on day {gone['left_at']:.0f}."
    assert said == [arrives] * 3 + [left] * 3


def test_from_its_day_of_exit_on_a_borrower_draws_nothing_by_a_process() -> None:
    scenario = sl.preset("clockwork").replace(
        {"population.borrowers": 30, "population.exits_per_year": 4.0, "horizon_days": 60, "warmup_days": 0}
    )
    drawn: dict[tuple[int, int], bool] = {}

    def draws(platform: Platform) -> Iterator[Any]:
        for day in range(60):
            yield platform.at(day, 5)
            for r in platform.borrowers:
                if not r.closed and r.available >= 100 and r.last_draw != day:
                    drawn[int(r.borrower), day] = platform.draw(int(r.borrower), 1.0)

    people = sl.simulate(scenario, seed=5, processes=[draws]).borrowers
    wants = people["present_days"]
    assert not all(drawn.values())
    for (borrower, day), could in drawn.items():
        assert could == (day < wants[borrower])
