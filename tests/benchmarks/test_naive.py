"""The naive model says the same as simlimit: means over independent replications of a lender.

Nothing is shared but docs/model.md, not even random numbers, so what agrees is the meaning: how long
repaid principal waits, how much of it is back on the day, and how often each thing happens.
"""

from __future__ import annotations

import naive
import numpy as np
import pandas as pd
import pytest
from lender import LENDER

import simlimit as sl

pytestmark = pytest.mark.long

ENGINE = "calendar"
NAIVE_REPLICATIONS = 12
REPLICATIONS = 60  # of simlimit, where they cost little
FOLLOW_UP_DAYS = 90
STANDARD_ERRORS = 4
LARGEST_TOLERANCES = {
    "days_away": 0.12,
    "released_within_0d": 0.04,
    "released_within_7d": 0.01,
    "holds": 0.02,
    "payments": 0.02,
    "evaluations": 0.01,
    "releases": 0.02,
    "draws": 0.02,
}
"""The metrics, and the tolerance as a share of the mean above which a test could hardly fail."""


def measures(holds: pd.DataFrame, counts: dict[str, int]) -> dict[str, float]:
    """Return the metrics of one run: delays of the cohort with full follow-up, events per borrower."""
    last_day = LENDER.horizon_days - FOLLOW_UP_DAYS
    followed = holds["repaid_at"].between(LENDER.warmup_days, last_day)
    cohort = holds[followed & (holds["kind"] == "repayment")]
    released = cohort["outcome"] == "released"
    borrowers = LENDER.population.borrowers
    return {
        "days_away": cohort["delay_days"].where(released, np.inf).clip(upper=FOLLOW_UP_DAYS).mean(),
        "released_within_0d": (released & (cohort["delay_days"] == 0)).mean(),
        "released_within_7d": (released & (cohort["delay_days"] <= 7)).mean(),
        "holds": len(cohort) / borrowers,
        **{event: count / borrowers for event, count in counts.items()},
    }


def simlimit_measures(replication: int) -> dict[str, float]:
    run = sl.simulate(LENDER, seed=1, replication=replication, engine=ENGINE, keep="all")
    events = run.events["event"].value_counts()
    counts = {
        "payments": events["repayment"] + events["prepayment"],
        "evaluations": events["evaluation"],
        "releases": events["release"],
        "draws": events["draw"],
    }
    return measures(run.holds, counts)


@pytest.fixture(scope="module")
def naive_means() -> pd.DataFrame:
    return pd.DataFrame([measures(*naive.simulate(LENDER, seed)) for seed in range(NAIVE_REPLICATIONS)])


@pytest.fixture(scope="module")
def simlimit_means() -> pd.DataFrame:
    return pd.DataFrame([simlimit_measures(replication) for replication in range(REPLICATIONS)])


@pytest.mark.parametrize("metric", LARGEST_TOLERANCES)
def test_same_mean(naive_means: pd.DataFrame, simlimit_means: pd.DataFrame, metric: str) -> None:
    ours, theirs = simlimit_means[metric], naive_means[metric]
    tolerance = STANDARD_ERRORS * np.hypot(ours.sem(), theirs.sem())
    print(
        f"simlimit {ours.mean():.5g} (standard error {ours.sem():.2g}), "
        f"naive {theirs.mean():.5g} ({theirs.sem():.2g}), tolerance {tolerance:.2g}"
    )
    assert 0 < tolerance < LARGEST_TOLERANCES[metric] * ours.mean()
    assert abs(ours.mean() - theirs.mean()) <= tolerance


@pytest.fixture(scope="module")
def small_platform() -> naive.Platform:
    platform = naive.Platform(LENDER.replace({"population.borrowers": 200}), seed=1)
    platform.run()
    return platform


def test_limit_adds_up_in_the_naive_model(small_platform: naive.Platform) -> None:
    for borrower in small_platform.borrowers:
        total = borrower.outstanding + borrower.available + borrower.held
        assert total == max(borrower.limit, borrower.outstanding)
        assert borrower.outstanding == sum(loan.balance for loan in borrower.loans)


def test_holds_of_the_naive_model_end_once(small_platform: naive.Platform) -> None:
    holds = naive.holds_frame(small_platform)
    open_holds = sum(len(borrower.holds) for borrower in small_platform.borrowers)
    assert (holds["released_amount"] > 0).sum() == small_platform.counts["releases"]
    whole = holds["released_amount"] == holds["amount"]
    assert (whole == (holds["outcome"] == "released")).all()
    assert (holds["outcome"] == "forfeited").any()
    assert (holds["outcome"] == "pending").sum() == holds["ended_at"].isna().sum() == open_holds > 0
    assert (holds["delay_days"] >= 0).all()


@pytest.mark.parametrize(
    "change",
    [
        {"product.release_unit": "loan"},
        {"funding.reserve_share": 0.5},
        {"shocks": [{"kind": "freeze", "at": 10, "duration_days": 5}]},
        {"funding.facilities": [{"name": "securities", "lump": 1000.0}]},
    ],
)
def test_naive_model_refuses_what_it_does_not_have(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="in the naive model"):
        naive.Platform(LENDER.replace(change), seed=1)
