"""A stored study for a process of its own: ``python stored.py FOLDER`` makes it, or what is missing of it."""

from __future__ import annotations

import sys

import simlimit as sl

SCENARIO = sl.preset("jiebei").replace({"population.borrowers": 30, "horizon_days": 300})
NUMBER = 25


def stored_study(folder: str | None) -> sl.Study:
    """Return the study; the driver that is slow has one replication a chunk, so there are many moments."""
    return sl.replicate(SCENARIO, NUMBER, 6, store=folder, engine="simpy", keep="holds", progress=False)


if __name__ == "__main__":
    stored_study(sys.argv[1])
