"""What a process can do on the platform, and what is checked before it does."""

import math
import re
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import simpy

from simlimit.arguments import check_number, check_text, check_whole, refused, shown
from simlimit.errors import SimlimitError, failure
from simlimit.model import actions, causes, desk, evaluation, events, memory, parameters, phases, stages
from simlimit.model.records import ABSENT, CLOSED, NEVER, NONE, Record, Records
from simlimit.model.state import State
from simlimit.processes import changing, moments, reading
from simlimit.scenario import Scenario
from simlimit.text_files import packaged

_MAY_CHANGE = packaged(__package__, "changing.toml")
_MOST_REASONS = 30_000


class Actions:
    """The actions of a `Platform`, with the state on which they act."""

    _live: Callable[..., Generator[simpy.Event, Any, None]]
    """The process of a borrower, from the days of its next payment and wish on."""

    def __init__(self, scenario: Scenario, regions: tuple[str, ...], state: State) -> None:
        self.seed, self.replication = int(state.run.seed), int(state.run.replication)
        self.env = moments.Clock(self.replication)
        self.scenario = scenario
        self.horizon = scenario.horizon_days
        self.state = reading.ReadOnly(state)
        self.borrowers: Records = self.state.borrowers
        self._state = state
        self._watched: dict[int, simpy.Event] = {}
        self._numbers: list[int] = []
        self._records: dict[int, int] = {}
        self._streams: dict[int, str] = {}
        self._next = [*range(len(state.borrowers))]
        self._woken = [0] * len(state.borrowers)
        self._rules: list[Callable[..., str | None]] = []
        self._asking = False
        self._regions = regions
        self._causes = {name: number for number, name in enumerate(causes.NAMES)}
        self._blocked: set[tuple[int, int]] = set()
        self._new_desk: Record | None = None

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
            If an argument is not as above, or the line is closed.
        """
        available = int(self._line(borrower).available) / 100
        if available < 0.01:
            raise SimlimitError(f"amount is {shown(amount)}, but borrower {borrower} can draw nothing now.")
        amount = check_number("amount", amount, 0.01, available, f", what borrower {borrower} can draw")
        return actions.draw_now(self._state, borrower, self._begin(), round(100 * amount))

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
            If there is no such borrower, or it is not there.
        """
        self._present(borrower)
        return actions.repay_early_now(self._state, borrower, self._begin())

    def set_limit(self, borrower: int, limit: float) -> None:
        """Lower a borrower's limit at once, or raise it; the events name the cause ``manual``.

        Parameters
        ----------
        borrower : int
            Its id.
        limit : float
            Currency units, 0 to 1e9. A limit of 0 does not close the line.

        Raises
        ------
        SimlimitError
            If an argument is not as above, or a raise is asked for a line that is closed or has one pending.
        """
        limit = check_number("limit", limit, 0, parameters.LARGEST_LIMIT / 100, " (currency units)")
        record = self._present(borrower)
        cents = round(100 * limit)
        if cents > record.limit and (record.raise_pending or record.closed):
            why = "has a raise pending or a closed line"
            raise SimlimitError(f"borrower {borrower} {why}: its limit cannot rise now.")
        actions.set_limit_now(self._state, borrower, self._begin(), cents)
        self._trigger_ended()

    def pay_due(self, borrower: int) -> bool:
        """Let a borrower pay all that is due, also if it is late: a late one is cured.

        Parameters
        ----------
        borrower : int
            Its id.

        Returns
        -------
        bool
            Whether anything is due.

        Examples
        --------
        A call that makes every late borrower pay on day 80:

        >>> import simlimit as sl
        >>> def call(platform):
        ...     yield platform.at(80, 0.8)
        ...     for borrower in range(9):
        ...         if platform.borrowers[borrower].spell > 0:
        ...             platform.pay_due(borrower)
        >>> late = {"population.borrowers": 9, "horizon_days": 90, "behaviour.late_onset": 0.5}
        >>> run = sl.simulate(sl.preset("clockwork").replace(late), processes=[call])
        """
        self._present(borrower)
        paid = actions.pay_due_now(self._state, borrower, self._begin())
        if paid:
            self._wake(borrower)
        return paid

    def close(self, borrower: int) -> None:
        """Close a line: its limit falls to 0, there are no evaluations and draws, what is owed is paid.

        Parameters
        ----------
        borrower : int
            Its id.
        """
        self._line(borrower)
        self._act(borrower, events.CLOSE)
        self._trigger_ended()

    def open(self, borrower: int, limit: float) -> None:
        """Open a closed line, also one that was closed by default; its limit comes as a hold of kind `raise`.

        Parameters
        ----------
        borrower : int
            Its id.
        limit : float
            Currency units, 0 to 1e9.
        """
        limit = check_number("limit", limit, 0, parameters.LARGEST_LIMIT / 100, " (currency units)")
        if not self._present(borrower).closed:
            raise SimlimitError(f"borrower {borrower} has an open line: set_limit() changes its limit.")
        self._act(borrower, events.OPEN, limit=round(100 * limit))
        self._wake(borrower)

    def watch(self, borrower: int) -> None:
        """Put a borrower on the permanent watch-list."""
        self._act(borrower, events.WATCH)

    def unwatch(self, borrower: int) -> None:
        """Take a borrower off the permanent watch-list, though not off that of a shock."""
        self._act(borrower, events.UNWATCH)

    def block(self, borrower: int, reason: str) -> None:
        """Block a borrower's releases and draws; its holds then stand at `policy`.

        Parameters
        ----------
        borrower : int
            Its id.
        reason : str
            1 to 100 characters, which the events name. A borrower can be blocked for several reasons.

        Examples
        --------
        A partner fails, and stops everything from day 40 to day 49:

        >>> import simlimit as sl
        >>> def fails(platform):
        ...     yield platform.at(40, 0)
        ...     for borrower in range(9):
        ...         platform.block(borrower, "partner failed")
        ...     yield platform.at(50, 0)
        ...     for borrower in range(9):
        ...         platform.unblock(borrower, "partner failed")
        >>> small = sl.preset("clockwork").replace({"population.borrowers": 9, "horizon_days": 90})
        >>> int(sl.simulate(small, processes=[fails]).holds["days_policy"].max())
        5
        """
        self._block(borrower, reason, events.BLOCK)

    def unblock(self, borrower: int, reason: str) -> None:
        """End what `block` began for a reason, if it did."""
        self._block(borrower, reason, events.UNBLOCK)

    def send_to_desk(self, hold: int) -> None:
        """Send a hold that waits for an evaluation to the review desk, as if it had passed gate 3 watched."""
        self._decide_hold(hold, events.TO_DESK, "manual")

    def approve(self, hold: int) -> None:
        """Let a hold that waits for an evaluation pass gates 2, 3 and 4; only policy and funding are left."""
        self._decide_hold(hold, events.APPROVE, "manual")

    def deny(self, hold: int, reason: str) -> None:
        """Deny a hold that waits, until the next evaluation that decides about it.

        Parameters
        ----------
        hold : int
            Its number, as `open_holds` gives it.
        reason : str
            1 to 100 characters, which the events name; its days are charged to `policy`.
        """
        self._decide_hold(hold, events.DENY, reason)

    def change(self, field: str, value: object) -> None:
        """Change a field of the scenario for the rest of the run; `scenario` is the changed one from then on.

        Parameters
        ----------
        field : str
            As `Scenario.replace` takes it: a field of rules, review, funding, limits or screening, but for
            ``review.watch_share``, ``funding.initial``, ``funding.unlimited`` and ``screening.risky_share``;
            ``evaluation.straight_through``, ``evaluation.holds_up``, ``evaluation.utilisation_weight``;
            ``population.regions.NAME.false_flag``.
        value : object
            What the scenario may have there.

        Raises
        ------
        SimlimitError
            If the field may not change during a run, or not to this value.

        Examples
        --------
        >>> import simlimit as sl
        >>> def tighten(platform):
        ...     yield platform.at(40, 0)
        ...     platform.change("rules.min_score", 0.5)
        >>> small = sl.preset("clockwork").replace({"population.borrowers": 9, "horizon_days": 90})
        >>> sl.simulate(small, processes=[tighten]).events.query("event == 'change'")["cause"].tolist()
        ['rules.min_score']
        """
        if not isinstance(field, str) or not any(re.match(one, field) for one in _MAY_CHANGE["fields"]):
            raise refused("field", field, f"one that may change during a run: {_MAY_CHANGE['allowed']}")
        scenario, cause, day = self.scenario.replace({field: value}), self._cause(field), self._begin()
        self._new_desk = changing.change_parameters(self._state, scenario, self._regions)
        self.scenario = scenario
        actions.go_on_changed(self._state, day, cause)

    def on_evaluation(self, rule: Callable[..., str | None]) -> None:
        """Ask a rule of your own at each decision about a borrower from now on.

        Parameters
        ----------
        rule : callable
            It gets the platform, the id of the borrower, and the standing by the rules so far: ``"clear"``,
            ``"score"``, ``"overdue"`` or ``"behaviour"``. It returns None to leave it, another of these
            words, or a reason of its own (1 to 100 characters), for which the borrower is denied: the days
            of its holds are charged to `policy`. A rule only says; it does not act. Several are asked in
            turn, each with the word of the one before.

        Examples
        --------
        Nobody who owes more than 4,000 is in clear standing:

        >>> import simlimit as sl
        >>> def debt(platform, borrower, standing):
        ...     return "owes too much" if platform.borrowers[borrower].outstanding > 400_000 else None
        >>> def use(platform):
        ...     platform.on_evaluation(debt)
        ...     yield platform.at(0, 6)
        >>> small = sl.preset("clockwork").replace({"population.borrowers": 9, "horizon_days": 90})
        >>> events = sl.simulate(small, processes=[use]).events
        >>> bool((events["cause"] == "owes too much").any())
        True
        """
        if not callable(rule):
            raise refused("rule", rule, "a function of the platform, a borrower and its standing")
        self._rules.append(rule)
        self._state.clock.own_rule = 1

    def _decide(self, b: int, day: int, started: int, occasion: int) -> None:
        """Decide about a borrower by the rules of the user's own: at an evaluation, or (1) at a repayment."""
        found = evaluation.judge_one(self._state, b, day, started, occasion)
        if found == NONE:
            return
        word, self._asking = causes.NAMES[found], True
        for rule in self._rules:
            try:
                said = rule(self, b, word)
                word = word if said is None else said
                cause = self._cause(word, "what a rule of one's own returns")
            except Exception as error:
                where = f"rule {shown(rule)}, day {day}, replication {self.replication}"
                raise failure(error, where) from error
        self._asking = False
        seen_until = day if occasion else started - self.scenario.evaluation.cutoff_days
        evaluation.carry_out_one(self._state, b, day, seen_until, cause, not occasion)

    def _work_desk(self, state: State, day: int) -> None:
        """Carry the desk to today's phase 3; what has changed of it counts from the day's arrivals on."""
        if self._new_desk is not None and desk.carry_desk(state, day):
            state.records["review"], self._new_desk = self._new_desk, None
        desk.work_desk(state, day)

    def _act(self, borrower: int, event: int, reason: str = "manual", limit: int = 0) -> None:
        self._present(borrower)
        cause, day = self._cause(reason), self._begin()
        actions.act(self._state, borrower, day, event, cause, limit)

    def _block(self, borrower: int, reason: str, event: int) -> None:
        one = int(self._present(borrower).borrower), self._cause(reason)
        if (one in self._blocked) == (event == events.UNBLOCK):
            self._act(borrower, event, reason)
            self._blocked ^= {one}

    def _decide_hold(self, hold: int, event: int, reason: str) -> None:
        h, cause = self._opened(hold), self._cause(reason)
        one = self._state.holds[h]
        if self._has_ended(h):
            outcome = "released" if one.stage == stages.RELEASED else "forfeited"
            raise SimlimitError(f"hold {hold} has ended: it was {outcome} on day {one.since}.")
        if one.stage != stages.WAITING:
            cause_now = causes.NAMES[one.cause]
            raise SimlimitError(f"hold {hold} stands at {cause_now}, but must wait for an evaluation.")
        actions.decide_now(self._state, h, self._begin(), event, cause)

    def _cause(self, reason: str, name: str = "reason") -> int:
        """Return the number of a cause in the log: one of the library's, or a text of the user's."""
        check_text(name, reason)
        if self._causes.setdefault(reason, len(self._causes)) == len(causes.NAMES) + len(self._state.reasons):
            self._state.reasons.append(reason)
        if len(self._causes) > _MOST_REASONS:
            raise refused(name, reason, f"one of the {_MOST_REASONS} that a run can have")
        return self._causes[reason]

    def _wake(self, b: int) -> None:
        """Let a borrower act on its new days: its old process ends when it wakes."""
        r = self._state.borrowers[b]
        self._woken[b] += 1
        wish = NEVER if r.closed else int(r.next_wish)
        simpy.Process(self.env, self._live(self, b, int(r.next_payment), wish))

    def _record(self, borrower: int) -> Record:
        """Return the record of a borrower, which must exist."""
        return self.borrowers[check_whole("borrower", borrower, len(self.borrowers) - 1)]

    def _present(self, borrower: int) -> Record:
        """Return the record of a borrower, which must be there."""
        record = self._record(borrower)
        if record["closed"] & ABSENT:  # by its name: three times as fast as an attribute, on each action
            left = int(self._state.details[record.place].left_at)
            when = f"arrives on day {record.present_from}" if left == NONE else f"left on day {left}"
            raise SimlimitError(f"borrower {borrower} is not there: it {when}.")
        return record

    def _line(self, borrower: int) -> Record:
        """Return the record of a borrower, whose line must be open."""
        record = self._present(borrower)
        if record.closed & CLOSED:
            raise SimlimitError(f"borrower {borrower} has a closed line: open() opens it.")
        return record

    def _opened(self, hold: int) -> int:
        """Return the record of a hold, which must have been opened."""
        self._number_holds()
        if not isinstance(hold, int | np.integer) or isinstance(hold, bool) or hold not in self._records:
            raise refused("hold", hold, "the number of a hold that has been opened, as open_holds() gives it")
        return self._records[int(hold)]

    def _number_holds(self) -> None:
        """Give the holds that have been opened since the last call the numbers of `run.holds`."""
        known, used = len(self._numbers), int(self._state.storage.holds_used)
        for record, owner in enumerate(self._state.holds["owner"][known:used].tolist(), known):
            self._numbers.append(self._next[owner])
            self._records[self._next[owner]] = record
            self._next[owner] += len(self._next)

    def _begin(self) -> int:
        """Return the day to which an action of now belongs; note its phase, and find space for it."""
        if self._asking:
            raise SimlimitError("a rule of one's own says what it decides, and does nothing else.")
        day = int(self._state.today["day"])
        if day >= self.horizon:
            raise SimlimitError(f"day {day} is not simulated: the last day is {self.horizon - 1}.")
        phase = math.ceil(self.env.now % 1 * 8) if day == self.day else phases.SHOCKS
        self._state.clock["phase"] = min(phase, phases.ACT)
        memory.ensure_capacity(self._state, day)
        return day

    def _trigger_ended(self) -> None:
        """Trigger the events of holds that have ended."""
        for hold in [hold for hold in self._watched if self._has_ended(hold)]:
            self._watched.pop(hold).succeed()

    def _has_ended(self, hold: int) -> bool:
        return self._state.holds["stage"][hold] in (stages.RELEASED, stages.FORFEITED)
