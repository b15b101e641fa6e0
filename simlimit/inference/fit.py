"""`fit`: from a release log to the scenarios that could have made it."""

import datetime
from collections.abc import Mapping
from concurrent.futures import Executor
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

import simlimit
from simlimit.arguments import Floats, check_confidence, check_number, check_whole
from simlimit.errors import SimlimitError, warn
from simlimit.inference.bank import Bank, Task, make_bank
from simlimit.inference.calibration import coverage_table
from simlimit.inference.checking import Residuals, check_table, compared, residuals
from simlimit.inference.observation import COLUMNS, Repayments, Window, observe_log, repayments_in
from simlimit.inference.parameters import Free, read_free
from simlimit.inference.regression import Guesses, Posterior, as_targets, guess, posterior, ridge
from simlimit.inference.statistics import GATE_AND_WEEKDAY, WEEKDAY, Layout, statistics
from simlimit.model.preparation import prepare
from simlimit.run.options import LARGEST_SEED, check_scenario
from simlimit.scenario import Scenario, units_of
from simlimit.scenario.scaling import REVIEWERS, in_proportion, source_when_scaled
from simlimit.study.draws import Draws
from simlimit.study.options import CheckedOptions, Folder
from simlimit.tables import layout, results
from simlimit.templates import filled

# Shares of the prior variance: from the first on a parameter is determined, below the second it is not.
DETERMINED, UNDETERMINED = 0.8, 0.3
DRAWS = 1000
DAYS_A_MONTH = 365 / 12
MOST_MONTHS = 120
# Where twice the time multiplies what is known by less than 2 to this power, no length would do.
TOO_SLOW = 0.1
# By so much the number of those who repay may differ before the scenario is scaled.
BY_CHANCE = 0.05
# By so much the number of repayments may differ before it is said that the log is of others.
BY_FAR = 2
# The number of the history that tells how many borrowers repay: none of the bank's.
_PILOT = LARGEST_SEED


class Fit(layout.TabularResult["simlimit.plots.accessors.FitPlots"]):
    """What a release log says about a scenario, made by `simlimit.fit`.

    A study takes it instead of a scenario. So parameter uncertainty is in its intervals.

    Attributes
    ----------
    parameters : tuple of str
        What was free, by name.
    read : str
        A sentence on what was compared.

    Examples
    --------
    >>> import simlimit as sl
    >>> truth = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 200}
    ... )
    >>> log = sl.simulate(truth.replace({"evaluation.period_days": 20}), seed=5).holds
    >>> fit = sl.fit(log, truth, {"evaluation.period_days": (7, 60)}, n=200)
    >>> fit.table()["verdict"].to_list()
    ['determined']
    """

    def __init__(self, seen: Repayments, task: Task, bank: Bank, read: str, source: str) -> None:
        self.parameters, self.read = tuple(one.name for one in task.parameters), read
        self._task, self._bank, self._source = task, bank, source
        self._choices = [one.choices for one in task.parameters]
        self._names, self._truths = task.layout.names(), ndtri(bank.quantiles)
        self._real = statistics(seen, task.layout, of_none=np.nan)
        self._is_compared: npt.NDArray[np.bool_] = ~np.isnan(self._real)

    def __repr__(self) -> str:
        return f"Fit({self.read} {len(self._truths):,} simulated logs, seed {self._task.seed})"

    def _tables(self) -> list[layout.Table]:
        units = units_of(self.scenario.walk())
        units |= {one.name: "times" for one in self._task.parameters if one.times}
        return results.fit_tables(self.table(), units, self.pairs(), self.check())

    @property
    def scenario(self) -> Scenario:
        """The estimate: the scenario with the estimate of each parameter, of the size of the log."""
        return self._task.at(self._posterior.estimate(), self._source)

    def scenarios(self, n: int = 100) -> list[Scenario]:
        """Return scenarios that could have made the log: draws from the posterior distribution.

        Parameters
        ----------
        n : int
            How many, 1 .. 1,000,000.

        Returns
        -------
        list of Scenario
            Each of the size of the log, and as likely as any other.
        """
        n = check_whole("n", n, 1_000_000, least=1)
        return [self._task.at(quantiles, self._source) for quantiles in self._posterior.sample(n)]

    def replace(self, changes: Mapping[str, object]) -> Draws:
        """Return the fit with some fields changed, for `compare`: draw k is still draw k.

        Parameters
        ----------
        changes : mapping
            As for `Scenario.replace`. A value may be a function of the draw.

        Returns
        -------
        Draws
            What studies take as they take a fit.

        Examples
        --------
        >>> import simlimit as sl
        >>> truth = sl.preset("clockwork").replace({"population.borrowers": 50, "horizon_days": 200})
        >>> fit = sl.fit(sl.simulate(truth, 5).holds, truth, {"screening.false_flag": (0.0, 0.1)}, n=100)
        >>> half = fit.replace({"screening.false_flag": lambda draw: draw.screening.false_flag / 2})
        >>> half.scenario.screening.false_flag == fit.scenario.screening.false_flag / 2
        True
        """
        return Draws(self.scenario, self.scenarios).replace(changes)

    def table(self, confidence: float = 0.9) -> pd.DataFrame:
        """Return the parameters: estimates, intervals, and whether the log determines them.

        Parameters
        ----------
        confidence : float
            Of the intervals.

        Returns
        -------
        pandas.DataFrame
            Index `parameter`. Columns `estimate` (the median), `low` and `high`; `prior_low` and
            `prior_high` are the same interval before the log was seen. Choices that are no numbers have no
            interval: there the estimate is the most likely choice, and `probability` is how likely it is.
            `share_removed` is the share of the prior variance, on the scale of prior quantiles, that the log
            removed. `usually_removed` is what logs of these columns and this length remove on average, as in
            `advice`. `verdict`: determined from 0.8 on, not determined below 0.3, weakly determined between.
            It is that of this log. Where logs usually say less, it is in the middle of both, rounded down: a
            posterior distribution may be narrow by chance.
        """
        tail = (1 - check_confidence(confidence)) / 2
        low, high = self._posterior.quantiles(np.array([tail, 1 - tail])).T
        before, after = np.full_like(low, tail), np.full_like(low, 1 - tail)
        names = ["estimate", "low", "high", "prior_low", "prior_high"]
        ends = np.array([self._posterior.estimate(), low, high, before, after])
        table = self._values(ends).T.set_axis(names, axis=1).rename_axis("parameter").astype(object)
        table.loc[np.array(self._choices) > 0, names[1:]] = np.nan
        likely = {self.parameters[k]: shares.max() for k, shares in self._posterior.chances().items()}
        table = table.infer_objects().assign(probability=pd.Series(likely, table.index, np.float64))
        removed, usually = (self._posterior.share_removed() / self._most).clip(0, 1), self._usually_removed
        words = verdicts(removed, usually)
        return table.assign(share_removed=removed, usually_removed=usually, verdict=words)

    @cached_property
    def draws(self) -> pd.DataFrame:
        """1,000 draws of equal weight from the posterior distribution: a column per parameter."""
        return self._values(self._posterior.sample(DRAWS))

    @cached_property
    def prior(self) -> pd.DataFrame:
        """The parameters of the simulated logs, a row each: draws from the prior distribution."""
        return self._values(self._bank.quantiles)

    def pairs(self, at_least: float = 0.5) -> pd.DataFrame:
        """Return the pairs of parameters that the log cannot tell apart.

        Parameters
        ----------
        at_least : float
            The least correlation, positive or negative, of the posterior distribution that is listed.

        Returns
        -------
        pandas.DataFrame
            Columns `parameter`, `other` and `correlation`, the closest pair first.
        """
        check_number("at_least", at_least, 0.0, 1.0)
        # Above the diagonal, each pair once. Three choices on no scale correlate with nothing.
        matrix = np.triu(np.atleast_2d(np.corrcoef(ndtri(self._posterior.sample(DRAWS)).T)), 1)
        has_scale = np.array(self._choices) <= 2
        matrix *= np.outer(has_scale, has_scale)
        first, second = np.nonzero((np.abs(matrix) >= at_least) & (matrix != 0))
        names = pd.Index(self.parameters)
        pairs = {"parameter": names[first], "other": names[second], "correlation": matrix[first, second]}
        return pd.DataFrame(pairs).sort_values("correlation", key=abs, ascending=False, ignore_index=True)

    def statistics(self) -> pd.DataFrame:
        """Return what was compared, and what the fitted model expects.

        Returns
        -------
        pandas.DataFrame
            A row per statistic: `family`, `statistic`, `age_days` (NaN if of no age); the share `in_log`, the
            `expected` one, and from `low` to `high` where 95 % of the logs lie that the model makes.
        """
        return compared(self._names[self._is_compared], self._real[self._is_compared], self._residuals)

    def check(self) -> pd.DataFrame:
        """Return whether the model can make this log at all, whatever its free parameters are.

        Returns
        -------
        pandas.DataFrame
            Index `family`: a row per family of statistics, the most suspicious first, with its most
            suspicious statistic and the columns of `statistics`. `p_value` is the share of logs made by the
            model in which a statistic of the family is as far off; `corrected_p` the share in which one of
            any family is. A family `breaks` where that is below 0.05. The model can make the log if none
            does. That rate holds on average over the prior distribution. It is higher at a single value where
            the model is unlike all around it, such as evaluations as far apart as everybody's payments.
        """
        return check_table(self.statistics(), self._residuals)

    def ranks(self, n: int = 400) -> pd.DataFrame:
        """Return where the truth lies in the posterior distribution of simulated logs: from 0 to 1.

        Parameters
        ----------
        n : int
            How many of the simulated logs are fitted as if they were real.

        Returns
        -------
        pandas.DataFrame
            A row per log, a column per parameter. The ranks are uniform if intervals cover what they say.
        """
        n = min(check_whole("n", n, 1_000_000, least=1), len(self._truths))
        bank = self._guesses.bank
        truths, choices = self._truths, self._choices
        rows = [posterior(bank[k], bank, truths, choices, k).rank(truths[k]) for k in range(n)]
        return pd.DataFrame(rows, columns=pd.Index(self.parameters))

    def coverage(self, n: int = 400) -> pd.DataFrame:
        """Return how often intervals cover the truth, over simulated logs.

        Parameters
        ----------
        n : int
            As in `ranks`.

        Returns
        -------
        pandas.DataFrame
            Index `parameter` and `confidence`: 0.5, 0.8, 0.9 and 0.95. Columns `coverage`, its
            `standard_error`, `logs`, and `rank_p_value`: of the hypothesis that ranks are uniform, by a
            chi-squared test in 20 bins. A whole number or a choice counts with a random place in its step.
        """
        return coverage_table(self.ranks(n))

    def advice(self) -> pd.DataFrame:
        """Return what would determine the parameters better, measured on the simulated logs.

        Returns
        -------
        pandas.DataFrame
            Index `parameter`. `share_removed`: what a linear regression removes of the prior variance by logs
            of these columns and this length, on average. ``with_gate`` and the like: what it removes with
            this column, too. `more_months`: how much longer the log would have to be until 0.8 is removed,
            as far as half a log is worse than the whole. What is known is taken to grow in proportion to time
            at most. It is 0 for a log that is long enough, and NaN if ten years would not do.
        """
        now, half = self._usually_removed, self._removed(self._is_compared, self._bank.half)
        table = pd.DataFrame({"share_removed": now}, pd.Index(self.parameters, name="parameter"))
        family = self._names["family"].to_numpy()
        for column in COLUMNS:
            own = np.isin(family, [column, GATE_AND_WEEKDAY] if column == "gate" else [column])
            if own.any() and not self._is_compared[own].any():
                with_it = self._removed(self._is_compared | own, self._bank.statistics)
                table[f"with_{column}"] = np.maximum(now, with_it)
        # What is known of a parameter, in units of its prior, grows by a power of the time.
        wanted, known, known_by_half = (x / (1 - x) for x in (DETERMINED, now, half))
        power = np.log2(known / known_by_half)
        times = (wanted / known) ** (1 / np.clip(power, TOO_SLOW, 1))  # a larger power is by chance
        months = np.maximum(0, times - 1) * self._task.layout.days / DAYS_A_MONTH
        is_in_vain = (months > 0) & (power < TOO_SLOW) | (months > MOST_MONTHS)
        return table.assign(more_months=np.where(is_in_vain, np.nan, months))

    def _values(self, quantiles: Floats) -> pd.DataFrame:
        columns = zip(self._task.parameters, quantiles.T.tolist(), strict=True)
        return pd.DataFrame({one.name: [one.value(at) for at in column] for one, column in columns})

    def _removed(self, columns: npt.NDArray[np.bool_], values: Floats) -> Floats:
        """Return the share of the variance of prior quantiles that a regression on statistics explains."""
        truths, whose = as_targets(self._bank.quantiles, self._bank.quantiles, self._choices)
        left = np.bincount(whose, ((guess(values[:, columns], truths).bank - truths) ** 2).mean(axis=0))
        removed = (1 - left / np.bincount(whose, truths.var(axis=0))) / self._most
        return np.asarray(np.clip(removed, 1e-3, 1 - 1e-6), np.float64)

    @property
    def _most(self) -> Floats:
        """What can be removed: a parameter of few values is known with them, not where in a step it is."""
        return 1 - np.array([one.steps for one in self._task.parameters], np.float64) ** -2.0

    @cached_property
    def _usually_removed(self) -> Floats:
        return self._removed(self._is_compared, self._bank.statistics)

    @cached_property
    def _guesses(self) -> Guesses:
        known, wanted = self._is_compared, as_targets(self._truths, self._bank.quantiles, self._choices)[0]
        return guess(self._bank.statistics[:, known], wanted, self._real[known])

    @cached_property
    def _posterior(self) -> Posterior:
        return posterior(self._guesses.real, self._guesses.bank, self._truths, self._choices)

    @cached_property
    def _residuals(self) -> Residuals:
        known = self._is_compared
        return residuals(self._bank.statistics[:, known], self._real[known], self._guesses)


def verdicts(removed: Floats, usually: Floats) -> npt.NDArray[np.str_]:
    """Return in words whether a log determines parameters, by the shares that it and such logs remove."""
    own, usual = (np.digitize(share, (UNDETERMINED, DETERMINED)) for share in (removed, usually))
    words = np.array(["not determined", "weakly determined", "determined"])
    return np.asarray(words[np.minimum(own, (own + usual) // 2)], np.str_)


def fit(
    log: pd.DataFrame,
    scenario: Scenario,
    free: Free,
    n: int = 2000,
    seed: int = 1,
    *,
    workers: int | None = None,
    executor: Executor | None = None,
    store: Folder | None = None,
    progress: bool = True,
) -> Fit:
    """Fit a scenario to a release log, with honest uncertainty.

    Logs are simulated at parameters drawn from their prior distributions, and observed as the real one was:
    the same window, the same day of extraction, the same columns, as many borrowers with a repayment. A
    regression over them turns what is compared into a posterior distribution. The same simulated logs tell
    how often its intervals cover the truth, and whether the model can make the log at all. It needs
    scikit-learn: ``pip install 'simlimit[fit]'``.

    Parameters
    ----------
    log : DataFrame
        As `read_release_log` returns it, or a part of it; `Run.holds` will do, of which what is after the
        warm-up is compared. The columns `gate`, `region`, `late` and `amount` are compared where they are,
        and weekdays where there are dates. A region or gate that the scenario does not have leaves its column
        out, and `Fit.read` says so. `read_release_log` takes what words for gates mean.
    scenario : Scenario
        What is known of the platform. Its desk and pool are scaled to the number of borrowers of the log.
        Dates in it stay what they are. Days that are numbers count from the begin of the run, which is the
        warm-up before the window.
    free : mapping
        What is not known, by dotted field. A tuple has two bounds, ``(7, 60)``: whole numbers if the field is
        one. A list has choices, equally likely: numbers, or what else the field may be. A frozen distribution
        of `scipy.stats` will do, too. A name of your own may stand for a factor on several fields, of which
        whole numbers are rounded:
        ``{"inflows": {"fields": [..], "factor": (0.7, 1.3)}}``.
    n : int
        How many logs are simulated, 100 .. 1,000,000.
    seed : int
        0 .. 2**32 - 1. The same seed gives the same fit, however it is spread.
    workers, executor, store, progress
        As in `replicate`.

    Returns
    -------
    Fit

    Raises
    ------
    SimlimitError
        If an argument is not as above, scikit-learn is not installed, or the store is of another fit.
    ScenarioError
        If a value that is free is not allowed.
    StudyInterrupted
        A KeyboardInterrupt; the logs that are done are in the store, if there is one.

    Examples
    --------
    >>> import simlimit as sl
    >>> truth = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50, "horizon_days": 200}
    ... )
    >>> log = sl.simulate(truth.replace({"evaluation.period_days": 20}), seed=5).holds
    >>> fit = sl.fit(log, truth, {"evaluation.period_days": (7, 60)}, n=200)
    >>> 18 <= fit.scenario.evaluation.period_days <= 22
    True
    """
    check_scenario(scenario)
    n, seed = check_whole("n", n, 1_000_000, least=100), check_whole("seed", seed, LARGEST_SEED)
    options = CheckedOptions(workers=workers, executor=executor, store=store, keep="holds", progress=progress)
    ridge()  # before anything is simulated
    regions = prepare(scenario, 0, False, False).regions.names  # also those of a portfolio
    seen, window, notes = observe_log(log, regions)
    platform = window.platform(scenario)
    first_weekday = None if window.begin_on is None else window.begin_on.weekday()
    task = Task(platform, read_free(free, platform), Layout(window.days, first_weekday, regions), seed)
    repayments = round(seen.weight.sum())
    platform = _scaled(task, window, repayments)
    task = task._replace(platform=platform, parameters=read_free(free, platform))
    columns = [one for one in task.layout.groups if one in {WEEKDAY, *seen.groups}]
    told = ", ".join(["age", *columns]).replace(WEEKDAY, "weekday")
    before, after = scenario.population.borrowers, platform.population.borrowers
    sizes = {"r": repayments, "d": window.days, "n": window.number, "b": after}
    size = filled("{n:,} " + window.counted + "{n:s}, simulated with {b:,} borrower{b:s}", **sizes)
    desk, rounded = scenario.review.reviewers * after / before, platform.review.reviewers
    if REVIEWERS not in free and abs(rounded - desk) > BY_CHANCE * desk:
        size += f", whose desk of {desk:.2g} reviewers was rounded to {rounded}"
    rows = filled("{r:,} repayment{r:s} in {d:,} day{d:s}, compared by " + told, **sizes)
    last = platform.start_date + datetime.timedelta(platform.horizon_days - 1)
    source = f"fitted: {len(seen.repaid):,} rows, digest {window.digest[:12]}, {last}"
    return Fit(seen, task, make_bank(task, n, options), f"{'; '.join([rows, size, *notes])}.", source)


def _scaled(task: Task, window: Window, repayments: int) -> Scenario:
    """Return the platform with as many borrowers as have as many repayments as the log, about.

    A portfolio is as large as it is, and a log may be a sample: then simulated logs vary less than it does.
    """
    platform = task.platform
    middle = task.at(np.full(len(task.parameters), 0.5))
    state = task.history(middle, _PILOT)
    owners = repayments_in(state, middle)["owner"]
    number = len(np.unique(owners)) if window.counted == "borrower" else len(owners)
    if number == 0:
        raise SimlimitError(f"{platform!r} has no repayment in {window.days} days, but must have some.")
    times, before = window.number / number, platform.population.borrowers
    if abs(times - 1) <= BY_CHANCE or platform.population.portfolio is not None:
        times = 1.0
    simulated = times * len(owners)
    if not 1 / BY_FAR <= repayments / simulated <= BY_FAR:
        found = filled("log has {n:,} repayment{n:s}, but a simulated log has about ", n=repayments)
        warn(f"{found}{simulated:,.0f}, so do not trust intervals: pass all repayments of all borrowers.")
    if times == 1:
        return platform
    after = max(1, round(before * times))
    scaled = in_proportion(platform.review, platform.funding, before, after)
    # Rounded up, as elsewhere, a desk of one that is asked for 1 % more would be a desk of two.
    scaled |= {"population.borrowers": after, REVIEWERS: max(1, round(platform.review.reviewers * times))}
    sources = {name: source_when_scaled(platform.source(name), before, after) for name in scaled}
    return platform.replace(scaled | {"provenance": {**platform.provenance, **sources}})
