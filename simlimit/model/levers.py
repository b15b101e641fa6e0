"""Levers: how hard each is pulled on a borrower today.

What a lever does stands where it acts, as a factor of one number or one more condition; this file only
says its strength. Without a lever every pull is 0.
"""

from simlimit.model import streams
from simlimit.model.compiling import rare, step
from simlimit.model.randomness import uniforms
from simlimit.model.records import Record
from simlimit.model.state import State

# Kinds of lever: the first six are the borrower's.
APPEAL, PAY_ON_TIME, DELEVERAGE, CAMPAIGN, DIVERSIFY, PLAN = range(6)
TRANSPARENCY, BETTER_MODEL, TIMELY_SCORING, LESS_MANUAL, FEEDBACK, EDUCATION, MORE_FUNDING = range(6, 13)

# Days from one campaign to the next.
CAMPAIGN_DAYS = 90
# Days from one occasion to leave another lender to the next, by the lever ``deleverage``.
LEAVING_DAYS = 30


@rare
def levers_taken_up(s: State, borrower: int) -> int:
    """Return the levers that a borrower takes up, a bit for each kind."""
    taken = 0
    for kind in range(len(s.levers.uptake)):
        uptake = s.levers.uptake[kind]
        if uptake > 0.0 and uniforms(s.run, streams.LEVER, borrower, kind, 0)[0] < uptake:
            taken |= 1 << kind
    return taken


@step
def takes_up(r: Record, kind: int) -> bool:
    """Return whether a borrower takes up a lever, even if the lever does not work yet."""
    return (int(r.levers) >> kind) & 1 == 1


@step
def pull(s: State, r: Record, day: int, kind: int) -> float:
    """Return the strength of a lever on a borrower today."""
    if takes_up(r, kind) and day >= s.levers.start[kind]:
        return s.levers.strength[kind]
    return 0.0
