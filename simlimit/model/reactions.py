"""Borrowers react (phase 5): whoever has lost its patience appeals, looks for another lender, or waits.

A borrower knows the next day on which one of its open holds reaches its patience, so that nobody looks in
vain but where a hold has ended meanwhile.
"""

from simlimit.model import causes, events, holds, levers, phases, stages, streams
from simlimit.model.compiling import rare, step, transition
from simlimit.model.ledger import hold_of, line_of, log
from simlimit.model.randomness import uniforms
from simlimit.model.records import END, NEVER, Record
from simlimit.model.state import State, is_raise, left


@step
def would_be_heard(r: Record, hold: Record) -> bool:
    """Return whether the desk can help a hold: it waits for an evaluation, and nothing is overdue."""
    return hold.stage == stages.WAITING and hold.cause != causes.OVERDUE and r.oldest_due == NEVER


@step
def appeal_chance(s: State, r: Record, day: int, heard: bool) -> float:
    """Return how likely a borrower appeals about a hold."""
    chance = s.reaction.appeal_share + (1.0 - s.reaction.appeal_share) * levers.pull(s, r, day, levers.APPEAL)
    if not heard:
        chance *= 1.0 - levers.pull(s, r, day, levers.TRANSPARENCY)
    return chance


@step
def search_chance(s: State, r: Record, day: int, hold: Record) -> float:
    """Return how likely a borrower looks for another lender because of a hold."""
    chance = s.reaction.lender_share
    for kind in (levers.APPEAL, levers.DELEVERAGE, levers.EDUCATION):
        chance *= 1.0 - levers.pull(s, r, day, kind)
    if hold.stage == stages.WAITING and hold.cause == causes.EVALUATION:
        chance *= 1.0 - levers.pull(s, r, day, levers.TRANSPARENCY)
    return chance


@step
def appeal(s: State, r: Record, h: int, day: int, heard: bool) -> None:
    """Let a borrower appeal about a hold: to the desk, or in vain."""
    hold = s.holds[h]
    fate = causes.HEARD if heard else causes.IN_VAIN
    log(s, day, events.APPEAL, hold_of(r, hold), left(hold), fate)
    s.today.appeals += 1
    if heard:
        holds.go_to_desk(s, r, h, day, stages.IN_APPEAL)
    else:
        s.today.appeals_in_vain += 1


@step
def find_lender(s: State, r: Record, day: int) -> None:
    """Let a borrower find another lender, unless it has the most it looks for."""
    if r.lenders < s.reaction.most_lenders:
        r.lenders += 1
        s.today.lenders += 1
        log(s, day, events.LENDER_FOUND, line_of(r), 0, causes.NONE)


@rare
def react(s: State, r: Record, day: int) -> int:
    """Let a borrower react to those of its holds that reach its patience; return the next day of any."""
    searches = False
    r.next_reaction = NEVER
    h = r.first_hold
    while h != END:
        hold = s.holds[h]
        following = hold.next
        on = hold.repaid_at + s.reaction.patience_days
        if is_raise(hold) or on < day:
            pass
        elif on > day:
            r.next_reaction = min(int(r.next_reaction), on)
        else:
            index = int(hold.instalment) & 0xFFFF
            u = uniforms(s.run, streams.REACT, r.borrower, hold.origin, index)[0]
            heard = would_be_heard(r, hold)
            if u < appeal_chance(s, r, day, heard):
                appeal(s, r, h, day, heard)
            elif u >= 1.0 - search_chance(s, r, day, hold):
                searches = True
        h = following
    if searches:
        find_lender(s, r, day)
    return int(r.next_reaction)


@transition
def react_all(s: State, day: int) -> None:
    """Let all borrowers react to those of their holds that reach their patience today."""
    s.clock.phase = phases.ACT
    for b in range(len(s.borrowers)):
        if s.borrowers[b].next_reaction == day:
            react(s, s.borrowers[b], day)
