"""What each way of taking credit away does to the measures, paired: ``python tests/study/taking_away.py``.

A random scenario, in which nothing takes credit away but default, is compared with the same scenario and one
way of taking it away, under the same random numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pandas as pd

sys.path.append(str(Path(__file__).parent.parent))  # run by itself, and by the documentation

from random_scenarios import random_scenario

import simlimit as sl

FOLLOW_UP_DAYS = 30
GUARDED = ("limit_days_lost", "no_limit_share")
"""Measures against the highest limit; less is better."""
DELAYS = ("days_away", "released_within_0d", "released_within_7d", "released_within_30d")
"""Measures of holds; of the first less is better, of the others more."""
TAKING = ("limit_cut", "cap", "cancellation")
"""Kinds of shock that take credit away."""
NOBODY_REACTS: dict[str, Any] = {
    "behaviour.draws_per_year": 0.0,
    "behaviour.utilisation_effect": 0.0,
    "evaluation.utilisation_weight": 0.0,
    "screening.weights": {},
    "limits.raise_score": None,
    "reaction": {},
    "levers": [],
}
"""Nobody draws less, pays otherwise, or is judged or raised otherwise because a line has been cut."""
NOBODY_WAITS_FOR_OTHERS: dict[str, Any] = {"funding.unlimited": True, "review.watch_share": 0.0}
"""No pool and no desk: what one borrower does not get is of no use to another."""


def before(seed: int, changes: dict[str, Any]) -> sl.Scenario:
    """Return a random scenario in which nothing takes credit away but default."""
    scenario = random_scenario(seed).replace(
        {"limits.cut_score": None, "limits.inactive_days": None, **changes}
    )
    desk = scenario.review.watch_share > 0
    kept = [one for one in scenario.shocks if one.kind not in TAKING and (desk or one.kind != "watch_list")]
    return scenario.replace({"shocks": kept})


def ways(scenario: sl.Scenario, seed: int) -> Iterator[tuple[str, sl.Scenario]]:
    """Yield each way of taking credit away on an observed day, and the scenario with it."""
    rng = Random(seed)
    day = rng.randrange(scenario.warmup_days, scenario.horizon_days)
    at_once: dict[str, dict[str, Any]] = {
        "a cut of all": {"kind": "limit_cut", "size": rng.choice((0.1, 0.3, 0.8))},
        "a cut of low scores": {"kind": "limit_cut", "size": 0.5, "score_below": 0.7},
        "a cap": {"kind": "cap", "size": scenario.population.limit_median * rng.choice((0.4, 0.8))},
        "cancellation of all": {"kind": "cancellation"},
        "cancellation of low scores": {"kind": "cancellation", "score_below": 0.7},
    }
    for name, shock in at_once.items():
        yield name, scenario.replace({"shocks": [*scenario.shocks, {**shock, "at": day}]})
    yield "cuts for the score", scenario.replace({"limits.cut_score": 0.55, "limits.cut_share": 0.2})
    yield "reclaims for inactivity", scenario.replace({"limits.inactive_days": 20})
    blocked = {"limits.block_draws": ["past_due", "denied", "frozen"]}
    yield "draws refused on blocked lines", scenario.replace(blocked)
    if not scenario.funding.unlimited:
        yield "draws refused by the pool", scenario.replace({"funding.refuse_draws": True})


def effects(seeds: Iterable[int], changes: dict[str, Any]) -> pd.DataFrame:
    """Return what each way changes in each measure, a row per scenario, way and weight."""
    rows = []
    for seed in seeds:
        scenario = before(seed, changes)
        without = measures(scenario)
        for way, taken in ways(scenario, seed):
            for weight, table in measures(taken).items():
                rows.append({"seed": seed, "way": way, "weight": weight, **(table - without[weight])})
    return pd.DataFrame(rows)


def measures(scenario: sl.Scenario) -> dict[str, pd.Series[float]]:
    """Return the measures of one replication, by weight."""
    study = sl.replicate(scenario, 1, seed=1, follow_up_days=FOLLOW_UP_DAYS, progress=False)
    return {weight: study.metrics(weight)[[*GUARDED, *DELAYS]].iloc[0] for weight in ("holds", "amount")}


def report(scenarios: int) -> pd.DataFrame:
    """Return in how many scenarios a measure improved, and by how much it worsened on average."""
    worlds = {
        "nobody reacts, no pool, no desk": NOBODY_REACTS | NOBODY_WAITS_FOR_OTHERS,
        "all reactions, no pool, no desk": NOBODY_WAITS_FOR_OTHERS,
        "all reactions, pool and desk": {},
    }
    parts = {}
    for world, changes in worlds.items():
        table = effects(range(scenarios), changes).query("weight == 'amount'")
        improved = {
            "limit_days_lost": table["limit_days_lost"] < -1e-6,
            "no_limit_share": table["no_limit_share"] < -1e-12,
            "days_away": table["days_away"] < -1e-9,
        }
        parts[world] = pd.DataFrame(improved).groupby(table["way"]).mean()
    return pd.concat(parts, names=["world"])


if __name__ == "__main__":
    print(report(200).map("{:.1%}".format).to_string())
