"""Prints digests of the tables of scenarios that begin as scenarios did before the start was in equilibrium.

Then each number of remaining instalments was as likely as any other. Runs without compilation, since it puts
that rule in the place of the other. Its argument is a file with the columns to look at.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import simlimit as sl
from simlimit.model import population

FIELDS: dict[str, Any] = {
    "population.borrowers": 30,
    "population.regions": {"north": 0.4, "south": 0.6},
    "population.limit_log_sd": 0.8,
    "population.utilisation_mean": 0.6,
    "population.utilisation_concentration": 3.0,
    "population.score_mean": 0.7,
    "population.score_concentration": 6.0,
    "population.other_lenders": 0.4,
    "behaviour.late_onset": 0.15,
    "behaviour.late_concentration": 3.0,
    "behaviour.utilisation_effect": 0.5,
    "behaviour.cure_hazards": (0.5, 0.3),
    "behaviour.default_dpd": 60,
    "behaviour.slip_share": 0.1,
    "behaviour.prepay_per_year": 1.0,
    "behaviour.draws_per_year": 20.0,
    "product.instalments": 6,
    "product.cycle_days": 14,
    "product.daily_rate": 0.001,
    "product.min_draw": 50.0,
    "evaluation.straight_through": True,
    "evaluation.period_days": 10,
    "rules.min_score": 0.5,
    "rules.clean_days": 20,
    "screening.false_flag": 0.05,
    "screening.risky_share": 0.2,
    "screening.detection": 0.7,
    "review.watch_share": 0.2,
    "review.reviewers": 1,
    "review.service_days": 1.0,
    "funding.unlimited": False,
    "funding.initial": 2000.0,
    "funding.daily_inflow": 300.0,
    "limits.raise_score": 0.8,
    "limits.raise_share": 0.1,
    "limits.cut_score": 0.3,
    "limits.cut_share": 0.2,
    "reaction.appeal_share": 0.2,
    "reaction.lender_share": 0.2,
    "reaction.patience_days": 10,
    "reaction.lateness_per_lender": 0.3,
    "horizon_days": 160,
    "warmup_days": 30,
    "shocks": [
        {"kind": "freeze", "at": 60, "duration_days": 10, "regions": ["north"]},
        {"kind": "limit_cut", "at": 80, "size": 0.2},
        {"kind": "cap", "at": 100, "size": 9000.0},
        {"kind": "tightening", "per_year": 3.0, "duration_days": 20, "size": 0.1},
    ],
    "levers": [{"kind": "plan", "strength": 0.5}, {"kind": "deleverage", "strength": 0.2}],
}
VARIATIONS: dict[str, dict[str, Any]] = {
    "equal principal": {"product.method": "equal_principal"},
    "per loan": {"product.method": "equal_instalment", "product.release_unit": "loan"},
    "waits for evaluations": {"product.method": "interest_only", "evaluation.straight_through": False},
}


def digest_of(variation: str, columns: dict[str, list[str]]) -> str:
    """Return the digest of some columns of all tables of a run."""
    scenario = sl.preset("clockwork").replace(FIELDS | VARIATIONS[variation])
    run = sl.simulate(scenario, seed=11, engine="calendar", follow_up_days=40)
    run.holds["hold"] = range(len(run.holds))  # which was the number of a row
    digest = hashlib.sha256()
    for name, chosen in columns.items():
        digest.update(getattr(run, name)[chosen].to_csv(index=False).encode())
    return digest.hexdigest()


def uniform(s: Any, u: float) -> int:
    """Return how many instalments remained of a starting loan before."""
    return int(s.product.instalments - int(u * s.product.instalments))


def main() -> None:
    columns = json.loads(Path(sys.argv[1]).read_text())["columns"]
    vars(population)["remaining_instalments"] = uniform
    for variation in VARIATIONS:
        print(variation, digest_of(variation, columns), sep=": ")


if __name__ == "__main__":
    main()
