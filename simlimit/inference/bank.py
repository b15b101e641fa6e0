"""The bank of a fit: logs simulated at draws from the prior, spread and stored as studies are."""

from typing import Any, NamedTuple

import numpy as np

from simlimit.arguments import Floats
from simlimit.drivers import calendar_driver
from simlimit.inference.observation import observe_state
from simlimit.inference.parameters import Parameter, digests, draw
from simlimit.inference.statistics import Layout, statistics
from simlimit.model.preparation import prepare
from simlimit.model.state import State
from simlimit.scenario import Scenario, dotted, steps_of
from simlimit.study.chunks import CHUNK, simulate_chunks
from simlimit.study.options import CheckedOptions


class Task(NamedTuple):
    """All on which a simulated log depends but its number."""

    platform: Scenario
    parameters: tuple[Parameter, ...]
    layout: Layout
    seed: int

    def at(self, quantiles: Floats, source: str | None = None) -> Scenario:
        """Return the scenario of a draw, with where its numbers come from, if that is to be said."""
        changes: dict[str, Any] = {}
        for one, quantile in zip(self.parameters, quantiles.tolist(), strict=True):
            changes |= one.changes(quantile)
        if source is not None:
            changed = {dotted(steps_of(field)): source for field in changes}
            changes["provenance"] = {**self.platform.provenance, **changed}
        return self.platform.replace(changes)

    def history(self, platform: Scenario, log: int) -> State:
        """Simulate a scenario under the random numbers of a log."""
        return calendar_driver.run(prepare(platform, 0, False, False), self.seed, log, lambda days: None)

    def identity(self) -> dict[str, object]:
        """Return what a store must agree on."""
        return {**digests(self.platform, self.parameters, log=self.layout), "seed": self.seed}


class Bank(NamedTuple):
    """Simulated logs, a row each.

    Attributes
    ----------
    quantiles : array
        Their parameters, as quantiles of the prior distributions.
    statistics, half : array
        What is compared of each; and what it would be had each log been extracted after half of its time.
    """

    quantiles: Floats
    statistics: Floats
    half: Floats


def run_logs(task: Task, first: int) -> Floats:
    """Simulate a chunk of logs; return the statistics of each, and those after half of its time."""
    found = []
    for log in range(first, first + CHUNK):
        platform = task.at(draw(task.seed, log, len(task.parameters)))
        seen = observe_state(task.history(platform, log), platform)
        parts = seen, seen.until(task.layout.days // 2)
        found.append([statistics(part, task.layout) for part in parts])
    return np.array(found)


def make_bank(task: Task, n: int, options: CheckedOptions) -> Bank:
    """Simulate n logs, or read what a store has of them."""
    both = simulate_chunks(run_logs, task, n, ("fit", "logs"), options)
    quantiles = np.array([draw(task.seed, log, len(task.parameters)) for log in range(n)])
    return Bank(quantiles, both[:, 0], both[:, 1])
