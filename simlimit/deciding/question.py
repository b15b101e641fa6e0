"""What is asked of alternatives: objectives to minimise, bounds to keep, and by how much each is missed."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeAlias

import numpy as np

from simlimit.arguments import Floats, Truths, as_choices, check_number, check_type, is_number, refused
from simlimit.deciding.constraints import MOST, Bound, at_most
from simlimit.study.metrics import BESIDE_LOSSES, LEAST_EVENTS, METRICS

COST = "cost"
Asked: TypeAlias = tuple[tuple[str, ...], dict[str, Bound]]
Indifference: TypeAlias = float | Mapping[str, float] | None
# Of a default indifference, and of what is lost of limits where that is one of several objectives.
SMALL = 0.01


class Question(NamedTuple):
    """What is asked.

    Attributes
    ----------
    objectives : tuple of str
        Metrics or ``"cost"``; after a minus what is to be large.
    bounds : dict of Bound
        By metric.
    confidence : float
    seed, follow_up_days : int
    """

    objectives: tuple[str, ...]
    bounds: dict[str, Bound]
    confidence: float
    seed: int
    follow_up_days: int

    @property
    def names(self) -> list[str]:
        """What the objectives measure: metrics or ``"cost"``."""
        return [objective.removeprefix("-") for objective in self.objectives]

    @property
    def signs(self) -> list[int]:
        """Of each objective 1, or -1 if it is to be large."""
        return [-1 if objective.startswith("-") else 1 for objective in self.objectives]

    @property
    def metrics(self) -> list[str]:
        """The metrics that are measured."""
        return [metric for metric in dict.fromkeys([*self.names, *self.bounds]) if metric != COST]

    @property
    def is_guarded(self) -> bool:
        """Whether it asks what is lost of limits, which taking credit away makes worse."""
        bound = self.bounds.get(BESIDE_LOSSES)
        return BESIDE_LOSSES in self.objectives or (bound is not None and bound.is_upper)

    def answers(self, values: Floats, events: Floats, costs: Floats, today: int) -> tuple[Floats, Truths]:
        """Return objectives and by how much bounds are exceeded, and whether enough events say so.

        Parameters
        ----------
        values, events : array of float, shape (samples, alternatives, metrics)
            As from `Samples.between`.
        costs : array of float, shape (alternatives,)
        today : int
            Which of the alternatives is today's.
        """
        where = {metric: k for k, metric in enumerate([*self.metrics, COST])}
        values = np.concatenate([values, np.broadcast_to(costs[:, None], (*values.shape[:2], 1))], axis=-1)
        enough = np.pad(events >= LEAST_EVENTS, ((0, 0), (0, 0), (0, 1)), constant_values=True)
        asked = [where[name] for name in self.names]
        objectives = values[..., asked] * self.signs
        bound, given = [where[metric] for metric in self.bounds], [*self.bounds.values()]
        relative = np.array([one.relative for one in given], np.bool_)
        limits = np.where(relative, values[:, [today]][..., bound], 1.0) * [one.limit for one in given]
        excess = (values[..., bound] - limits) * [1 if one.is_upper else -1 for one in given]
        seen = enough[..., bound] | enough[:, [today]][..., bound] & relative
        answers = np.concatenate([objectives, excess], axis=-1)
        return answers, np.concatenate([enough[..., asked], seen], axis=-1)


def read_asked(minimise: str | Iterable[str], subject_to: Mapping[str, Bound]) -> Asked:
    """Return the objectives and the bounds that arguments of `optimise` ask, or refuse them."""
    if not isinstance(subject_to, Mapping):
        raise refused("subject_to", subject_to, "a mapping of metrics to bounds, such as at_most(300)")
    signed = (*METRICS, COST, *(f"-{metric}" for metric in METRICS))
    objectives = tuple(dict.fromkeys(as_choices("minimise", minimise, signed, "help(simlimit.optimise)")))
    bounds = dict(subject_to)
    if bounds:
        as_choices("subject_to", [*bounds], METRICS, "study.metrics()")
    for metric, bound in bounds.items():
        check_type(f"subject_to of {metric}", bound, Bound)
    if BESIDE_LOSSES in objectives[1:] and BESIDE_LOSSES not in bounds:
        bounds[BESIDE_LOSSES] = at_most(1 + SMALL, relative=True)
    if not bounds and objectives == (COST,):
        raise refused("minimise", minimise, "a metric, or several with it, unless subject_to has one")
    return objectives, bounds


def read_indifference(given: Indifference, objectives: tuple[str, ...], today: Floats) -> Floats:
    """Return the smallest difference that matters of each objective; if not given, 1 % of today's mean.

    Parameters
    ----------
    given : number, mapping or None
        A number is of the first objective.
    objectives : tuple of str
    today : array of float, shape (objectives,)
        The means of the first samples.
    """
    told = {objectives[0]: given} if is_number(given) else {} if given is None else given
    if not isinstance(told, Mapping):
        raise refused("indifference", given, "a number, or a mapping of objectives to numbers")
    if told:
        as_choices("indifference", [*told], objectives)
    for objective, least in told.items():
        check_number(f"indifference of {objective}", least, 0, MOST)
    default = dict(zip(objectives, SMALL * np.abs(today), strict=True))
    return np.array([told.get(objective, default[objective]) for objective in objectives], np.float64)
