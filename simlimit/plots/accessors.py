"""Pictures as methods: ``study.plot.delay()`` is ``plots.delay(study)``."""

from collections.abc import Callable
from types import MethodType
from typing import Concatenate, Generic, ParamSpec, TypeVar, overload

from matplotlib.axes import Axes

import simlimit
from simlimit.plots import bars, by_age, decisions, fitted, side_by_side, timelines

P = ParamSpec("P")
Of_contra = TypeVar("Of_contra", contravariant=True)
Subject_co = TypeVar("Subject_co", covariant=True)


class Plots(Generic[Subject_co]):
    """The pictures of one thing, as methods."""

    def __init__(self, of: Subject_co) -> None:
        self._of = of


class Picture(Generic[Of_contra, P]):
    """A function of `simlimit.plots` as a method: its first argument is what the pictures are of."""

    def __init__(self, draw: Callable[Concatenate[Of_contra, P], Axes]) -> None:
        self._draw = draw

    @overload
    def __get__(self, plots: None, owner: type) -> Callable[Concatenate[Of_contra, P], Axes]: ...

    @overload
    def __get__(self, plots: Plots[Of_contra], owner: type) -> Callable[P, Axes]: ...

    def __get__(self, plots: Plots[Of_contra] | None, owner: type) -> Callable[..., Axes]:
        """Return the function bound as a method is: its help and its signature are the function's."""
        return self._draw if plots is None else MethodType(self._draw, plots._of)


class HistoryPlots(Plots[Subject_co]):
    """Pictures of one history or of many."""

    delay = Picture(by_age.delay)
    standing = Picture(by_age.standing)
    incidence = Picture(by_age.incidence)
    causes = Picture(bars.causes)
    platform = Picture(timelines.platform)


class RunPlots(HistoryPlots[simlimit.Run]):
    """Pictures of a run: ``run.plot``."""

    borrower = Picture(timelines.borrower)


class StudyPlots(HistoryPlots[simlimit.Study]):
    """Pictures of a study: ``study.plot``."""


class ComparisonPlots(Plots[simlimit.Comparison]):
    """Pictures of a comparison: ``comparison.plot``."""

    delay = Picture(by_age.delay)
    forest = Picture(side_by_side.forest)
    platform = Picture(timelines.platform)


class RecoveryPlots(Plots[simlimit.Recovery]):
    """Pictures of a recovery: ``recovery.plot``."""

    platform = Picture(timelines.platform)


class SweepPlots(Plots[simlimit.Sweep]):
    """Pictures of a sweep: ``sweep.plot``."""

    lines = Picture(side_by_side.sweep)


class LeverRankingPlots(Plots[simlimit.LeverRanking]):
    """Pictures of a ranking of levers: ``ranking.plot``."""

    tornado = Picture(bars.tornado)


class AttributionPlots(Plots[simlimit.Attribution]):
    """Pictures of an attribution: ``attribution.plot``."""

    bars = Picture(bars.attribution)


class FitPlots(Plots[simlimit.Fit]):
    """Pictures of a fit: ``fit.plot``."""

    check = Picture(fitted.fit_check)
    statistics = Picture(fitted.fit_statistics)
    parameters = Picture(fitted.fit_parameters)
    pairs = Picture(fitted.fit_pairs)
    ranks = Picture(fitted.fit_ranks)


class OptimumPlots(Plots[simlimit.Optimum]):
    """Pictures of a decision: ``optimum.plot``."""

    pareto = Picture(decisions.pareto)
    contenders = Picture(decisions.contenders)
    progress = Picture(decisions.progress)


class SensitivityPlots(Plots[simlimit.Sensitivity]):
    """Pictures of a sensitivity: ``sensitivity.plot``."""

    bars = Picture(bars.sensitivity)
