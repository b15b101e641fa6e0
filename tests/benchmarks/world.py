"""What the world costs: ``python tests/benchmarks/world.py [sizes]``.

The preset ``jiebei`` over 720 days: without what came with the world, with each of it alone, and with all
of it. The first table is of a study by the calendar driver, the second of single histories that are kept,
by both drivers. Runs of all rows are timed in turn, so that what else the machine does is shared; the tables
have medians. Where the pool rests at weekends it has less money in a week, and its queue hardly ever ends.
So the last rows give it on five days what it had on seven.
"""

import argparse
import time
from collections.abc import Callable, Hashable
from functools import partial
from statistics import median
from typing import Any, Literal, TypeAlias

import pandas as pd
from compare import BORROWER_EVENTS, scaled

import simlimit as sl
from simlimit.drivers import replications
from simlimit.model.preparation import prepare

Engine: TypeAlias = Literal["simpy", "calendar"]
Kept: TypeAlias = Literal["all", "holds", "counts"]
ROUNDS = 40
HISTORIES: tuple[tuple[Engine, Kept], ...] = (("simpy", "all"), ("calendar", "all"), ("calendar", "holds"))
"""Drivers and what they keep, in the table of single histories."""
WORLD: dict[str, dict[str, Any]] = {
    "book changes": {
        "population.arrivals_per_year": 0.15,
        "population.exits_per_year": 0.15,
        "population.seasoned": True,
    },
    "economy": {"economy.sd": 0.2, "economy.persistence": 0.9},
    "draws blocked": {"limits.block_draws": ("past_due", "denied", "frozen")},
    "draws refused": {"funding.refuse_draws": True},
    "all parts rest": {
        "calendar.holidays": (),
        "calendar.workdays": (),
        "calendar.rests": ("review", "funding", "evaluation", "clearing"),
    },
    "clearing": {
        "product.clearing_share": 0.3,
        "product.clearing_days": (1, 3),
        "product.after_cutoff_share": 0.2,
    },
    "regions differ": {
        "population.regions": {
            "east": {"share": 0.40, "late_onset": 0.010, "limit_median": 24_000.0, "draws_per_year": 4.0},
            "central": {"share": 0.26, "slip_share": 0.04, "utilisation_mean": 0.4},
            "west": {"share": 0.27, "late_onset": 0.018, "score_mean": 0.7, "watch_share": 0.015},
            "northeast": 0.07,
        }
    },
}
"""What came with the world, by its name."""


def scenarios(borrowers: int) -> dict[str, sl.Scenario]:
    """Return the scenarios that are compared, the one without the world first."""
    off = scaled(borrowers).replace({"horizon_days": 720, "warmup_days": 180})
    everything = {path: value for changes in WORLD.values() for path, value in changes.items()}
    on, funding = off.replace(everything), off.funding
    facilities = [
        one.model_copy(update={"daily_inflow": one.daily_inflow * 7 / 5}) for one in funding.facilities
    ]
    assert funding.ceiling is not None
    week = {"funding.facilities": facilities, "funding.ceiling": funding.ceiling * 7 / 5}
    alone = {name: off.replace(changes) for name, changes in WORLD.items()}
    return {"off": off, **alone, "all": on, "all, the same money a week": on.replace(week)}


def events(scenario: sl.Scenario) -> int:
    """Return how many borrower-events a run has."""
    run = sl.simulate(scenario, seed=1, engine="calendar", keep="all")
    return int(run.events["event"].isin(BORROWER_EVENTS).sum())


def milliseconds(runs: dict[Hashable, Callable[[int], object]], rounds: int) -> "pd.Series[float]":
    """Return the median time of each; all run in turn, with the number of the round."""
    seconds: dict[Hashable, list[float]] = {name: [] for name in runs}
    for k in range(1 + rounds):
        for name, run in runs.items():
            start = time.perf_counter()
            run(k)
            seconds[name].append(time.perf_counter() - start)
    return pd.Series({name: 1e3 * median(times[1:]) for name, times in seconds.items()})


def study_table(borrowers: int) -> pd.DataFrame:
    """Return the table of a study: a row for each scenario."""
    compared, number = scenarios(borrowers), max(1, 20_000 // borrowers)

    def replicated(scenario: sl.Scenario) -> Callable[[int], object]:
        prepared = prepare(scenario, 90, logging=False, reusing=True)
        return lambda k: replications.run(prepared, 1, k * number, number)

    runs: dict[Hashable, Callable[[int], object]] = {name: replicated(one) for name, one in compared.items()}
    frame = pd.DataFrame({"ms": milliseconds(runs, ROUNDS) / number})
    frame["more_percent"] = 100 * (frame["ms"] / frame["ms"]["off"] - 1)
    frame["events"] = [events(one) for one in compared.values()]
    frame["ns_per_event"] = 1e6 * frame["ms"] / frame["events"]
    return frame


def history_table(borrowers: int) -> pd.DataFrame:
    """Return the table of single histories: a row for each driver and what it keeps, and scenario."""
    compared = scenarios(borrowers)
    runs: dict[Hashable, Callable[[int], object]] = {
        (engine, keep, name): partial(one_history, compared[name], engine, keep)
        for engine, keep in HISTORIES
        for name in ("off", "all", "all, the same money a week")
    }
    times = milliseconds(runs, ROUNDS // 4).unstack(sort=False)
    more = 100 * (times.drop(columns="off").div(times["off"], axis=0) - 1)
    return pd.concat({"ms": times, "more_percent": more}, axis=1)


def one_history(scenario: sl.Scenario, engine: Engine, keep: Kept, seed: int) -> None:
    """Simulate a history and make the tables that it keeps."""
    run = sl.simulate(scenario, seed=seed, engine=engine, keep=keep)
    _ = run.holds, run.borrowers, run.daily


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", nargs="*", type=int, default=[1_000, 10_000], help="numbers of borrowers")
    for size in parser.parse_args().sizes:
        for table in (study_table, history_table):
            print(f"{size:,} borrowers", table(size).round(1).to_string(), sep="\n")


if __name__ == "__main__":
    main()
