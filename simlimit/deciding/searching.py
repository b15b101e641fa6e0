"""A search of many alternatives, or of ranges: it names finalists, and judges none of them.

It uses other replications than the selection among its finalists. On the replications of the search the best
of many look better than they are, since they were chosen for it.

Akiba, T., Sano, S., Yanase, T., Ohta, T. and Koyama, M. (2019). Optuna: a next-generation hyperparameter
optimization framework. Proceedings of the 25th ACM SIGKDD Conference, 2623-2631.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np

from simlimit.arguments import Floats
from simlimit.deciding.alternatives import Choices, Option, Range
from simlimit.errors import SimlimitError

FINALISTS = 10
# So many alternatives are asked for at most, for each that is new and within the budget.
ASKED = 10
Chosen: TypeAlias = dict[str, Option]


def search(
    choices: Choices,
    read: Callable[[str, Any], Option],
    evaluate: Callable[[Chosen], tuple[Floats, Floats]],
    objectives: int,
    trials: int,
    seed: int,
) -> list[Chosen]:
    """Return the finalists: those within all bounds that nothing dominates come first.

    Parameters
    ----------
    choices : mapping
        By name, options or the ends of a range.
    read : function
        Makes the option of a name that is a value within its range.
    evaluate : function
        Returns the objectives, infinite if there is no money for it, and by how much bounds are exceeded.
    objectives, trials : int
        How many there are; how many different alternatives are tried.
    seed : int
    """
    try:
        optuna = import_module("optuna")
    except ImportError:
        raise SimlimitError("optimise needs optuna, which pip install 'simlimit[decide]' installs.") from None
    level = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = optuna.samplers.TPESampler(seed=seed)
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
            tried[key] = (chosen, *evaluate(chosen))
        _, values, excess = tried[key]
        for k, over in enumerate(excess):
            trial.set_constraint(str(k), float(over))
        study.tell(trial, values.tolist())
    known = [one for one in tried.values() if np.isfinite(one[1][0])]
    feasible = np.array([values for _, values, excess in known if (excess <= 0).all()]).reshape(
        -1, objectives
    )

    def place(one: tuple[Chosen, Floats, Floats]) -> tuple[float, bool, float]:
        _, values, excess = one
        is_dominated = ((feasible <= values).all(axis=1) & (feasible < values).any(axis=1)).any()
        return float(np.maximum(excess, 0).sum()), bool(is_dominated), float(values[0])

    return [chosen for chosen, *_ in sorted(known, key=place)[:FINALISTS]]


def _suggested(
    trial: Any,  # noqa: ANN401 - optuna may not be there
    name: str,
    among: list[Option] | Range,
    read: Callable[[str, Any], Option],
) -> Option:
    """Return the option that a trial is to take: one of those listed, or a number within a range."""
    if isinstance(among, list):
        return among[int(trial.suggest_int(name, 0, len(among) - 1))]
    low, high = among
    is_whole = isinstance(low, int) and isinstance(high, int)
    return read(name, (trial.suggest_int if is_whole else trial.suggest_float)(name, low, high))
