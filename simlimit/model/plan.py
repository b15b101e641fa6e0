"""Whoever plans (a lever) pays a due-cycle ahead, at the data cut-off of its own evaluation."""

from simlimit.model.clock import days_since_due, due_cycle
from simlimit.model.compiling import rare, step
from simlimit.model.levers import PLAN, takes_up
from simlimit.model.randomness import LEVER, uniforms
from simlimit.model.state import NEVER, Record


@rare
def planned_day(r: Record, p: Record, due: int, cycle: int) -> int:
    """Return the day for which a borrower plans to pay the due-cycle that falls due on a day, or NEVER."""
    if not takes_up(r, PLAN) or r.oldest_due != NEVER:
        return NEVER
    lag = (due + p.cutoff_days - r.evaluation_day) % p.period_days
    day = due - lag
    earliest = max(0, p.lever_from[PLAN], r.evaluation_day - p.cutoff_days)
    if lag == 0 or lag >= p.cycle_days or day < earliest:
        return NEVER
    u = uniforms(p.seed, p.replication, LEVER, r.borrower, PLAN, 1 + cycle)[0]
    return day if u < p.lever_strength[PLAN] else NEVER


@step
def cycle_at_stake(r: Record, p: Record) -> int:
    """Return the due-cycle about which it is decided today: on a planned day the next one.

    Whoever acts on a day that is not its due day, and is not past due, does so by plan.
    """
    cycle = due_cycle(r, p)
    if p.planning and r.oldest_due == NEVER and days_since_due(r, p) > 0:
        cycle += 1
    return cycle
