"""What a borrower-event costs: ``python tests/benchmarks/compare.py [sizes]``.

One table of the two drivers of simlimit and of the naive model, on the preset ``jiebei`` over three
years, closed and without a calendar, with its desk and pool scaled to the number of borrowers. A
borrower-event is a payment, an evaluation, a release or a draw. Each row is measured in a process of
its own, after a tiny run which does the compilation: population and simulation are timed, tables are
not. All sizes take a quarter of an hour; a model has no row for a size beyond its bound.
"""

import argparse
import gc
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from statistics import median
from typing import Any

import naive
import numba
import pandas as pd
import simpy

import simlimit as sl
from simlimit.drivers import replications
from simlimit.model.preparation import prepare

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
LARGEST = {
    "calendar": 10_000_000,  # the largest size there is
    "simpy": 1_000_000,  # a process and all holds of ten million borrowers do not fit into 20 GiB
    "naive, gc on": 10_000,  # 100,000 take more than seven minutes: the collector walks all again and again
    "naive, gc off": 100_000,  # four minutes and 3 GiB; a million take ten times as much
}
"""The models, and the largest number of borrowers that each is run with."""
LARGEST_COUNTED = 100_000
"""Number of borrowers up to which events are counted from the log; beyond, as many per borrower."""
REPEATS = {
    "calendar": {1_000: 21, 10_000: 21, 100_000: 5},
    "simpy": {1_000: 5, 10_000: 3},
    "naive, gc on": {1_000: 5},
    "naive, gc off": {1_000: 5},
}
"""Of how many runs of a model the median is taken at a size; of one run where nothing is said."""
BORROWER_EVENTS = ("repayment", "prepayment", "evaluation", "release", "draw")
FIRST_RUN = "import simlimit as sl; sl.simulate(sl.preset('jiebei'), engine='calendar', keep='counts')"
BOTH = FIRST_RUN + "; sl.simulate(sl.preset('jiebei').replace({'population.borrowers': 10}))"
REPLICATIONS = 200


def scaled(borrowers: int) -> sl.Scenario:
    """Return jiebei, without what the naive model lacks, with desk and pool for so many borrowers."""
    scenario = sl.preset("jiebei").replace(
        {
            "population.arrivals_per_year": 0.0,
            "population.exits_per_year": 0.0,
            "population.seasoned": False,
            "limits.block_draws": (),
            "economy.sd": 0.0,
            "calendar.rests": (),
        }
    )
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


def start_seconds() -> tuple[float, float]:
    """Return the seconds of cold compilation, and of a whole process that runs 1,000 borrowers after it."""
    with tempfile.TemporaryDirectory() as fresh:
        environment = os.environ | {"NUMBA_CACHE_DIR": fresh}
        seconds = []
        for script in (BOTH, BOTH, FIRST_RUN):
            start = time.perf_counter()
            subprocess.run([sys.executable, "-c", script], check=True, env=environment)
            seconds.append(time.perf_counter() - start)
    return seconds[0] - seconds[1], seconds[2]


def replications_seconds(threads: int) -> float:
    """Return the seconds of many replications of jiebei, shared among threads."""
    prepared = prepare(sl.preset("jiebei"), follow_up_days=90, logging=False, reusing=True)
    share = REPLICATIONS // threads
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as executor:
        parts = [executor.submit(replications.run, prepared, 1, i * share, share) for i in range(threads)]
        assert sum(len(part.result().daily) for part in parts) == REPLICATIONS
    return time.perf_counter() - start


def run_once(model: str, scenario: sl.Scenario) -> int | None:
    """Run a model; return its own count of borrower-events if it has one."""
    if model == "calendar":
        sl.simulate(scenario, seed=1, engine="calendar", keep="counts")
        return None
    if model == "simpy":
        sl.simulate(scenario, seed=1, engine="simpy", keep="holds")
        return None
    naive_platform = naive.Platform(scenario, seed=1)
    naive_platform.run()
    return sum(naive_platform.counts.values())


def measure(model: str, borrowers: int) -> dict[str, Any]:
    """Return the median seconds of a model at one size, its own count of events, and the peak memory."""
    scenario = scaled(borrowers)
    run_once(model, scaled(10))
    if model == "naive, gc off":
        gc.disable()
    seconds = []
    for _ in range(REPEATS.get(model, {}).get(borrowers, 1)):
        if model != "calendar":  # which leaves no objects: to look for them would only empty the cache
            gc.collect()  # those of the run before, which refer to each other
        start = time.perf_counter()
        events = run_once(model, scenario)
        seconds.append(time.perf_counter() - start)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"seconds": median(seconds), "events": events, "peak_mib": round(peak)}


def count(borrowers: int) -> int:
    """Return how many borrower-events a run has."""
    run = sl.simulate(scaled(borrowers), seed=1, engine="calendar", keep="all")
    return int(run.events["event"].isin(BORROWER_EVENTS).sum())


# ---- the table -------------------------------------------------------------------------------------------


def in_fresh_process(*arguments: str) -> Any:
    """Return what this file says to the given arguments in a new process."""
    command = [sys.executable, __file__, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


@cache
def counted(borrowers: int) -> int:
    """Return how many borrower-events simlimit has at a size."""
    if borrowers > LARGEST_COUNTED:
        return round(counted(LARGEST_COUNTED) * borrowers / LARGEST_COUNTED)
    return int(in_fresh_process("--count", str(borrowers)))


def row(model: str, borrowers: int, days: int) -> dict[str, Any]:
    """Return the row of one model and size."""
    measured = in_fresh_process("--measure", model, str(borrowers))
    seconds, events = measured["seconds"], measured["events"] or counted(borrowers)
    print(f"{model}, {borrowers:,} borrowers: {seconds:.2f} s", file=sys.stderr, flush=True)
    return {
        "model": model,
        "borrowers": borrowers,
        "seconds": round(seconds, 3),
        "events": events,
        "ns_per_borrower_event": seconds / events * 1e9,
        "ns_per_borrower_day": seconds / borrowers / days * 1e9,
        "peak_mib": measured["peak_mib"],
    }


def table(sizes: list[int], models: list[str]) -> pd.DataFrame:
    """Return the table: a row for each model and size within its bound."""
    days = sl.preset("jiebei").horizon_days
    rows = [row(model, size, days) for size in sizes for model in models if size <= LARGEST[model]]
    frame = pd.DataFrame(rows)
    calendar = frame[frame["model"] == "calendar"].set_index("borrowers")["ns_per_borrower_event"]
    ratio = frame["ns_per_borrower_event"] / frame["borrowers"].map(calendar)
    frame.insert(6, "ratio_to_calendar", ratio)
    return frame


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=list(SIZES), help="numbers of borrowers")
    parser.add_argument("--models", nargs="+", choices=list(LARGEST), default=list(LARGEST))
    parser.add_argument("--measure", nargs=2, metavar=("MODEL", "SIZE"), help="print one measurement as JSON")
    parser.add_argument("--count", type=int, metavar="SIZE", help="print the number of borrower-events")
    arguments = parser.parse_args()
    if arguments.measure:
        model, size = arguments.measure
        print(json.dumps(measure(model, int(size))))
        return
    if arguments.count:
        print(count(arguments.count))
        return
    cold, warm = start_seconds()
    print(
        f"machine: {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, "
        f"numba {numba.__version__}, SimPy {simpy.__version__}"
    )
    print(f"cold compilation (both drivers): {cold:.1f} s")
    print(f"warm start (import and the first run of 1,000 borrowers, whole process): {warm:.2f} s")
    replications_seconds(1)
    one, two = (min(replications_seconds(threads) for _ in range(5)) for threads in (1, 2))
    print(
        f"{REPLICATIONS} replications of 1,000 borrowers: {one:.2f} s in one thread, {two:.2f} s in two, "
        f"ratio {one / two:.2f}"
    )
    print(
        f"events: counted up to {LARGEST_COUNTED:,} borrowers, beyond as many per borrower as there; "
        "the naive model counts its own"
    )
    formats: dict[str, Callable[[float], str]] = {
        "ns_per_borrower_event": "{:,.0f}".format,
        "ns_per_borrower_day": "{:,.1f}".format,
        "ratio_to_calendar": "{:,.1f}".format,
    }
    print(table(arguments.sizes, arguments.models).to_string(index=False, formatters=formats))


if __name__ == "__main__":
    main()
