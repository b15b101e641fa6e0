"""The line itself: falls, raises, closing."""

from simlimit.model import counting, events, holds
from simlimit.model.compiling import rare
from simlimit.model.ledger import line_of, log
from simlimit.model.money import share
from simlimit.model.records import CLOSED, NO_LOAN, NONE, Record
from simlimit.model.state import State, is_raise, left


@rare
def lower_limit(s: State, r: Record, day: int, limit: int, cause: int) -> None:
    """Let a limit fall: the money goes from what is available, then from holds, the latest opened first."""
    if limit >= r.limit:
        return
    more = -counting.lost(r)
    take = max(r.limit, r.outstanding) - max(limit, r.outstanding)
    log(s, day, events.CUT, line_of(r), r.limit - limit, cause)
    r.limit = limit
    withdrawn = min(r.available, take)
    if withdrawn > 0:
        r.available -= withdrawn
        s.today.available -= withdrawn
        s.today.headroom += share(withdrawn, s.funding.reserve_bp)
        log(s, day, events.WITHDRAW, line_of(r), withdrawn, cause)
        take -= withdrawn
    h = r.first_hold
    while take > 0:
        following = s.holds[h].next
        part = min(left(s.holds[h]), take)
        if not is_raise(s.holds[h]):
            more += part
        holds.forfeit(s, r, h, day, part, cause)
        take -= part
        h = following
    counting.count_lost(s, r, day, more + counting.lost(r))
    counting.count_no_limit(s, r, day)


@rare
def close(s: State, r: Record, day: int, cause: int) -> None:
    """Close a line: limit 0, no more evaluations and draws."""
    lower_limit(s, r, day, 0, cause)
    r.closed = CLOSED


@rare
def raise_limit(s: State, r: Record, day: int, limit: int, cause: int) -> None:
    """Raise a limit at once; what it adds is a hold that only freezes and funding can delay."""
    added = max(limit, r.outstanding) - max(r.limit, r.outstanding)
    log(s, day, events.RAISE, line_of(r), limit - r.limit, cause)
    r.limit = limit
    if added > 0:
        r.raise_pending = 1
        h = holds.open_hold(s, r, day, added, NO_LOAN, NONE)
        s.holds[h].approved_at = day
        holds.join_queue(s, r, h, day)
    else:
        holds.end_raise(r)
    counting.count_no_limit(s, r, day)
