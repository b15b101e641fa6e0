"""`replicate`: a fixed number of replications, or as many as a precision needs; and those of variants."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import nullcontext
from dataclasses import replace
from typing import Unpack

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, check_choice, check_whole
from simlimit.errors import SimlimitError, warn
from simlimit.progress import counted, tqdm
from simlimit.run.options import LARGEST_SEED
from simlimit.run.outside import warn_before
from simlimit.scenario import Scenario, field_values
from simlimit.study.draws import MOST_REPLICATIONS, PER_DRAW, Source, estimate
from simlimit.study.experiment import prepare_experiment
from simlimit.study.intervals import never_vary
from simlimit.study.metrics import WEIGHTS, Weight, is_recorded, values_and_events
from simlimit.study.options import BAR_AFTER_SECONDS, CheckedOptions, Options, options_by_name
from simlimit.study.precision import LEAST_REPLICATIONS, replications_needed, target_half_widths
from simlimit.study.store import Replications, open_stores, path_name, store_below
from simlimit.study.study import Study
from simlimit.study.workers import Bar, at_work, simulate_missing, worker_pool


class StudyInterrupted(KeyboardInterrupt):
    """A study was interrupted. It carries the replications that are done.

    Attributes
    ----------
    studies : dict of Study
        By the names of the scenarios: the replications done from number 0 on without a gap. Empty if
        there are none.
    optimum : Optimum or None
        Of `optimise`: what was known after the last round.

    Its text is a sentence that says how many are done and how to go on.

    Examples
    --------
    Ctrl-C raises it; here it is raised by hand:

    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 9})
    >>> try:
    ...     raise sl.StudyInterrupted({"": sl.replicate(small, 2)})
    ... except sl.StudyInterrupted as stop:
    ...     print(repr(stop.studies[""]))
    Study('clockwork', seed=1: 2 replications of 9 borrowers, 720 days)
    """

    def __init__(
        self, studies: dict[str, Study], sentence: str = "interrupted", optimum: object = None
    ) -> None:
        super().__init__(studies, sentence)
        self.studies, self.optimum = studies, optimum

    def __str__(self) -> str:
        return str(self.args[1])


@options_by_name
def replicate(scenario: Source, n: int = 100, seed: int = 1, **options: Unpack[Options]) -> Study:
    """Simulate independent replications of a scenario.

    Results are the same for any number of workers, with any executor, and whatever a store held before. A
    `SimlimitWarning` says if the desk or the pool is asked for more than it can do.

    Parameters
    ----------
    scenario : Scenario
        Or a fit: then each draw of its parameters has two replications, intervals say what the draws leave
        open, and `Study.variance_components` tells that from simulation error.
    n : int
        Number of replications, 1 .. 1,000,000; with `precision`, the largest number. Even for a fit.
    seed : int
        0 .. 2**32 - 1. Replication r of two scenarios with the same seed uses common random numbers: each
        number that means the same in both is the same.
    precision : float or mapping, optional
        Stop when the 95 % interval of every chosen metric is narrow: half its width is at most this share of
        the estimate. It must stay so for 5 more replications, or 5 % of them. A number is for
        `days_away`; a mapping names metrics: ``{"released_within_7d": 0.01, "days_review": 0.1}``.
        At least 30 replications are made, and 20 of them must have seen what the metric measures. The rule is
        that of Hoad, Robinson and Davies (2010). It gives up, with a `SimlimitWarning`, if a metric is equal
        in all of the first 40. Not for a fit, which no number of replications makes precise.
    workers : int, optional
        Number of threads; one for each processor if not given. Compiled code runs in them in parallel. With
        processes of your own they are processes of the system, unless there is one: that is this process.
    executor : concurrent.futures.Executor, optional
        Runs the replications instead of these workers: a pool of processes or of machines (Dask, MPI). It is
        not shut down.
    store : path, optional
        A folder that keeps every replication as soon as it is done. A study that was interrupted or killed
        continues from it, with the same code. It can be extended to more replications later.
    engine : "calendar" or "simpy", optional
        The driver; both give the same results. It is "simpy" with processes of your own, else "calendar".
    keep : "counts", "holds" or "all"
        What is kept of each replication: exact counts; also its holds and borrowers; also its events.
    follow_up_days : int
        How long the holds of the metrics are followed, 0 .. 30,000.
    by : str or sequence of str
        How borrowers are grouped: by `region`, or by an attribute at the start: `watched`, `risky`, `lenders`
        (whether they have others), `limit`, `utilisation`, `score`, `late_share`. Several are crossed, into
        at most 255 groups: ``by=["region", "watched"]`` has a group ``"east, watched"``.
    bands : sequence of float
        Ascending bounds between groups, where one of `by` is a number: ``by="score", bands=(0.6, 0.8)``.
    processes : sequence of generator functions, or mapping of such
        Processes of your own, as in `simulate`. Each replication begins with a fresh copy of them. What they
        record is in `Study.records`, and a metric: `calls.total` and `calls.mean` of ``"calls"``. `compare`
        takes them by scenario, too: ``{"with calls": [calls]}``; a scenario without a name there has none.
        A store refuses what a later call could not know to be the same.
    progress : bool
        Whether to show a progress bar, if the study takes more than a second.

    Returns
    -------
    Study

    Raises
    ------
    SimlimitError
        If an argument is not as above, the store was made for another study or by other code or is damaged,
        a process of your own fails, or the executor does. Also if what is simulated at a time, or kept, does
        not fit into memory.
    PortfolioError
        If the scenario names a portfolio that cannot be read.
    StudyInterrupted
        A KeyboardInterrupt with the study so far.

    Examples
    --------
    >>> import simlimit as sl
    >>> study = sl.replicate(sl.preset("jiebei"), 10, seed=1)
    >>> study.summary().loc["released_within_0d", "replications"]
    np.int64(10)
    """
    return replicate_all({"": scenario}, n, seed, CheckedOptions(**options))[""]


def replicate_all(
    sources: Mapping[str, Source], n: int, seed: int, options: CheckedOptions, *, warns: bool = True
) -> dict[str, Study]:
    """Simulate the same replications of several scenarios, as in `replicate`; warn of overload, or not."""
    n = check_whole("n", n, MOST_REPLICATIONS, least=1)
    seed = check_whole("seed", seed, LARGEST_SEED)
    own = options.processes_of(sources)
    experiments = {
        name: prepare_experiment(one, seed, options, own[name], n) for name, one in sources.items()
    }
    are_draws = any(one.draws for one in experiments.values())
    if are_draws and options.precision is not None:
        raise SimlimitError("precision is set, but replications do not make a fit precise: set n only.")
    if warns:
        warn_before({name: one.prepared for name, one in experiments.items()}, {}, options.follow_up_days)
    done, is_interrupted = dict[str, Replications](), False
    try:
        stores = open_stores(experiments, options)
        done = {name: Replications(experiment, stores.get(name)) for name, experiment in experiments.items()}
        total = n * len(experiments)
        with at_work([*experiments.values()], n, options, "replication", total) as (pool, bar):
            number, is_precise = _complete(pool, [*done.values()], n, options, bar)
    except KeyboardInterrupt:
        number, is_precise = min((one.done for one in done.values()), default=0), None
        number -= number % PER_DRAW if are_draws else 0
        is_interrupted = True
    studies = {name: Study(one, number, options, is_precise) for name, one in done.items() if number > 0}
    if is_interrupted:
        where = "are in `studies` of this exception, which `import sys; sys.last_value.studies` shows"
        if number == 0:
            where = 'are done, and none is kept; with store="a-folder" the same call would continue'
        raise StudyInterrupted(studies, how_to_go_on(f"{number:,} of {n:,} replications", options, where))
    return studies


def how_to_go_on(done: str, options: CheckedOptions, otherwise: str) -> str:
    """Say where the finished work is of what was interrupted: in the store, or what else is to be said."""
    in_store = "are in the store; the same call continues from them"
    return f"interrupted; {done} {otherwise if options.store is None else in_store}."


def _complete(
    pool: Executor, experiments: Sequence[Replications], n: int, options: CheckedOptions, bar: Bar
) -> tuple[int, bool | None]:
    """Make n replications, or fewer if all are precise; return their number and whether they are precise."""
    if options.precision is None:
        simulate_missing(pool, experiments, n, bar)
        return n, None
    targets = target_half_widths(options.precision)
    # What processes record is asked only of scenarios that have some.
    asked = [
        (one, {name: targets[name] for name in targets if one.experiment.processes or not is_recorded(name)})
        for one in experiments
    ]
    last = min(LEAST_REPLICATIONS + 10, n)
    while True:
        simulate_missing(pool, experiments, last, bar)
        chosen = [(own, *_values_and_events(one, own, last, options)) for one, own in asked if own]
        needed = [replications_needed(x, seen, np.array([*own.values()])) for own, x, seen in chosen]
        if all(needed) or last == n:
            return max(number or n for number in needed), all(needed)
        equal = [name for own, values, _ in chosen for name in np.array([*own])[never_vary(values)]]
        if equal:
            remedy = "choose another metric for precision, or set n only."
            found = f"{equal[0]} is equal in all {last} replications of a scenario"
            warn(f"{found}, so no number of them makes it precise: {remedy}")
            return last, False
        last = min(2 * last, n)


def _values_and_events(
    replications: Replications, targets: Collection[str], number: int, options: CheckedOptions
) -> tuple[Floats, Floats]:
    """Return the values of the chosen metrics in each replication, and their events."""
    names = {name.rpartition(".")[0] for name in targets if is_recorded(name)}
    records = replications.records(number if names else 0)
    prepared, follow_up_days = replications.experiment.prepared, options.follow_up_days
    told = values_and_events(replications.tallies, prepared, follow_up_days, "holds", records, names)
    chosen, seen = (np.stack([one[metric] for metric in targets], axis=1) for one in told)
    return chosen, seen


def metrics_by_scenario(
    variants: Mapping[str, Source], own: str, n: int, seed: int, options: Options, weight: Weight = "holds"
) -> dict[str, pd.DataFrame]:
    """Return the metrics of variants of a scenario, a row per replication, under common random numbers.

    Variants that are equal are simulated once.

    Parameters
    ----------
    variants : mapping of str to Scenario
        By name. A store has a folder for each different variant, with the first of its names.
    own : str
        Which of them is the user's own scenario: of its overload is warned, and not of that of another.
    n, seed
        Replications of each variant, and their seed.
    options : Options
        As in `replicate`, but without `precision`.
    weight : "holds" or "amount"
        As in `Study.summary`.

    Returns
    -------
    dict of pandas.DataFrame
        `Study.metrics` by the names of the variants.

    Raises
    ------
    SimlimitError
        If `precision` is set: pairs need the same number of replications of each scenario.
    """
    if options.get("precision") is not None:
        raise SimlimitError("precision is set, but all scenarios must have n replications: set n only.")
    check_choice("weight", weight, WEIGHTS)
    first: dict[str, str] = {}
    estimates = {name: estimate(one) for name, one in variants.items()}
    # Whatever the sources of their values are. Draws may differ where their estimates are equal.
    values = {name: repr(field_values(one)) for name, one in variants.items() if isinstance(one, Scenario)}
    equal = {name: first.setdefault(values.get(name, name), name) for name in variants}
    base = CheckedOptions(**options)
    experiment = prepare_experiment(estimates[own], seed, base, base.processes_of([""])[""])
    warn_before({"": experiment.prepared}, estimates, base.follow_up_days)
    tables = {}
    # Workers that are processes begin slowly, so all variants share them.
    shared = worker_pool([experiment], n, base) if base.processes else nullcontext(base.executor)
    with shared as executor:
        workers = None if executor else base.workers
        units = counted("scenario", len(first))
        for name in tqdm(first.values(), **units, disable=not base.progress, delay=BAR_AFTER_SECONDS):
            stored = store_below(base, path_name([*variants].index(name), name))
            each = replace(stored, executor=executor, workers=workers, progress=False)
            tables[name] = replicate_all({"": variants[name]}, n, seed, each, warns=False)[""].metrics(weight)
    return {name: tables[other] for name, other in equal.items()}
