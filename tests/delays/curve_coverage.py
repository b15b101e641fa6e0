"""How often the intervals of curves of clustered logs cover the truth.

``python tests/delays/curve_coverage.py`` prints the table of docs/statistics.md.

The rows of a cluster are alike to some degree: their ends come from normal variates that are correlated by
`LIKENESS` within a cluster, as in a one-factor model of credit risk. So the share that has ended in each way
by each day is known exactly, however many clusters there are and whatever their sizes. Releases take those
with the smallest variates, forfeits those with the largest, and the day of the extract censors.
"""

from __future__ import annotations

import argparse
import math
from itertools import product
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr

import simlimit as sl

RELEASED = {0: 0.07, 3: 0.15, 7: 0.30, 14: 0.45, 30: 0.60}
FORFEITED = {5: 0.07, 20: 0.15, 35: 0.23}
"""The share that has ended in this way by some days."""
LIKENESS = 0.3
CLUSTERS = (10, 30, 100)
SIZES = ("equal", "Pareto")
MEAN_SIZE = 10
LARGEST_SIZE = 600
PARETO_INDEX = 1.5
LONGEST_OBSERVED = 60
"""A row is last seen at an age from 0 to so many days, each as likely as the other."""
OUTCOMES = ("released", "forfeited", "pending")


class Row(NamedTuple):
    """How often the intervals of a share covered it."""

    clusters: int
    sizes: str
    effective: float
    outcome: str
    day: int
    truth: float
    is_covered: np.ndarray
    """Of each log in which 5 or more rows are at risk on that day."""
    at_risk: np.ndarray
    width: float

    @property
    def logs(self) -> int:
        """How many logs have an interval."""
        return len(self.is_covered)

    @property
    def coverage(self) -> float:
        """The share of them in which the interval covers."""
        return float(np.mean(self.is_covered))

    @property
    def error(self) -> float:
        """Standard error of the coverage, were it 93 %."""
        return math.sqrt(0.93 * 0.07 / self.logs)


def random_log(
    rng: np.random.Generator,
    clusters: int,
    sizes: str,
    likeness: float = LIKENESS,
    mean_size: int = MEAN_SIZE,
    observed: int = LONGEST_OBSERVED,
) -> pd.DataFrame:
    """Return a log of so many clusters."""
    if sizes == "equal":
        rows = np.full(clusters, mean_size)
    else:
        smallest = mean_size * (PARETO_INDEX - 1) / PARETO_INDEX
        rows = (
            np.minimum(smallest * (1 + rng.pareto(PARETO_INDEX, clusters)), LARGEST_SIZE).round().astype(int)
        )
    borrower = np.repeat(np.arange(clusters), rows)
    common = rng.standard_normal(clusters)[borrower]
    own = rng.standard_normal(len(borrower))
    rank = ndtr(math.sqrt(likeness) * common + math.sqrt(1 - likeness) * own)
    day_of = {}
    for outcome, shares in (("released", RELEASED), ("forfeited", FORFEITED)):
        from_end = rank if outcome == "released" else 1 - rank
        place = np.searchsorted(list(shares.values()), from_end, side="right")
        day_of[outcome] = np.append(list(shares), np.inf)[place]
    last_seen = rng.integers(0, observed, len(borrower), endpoint=True)
    ended = np.minimum(day_of["released"], day_of["forfeited"])
    code = np.where(ended > last_seen, 2, np.where(day_of["released"] <= day_of["forfeited"], 0, 1))
    return pd.DataFrame(
        {
            "delay_days": np.minimum(ended, last_seen).astype(int),
            "outcome": pd.Categorical.from_codes(code, OUTCOMES),
            "borrower": borrower,
        }
    )


def coverage(
    clusters: int,
    sizes: str,
    logs: int,
    seed: int = 0,
    likeness: float = LIKENESS,
    mean_size: int = MEAN_SIZE,
    observed: int = LONGEST_OBSERVED,
) -> list[Row]:
    """Return how often 95 % intervals cover, of the logs in which 5 or more rows are at risk on that day."""
    asked = [
        (o, d, f)
        for o, shares in (("released", RELEASED), ("forfeited", FORFEITED))
        for d, f in shares.items()
    ]
    days = sorted({day for _, day, _ in asked})
    rng = np.random.default_rng([seed, clusters, SIZES.index(sizes)])
    found = {(outcome, day): [] for outcome, day, _ in asked}
    for _ in range(logs):
        log = random_log(rng, clusters, sizes, likeness, mean_size, observed)
        curve = sl.cumulative_incidence(log, cluster="borrower")
        table = sl.share_at(curve, days)
        for outcome, day, truth in asked:
            row = table.loc[day]
            low, high = row[f"{outcome}_low"], row[f"{outcome}_high"]
            if row["at_risk"] >= 5:
                assert high > low, "an interval is given from 5 at risk on"
                found[outcome, day].append(
                    (low <= truth <= high, high - low, row["at_risk"], row["clusters"])
                )
    rows = []
    for outcome, day, truth in asked:
        is_covered, width, at_risk, effective = np.array(found[outcome, day], float).reshape(-1, 4).T
        middle, wide = float(np.median(effective)), float(np.median(width))
        rows.append(Row(clusters, sizes, middle, outcome, day, truth, is_covered, at_risk, wide))
    return rows


def table(cells: list[list[Row]]) -> str:
    """Return the coverage of each share in per cent as a table in Markdown, a line for each kind of log."""
    shares = [f"{row.outcome} {row.truth:.2f}" for row in cells[0]]
    titles = ["clusters", "sizes", "effective", *shares, "5 to 19 at risk"]
    lines = [titles, ["---"] * len(titles)]
    for rows in cells:
        few = np.concatenate([row.is_covered[row.at_risk < 20] for row in rows])
        first = rows[0]
        told = [f"{100 * row.coverage:.1f}" for row in rows]
        tail = f"{100 * few.mean():.1f} (of {len(few):,})" if len(few) >= 100 else ""
        lines.append([str(first.clusters), first.sizes, f"{first.effective:.0f}", *told, tail])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--logs", type=int, default=1_000, help="of each number and sizes of clusters")
    parser.add_argument("--likeness", type=float, default=LIKENESS)
    parser.add_argument("--rows", type=int, default=MEAN_SIZE, help="of a cluster, on average")
    parser.add_argument("--observed", type=int, default=LONGEST_OBSERVED, help="days, at most")
    asked = parser.parse_args()
    options = (asked.likeness, asked.rows, asked.observed)
    print(table([coverage(m, s, asked.logs, 0, *options) for m, s in product(CLUSTERS, SIZES)]))
