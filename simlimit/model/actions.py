"""The actions of a user's own process, a transition each; the phase is set before."""

from simlimit.model import causes
from simlimit.model.clearing import BY_PROCESS, note_good_day
from simlimit.model.compiling import transition
from simlimit.model.counting import count_no_limit
from simlimit.model.demand import draw
from simlimit.model.limits import lower_limit, raise_limit
from simlimit.model.records import NEVER
from simlimit.model.repayment import prepay
from simlimit.model.state import State


@transition
def draw_now(s: State, b: int, day: int, amount: int) -> bool:
    """Let a borrower draw ``amount`` cents, unless it has drawn today, leaves or is refused.

    Return whether it does.
    """
    r = s.borrowers[b]
    return r.last_draw != day and day < r.present_until and draw(s, r, day, amount)


@transition
def repay_early_now(s: State, b: int, day: int) -> bool:
    """Let a borrower repay its oldest loan, if it has one and is not past due; return whether it does."""
    r = s.borrowers[b]
    if r.loans == 0 or r.oldest_due != NEVER:
        return False
    note_good_day(s, r, day, day, BY_PROCESS)
    prepay(s, r, day)
    count_no_limit(s, r, day)
    return True


@transition
def set_limit_now(s: State, b: int, day: int, limit: int) -> None:
    """Set a limit, in cents: a fall at once, a rise as a raise."""
    r = s.borrowers[b]
    if limit < r.limit:
        lower_limit(s, r, day, limit, causes.MANUAL)
    elif limit > r.limit:
        raise_limit(s, r, day, limit, causes.MANUAL)
