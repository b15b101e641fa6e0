"""What a user's own process may do: the transitions, one by one."""

from simlimit.model.compiling import transition
from simlimit.model.counting import note_limit
from simlimit.model.demand import draw
from simlimit.model.limits import lower_limit, raise_limit
from simlimit.model.repayment import prepay
from simlimit.model.state import MANUAL, NEVER, Records


@transition
def draw_now(
    borrowers: Records, aside: Records, loans: Records, loan_keys: Records, platform: Records,
    events: Records, b: int, day: int, phase: int, amount: int,
) -> bool:  # fmt: skip
    """Let a borrower draw ``amount`` cents, unless it has drawn today; return whether it does."""
    p = platform[0]
    r = borrowers[b]
    if r.last_draw == day:
        return False
    draw(aside, loans, loan_keys, p, events, r, day, phase, amount)
    note_limit(r, p, day)
    return True


@transition
def repay_early_now(
    borrowers: Records, loans: Records, holds: Records, counts: Records, platform: Records, events: Records,
    b: int, day: int, phase: int,
) -> bool:  # fmt: skip
    """Let a borrower repay its oldest loan, if it has one and is not past due; return whether it does."""
    p = platform[0]
    r = borrowers[b]
    if r.loans == 0 or r.oldest_due != NEVER:
        return False
    prepay(r, loans, holds, counts, p, events, day, phase)
    note_limit(r, p, day)
    return True


@transition
def set_limit_now(
    borrowers: Records, holds: Records, counts: Records, platform: Records, events: Records, b: int,
    day: int, phase: int, limit: int,
) -> None:  # fmt: skip
    """Set a limit, in cents: a fall at once, a rise as a raise."""
    p = platform[0]
    r = borrowers[b]
    if limit < r.limit:
        lower_limit(r, holds, counts, p, events, day, phase, limit, MANUAL)
    elif limit > r.limit:
        raise_limit(r, holds, counts, p, events, day, phase, limit, MANUAL)
