"""Random small scenarios with every mechanism on, in varied combinations, and what happened in them.

Up to 60 borrowers and 300 days; cycles and periods are short, so that much happens in them. The numbers come
from `random.Random(seed)` alone: a seed is a scenario, whatever the test.
"""

from __future__ import annotations

import csv
import datetime
import math
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

from simlimit.scenario import Scenario

REGIONS = ("north", "east", "south", "west")
CAUSES = ("settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")
REASONS = ("score", "inactive", "default", "limit_cut", "cap", "cancellation")
SHOCK_KINDS = ("freeze", "tightening", "watch_list", "liquidity_squeeze", "limit_cut", "cap", "cancellation")
LEVER_KINDS = (
    "appeal", "pay_on_time", "deleverage", "campaign", "diversify", "plan", "transparency",
    "better_model", "timely_scoring", "less_manual", "feedback", "education", "more_funding",
)  # fmt: skip


def random_scenario(seed: int, folder: Path | None = None) -> Scenario:
    """Return the scenario of a seed; with a folder, its book is a random portfolio written there."""
    path = None if folder is None else folder / f"book_{seed}.csv"
    return Scenario(name=f"random {seed}", **scenario_fields(Random(seed), path))


def scenario_fields(rng: Random, path: Path | None, days: tuple[int, int] = (100, 300)) -> dict[str, Any]:
    """Return the fields of a random scenario, and write its book to a path, if there is one."""
    fields = random_fields(rng, days)
    if path is not None:
        write_portfolio(rng, path, fields["population"]["borrowers"])
        fields["population"]["portfolio"] = str(path)
    # These came later, and are drawn last: all else of a seed stays.
    fields["warmup_days"] = random_warmup(rng, fields["horizon_days"])
    fields["reaction"] = random_reaction(rng)
    fields["levers"] = random_levers(rng, fields["horizon_days"])
    fields["rules"]["overdue"] = not chance(rng, 0.15)
    fields["limits"]["raise_days"] = rng.choice((1, 1, 10, 40))
    fields["limits"]["cut_days"] = rng.choice((1, 10, 40))
    fields["evaluation"]["holds_up"] = rng.choice(("all", "early"))
    if chance(rng, 0.1):
        fields["evaluation"]["score_half_life_days"] = 1e9  # scores stay what they are
    if chance(rng, 0.2):
        fields["evaluation"]["period_days"] = 75  # longer than the days between two steps of a lever
    if chance(rng, 0.15):
        # Nothing flows in, and only holds of 100 currency units or more claim something from the pool.
        dry = {"initial": 0.0, "daily_inflow": 0.0, "facilities": [], "recycle_share": 0.0}
        fields["funding"] |= {**dry, "reserve_share": 0.0001}
    if chance(rng, 0.2):
        write_dates(rng, fields)
    return fields


def write_dates(rng: Random, fields: dict[str, Any]) -> None:
    """Write about half of the days as dates, some of which lie before the run."""
    day_0 = datetime.date(2026, 1, 1) + datetime.timedelta(rng.randrange(365))
    fields["start_date"] = day_0
    for of, name in [
        (fields["shocks"], "at"),
        (fields["levers"], "start"),
        (fields["funding"]["facilities"], "start"),
    ]:
        for one in of:
            if one.get(name) is not None and chance(rng, 0.6):
                earliest = 1 - max(1, one.get("duration_days", 0)) if name == "at" else -100
                day = rng.randint(earliest, 0) if chance(rng, 0.5) else one[name]
                one[name] = day_0 + datetime.timedelta(day)
    for facility in fields["funding"]["facilities"]:
        if facility["end"] is not None and chance(rng, 0.5):
            facility["end"] = day_0 + datetime.timedelta(facility["end"])


def scenario_of(seed: int, folder: Path) -> Scenario:
    """Return the scenario of a seed, of which every fourth starts from a random portfolio."""
    return random_scenario(seed, folder if seed % 4 == 3 else None)


def follow_up_of(seed: int) -> int:
    """Return the days of follow-up with which the scenario of a seed is simulated."""
    return 20 + seed % 50


def chance(rng: Random, probability: float) -> bool:
    return rng.random() < probability


def random_fields(rng: Random, days: tuple[int, int]) -> dict[str, Any]:
    population = random_population(rng)
    product = random_product(rng)
    repaid_a_day = (
        population["borrowers"]
        * population["limit_median"]
        * max(0.2, population["utilisation_mean"])
        / (product["instalments"] * product["cycle_days"])
    )
    horizon = rng.randint(*days)
    return {
        "horizon_days": horizon,
        "population": population,
        "behaviour": random_behaviour(rng, product["cycle_days"]),
        "product": product,
        "evaluation": random_evaluation(rng),
        "rules": {
            "min_score": rng.choice((0.0, 0.3, 0.5, 0.6, 0.7)),
            "clean_days": rng.choice((0, 7, 20, 60)),
            "grace_days": rng.choice((0, 1, 2, 4)),
        },
        "screening": random_screening(rng),
        "review": random_review(rng),
        "funding": random_funding(rng, repaid_a_day, horizon),
        "limits": random_limits(rng, population["limit_median"]),
        "shocks": random_shocks(rng, horizon, population),
    }


def random_warmup(rng: Random, horizon: int) -> int:
    """Mostly some days that do not count, up to a third of the run."""
    return rng.choice((0, rng.randint(1, horizon // 3), rng.randint(1, horizon // 3)))


def random_population(rng: Random) -> dict[str, Any]:
    names = rng.sample(REGIONS, rng.randint(1, 4))
    shares = [rng.choice((0.2, 0.3, 0.5)) for _ in names]
    regions = {name: share / sum(shares) for name, share in zip(names, shares, strict=True)}
    above = chance(rng, 0.2)  # a book above its limits
    return {
        "borrowers": rng.randint(15, 60),
        "initial_score": rng.choice((None, None, None, 0.5, 0.9)),
        "regions": regions,
        "limit_median": rng.choice((800.0, 10_000.0, 34_567.89)),
        "limit_log_sd": rng.choice((0.0, 0.5, 1.2)),
        "limit_low": rng.choice((0.0, 500.0)),
        "limit_high": rng.choice((20_000.0, 1e9)),
        "utilisation_mean": rng.choice((1.1, 1.4)) if above else rng.choice((0.0, 0.4, 0.6, 0.8)),
        "utilisation_concentration": None if above else rng.choice((None, 1.0, 5.0)),
        "score_mean": rng.choice((0.6, 0.75, 0.9)),
        "score_concentration": rng.choice((None, 4.0, 15.0)),
        "other_lenders": rng.choice((0.0, 0.3, 1.0)),
    }


def random_product(rng: Random) -> dict[str, Any]:
    return {
        "instalments": rng.choice((1, 2, 3, 6, 12)),
        "method": rng.choice(("equal_principal", "equal_instalment", "interest_only")),
        "daily_rate": rng.choice((0.0, 0.0004, 0.003)),
        "cycle_days": rng.choice((5, 7, 14, 30)),
        "release_unit": rng.choice(("instalment", "loan")),
        "min_draw": rng.choice((0.01, 50.0, 500.0)),
    }


def random_behaviour(rng: Random, cycle_days: int) -> dict[str, Any]:
    low = rng.choice((0.0, 0.2, 0.5))
    return {
        "late_onset": rng.choice((0.0, 0.05, 0.15, 0.3)),
        "late_concentration": rng.choice((None, 0.8, 5.0)),
        "utilisation_effect": rng.choice((0.0, 1.5, 10.0)),
        "cure_hazards": rng.choice(((0.5,), (0.6, 0.3), (0.7, 0.4, 0.1), (1.0,))),
        "default_dpd": rng.choice((0, 3, 20, 45, 90)),
        "slip_share": rng.choice((0.0, 0.1, 0.4)),
        "slip_days": rng.randint(1, cycle_days - 1),
        "prepay_per_year": rng.choice((0.0, 1.0, 6.0, 12.0)),
        "draws_per_year": rng.choice((0.0, 6.0, 40.0, 180.0, 365.0)),
        "draw_share": (low, rng.choice((low, 0.7, 1.0)) if low < 0.7 else 1.0),
    }


def random_evaluation(rng: Random) -> dict[str, Any]:
    period = rng.choice((1, 2, 3, 5, 7, 11, 14, 30))
    return {
        "period_days": period,
        "cutoff_days": rng.choice((0, 0, 1, 2, 5, 20)),
        "duration_days": rng.choice((0, min(1, period - 1), period // 2, period - 1)),
        "schedule": rng.choice(("staggered", "staggered", "batch")),
        "score_half_life_days": rng.choice((0.0, 3.0, 20.0, 60.0)),
        "utilisation_weight": rng.choice((0.0, 0.2, 0.5)),
        "straight_through": chance(rng, 0.6),
    }


def random_screening(rng: Random) -> dict[str, Any]:
    weights = {
        name: rng.choice((0.0, -1.5, 0.7, 3.0))
        for name in ("utilisation", "recent_draw", "recent_prepayment", "lenders")
    }
    return {
        "false_flag": rng.choice((0.0, 0.02, 0.1, 0.3)),
        "flag_days": rng.choice((0.0, 4.5, 20.0, 90.0)),
        "weights": weights if chance(rng, 0.5) else {},
        "risky_share": rng.choice((0.0, 0.1, 0.3)),
        "detection": rng.choice((0.0, 0.5, 0.9)),
    }


def random_review(rng: Random) -> dict[str, Any]:
    return {
        "watch_share": rng.choice((0.0, 0.2, 0.5, 1.0)),
        "reviewers": rng.choice((1, 1, 2, 3)),
        "service_days": rng.choice((0.0, 0.125, 0.25, 0.3, 0.75, 1.0, 2.0, 3.7)),
        "service_law": rng.choice(("exponential", "constant", "lognormal")),
        "service_cv": rng.choice((0.0, 0.5, 2.0)),
        "approve_share": rng.choice((0.2, 0.5, 0.9, 1.0)),
        "priority_score": rng.choice((None, 0.5, 0.8)),
    }


def random_funding(rng: Random, repaid_a_day: float, horizon: int) -> dict[str, Any]:
    """Mostly a pool that is short: it takes in about what a share of the repayments needs."""
    return {
        "unlimited": chance(rng, 0.1),
        "initial": repaid_a_day * rng.choice((0, 3, 30)),
        "daily_inflow": repaid_a_day * rng.choice((0.0, 0.1, 0.4)),
        "ceiling": rng.choice((None, 0.0, 5 * repaid_a_day, 50 * repaid_a_day)),
        "recycle_share": rng.choice((0.0, 0.3, 0.8, 1.0)),
        "reserve_share": rng.choice((0.0, 0.5, 0.9, 1.0, 1.0)),
        "facilities": [random_facility(rng, repaid_a_day, horizon) for _ in range(rng.randint(0, 4))],
    }


def random_facility(rng: Random, repaid_a_day: float, horizon: int) -> dict[str, Any]:
    begins = rng.randint(0, horizon // 2)
    return {
        "name": rng.choice(("own capital", "partner bank", "securities")),
        "daily_inflow": repaid_a_day * rng.choice((0.0, 0.2)),
        "lump": repaid_a_day * rng.choice((0, 5, 20)),
        "every_days": rng.choice((0, 10, 45)),
        "start": begins,
        "end": rng.choice((None, begins + 1, begins + 60)),
    }


def random_limits(rng: Random, median: float) -> dict[str, Any]:
    """Only small raises go without a cap: a line that doubles every day is soon all the money there is."""
    share, cap = rng.choice(((0.05, None), (0.05, 0.8 * median), (0.2, 2 * median), (1.0, 3 * median)))
    return {
        "raise_score": rng.choice((None, 0.6, 0.8)),
        "raise_share": share,
        "cut_score": rng.choice((None, 0.2, 0.4, 0.55)),
        "cut_share": rng.choice((0.0, 0.1, 0.3)),
        "cap": cap,
        "inactive_days": rng.choice((None, None, 20, 60)),
    }


def random_shocks(rng: Random, horizon: int, population: dict[str, Any]) -> list[dict[str, Any]]:
    names = list(population["regions"])
    kinds = [kind for kind in SHOCK_KINDS if chance(rng, 0.6)]
    kinds += [rng.choice((*kinds, "freeze")) for _ in range(2)]  # a second one of a kind, often overlapping
    rng.shuffle(kinds)
    return [random_shock(rng, kind, horizon, names, population["limit_median"]) for kind in kinds]


def random_shock(rng: Random, kind: str, horizon: int, names: list[str], median: float) -> dict[str, Any]:
    shock: dict[str, Any] = {"kind": kind}
    if chance(rng, 0.5):
        shock["at"] = rng.randrange(horizon)
    else:
        shock["per_year"] = rng.choice((2.0, 4.0, 8.0))
    if kind in SHOCK_KINDS[:4]:
        shock["duration_days"] = rng.choice((1, 5, 20, 60))
    if kind == "tightening":
        shock["size"] = rng.choice((0.05, 0.2, 0.4))
    elif kind == "liquidity_squeeze":
        shock["size"] = rng.choice((0.3, 0.6, 1.0))
    elif kind == "limit_cut":
        shock["size"] = rng.choice((0.05, 0.3))
    elif kind == "cap":
        shock["size"] = median * rng.choice((0.5, 1.0, 1.5))
    if kind != "liquidity_squeeze":
        if chance(rng, 0.5):
            shock["regions"] = rng.sample(names, rng.randint(1, len(names)))
        # A cancellation ends lines for good: it takes few, so that something is left to happen.
        if kind == "cancellation":
            shock["score_below"] = rng.choice((0.1, 0.3, 0.5))
        elif chance(rng, 0.4):
            shock["score_below"] = rng.choice((0.5, 0.8, 1.0))
    return shock


def random_reaction(rng: Random) -> dict[str, Any]:
    """Mostly some who do not wait; what other lenders do to lateness acts without reactions, too."""
    appeal = rng.choice((0.0, 0.2, 0.6))
    return {
        "patience_days": rng.choice((1, 2, 4, 9)),
        "appeal_share": appeal,
        "lender_share": rng.choice((0.0, 0.3, 1.0 - appeal)),
        "most_lenders": rng.choice((0, 1, 2, 5)),
        "lateness_per_lender": rng.choice((0.0, 0.5, 2.0)),
    }


def random_levers(rng: Random, horizon: int) -> list[dict[str, Any]]:
    """Return no lever, about half of them, or all, in any order."""
    share = rng.choice((0.0, 0.4, 0.6, 1.0))
    kinds = [kind for kind in LEVER_KINDS if chance(rng, share)]
    rng.shuffle(kinds)
    return [random_lever(rng, kind, horizon) for kind in kinds]


def random_lever(rng: Random, kind: str, horizon: int) -> dict[str, Any]:
    lever: dict[str, Any] = {
        "kind": kind,
        "strength": rng.choice((0.0, 0.25, 0.6, 1.0)),
        "uptake": rng.choice((0.4, 0.8, 1.0)) if kind != "more_funding" else 1.0,
        "start": rng.choice((0, 0, rng.randint(1, horizon // 2))),
    }
    if kind == "diversify":
        lever["product"] = rng.choice(("credit-loan", "small-business", "supply-chain"))
    return lever


def write_portfolio(rng: Random, path: Path, borrowers: int) -> None:
    """Write a book with a random choice of the optional columns."""
    names = ("score", "region", "late_share", "months_late", "spell_months")
    optional = [name for name in names if chance(rng, 0.7)]
    if "spell_months" in optional and "months_late" not in optional:
        optional.append("months_late")
    columns = ["limit", "outstanding", *optional]
    rng.shuffle(columns)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        for _ in range(borrowers):
            row = random_row(rng)
            writer.writerow({name: row[name] for name in columns})


def random_row(rng: Random) -> dict[str, Any]:
    limit = round(rng.lognormvariate(9, 1), 2)
    use = rng.choice((0.0, rng.random(), rng.random(), 1.0, 1.2))
    months = rng.choice((0, 0, 0, 1, 2, 5, 24))
    return {
        "limit": limit,
        "outstanding": round(limit * use, 2),
        "score": round(rng.betavariate(6, 2), 4),
        "region": rng.choice(REGIONS),
        "late_share": round(rng.betavariate(0.5, 4), 2),  # rounded, so that there are ties
        "months_late": months,
        "spell_months": rng.choice((months, months + 1, months + 3)) if months else 0,
    }


def all_mechanisms() -> set[str]:
    """Return the names of all that a random scenario may show, as `mechanisms` reports them."""
    events = ("slip", "miss", "repayment", "prepayment", "release", "raise", "default", "draw")
    return {
        *(f"charged {cause}" for cause in CAUSES),
        *(f"outcome {outcome}" for outcome in ("released", "forfeited", "pending")),
        *(f"hold {kind}" for kind in ("repayment", "raise")),
        *(f"event {name}" for name in events),
        *(f"event shock_begin {kind}" for kind in SHOCK_KINDS),
        *(f"event shock_end {kind}" for kind in SHOCK_KINDS[:4]),
        *(f"event evaluation {standing}" for standing in ("clear", "score", "overdue", "behaviour")),
        *(f"event review {decision}" for decision in ("approved", "refused")),
        *(f"event {name} {reason}" for name in ("cut", "withdraw") for reason in REASONS),
        *(f"event appeal {fate}" for fate in ("heard", "in_vain")),
        *(f"event {name}" for name in ("lender_found", "lender_left", "draw_elsewhere")),
        # A reclaim for inactivity leaves the holds alone.
        *(f"event forfeit {reason}" for reason in ("over_limit", *REASONS) if reason != "inactive"),
        "payment of interest only",
        "hold refused, then reviewed again",
        "hold partly forfeited, then released",
        "hold released although the queue is stopped",
        "several lenders left at one evaluation",
        "day with headroom below zero",
        "appeal approved",
        "evaluation at repayment",
    }


def mechanisms(holds: pd.DataFrame, daily: pd.DataFrame, events: pd.DataFrame) -> Counter[str]:
    """Count what happened in a run."""
    found: Counter[str] = Counter()
    for cause in CAUSES:
        found[f"charged {cause}"] = int(holds[f"days_{cause}"].sum())
    for outcome in holds["outcome"]:
        found[f"outcome {outcome}"] += 1
    for kind in holds["kind"]:
        found[f"hold {kind}"] += 1
    for event, cause in zip(events["event"], events["cause"], strict=True):
        found[f"event {event} {cause}".strip()] += 1
    repayments = events[events["event"] == "repayment"]
    found["payment of interest only"] = int((repayments["amount"] == 0).sum())
    reviews = events[events["event"] == "review"]
    attempts = reviews.groupby(["borrower", "loan", "instalment"]).size()
    found["hold refused, then reviewed again"] = int((attempts > 1).sum())
    partly = (holds["released_amount"] > 0) & (holds["forfeited_amount"] > 0)
    found["hold partly forfeited, then released"] = int(partly.sum())
    found["hold released although the queue is stopped"] = released_past_another(holds)
    left = events[events["event"] == "lender_left"].groupby(["borrower", "day", "phase"]).size()
    found["several lenders left at one evaluation"] = int((left > 1).sum())
    found["day with headroom below zero"] = int((daily["headroom"] < 0).sum())
    appeals = events[events["cause"] == "heard"].merge(
        reviews, on=["borrower", "loan", "instalment"], suffixes=("", "_review")
    )
    approved = appeals[(appeals["day_review"] > appeals["day"]) & (appeals["cause_review"] == "approved")]
    found["appeal approved"] = len(approved)
    found["evaluation at repayment"] = int(((events["event"] == "evaluation") & (events["phase"] == 1)).sum())
    return +found


def released_past_another(holds: pd.DataFrame) -> int:
    """Return how many holds were released while one before them in the funding queue stayed there.

    Only of those that were never frozen or reviewed do the tables tell when they joined the queue.
    """
    queued = holds[holds["approved_at"].notna() & holds["reviewed_at"].isna() & (holds["days_policy"] == 0)]
    queued = queued.sort_values(["approved_at", "repaid_at", "borrower", "loan", "instalment"])
    ended = queued["ended_at"].fillna(math.inf)
    last_before = ended.cummax().shift(fill_value=-1.0)
    return int(((queued["released_amount"] > 0) & (ended < last_before)).sum())
