"""What a manual review desk does to the release delay."""

from __future__ import annotations

import heapq
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from measures import assert_mean, clockwork, replicated, simulate
from random_numbers import uniforms
from scipy.linalg import expm, toeplitz
from scipy.stats import poisson

import simlimit as sl
from simlimit.model import streams

NO_LOAN = -32768
WATCHED = {"review.watch_share": 1.0}


def services(run: sl.Run) -> list[float]:
    """R70, R71: return the length of each hold's review, from its random numbers."""
    law, days, cv = (
        run.scenario.review.service_law,
        run.scenario.review.service_days,
        run.scenario.review.service_cv,
    )
    lengths = []
    for borrower, instalment in run.holds[["borrower", "instalment"]].itertuples(index=False):
        u = uniforms(run.seed, run.replication, streams.REVIEW, borrower, NO_LOAN, instalment)
        if law == "constant":
            lengths.append(days)
        elif law == "exponential":
            lengths.append(-math.log(u[1]) * days)
        else:
            v = math.log(1 + cv * cv)
            z = math.sqrt(-2 * math.log(u[1])) * math.cos(2 * math.pi * u[2])
            lengths.append(math.exp(math.log(days) - 0.5 * v + math.sqrt(v) * z))
    return lengths


def replay(run: sl.Run, urgent: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.float64]:
    """R66 to R69: return when each hold arrives at the desk, and when its review starts and ends.

    Whoever becomes free takes the next hold: urgent, then earlier arrival (a quarter past the day gate 3
    was passed), then borrower. At the very time of an arrival it takes from those already there.
    """
    lengths = services(run)
    arrival = run.holds["approved_at"].to_numpy() + 0.25
    owner = run.holds["borrower"].to_numpy()
    coming = sorted(range(len(arrival)), key=lambda h: (arrival[h], owner[h]), reverse=True)
    free = [-math.inf] * run.scenario.review.reviewers
    waiting: list[tuple[Any, ...]] = []
    times = np.empty((3, len(arrival)))
    while coming or waiting:
        now = free[0]
        if not waiting and arrival[coming[-1]] >= now:
            now = math.nextafter(
                arrival[coming[-1]], math.inf
            )  # idle until then: all who come then are there
        while coming and arrival[coming[-1]] < now:
            h = coming.pop()
            heapq.heappush(waiting, (urgent is None or not urgent[h], arrival[h], owner[h], h))
        h = heapq.heappop(waiting)[-1]
        begin = max(free[0], arrival[h])
        times[:, h] = arrival[h], begin, begin + lengths[h]
        heapq.heapreplace(free, begin + lengths[h])
    return times


def assert_reviewed(run: sl.Run, ends: npt.NDArray[np.float64]) -> None:
    """R72: assert that each hold is released in the first phase 3 at or after the end of its review."""
    day = np.ceil(ends - 0.375)
    inside = day < run.scenario.horizon_days
    assert (run.holds["reviewed_at"].to_numpy()[inside] == day[inside]).all()
    assert (run.holds["ended_at"].to_numpy()[inside] == day[inside]).all()
    assert (run.holds["outcome"][~inside] == "pending").all()
    assert (run.holds["days_review"] == run.holds["delay_days"]).all()


@pytest.mark.parametrize(
    ("reviewers", "days"), [(1, 0.0), (1, 0.125), (1, 0.3), (1, 0.5), (2, 0.7), (3, 1.0), (5, 2.3), (2, 3.0)]
)
def test_constant_service_replayed_gives_every_delay(reviewers: int, days: float) -> None:
    """R66 to R72: the replay knows arrivals, order and lengths of reviews."""
    fields = {"review.service_law": "constant", "review.service_days": days, "review.reviewers": reviewers}
    run = simulate(clockwork({**WATCHED, **fields, "horizon_days": 400}, borrowers=120))
    assert_reviewed(run, replay(run)[2])
    assert (run.holds["delay_days"] > 0).any() == (days > 0)


@pytest.mark.parametrize("law", ["exponential", "lognormal"])
def test_random_service_replayed_gives_every_delay(law: str) -> None:
    """R66 to R72: the same with lengths drawn by each law."""
    fields = {
        "review.service_law": law,
        "review.service_days": 0.8,
        "review.reviewers": 3,
        "review.service_cv": 1.5,
    }
    run = simulate(clockwork({**WATCHED, **fields}, borrowers=200))
    assert_reviewed(run, replay(run)[2])


def test_the_urgent_are_taken_first_but_do_not_interrupt() -> None:
    """R67, R68: a high score is served before a low one."""
    fields = {
        "review.service_days": 0.4,
        "review.reviewers": 1,
        "review.priority_score": 0.7,
        "population.score_mean": 0.6,
        "population.score_concentration": 3.0,
        "evaluation.score_half_life_days": 1e9,  # scores stay what they are
    }
    run = simulate(clockwork({**WATCHED, **fields}, borrowers=100))
    urgent = run.borrowers["score"].to_numpy()[run.holds["borrower"]] >= 0.7
    times = replay(run, urgent)
    assert_reviewed(run, times[2])
    waits = times[1] - times[0]
    assert waits[urgent].mean() < waits[~urgent].mean() / 2


def erlang_wait(rate: float, service: float, reviewers: int) -> float:
    """Return the mean wait of M/M/c, C / (c mu - l) with Erlang's C (Erlang 1917)."""
    load, mu = rate * service, 1 / service
    terms = [load**k / math.factorial(k) for k in range(reviewers + 1)]
    queued = terms[-1] * reviewers / (reviewers - load)
    return queued / (sum(terms[:-1]) + queued) / (reviewers * mu - rate)


def daily_batch_wait(rate: float, service: float, reviewers: int) -> float:
    """Return the mean wait where each day's Poisson number of arrivals comes at one time, exactly.

    The number in the system at those times is a Markov chain: a Poisson jump, then a day of exponential
    departures. The mean queue over a day, by the integral of the departures' semigroup, is the rate
    times the wait (Little 1961).
    """
    n = np.arange(200)
    departures = np.minimum(n, reviewers) / service
    generator = np.diag(-departures) + np.diag(departures[1:], -1)
    jumps = np.triu(toeplitz(poisson.pmf(n, rate)))
    jumps[:, -1] += 1 - jumps.sum(axis=1)
    a_day = expm(np.block([[generator, np.eye(len(n))], [np.zeros((len(n), 2 * len(n)))]]))
    flow, integral = a_day[: len(n), : len(n)], a_day[: len(n), len(n) :]
    balance = np.vstack([(jumps @ flow).T - np.eye(len(n)), np.ones(len(n))])
    before = np.linalg.lstsq(balance, np.eye(len(n) + 1)[-1], rcond=None)[0]
    return float(before @ jumps @ integral @ np.maximum(0, n - reviewers) / rate)


def busy_desk(rate: float, service: float, reviewers: int, borrowers: int, horizon: int) -> sl.Scenario:
    """Return a scenario with nearly Poisson arrivals at the desk, ``rate`` a day.

    A borrower repays on its due day, drawn uniformly from a cycle of 366 days, with the probability that
    it drew a little in the cycle before. So the number that arrive in w days is binomial; its variance
    is that of a Poisson number times about 1 - w/366 x (the share of borrowers who repay in a cycle),
    within 1 % over the times in which the queue forgets.
    """
    a_cycle = rate * 366 / borrowers
    fields = {
        "population.utilisation_mean": 0.0,
        "behaviour.draws_per_year": 365 * (1 - (1 - a_cycle) ** (1 / 366)),
        "behaviour.draw_share": (0.01, 0.01),
        "product.min_draw": 0.01,
        "product.instalments": 1,
        "product.cycle_days": 366,
        "evaluation.period_days": 3650,
        "review.reviewers": reviewers,
        "review.service_days": service,
        "horizon_days": horizon,
    }
    return clockwork({**WATCHED, **fields}, borrowers)


def measure_wait(run: sl.Run) -> tuple[float]:
    """Return the mean wait of those who come after two cycles; the replay is exact for every hold."""
    arrival, begin, end = replay(run)
    assert_reviewed(run, end)
    return ((begin - arrival)[arrival > 732].mean(),)


@pytest.mark.parametrize(
    ("rate", "service", "reviewers", "borrowers", "horizon"),
    [
        (1.2, 1.5, 3, 2_400, 3_000),
        pytest.param(1.6, 1.5, 3, 2_400, 3_000, marks=pytest.mark.long),
        pytest.param(1.6, 1.5, 3, 12_000, 3_000, marks=pytest.mark.long),
        pytest.param(0.03, 40.0, 2, 600, 8_000, marks=pytest.mark.long),
        pytest.param(0.03, 40.0, 2, 2_000, 30_000, marks=pytest.mark.long),
        pytest.param(0.012, 50.0, 1, 1_500, 30_000, marks=pytest.mark.long),
    ],
)
def test_the_mean_wait_is_that_of_a_queue_of_exponential_reviews(
    rate: float, service: float, reviewers: int, borrowers: int, horizon: int
) -> None:
    """R68, R71: the wait is that of M/M/c but for daily arrivals, whose bias is at most half a day.

    Arrivals at any time t of a day are moved to one time of it, by d uniform on 0 .. 1 days. By monotony
    every review starts at the same time or up to a day later than it would, so the mean wait changes by
    between -E[d] and 1 - E[d], half a day either way. The exact chain of daily batches is inside this
    bound, and the simulated mean within 4 standard errors of the chain.
    """
    exact, continuous = daily_batch_wait(rate, service, reviewers), erlang_wait(rate, service, reviewers)
    assert abs(exact - continuous) < 0.5
    (waits,) = replicated(busy_desk(rate, service, reviewers, borrowers, horizon), measure_wait)
    assert_mean(waits, exact)
    assert_mean(waits, continuous, bias=0.5)
