"""The book changes (phase 0): borrowers arrive, and leave when they owe nothing and wait for nothing."""

import math

from simlimit.model import causes, counting, demand, evaluation, events, phases, shocks
from simlimit.model.compiling import rare, step, transition
from simlimit.model.ledger import line_of, log
from simlimit.model.records import ABSENT, END, NEVER, Record
from simlimit.model.state import State


@step
def set_presence(s: State, r: Record, u: float) -> None:
    """Set the days of a borrower's arrival and exit; one who arrives is absent until then."""
    k = r.borrower - (len(s.borrowers) - len(s.arrivals))
    if k >= 0:
        s.arrivals[k].place = r.place
        r.present_from = s.arrivals[k].day
        r.closed = ABSENT
    r.present_until = s.run.horizon
    if s.population.exits_per_year > 0.0:
        stay = int(min(demand.LONGEST_GAP, -math.log(u) * 365 / s.population.exits_per_year))
        r.present_until = min(s.run.horizon, r.present_from + stay)


@step
def await_arrival(r: Record) -> None:
    """Set what a borrower is until it arrives: without a limit, which its highest limit keeps."""
    r.last_decision = r.present_from
    r.last_draw = r.present_from - evaluation.RECENT_DRAW_DAYS
    r.outstanding = r.limit = r.available = 0


@step
def join_book(s: State, r: Record, day: int) -> None:
    """Count a borrower who is there from a day on."""
    counting.count_no_limit(s, r, day)
    s.today.borrowers += 1
    s.today.outstanding += r.outstanding
    s.today.available += r.available
    s.today.lenders += r.lenders


@step
def arrive(s: State, day: int) -> None:
    """Let those arrive whose day it is."""
    s.clock.phase = phases.SHOCKS
    while s.totals.arrived < len(s.arrivals) and s.arrivals[s.totals.arrived].day == day:
        r = s.borrowers[s.arrivals[s.totals.arrived].place]
        s.totals.arrived += 1
        s.today.arrivals += 1
        r.closed = 0
        r.limit = r.highest
        r.standing = evaluation.standing(s, r, day)
        shocks.join_shocks(s, r, day)
        r.highest = r.available = r.limit
        join_book(s, r, day)
        log(s, day, events.ARRIVAL, line_of(r), r.limit, causes.NONE)


@rare
def leave(s: State, r: Record, day: int) -> int:
    """Let a borrower leave who wants to, if it can; return the next day on which it may, or NEVER.

    A loan ends on a day of payment at the earliest.
    """
    if r.closed & ABSENT:
        return NEVER
    if r.loans > 0:
        return r.next_payment + 1
    if r.first_hold != END:
        return day + 1
    log(s, day, events.EXIT, line_of(r), r.limit, causes.NONE)
    s.today.exits += 1
    s.today.borrowers -= 1
    s.today.available -= r.available
    s.today.lenders -= r.lenders
    s.today.flagged -= r.flagged
    s.today.frozen -= r.freezes > 0
    s.details[r.place].left_at = day
    r.closed |= ABSENT
    r.limit = r.available = 0
    return NEVER


@transition
def change_book(s: State, day: int) -> None:
    """Let borrowers arrive and leave today, whose days those are."""
    arrive(s, day)
    for b in range(len(s.borrowers)):
        if s.borrowers[b].present_until <= day:
            leave(s, s.borrowers[b], day)
