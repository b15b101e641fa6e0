"""What every run counts: where repaid amounts stand at each age, and what waiting costs a borrower.

Counts by age are exact, in holds and in cents, of repayment holds from the end of the warm-up on. A stay
at a gate adds 1 at the age at which it begins and takes 1 away at the age at which it ends. So a stay of
any length costs the same, and the running sum over ages is what stands at each age.
"""

from simlimit.model import causes
from simlimit.model.compiling import rare, step
from simlimit.model.records import COUNT_FORFEITED, COUNT_RELEASED, NEVER, Record
from simlimit.model.state import State, is_raise, left


@step
def count_row(s: State, r: Record, hold: Record) -> int:
    """Return the row in which a hold of its group and follow-up is counted."""
    return 2 * int(r.group) + (hold.repaid_at <= s.run.last_followed)


@step
def is_counted(s: State, hold: Record) -> bool:
    """Return whether a hold is counted: that of a repayment since the end of the warm-up."""
    return hold.repaid_at >= s.run.warmup_days and not is_raise(hold)


@step
def present_days(s: State, r: Record, first: int, end: int) -> int:
    """Return how many of some days are after the warm-up, and days on which a borrower counts as present."""
    return max(0, min(end, int(r.present_until)) - max(first, s.run.warmup_days))


@step
def count_stay(s: State, r: Record, hold: Record, day: int) -> None:
    """Count the days since the last change of a hold, up to yesterday, at the gate where it stood."""
    if is_raise(hold):
        return
    cents = left(hold)
    r.lost_days += cents * present_days(s, r, hold.since, day)
    if is_counted(s, hold):
        row = count_row(s, r, hold)
        begin = s.counts[row, hold.cause, hold.since - hold.repaid_at]
        end = s.counts[row, hold.cause, day - hold.repaid_at]
        begin.holds += 1
        begin.cents += cents
        end.holds -= 1
        end.cents -= cents


@step
def count_end(s: State, r: Record, hold: Record, day: int, what: int, cents: int) -> None:
    """Count an amount that is released, forfeited or pending at a hold's age, and the hold if it ends.

    A hold of which a part is forfeited stays open; released without that part, it counts as forfeited.
    """
    if is_counted(s, hold):
        row, age = count_row(s, r, hold), day - hold.repaid_at
        s.counts[row, what, age].cents += cents
        if what == COUNT_RELEASED and hold.forfeited > 0:
            s.counts[row, COUNT_FORFEITED, age].holds += 1
        elif what != COUNT_FORFEITED or left(hold) == 0:
            s.counts[row, what, age].holds += 1


@step
def lost(r: Record) -> int:
    """Return what a borrower has lost of its highest limit."""
    return max(0, r.highest - r.outstanding - r.available)


@step
def count_lost(s: State, r: Record, day: int, more: int) -> None:
    """Count that so much more is lost from today on, for all present days at once.

    What is held of repayments is counted with the holds. So this is needed only where what is lost changes
    otherwise: where a line falls, where one above its limit repays, and while a raise is pending.
    """
    r.lost_days += more * present_days(s, r, day, s.run.horizon)


@step
def why_blocked(s: State, r: Record, day: int) -> int:
    """Return the cause for which a line is blocked today, as things stand, or NONE."""
    if day - int(r.oldest_due) > s.limits.block_after:
        return causes.OVERDUE
    if s.limits.block_denied and r.standing != causes.CLEAR:
        return int(r.standing)
    frozen = s.limits.block_frozen and r.freezes > 0
    return causes.POLICY if frozen or r.blocks > 0 else causes.NONE


@rare
def count_blocked(s: State, r: Record, day: int) -> None:
    """Note since when a borrower cannot draw, and what it loses, where lines can be blocked.

    What is available is lost on a line that is blocked, or whose last draw the pool refused. If nothing
    changes, it is blocked once it is past due for too long.
    """
    r.lost_days += r.blocked * present_days(s, r, r.blocked_since, day)
    now = r.refused or why_blocked(s, r, day) != causes.NONE
    r.blockable = now or r.oldest_due != NEVER
    r.blocked_since = day if now else min(NEVER, int(r.oldest_due) + s.limits.block_after + 1)
    r.blocked = min(r.available, max(0, r.highest - r.outstanding))
    end_no_limit(s, r, day)
    if r.highest - r.outstanding >= s.product.min_draw:
        r.no_limit_since = day if r.available < s.product.min_draw else r.blocked_since


@step
def is_unusual(r: Record) -> bool:
    """Return whether there is anything about a line for which it can be blocked; most lines have nothing."""
    denied = r.standing != causes.CLEAR
    return r.blockable or r.refused or r.freezes > 0 or denied or r.oldest_due != NEVER


@step
def count_no_limit(s: State, r: Record, day: int) -> None:
    """Note since when a borrower cannot draw although its highest limit has room; after each change."""
    if s.limits.blocking and is_unusual(r):
        count_blocked(s, r, day)
    elif not r.available < s.product.min_draw <= r.highest - r.outstanding:
        end_no_limit(s, r, day)
    elif r.no_limit_since == NEVER:
        r.no_limit_since = day


@step
def end_no_limit(s: State, r: Record, day: int) -> None:
    """Count the days before today on which a borrower could not draw though its highest limit had room."""
    if r.no_limit_since != NEVER:
        r.no_limit_days += present_days(s, r, r.no_limit_since, day)
        r.no_limit_since = NEVER
