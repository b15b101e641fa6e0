"""Processes of one's own for studies: in a module, as a class, with arguments; and a study of them.

``python own_processes.py FOLDER`` makes that study in a store, by processes of its own `__main__`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import simlimit as sl

SMALL = sl.preset("jiebei").replace({"population.borrowers": 30, "horizon_days": 300, "warmup_days": 180})
FOLLOW_UP = 60


def nothing(platform: sl.Platform) -> Iterator[Any]:
    """Wait, and do nothing."""
    for day in range(0, platform.horizon, 7):
        yield platform.at(day, 5)


@dataclass
class Calls:
    """Call each borrower who has something to repay, each month; some pay."""

    share: float = 0.5
    first_day: int = 200
    made: int = 0

    def __call__(self, platform: sl.Platform) -> Iterator[Any]:
        for day in range(self.first_day, platform.horizon, 30):
            yield platform.at(day, 1)
            for b in range(platform.scenario.population.borrowers):
                if platform.uniform("answers", b, day) < self.share and platform.borrower(b)["there"]:
                    self.made += 1
                    platform.record("calls", 1, b)
                    platform.record("paid", platform.repay_early(b), b)
        platform.record("made", self.made)


def study(store: str | None, number: int = 6, **options: Any) -> sl.Study:
    given: dict[str, Any] = {"processes": [Calls()], "follow_up_days": FOLLOW_UP, "progress": False}
    return sl.replicate(SMALL, number, 3, store=store, **given | options)


if __name__ == "__main__":
    study(sys.argv[1], int(sys.argv[2]), workers=int(sys.argv[3]))
