"""The SimPy driver: the model as people read it.

A day has phases, and a process that has something to do in one waits for that moment and then calls
a transition:

======  ==========================  =====================================================
phase   process                     transition
======  ==========================  =====================================================
0       each occurrence of a shock  ``begin_shock``, ``end_shock``
1       each borrower               ``pay``: instalments, lateness, early repayment, default
2       each evaluation cohort      ``evaluate``: score, flag, standing, waiting holds, line
3       the desk                    ``work_desk``: reviews
4       the pool                    ``fund``: inflows, then releases
5       each borrower               ``wish``: draws
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
from simlimit.model.evaluation import evaluate
from simlimit.model.ledger import record_day
from simlimit.model.pool import fund
from simlimit.model.repayment import pay
from simlimit.model.shocks import begin_shock, end_shock
from simlimit.model.state import ACT, EVALUATE, FUND, PAY, RECORD, REVIEW_DESK, SHOCKS
from simlimit.model.timetable import Occurrence

Process = Generator[simpy.Event, Any, None]
UserProcess = Callable[[Platform], Process]


def borrower(platform: Platform, b: int, pay_day: int, wish_day: int) -> Process:
    """Pay on due days and draw on wishes, until the horizon or the end of the line."""
    s, at, horizon = platform.state, platform.at, platform.horizon
    while pay_day < horizon or wish_day < horizon:
        if pay_day <= wish_day:
            yield at(pay_day, PAY)
            pay_day = pay(s.borrowers, s.loans, s.holds, s.platform, s.events, b, pay_day)
        else:
            yield at(wish_day, ACT)
            wish_day = wish(s.borrowers, s.loans, s.platform, s.events, b, wish_day)


def cohort(
    platform: Platform, members: npt.NDArray[np.int64], first: int, period: int, duration: int
) -> Process:
    """Evaluate the borrowers who share their evaluation days."""
    s = platform.state
    for day in range(first + duration, platform.horizon, period):
        yield platform.at(day, EVALUATE)
        evaluate(s.borrowers, s.holds, s.platform, s.events, members, day)


def desk(platform: Platform) -> Process:
    """Review the holds of watched borrowers."""
    s = platform.state
    for day in range(platform.horizon):
        yield platform.at(day, REVIEW_DESK)
        work_desk(s.borrowers, s.holds, s.platform, s.events, s.reviewers, day)


def pool(platform: Platform) -> Process:
    """Take in funding and release what it covers; then tell those who wait for a hold to end."""
    s = platform.state
    for day in range(platform.horizon):
        yield platform.at(day, FUND)
        fund(s.borrowers, s.holds, s.platform, s.events, s.facilities, day)
        platform.tell_ended()


def shock(platform: Platform, occurrence: Occurrence) -> Process:
    """Begin a shock and, if it lasts, end it."""
    s = platform.state
    kind, size = occurrence.kind, occurrence.size
    yield platform.at(occurrence.start, BEGIN)
    covered = occurrence.covers(s.borrowers)
    begin_shock(s.borrowers, s.holds, s.platform, s.events, covered, occurrence.start, kind, size)
    if occurrence.start < occurrence.end < platform.horizon:
        yield platform.at(occurrence.end, SHOCKS)
        end_shock(s.borrowers, s.holds, s.platform, s.events, covered, occurrence.end, kind, size)


def ledger(platform: Platform, tick: Callable[[], object]) -> Process:
    """Write the row of each day, and make room for what the next can bring."""
    s = platform.state
    yield platform.at(0, SHOCKS)
    platform.make_room(0)
    for day in range(platform.horizon):
        yield platform.at(day, RECORD)
        record_day(s.platform, s.daily, day)
        platform.make_room(day + 1)
        tick()


def run(
    platform: Platform,
    occurrences: Iterable[Occurrence],
    user_processes: Iterable[UserProcess],
    tick: Callable[[], object],
) -> None:
    """Simulate a platform from its first day to its horizon.

    Parameters
    ----------
    platform : Platform
        Its state is changed in place.
    occurrences : iterable of Occurrence
        The shocks, in the order in which they begin on one day.
    user_processes : iterable of callables
        Each gets the platform and returns a generator.
    tick : callable
        Called at the end of each day.
    """
    process = platform.env.process
    evaluation = platform.scenario.evaluation
    process(ledger(platform, tick))
    for occurrence in occurrences:
        if occurrence.start < platform.horizon:
            process(shock(platform, occurrence))
    first_days = platform.borrowers[["next_payment", "next_wish"]].tolist()
    for b, (pay_day, wish_day) in enumerate(first_days):
        process(borrower(platform, b, pay_day, wish_day))
    for first in np.unique(platform.borrowers["evaluation_day"]).tolist():
        members = np.flatnonzero(platform.borrowers["evaluation_day"] == first)
        process(cohort(platform, members, first, evaluation.period_days, evaluation.duration_days))
    process(desk(platform))
    process(pool(platform))
    for user_process in user_processes:
        process(user_process(platform))
    with _without_collecting_the_build():
        platform.env.run(until=platform.horizon)


@contextmanager
def _without_collecting_the_build() -> Iterator[None]:
    """Spare the cyclic collector walking every process again and again: half the time of a large run."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
