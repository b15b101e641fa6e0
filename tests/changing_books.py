"""Random small scenarios whose book changes, in an economy that does."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

from random_scenarios import random_scenario

from simlimit.scenario import Scenario


def changing_book(seed: int, folder: Path) -> Scenario:
    """Return the scenario of a seed; every third has a portfolio, the others a seasoned book."""
    drawn = seed % 3 > 0
    scenario, rng = random_scenario(seed, None if drawn else folder), Random(seed)
    day = scenario.horizon_days // 3
    shocks: list[dict[str, Any]] = [
        {"kind": "downturn", "at": rng.randrange(day), "duration_days": rng.randint(1, day), "size": 1.5},
        {"kind": "downturn", "per_year": 2.0, "duration_days": 30, "size": 0.3, "score_below": 0.8},
        {"kind": "amnesty", "at": rng.randrange(day, scenario.horizon_days)},
        {"kind": "amnesty", "per_year": 2.0},
    ]
    return scenario.replace(
        {
            "population.arrivals_per_year": rng.choice((0.0, 0.5, 3.0)),
            "population.exits_per_year": rng.choice((0.3, 1.0, 3.0)),
            "population.seasoned": drawn,
            "economy.sd": rng.choice((0.0, 0.5)),
            "economy.persistence": rng.choice((0.0, 0.8)),
            "shocks": [*scenario.shocks, *shocks],
        }
    )
