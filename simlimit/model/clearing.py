"""Clearing (docs/model.md 2.16): a payment may be good on a later day than that on which it is made."""

from simlimit.model import holds, phases, queues, stages, streams
from simlimit.model.compiling import step, transition
from simlimit.model.randomness import Numbers, uniforms
from simlimit.model.reading_ahead import read_ahead
from simlimit.model.records import END, Record
from simlimit.model.state import State

# Payments that one number tells apart: of a cycle; early after it; of a day, by a user's process.
INSTALMENTS, EARLY, BY_PROCESS = range(3)


@step
def good_day(s: State, day: int, u: Numbers) -> int:
    """Return the day on which a payment of today is good, by its numbers.

    Nobody knows these numbers: branches that depend on them would be guessed wrongly.
    """
    u_hour, u_clears, u_days, _ = u
    begin = day + (u_hour < s.product.after_cutoff_share)
    low = s.product.clearing_days[0]
    days = low + int(u_days * (s.product.clearing_days[1] - low + 1))
    days *= u_clears < s.product.clearing_share
    return int(s.opened[s.worked[begin] + days]) if s.calendar.clearing else begin + days


@step
def note_good_day(s: State, r: Record, day: int, number: int, kind: int) -> None:
    """Note when the payment that comes next is good; its number is that of its cycle, or today."""
    if s.product.clears:
        s.clock.good_at = good_day(s, day, uniforms(s.run, streams.CLEARING, r.borrower, number, kind))


@transition
def become_good(s: State, day: int) -> None:
    """Let payments be good (phase 1, first): their holds reach gate 2, if their loans are settled."""
    s.clock.phase = phases.PAY
    h = queues.take_all(s, queues.GOOD_ON + day)
    while h != END:
        hold = s.holds[h]
        following, stage = hold.link, hold.stage
        if following != END:
            read_ahead(s.borrowers[s.holds[following].owner])
        if stage > stages.QUEUED:  # it was forfeited meanwhile
            holds.discard(s, h)
        else:
            hold.stage = stages.AT_SETTLEMENT
            if stage != stages.NOT_GOOD:
                holds.reach_evaluation(s, s.borrowers[hold.owner], h, day, stage == stages.CLEARING_EARLY)
        h = following
