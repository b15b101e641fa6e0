"""Pictures as methods: ``study.plot.delay()`` is ``plots.delay(study)``."""

from collections.abc import Sequence

from matplotlib.axes import Axes

from simlimit import plots
from simlimit.plots import cumulative
from simlimit.plots.labels import Language
from simlimit.plots.tables import Weight
from simlimit.run.run import Run
from simlimit.study.attribution import Attribution
from simlimit.study.comparison import Comparison
from simlimit.study.ranking import LeverRanking
from simlimit.study.study import Study
from simlimit.study.sweeping import Sweep


class RunPlots:
    """Pictures of a run: ``run.plot``.

    Each method is the function of its name in `simlimit.plots`, which says more.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    def delay(
        self,
        follow_up_days: int | None = None,
        *,
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw how much of what was repaid has come back by each day, with the jump on the day itself.

        Parameters
        ----------
        follow_up_days : int, optional
            How many days to show, from 1 to `horizon_days` - `warmup_days`; those of the run or study if not
            given.
        weight : "holds" or "amount"
            Whether holds count each as one, or by their amount.
        confidence : float
            Of the band of a study at each day by itself.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.delay(
            self._run, follow_up_days, weight=weight, confidence=confidence, ax=ax, language=language
        )

    def standing(
        self, *, weight: Weight = "amount", ax: Axes | None = None, language: Language = "en"
    ) -> Axes:
        """Draw where what was repaid stands by age, for as long as it is not released.

        Parameters
        ----------
        weight : "amount" or "holds"
            Where a repaid yuan stands, or where a hold does.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.standing(self._run, weight=weight, ax=ax, language=language)

    def incidence(
        self,
        *,
        days: Sequence[float] = cumulative.DAYS,
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw the share that has ended in each way by each day, with bands and the numbers at risk.

        Parameters
        ----------
        days : sequence of numbers
            0 or more, ascending: the columns of the table below, and the last is the end of the axis.
        weight : "holds" or "amount"
            Of a run or study: whether holds count each as one, or by their amount. A table has its own.
        confidence : float
            Of the bands of a study or log at each day by itself. A curve has its own.
        ax : matplotlib Axes, optional
            Where to draw, with room for the table below; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.incidence(
            self._run, days=days, weight=weight, confidence=confidence, ax=ax, language=language
        )

    def causes(
        self,
        *,
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw the days charged to each cause, a bar each.

        Parameters
        ----------
        weight : "holds" or "amount"
            Of a study: whether holds count each as one, or by their amount.
        confidence : float
            Of each interval of a study by itself.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.causes(self._run, weight=weight, confidence=confidence, ax=ax, language=language)

    def platform(
        self, *, series: Sequence[str] | None = None, ax: Axes | None = None, language: Language = "en"
    ) -> Axes:
        """Draw the platform over time, a panel for each series, with the days of freezes shaded.

        Parameters
        ----------
        series : sequence of str, optional
            Columns of `run.daily`: any of held, review_queue, funding_queue, headroom, pending_holds,
            outstanding, available, repaid, released, forfeited, drawn. If not given the first four, without
            those that are unknown (headroom of an unlimited pool) or always 0.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.platform(self._run, series=series, ax=ax, language=language)

    def borrower(
        self,
        borrower: int,
        *,
        days: tuple[int, int] | None = None,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw one borrower's line over time: what is outstanding, held at each gate, and available.

        Parameters
        ----------
        borrower : int
            Its id, from 0.
        days : (int, int), optional
            The first and the last day to show, within the run; the whole run if not given.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.borrower(self._run, borrower, days=days, ax=ax, language=language)


class StudyPlots:
    """Pictures of a study: ``study.plot``.

    Each method is the function of its name in `simlimit.plots`, which says more.
    """

    def __init__(self, study: Study) -> None:
        self._study = study

    def delay(
        self,
        follow_up_days: int | None = None,
        *,
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw how much of what was repaid has come back by each day, with the jump on the day itself.

        Parameters
        ----------
        follow_up_days : int, optional
            How many days to show, from 1 to `horizon_days` - `warmup_days`; those of the run or study if not
            given.
        weight : "holds" or "amount"
            Whether holds count each as one, or by their amount.
        confidence : float
            Of the band of a study at each day by itself.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.delay(
            self._study, follow_up_days, weight=weight, confidence=confidence, ax=ax, language=language
        )

    def standing(
        self, *, weight: Weight = "amount", ax: Axes | None = None, language: Language = "en"
    ) -> Axes:
        """Draw where what was repaid stands by age, for as long as it is not released.

        Parameters
        ----------
        weight : "amount" or "holds"
            Where a repaid yuan stands, or where a hold does.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.standing(self._study, weight=weight, ax=ax, language=language)

    def incidence(
        self,
        *,
        days: Sequence[float] = cumulative.DAYS,
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw the share that has ended in each way by each day, with bands and the numbers at risk.

        Parameters
        ----------
        days : sequence of numbers
            0 or more, ascending: the columns of the table below, and the last is the end of the axis.
        weight : "holds" or "amount"
            Of a run or study: whether holds count each as one, or by their amount. A table has its own.
        confidence : float
            Of the bands of a study or log at each day by itself. A curve has its own.
        ax : matplotlib Axes, optional
            Where to draw, with room for the table below; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.incidence(
            self._study, days=days, weight=weight, confidence=confidence, ax=ax, language=language
        )

    def causes(
        self,
        *,
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw the days charged to each cause, a bar each.

        Parameters
        ----------
        weight : "holds" or "amount"
            Of a study: whether holds count each as one, or by their amount.
        confidence : float
            Of each interval of a study by itself.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.causes(self._study, weight=weight, confidence=confidence, ax=ax, language=language)

    def platform(
        self, *, series: Sequence[str] | None = None, ax: Axes | None = None, language: Language = "en"
    ) -> Axes:
        """Draw the platform over time, a panel for each series, with the days of freezes shaded.

        Parameters
        ----------
        series : sequence of str, optional
            Columns of `run.daily`: any of held, review_queue, funding_queue, headroom, pending_holds,
            outstanding, available, repaid, released, forfeited, drawn. If not given the first four, without
            those that are unknown (headroom of an unlimited pool) or always 0.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.platform(self._study, series=series, ax=ax, language=language)


class ComparisonPlots:
    """Pictures of a comparison: ``comparison.plot``.

    Each method is the function of its name in `simlimit.plots`, which says more.
    """

    def __init__(self, comparison: Comparison) -> None:
        self._comparison = comparison

    def forest(
        self,
        *,
        metrics: Sequence[str] = ("restricted_mean_days",),
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw how every other scenario differs from the first, in some metrics, with intervals.

        Parameters
        ----------
        metrics : sequence of str
            Among those of `Study.summary`, of one unit.
        weight : "holds" or "amount"
            Whether holds count each as one, or by their amount.
        confidence : float
            Of each interval by itself, and of what is real among all rows together.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.forest(
            self._comparison, metrics=metrics, weight=weight, confidence=confidence, ax=ax, language=language
        )

    def platform(
        self, *, series: Sequence[str] | None = None, ax: Axes | None = None, language: Language = "en"
    ) -> Axes:
        """Draw the platform over time, a panel for each series, with the days of freezes shaded.

        Parameters
        ----------
        series : sequence of str, optional
            Columns of `run.daily`: any of held, review_queue, funding_queue, headroom, pending_holds,
            outstanding, available, repaid, released, forfeited, drawn. If not given the first four, without
            those that are unknown (headroom of an unlimited pool) or always 0.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.platform(self._comparison, series=series, ax=ax, language=language)


class SweepPlots:
    """Pictures of a sweep: ``sweep.plot``.

    Each method is the function of its name in `simlimit.plots`, `sweep` being `lines`, which says more.
    """

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep

    def lines(
        self,
        *,
        metric: str = "restricted_mean_days",
        weight: Weight = "holds",
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw a metric over the values of the first field of a sweep, a line for each value of the second.

        Parameters
        ----------
        metric : str
            Among those of `Study.summary`.
        weight : "holds" or "amount"
            Whether holds count each as one, or by their amount.
        confidence : float
            Of the interval at each point by itself.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.sweep(
            self._sweep, metric=metric, weight=weight, confidence=confidence, ax=ax, language=language
        )


class LeverRankingPlots:
    """Pictures of a ranking of levers: ``ranking.plot``.

    Each method is the function of its name in `simlimit.plots`, which says more.
    """

    def __init__(self, ranking: LeverRanking) -> None:
        self._ranking = ranking

    def tornado(
        self,
        *,
        metric: str = "restricted_mean_days",
        per_cost: bool = False,
        confidence: float = 0.95,
        ax: Axes | None = None,
        language: Language = "en",
    ) -> Axes:
        """Draw what each lever changes, alone and as the last of all, from the one that helps most.

        Parameters
        ----------
        metric : str
            One by which levers are ranked: restricted_mean_days, no_limit_share, limit_days_lost,
            default_losses or gap_days. Less of it is better.
        per_cost : bool
            Whether to show effects over what the levers cost; those that cost nothing are left out.
        confidence : float
            Of each interval by itself, and of what is real among all effects of the ranking.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.tornado(
            self._ranking, metric=metric, per_cost=per_cost, confidence=confidence, ax=ax, language=language
        )


class AttributionPlots:
    """Pictures of an attribution: ``attribution.plot``.

    Each method is the function of its name in `simlimit.plots`, `attribution` being `bars`, which says more.
    """

    def __init__(self, attribution: Attribution) -> None:
        self._attribution = attribution

    def bars(self, *, confidence: float = 0.95, ax: Axes | None = None, language: Language = "en") -> Axes:
        """Draw what each gate explains (Shapley values), beside the days charged to it.

        Parameters
        ----------
        confidence : float
            Of each interval by itself.
        ax : matplotlib Axes, optional
            Where to draw; a new figure if not given.
        language : "en" or "zh"
            Of the labels; English where no font with Chinese characters is installed.

        Returns
        -------
        matplotlib Axes
        """
        return plots.attribution(self._attribution, confidence=confidence, ax=ax, language=language)
