"""A run as one short text, to compare histories across processes.

``python histories.py SEED ..`` prints one a line, for the random scenarios of these seeds.
"""

from __future__ import annotations

import hashlib
import sys

from random_scenarios import random_scenario

import simlimit as sl


def digest(run: sl.Run) -> str:
    """Return a digest of the four tables."""
    tables = (run.holds, run.daily, run.borrowers, run.events)
    text = "".join(table.to_csv(index=False, float_format="%.17g") for table in tables)
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    for seed in map(int, sys.argv[1:]):
        print(digest(sl.simulate(random_scenario(seed), seed=seed)))
