"""A chunk: a few successive replications of an experiment, which one worker simulates.

A chunk depends only on its experiment and on the numbers of its replications. So results are the same with
any executor, for any number of workers, and whatever was stored before.
"""

from collections.abc import Callable
from typing import NamedTuple

import pandas as pd

from simlimit.drivers import calendar_driver, replications, simpy_driver
from simlimit.drivers.calendar_driver import BORROWER_DAYS_PER_CALL
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.model.state import State
from simlimit.run import frames
from simlimit.study.experiment import Experiment

Frames = dict[str, pd.DataFrame]


class Chunk(NamedTuple):
    """The replications from number ``first`` on: their tallies, and the tables kept of each."""

    first: int
    tallies: Tallies
    tables: list[Frames]


def chunk_size(experiment: Experiment) -> int:
    """Return how many replications make a chunk: a fraction of a second of work, but at least one."""
    if experiment.engine == "simpy":
        return 1
    prepared = experiment.prepared
    return max(1, BORROWER_DAYS_PER_CALL // (prepared.borrowers * prepared.scenario.horizon_days))


def run_chunk(
    experiment: Experiment,
    first: int,
    number: int,
    tallies: Tallies | None = None,
    stopped: Callable[[], bool] = lambda: False,
) -> Chunk:
    """Simulate replications ``first`` .. ``first + number - 1``, in this process, into tallies if given."""
    if tallies is None:
        tallies = empty_tallies(experiment.prepared, number)
    if experiment.keep == "counts" and experiment.engine == "calendar":
        replications.run(experiment.prepared, experiment.seed, first, number, tallies, stopped)
        return Chunk(first, tallies, [{}] * number)
    tables: list[Frames] = []
    for row in range(number):
        if stopped():
            break
        state = _simulate(experiment, first + row)
        tally(state, tallies, row)
        tables.append(_kept_tables(experiment, state))
    return Chunk(first, tallies, tables)


def _simulate(experiment: Experiment, replication: int) -> State:
    if experiment.engine == "simpy":
        return simpy_driver.run(experiment.prepared, experiment.seed, replication, (), lambda days: None)
    return calendar_driver.run(experiment.prepared, experiment.seed, replication, lambda days: None)


def _kept_tables(experiment: Experiment, state: State) -> Frames:
    regions = experiment.prepared.regions
    tables: Frames = {}
    if experiment.keep != "counts":
        tables["holds"] = frames.holds_frame(state, regions)
        tables["borrowers"] = frames.borrowers_frame(state, regions)
    if experiment.keep == "all":
        tables["events"] = frames.events_frame(state)
    return tables
