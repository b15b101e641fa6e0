"""The tables of a history, rebuilt from its log of events, its starting book and its scenario.

    frames = replayed_log.rebuild(scenario, run.events, seed=1)

The log says what happened. The rules of docs/model.md that decide nothing say the rest: where a hold stands,
what a score is, how long it lasted. Where neither says it, a random number is looked up: `NOT_TOLD`.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import oracle
import pandas as pd
from oracle import Borrower, Event, Frames, Hold

NOT_TOLD = (oracle.CLEARING, oracle.SCREEN, oracle.FLAG, oracle.REACT, oracle.SHOCK)
"""Random numbers of what no event tells.

On which day a payment is good. Whether a borrower is flagged who is denied for another rule: an amnesty can
show it. Which shock of a kind has begun, for whom: its size and scope are of the scenario, its days of the
seed. And, by numbers of the desk itself, that a review was dropped: that leaves no trace until the hold ends.
"""


def rebuild(
    scenario: Any, events: pd.DataFrame, seed: int, replication: int = 0, follow_up_days: int = 90
) -> Frames:
    """Return the frames that the log tells, all but their columns `flagged`."""
    replay = Replay(scenario, seed, replication, follow_up_days)
    by_day: dict[int, list[Event]] = {}
    for row in events.itertuples(index=False):
        event = Event(
            row.day,
            row.phase,
            row.event,
            row.borrower,
            row.loan,
            row.instalment,
            round(100 * row.amount),
            str(row.cause),
        )
        by_day.setdefault(event.day, []).append(event)
    for day in range(scenario.horizon_days):
        replay.relive(day, by_day.get(day, []))
    replay.reach_horizon()
    return replay.frames()


class Replay(oracle.Platform):
    """The platform as it is before day 0, to which happens what the log says."""

    def relive(self, day: int, today: list[Event]) -> None:
        """Let the events of a day happen, phase by phase."""
        self.day = day
        self.events += today
        steps = (
            self.begin_day,
            self.collect_payments,
            self.evaluate_all,
            self.apply_reviews,
            self.fund,
            self.let_borrowers_act,
        )
        for phase, step in enumerate(steps):
            self.phase = phase
            self.now = [event for event in today if event.phase == phase]
            step()
        self.phase = 6
        self.record(today)

    def log(self, *_: Any, **__: Any) -> None:
        """The log is there already."""

    def uniforms(self, stream: int, entity: int, i: int, j: int = 0) -> tuple[float, ...]:
        assert stream in NOT_TOLD
        return super().uniforms(stream, entity, i, j)

    @cached_property
    def origins(self) -> dict[int, int]:
        """The days of origin of the loans."""
        return {loan.number: loan.origin for borrower in self.borrowers for loan in borrower.loans}

    def told(self, *names: str, of: Borrower | None = None) -> list[Event]:
        """Return the events of these kinds of the phase, of a borrower or of all."""
        return [
            event for event in self.now if event.event in names and (of is None or event.borrower == of.id)
        ]

    def hold_of(self, event: Event) -> Hold:
        """Return the open hold that an event is about; of raises a borrower has one at a time."""
        key = event.borrower, event.loan, event.instalment
        (hold,) = (hold for hold in self.by_id[event.borrower].holds if hold.key == key)
        return hold

    @property
    def by_id(self) -> dict[int, Borrower]:
        return {borrower.id: borrower for borrower in self.borrowers}

    # ---- phase 0 -----------------------------------------------------------------------------------------

    def welcome_arrivals(self) -> None:
        super().welcome_arrivals()
        came = [borrower for borrower in self.borrowers if borrower.arrived_at == self.day > 0]
        assert len(came) <= len(self.told("arrival"))
        for event in self.told("arrival"):
            borrower = self.by_id[event.borrower]
            assert borrower.arrived_at == self.day
            borrower.limit = borrower.available = borrower.highest_limit = event.amount

    def first_wish(self, borrower: Borrower) -> None:
        """Nobody wishes: the log says what is drawn."""

    def let_leave(self) -> None:
        for event in self.told("exit"):
            borrower = self.by_id[event.borrower]
            assert borrower.limit == event.amount
            borrower.limit = borrower.available = 0
            borrower.shocks.clear()
            borrower.left_at = self.day

    def change_shocks(self) -> None:
        ends = [shock.kind for shock in self.active if shock.end == self.day]
        begins = [shock.kind for shock in self.shocks if shock.start == self.day]
        for name, kinds in (("shock_end", ends), ("shock_begin", begins)):
            assert sorted(event.cause for event in self.told(name)) == sorted(kinds)
        super().change_shocks()
        self.move_lines()

    def fall(self, borrower: Borrower, lower: int, reason: str) -> None:
        """Fall by nothing: the log says what was taken, from what."""

    def clear_record(self, borrower: Borrower) -> None:
        if self.told("cleared", of=borrower):
            super().clear_record(borrower)

    def move_lines(self) -> None:
        """Let limits fall and rise, and take what was taken."""
        for event in self.told("cut"):
            self.by_id[event.borrower].limit -= event.amount
        for event in self.told("withdraw"):
            self.by_id[event.borrower].available -= event.amount
            self.pool.regain_available(event.amount)
        for event in self.told("forfeit"):
            if event.cause != "over_limit":
                self.forfeit(self.hold_of(event), event.amount, event.cause)
        for event in self.told("raise"):
            borrower = self.by_id[event.borrower]
            self.raise_limit(borrower, borrower.limit + event.amount)

    # ---- phase 1 -----------------------------------------------------------------------------------------

    def collect_payments(self) -> None:
        for borrower in self.borrowers:
            self.credit_good_payments(borrower)
            if self.told("miss", "slip", of=borrower) and borrower.oldest_unpaid is None:
                borrower.oldest_unpaid = self.day
            self.take_payments(borrower)
            for _ in self.told("evaluation", of=borrower):
                self.decide(borrower, self.uniforms(oracle.SCREEN, borrower.id, self.day, 1), self.day)
        self.move_lines()
        for event in self.told("default"):
            borrower = self.by_id[event.borrower]
            assert borrower.outstanding == event.amount
            borrower.written_off, borrower.outstanding = event.amount, 0
            borrower.oldest_unpaid = None
            borrower.closed = True

    def take_payments(self, borrower: Borrower) -> None:
        paid = self.told("repayment", of=borrower)
        if paid:
            cycle, since_due = divmod(self.day - borrower.due_day, self.scenario.product.cycle_days)
            if since_due > 0 and borrower.oldest_unpaid is None:
                cycle += 1  # it was paid ahead
            late = self.take_lateness(borrower)
            self.pay_interest(borrower)
            for event in paid:
                self.take_payment(borrower, event, self.good_at(borrower, cycle, 0), late)
            for event in self.told("prepayment", of=borrower):
                borrower.last_prepayment = self.day
                self.take_payment(borrower, event, self.good_at(borrower, cycle, 1), late=False)

    def take_lateness(self, borrower: Borrower) -> bool:
        lateness = 0 if borrower.oldest_unpaid is None else self.day - borrower.oldest_unpaid
        late = lateness > self.scenario.rules.grace_days
        if late:
            self.note_late_payment(borrower)
        borrower.oldest_unpaid = None
        return late and self.scenario.rules.overdue

    def take_payment(self, borrower: Borrower, event: Event, good_at: int, late: bool) -> None:
        """Open the hold of a payment; the last instalment of a loan, or an early repayment, settles it."""
        early = event.event == "prepayment"
        settles = event.loan >= 0 and event.instalment == self.scenario.product.instalments
        if event.amount > 0:
            borrower.outstanding -= event.amount
            self.pool.receive_principal(event.amount)
            hold = Hold(
                borrower=borrower,
                loan=event.loan,
                origin=self.origins[event.loan] if event.loan >= 0 else -1,
                instalment=event.instalment,
                kind="repayment",
                repaid_at=self.day,
                amount=event.amount,
                left=event.amount,
                late=late,
                early=early,
                good_at=good_at,
                place="settlement",
            )
            self.all_holds.append(hold)
            borrower.holds.append(hold)
            for forfeit in self.told("forfeit", of=borrower):
                if forfeit.cause == "over_limit" and (forfeit.loan, forfeit.instalment) == hold.key[1:]:
                    self.forfeit(hold, forfeit.amount, forfeit.cause)
            if not settles and hold.place != "ended" and self.is_settled(hold) and good_at == self.day:
                self.reach_gate_2(hold)
        if settles:
            self.settle_loan(borrower, event.loan, early)

    def settle_loan(self, borrower: Borrower, number: int, early: bool) -> None:
        borrower.settled.add(number)
        for hold in list(borrower.holds):
            if hold.place == "settlement" and hold.loan == number:
                hold.early = early
                if hold.good_at <= self.day:
                    self.reach_gate_2(hold)

    # ---- phases 2 and 3 ----------------------------------------------------------------------------------

    def evaluate_all(self) -> None:
        for event in self.told("evaluation"):
            borrower = self.by_id[event.borrower]
            started = max(s for s in self.open_evaluations(borrower) if self.decided_on(s) == self.day)
            numbers = self.uniforms(oracle.SCREEN, borrower.id, started)
            self.decide(borrower, numbers, started - self.scenario.evaluation.cutoff_days)
        self.move_lines()

    def perhaps_leave_lenders(self, borrower: Borrower) -> None:
        borrower.other_lenders -= len(self.told("lender_left", of=borrower))

    def decide_standing(self, borrower: Borrower) -> str:
        """At an evaluation the log says it; an amnesty, or an approved appeal, leaves no event of it."""
        for event in self.told("evaluation", of=borrower):
            return event.cause
        return super().decide_standing(borrower)

    def go_to_desk(self, hold: Hold) -> None:
        hold.place = "desk"

    def apply_reviews(self) -> None:
        for event in self.told("review"):
            hold = self.hold_of(event)
            assert hold.place == "desk"
            assert hold.left == event.amount
            hold.reviewed_at = self.day
            hold.attempts += 1
            if event.cause == "refused":
                self.wait(hold, "review")
            else:
                if hold.appealed:
                    hold.approved_at = self.day
                    self.clear_name(hold)
                self.pass_gate_4(hold)
            hold.appealed = False

    # ---- phases 4 and 5 ----------------------------------------------------------------------------------

    def fund(self) -> None:
        squeeze = sum(shock.bp for shock in self.active if shock.kind == "liquidity_squeeze")
        self.inflow_today = self.pool.inflow(self.day, self.levers.more_funding_bp(self.day), squeeze)
        self.pool.headroom += self.inflow_today
        for event in self.told("release"):
            hold = self.hold_of(event)
            assert hold.place == "queue"
            assert hold.left == event.amount
            self.release(hold)

    def let_borrowers_act(self) -> None:
        for event in self.told("appeal"):
            hold = self.hold_of(event)
            if event.cause == "heard":
                hold.appealed = True
                self.go_to_desk(hold)
        for event in self.told("lender_found"):
            self.by_id[event.borrower].other_lenders += 1
        for event in self.told("draw_elsewhere"):
            self.draw_elsewhere(self.by_id[event.borrower], event.amount)
        for event in self.told("refused_draw"):
            borrower = self.by_id[event.borrower]
            borrower.refused_draws += 1
            borrower.refused_by_pool |= event.cause == "funding"
        for event in self.told("draw"):
            borrower = self.by_id[event.borrower]
            borrower.available -= event.amount
            borrower.outstanding += event.amount
            borrower.last_draw = self.day
            borrower.refused_by_pool = False
            self.origins[event.loan] = self.day
            self.pool.pay_draw(event.amount)

    def check_limit_identity(self) -> None:
        """R108, without the loans: the log does not tell what is left of each."""
        for borrower in self.borrowers:
            total = borrower.outstanding + borrower.available + borrower.held
            assert total == max(borrower.limit, borrower.outstanding), (self.day, borrower.id)
