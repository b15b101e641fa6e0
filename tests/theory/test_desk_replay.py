"""What a manual review desk does to the release delay."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from measures import assert_mean, clockwork, replicated
from scipy.linalg import expm, toeplitz
from scipy.stats import poisson

import simlimit as sl
from simlimit.model.randomness import REVIEW, uniforms

NO_LOAN = -32768
WATCHED = {"review.watch_share": 1.0}


def services(run: sl.Run) -> list[float]:
    """Return the length of each hold's review, from the random numbers of docs/model.md 2.6."""
    law, days, cv = run.scenario.review.service_law, run.scenario.review.service_days, run.scenario.review.service_cv
    lengths = []
    for borrower, instalment in run.holds[["borrower", "instalment"]].itertuples(index=False):
        u = uniforms(run.seed, run.replication, REVIEW, borrower, NO_LOAN, instalment)
        if law == "constant":
            lengths.append(days)
        elif law == "exponential":
            lengths.append(-math.log(u[1]) * days)
        else:
            v = math.log(1 + cv * cv)
            z = math.sqrt(-2 * math.log(u[1])) * math.cos(2 * math.pi * u[2])
            lengths.append(math.exp(math.log(days) - 0.5 * v + math.sqrt(v) * z))
    return lengths


def replay(run: sl.Run, first_class: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[np.float64]:
    """Return, for each hold, when its review starts and when it ends; infinity after the horizon.

    Reviewers take the next hold when they finish: class, then arrival (a quarter past the day gate 3 was passed), then borrower. A
    reviewer who finishes at the time of an arrival takes from those already there.
    """
    holds, lengths = run.holds, services(run)
    arrival = holds["approved_at"].to_numpy() + 0.25
    order = sorted(range(len(holds)), key=lambda h: (arrival[h], holds["borrower"][h]))
    urgent = np.zeros(len(holds), bool) if first_class is None else first_class
    free = [-1.0] * run.scenario.review.reviewers
    heapq.heapify(free)
    waiting: list[tuple[bool, int, int]] = []
    times = np.full((len(holds), 2), np.inf)

    def serve(until: float, upto_arrivals: bool) -> None:
        while waiting and (free[0] < until or (upto_arrivals and free[0] == until)):
            _, place, h = heapq.heappop(waiting)
            begin = max(heapq.heappop(free), arrival[order[place]])
            times[h] = begin, begin + lengths[h]
            heapq.heappush(free, times[h][1])

    for day in sorted(set(arrival.tolist())):
        serve(day, upto_arrivals=True)
        for place, h in enumerate(order):
            if arrival[h] == day:
                heapq.heappush(waiting, (not urgent[h], place, h))
    serve(math.inf, upto_arrivals=False)
    return times
