"""The points of a design: scenarios that differ in several fields, all under the same random numbers."""

import hashlib
from functools import cache
from importlib import import_module
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, refused
from simlimit.deciding.indices import BLOCKS
from simlimit.errors import ScenarioError, SimlimitError
from simlimit.inference.parameters import Parameter, scenario_at
from simlimit.scenario import Scenario, field_values
from simlimit.study.chunks import CHUNK, check_code
from simlimit.study.experiment import prepare_experiment, run_chunk
from simlimit.study.metrics import values_and_events
from simlimit.study.options import CheckedOptions

Kind = Literal["screening", "indices"]
# Of Sobol designs: powers of 2.
LEAST_POINTS, MOST_POINTS = BLOCKS, 65_536
# No quantile is 0 or 1.
EDGE = 1e-9


class Points(NamedTuple):
    """All on which the values of a metric at the points of a design depend."""

    platform: Scenario
    parameters: tuple[Parameter, ...]
    kind: Kind
    n: int
    metric: str
    replications: int
    follow_up_days: int
    seed: int
    code: dict[str, str]

    def design(self) -> Floats:
        """Return the points, a row each: quantiles of the parameters."""
        return design(self.kind, len(self.parameters), self.n, self.seed)

    def identity(self) -> dict[str, object]:
        """Return what a store must agree on."""
        grid = np.arange(1, 200) / 200
        ranges = [[one.name, *(one.changes(quantile) for quantile in grid)] for one in self.parameters]
        parts = {"scenario": field_values(self.platform), "ranges": ranges}
        digests = {name: hashlib.sha256(str(part).encode()).hexdigest() for name, part in parts.items()}
        told = self._asdict()
        names = ("n", "metric", "replications", "follow_up_days", "seed")
        return {**digests, **{name: told[name] for name in names}, **self.code}


@cache
def design(kind: Kind, parameters: int, n: int, seed: int) -> Floats:
    """Return n trajectories of Morris, or n points of Sobol with all that differ from each in one parameter.

    Points of Sobol come in blocks, each scrambled by itself, so that their spread says how far off they are.

    Examples
    --------
    >>> design("screening", 3, 10, 1).shape, design("indices", 3, 16, 1).shape
    ((40, 3), (80, 3))
    """
    names = [*map(str, range(parameters))]
    problem = {"num_vars": parameters, "names": names, "bounds": [[0, 1]] * parameters}
    if kind == "screening":
        return np.asarray(salib("morris").sample(problem, n, seed=seed), np.float64)
    sample, size = salib("sobol").sample, n // BLOCKS
    blocks = [sample(problem, size, calc_second_order=False, seed=BLOCKS * seed + k) for k in range(BLOCKS)]
    return np.concatenate(blocks)


def salib(sampler: str) -> Any:  # noqa: ANN401 - SALib has no types
    """Return a sampler of SALib."""
    try:
        return import_module(f"SALib.sample.{sampler}")
    except ImportError:
        raise SimlimitError(
            "sensitivity needs SALib, which pip install 'simlimit[decide]' installs."
        ) from None


def run_points(task: Points, first: int) -> Floats:
    """Simulate a chunk of points; return the metric, a row per point and a column per replication."""
    check_code(task.code)
    return np.array([_values(task, quantiles) for quantiles in task.design()[first : first + CHUNK]])


def _values(task: Points, quantiles: Floats) -> Floats:
    try:
        scenario = scenario_at(task.platform, task.parameters, np.clip(quantiles, EDGE, 1 - EDGE))
    except ScenarioError as error:
        raise SimlimitError(f"fields has ranges that do not go together: {error}") from None
    options = CheckedOptions(follow_up_days=task.follow_up_days)
    experiment = prepare_experiment(scenario, task.seed, options)
    tallies, nothing = run_chunk(experiment, 0, task.replications).tallies, pd.DataFrame({"day": []})
    told, _ = values_and_events(tallies, experiment.prepared, task.follow_up_days, "holds", nothing, ())
    values = told[task.metric]
    if not np.isfinite(values).all():
        everywhere = "known in each history: choose another one, narrower ranges, more borrowers or more days"
        raise refused("metric", task.metric, everywhere)
    return values
