"""The calendar driver: one compiled loop over days and phases.

The transitions are those of the SimPy driver; this file says only who acts when, a second time. Both
give the same history. What SimPy shows, this runs at the speed of the memory.
"""

from collections.abc import Callable
from time import perf_counter

from simlimit.drivers.agenda import EXIT, PAY, REACT, WISH, Agenda, blank, enter, fill, gather
from simlimit.drivers.ending import end_if_told
from simlimit.model import clock, demand, desk, holds, ledger, memory, phases, pool, shocks, streams, turnover
from simlimit.model.calendar import next_open, waiting_since
from simlimit.model.clearing import become_good, good_day
from simlimit.model.compiling import rare, step, transition
from simlimit.model.evaluation import evaluate, is_evaluated, turn_to_cohort
from simlimit.model.grouping import Grouping
from simlimit.model.planned_payments import cycle_at_stake
from simlimit.model.preparation import PreparedScenario, empty_state, restart
from simlimit.model.randomness import BATCH_SIZE, draw_many, numbers_of
from simlimit.model.reactions import react
from simlimit.model.reading_ahead import read_ahead
from simlimit.model.repayment import meet_payment_day
from simlimit.model.state import State

# So much takes a few seconds at most, as a rule. The first compiled call has a 200th of it.
BORROWER_DAYS_PER_CALL = 20_000_000
# After a call that takes less the next has twice its days, else half. In between an interrupt is noticed.
SECONDS_PER_CALL = 0.2


@step
def run_turnover(s: State, agenda: Agenda, day: int) -> None:
    """Phase 0: borrowers arrive, then leave."""
    turnover.arrive(s, day)
    for k in range(gather(s, agenda, EXIT, day)):
        b = agenda.acting[k]
        enter(agenda, EXIT, turnover.leave(s, s.borrowers[b], day), b)


@step
def run_shocks(s: State, day: int) -> None:
    """Phase 0: end shocks, then begin others."""
    for k in range(len(s.occurrences)):
        if s.occurrences[k].start < s.occurrences[k].end == day:
            shocks.end_shock(s, k, day)
    for k in range(len(s.occurrences)):
        if s.occurrences[k].start == day:
            shocks.begin_shock(s, k, day)


@rare
def run_payments(s: State, agenda: Agenda, day: int) -> None:
    """Phase 1: payments become good; borrowers pay."""
    if s.product.clears:
        become_good(s, day)
    s.clock.phase = phases.PAY
    acting, batch = agenda.acting, agenda.batch
    number = gather(s, agenda, PAY, day)
    for first in range(0, number, BATCH_SIZE):
        together = min(BATCH_SIZE, number - first)
        for k in range(together):
            r = s.borrowers[acting[first + k]]
            batch.entities[k] = r.borrower
            batch.indices[k] = cycle_at_stake(s, r)
            read_ahead(s.loans[r.first_loan])
        draw_many(s.run, streams.DUE, batch, together, 0)
        if s.product.clears:
            draw_many(s.run, streams.CLEARING, batch, together, 1)
        for k in range(together):
            b = acting[first + k]
            r = s.borrowers[b]
            if s.product.clears:
                s.clock.good_at = good_day(s, day, numbers_of(batch, 1, k))
            next_due = day - clock.days_since_due(s, r) + s.product.cycle_days
            following = meet_payment_day(s, r, day, numbers_of(batch, 0, k))
            if following != next_due:
                enter(agenda, PAY, following, b)
            # A hold that opened today is what the borrower reacts to next, if it waited for none before.
            if s.reaction.reacting and r.next_reaction == day + s.reaction.patience_days:
                enter(agenda, REACT, r.next_reaction, b)


@rare
def run_evaluations(s: State, agenda: Agenda, day: int) -> None:
    """Phase 2: evaluations are decided, on an open day also those that ended while it was closed.

    Of those of a borrower the last one is: the last of its cohort.
    """
    s.clock.phase = phases.EVALUATE
    rests, period = s.calendar.evaluation, s.evaluation.period_days
    if next_open(s, rests, day) > day:
        return
    end = max(waiting_since(s, rests, day), day - period + 1)
    for started in range(max(0, end - s.evaluation.duration_days), day - s.evaluation.duration_days + 1):
        turn_to_cohort(s, day, started)
        cohort = started % period
        # First it is asked who is there: a branch before each evaluation would often be guessed wrongly.
        number = 0
        for k in range(agenda.first_evaluated[cohort], agenda.first_evaluated[cohort + 1]):
            b = agenda.evaluated[k]
            agenda.acting[number] = b
            read_ahead(s.borrowers[b])
            number += is_evaluated(s.borrowers[b], started)
        for k in range(number):
            evaluate(s, s.borrowers[agenda.acting[k]], day)


@rare
def run_wishes(s: State, agenda: Agenda, day: int) -> None:
    """Phase 5: borrowers draw."""
    s.clock.phase = phases.ACT
    acting, batch = agenda.acting, agenda.batch
    number = gather(s, agenda, WISH, day)
    for first in range(0, number, BATCH_SIZE):
        together = min(BATCH_SIZE, number - first)
        for k in range(together):
            r = s.borrowers[acting[first + k]]
            batch.entities[k] = r.borrower
            batch.indices[k] = r.wishes
        draw_many(s.run, streams.WISH, batch, together, 0)
        for k in range(together):
            batch.indices[k] += 1
        draw_many(s.run, streams.WISH, batch, together, 1)
        for k in range(together):
            b = acting[first + k]
            next_wish = demand.have_wish(s, s.borrowers[b], day, numbers_of(batch, 0, k), batch.u[1, 0, k])
            enter(agenda, WISH, next_wish, b)


@step
def run_reactions(s: State, agenda: Agenda, day: int) -> None:
    """Phase 5: borrowers react to holds that reach their patience."""
    s.clock.phase = phases.ACT
    for k in range(gather(s, agenda, REACT, day)):
        b = agenda.acting[k]
        enter(agenda, REACT, react(s, s.borrowers[b], day), b)


@transition
def run_days(s: State, agenda: Agenda, first: int, last: int) -> int:
    """Simulate days ``first`` .. ``last - 1``, or as many of them as there is space for.

    Parameters
    ----------
    s : State
    agenda : Agenda
    first, last : int
        Days.

    Returns
    -------
    int
        The first day that was not simulated.
    """
    for day in range(first, last):
        if not memory.has_capacity(s, day):
            return day
        run_turnover(s, agenda, day)
        run_shocks(s, day)
        run_payments(s, agenda, day)
        run_evaluations(s, agenda, day)
        desk.work_desk(s, day)
        pool.fund(s, day)
        run_wishes(s, agenda, day)
        run_reactions(s, agenda, day)
        demand.decide_draws(s, day)
        ledger.record_day(s, day)
    return last


def run(prepared: PreparedScenario, seed: int, replication: int, tick: Callable[[int], object]) -> State:
    """Simulate a platform from its first day to its horizon.

    Parameters
    ----------
    prepared : PreparedScenario
    seed, replication : int
        The key of the random numbers.
    tick : callable
        Called now and then, with the number of days simulated since the last call.

    Returns
    -------
    State
        At the horizon.
    """
    state = empty_state(prepared)
    restart(state, prepared, seed, replication)
    run_in(state, blank(state), prepared.grouping, tick)
    return state


def run_in(state: State, agenda: Agenda, grouping: Grouping, tick: Callable[[int], object]) -> None:
    """Simulate a platform whose state and agenda are there, from its first day to its horizon."""
    fill(state, agenda, grouping)
    horizon = int(state.run.horizon)
    days = max(1, BORROWER_DAYS_PER_CALL // 200 // len(state.borrowers))
    day = 0
    while day < horizon:
        end_if_told()
        began = perf_counter()
        reached = run_days(state, agenda, day, min(day + days, horizon))
        tick(reached - day)
        if reached == day:
            memory.ensure_capacity(state, day)
        else:
            pace = 2.0 if perf_counter() - began < SECONDS_PER_CALL else 0.5
            days = max(1, int(pace * (reached - day)))
        day = reached
    holds.censor(state)
