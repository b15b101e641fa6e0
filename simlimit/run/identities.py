"""The two identities of docs/model.md 2.12, verified at the end of each day."""

import numpy as np

from simlimit.errors import SimlimitError
from simlimit.model import causes, events, stages
from simlimit.model.preparation import PreparedScenario
from simlimit.model.records import Record, Records
from simlimit.model.state import State

BASIS_POINTS = 10_000


class Identities:
    """What every evening must satisfy: the line of each borrower, and the pool.

    Parameters
    ----------
    prepared : PreparedScenario
        With a log of events, which says what has moved the pool.
    """

    def __init__(self, prepared: PreparedScenario) -> None:
        before = prepared.records[0]
        self._headroom, self._read = int(before.today.headroom), 0
        self._shares = int(before.funding.recycle_bp), int(before.funding.reserve_bp)

    def verify(self, state: State, day: int) -> None:
        """Refuse a day at the end of which an identity does not hold."""
        log = state.events[: state.storage.events_used]
        verify_borrowers(state, log, day)
        row, shares = state.daily[day], (int(state.funding.recycle_bp), int(state.funding.reserve_bp))
        self._headroom += int(row.inflow) + flow_of(log[self._read :], *shares)
        if shares != self._shares:  # a process has changed them today: some flows had the old ones
            self._headroom, self._shares = int(row.headroom), shares
        self._read = len(log)
        if row.headroom != self._headroom:
            found = f"{shown_cents(row.headroom)}, but its flows make it {shown_cents(self._headroom)}"
            raise SimlimitError(f"Day {day} ends with a headroom of {found}; {last_of(state, log)}.")


def verify_borrowers(state: State, log: Records, day: int) -> None:
    """Refuse borrowers of whom the limit identity does not hold, or whose open holds are not what is held."""
    b, holds = state.borrowers, state.holds[: state.storage.holds_used]
    holds = holds[holds["stage"] < stages.RELEASED]
    held = np.zeros(len(b), np.int64)
    np.add.at(held, holds["owner"], holds["amount"] - holds["forfeited"])
    sums = b["outstanding"] + b["available"] + b["held"]
    wrong = (sums != np.maximum(b["limit"], b["outstanding"])) | (held != b["held"])
    for place in np.flatnonzero(wrong | (b["outstanding"] < 0) | (b["available"] < 0)):
        r = b[place]
        stocks = ("outstanding", "available", "held", "limit")
        told = ", ".join(f"{name} {shown_cents(r[name])}" for name in stocks)
        told += f" and open holds {shown_cents(held[place])}"
        own = log[log["borrower"] == r.borrower]
        raise SimlimitError(f"Day {day} ends with borrower {r.borrower} at {told}; {last_of(state, own)}.")


def flow_of(log: Records, recycle_bp: int, reserve_bp: int) -> int:
    """Return what events take into the pool, in cents."""
    kind, reserved = log["event"], log["amount"] * reserve_bp // BASIS_POINTS
    paid = np.isin(kind, (events.REPAYMENT, events.PREPAYMENT))
    flows = (
        (log["amount"] * recycle_bp // BASIS_POINTS)[paid],
        reserved[kind == events.WITHDRAW],
        -reserved[kind == events.RELEASE],
        (reserved - log["amount"])[kind == events.DRAW],
    )
    return int(sum(flow.sum() for flow in flows))


def last_of(state: State, log: Records) -> str:
    """Return what happened last, by some events."""
    if len(log) == 0:
        return "nothing has happened before"
    e: Record = log[-1]
    cause = (*causes.NAMES, *state.reasons)[e.cause]
    return f"last came {events.NAMES[e.event]}{f' ({cause})' if cause else ''}, day {e.day}, phase {e.phase}"


def shown_cents(cents: int) -> str:
    """Return an amount as a sentence shows it."""
    return f"{cents / 100:.2f}"
