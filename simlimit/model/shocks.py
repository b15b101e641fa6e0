"""Policy and market shocks (phase 0)."""

from simlimit.model.compiling import step, transition
from simlimit.model.holds import charge
from simlimit.model.ledger import log
from simlimit.model.limits import close, lower_limit
from simlimit.model.state import (
    CANCELLATION,
    CAP,
    END,
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
def freeze(r: Record, holds: Records, counts: Records, p: Record, day: int) -> None:
    """Let a borrower's queued holds stand at the policy gate."""
    r.freezes += 1
    if r.freezes > 1:
        return
    p.frozen += 1
    h = r.first_hold
    while h != END:
        if holds[h].stage == QUEUED:
            charge(r, holds[h], counts, p, day, POLICY)
            p.funding_queue -= 1
        h = holds[h].next


@step
def thaw(r: Record, holds: Records, counts: Records, p: Record, day: int) -> None:
    """Let a borrower's queued holds stand at the funding gate again, when its last freeze ends."""
    r.freezes -= 1
    if r.freezes > 0:
        return
    p.frozen -= 1
    h = r.first_hold
    while h != END:
        if holds[h].stage == QUEUED:
            charge(r, holds[h], counts, p, day, FUNDING)
            p.funding_queue += 1
        h = holds[h].next


@step
def strike(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int,
    kind: int, size: int,
) -> None:  # fmt: skip
    """Apply the begin of a shock to a borrower it covers."""
    if kind == FREEZE:
        freeze(r, holds, counts, p, day)
    elif kind == TIGHTENING:
        r.tightened += size
    elif kind == WATCH_LIST:
        r.watches += 1
    elif kind == LIMIT_CUT:
        lower_limit(r, holds, counts, p, events, day, SHOCKS, r.limit - share(r.limit, size), kind)
    elif kind == CAP:
        r.cap = min(r.cap, size)
        lower_limit(r, holds, counts, p, events, day, SHOCKS, size, kind)
    elif kind == CANCELLATION:
        close(r, holds, counts, p, events, day, SHOCKS, kind)


@step
def recede(r: Record, holds: Records, counts: Records, p: Record, day: int, kind: int, size: int) -> None:
    """Apply the end of a shock to a borrower it covers."""
    if kind == FREEZE:
        thaw(r, holds, counts, p, day)
    elif kind == TIGHTENING:
        r.tightened -= size
    elif kind == WATCH_LIST:
        r.watches -= 1


@step
def covers(shock: Record, regions: Records, r: Record) -> bool:
    """Return whether a shock that begins now covers a borrower."""
    return regions[r.region] and r.score < shock.score_below


@transition
def begin_shock(
    borrowers: Records, holds: Records, counts: Records, platform: Records, events: Records,
    shock: Records, regions: Records, covered: Records, day: int,
) -> None:  # fmt: skip
    """Begin a shock.

    Parameters
    ----------
    borrowers, holds, counts, platform, events : record arrays
        The state.
    shock : array of one SHOCK record
    regions : array of bool
        Whether it covers each region.
    covered : array of bool
        Set to whether it covers each borrower.
    day : int
        Today.
    """
    p = platform[0]
    s = shock[0]
    log(events, p, day, SHOCKS, SHOCK_BEGIN, NONE, NO_LOAN, NONE, 0, s.kind)
    if s.kind == LIQUIDITY_SQUEEZE:
        p.squeezes += s.strength
        return
    for b in range(len(borrowers)):
        covered[b] = covers(s, regions, borrowers[b])
        if covered[b]:
            strike(borrowers[b], holds, counts, p, events, day, s.kind, s.strength)


@transition
def end_shock(
    borrowers: Records, holds: Records, counts: Records, platform: Records, events: Records,
    shock: Records, covered: Records, day: int,
) -> None:  # fmt: skip
    """End a shock; ``covered`` says whom it covers since it began."""
    p = platform[0]
    s = shock[0]
    log(events, p, day, SHOCKS, SHOCK_END, NONE, NO_LOAN, NONE, 0, s.kind)
    if s.kind == LIQUIDITY_SQUEEZE:
        p.squeezes -= s.strength
        return
    for b in range(len(borrowers)):
        if covered[b]:
            recede(borrowers[b], holds, counts, p, day, s.kind, s.strength)
