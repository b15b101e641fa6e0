"""A search of many alternatives, or of ranges: it names finalists, and judges none of them.

It uses other replications than the selection among its finalists. On the replications of the search the best
of many look better than they are, since they were chosen for it.

Akiba, T., Sano, S., Yanase, T., Ohta, T. and Koyama, M. (2019). Optuna: a next-generation hyperparameter
optimization framework. Proceedings of the 25th ACM SIGKDD Conference, 2623-2631.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from simlimit.arguments import Floats
from simlimit.deciding.alternatives import Choices, Option, cost_of, make_alternative
from simlimit.deciding.question import Question
from simlimit.deciding.samples import Samples
from simlimit.extras import from_extra
from simlimit.inference.parameters import Range
from simlimit.run.options import LARGEST_SEED
from simlimit.study.draws import PER_DRAW, Source
from simlimit.study.options import CheckedOptions
from simlimit.study.store import store_below
from simlimit.study.workers import at_work

FINALISTS = 10
# Samples of each alternative that is tried.
TRIED = 10
# So many alternatives are asked for at most, for each that is new and within the budget.
ASKED = 10
Chosen: TypeAlias = dict[str, Option]
Read: TypeAlias = Callable[[str, Any], Option]
Trial: TypeAlias = Any  # of optuna, which may not be there


class Tried:
    """Measures what a search tries on a few samples, which are not those of the selection."""

    def __init__(self, source: Source, question: Question, most: float, options: CheckedOptions) -> None:
        self.source, self.question, self.most = source, question, most
        self.options = replace(store_below(options, "search"), progress=False)
        self.seed = (question.seed + 1) % (LARGEST_SEED + 1)
        self.number = 0
        self.today = self._samples(source)

    def __call__(self, chosen: Chosen) -> tuple[Floats, Floats]:
        """Return the means of the objectives, and by how much the budget and each bound are exceeded."""
        objectives, cost = len(self.question.objectives), cost_of(chosen)
        if cost > self.most:
            above = (cost - self.most) / max(self.most, 1)
            return np.full(objectives, np.inf), np.array([above, *[0.0] * len(self.question.bounds)])
        made = make_alternative(self.source, chosen)
        values, events = np.concatenate([self._samples(made.source), self.today], axis=2)
        means = self.question.answers(values, events, np.array([cost, 0]), today=1)[0][:, 0].mean(axis=0)
        return means[:objectives], np.array([0.0, *means[objectives:]])

    def _samples(self, source: Source) -> tuple[Floats, Floats]:
        options, n = store_below(self.options, f"{self.number}"), TRIED * PER_DRAW
        self.number += 1
        samples = Samples({"": source}, n, self.question._replace(seed=self.seed), options)
        with at_work([*samples.experiments.values()], n, options, "replication") as (pool, bar):
            samples.simulate(pool, [0], TRIED, bar)
        return samples.between(0, TRIED)


def search(choices: Choices, read: Read, measured: Tried, trials: int) -> list[Chosen]:
    """Return the finalists: those within all bounds that nothing dominates come first.

    Parameters
    ----------
    choices : mapping
        By name, options or the ends of a range.
    read : function
        Makes the option of a name that is a value within its range.
    measured : Tried
    trials : int
        How many different alternatives are tried.
    """
    optuna = from_extra("optuna", "optimise needs optuna", "decide")
    objectives = len(measured.question.objectives)
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=measured.question.seed)
    study = optuna.create_study(directions=["minimize"] * objectives, sampler=sampler)
    optuna.logging.set_verbosity(level)
    tried: dict[str, tuple[Chosen, Floats, Floats]] = {}
    for _ in range(ASKED * trials):
        if sum(np.isfinite(values[0]) for _, values, _ in tried.values()) >= trials:
            break
        trial = study.ask()
        chosen = {name: _suggested(trial, name, among, read) for name, among in choices.items()}
        key = repr({name: option.label for name, option in chosen.items()})
        if key not in tried:
            tried[key] = (chosen, *measured(chosen))
        _, values, excess = tried[key]
        for k, over in enumerate(excess):
            trial.set_constraint(str(k), float(over))
        study.tell(trial, values.tolist())
    known = [one for one in tried.values() if np.isfinite(one[1][0])]
    within = [values for _, values, excess in known if (excess <= 0).all()]
    feasible = np.reshape(within, (-1, objectives))

    def place(one: tuple[Chosen, Floats, Floats]) -> tuple[float, bool, float]:
        _, values, excess = one
        is_dominated = ((feasible <= values).all(axis=1) & (feasible < values).any(axis=1)).any()
        return float(np.maximum(excess, 0).sum()), bool(is_dominated), float(values[0])

    return [chosen for chosen, *_ in sorted(known, key=place)[:FINALISTS]]


def _suggested(trial: Trial, name: str, among: list[Option] | Range, read: Read) -> Option:
    """Return the option that a trial is to take: one of those listed, or a number within a range."""
    if isinstance(among, list):
        return among[int(trial.suggest_int(name, 0, len(among) - 1))]
    low, high = among
    suggest = trial.suggest_int if isinstance(low, int) else trial.suggest_float
    return read(name, suggest(name, low, high))
