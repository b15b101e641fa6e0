"""What a borrower-event costs on the SimPy driver: ``python tests/benchmarks/simpy_driver.py [sizes]``.

A borrower-event is a payment, an evaluation, a release or a draw; a state event is any row of
``run.events``. The scenario is the preset ``jiebei`` over 720 days with its desk and pool scaled to
the number of borrowers. Each size is run after compilation and timed whole: population, simulation
and nothing else. The first line is the cold compilation, in a fresh cache.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time

import pandas as pd

import simlimit as sl

SIZES = (1_000, 10_000, 100_000)
BORROWER_EVENTS = ("repayment", "prepayment", "evaluation", "release", "draw")
COLD_START = "import simlimit as sl; sl.simulate(sl.preset('jiebei').replace({'population.borrowers': 10}))"


def cold_compilation_seconds() -> float:
    """Return how much longer a first process takes than a second one, with an empty cache."""
    with tempfile.TemporaryDirectory() as cache:
        seconds = []
        for _ in range(2):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-c", COLD_START], check=True, env=os.environ | {"NUMBA_CACHE_DIR": cache}
            )
            seconds.append(time.perf_counter() - start)
    return seconds[0] - seconds[1]


def scaled(borrowers: int) -> sl.Scenario:
    """Return jiebei with its desk and pool sized for so many borrowers."""
    scenario = sl.preset("jiebei")
    factor = borrowers / scenario.population.borrowers
    funding = scenario.funding
    assert funding.ceiling is not None
    facilities = [
        one.model_copy(update={"daily_inflow": one.daily_inflow * factor, "lump": one.lump * factor})
        for one in funding.facilities
    ]
    return scenario.replace(
        {
            "population.borrowers": borrowers,
            "review.reviewers": max(1, round(scenario.review.reviewers * factor)),
            "funding.initial": funding.initial * factor,
            "funding.ceiling": funding.ceiling * factor,
            "funding.daily_inflow": funding.daily_inflow * factor,
            "funding.facilities": facilities,
        }
    )


def measure(borrowers: int) -> dict[str, float]:
    """Return the row of one size: the median of three runs (one for the largest sizes)."""
    scenario = scaled(borrowers)
    seconds = []
    for _ in range(3 if borrowers <= 10_000 else 1):
        start = time.perf_counter()
        run = sl.simulate(scenario, seed=1)
        seconds.append(time.perf_counter() - start)
    median = sorted(seconds)[len(seconds) // 2]
    counts = run.events["event"].value_counts()
    events = sum(counts[name] for name in BORROWER_EVENTS)
    return {
        "borrowers": borrowers,
        "seconds": round(median, 2),
        "us_per_borrower_event": round(median / events * 1e6, 2),
        "us_per_state_event": round(median / len(run.events) * 1e6, 2),
        "ns_per_borrower_day": round(median / borrowers / scenario.horizon_days * 1e9, 1),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


if __name__ == "__main__":
    print(f"cold compilation: {cold_compilation_seconds():.1f} s")
    sl.simulate(scaled(1_000))
    sizes = [int(argument) for argument in sys.argv[1:]] or SIZES
    print(pd.DataFrame([measure(size) for size in sizes]).to_string(index=False))
