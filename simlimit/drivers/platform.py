"""The platform as a process sees it: the clock, the state, and what one can do."""

from typing import Any

import simpy

from simlimit.arguments import check_number, check_whole, shown
from simlimit.drivers.moments import Clock
from simlimit.errors import SimlimitError
from simlimit.model import causes, phases, stages
from simlimit.model.actions import draw_now, repay_early_now, set_limit_now
from simlimit.model.memory import ensure_capacity
from simlimit.model.parameters import LARGEST_LIMIT
from simlimit.model.records import ABSENT, END, NO_LOAN, NONE, Record, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario


class Platform:
    """A lending platform under simulation, as the processes of the SimPy driver share it.

    A process of your own is a generator function that takes the platform. It waits for a moment
    (`at`), for a hold to end (`hold_ended`), or for either, and acts (`draw`, `repay_early`,
    `set_limit`).

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

    def __init__(self, scenario: Scenario, state: State) -> None:
        self.env = Clock()
        self.scenario = scenario
        self.horizon = scenario.horizon_days
        self.state = state
        self.borrowers: Records = state.borrowers
        self._watched: dict[int, simpy.Event] = {}

    @property
    def day(self) -> int:
        """Today."""
        return int(self.env.now)

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

    def draw(self, borrower: int, amount: float) -> bool:
        """Let a borrower draw what is available, as a new loan, unless it has drawn today or is refused.

        Parameters
        ----------
        borrower : int
            Its id.
        amount : float
            Currency units, 0.01 to what is available.

        Returns
        -------
        bool
            Whether it does: a borrower draws at most once a day, and not from its day of exit on;
            `limits.block_draws` and `funding.refuse_draws` may refuse it.

        Raises
        ------
        SimlimitError
            If an argument is not as above, or it is phase 6.
        """
        available = int(self._present(borrower).available) / 100
        amount = check_number("amount", amount, 0.01, available, f", what borrower {borrower} can draw")
        self._begin_action()
        return draw_now(self.state, borrower, self.day, round(100 * amount))

    def repay_early(self, borrower: int) -> bool:
        """Let a borrower repay the whole balance of its oldest loan.

        Parameters
        ----------
        borrower : int
            Its id.

        Returns
        -------
        bool
            Whether it does: not without a loan, nor while it is past due.

        Raises
        ------
        SimlimitError
            If there is no such borrower, or it is not there, or it is phase 6.
        """
        self._present(borrower)
        self._begin_action()
        return repay_early_now(self.state, borrower, self.day)

    def set_limit(self, borrower: int, limit: float) -> None:
        """Lower a borrower's limit at once, or raise it; the events name the cause ``manual``.

        Parameters
        ----------
        borrower : int
            Its id.
        limit : float
            Currency units, 0 to 1e9. A limit of 0 does not close the line, but only `set_limit` can raise it.

        Raises
        ------
        SimlimitError
            If an argument is not as above, a raise is asked for a line that is closed or has one pending,
            or it is phase 6.
        """
        limit = check_number("limit", limit, 0, LARGEST_LIMIT / 100, " (currency units)")
        record = self._present(borrower)
        cents = round(100 * limit)
        if cents > record.limit and (record.raise_pending or record.closed):
            raise SimlimitError(
                f"borrower {borrower} has a raise pending or a closed line: its limit cannot rise now."
            )
        self._begin_action()
        set_limit_now(self.state, borrower, self.day, cents)
        self.trigger_ended()

    def _record(self, borrower: int) -> Record:
        """Return the record of a borrower, which must exist."""
        return self.borrowers[check_whole("borrower", borrower, len(self.borrowers) - 1)]

    def _present(self, borrower: int) -> Record:
        """Return the record of a borrower, which must be there."""
        record = self._record(borrower)
        if record.closed & ABSENT:
            left = int(self.state.details[record.place].left_at)
            when = f"arrives on day {record.present_from}" if left == NONE else f"left on day {left}"
            raise SimlimitError(f"borrower {borrower} is not there: it {when}.")
        return record

    def _opened(self, hold: int) -> int:
        """Return the number of a hold, which must have been opened: there is space for more."""
        if self.state.storage.holds_used == 0:
            raise SimlimitError(f"hold is {shown(hold)}, but no hold has been opened yet.")
        return check_whole("hold", hold, self.state.storage.holds_used - 1)

    def _begin_action(self) -> None:
        """Set the phase of now, in which one must still be able to act, and find space for an action."""
        if self.day >= self.horizon:
            raise SimlimitError(f"day {self.day} is not simulated: the last day is {self.horizon - 1}.")
        phase = int(self.env.now % 1 * 8)
        if phase >= phases.RECORD:
            raise SimlimitError(
                f"day {self.day} is being recorded (phase {phases.RECORD}): act in an earlier phase."
            )
        self.state.clock.phase = phase
        ensure_capacity(self.state, self.day)

    def trigger_ended(self) -> None:
        """Trigger the events of holds that have ended."""
        for hold in [hold for hold in self._watched if self._has_ended(hold)]:
            self._watched.pop(hold).succeed()

    def _has_ended(self, hold: int) -> bool:
        return self.state.holds["stage"][hold] in (stages.RELEASED, stages.FORFEITED)
