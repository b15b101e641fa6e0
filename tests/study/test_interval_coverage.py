"""Intervals cover the truth as often as they say."""

from __future__ import annotations

import pytest
from interval_coverage import (
    KNOWN,
    REPLICATIONS,
    WHENEVER_REPAID,
    Known,
    coverage,
    coverage_of_curves,
    coverage_of_precision,
)
from plain import cohort, of_replication

import simlimit as sl
from simlimit.study.intervals import mean_intervals

NAMES = [known.name for known in KNOWN]


@pytest.mark.parametrize("known", KNOWN, ids=NAMES)
def test_studies_find_the_closed_form(known: Known) -> None:
    """Within five standard errors, of 2,000 replications."""
    summary = sl.replicate(known.scenario, 2_000, follow_up_days=known.follow_up, progress=False).summary(
        0.95
    )
    for metric, truth in known.truth.items():
        row = summary.loc[metric]
        assert abs(row["estimate"] - truth) < 5 * (row["high"] - row["low"]) / (2 * 1.96)


@pytest.mark.parametrize("known", KNOWN, ids=NAMES)
def test_everybody_pays_once_a_cycle_in_the_cohort(known: Known) -> None:
    """So the number of holds says nothing about their delays, and the mean of a replication has no bias."""
    holds = cohort(of_replication(known.scenario, 1, 0, known.follow_up))
    assert not holds.assign(cycle=holds["repaid_at"] // 30).duplicated(["borrower", "cycle"]).any()
    assert set(holds.loc[holds["repaid_at"] < 30, "borrower"]) == set(range(30))


def test_the_intervals_whose_coverage_is_measured_are_those_of_the_summary() -> None:
    known = KNOWN[2]
    many = sl.replicate(known.scenario, 5 * REPLICATIONS, 3, follow_up_days=known.follow_up, progress=False)
    one = sl.replicate(known.scenario, REPLICATIONS, 3, follow_up_days=known.follow_up, progress=False)
    for metric in known.truth:
        mean, low, high, _ = mean_intervals(
            many.metrics()[metric].to_numpy().reshape(5, REPLICATIONS).T, 0.95
        )
        row = one.summary().loc[metric]
        assert (mean[0], low[0], high[0]) == pytest.approx(tuple(row[["estimate", "low", "high"]]), rel=1e-12)


@pytest.mark.long
@pytest.mark.parametrize("known", KNOWN, ids=NAMES)
def tesmean_intervals_cover_as_often_as_they_say(known: Known) -> None:
    """95 %, with a standard error of 0.5 % over 2,000 studies."""
    for row in coverage(known, 2_000):
        assert 0.93 <= row.coverage <= 0.97, row


@pytest.mark.long
@pytest.mark.parametrize("known", WHENEVER_REPAID, ids=NAMES[:3])
def test_studies_that_stop_at_a_precision_cover_nearly_as_often(known: Known) -> None:
    """Who stops when the interval is narrow stops a little too often where it is narrow by chance."""
    for row in coverage_of_precision(known, 1_000):
        assert row.coverage >= 0.92, row


@pytest.mark.long
@pytest.mark.parametrize("known", WHENEVER_REPAID, ids=NAMES[:3])
def tesmean_intervals_of_curves_cover_as_often_as_they_say(known: Known) -> None:
    """Of 16 replications, by the jackknife; with a standard error of 0.7 % over 1,000 studies."""
    for row in coverage_of_curves(known, 1_000):
        assert 0.925 <= row.coverage <= 0.975, row
