"""Regions that differ: closed forms of their waits, and numbers that act in their own region only."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from measures import assert_mean, assert_share, clockwork, of_borrower, replicated, simulate

import simlimit as sl

TWO = {"east": 0.5, "west": 0.5}


def in_region(run: sl.Run, region: str) -> Any:
    return (run.holds["region"] == region).to_numpy()


def test_one_region_can_wait_four_days_and_another_ten() -> None:
    """R15, R65, R71: a review takes ten days; 40 % of one region are watched, and all of the other."""
    regions = {"east": {"share": 0.5, "watch_share": 0.4}, "west": {"share": 0.5, "watch_share": 1.0}}
    fields = {"review.service_law": "constant", "review.service_days": 10.0, "review.reviewers": 2_000}
    scenario = clockwork({"population.regions": regions, **fields, "horizon_days": 120}, borrowers=2_000)
    run = simulate(scenario)
    early = (run.holds["repaid_at"] < 100).to_numpy()
    watched = of_borrower(run, "watched")
    assert (run.holds["days_review"][early] == np.where(watched, 10, 0)[early]).all()
    assert (run.holds["delay_days"][early] == run.holds["days_review"][early]).all()
    assert run.holds["delay_days"][early & in_region(run, "west")].mean() == 10
    east = run.borrowers[run.borrowers["region"] == "east"]
    assert_share(east["watched"], 0.4)


def test_each_region_waits_by_its_own_share_of_false_flags() -> None:
    """R56, R57: with a flag drawn anew each time a hold waits f / (1 - f) further periods on average."""
    shares = {"east": 0.2, "west": 0.6}
    scenario = clockwork(
        {
            "population.regions": {name: {"share": 0.5, "false_flag": f} for name, f in shares.items()},
            "screening.flag_days": 0.0,
            "evaluation.straight_through": False,
            "evaluation.period_days": 7,
            "horizon_days": 400,
        }
    )

    def waits(run: sl.Run) -> tuple[float, ...]:
        known = run.holds["repaid_at"] < 250  # 0.6 ** 20 of them wait longer than is observed
        return tuple(run.holds["days_behaviour"][known & in_region(run, name)].mean() for name in shares)

    for values, f in zip(replicated(scenario, waits, range(12)), shares.values(), strict=True):
        assert_mean(values, 7 * f / (1 - f), bias=0.01)


def test_each_region_draws_at_its_own_rate() -> None:
    """R89, R90: wishes of a Bernoulli clock; who owes nothing at the start can draw at the first."""
    rates = {"east": 0.0, "west": 73.0}
    regions = {name: {"share": 0.5, "draws_per_year": rate} for name, rate in rates.items()}
    fields = {
        "population.utilisation_mean": 0.0,
        "product.min_draw": 0.01,
        "behaviour.draw_share": (0.1, 0.1),
    }
    scenario = clockwork({"population.regions": regions, **fields, "horizon_days": 10}, 2_000)
    run = simulate(scenario)
    draws = run.events[run.events["event"] == "draw"].drop_duplicates("borrower").set_index("borrower")
    drew = run.borrowers["borrower"].isin(draws.index)
    west = run.borrowers["region"] == "west"
    assert not drew[~west].any()
    assert_share(drew[west], 1 - (1 - 0.2) ** 10)


OWN = {
    "late_onset": 0.2,
    "slip_share": 0.5,
    "limit_median": 3_000.0,
    "score_mean": 0.5,
    "utilisation_mean": 0.9,
    "false_flag": 0.3,
    "watch_share": 0.6,
    "draws_per_year": 20.0,
}
WHERE = {
    "late_onset": "behaviour",
    "slip_share": "behaviour",
    "limit_median": "population",
    "score_mean": "population",
    "utilisation_mean": "population",
    "false_flag": "screening",
    "watch_share": "review",
    "draws_per_year": "behaviour",
}
ALONE = sl.preset("jiebei").replace(
    {
        "population.regions": TWO,
        "population.borrowers": 40,
        "horizon_days": 150,
        "warmup_days": 0,
        "funding.unlimited": True,
        "review.reviewers": 200,
        "behaviour.utilisation_effect": 0.0,
        "reaction.lateness_per_lender": 0.0,
        "screening.risky_share": 0.0,
    }
)
"""Nobody waits for anybody else, and nothing is measured over the book: each borrower is on its own."""


@cache
def tables(**changes: float) -> dict[str, pd.DataFrame]:
    """Return the tables of a run, by name: without the numbers of loans and holds, which count all."""
    named = {name.replace("__", "."): value for name, value in changes.items()}
    run = simulate(ALONE.replace(named), 3)
    return {"holds": run.holds.drop(columns=["hold", "loan"]), "borrowers": run.borrowers}


@pytest.mark.parametrize("name", OWN)
def test_a_number_of_a_region_acts_there_as_if_all_had_it_and_nowhere_else(name: str) -> None:
    """R155: borrower by borrower, as random numbers are common."""
    found = tables(**{f"population__regions__east__{name}": OWN[name]})
    all_have, none_has = tables(**{f"{WHERE[name]}__{name}": OWN[name]}), tables()
    for table, rows in found.items():
        east = rows["region"] == "east"
        for here, others in ((rows[east], all_have), (rows[~east], none_has)):
            other = others[table]
            region = here["region"].iloc[0]
            columns = [column for column in rows if table != "holds" or column != "borrower"]
            expected = other[other["region"] == region]
            pd.testing.assert_frame_equal(
                here[columns].reset_index(drop=True), expected[columns].reset_index(drop=True)
            )
    assert not found["borrowers"].equals(none_has["borrowers"]) or not found["holds"].equals(
        none_has["holds"]
    )


def test_a_drawn_score_gives_way_to_that_of_everybody() -> None:
    """R156: `initial_score` stands before a region's `score_mean`."""
    fields = {"population.initial_score": 0.75, "population.regions.east.score_mean": 0.2, "horizon_days": 1}
    assert (simulate(ALONE.replace(fields)).borrowers["score"] == 0.75).all()


def test_both_drivers_agree_on_regions_that_differ() -> None:
    """Row for row, with all numbers at once, and what is measured over the book."""
    fields = {f"population.regions.west.{name}": value for name, value in OWN.items()}
    over_the_book = {"behaviour.utilisation_effect": 2.0, "screening.risky_share": 0.2}
    scenario = ALONE.replace(fields | over_the_book | {"funding.unlimited": False})
    one, other = (sl.simulate(scenario, 4, engine=engine) for engine in ("calendar", "simpy"))
    for table in ("holds", "borrowers", "daily", "events", "counts"):
        pd.testing.assert_frame_equal(getattr(one, table), getattr(other, table))
    assert set(one.borrowers["region"]) == {"east", "west"}
