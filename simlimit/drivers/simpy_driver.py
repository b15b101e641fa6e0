"""The SimPy driver: the model as people read it.

A day has phases, and a process that has something to do in one waits for that moment and then calls
a transition:

======  ==========================  =====================================================
phase   process                     transition
======  ==========================  =====================================================
0       the turnover                ``change_book``: arrivals, exits
0       each occurrence of a shock  ``begin_shock``, ``end_shock``
1       clearing, first             ``become_good``: payments that have cleared
1       each borrower               ``pay``: instalments, lateness, early repayment, default
2       each evaluation cohort      ``evaluate_cohort``: score, flag, standing, waiting holds, line
3       the desk                    ``work_desk``: reviews
4       the pool                    ``fund``: inflows, then releases
5       each borrower               ``wish``: draws
5       the impatient               ``react_all``: appeals, other lenders
5       the ledger                  ``decide_draws``, where the pool can refuse them
6       the ledger                  ``record_day``
======  ==========================  =====================================================

Transitions hold the rules; this file says only who acts when. Processes of your own join in with
the `Platform` they are given.
"""

import gc
from collections.abc import Callable, Generator, Iterable
from functools import partial
from typing import Any

import numpy as np
import simpy

from simlimit.arguments import shown
from simlimit.drivers.ending import end_if_told
from simlimit.errors import SimlimitError, failure
from simlimit.model import demand, holds, memory, phases, pool, reactions, repayment, shocks, turnover
from simlimit.model.book import Integers
from simlimit.model.clearing import become_good
from simlimit.model.evaluation import evaluate_cohort
from simlimit.model.ledger import record_day
from simlimit.model.population import populate
from simlimit.model.preparation import PreparedScenario, empty_state, restart
from simlimit.model.randomness import empty_batch
from simlimit.model.state import State
from simlimit.processes.moments import BEGIN, EVENING, GOOD
from simlimit.processes.platform import Platform

Process = Generator[simpy.Event, Any, None]
UserProcess = Callable[[Platform], Process]
# What looks at the state at the end of a day.
Check = Callable[[State, int], None]


def borrower(platform: Platform, b: int, pay_day: int, wish_day: int) -> Process:
    """Pay on due days and draw on wishes, until the horizon or the end of the line.

    Where an action moves these days, it starts another such process, and this one ends.
    """
    at, horizon, woken, rules = platform.at, platform.horizon, platform._woken, platform._rules
    times = woken[b]
    while pay_day < horizon or wish_day < horizon:
        pays = pay_day <= wish_day
        yield at(pay_day, phases.PAY) if pays else at(wish_day, phases.ACT)
        if woken[b] != times:
            return
        if not pays:
            wish_day = demand.wish(platform._state, b, wish_day)
            continue
        today, pay_day = pay_day, repayment.pay(platform._state, b, pay_day)
        if rules and platform._state.clock.own_rule == 2:
            platform._state.clock.own_rule = 1
            platform._decide(b, today, today, 1)


def cohort(platform: Platform, members: Integers, first: int) -> Process:
    """Evaluate the borrowers who share their evaluation days, once on a day: what started last counts."""
    state, evaluation = platform._state, platform.scenario.evaluation
    opens = state.open_from if state.calendar.evaluation else range(platform.horizon)
    ends = range(first + evaluation.duration_days, platform.horizon, evaluation.period_days)
    for day, end in {int(opens[end]): end for end in ends}.items():
        yield platform.at(day, phases.EVALUATE)
        if day < platform.horizon:
            started = end - evaluation.duration_days
            evaluate_cohort(state, members[:0] if platform._rules else members, day, started)
            for b in members.tolist() if platform._rules else ():
                platform._decide(b, day, started, 0)


def daily(platform: Platform, phase: float, act: Callable[[State, int], None]) -> Process:
    """Act in a phase of each day: payments become good, the desk and the pool work, the impatient react.

    One process for all of these: that of a borrower would sleep through what a process of a user's repays.
    """
    for day in range(platform.horizon):
        yield platform.at(day, phase)
        act(platform._state, day)


def shock(platform: Platform, k: int) -> Process:
    """Begin an occurrence of a shock and, if it lasts, end it."""
    one = platform._state.occurrences[k]
    start, end = int(one.start), int(one.end)
    yield platform.at(start, BEGIN)
    shocks.begin_shock(platform._state, k, start)
    if start < end < platform.horizon:
        yield platform.at(end, phases.SHOCKS)
        shocks.end_shock(platform._state, k, end)


def ledger(platform: Platform, tick: Callable[[int], object], check: Check | None) -> Process:
    """Decide the draws of each day, write its row, and find space for what the next can bring."""
    yield platform.at(0, phases.SHOCKS)
    memory.ensure_capacity(platform._state, 0)
    for day in range(platform.horizon):
        yield platform.at(day, phases.ACT + 0.5)  # when all have asked
        demand.decide_draws(platform._state, day)
        yield platform.at(day, EVENING)
        record_day(platform._state, day)
        if check is not None:
            check(platform._state, day)
        memory.ensure_capacity(platform._state, day + 1)
        tick(1)
        end_if_told()


def begun(user_process: UserProcess, platform: Platform) -> Process:
    """Return a process of the user's, which has not done anything yet."""
    try:
        made = user_process(platform)
    except Exception as error:
        raise failure(error, f"process {shown(user_process)}, replication {platform.replication}") from error
    if not isinstance(made, Generator):
        raise SimlimitError(
            f"processes has {shown(user_process)}, which gives {shown(made)}, but must have generator "
            "functions, with a yield in each."
        )
    return made


def run(
    prepared: PreparedScenario,
    seed: int,
    replication: int,
    user_processes: Iterable[UserProcess],
    tick: Callable[[int], object],
    check: Check | None = None,
) -> State:
    """Simulate a platform from its first day to its horizon.

    Parameters
    ----------
    prepared : PreparedScenario
    seed, replication : int
        The key of the random numbers.
    user_processes : iterable of callables
        Each gets the platform and returns a generator.
    tick : callable
        Called at the end of each day, with 1.
    check : callable, optional
        Called with the state at the end of each day, and the day.

    Returns
    -------
    State
        At the horizon.
    """
    state = empty_state(prepared)
    restart(state, prepared, seed, replication)
    state.ids[:] = np.arange(len(state.ids))
    populate(state, prepared.grouping, empty_batch())
    platform = Platform(prepared.scenario, prepared.regions.names, state)
    platform._live = borrower
    process = partial(simpy.Process, platform.env)
    process(ledger(platform, tick, check))
    process(daily(platform, phases.SHOCKS, turnover.change_book))
    for k in range(len(state.occurrences)):
        process(shock(platform, k))
    first_days = platform.borrowers[["next_payment", "next_wish"]].tolist()
    for b, (pay_day, wish_day) in enumerate(first_days):
        process(borrower(platform, b, pay_day, wish_day))
    for first in np.unique(platform.borrowers["evaluation_day"]).tolist():
        members = np.flatnonzero(platform.borrowers["evaluation_day"] == first)
        process(cohort(platform, members, first))
    if state.product.clears:
        process(daily(platform, GOOD, become_good))
    process(daily(platform, phases.REVIEW, platform._work_desk))
    process(daily(platform, phases.FUND, pool.fund))
    # Who waits for a hold to end is told after the releases.
    process(daily(platform, phases.FUND, lambda state, day: platform._trigger_ended()))
    process(daily(platform, phases.ACT, reactions.react_all))
    for user_process in user_processes:
        platform.env.process(begun(user_process, platform))
    # Else the cyclic collector walks every process again and again: half the time of a large run.
    gc.freeze()
    try:
        platform.env.run(until=platform.horizon)
    except SimlimitError as error:
        cause = error.__cause__  # SimPy raises a copy of what a process of the model's raises
        said = cause if cause is not None and cause.args == error.args else error
        raise said.with_traceback(None) from said.__cause__
    finally:
        gc.unfreeze()
    holds.censor(state)
    return state
