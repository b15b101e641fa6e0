"""The calendar driver: one compiled loop over days and phases.

The transitions are those of the SimPy driver; this file says only who acts when, a second time. Both
give the same history. What SimPy shows, this runs at the speed of the memory.
"""

from collections.abc import Callable

from simlimit.drivers.agenda import (
    Agenda,
    due_place,
    empty_agenda,
    first_entries,
    gather_payers,
    order_by_cohort,
    put_down,
)
from simlimit.model.clock import days_since_due
from simlimit.model.compiling import step, transition
from simlimit.model.demand import have_wish
from simlimit.model.desk import work_desk
from simlimit.model.evaluation import evaluate
from simlimit.model.holds import censor
from simlimit.model.ledger import most_records, record_day
from simlimit.model.plan import cycle_at_stake
from simlimit.model.pool import fund
from simlimit.model.randomness import DUE, TOGETHER, WISH, draw_many, numbers_of
from simlimit.model.reactions import react
from simlimit.model.repayment import meet_payment_day
from simlimit.model.shocks import begin_shock, end_shock
from simlimit.model.start import Setting, begin
from simlimit.model.state import END, Record, State

BORROWER_DAYS_PER_CALL = 20_000_000
"""So much is simulated in one compiled call, a few seconds at most, before an interrupt is noticed."""


@step
def change_shocks(s: State, p: Record, day: int) -> None:
    """Phase 0: end shocks, then begin others."""
    for k in range(p.occurrences):
        one = s.occurrences[k]
        if one.start < one.end == day:
            i = one.shock
            end_shock(
                s.borrowers, s.holds, s.counts, s.platform, s.events, s.shocks[i : i + 1], s.covered[k], day
            )
    for k in range(p.occurrences):
        one = s.occurrences[k]
        if one.start == day:
            i = one.shock
            begin_shock(
                s.borrowers, s.holds, s.counts, s.platform, s.events, s.shocks[i : i + 1], s.shock_regions[i],
                s.covered[k], day,
            )  # fmt: skip


@step
def collect_payments(s: State, agenda: Agenda, p: Record, day: int) -> None:
    """Phase 1."""
    crew, batch = agenda.crew, agenda.batch
    u = batch.u[0]
    number = gather_payers(agenda, s.borrowers, p, day)
    for first in range(0, number, TOGETHER):
        together = min(TOGETHER, number - first)
        for k in range(together):
            r = s.borrowers[crew[first + k]]
            batch.entities[k] = r.borrower
            batch.indices[k] = cycle_at_stake(r, p)
        draw_many(p.seed, p.replication, DUE, together, batch.entities, batch.indices, u)
        for k in range(together):
            b = crew[first + k]
            r = s.borrowers[b]
            next_due = day - days_since_due(r, p) + p.cycle_days
            numbers = numbers_of(batch, 0, k)
            following = meet_payment_day(r, s.aside, s.loans, s.holds, s.counts, p, s.events, day, numbers)
            if following != next_due:
                put_down(agenda.payments, following, b)
            # A hold that opened today is what the borrower reacts to next, if it waited for none before.
            if p.reacting and r.next_reaction == day + p.patience_days:
                put_down(agenda.reactions, r.next_reaction, b)


@step
def cohort_bounds(agenda: Agenda, p: Record, day: int) -> tuple[int, int]:
    """Return the places of the cohort whose evaluations end today; none before the first can have ended."""
    started = day - p.duration_days
    if started < 0:
        return 0, 0
    cohort = started % p.period_days
    return agenda.places[due_place(p, cohort, 0)], agenda.places[due_place(p, cohort + 1, 0)]


@step
def evaluate_cohort(s: State, agenda: Agenda, p: Record, day: int) -> None:
    """Phase 2."""
    begin, end = cohort_bounds(agenda, p, day)
    for b in range(begin, end):
        evaluate(s.borrowers[b], s.holds, s.counts, p, s.events, day)


@step
def grant_wishes(s: State, agenda: Agenda, p: Record, day: int) -> None:
    """Phase 5: draws."""
    crew, batch = agenda.crew, agenda.batch
    u, u_next = batch.u[0], batch.u[1]
    following = agenda.wishes.first[day]
    while following != END:
        together = 0
        while following != END and together < TOGETHER:
            r = s.borrowers[following]
            batch.entities[together] = r.borrower
            batch.indices[together] = r.wishes
            crew[together] = following
            together += 1
            following = agenda.wishes.following[following]
        draw_many(p.seed, p.replication, WISH, together, batch.entities, batch.indices, u)
        for k in range(together):
            batch.indices[k] += 1
        draw_many(p.seed, p.replication, WISH, together, batch.entities, batch.indices, u_next)
        for k in range(together):
            b = crew[k]
            numbers = numbers_of(batch, 0, k)
            next_wish = have_wish(
                s.aside, s.loans, s.loan_keys, p, s.events, s.borrowers[b], day, numbers, u_next[0, k]
            )
            put_down(agenda.wishes, next_wish, b)


@step
def react_to_holds(s: State, agenda: Agenda, p: Record, day: int) -> None:
    """Phase 5: reactions."""
    following = agenda.reactions.first[day]
    while following != END:
        b = following
        following = agenda.reactions.following[b]
        put_down(agenda.reactions, react(s.borrowers[b], s.holds, s.counts, p, s.events, day), b)


@step
def room_for(s: State, agenda: Agenda, p: Record, day: int) -> tuple[int, int, int, int]:
    """Return for how many records of loans, loan keys, holds and events a day needs room."""
    payers = agenda.payments.number[day]
    for cohort in range(p.period_days):
        k = due_place(p, cohort, day % p.cycle_days)
        payers += agenda.places[k + 1] - agenda.places[k]
    first, last = cohort_bounds(agenda, p, day)
    begins = 0
    ends = 0
    for k in range(p.occurrences):
        begins += s.occurrences[k].start == day
        ends += s.occurrences[k].end == day
    loans, keys, holds, events = most_records(
        s.platform, len(s.borrowers), payers, last - first, agenda.wishes.number[day], begins, ends
    )
    return p.loans_used + loans, p.loans_opened + keys, p.holds_used + holds, p.events_used + events


@step
def has_room(s: State, agenda: Agenda, p: Record, day: int) -> bool:
    """Return whether the arrays have room for all that a day can bring."""
    loans, keys, holds, events = room_for(s, agenda, p, day)
    return (
        loans <= len(s.loans)
        and (p.reusing or keys <= len(s.loan_keys))
        and holds <= len(s.holds)
        and (not p.logging or events <= len(s.events))
    )


@transition
def run_days(s: State, agenda: Agenda, first: int, last: int) -> int:
    """Simulate days ``first`` .. ``last - 1``, or as many of them as there is room for.

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
    p = s.platform[0]
    for day in range(first, last):
        if not has_room(s, agenda, p, day):
            return day
        change_shocks(s, p, day)
        collect_payments(s, agenda, p, day)
        evaluate_cohort(s, agenda, p, day)
        work_desk(s.borrowers, s.holds, s.counts, s.platform, s.events, s.reviewers, day)
        fund(s.borrowers, s.holds, s.counts, s.platform, s.events, s.facilities, day)
        grant_wishes(s, agenda, p, day)
        react_to_holds(s, agenda, p, day)
        record_day(s.platform, s.daily, day)
    return last


@transition
def room_of_day(s: State, agenda: Agenda, day: int) -> tuple[int, int, int, int]:
    """Return what `room_for` does, for the driver, which finds the room."""
    return room_for(s, agenda, s.platform[0], day)


def run(setting: Setting, seed: int, replication: int, tick: Callable[[int], object]) -> State:
    """Simulate a platform from its first day to its horizon.

    Parameters
    ----------
    setting : Setting
    seed, replication : int
        The key of the random numbers.
    tick : callable
        Called now and then, with the number of days simulated since the last call.

    Returns
    -------
    State
        At the horizon.
    """
    horizon = setting.scenario.horizon_days
    agenda = empty_agenda(setting.scenario, setting.borrowers)
    order_by_cohort(agenda, setting.platform, setting.book, seed, replication)
    state = begin(setting, agenda.ids, seed, replication)
    first_entries(agenda, state.borrowers)
    days_per_call = max(1, BORROWER_DAYS_PER_CALL // setting.borrowers)
    day = 0
    while day < horizon:
        reached = run_days(state, agenda, day, min(day + days_per_call, horizon))
        tick(reached - day)
        if reached == day:
            state = with_room_for(state, agenda, day)
        day = reached
    censor(state.borrowers, state.holds, state.counts, state.platform)
    return state


def with_room_for(state: State, agenda: Agenda, day: int) -> State:
    """Return the state with room for all that a day can bring."""
    return state.with_room(day, *room_of_day(state, agenda, day))
