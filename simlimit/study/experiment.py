"""An experiment: a scenario that is ready to be replicated, in chunks of a few successive replications.

A chunk depends only on its experiment and on the numbers of its replications. So results are the same with
any executor, for any number of workers, and whatever was stored before.
"""

import uuid
from typing import NamedTuple

import pandas as pd

from simlimit.drivers import calendar_driver, replications, simpy_driver
from simlimit.drivers.calendar_driver import BORROWER_DAYS_PER_CALL
from simlimit.drivers.tallies import Tallies, empty_tallies, tally
from simlimit.errors import SimlimitError
from simlimit.model.preparation import PreparedScenario, prepare
from simlimit.model.state import State
from simlimit.run import frames
from simlimit.run.options import check_scenario
from simlimit.scenario import Scenario
from simlimit.study.identity import code_identity, difference
from simlimit.study.options import CheckedOptions, Engine, Keep

Frames = dict[str, pd.DataFrame]


class Experiment(NamedTuple):
    """A prepared scenario, with the seed and the options on which its replications depend.

    For an executor it has the code that its workers must run, and a key by which their chunks are known.
    """

    prepared: PreparedScenario
    seed: int
    engine: Engine
    keep: Keep
    code: dict[str, str] | None = None
    key: str = ""


class Chunk(NamedTuple):
    """The replications from number ``first`` on: their tallies, and the tables kept of each."""

    first: int
    tallies: Tallies
    tables: list[Frames]
    key: str = ""

    def answers(self, experiment: Experiment, first: int, number: int) -> bool:
        """Tell whether this is the chunk that was asked for."""
        lengths = {len(self.tables), len(self.tallies.totals)}
        return (self.key, self.first, lengths) == (experiment.key, first, {number})


def prepare_experiment(scenario: Scenario, seed: int, options: CheckedOptions) -> Experiment:
    """Check a scenario and prepare its replications."""
    check_scenario(scenario)
    logging, reusing = options.keep == "all", options.keep == "counts"
    prepared = prepare(scenario, options.follow_up_days, logging, reusing, options.by, options.bands)
    code, key = (code_identity(), uuid.uuid4().hex) if options.executor is not None else (None, "")
    return Experiment(prepared, seed, options.engine, options.keep, code, key)


def chunk_size(experiment: Experiment) -> int:
    """Return how many replications make a chunk: a fraction of a second of work, but at least one."""
    if experiment.engine == "simpy":
        return 1
    prepared = experiment.prepared
    return max(1, BORROWER_DAYS_PER_CALL // (prepared.borrowers * prepared.scenario.horizon_days))


def run_chunk(experiment: Experiment, first: int, number: int) -> Chunk:
    """Simulate replications ``first`` .. ``first + number - 1``, in this process."""
    if experiment.code is not None and (other := difference(code_identity(), experiment.code)):
        raise SimlimitError(f"A worker of the executor runs {other}, but must run what its user runs.")
    if experiment.keep == "counts" and experiment.engine == "calendar":
        tallies = replications.run(experiment.prepared, experiment.seed, first, number)
        return Chunk(first, tallies, [{}] * number, experiment.key)
    tallies = empty_tallies(experiment.prepared, number)
    tables: list[Frames] = []
    for row in range(number):
        state = _simulate(experiment, first + row)
        tally(state, tallies, row)
        tables.append(_kept_tables(experiment, state))
    return Chunk(first, tallies, tables, experiment.key)


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
