"""The platform as a process sees it: the clock, the state, and what one can do."""

import hashlib
import math
from typing import Any

import numpy as np
import simpy

from simlimit.arguments import LARGEST, check_choice, check_text, check_whole, is_number, plain, refused
from simlimit.model import causes, phases, randomness, records, stages
from simlimit.processes.actions import Actions

# Streams from this number on belong to processes of the user's.
OWN_STREAMS = 2**31
LARGEST_INDEX = 2**32 - 1


class Platform(Actions):
    """A lending platform under simulation, as the processes of the SimPy driver share it.

    A process of your own is a generator function that takes the platform. It waits for a moment
    (`at`), for a hold to end (`hold_ended`), or for either, and acts (`draw`, `pay_due`, `block` ..).

    Attributes
    ----------
    env : simpy.Environment
        Time is in days; phase k of day d is at ``d + k / 8``.
    scenario : Scenario
    horizon : int
        Days of the run.
    seed, replication : int
        As in `simulate`; in a study, of this history.
    state : State
        The raw records: cents, days, codes. They cannot be written to.
    borrowers : array of BORROWER records
        Of the state; those who arrive later have no limit yet.

    Examples
    --------
    A borrower who goes elsewhere when a hold takes longer than a week:

    >>> import simlimit as sl
    >>> def impatient(platform):
    ...     yield platform.at(60, 5)
    ...     for hold in platform.open_holds(borrower=3):
    ...         ended = platform.hold_ended(hold)
    ...         yield ended | platform.at(platform.day + 7, 5)
    ...         if not ended.triggered:
    ...             platform.set_limit(borrower=3, limit=0)
    >>> run = sl.simulate(sl.preset("clockwork"), seed=1, processes=[impatient])
    """

    def at(self, day: int, phase: float) -> simpy.Event:
        """Return the event of a moment; all who wait for the same moment share one.

        Parameters
        ----------
        day : int
            Days from the start of the run.
        phase : float
            0 shocks, 1 pay, 2 evaluate, 3 review, 4 fund, 5 act, 6 record; a fraction lies between two.

        Returns
        -------
        simpy.Event
            To `yield`, alone or with others: ``a | b``.

        Raises
        ------
        SimlimitError
            If the moment has passed, or there is no such phase.
        """
        return self.env.at(day, phase)

    def open_holds(self, borrower: int) -> list[int]:
        """Return the numbers of a borrower's holds that have not ended, the latest opened first.

        Parameters
        ----------
        borrower : int
            Its id.

        Returns
        -------
        list of int
            As in the column `hold` of `Run.holds`.
        """
        h, numbers = int(self._record(borrower).first_hold), []
        self._number_holds()
        while h != records.END:
            numbers.append(self._numbers[h])
            h = int(self._state.holds[h].next)
        return numbers

    def queue(self, cause: str) -> list[int]:
        """Return the numbers of the holds that stand at a cause now, of all borrowers.

        Parameters
        ----------
        cause : str
            settlement, evaluation, score, overdue, behaviour, review (waiting at the desk, under review, or
            refused there and not decided about since), policy or funding.

        Returns
        -------
        list of int
            In order of (day on which they came to the pool or, before that, to an evaluation; `repaid_at`;
            borrower; loan; instalment): holds at funding stand in the order in which they are released.
        """
        check_choice("cause", cause, causes.GATES)
        self._number_holds()
        holds = self._state.holds[: len(self._numbers)]
        stands_there = holds["cause"] == causes.GATES.index(cause)
        at = np.flatnonzero(stands_there & (holds["stage"] < stages.RELEASED))
        keys = ("instalment", "origin", "owner", "repaid_at", "arrived_at")
        return [self._numbers[h] for h in at[np.lexsort([holds[key][at] for key in keys])].tolist()]

    def borrower(self, borrower: int) -> dict[str, Any]:
        """Return a borrower as it is now.

        Parameters
        ----------
        borrower : int
            Its id.

        Returns
        -------
        dict
            What `Run.borrowers` has of it: borrower, region, limit, highest_limit, outstanding, available,
            held, written_off (currency units), score, lenders, due_day, evaluation_day, arrived_at, left_at
            (None before it leaves), refused_draws, flagged, watched, closed. And more: standing is "clear" or
            what denied ("score", "overdue", "behaviour", "policy"); loans is how many it has; past_due_days
            have passed since its oldest unpaid due day, 0 if nothing is past due. It is frozen or not. It is
            there, or not before it arrives, and once it has left.
        """
        one, more = _fields(self._record(borrower)), _fields(self._state.details[borrower])
        amounts = {name: one[name] / 100 for name in ("limit", "outstanding", "available", "held")}
        as_they_are = {name: one[name] for name in ("score", "lenders", "loans", "due_day", "evaluation_day")}
        return {
            "borrower": one["borrower"], "region": self._regions[one["region"]], **amounts, **as_they_are,
            "highest_limit": one["highest"] / 100, "written_off": more["written_off"] / 100,
            "standing": causes.NAMES[one["standing"]], "past_due_days": max(0, self.day - one["oldest_due"]),
            "arrived_at": one["present_from"], "left_at": _day(more["left_at"]),
            "refused_draws": more["refused_draws"], "flagged": one["flagged"] > 0,
            "watched": one["watched"] > 0, "frozen": one["freezes"] > 0,
            "closed": one["closed"] & records.CLOSED > 0, "there": one["closed"] & records.ABSENT == 0,
        }  # fmt: skip

    def hold(self, hold: int) -> dict[str, Any]:
        """Return a hold as it is now.

        Parameters
        ----------
        hold : int
            Its number, as `open_holds` gives it.

        Returns
        -------
        dict
            What `Run.holds` has of it: hold, borrower, instalment, kind, amount, forfeited_amount (currency
            units), repaid_at, approved_at, reviewed_at, ended_at (days; None of what has not happened),
            outcome. And cause (where it stands, or stood last), and drawn_at (the day on which its loan was
            drawn; None for a payment that covers all loans, and for a raise).
        """
        one = _fields(self._state.holds[self._opened(hold)])
        outcome = {stages.RELEASED: "released", stages.FORFEITED: "forfeited"}.get(one["stage"], "pending")
        return {
            "hold": int(hold), "borrower": one["owner"], "instalment": one["instalment"],
            "drawn_at": None if one["origin"] == records.NO_LOAN else one["origin"],
            "kind": "raise" if one["instalment"] == records.NONE else "repayment",
            "amount": one["amount"] / 100, "forfeited_amount": one["forfeited"] / 100,
            "repaid_at": one["repaid_at"], "approved_at": _day(one["approved_at"]),
            "reviewed_at": _day(one["reviewed_at"]), "cause": causes.NAMES[one["cause"]], "outcome": outcome,
            "ended_at": None if outcome == "pending" else one["since"],
        }  # fmt: skip

    def today(self) -> dict[str, float]:
        """Return what the platform's row of today would be now.

        ``yield platform.at(day, 5.9)`` sees all of the day. In phase 6 its row has been written, and what
        moves is counted from 0 again, for the next day.

        Returns
        -------
        dict
            The columns of `Run.daily`, but for date and interest_accrued: amounts in currency units, numbers.
            What moves on a day has been counted so far. The headroom of a pool without limit is infinite.
        """
        row = _fields(self._state.today)
        now = {name: row[name] / 100 if records.DAY[name] == np.int64 else row[name] for name in row}
        unlimited = {"headroom": math.inf} if self.scenario.funding.unlimited else {}
        return {**now, "day": self.day, **unlimited}

    def hold_ended(self, hold: int) -> simpy.Event:
        """Return an event that happens in phase 4 of the day on which a hold ends.

        It happens at once if the hold has ended, or when `set_limit` ends it.

        Parameters
        ----------
        hold : int
            Its number, as `open_holds` gives it.

        Returns
        -------
        simpy.Event
            To `yield`, alone or with others: ``a | b``.
        """
        hold = self._opened(hold)
        if self._has_ended(hold) and hold not in self._watched:
            return self.env.event().succeed()
        return self._watched.setdefault(hold, self.env.event())

    def uniform(self, name: str, entity: int, k: int) -> float:
        """Return a random number between 0 and 1: a function of seed, replication, name, entity and k alone.

        It is the same whenever it is asked for, and whatever else is. So two scenarios, or two processes,
        share all that means the same in both.

        Parameters
        ----------
        name : str
            What the number is for: 1 to 100 characters.
        entity : int
            Whom it is for, such as a borrower: 0 .. 2**32 - 1.
        k : int
            Which of them: a day, say, or a count; 0 .. 2**32 - 1.

        Returns
        -------
        float
            Strictly between 0 and 1.
        """
        return (self._words(name, entity, k, 0)[0] + 0.5) * 2.0**-32

    def generator(self, name: str, entity: int, k: int) -> np.random.Generator:
        """Return a fresh generator of random numbers, for laws other than the uniform one.

        Parameters
        ----------
        name, entity, k
            As in `uniform`. The same ones give a generator that gives the same numbers.

        Returns
        -------
        numpy.random.Generator
        """
        key = sum(word << 32 * i for i, word in enumerate(self._words(name, entity, k, 1)))
        return np.random.Generator(np.random.Philox(key=key))

    def record(self, name: str, value: float, borrower: int | None = None) -> None:
        """Write down a measurement, as a row of `Run.records`.

        Parameters
        ----------
        name : str
            What is measured: 1 to 100 characters.
        value : float
            A finite number, or a truth value, which counts as 1 or 0.
        borrower : int, optional
            The id of the one about whom it is.
        """
        check_text("name", name)
        known = is_number(value) or isinstance(value, bool | np.bool_)
        value = plain(value)
        if not known or not -LARGEST <= value <= LARGEST:
            raise refused("value", value, "a finite number, or a truth value")
        about = records.NONE if borrower is None else int(self._record(borrower).borrower)
        phase = min(phases.RECORD, int(self.env.now % 1 * 8))
        self._state.notes.append((self.day, phase, about, name, float(value)))

    def _words(self, name: str, entity: int, k: int, draw: int) -> tuple[int, ...]:
        """Return the random words of a stream of the user's, whose name must not meet that of another."""
        check_text("name", name)
        digest = hashlib.sha256(name.encode(errors="surrogatepass")).digest()
        stream = OWN_STREAMS | int.from_bytes(digest[:4])
        if self._streams.setdefault(stream, name) != name:
            raise refused("name", name, f"another: its stream is that of {self._streams[stream]!r}")
        entity, k = check_whole("entity", entity, LARGEST_INDEX), check_whole("k", k, LARGEST_INDEX)
        return tuple(map(int, randomness.words_of(self._state, stream, entity, k, draw)))


def _fields(record: records.Record) -> dict[str, Any]:
    """Return the fields of a record as Python's own numbers, which is quicker than to read one by one."""
    return dict(zip(record.dtype.names, record.item(), strict=True))


def _day(day: int) -> int | None:
    """Return a day, None if there is none."""
    return None if day == records.NONE else day
