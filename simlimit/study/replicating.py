"""`replicate`: a fixed number of replications of a scenario, or as many as a precision needs."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from typing import Literal

import numpy as np

from simlimit.arguments import check_whole
from simlimit.model.start import prepare
from simlimit.progress import tqdm
from simlimit.run.options import FOLLOW_UP_DAYS, LARGEST_SEED, check_scenario
from simlimit.scenario import Scenario
from simlimit.study import metrics
from simlimit.study.gathering import BAR_AFTER_SECONDS, Bar, Case, Gathering, crew
from simlimit.study.plan import Folder, Plan, Precision
from simlimit.study.precision import LEAST, enough, wanted
from simlimit.study.store import Store, fingerprint, open_stores
from simlimit.study.study import Study

MOST = 1_000_000
"""Replications of a study."""


class StudyInterrupted(KeyboardInterrupt):
    """A study was interrupted; what was done until then is in it.

    Attributes
    ----------
    studies : dict of Study
        Of the replications that were done without a gap, by the names of the scenarios; empty without any.

    Examples
    --------
    Here it is raised by hand; in life, by Ctrl-C:

    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 9})
    >>> try:
    ...     raise sl.StudyInterrupted({"": sl.replicate(small, 2)})
    ... except sl.StudyInterrupted as stop:
    ...     print(stop.studies[""])
    Study('clockwork', seed=1: 2 replications of 9 borrowers, 720 days)
    """

    def __init__(self, studies: dict[str, Study]) -> None:
        super().__init__("interrupted")
        self.studies = studies


def replicate(
    scenario: Scenario,
    n: int = 100,
    seed: int = 1,
    *,
    precision: Precision = None,
    workers: int | None = None,
    executor: Executor | None = None,
    store: Folder | None = None,
    engine: Literal["calendar", "simpy"] = "calendar",
    keep: Literal["counts", "holds", "all"] = "counts",
    follow_up_days: int = FOLLOW_UP_DAYS,
    by: str = "region",
    bands: Sequence[float] = (),
    progress: bool = True,
) -> Study:
    """Simulate independent replications of a scenario.

    Results do not depend on how the work is spread, nor on what a store held before.

    Parameters
    ----------
    scenario : Scenario
    n : int
        Number of replications, 1 .. 1,000,000; with `precision`, the largest number.
    seed : int
        0 .. 2**32 - 1. Replication r of two scenarios with one seed shares every random number that means the
        same in both.
    precision : float or mapping, optional
        Stop as soon as the 95 % interval of every chosen metric is narrow: half its width is at most this
        share of the estimate, and stays so for 5 more replications, or 5 % of them. A number is of
        `restricted_mean_days`; a mapping names metrics: ``{"released_within_7d": 0.01, "days_review": 0.1}``.
        At least 30 replications are made. Hoad, Robinson and Davies (2010).
    workers : int, optional
        Threads; as many as there are processors if not given. Compiled code runs in them side by side.
    executor : concurrent.futures.Executor, optional
        Who does the work instead: a pool of processes, or of machines (Dask, MPI). It is not shut down.
    store : path, optional
        A folder in which every replication is kept as soon as it is done; a study that was interrupted or
        killed continues from it, and one may ask it for more replications later.
    engine : "calendar" or "simpy"
        The driver; both give the same.
    keep : "counts", "holds" or "all"
        What is kept of each replication: exact counts; also its holds and borrowers; also its events.
    follow_up_days : int
        How long the holds of the metrics are followed, 0 .. 30,000.
    by : str
        Which borrowers are counted apart: by `region`, or by what they are at the start: `watched`, `risky`,
        `lenders` (whether they have others), `limit`, `utilisation`, `score`, `late_share`.
    bands : sequence of float
        Bounds between groups, ascending, where `by` is a number: ``by="score", bands=(0.6, 0.8)``.
    progress : bool
        Whether to show a bar, if it takes more than a second.

    Returns
    -------
    Study

    Raises
    ------
    SimlimitError
        If an argument is not as above, the store was made for another study, or a replication does not fit
        into the memory of one process.
    PortfolioError
        If the scenario names a portfolio that cannot be read.
    StudyInterrupted
        A KeyboardInterrupt with the study so far.

    Examples
    --------
    >>> import simlimit as sl
    >>> study = sl.replicate(sl.preset("jiebei").replace({"population.borrowers": 50}), 10, seed=1)
    >>> study.summary().loc["released_within_0d", "replications"]
    np.int64(10)
    """
    plan = Plan(precision, workers, executor, store, engine, keep, follow_up_days, by, bands, progress)
    return replicate_all({"": scenario}, n, seed, plan)[""]


def replicate_all(scenarios: Mapping[str, Scenario], n: int, seed: int, plan: Plan) -> dict[str, Study]:
    """Simulate the same replications of several scenarios, side by side; see `replicate`."""
    n = check_whole("n", n, MOST, least=1)
    seed = check_whole("seed", seed, LARGEST_SEED)
    cases = {name: _case(scenario, seed, plan) for name, scenario in scenarios.items()}

    def study(name: str, number: int, is_precise: bool | None = None) -> Study:
        def again(follow_up_days: int) -> Study:
            other = Plan(follow_up_days=follow_up_days, by=plan.by, bands=plan.bands, progress=plan.progress)
            return replicate_all({name: scenarios[name]}, number, seed, other)[name]

        return Study(gatherings[name], number, plan.follow_up_days, again, is_precise)

    with crew(list(cases.values()), plan.workers, plan.executor) as hands, _bar(n * len(cases), plan) as bar:
        stores = _stores(cases, seed, plan)
        gatherings = {name: Gathering(case, stores[name]) for name, case in cases.items()}
        try:
            if plan.precision is None:
                hands.gather(list(gatherings.values()), n, bar)
                return {name: study(name, n) for name in cases}
            last = min(LEAST + 10, n)
            while True:
                hands.gather(list(gatherings.values()), last, bar)
                numbers = [_enough(one, last, plan) for one in gatherings.values()]
                if all(numbers) or last == n:
                    number = max(one or n for one in numbers)
                    return {name: study(name, number, all(numbers)) for name in cases}
                last = min(2 * last, n)
        except KeyboardInterrupt:
            done = min(one.done for one in gatherings.values())
            raise StudyInterrupted({name: study(name, done) for name in cases} if done > 0 else {}) from None


def _case(scenario: Scenario, seed: int, plan: Plan) -> Case:
    check_scenario(scenario)
    keep = plan.keep
    setting = prepare(
        scenario,
        plan.follow_up_days,
        logging=keep == "all",
        reusing=keep == "counts",
        by=plan.by,
        bands=plan.bands,
    )
    return Case(setting, seed, plan.engine, keep)


def _stores(cases: Mapping[str, Case], seed: int, plan: Plan) -> dict[str, Store | None]:
    """Return the store of each case, if there is to be one."""
    if plan.store is None:
        return dict.fromkeys(cases)
    settings = {name: case.setting for name, case in cases.items()}
    marks = {name: fingerprint(setting, seed, plan.what_is_kept()) for name, setting in settings.items()}
    return dict(open_stores(plan.store, settings, marks))


def _enough(one: Gathering, last: int, plan: Plan) -> int | None:
    assert plan.precision is not None
    relative = wanted(plan.precision)
    values = metrics.all_metrics(one.tallies.rows(0, last), one.case.setting, plan.follow_up_days, "holds")
    chosen = np.column_stack([values[name] for name in relative])
    return enough(chosen, np.array(list(relative.values())))


def _bar(total: int, plan: Plan) -> Bar:
    return tqdm(total=total, unit="replication", disable=not plan.progress, delay=BAR_AFTER_SECONDS)
