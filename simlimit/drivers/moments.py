"""Moments of a day as SimPy events: all who wait for the same moment share one."""

import simpy

from simlimit.errors import SimlimitError
from simlimit.model import phases

BEGIN = phases.SHOCKS + 0.5
"""Within phase 0, shocks end before others begin."""


class Moments:
    """The moments that somebody waits for.

    Parameters
    ----------
    env : simpy.Environment
        Time is in days; phase k of day d is at ``d + k / 8``.
    """

    def __init__(self, env: simpy.Environment) -> None:
        self._env = env
        self._events: dict[float, simpy.Event] = {}

    def at(self, day: int, phase: float) -> simpy.Event:
        """Return the event of a moment; `Platform.at` says more."""
        time = day + phase / 8
        moment = self._events.get(time)
        if moment is None or moment.callbacks is None:
            moment = self._events[time] = self._new(day, phase, moment)
        return moment

    def _new(self, day: int, phase: float, present: simpy.Event | None) -> simpy.Event:
        """Return the event of a moment that nobody waits for yet, or of now."""
        if not (0 <= phase <= phases.RECORD and day == int(day)):
            raise SimlimitError(
                f"the moment is day {day}, phase {phase}, but phases are 0 to {phases.RECORD}."
            )
        wait = day + phase / 8 - self._env.now
        if wait < 0:
            raise SimlimitError(
                f"day {day}, phase {phase} has passed: it is {self._env.now}; wait for a later one."
            )
        return self._env.timeout(wait) if present is None else present
