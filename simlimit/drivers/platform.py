"""The platform as a process sees it: the clock, the state, and what one can do."""

from typing import Any

import simpy

from simlimit.drivers.actions import Actions
from simlimit.model import causes, stages
from simlimit.model.records import END, NO_LOAN


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
    state : State
        The record arrays. Read them as you like; write to them only through the methods below.
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
            The platform's own numbers, in order of opening over all borrowers. They are not the column `hold`
            of `Run.holds`, which is known only at the end: join on what `hold` returns.
        """
        numbers = []
        h = int(self._record(borrower).first_hold)
        while h != END:
            numbers.append(h)
            h = int(self.state.holds[h].next)
        return numbers

    def hold(self, hold: int) -> dict[str, Any]:
        """Return a hold as it is now.

        Parameters
        ----------
        hold : int
            Its number, as `open_holds` gives it.

        Returns
        -------
        dict
            borrower, instalment, drawn_at (day on which its loan was drawn; None for a payment that covers
            all loans), amount (currency units), repaid_at (day), cause (where it stands), outcome.
        """
        one = self.state.holds[self._opened(hold)]
        outcome = {stages.RELEASED: "released", stages.FORFEITED: "forfeited"}.get(int(one.stage), "pending")
        return {
            "borrower": int(self.borrowers[one.owner].borrower),
            "instalment": int(one.instalment),
            "drawn_at": None if one.origin == NO_LOAN else int(one.origin),
            "amount": int(one.amount) / 100,
            "repaid_at": int(one.repaid_at),
            "cause": causes.NAMES[one.cause],
            "outcome": outcome,
        }

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
        event = self._watched.get(hold)
        if event is None:
            event = self.env.event()
            if self._has_ended(hold):
                event.succeed()
            else:
                self._watched[hold] = event
        return event
