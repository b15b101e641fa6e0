"""Where a day stands in the cycle of due days and in the period of evaluations.

The platform knows it of today, so that nothing about a borrower needs a division.
"""

from simlimit.model.compiling import step
from simlimit.model.state import Record


@step
def turn_to(p: Record, day: int) -> None:
    """Let a day be today."""
    p.cycle = day // p.cycle_days
    p.cycle_day = day % p.cycle_days
    p.period_day = day % p.period_days


@step
def due_cycle(r: Record, p: Record) -> int:
    """Return the number of a borrower's due-cycle today: its due day is today or was the last before."""
    return p.cycle if p.cycle_day >= r.due_day else p.cycle - 1


@step
def days_since_due(r: Record, p: Record) -> int:
    """Return the days since a borrower's due day, 0 .. cycle_days - 1."""
    days = p.cycle_day - r.due_day
    return days if days >= 0 else days + p.cycle_days


@step
def days_since_start(r: Record, p: Record, ago: int) -> int:
    """Return the days from the last start of an evaluation of a borrower to ``ago`` (0 or 1) days ago."""
    days = p.period_day - ago - r.evaluation_day
    return days if days >= 0 else days + p.period_days
