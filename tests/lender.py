"""A lender for tests that need a lively platform, but not the numbers of a preset, which may change.

Its book is closed and nothing rests. Desk and pool are sized for 1,000 borrowers; both bind now and then.
"""

from __future__ import annotations

from typing import Any

import simlimit as sl

FIELDS: dict[str, Any] = {
    "name": "lender",
    "description": "A lender of the tests.",
    "warmup_days": 180,
    "population.borrowers": 1000,
    "population.regions": {"east": 0.4, "central": 0.26, "west": 0.27, "northeast": 0.07},
    "population.limit_median": 20000.0,
    "population.limit_log_sd": 0.941,
    "population.limit_low": 1000.0,
    "population.limit_high": 300000.0,
    "population.utilisation_mean": 0.368,
    "population.utilisation_concentration": 1.014,
    "population.score_mean": 0.75,
    "population.score_concentration": 12.0,
    "population.other_lenders": 0.3,
    "behaviour.late_onset": 0.0095,
    "behaviour.late_concentration": 5.53,
    "behaviour.utilisation_effect": 1.97,
    "behaviour.cure_hazards": (0.474, 0.28, 0.22, 0.201),
    "behaviour.slip_share": 0.03,
    "behaviour.slip_days": 5,
    "behaviour.prepay_per_year": 0.6,
    "behaviour.draws_per_year": 4.0,
    "behaviour.draw_share": (0.1, 0.5),
    "product.method": "equal_instalment",
    "evaluation.cutoff_days": 1,
    "evaluation.duration_days": 3,
    "evaluation.holds_up": "early",
    "evaluation.utilisation_weight": 0.5,
    "rules.min_score": 0.417,
    "screening.false_flag": 0.03,
    "screening.risky_share": 0.01,
    "screening.detection": 0.5,
    "review.watch_share": 0.02,
    "review.service_law": "lognormal",
    "review.approve_share": 0.9,
    "review.priority_score": 0.8,
    "funding.unlimited": False,
    "funding.initial": 89000.0,
    "funding.ceiling": 89000.0,
    "funding.recycle_share": 0.9,
    "funding.facilities": [
        {"name": "own capital", "daily_inflow": 260.0},
        {"name": "partner bank 1", "daily_inflow": 6370.0},
        {"name": "partner bank 2", "daily_inflow": 6370.0},
    ],
    "limits.raise_score": 0.9,
    "limits.raise_share": 0.01,
    "limits.raise_days": 30,
    "limits.cut_score": 0.2,
    "limits.cut_share": 0.3,
    "limits.cut_days": 90,
    "limits.cap": 300000.0,
    "limits.inactive_days": 720,
}
LENDER = sl.Scenario().replace(FIELDS)
