"""A run as one short text, to compare histories across processes.

``python histories.py ENGINE KEEP,.. SEED ..`` prints one a line, for the random scenarios of these seeds
and, of each, for all that is to be kept.
"""

from __future__ import annotations

import hashlib
import sys
import warnings

from random_scenarios import random_scenario

import simlimit as sl

TABLES = {
    "all": ("holds", "daily", "borrowers", "events", "counts"),
    "holds": ("holds", "daily", "borrowers", "counts"),
    "counts": ("daily", "borrowers", "counts"),
}
"""The tables that a run has, by what it keeps."""


def digest(run: sl.Run, keep: str = "") -> str:
    """Return a digest of the tables that a run has, or of those that it would have had it kept less."""
    tables = [getattr(run, name) for name in TABLES[keep or run.keep]]
    text = "".join(table.to_csv(index=False, float_format="%.17g") for table in tables)
    return hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    warnings.simplefilter("ignore", sl.SimlimitWarning)  # a desk or a pool that is short makes much happen
    engine, kept = sys.argv[1], sys.argv[2].split(",")
    for seed in map(int, sys.argv[3:]):
        for keep in kept:
            print(digest(sl.simulate(random_scenario(seed), seed=seed, engine=engine, keep=keep)))
