"""Policy and market shocks (phase 0)."""

from simlimit.model.compiling import step, transition
from simlimit.model.holds import charge
from simlimit.model.ledger import log
from simlimit.model.limits import close, lower_limit
from simlimit.model.state import (
    CANCELLATION,
    CAP,
    FREEZE,
    FUNDING,
    LIMIT_CUT,
    LIQUIDITY_SQUEEZE,
    NO_LOAN,
    NONE,
    POLICY,
    QUEUED,
    SHOCK_BEGIN,
    SHOCK_END,
    SHOCKS,
    TIGHTENING,
    WATCH_LIST,
    Record,
    Records,
    share,
)


@step
def freeze(borrowers: Records, holds: Records, p: Record, b: int, day: int) -> None:
    """Let a borrower's queued holds stand at the policy gate."""
    r = borrowers[b]
    r.freezes += 1
    if r.freezes > 1:
        return
    p.frozen += 1
    h = r.first_hold
    while h != NONE:
        if holds[h].stage == QUEUED:
            charge(holds[h], day, POLICY)
            p.funding_queue -= 1
        h = holds[h].next


@step
def thaw(borrowers: Records, holds: Records, p: Record, b: int, day: int) -> None:
    """Let a borrower's queued holds stand at the funding gate again, when its last freeze ends."""
    r = borrowers[b]
    r.freezes -= 1
    if r.freezes > 0:
        return
    p.frozen -= 1
    h = r.first_hold
    while h != NONE:
        if holds[h].stage == QUEUED:
            charge(holds[h], day, FUNDING)
            p.funding_queue += 1
        h = holds[h].next


@step
def strike(
    borrowers: Records, holds: Records, p: Record, events: Records, b: int, day: int, kind: int, size: int
) -> None:
    """Apply the begin of a shock to a borrower it covers."""
    r = borrowers[b]
    if kind == FREEZE:
        freeze(borrowers, holds, p, b, day)
    elif kind == TIGHTENING:
        r.tightened += size
    elif kind == WATCH_LIST:
        r.watches += 1
    elif kind == LIMIT_CUT:
        lower_limit(borrowers, holds, p, events, b, day, SHOCKS, r.limit - share(r.limit, size), kind)
    elif kind == CAP:
        r.cap = min(r.cap, size)
        lower_limit(borrowers, holds, p, events, b, day, SHOCKS, size, kind)
    elif kind == CANCELLATION:
        close(borrowers, holds, p, events, b, day, SHOCKS, kind)


@transition
def begin_shock(
    borrowers: Records, holds: Records, platform: Records, events: Records, covered: Records,
    day: int, kind: int,
    size: int,
) -> None:  # fmt: skip
    """Begin a shock.

    Parameters
    ----------
    borrowers, holds, platform, events : record arrays
        The state.
    covered : array of bool
        Whether it covers each borrower.
    day : int
        Today.
    kind : int
        One of the codes FREEZE .. CANCELLATION.
    size : int
        Basis points, or cents for a cap.
    """
    p = platform[0]
    log(events, p, day, SHOCKS, SHOCK_BEGIN, NONE, NO_LOAN, NONE, 0, kind)
    if kind == LIQUIDITY_SQUEEZE:
        p.squeezes += size
        return
    for b in range(len(borrowers)):
        if covered[b]:
            strike(borrowers, holds, p, events, b, day, kind, size)


@transition
def end_shock(
    borrowers: Records, holds: Records, platform: Records, events: Records, covered: Records,
    day: int, kind: int,
    size: int,
) -> None:  # fmt: skip
    """End a shock; the parameters are those with which it began."""
    p = platform[0]
    log(events, p, day, SHOCKS, SHOCK_END, NONE, NO_LOAN, NONE, 0, kind)
    if kind == LIQUIDITY_SQUEEZE:
        p.squeezes -= size
        return
    for b in range(len(borrowers)):
        if covered[b]:
            if kind == FREEZE:
                thaw(borrowers, holds, p, b, day)
            elif kind == TIGHTENING:
                borrowers[b].tightened -= size
            elif kind == WATCH_LIST:
                borrowers[b].watches -= 1
