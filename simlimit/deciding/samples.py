"""Samples of many alternatives: replications that they share, of which only some metrics are kept."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor

import numpy as np

from simlimit.arguments import Floats, Ints
from simlimit.drivers.tallies import Tallies
from simlimit.study.draws import PER_DRAW, Source, draws_for, estimate
from simlimit.study.experiment import Experiment, prepare_experiment
from simlimit.study.metrics import values_and_events
from simlimit.study.options import CheckedOptions
from simlimit.study.store import Replications, Store, open_stores
from simlimit.study.workers import Bar, simulate_missing


class MetricReplications(Replications):
    """Replications of which no tallies are kept, but some metrics, and the events on which these rest."""

    keeps_tallies = False

    def __init__(
        self, experiment: Experiment, store: Store | None, metrics: Sequence[str], follow_up_days: int
    ) -> None:
        super().__init__(experiment, store)
        self.metrics, self.follow_up_days, self.no_records = metrics, follow_up_days, self.records(0)
        self.values, self.events = np.zeros((0, len(metrics))), np.zeros((0, len(metrics), 2))

    def _allocate(self, number: int) -> None:
        self.values = np.resize(self.values, (number, *self.values.shape[1:]))
        self.events = np.resize(self.events, (number, *self.events.shape[1:]))

    def _take(self, first: int, tallies: Tallies) -> None:
        prepared, rows = self.experiment.prepared, slice(first, first + len(tallies.daily))
        told = values_and_events(tallies, prepared, self.follow_up_days, "holds", self.no_records, ())
        self.values[rows], self.events[rows] = (
            np.stack([one[metric] for metric in self.metrics], axis=1) for one in told
        )


class Samples:
    """Samples of alternatives under common random numbers: replications, or means of draws of a fit.

    Parameters
    ----------
    sources : mapping of str to Scenario or draws
        By name.
    n : int
        The largest number of replications.
    seed : int
    options : CheckedOptions
    metrics : sequence of str
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        n: int,
        seed: int,
        options: CheckedOptions,
        metrics: Sequence[str],
    ) -> None:
        own = options.processes_of([""])[""]
        draws = {name: draws_for(source, n) for name, source in sources.items()}
        self.experiments = {
            name: prepare_experiment(estimate(source), seed, options, own, draws[name])
            for name, source in sources.items()
        }
        stores = open_stores(self.experiments, options)
        self.replications = [
            MetricReplications(experiment, stores.get(name), metrics, options.follow_up_days)
            for name, experiment in self.experiments.items()
        ]
        self.per_sample = PER_DRAW if any(draws.values()) else 1

    def simulate(self, pool: Executor, chosen: Collection[int] | Ints, number: int, bar: Bar) -> None:
        """Make a number of samples of some alternatives, as far as they are missing."""
        simulate_missing(pool, [self.replications[i] for i in chosen], number * self.per_sample, bar)

    def between(self, first: int, last: int) -> tuple[Floats, Floats]:
        """Return samples ``first`` .. ``last - 1`` and the events up to each.

        Arrays of shape (samples, alternatives, metrics). NaN, and no events, where there is no such sample.
        """
        shape = last - first, len(self.replications), len(self.replications[0].metrics)
        values, events = np.full(shape, np.nan), np.zeros(shape)
        for k, one in enumerate(self.replications):
            if one.done >= last * self.per_sample:
                rows = one.values[: last * self.per_sample].reshape(last, self.per_sample, -1)
                values[:, k] = rows[first:].mean(axis=1)
                seen = one.events[: last * self.per_sample].cumsum(axis=0).min(axis=-1)
                events[:, k] = seen[self.per_sample - 1 :: self.per_sample][first:]
        return values, events
