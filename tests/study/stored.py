"""A stored study for a process of its own: ``python stored.py FOLDER`` makes it, or what is missing of it.

``python stored.py FOLDER NUMBER OPERATION`` ends by SIGKILL at an operation on the files of its store, before
that is done; it prints how many there are if the operation is 0.
"""

from __future__ import annotations

import os
import signal
import sys

import simlimit as sl

SCENARIO = sl.preset("jiebei").replace({"population.borrowers": 30, "horizon_days": 480})
NUMBER = 25
OPERATIONS = {"open", "os.link", "os.listdir", "os.mkdir", "os.remove", "os.rename", "os.scandir"}


def stored_study(folder: str | None, number: int = NUMBER) -> sl.Study:
    """Return the study; the driver that is slow has one replication a chunk, so there are many moments."""
    return sl.replicate(SCENARIO, number, 6, store=folder, engine="simpy", keep="holds", progress=False)


def kill_at(operation: int, folder: str, done: list[str]) -> None:
    """Note the operations on the files of a folder; end at one of them."""

    def note(event: str, arguments: tuple[object, ...]) -> None:
        if event in OPERATIONS and str(arguments[0]).startswith(folder):
            done.append(event)
            if len(done) == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(note)


if __name__ == "__main__":
    folder, *rest = sys.argv[1:]
    if rest:
        done: list[str] = []
        kill_at(int(rest[1]), folder, done)
        stored_study(folder, int(rest[0]))
        print(len(done))
    else:
        stored_study(folder)
