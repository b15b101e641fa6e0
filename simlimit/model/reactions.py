"""Borrowers react (phase 5): whoever has lost its patience appeals, looks for another lender, or waits.

A borrower knows the next day on which one of its open holds reaches its patience, so that nobody looks in
vain but where a hold has ended meanwhile.
"""

from simlimit.model.compiling import rare, step, transition
from simlimit.model.holds import go_to_desk
from simlimit.model.ledger import log
from simlimit.model.levers import APPEAL, DELEVERAGE, EDUCATION, TRANSPARENCY, pull
from simlimit.model.randomness import REACT, uniforms
from simlimit.model.state import (
    ACT,
    APPEALED,
    END,
    EVALUATION,
    HEARD,
    IN_APPEAL,
    IN_VAIN,
    LENDER_FOUND,
    NEVER,
    NO_CAUSE,
    NO_LOAN,
    NONE,
    OVERDUE,
    WAITING,
    Record,
    Records,
    is_raise,
    left,
)


@step
def would_be_heard(r: Record, hold: Record) -> bool:
    """Return whether the desk can help a hold: it waits for an evaluation, and nothing is overdue."""
    return hold.stage == WAITING and hold.cause != OVERDUE and r.oldest_due == NEVER


@step
def appeal_chance(r: Record, p: Record, day: int, heard: bool) -> float:
    """Return how likely a borrower appeals about a hold."""
    chance = p.appeal_share + (1.0 - p.appeal_share) * pull(r, p, day, APPEAL)
    if not heard:
        chance *= 1.0 - pull(r, p, day, TRANSPARENCY)
    return chance


@step
def search_chance(r: Record, p: Record, day: int, hold: Record) -> float:
    """Return how likely a borrower looks for another lender because of a hold."""
    chance = (
        p.lender_share
        * (1.0 - pull(r, p, day, APPEAL))
        * (1.0 - pull(r, p, day, DELEVERAGE))
        * (1.0 - pull(r, p, day, EDUCATION))
    )
    if hold.stage == WAITING and hold.cause == EVALUATION:
        chance *= 1.0 - pull(r, p, day, TRANSPARENCY)
    return chance


@step
def appeal(
    r: Record, holds: Records, counts: Records, p: Record, events: Records, h: int, day: int, heard: bool
) -> None:
    """Let a borrower appeal about a hold: to the desk, or in vain."""
    hold = holds[h]
    fate = HEARD if heard else IN_VAIN
    log(events, p, day, ACT, APPEALED, r.borrower, hold.origin, hold.instalment, left(hold), fate)
    p.appeals += 1
    if heard:
        go_to_desk(r, holds, counts, p, h, day, IN_APPEAL)
    else:
        p.appeals_in_vain += 1


@step
def find_lender(r: Record, p: Record, events: Records, day: int) -> None:
    """Let a borrower find another lender, unless it has the most it looks for."""
    if r.lenders < p.most_lenders:
        r.lenders += 1
        p.lenders += 1
        log(events, p, day, ACT, LENDER_FOUND, r.borrower, NO_LOAN, NONE, 0, NO_CAUSE)


@rare
def react(r: Record, holds: Records, counts: Records, p: Record, events: Records, day: int) -> int:
    """Let a borrower react to those of its holds that reach its patience; return the next day of any."""
    searches = False
    r.next_reaction = NEVER
    h = r.first_hold
    while h != END:
        hold = holds[h]
        following = hold.next
        on = hold.repaid_at + p.patience_days
        if is_raise(hold) or on < day:
            pass
        elif on > day:
            r.next_reaction = min(int(r.next_reaction), on)
        else:
            index = int(hold.instalment) & 0xFFFF
            u = uniforms(p.seed, p.replication, REACT, r.borrower, hold.origin, index)[0]
            heard = would_be_heard(r, hold)
            if u < appeal_chance(r, p, day, heard):
                appeal(r, holds, counts, p, events, h, day, heard)
            elif u >= 1.0 - search_chance(r, p, day, hold):
                searches = True
        h = following
    if searches:
        find_lender(r, p, events, day)
    return int(r.next_reaction)


@transition
def react_to_holds(
    borrowers: Records, holds: Records, counts: Records, platform: Records, events: Records, day: int
) -> None:
    """Let all borrowers react to those of their holds that reach their patience today.

    Parameters
    ----------
    borrowers, holds, counts, platform, events : record arrays
        The state.
    day : int
        Today.
    """
    p = platform[0]
    for b in range(len(borrowers)):
        if borrowers[b].next_reaction == day:
            react(borrowers[b], holds, counts, p, events, day)
