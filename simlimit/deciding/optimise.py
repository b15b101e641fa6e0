"""`optimise`: which combination of changes is best for a budget, within bounds, and how sure that is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeAlias, Unpack, cast

import numpy as np

from simlimit.arguments import LARGEST, Floats, Truths, check_confidence, check_number, check_whole
from simlimit.deciding.alternatives import (
    combinations,
    cost_of,
    different,
    make_alternative,
    read_choices,
    read_option,
    todays,
)
from simlimit.deciding.constraints import Bound
from simlimit.deciding.optimum import Optimum
from simlimit.deciding.question import Indifference, Question, read_indifference, read_question
from simlimit.deciding.samples import Samples
from simlimit.deciding.searching import Chosen, search
from simlimit.deciding.selection import FIRST, Race
from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.run.compilation_notice import announce_compilation
from simlimit.run.memory import lack_of_memory_said
from simlimit.run.options import LARGEST_SEED
from simlimit.run.outside import warn_before
from simlimit.study.draws import MOST_REPLICATIONS, PER_DRAW, Source, check_source
from simlimit.study.experiment import compile_driver
from simlimit.study.options import BAR_AFTER_SECONDS, CheckedOptions, Options, options_by_name
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.store import folder_of_stores
from simlimit.study.workers import worker_pool

Answer: TypeAlias = Callable[..., tuple[Floats, Truths]]
Begin: TypeAlias = Callable[[Floats, int], Race]
# Samples of each alternative that is tried in a search.
TRIED = 10
# Samples of a further round: at least so many, or a quarter of those before.
MORE = 10
MOST_TRIALS = 100_000


@options_by_name
def optimise(
    scenario: Source,
    choices: Mapping[str, Iterable[object]],
    minimise: str | Iterable[str] = "days_away",
    subject_to: Mapping[str, Bound] | None = None,
    *,
    costs: Mapping[str, float] | None = None,
    budget: float | None = None,
    indifference: Indifference = None,
    confidence: float = 0.95,
    n: int = 500,
    seed: int = 1,
    trials: int = 100,
    **options: Unpack[Options],
) -> Optimum:
    """Choose the best combination of changes for a budget and within bounds, and say how sure that is.

    All combinations are compared under common random numbers, replication by replication. Each is left out as
    soon as it is surely worse than another, or surely breaks a bound. `docs/deciding.md` has the procedure,
    its guarantee, and how that was tested. Changing nothing is always one of the alternatives.

    Parameters
    ----------
    scenario : Scenario
        Today's. Or a fit: then a sample is a draw of its parameters, the mean of its two replications.
    choices : mapping
        What to choose from, by name. A field has a list of its values, or a range ``(low, high)``. Any other
        name has a list of changes, of which one is taken: a `Change`, a lever, a mapping of fields, or None
        for no change. Ranges, and more than 300 combinations, are searched first. That needs Optuna: ``pip
        install 'simlimit[decide]'``.
    minimise : str or sequence of str
        A metric of `Study.summary`, or ``"cost"``. With a minus before it, it is to be large:
        ``"-net_income"``. The first of several decides which is selected; `Optimum.front` has what is best
        for others.
    subject_to : mapping of str to bound, optional
        By metric, `at_most` or `at_least`: ``{"default_losses": sl.at_most(1.02, relative=True)}``. Only what
        surely keeps all bounds is selected. Where `limit_days_lost` is a further objective, it is a bound as
        well: at most 1 % more than today. So what takes credit away is not selected.
    costs : mapping of str to float, optional
        Of fields in `choices`: currency units per year for each unit above today's value. Changes have costs
        of their own.
    budget : float, optional
        Currency units per year. What costs more is left out, and not simulated.
    indifference : float or mapping, optional
        The smallest difference that matters to you, in the unit of the first objective, or of each by name.
        If not given: 1 % of today's mean over the first 20 samples.
    confidence : float
        With which all that is said of the alternatives holds together.
    n : int
        The largest number of replications of each alternative, at least 40.
    seed : int
        As in `replicate`.
    trials : int
        How many alternatives a search tries. Its 10 best, and today, are then compared on other replications.
    **options
        As in `replicate`, but without `precision`. A store has a folder for each alternative.

    Returns
    -------
    Optimum

    Raises
    ------
    ScenarioError
        If there is no such field, or a value is not allowed.
    SimlimitError, PortfolioError
        As from `replicate`. A SimlimitError also if a metric has no value in some replication.
    StudyInterrupted
        Its `optimum` is what was known after the last round.

    Examples
    --------
    >>> import simlimit as sl
    >>> monthly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 100}
    ... )
    >>> costs = {"evaluation.period_days": -100}
    >>> best = sl.optimise(monthly, {"evaluation.period_days": [7, 14, 30]}, costs=costs, budget=2_000)
    >>> best.choice
    {'evaluation.period_days': 14}
    """
    base = CheckedOptions(**options)
    if base.precision is not None:
        raise SimlimitError("precision is set, but optimise stops when its choice is certain: set n only.")
    check_source(scenario)
    n, seed = check_whole("n", n, MOST_REPLICATIONS, least=2 * FIRST), check_whole("seed", seed, LARGEST_SEED)
    trials, confidence = check_whole("trials", trials, MOST_TRIALS, least=1), check_confidence(confidence)
    most = LARGEST if budget is None else check_number("budget", budget, 0)
    question = read_question(minimise, subject_to or {})
    read_indifference(indifference, question.objectives, np.zeros(len(question.objectives)))
    priced = partial(read_option, scenario, costs or {})
    choices = read_choices(choices, costs or {}, priced)
    today = todays(scenario, choices)
    race: Race | None = None
    engine = base.engine or ("simpy" if base.processes else "calendar")
    compiles = announce_compilation(engine) and base.executor is None
    try:
        with lack_of_memory_said():
            if compiles:
                compile_driver(engine)
            chosen = combinations(choices)
            if chosen is None:
                tried = _Search(scenario, question, most, seed, base)
                chosen = search(choices, priced, tried, len(question.objectives), trials, seed)
            too_dear = [one for one in chosen if cost_of(one) > most]
            made = [make_alternative(scenario, one) for one in chosen if cost_of(one) <= most]
            alternatives = different([today, *made])
            judged = partial(
                Optimum,
                question=question,
                alternatives=alternatives,
                today=today,
                too_dear=too_dear,
                confidence=confidence,
                seed=seed,
                follow_up_days=base.follow_up_days,
            )
            samples = Samples({one.name: one.source for one in alternatives}, n, seed, base, question.metrics)
            answer = partial(question.answers, costs=np.array([one.cost for one in alternatives]))
            begin = partial(_race, question, indifference, 1 - confidence)
            for latest in _rounds(samples, answer, begin, alternatives.index(today), n, base):
                race = latest
    except KeyboardInterrupt:
        where = (
            "is lost" if base.store is None else f"is in the store; the same call continues from {base.store}"
        )
        found = None if race is None else judged(race=race)
        raise StudyInterrupted({}, f"interrupted; what is done {where}.", found) from None
    return judged(race=cast(Race, race))


def _race(question: Question, indifference: Indifference, error: float, answers: Floats, today: int) -> Race:
    """Return a race that has not begun: what was not said of the indifference is a share of today's means."""
    means = answers[:, today, : len(question.objectives)].mean(axis=0)
    smallest = read_indifference(indifference, question.objectives, means)
    return Race(answers.shape[1], smallest, len(question.bounds), error)


def _rounds(
    samples: Samples, answer: Answer, begin: Begin, today: int, n: int, options: CheckedOptions
) -> Iterator[Race]:
    """Simulate the alternatives in rounds, and judge them after each sample, until the decision is made.

    Today is simulated to the end, since bounds may be relative to it.
    """
    experiments = [*samples.experiments.values()]
    warn_before({"": experiments[today].prepared}, {}, options.follow_up_days)
    most, first, last, race = n // samples.per_sample, 0, FIRST, None
    is_needed = np.ones(len(experiments), np.bool_)
    with (
        worker_pool(experiments, n, options) as pool,
        tqdm(unit="replication", disable=not options.progress, delay=BAR_AFTER_SECONDS) as bar,
    ):
        while is_needed.any() and first < most:
            samples.simulate(pool, np.flatnonzero(is_needed), last, bar)
            answers, seen = answer(*samples.between(first, last), today=today)
            _check_known(answers[:, is_needed])
            race = race or begin(answers, today)
            race.advance(answers, seen)
            yield race
            first, last = last, min(most, last + max(MORE, last // 4))
            is_needed = race.is_open.copy()
            is_needed[today] |= is_needed.any()


class _Search:
    """Measures what a search tries on a few samples, which are not those of the selection."""

    def __init__(
        self, source: Source, question: Question, most: float, seed: int, options: CheckedOptions
    ) -> None:
        self.source, self.question, self.most, self.options = source, question, most, options
        self.seed = (seed + 1) % (LARGEST_SEED + 1)
        if options.store is not None:
            folder = folder_of_stores(folder_of_stores(options.store) / "search")
            self.options = replace(options, store=folder)
        self.number = 0
        self.today = self._samples(source)

    def __call__(self, chosen: Chosen) -> tuple[Floats, Floats]:
        """Return the means of the objectives, and by how much the budget and each bound are exceeded."""
        objectives, cost = len(self.question.objectives), cost_of(chosen)
        if cost > self.most:
            above = (cost - self.most) / max(self.most, 1)
            return np.full(objectives, np.inf), np.array([above, *[0.0] * len(self.question.bounds)])
        values, events = np.hstack([self._samples(make_alternative(self.source, chosen).source), self.today])
        means = self.question.answers(values, events, np.array([cost, 0]), today=1)[0][:, 0].mean(axis=0)
        return means[:objectives], np.array([0.0, *means[objectives:]])

    def _samples(self, source: Source) -> tuple[Floats, Floats]:
        options, n = self.options, TRIED * PER_DRAW
        if options.store is not None:
            options = replace(options, store=Path(options.store) / f"{self.number}")
        self.number += 1
        samples = Samples({"": source}, n, self.seed, options, self.question.metrics)
        with (
            worker_pool([one.experiment for one in samples.replications], n, options) as pool,
            tqdm(disable=True) as bar,
        ):
            samples.simulate(pool, [0], TRIED, bar)
        return samples.between(0, TRIED)


def _check_known(answers: Floats) -> None:
    """Refuse a metric that has no value in some sample, such as a mean over no holds."""
    if not np.isfinite(answers).all():
        raise SimlimitError(
            "A metric of minimise or subject_to has no value in some replication, but must have one in each: "
            "choose another metric."
        )
