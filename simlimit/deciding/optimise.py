"""`optimise`: which combination of changes is best for a budget, within bounds, and how sure that is."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Unpack

import numpy as np

from simlimit.arguments import LARGEST, check_confidence, check_number, check_whole, refused
from simlimit.deciding import alternatives
from simlimit.deciding.constraints import Bound
from simlimit.deciding.optimum import Optimum
from simlimit.deciding.question import COST, Indifference, Question, read_asked, read_indifference
from simlimit.deciding.samples import Samples
from simlimit.deciding.searching import Tried, search
from simlimit.deciding.selection import FIRST, Race
from simlimit.errors import SimlimitError
from simlimit.run.memory import lack_of_memory_said
from simlimit.run.options import LARGEST_SEED
from simlimit.run.outside import warn_before
from simlimit.study.draws import MOST_REPLICATIONS, Source, check_source
from simlimit.study.options import CheckedOptions, Options, options_by_name
from simlimit.study.replicating import StudyInterrupted
from simlimit.study.workers import at_work

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
        A metric of `Study.summary`, or ``"cost"`` where something has one. With a minus before it, it is to
        be large: ``"-net_income"``. The first of several decides which is selected; `Optimum.front` has what
        is best for others.
    subject_to : mapping of str to bound, optional
        By metric, `at_most` or `at_least`: ``{"default_losses": sl.at_most(1.02, relative=True)}``. Only what
        surely keeps all bounds is selected. Where `limit_days_lost` is a further objective, it is a bound as
        well: at most 1 % more than today. So what takes credit away is not selected.
    costs : mapping of str to float, optional
        Of fields in `choices`: currency units per year for each unit above today's value. Changes have costs
        of their own.
    budget : float, optional
        Currency units per year. What costs more is left out, and not simulated. Something must have a cost.
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
        As in `replicate`, but without `precision`; `keep`, `by` and `bands` change nothing. A store has a
        folder for each alternative.

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
    n = check_whole("n", n, MOST_REPLICATIONS, least=2 * FIRST)
    trials = check_whole("trials", trials, MOST_TRIALS, least=1)
    most = LARGEST if budget is None else check_number("budget", budget, 0)
    seed, confidence = check_whole("seed", seed, LARGEST_SEED), check_confidence(confidence)
    costs = {} if costs is None else costs
    asked_of = read_asked(minimise, {} if subject_to is None else subject_to)
    question = Question(*asked_of, confidence, seed, base.follow_up_days)
    read_indifference(indifference, question.objectives, np.zeros(len(question.objectives)))
    read = alternatives.read_choices(scenario, choices, costs)
    options_of = [some for some in read.values() if isinstance(some, list)]
    if not costs and not any(one.change.cost for some in options_of for one in some):
        unless = "unless costs are given: all choices cost 0"
        if budget is not None:
            raise refused("budget", budget, f"left out {unless}")
        if COST in question.objectives:
            raise refused("minimise", minimise, f"one or several metrics {unless}")
    today = alternatives.todays(scenario, read)
    asked = {"choices": alternatives.as_given(read), "costs": costs, "budget": budget}
    asked |= {"indifference": indifference, "n": n, "trials": trials}
    optimum: Optimum | None = None
    try:
        with lack_of_memory_said():
            chosen = alternatives.combinations(read)
            if chosen is None:
                priced = partial(alternatives.read_option, scenario, costs)
                chosen = search(read, priced, Tried(scenario, question, most, base), trials)
            cost_of, make = alternatives.cost_of, alternatives.make_alternative
            too_dear = [one for one in chosen if cost_of(one) > most]
            affordable = (make(scenario, one) for one in chosen if cost_of(one) <= most)
            made = alternatives.different([today, *affordable])
            unknown, bounds = np.zeros(len(question.objectives)), len(question.bounds)
            race = Race(len(made), unknown, bounds, 1 - question.confidence)
            optimum = Optimum(question, made, today, too_dear, asked, race)
            _decide(optimum, n, indifference, base)
            return optimum
    except KeyboardInterrupt:
        kept = "is lost" if base.store is None else "is in the store, from which the same call continues"
        known = optimum if optimum is not None and optimum.race.number else None
        raise StudyInterrupted({}, f"interrupted; what is done {kept}.", known) from None


def _decide(optimum: Optimum, n: int, indifference: Indifference, options: CheckedOptions) -> None:
    """Simulate the alternatives in rounds, and judge them after each sample, until the decision is made."""
    question, race, made = optimum.question, optimum.race, optimum.alternatives
    samples = Samples({one.name: one.source for one in made}, n, question, options)
    today, costs = made.index(optimum.today), np.array([one.cost for one in made])
    experiments = [*samples.experiments.values()]
    warn_before({"": experiments[today].prepared}, {}, options.follow_up_days)
    most, first, last = n // samples.per_sample, 0, FIRST
    is_needed = np.ones(len(made), np.bool_)
    with at_work(experiments, n, options, "replication") as (pool, bar):
        while is_needed.any() and first < most:
            samples.simulate(pool, np.flatnonzero(is_needed), last, bar)
            answers, seen = question.answers(*samples.between(first, last), costs, today)
            if not np.isfinite(answers[:, is_needed]).all():
                where = "in some replication, but must have one in each: choose another metric."
                raise SimlimitError(f"A metric of minimise or subject_to has no value {where}")
            if not race.number:
                means = answers[:, today, : len(question.objectives)].mean(axis=0)
                race.indifference = read_indifference(indifference, question.objectives, means)
            race.advance(answers, seen)
            first, last = last, min(most, last + max(MORE, last // 4))
            is_needed = race.is_open.copy()
            is_needed[today] |= is_needed.any()
