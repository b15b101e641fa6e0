"""The line itself: falls, raises, closing."""

from simlimit.model.compiling import rare
from simlimit.model.counting import note_limit
from simlimit.model.holds import forfeit, join_queue, open_hold
from simlimit.model.ledger import log
from simlimit.model.state import (
    CUT,
    NO_LOAN,
    NONE,
    RAISE,
    WITHDRAW,
    Record,
    Records,
    left,
    share,
)


@rare
def lower_limit(
    r: Record, holds: Records, counts: Records, p: Record, events: Records,
    day: int, phase: int, limit: int, cause: int,
) -> None:  # fmt: skip
    """Let a limit fall: the room goes from what is available, then from holds, the latest opened first."""
    if limit >= r.limit:
        return
    take = max(r.limit, r.outstanding) - max(limit, r.outstanding)
    log(events, p, day, phase, CUT, r.borrower, NO_LOAN, NONE, r.limit - limit, cause)
    r.limit = limit
    withdrawn = min(r.available, take)
    if withdrawn > 0:
        r.available -= withdrawn
        p.available -= withdrawn
        p.headroom += share(withdrawn, p.reserve_share)
        log(events, p, day, phase, WITHDRAW, r.borrower, NO_LOAN, NONE, withdrawn, cause)
        take -= withdrawn
    h = r.first_hold
    while take > 0:
        following = holds[h].next
        part = min(left(holds[h]), take)
        forfeit(r, holds, counts, p, events, h, day, phase, part, cause)
        take -= part
        h = following
    note_limit(r, p, day)


@rare
def close(
    r: Record, holds: Records, counts: Records, p: Record, events: Records,
    day: int, phase: int, cause: int,
) -> None:  # fmt: skip
    """Close a line: limit 0, no more evaluations and draws."""
    lower_limit(r, holds, counts, p, events, day, phase, 0, cause)
    r.closed = 1


@rare
def raise_limit(
    r: Record, holds: Records, counts: Records, p: Record, events: Records,
    day: int, phase: int, limit: int, cause: int,
) -> None:  # fmt: skip
    """Raise a limit at once; the room it makes is a hold that only freezes and funding can delay."""
    room = max(limit, r.outstanding) - max(r.limit, r.outstanding)
    log(events, p, day, phase, RAISE, r.borrower, NO_LOAN, NONE, limit - r.limit, cause)
    r.limit = limit
    if room > 0:
        r.raise_pending = 1
        h = open_hold(r, holds, p, day, room, NO_LOAN, NONE)
        holds[h].approved_at = day
        join_queue(r, holds, counts, p, h, day)
    note_limit(r, p, day)
