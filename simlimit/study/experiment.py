"""An experiment: a scenario that is ready to be replicated."""

from typing import NamedTuple

from simlimit.model.preparation import PreparedScenario, prepare
from simlimit.run.options import check_scenario
from simlimit.scenario import Scenario
from simlimit.study.options import CheckedOptions, Engine, Keep


class Experiment(NamedTuple):
    """A prepared scenario, with the seed and the options on which its replications depend."""

    prepared: PreparedScenario
    seed: int
    engine: Engine
    keep: Keep


def prepare_experiment(scenario: Scenario, seed: int, options: CheckedOptions) -> Experiment:
    """Check a scenario and prepare its replications."""
    check_scenario(scenario)
    prepared = prepare(
        scenario,
        options.follow_up_days,
        logging=options.keep == "all",
        reusing=options.keep == "counts",
        by=options.by,
        bands=options.bands,
    )
    return Experiment(prepared, seed, options.engine, options.keep)
