"""Space for the records that a day can bring, which the SimPy driver finds before the day begins."""

import numpy as np

from simlimit.drivers.moments import BEGIN, Moments
from simlimit.model import phases
from simlimit.model.memory import DayActors, RecordCounts, ensure_capacity, most_records, records_in_use
from simlimit.model.state import State
from simlimit.scenario.parts import Evaluation


class Capacity:
    """The space that has been asked for, beyond what was in use when the day began."""

    def __init__(self, state: State, moments: Moments, evaluation: Evaluation) -> None:
        self._state = state
        self._moments = moments
        self._evaluation = evaluation
        self._cohort_sizes = np.bincount(
            state.borrowers["evaluation_day"], minlength=evaluation.period_days
        ).tolist()
        self._needed = RecordCounts(*records_in_use(state))

    def ensure_for_day(self, day: int) -> None:
        """Find space for all that the processes waiting for a day can write on it."""
        waiting, evaluation = self._moments.waiting, self._evaluation
        payers = waiting(day, phases.PAY)
        cohort = (day - evaluation.duration_days) % evaluation.period_days
        actors = DayActors(
            payers,
            self._cohort_sizes[cohort],
            # Who pays on a day may wish to draw later on it.
            payers + waiting(day, phases.ACT),
            waiting(day, BEGIN),
            waiting(day, phases.SHOCKS),
        )
        self._needed = RecordCounts(*records_in_use(self._state))
        self._add(day, RecordCounts(*most_records(self._state, actors)))

    def ensure_for_action(self, day: int, draws: int, events: int) -> None:
        """Find space for what a process of the user's does besides: a hold, perhaps draws, and events."""
        loans = 2 * draws * int(self._state.storage.largest_loan_capacity)
        self._add(day, RecordCounts(loans, draws, 1, events))

    def _add(self, day: int, more: RecordCounts) -> None:
        self._needed = RecordCounts(*(one + other for one, other in zip(self._needed, more, strict=True)))
        ensure_capacity(self._state, day, self._needed)
