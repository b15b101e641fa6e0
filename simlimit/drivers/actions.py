"""What a process can do on the platform, and what is checked before it does."""

import simpy

from simlimit.arguments import check_number, check_whole, shown
from simlimit.drivers.moments import Clock
from simlimit.errors import SimlimitError
from simlimit.model import phases, stages
from simlimit.model.actions import draw_now, repay_early_now, set_limit_now
from simlimit.model.memory import ensure_capacity
from simlimit.model.parameters import LARGEST_LIMIT
from simlimit.model.records import ABSENT, NONE, Record, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario


class Actions:
    """The actions of a `Platform`, with the state on which they act."""

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
