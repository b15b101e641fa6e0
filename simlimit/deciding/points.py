"""The points of a design: scenarios that differ in several fields, all under the same random numbers."""

from functools import cache
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, refused
from simlimit.deciding.indices import BLOCKS
from simlimit.deciding.ranges import Ranges
from simlimit.drivers import replications
from simlimit.errors import ScenarioError, SimlimitError
from simlimit.extras import from_extra
from simlimit.inference.parameters import digests
from simlimit.model.preparation import prepare
from simlimit.scenario import Scenario
from simlimit.study.chunks import CHUNK
from simlimit.study.metrics import values_and_events

Kind = Literal["screening", "indices"]
# Of Sobol designs: powers of 2.
LEAST_POINTS, MOST_POINTS = BLOCKS, 65_536


class Points(NamedTuple):
    """All on which the values of a metric at the points of a design depend."""

    platform: Scenario
    ranges: Ranges
    kind: Kind
    n: int
    metric: str
    replications: int
    follow_up_days: int
    seed: int

    def design(self) -> Floats:
        """Return the points, a row each: quantiles of the parameters."""
        return design(self.kind, len(self.ranges.parameters), self.n, self.seed)

    def identity(self) -> dict[str, object]:
        """Return what a store must agree on."""
        parts = digests(self.platform, self.ranges.parameters)
        names = ("n", "metric", "replications", "follow_up_days", "seed")
        return {**parts, **{name: getattr(self, name) for name in names}}


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
    return from_extra(f"SALib.sample.{sampler}", "sensitivity needs SALib", "decide")


def run_points(task: Points, first: int) -> Floats:
    """Simulate a chunk of points; return the metric, a row per point and a column per replication."""
    return np.array([_values(task, quantiles) for quantiles in task.design()[first : first + CHUNK]])


def _values(task: Points, quantiles: Floats) -> Floats:
    try:
        scenario = task.ranges.at(task.platform, quantiles)
    except ScenarioError as error:
        raise SimlimitError(f"fields has ranges that do not go together: {error}") from None
    prepared = prepare(scenario, task.follow_up_days, logging=False, reusing=True)
    tallies, nothing = replications.run(prepared, task.seed, 0, task.replications), pd.DataFrame({"day": []})
    values = values_and_events(tallies, prepared, task.follow_up_days, "holds", nothing, ())[0][task.metric]
    if not np.isfinite(values).all():
        everywhere = "known in each history: choose another one, narrower ranges, more borrowers or more days"
        raise refused("metric", task.metric, everywhere)
    return values
