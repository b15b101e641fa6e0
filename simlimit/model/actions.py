"""What a user's own process may do: the transitions, one by one."""

from simlimit.model.compiling import transition
from simlimit.model.demand import draw
from simlimit.model.limits import lower_limit, raise_limit
from simlimit.model.repayment import prepay
from simlimit.model.state import ACT, MANUAL, NEVER, NONE, Records


@transition
def draw_now(
    borrowers: Records, loans: Records, platform: Records, events: Records, b: int, day: int, amount: int
) -> None:
    """Let a borrower draw ``amount`` cents of what is available."""
    draw(borrowers, loans, platform[0], events, b, day, amount)


@transition
def repay_early_now(
    borrowers: Records, loans: Records, holds: Records, platform: Records, events: Records, b: int, day: int
) -> None:
    """Let a borrower who is not past due repay the oldest loan, if there is one."""
    r = borrowers[b]
    if r.first_loan != NONE and r.oldest_due == NEVER:
        prepay(borrowers, loans, holds, platform[0], events, b, day)


@transition
def set_limit_now(
    borrowers: Records, holds: Records, platform: Records, events: Records, b: int, day: int, limit: int
) -> None:
    """Set a limit, in cents: a fall at once, a rise as a raise."""
    if limit < borrowers[b].limit:
        lower_limit(borrowers, holds, platform[0], events, b, day, ACT, limit, MANUAL)
    elif limit > borrowers[b].limit:
        raise_limit(borrowers, holds, platform[0], events, b, day, limit)
