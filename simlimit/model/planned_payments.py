"""Whoever plans (a lever) pays a due-cycle ahead, at the data cut-off of its own evaluation."""

from simlimit.model import clock, levers, streams
from simlimit.model.compiling import rare, step
from simlimit.model.randomness import uniforms
from simlimit.model.records import NEVER, Record
from simlimit.model.state import State


@rare
def planned_day(s: State, r: Record, due: int, cycle: int) -> int:
    """Return the day for which a borrower plans to pay the due-cycle that falls due on a day, or NEVER."""
    if not levers.takes_up(r, levers.PLAN) or r.oldest_due != NEVER:
        return NEVER
    lag = (due + s.evaluation.cutoff_days - r.evaluation_day) % s.evaluation.period_days
    day = due - lag
    earliest = max(r.present_from, s.levers.start[levers.PLAN], r.evaluation_day - s.evaluation.cutoff_days)
    if lag == 0 or lag >= s.product.cycle_days or day < earliest:
        return NEVER
    u = uniforms(s.run, streams.LEVER, r.borrower, levers.PLAN, 1 + cycle)[0]
    return day if u < s.levers.strength[levers.PLAN] else NEVER


@step
def cycle_at_stake(s: State, r: Record) -> int:
    """Return the due-cycle about which it is decided today: on a planned day the next one.

    Whoever acts on a day that is not its due day, and is not past due, does so by plan.
    """
    cycle = clock.due_cycle(s, r)
    if s.levers.planning and r.oldest_due == NEVER and clock.days_since_due(s, r) > 0:
        cycle += 1
    return cycle
