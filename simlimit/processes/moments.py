"""The clock of the SimPy driver, and moments of a day: all who wait for the same moment share an event."""

import math
from collections.abc import Generator
from heapq import heappush
from typing import Any, cast

import simpy
from simpy.events import NORMAL, EventPriority

from simlimit.arguments import check_number, is_number, plain, refused, shown
from simlimit.errors import SimlimitError, failure
from simlimit.model import phases

# Days by which a moment can miss that of a phase, for a sum of parts of days is not exact.
EXACTLY = 1e-9
# So often processes of the user's can go on at one moment.
MOST_RESUMED = 1_000_000
# From this day on a number of SimPy's has no phases left.
LAST_DAY = 2**53
# Within phase 0, shocks end before others begin.
BEGIN = phases.SHOCKS + 0.5
# Payments become good before anybody acts in phase 1.
GOOD = phases.PAY - 0.01
# The day is recorded before anybody acts in phase 6: that belongs to the next day.
EVENING = phases.RECORD - 0.01


class Clock(simpy.Environment):
    """An environment of days and phases, in which a delay is a finite number from 0 up.

    Time is in days; phase k of day d is at ``d + k / 8``. SimPy takes NaN as a delay, too, after which events
    come in no order, and compiled code writes outside its arrays.
    """

    def __init__(self, replication: int = 0) -> None:
        super().__init__()
        self._moments: dict[tuple[int, float], simpy.Event] = {}
        self.replication = replication
        self._resumed, self._resumed_at = 0, 0.0

    def process(self, generator: Generator[Any, Any, Any]) -> simpy.Process:
        """Start a process of the user's, as SimPy does."""
        return OwnProcess(self, generator)

    def count_resumption(self) -> None:
        """Count how often processes of the user's go on at this moment, which must end."""
        if self.now != self._resumed_at:
            self._resumed, self._resumed_at = 0, self.now
        self._resumed += 1
        if self._resumed > MOST_RESUMED:
            raise SimlimitError(f"More than {MOST_RESUMED:,} events come at one moment: let some time pass.")

    def schedule(self, event: simpy.Event, priority: EventPriority = NORMAL, delay: float = 0) -> None:
        """Schedule an event, as SimPy does, if its delay is one; almost the time of a phase is that time."""
        _check_delay(delay)
        time = self._now + delay
        phase = round(8 * time) / 8
        time = phase if abs(phase - time) < EXACTLY else time
        heappush(self._queue, (time, priority, next(self._eid), event))

    def timeout(self, delay: float = 0, value: object = None) -> simpy.Timeout:
        """Return an event that happens after a delay, as SimPy does, if the delay is one."""
        _check_delay(delay)  # before SimPy refuses it in its own words
        return simpy.Timeout(self, delay, value)

    def at(self, day: int, phase: float) -> simpy.Event:
        """Return the event of a moment; `Platform.at` says more."""
        try:
            moment = self._moments.get((day, phase))
        except TypeError:  # what has no hash is no day
            return self._new(day, phase)
        if moment is None or moment.callbacks is None:
            moment = self._moments[day, phase] = self._new(day, phase)
        return moment

    def _new(self, day: int, phase: float) -> simpy.Event:
        """Return the event of a moment that nobody waits for yet, or of now."""
        check_number("phase", phase, 0, phases.RECORD)
        day = plain(day)
        if not is_number(day) or not -LAST_DAY < day < LAST_DAY or day != int(day):
            raise refused("day", day, "a whole number of days")
        wait = day + phase / 8 - self.now
        if wait < -EXACTLY:
            raise SimlimitError(f"day {day}, phase {phase} has passed: it is {self.now}; wait for another.")
        return self.timeout(max(0.0, wait))


def _check_delay(delay: object) -> None:
    if not is_number(delay) or not 0 <= delay < math.inf:
        raise refused("delay", delay, "a finite number of days from 0 up")


class OwnProcess(simpy.Process):
    """A process of the user's, which ends the run if it fails and nobody waits for it.

    SimPy would raise a copy of the exception, which tells neither where nor when it was.
    """

    def __init__(self, clock: Clock, generator: Generator[Any, Any, Any]) -> None:
        super().__init__(clock, generator)
        self._generator: Any = Counted(clock, generator)
        self._clock = clock

    def _resume(self, event: simpy.Event) -> None:
        super()._resume(event)
        if self.triggered and not self.ok:
            self._failed = self._failure(cast(BaseException, self.value))
            self.callbacks.append(self._end_run)  # after all who wait for the process

    def _end_run(self, _: simpy.Event) -> None:
        if not self.defused:
            raise self._failed

    def _failure(self, error: BaseException) -> BaseException:
        name, clock = self._generator.__qualname__, self._clock
        return failure(error, f"process {name}, day {int(clock.now)}, replication {clock.replication}")


class Counted:
    """A generator that is counted each time it goes on, and must yield events.

    SimPy lets it go on at once after a past event. To refuse what is no event, SimPy reads the source file,
    which code of a notebook does not have.
    """

    def __init__(self, clock: Clock, generator: Generator[Any, Any, Any]) -> None:
        self._clock, self._generator = clock, generator

    def __getattr__(self, name: str) -> object:
        return getattr(self._generator, name)

    def send(self, value: object) -> simpy.Event:
        """Go on, as the generator does."""
        self._clock.count_resumption()
        return _checked(self._generator.send(value))

    def throw(self, error: BaseException) -> simpy.Event:
        """Go on with an exception, as the generator does."""
        return _checked(self._generator.throw(error))


def _checked(value: object) -> simpy.Event:
    if not isinstance(value, simpy.Event):
        raise SimlimitError(f"It yields {shown(value)}, but must yield events.")
    return value
