"""Samples of many alternatives: replications that they share, of which only some metrics are kept."""

from collections.abc import Collection, Mapping
from concurrent.futures import Executor

import numpy as np

from simlimit.arguments import Floats, Ints
from simlimit.deciding.question import Question
from simlimit.drivers.tallies import Tallies
from simlimit.study.draws import PER_DRAW, Source
from simlimit.study.experiment import Experiment, prepare_experiment
from simlimit.study.metrics import values_and_events
from simlimit.study.options import CheckedOptions
from simlimit.study.store import Replications, Store, open_stores
from simlimit.study.workers import Bar, simulate_missing


class MetricReplications(Replications):
    """Replications of which no tallies are kept, but some metrics, and the events on which these rest."""

    keeps_tallies = False

    def __init__(self, experiment: Experiment, store: Store | None, question: Question) -> None:
        super().__init__(experiment, store)
        self.question, self.no_records = question, self.records(0)
        # Of each metric its value, and the numbers of two kinds of events.
        self.kept = np.zeros((0, len(question.metrics), 3))

    def _allocate(self, number: int) -> None:
        self.kept = np.resize(self.kept, (number, *self.kept.shape[1:]))

    def _take(self, first: int, tallies: Tallies) -> None:
        prepared, days = self.experiment.prepared, self.question.follow_up_days
        values, events = values_and_events(tallies, prepared, days, "holds", self.no_records, ())
        for k, metric in enumerate(self.question.metrics):
            told = np.column_stack([values[metric], events[metric]])
            self.kept[first : first + len(told), k] = told


class Samples:
    """Samples of alternatives under common random numbers: replications, or means of draws of a fit.

    Parameters
    ----------
    sources : mapping of str to Scenario or draws
        By name.
    n : int
        The largest number of replications.
    question : Question
    options : CheckedOptions
    """

    def __init__(
        self, sources: Mapping[str, Source], n: int, question: Question, options: CheckedOptions
    ) -> None:
        self.question = question
        own = options.processes_of([""])[""]
        self.experiments = {
            name: prepare_experiment(one, question.seed, options, own, n) for name, one in sources.items()
        }
        stores = open_stores(self.experiments, options)
        self.replications = [
            MetricReplications(one, stores.get(name), question) for name, one in self.experiments.items()
        ]
        self.per_sample = PER_DRAW if any(one.draws for one in self.experiments.values()) else 1

    def simulate(self, pool: Executor, chosen: Collection[int] | Ints, number: int, bar: Bar) -> None:
        """Make a number of samples of some alternatives, as far as they are missing."""
        simulate_missing(pool, [self.replications[i] for i in chosen], number * self.per_sample, bar)

    def between(self, first: int, last: int) -> tuple[Floats, Floats]:
        """Return samples ``first`` .. ``last - 1`` and the events up to each.

        Arrays of shape (samples, alternatives, metrics). NaN, and no events, where there is no such sample.
        """
        each = self.per_sample
        values = np.full((last - first, len(self.replications), len(self.question.metrics)), np.nan)
        events = np.zeros(values.shape)
        for k, one in enumerate(self.replications):
            if one.done >= last * each:
                samples = one.kept[: last * each].reshape(last, each, -1, 3)
                values[:, k] = samples[first:, ..., 0].mean(axis=1)
                events[:, k] = samples[..., 1:].sum(axis=1).cumsum(axis=0).min(axis=-1)[first:]
        return values, events
