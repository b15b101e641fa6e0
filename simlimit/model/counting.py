"""What every run counts: where repaid amounts stand at each age, and what waiting costs a borrower.

Counts by age are of repayment holds from the end of the warm-up on, exact, in holds and in cents. A
stay at a gate is counted where it begins and taken back where it ends, so that a stay of any length
costs the same; summing over ages gives what stands at each age.
"""

from simlimit.model.compiling import step
from simlimit.model.state import (
    NEVER,
    Record,
    Records,
    is_raise,
    left,
)


@step
def ages(p: Record) -> int:
    """Return how many ages a hold can have: 0 days to the horizon, from the end of the warm-up."""
    return p.horizon - p.warmup_days + 1


@step
def count_row(r: Record, p: Record, hold: Record, age: int) -> int:
    """Return the place of the count of a hold's region, follow-up and age."""
    followed = 1 if hold.repaid_at <= p.last_followed else 0
    return (2 * r.region + followed) * ages(p) + age


@step
def is_counted(p: Record, hold: Record) -> bool:
    """Return whether a hold is of a repayment from the end of the warm-up on."""
    return hold.repaid_at >= p.warmup_days and not is_raise(hold)


@step
def count_stay(r: Record, hold: Record, counts: Records, p: Record, day: int) -> None:
    """Count the days since the last change of a hold, up to yesterday, at the gate where it stood."""
    if is_raise(hold):
        return
    cents = left(hold)
    r.held_days += cents * max(0, day - max(hold.since, p.warmup_days))
    if is_counted(p, hold):
        begin = counts[count_row(r, p, hold, hold.since - hold.repaid_at)]
        end = counts[count_row(r, p, hold, day - hold.repaid_at)]
        begin.holds[hold.cause] += 1
        begin.cents[hold.cause] += cents
        end.holds[hold.cause] -= 1
        end.cents[hold.cause] -= cents


@step
def count_cents(r: Record, hold: Record, counts: Records, p: Record, day: int, what: int, cents: int) -> None:
    """Count an amount that is forfeited at a hold's present age, while the rest of the hold lives on."""
    if is_counted(p, hold):
        counts[count_row(r, p, hold, day - hold.repaid_at)].cents[what] += cents


@step
def count_end(r: Record, hold: Record, counts: Records, p: Record, day: int, what: int, cents: int) -> None:
    """Count a hold that is released, forfeited or pending at its present age, with an amount."""
    if is_counted(p, hold):
        age = count_row(r, p, hold, day - hold.repaid_at)
        counts[age].holds[what] += 1
        counts[age].cents[what] += cents


@step
def note_limit(r: Record, p: Record, day: int) -> None:
    """Note since when a borrower cannot draw although its line has room, after whatever moves either."""
    without = r.available < p.min_draw and r.outstanding < r.limit
    if without and r.no_limit_since == NEVER:
        r.no_limit_since = day
    elif not without:
        end_note(r, p, day)


@step
def end_note(r: Record, p: Record, day: int) -> None:
    """Count the days up to yesterday on which a borrower could not draw although its line had room."""
    if r.no_limit_since != NEVER:
        r.no_limit_days += max(0, day - max(r.no_limit_since, p.warmup_days))
        r.no_limit_since = NEVER
