"""Random scenarios in which the world is on: what random_scenarios.py has, in a book that changes, and more.

Borrowers arrive and leave, days are closed, payments clear, draws are refused, regions differ, all are late
together, often several of these at once and at awkward values. A seed is a scenario, whatever the test.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from random_scenarios import chance, scenario_fields

from simlimit.scenario import Scenario

PARTS = ("review", "funding", "evaluation", "clearing")
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

NUMBERS = {
    "late_onset": (0.0, 0.05, 0.3),
    "slip_share": (0.0, 0.4),
    "limit_median": (800.0, 10_000.0),
    "score_mean": (0.4, 0.75, 1.0),
    "utilisation_mean": (0.0, 0.6, 1.0),
    "false_flag": (0.0, 0.1, 0.3),
    "watch_share": (0.0, 0.5, 1.0),
    "draws_per_year": (0.0, 40.0, 365.0),
}
"""What a region may have of its own, and values of it."""


def random_world(seed: int, folder: Path) -> Scenario:
    """Return the scenario of a seed; every fourth starts from a random portfolio, written to the folder."""
    rng = Random(f"world {seed}")
    path = folder / f"world_{seed}.csv" if seed % 4 == 3 else None
    fields = scenario_fields(rng, path, days=(50, 110))
    # Books that turn over in so short a time: small draws, quickly repaid.
    fields["behaviour"]["draws_per_year"] = rng.choice((12.0, 40.0, 180.0))
    fields["product"]["instalments"] = rng.choice((1, 2, 3, 6))
    fields["product"]["cycle_days"] = rng.choice((5, 7, 14))
    fields["behaviour"]["slip_days"] = rng.randint(1, fields["product"]["cycle_days"] - 1)
    change_book(rng, fields)
    refuse_draws(rng, fields)
    clear_payments(rng, fields["product"])
    add_economy(rng, fields)
    let_regions_differ(rng, fields)
    close_days(rng, fields)
    return Scenario(name=f"random world {seed}", **fields)


def change_book(rng: Random, fields: dict[str, Any]) -> None:
    """R139 to R148; half of the books that can be are seasoned."""
    population = fields["population"]
    population["borrowers"] = rng.randint(10, 30)
    population["arrivals_per_year"] = rng.choice((0.0, 0.5, 3.0, 10.0))
    population["exits_per_year"] = rng.choice((0.0, 0.5, 3.0, 10.0, 10.0))
    drawn = "portfolio" not in population
    population["seasoned"] = drawn and population["exits_per_year"] > 0 and chance(rng, 0.7)
    if population["seasoned"] and chance(rng, 0.7):
        fields["behaviour"]["late_onset"] = rng.choice((0.15, 0.5))


def refuse_draws(rng: Random, fields: dict[str, Any]) -> None:
    """R135 to R137."""
    reasons = [reason for reason in ("past_due", "denied", "frozen") if chance(rng, 0.6)]
    rng.shuffle(reasons)
    fields["limits"]["block_draws"] = reasons
    if chance(rng, 0.6):
        fields["funding"]["refuse_draws"] = True
        fields["funding"]["reserve_share"] = rng.choice((0.0, 0.5, 0.9, 0.9999, 1.0))
        fields["funding"]["initial"] *= rng.choice((0.01, 0.3, 1.0))


def clear_payments(rng: Random, product: dict[str, Any]) -> None:
    """R131 to R134; a payment may clear within the day."""
    product["after_cutoff_share"] = rng.choice((0.0, 0.3, 1.0))
    product["clearing_share"] = rng.choice((0.0, 0.4, 0.8, 1.0))
    product["clearing_days"] = rng.choice(((0, 0), (0, 2), (1, 1), (2, 9)))


def add_economy(rng: Random, fields: dict[str, Any]) -> None:
    """R149 to R154."""
    fields["economy"] = {"sd": rng.choice((0.0, 0.4, 1.5)), "persistence": rng.choice((0.0, 0.6, 0.99))}
    names, horizon = list(fields["population"]["regions"]), fields["horizon_days"]
    for kind in ("downturn", "amnesty"):
        for _ in range(rng.randint(0, 2)):
            shock: dict[str, Any] = {"kind": kind, "per_year": rng.choice((4.0, 12.0))}
            if kind == "downturn":
                shock |= {
                    "duration_days": rng.randint(1, horizon),
                    "size": rng.choice((0.0, 0.5, 3.0, 100.0)),
                }
            if chance(rng, 0.3):
                shock["regions"] = rng.sample(names, rng.randint(1, len(names)))
            if chance(rng, 0.3):
                shock["score_below"] = rng.choice((0.5, 0.8, 1.0))
            fields["shocks"].insert(rng.randint(0, len(fields["shocks"])), shock)


def let_regions_differ(rng: Random, fields: dict[str, Any]) -> None:
    """R155 to R157: some regions, or all, or all in the same way."""
    regions = fields["population"]["regions"]
    above = fields["population"]["utilisation_concentration"] is None
    same = random_region(rng, above) if chance(rng, 0.2) else None
    of_file = regions_of_file(fields["population"].get("portfolio"))
    for name, share in regions.items():
        differs = chance(rng, 0.6) or same is not None
        if differs and (of_file is None or name in of_file):
            regions[name] = {"share": share, **(random_region(rng, above) if same is None else same)}


def regions_of_file(path: str | None) -> set[str] | None:
    """Return the regions that a book names: only they may have numbers of their own. None: it names none."""
    if path is None:
        return None
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["region"] for row in rows} if "region" in rows[0] else None


def random_region(rng: Random, above: bool) -> dict[str, float]:
    """Return numbers of a region's own; the scenario may have one that is the same."""
    numbers = NUMBERS | {"utilisation_mean": (0.0, 0.6, 1.2)} if above else NUMBERS
    return {name: rng.choice(values) for name, values in numbers.items() if chance(rng, 0.4)}


def close_days(rng: Random, fields: dict[str, Any]) -> None:
    """R127 to R130: weekends, single holidays and whole weeks of them, longer than some evaluations last."""
    day_0 = fields.setdefault("start_date", date(2024, 1, 1) + timedelta(rng.randrange(366)))
    weekend = rng.choice(((), WEEKDAYS[5:], WEEKDAYS[5:], WEEKDAYS[:1], WEEKDAYS[:6]))
    holidays = set()
    for _ in range(rng.randint(0, 4)):
        first = rng.randint(-2, fields["horizon_days"] + 1)
        holidays |= {day_0 + timedelta(first + k) for k in range(rng.choice((1, 2, 9, 16)))}
    workdays = {day_0 + timedelta(rng.randrange(fields["horizon_days"])) for _ in range(rng.randint(0, 5))}
    fields["calendar"] = {
        "closed_weekdays": weekend,
        "holidays": sorted(holidays),
        "workdays": sorted(workdays),
        "rests": [part for part in PARTS if chance(rng, 0.7)],
    }


# ---- what happened in one ---------------------------------------------------------------------------------

REFUSED_FOR = ("overdue", "score", "behaviour", "policy", "funding")


def all_shown() -> set[str]:
    """Return the names of all that a random world may show, as `shown_in` reports them."""
    return {
        *(f"event {name}" for name in ("arrival", "exit", "cleared")),
        *(f"draw refused: {cause}" for cause in REFUSED_FOR),
        "exit on day 0",
        "arrival that leaves",
        "arrival that leaves at once",
        "arrival under a freeze",
        "arrival under a cap",
        "repayment of an arrival",
        "arrival not seen to the end of its stay",
        "first borrower overdue before a payment was due",
        "payment good later",
        "payment good after the horizon",
        "lump of a closed day",
        "day of money that is blocked",
        "interest paid",
        "interest lost",
        "draws refused and made on one day for funding",
    }


def shown_in(scenario: Scenario, frames: Any) -> set[str]:
    """Return what a history shows of the world."""
    holds, borrowers, daily, events = frames.holds, frames.borrowers, frames.daily, frames.events
    found = {f"event {name}" for name in set(events["event"])}
    refused = events[events["event"] == "refused_draw"]
    found |= {f"draw refused: {cause}" for cause in set(refused["cause"])}
    came = borrowers["arrived_at"] > 0
    left = borrowers["left_at"]
    arrivals = events[events["event"] == "arrival"]
    begun = events[events["event"] == "shock_begin"]
    quiet = ~daily["day"].isin(begun["day"]) & (daily["arrivals"] > 0)
    caps = {shock.size for shock in scenario.shocks if shock.kind == "cap"}
    first_lateness = events[events["event"].isin(["miss", "slip"])].groupby("borrower")["day"].min()
    overdue = events[(events["event"] == "evaluation") & (events["cause"] == "overdue")]
    lates = overdue["borrower"].map(first_lateness).fillna(scenario.horizon_days)
    short_of_funds = refused["day"][refused["cause"] == "funding"]
    lumps = [facility for facility in scenario.funding.facilities if facility.lump > 0]
    checks = {
        "exit on day 0": (left == 0).any(),
        "arrival that leaves": (came & left.notna()).any(),
        "arrival that leaves at once": (came & (left == borrowers["arrived_at"])).any(),
        "arrival under a freeze": (quiet & (daily["frozen"].diff() > 0)).any(),
        "arrival under a cap": arrivals["amount"].isin(caps).any(),
        "repayment of an arrival": came[holds["borrower"]].any(),
        "arrival not seen to the end of its stay": (came & left.isna()).any(),
        "first borrower overdue before a payment was due": scenario.population.portfolio is None
        and (overdue["day"] < lates).any(),
        "payment good later": (holds["good_at"] > holds["repaid_at"]).any(),
        "payment good after the horizon": (holds["good_at"] >= scenario.horizon_days).any(),
        "lump of a closed day": lumps and "funding" in scenario.calendar.rests,
        "day of money that is blocked": refused["cause"].isin(REFUSED_FOR[:4]).any(),
        "interest paid": (daily["interest_paid"] > 0).any(),
        "interest lost": ((daily["written_off"] > 0) & (daily["interest_accrued"] > 0)).any(),
        "draws refused and made on one day for funding": (daily["drawn"][short_of_funds.unique()] > 0).any(),
    }
    return found | {name for name, seen in checks.items() if seen}


def without(scenario: Scenario) -> dict[str, dict[str, object]]:
    """Return, for what no table shows by itself, the changes that take it away from a scenario."""
    calendar, population, limits = scenario.calendar, scenario.population, scenario.limits
    changes: dict[str, dict[str, object]] = {
        f"{part} rests": {"calendar.rests": [one for one in calendar.rests if one != part]}
        for part in calendar.rests
    }
    changes |= {
        f"draws blocked: {reason}": {
            "limits.block_draws": [one for one in limits.block_draws if one != reason]
        }
        for reason in limits.block_draws
    }
    for kind in ("downturn", "amnesty"):
        others = [shock for shock in scenario.shocks if shock.kind != kind]
        changes[kind] = {"shocks": others}
    named = [name for name, region in population.regions.items() if not isinstance(region, float)]
    for number in NUMBERS:
        regions = {name: own_numbers(region) for name, region in population.regions.items()}
        for region in regions.values():
            region.pop(number, None)
        if named:
            changes[f"region with its own {number}"] = {"population.regions": regions}
    return changes | {
        "holidays": {"calendar.holidays": ()},
        "make-up workdays": {"calendar.workdays": ()},
        "closed weekdays": {"calendar.closed_weekdays": ()},
        "cut-off hour": {"product.after_cutoff_share": 0.0},
        "clearing": {"product.clearing_share": 0.0},
        "economy": {"economy.sd": 0.0},
        "persistent economy": {"economy.persistence": 0.0},
        "seasoned book": {"population.seasoned": False},
        "draws refused for funding": {"funding.refuse_draws": False},
    }


def own_numbers(region: Any) -> dict[str, float]:
    """Return the share of a region and the numbers that it has of its own."""
    if isinstance(region, float | int):
        return {"share": region}
    of = region.get if isinstance(region, Mapping) else lambda name: getattr(region, name)
    return {name: of(name) for name in ("share", *NUMBERS) if of(name) is not None}
