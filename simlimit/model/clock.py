"""Where a day stands in the cycle of due days and in the period of evaluations.

It is computed once a day, so that nothing about a borrower needs a division.
"""

from simlimit.model.compiling import step
from simlimit.model.records import Record
from simlimit.model.state import State

# Days of a month of the economy.
MONTH = 30


@step
def turn_to(s: State, day: int) -> None:
    """Set where a day stands, phase 0 of which comes next."""
    s.clock.cycle = day // s.product.cycle_days
    s.clock.cycle_day = day % s.product.cycle_days
    s.clock.period_day = day % s.evaluation.period_days
    s.clock.economy = s.economy_factors[day // MONTH]


@step
def due_cycle(s: State, r: Record) -> int:
    """Return the number of a borrower's due-cycle today: its due day is today or was the last before."""
    return s.clock.cycle if s.clock.cycle_day >= r.due_day else s.clock.cycle - 1


@step
def days_since_due(s: State, r: Record) -> int:
    """Return the days since a borrower's due day, 0 .. cycle_days - 1."""
    days = s.clock.cycle_day - r.due_day
    return days if days >= 0 else days + s.product.cycle_days


@step
def days_since_start(s: State, r: Record, ago: int) -> int:
    """Return the days from the last start of an evaluation of a borrower to ``ago`` (0 or 1) days ago."""
    days = s.clock.period_day - ago - r.evaluation_day
    return days if days >= 0 else days + s.evaluation.period_days
