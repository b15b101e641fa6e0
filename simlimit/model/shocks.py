"""Policy and market shocks (phase 0)."""

from simlimit.model import causes, counting, evaluation, events, holds, limits, phases, stages
from simlimit.model.compiling import rare, step, transition
from simlimit.model.ledger import line_of, log, subject_of
from simlimit.model.money import share
from simlimit.model.records import ABSENT, END, FAR_PAST, NO_LOAN, NONE, Record
from simlimit.model.state import State


@step
def move_queued(s: State, r: Record, day: int, cause: int) -> None:
    """Move a borrower's queued holds to the funding gate, or the policy gate: a freeze ends, or begins."""
    counting.count_no_limit(s, r, day)
    h = r.first_hold
    while h != END:
        if s.holds[h].stage == stages.QUEUED:
            holds.charge(s, r, h, day, cause)
            s.today.funding_queue += 1 if cause == causes.FUNDING else -1
        h = s.holds[h].next


@step
def freeze(s: State, r: Record, day: int, sign: int) -> None:
    """Begin a freeze of a borrower, or (sign -1) end one."""
    was_frozen = r.freezes > 0
    r.freezes = int(r.freezes) + sign
    if was_frozen != (r.freezes > 0):  # no other freezes the borrower
        s.today.frozen += sign
        move_queued(s, r, day, causes.POLICY if sign > 0 else causes.FUNDING)


@step
def press(s: State, r: Record, day: int, shock: Record, sign: int) -> None:
    """Add the effect of a lasting shock to a borrower it covers, or (of sign -1) take it away."""
    if shock.kind == causes.FREEZE:
        freeze(s, r, day, sign)
    elif shock.kind == causes.TIGHTENING:
        r.tightened += sign * shock.strength
    elif shock.kind == causes.WATCH_LIST:
        r.watches = int(r.watches) + sign
    elif shock.kind == causes.DOWNTURN:
        s.details[r.place].downturn += sign * shock.strength


@step
def cap_rises(s: State, r: Record, shock: Record) -> None:
    """Let no later rise lift a limit over a cap."""
    s.details[r.place].cap = min(s.details[r.place].cap, shock.strength) if r.capped else shock.strength
    r.capped = True


@step
def strike(s: State, r: Record, day: int, shock: Record) -> None:
    """Apply a shock that happens at once to a borrower it covers."""
    if shock.kind == causes.LIMIT_CUT:
        limits.lower_limit(s, r, day, r.limit - share(r.limit, shock.strength), shock.kind)
    elif shock.kind == causes.CAP:
        cap_rises(s, r, shock)
        limits.lower_limit(s, r, day, shock.strength, shock.kind)
    elif shock.kind == causes.CANCELLATION:
        limits.close(s, r, day, shock.kind)
    elif shock.kind == causes.AMNESTY and r.last_overdue != FAR_PAST:
        clear_record(s, r, day)


@rare
def clear_record(s: State, r: Record, day: int) -> None:
    """Clear the overdue record of a borrower; what is past due stays so."""
    r.last_overdue = FAR_PAST
    log(s, day, events.CLEARED, line_of(r), 0, causes.AMNESTY)
    if r.standing == causes.OVERDUE:
        r.standing = evaluation.standing(s, r, day)
        counting.count_no_limit(s, r, day)


@step
def covers(s: State, k: int, r: Record) -> bool:
    """Return whether an occurrence of a shock covers a borrower if it begins now."""
    i = s.occurrences[k].shock
    return bool(not r.closed & ABSENT and s.shock_regions[i, r.region] and r.score < s.shocks[i].score_below)


@step
def join_shocks(s: State, r: Record, day: int) -> None:
    """Let the lasting shocks that are under way cover a borrower who arrives, and all caps so far."""
    for k in range(len(s.occurrences)):
        one = s.occurrences[k]
        shock = s.shocks[one.shock]
        if one.start >= day or not covers(s, k, r):
            continue
        if shock.kind == causes.CAP:
            cap_rises(s, r, shock)
            r.limit = min(r.limit, shock.strength)
        elif one.end > day:
            s.covered[k, r.place] = True
            press(s, r, day, shock, 1)


@step
def announce(s: State, k: int, day: int, event: int, sign: int) -> Record:
    """Log that an occurrence of a shock begins, or ends (sign -1), and return the shock."""
    s.clock.phase = phases.SHOCKS
    shock = s.shocks[s.occurrences[k].shock]
    log(s, day, event, subject_of(NONE, NO_LOAN, NONE), 0, shock.kind)
    if shock.kind == causes.LIQUIDITY_SQUEEZE:
        s.totals.squeezes += sign * shock.strength
    elif shock.kind == causes.DOWNTURN:
        s.totals.downturns += sign
    return shock


@transition
def begin_shock(s: State, k: int, day: int) -> None:
    """Begin an occurrence of a shock, and note whom it covers.

    Parameters
    ----------
    s : State
    k : int
        Number of the occurrence.
    day : int
        Today.
    """
    shock = announce(s, k, day, events.SHOCK_BEGIN, 1)
    for b in range(len(s.borrowers)):
        r = s.borrowers[b]
        s.covered[k, b] = covers(s, k, r)
        if s.covered[k, b]:
            press(s, r, day, shock, 1)
            strike(s, r, day, shock)


@transition
def end_shock(s: State, k: int, day: int) -> None:
    """End an occurrence of a shock for all whom it covers since it began; arguments as in `begin_shock`."""
    shock = announce(s, k, day, events.SHOCK_END, -1)
    for b in range(len(s.borrowers)):
        if s.covered[k, b] and not s.borrowers[b].closed & ABSENT:
            press(s, s.borrowers[b], day, shock, -1)
