"""The SimPy driver: the model as people read it.

A day has phases, and a process that has something to do in one waits for that moment and then calls
a transition:

======  ==========================  =====================================================
phase   process                     transition
======  ==========================  =====================================================
0       each occurrence of a shock  ``begin_shock``, ``end_shock``
1       each borrower               ``pay``: instalments, lateness, early repayment, default
2       each evaluation cohort      ``evaluate_cohort``: score, flag, standing, waiting holds, line
3       the desk                    ``work_desk``: reviews
4       the pool                    ``fund``: inflows, then releases
5       each borrower               ``wish``: draws
5       the impatient               ``react_to_holds``: appeals, other lenders
6       the ledger                  ``record_day``
======  ==========================  =====================================================

Transitions hold the rules; this file says only who acts when. Processes of your own join in with
the `Platform` they are given.
"""

import gc
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import simpy

from simlimit.drivers.platform import BEGIN, Platform
from simlimit.model.demand import wish
from simlimit.model.desk import work_desk
from simlimit.model.evaluation import evaluate_cohort
from simlimit.model.holds import censor
from simlimit.model.ledger import record_day
from simlimit.model.pool import fund
from simlimit.model.reactions import react_to_holds
from simlimit.model.repayment import pay
from simlimit.model.shocks import begin_shock, end_shock
from simlimit.model.start import Setting, begin
from simlimit.model.state import ACT, EVALUATE, FUND, PAY, RECORD, REVIEW_DESK, SHOCKS, State

Process = Generator[simpy.Event, Any, None]
UserProcess = Callable[[Platform], Process]


def borrower(platform: Platform, b: int, pay_day: int, wish_day: int) -> Process:
    """Pay on due days and draw on wishes, until the horizon or the end of the line."""
    at, horizon = platform.at, platform.horizon
    while pay_day < horizon or wish_day < horizon:
        if pay_day <= wish_day:
            yield at(pay_day, PAY)
            s = platform.state
            pay_day = pay(s.borrowers, s.aside, s.loans, s.holds, s.counts, s.platform, s.events, b, pay_day)
        else:
            yield at(wish_day, ACT)
            s = platform.state
            wish_day = wish(s.borrowers, s.aside, s.loans, s.loan_keys, s.platform, s.events, b, wish_day)


def cohort(
    platform: Platform, members: npt.NDArray[np.int64], first: int, period: int, duration: int
) -> Process:
    """Evaluate the borrowers who share their evaluation days."""
    for day in range(first + duration, platform.horizon, period):
        yield platform.at(day, EVALUATE)
        s = platform.state
        evaluate_cohort(s.borrowers, s.holds, s.counts, s.platform, s.events, members, day)


def desk(platform: Platform) -> Process:
    """Review the holds of watched borrowers."""
    for day in range(platform.horizon):
        yield platform.at(day, REVIEW_DESK)
        s = platform.state
        work_desk(s.borrowers, s.holds, s.counts, s.platform, s.events, s.reviewers, day)


def pool(platform: Platform) -> Process:
    """Take in funding and release what it covers; then tell those who wait for a hold to end."""
    for day in range(platform.horizon):
        yield platform.at(day, FUND)
        s = platform.state
        fund(s.borrowers, s.holds, s.counts, s.platform, s.events, s.facilities, day)
        platform.tell_ended()


def impatient(platform: Platform) -> Process:
    """Let those react of whose holds one has reached their patience.

    One process for all: that of a borrower would sleep through what a process of a user's repays.
    """
    for day in range(platform.horizon):
        yield platform.at(day, ACT)
        s = platform.state
        react_to_holds(s.borrowers, s.holds, s.counts, s.platform, s.events, day)


def shock(platform: Platform, k: int) -> Process:
    """Begin an occurrence of a shock and, if it lasts, end it."""
    s = platform.state
    i, start, end = s.occurrences[k].item()
    kind, covered = s.shocks[i : i + 1], s.covered[k]
    yield platform.at(start, BEGIN)
    s = platform.state
    begin_shock(
        s.borrowers, s.holds, s.counts, s.platform, s.events, kind, s.shock_regions[i], covered, start
    )
    if start < end < platform.horizon:
        yield platform.at(end, SHOCKS)
        s = platform.state
        end_shock(s.borrowers, s.holds, s.counts, s.platform, s.events, kind, covered, end)


def ledger(platform: Platform, tick: Callable[[int], object]) -> Process:
    """Write the row of each day, and make room for what the next can bring."""
    yield platform.at(0, SHOCKS)
    platform.make_room(0)
    for day in range(platform.horizon):
        yield platform.at(day, RECORD)
        record_day(platform.state.platform, platform.state.daily, day)
        platform.make_room(day + 1)
        tick(1)


def run(
    setting: Setting,
    seed: int,
    replication: int,
    user_processes: Iterable[UserProcess],
    tick: Callable[[int], object],
) -> State:
    """Simulate a platform from its first day to its horizon.

    Parameters
    ----------
    setting : Setting
    seed, replication : int
        The key of the random numbers.
    user_processes : iterable of callables
        Each gets the platform and returns a generator.
    tick : callable
        Called at the end of each day, with 1.

    Returns
    -------
    State
        At the horizon.
    """
    state = begin(setting, np.arange(setting.borrowers), seed, replication)
    platform = Platform(setting.scenario, state)
    process = platform.env.process
    evaluation = setting.scenario.evaluation
    process(ledger(platform, tick))
    for k in range(state.platform[0].occurrences):
        process(shock(platform, k))
    first_days = platform.borrowers[["next_payment", "next_wish"]].tolist()
    for b, (pay_day, wish_day) in enumerate(first_days):
        process(borrower(platform, b, pay_day, wish_day))
    for first in np.unique(platform.borrowers["evaluation_day"]).tolist():
        members = np.flatnonzero(platform.borrowers["evaluation_day"] == first)
        process(cohort(platform, members, first, evaluation.period_days, evaluation.duration_days))
    process(desk(platform))
    process(pool(platform))
    if state.platform[0].reacting:
        process(impatient(platform))
    for user_process in user_processes:
        process(user_process(platform))
    with _without_collecting_the_build():
        platform.env.run(until=platform.horizon)
    s = platform.state
    censor(s.borrowers, s.holds, s.counts, s.platform)
    return s


@contextmanager
def _without_collecting_the_build() -> Iterator[None]:
    """Spare the cyclic collector walking every process again and again: half the time of a large run."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
