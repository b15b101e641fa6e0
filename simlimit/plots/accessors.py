"""Pictures as methods: ``study.plot.delay()`` is ``plots.delay(study)``."""

from collections.abc import Callable
from types import MethodType
from typing import Concatenate, Generic, ParamSpec, TypeVar, overload

from matplotlib.axes import Axes

from simlimit.plots.borrower_timeline import borrower
from simlimit.plots.by_age import delay, standing
from simlimit.plots.causes_bars import causes
from simlimit.plots.effect_bars import attribution, tornado
from simlimit.plots.forest_plot import forest
from simlimit.plots.incidence_curves import incidence
from simlimit.plots.platform_timeline import platform
from simlimit.plots.sweep_lines import sweep
from simlimit.run.run import Run
from simlimit.study.attribution import Attribution
from simlimit.study.comparison import Comparison
from simlimit.study.ranking import LeverRanking
from simlimit.study.recovery import Recovery
from simlimit.study.study import Study
from simlimit.study.sweeping import Sweep

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

    delay = Picture(delay)
    standing = Picture(standing)
    incidence = Picture(incidence)
    causes = Picture(causes)
    platform = Picture(platform)


class RunPlots(HistoryPlots[Run]):
    """Pictures of a run: ``run.plot``."""

    borrower = Picture(borrower)


class StudyPlots(HistoryPlots[Study]):
    """Pictures of a study: ``study.plot``."""


class ComparisonPlots(Plots[Comparison]):
    """Pictures of a comparison: ``comparison.plot``."""

    forest = Picture(forest)
    platform = Picture(platform)


class RecoveryPlots(Plots[Recovery]):
    """Pictures of a recovery: ``recovery.plot``."""

    platform = Picture(platform)


class SweepPlots(Plots[Sweep]):
    """Pictures of a sweep: ``sweep.plot``."""

    lines = Picture(sweep)


class LeverRankingPlots(Plots[LeverRanking]):
    """Pictures of a ranking of levers: ``ranking.plot``."""

    tornado = Picture(tornado)


class AttributionPlots(Plots[Attribution]):
    """Pictures of an attribution: ``attribution.plot``."""

    bars = Picture(attribution)
