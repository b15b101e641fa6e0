"""What periodic evaluation does to the release delay."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from measures import assert_delays, assert_mean, clockwork, of_borrower, one_draw_each, replicated, simulate

import simlimit as sl


def test_clockwork_releases_every_hold_on_the_day_of_repayment() -> None:
    """R49: a borrower in clear standing passes at once."""
    run = simulate(clockwork({}, borrowers=1000))
    assert (run.holds["outcome"] == "released").all()
    assert (run.holds["delay_days"] == 0).all()
    assert len(run.holds) > 5000


@pytest.mark.parametrize("schedule", ["staggered", "batch"])
@pytest.mark.parametrize("period", [1, 7, 30, 45])
@pytest.mark.parametrize("cutoff", [0, 1, 10, 50])
def test_without_straight_through_a_hold_waits_for_the_evaluation_that_sees_it(
    period: int, cutoff: int, schedule: str
) -> None:
    """R16, R51: an evaluation sees what arrived up to its cut-off."""
    fields = {
        "evaluation.straight_through": False,
        "evaluation.period_days": period,
        "evaluation.cutoff_days": cutoff,
        "evaluation.schedule": schedule,
        "horizon_days": 330,  # some wait still when it ends
    }
    run = simulate(clockwork(fields))
    phase = of_borrower(run, "evaluation_day")
    assert_delays(run, cutoff + (phase - run.holds["repaid_at"].to_numpy() - cutoff) % period)
    assert (run.holds["days_evaluation"] == run.holds["delay_days"]).all()


@pytest.mark.parametrize(("period", "duration"), [(30, 5), (30, 29), (7, 3)])
def test_with_straight_through_only_an_evaluation_in_progress_delays(period: int, duration: int) -> None:
    """R49, R50: a payment j days after an evaluation started, 0 < j <= duration, waits for its decision."""
    fields = {"evaluation.period_days": period, "evaluation.duration_days": duration}
    run = simulate(clockwork(fields))
    repaid, first = run.holds["repaid_at"].to_numpy(), of_borrower(run, "evaluation_day")
    since = (repaid - first) % period
    in_progress = (repaid > first) & (since >= 1) & (since <= duration)
    assert in_progress.any()
    assert_delays(run, np.where(in_progress, duration - since, 0))


def mean_and_square(run: sl.Run, centre: float) -> tuple[float, float]:
    """Return the mean delay, and the mean square about a centre: no bias, however few the borrowers."""
    assert (run.holds["outcome"] == "released").all()
    delays = run.holds["delay_days"]
    return delays.mean(), ((delays - centre) ** 2).mean()


@pytest.mark.parametrize(("period", "cutoff"), [(30, 0), (17, 3), (45, 20)])
def test_without_straight_through_the_delay_is_uniform(period: int, cutoff: int) -> None:
    """R16, R51: so the wait is uniform over the days of a period."""
    fields = {
        "evaluation.straight_through": False,
        "evaluation.period_days": period,
        "evaluation.cutoff_days": cutoff,
    }
    middle = cutoff + (period - 1) / 2
    mean, square = replicated(clockwork(fields), partial(mean_and_square, centre=middle))
    assert_mean(mean, middle)
    assert_mean(square, (period**2 - 1) / 12)


@pytest.mark.parametrize(("period", "cutoff"), [(1, 0), (7, 12), (30, 0)])
@pytest.mark.parametrize(
    ("start", "threshold", "half_life"),
    [
        (0.3, 0.8, 60.0),
        (0.0, 0.5, 35.5),
        (0.65, 0.7, 200.0),
        (0.2, 0.999, 10.0),
        (0.9, 0.6, 30.0),
        (0.1, 1.0, 0.0),
    ],
)
def test_a_low_score_recovers_on_a_known_day_however_often_it_is_looked_at(
    start: float, threshold: float, half_life: float, period: int, cutoff: int
) -> None:
    """R53, R60: s(t) = 1 - (1 - s0) 2^(-t/h); the first evaluation from then on finds it."""
    fields = {
        "population.initial_score": start,
        "rules.min_score": threshold,
        "evaluation.score_half_life_days": half_life,
        "evaluation.period_days": period,
        "evaluation.cutoff_days": cutoff,
    }
    run = simulate(clockwork(fields))
    # Without a half-life the score is that of the record of the first day that has passed.
    recovers = half_life * math.log2((1 - start) / (1 - threshold)) if half_life else 1.0
    first = of_borrower(run, "evaluation_day")
    clear_on = first + period * np.maximum(0, np.ceil((recovers - first) / period)).astype(np.int64)
    waits = np.maximum(0, clear_on - run.holds["repaid_at"].to_numpy())
    assert_delays(run, waits if start < threshold else np.zeros_like(waits))
    assert (run.holds["days_score"] == run.holds["delay_days"]).all()


@pytest.mark.parametrize(
    ("needed", "clean"), [(1, 0.6), *(pytest.param(n, 0.8, marks=pytest.mark.long) for n in (2, 3))]
)
def test_a_late_payer_waits_for_clean_evaluations_in_a_row(needed: int, clean: float) -> None:
    """R31, R36, R60: a hold paid late waits J more evaluations, E[J] = (1 - p^N) / ((1 - p) p^N).

    Cycle = period = T, no grace, and a slip is one day: each evaluation looks back on exactly one
    payment, which was on time with probability p = 1 - slip_share, independently. With clean_days = N T
    an evaluation on day D denies as long as a late payment was made on one of the days D - N T + 1 .. D,
    which are those of the last N evaluations. So the hold of a payment made late on day r meets a
    denying evaluation after (phase - r) mod T days, and is released at the first one that ends N clean
    ones in a row: T J days later. J counts trials until a run of N successes; what happened before day r
    does not matter, because that payment broke any run. Each late payment adds a term J - E[J] of mean
    0, so the sum of them is tested.

    Everybody draws the whole limit on day 0 over 60 instalments, so that payments go on while holds
    wait; late payments count up to cycle 20, after which at least 39 evaluations follow.
    """
    period = 5
    fields = {
        **one_draw_each(instalments=60, cycle_days=period, draws_per_year=365.0),
        "horizon_days": 62 * period,
        "evaluation.period_days": period,
        "behaviour.slip_share": 1 - clean,
        "behaviour.slip_days": 1,
        "behaviour.default_dpd": 0,
        "rules.grace_days": 0,
        "rules.clean_days": needed * period,
    }
    expected = (1 - clean**needed) / ((1 - clean) * clean**needed)
    scenario = clockwork(fields, borrowers=100)

    def evaluations(run: sl.Run) -> np.ndarray:
        holds, phase = run.holds, of_borrower(run, "evaluation_day")
        repaid = holds["repaid_at"].to_numpy()
        late = ((repaid - of_borrower(run, "due_day")) % period == 1) & (holds["instalment"] <= 20)
        assert (holds["outcome"][late] == "released").all()
        beyond = holds["delay_days"].to_numpy() - (phase - repaid) % period
        assert (beyond[late] % period == 0).all()
        assert (beyond[late] > 0).all()
        return beyond[late] // period

    (values,) = replicated(scenario, lambda run: ((evaluations(run) - expected).sum() / 100 + expected,))
    assert_mean(values, expected)


@pytest.mark.parametrize(
    ("flag", "flag_days", "period", "cutoff"),
    [
        (0.2, 0.0, 30, 0),
        (0.2, 20.0, 30, 0),
        pytest.param(0.1, 60.0, 17, 5, marks=pytest.mark.long),
        pytest.param(0.4, 10.0, 10, 0, marks=pytest.mark.long),
    ],
)
def test_a_false_flag_adds_a_geometric_number_of_periods(
    flag: float, flag_days: float, period: int, cutoff: int
) -> None:
    """R57, R58: the wait is uniform plus T K with P(K >= k) = f p^(k-1).

    1,140 days of follow-up leave none waiting.
    """
    fields = {
        "evaluation.straight_through": False,
        "evaluation.period_days": period,
        "evaluation.cutoff_days": cutoff,
        "screening.false_flag": flag,
        "screening.flag_days": flag_days,
        "horizon_days": 1500,
    }
    stay = flag
    if flag_days > 0:
        stay += (1 - flag) * math.exp(-period / (flag_days * (1 - flag)))
    odds = flag / (1 - stay)
    mean = cutoff + (period - 1) / 2 + period * odds
    variance = (period**2 - 1) / 12 + period**2 * (flag * (1 + stay) / (1 - stay) ** 2 - odds**2)
    scenario = clockwork(fields, borrowers=200)
    means, squares = replicated(scenario, partial(mean_and_square, centre=mean))
    assert_mean(means, mean)
    assert_mean(squares, variance)
