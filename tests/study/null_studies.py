"""How often studies without any effect call something significant, and how often an effect is found.

``python tests/study/null_studies.py`` prints the tables of docs/statistics.md.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from typing import NamedTuple

import pandas as pd

import simlimit as sl
from simlimit.study.metrics import Weight
from simlimit.study.precision import DEFAULT_METRIC
from simlimit.study.study import Study

REPLICATIONS = (5, 10, 30, 100)
"""Of each study; the smaller ones are the first replications of the largest."""
FIVE = dict.fromkeys(("north", "east", "south", "west", "centre"), 0.2)
FOUR = {"east": 0.40, "central": 0.26, "west": 0.27, "northeast": 0.07}
UNEQUAL = {"two regions, of 97 and 3 %": (60, 0.97), "two regions, of 90 and 10 %": (200, 0.9)}
"""By what they are called: the number of borrowers, and the share of the larger region."""
FREEZE = {"kind": "freeze", "per_year": 1.0, "duration_days": 14}
BEFORE = {"kind": "freeze", "at": 0, "duration_days": 1, "score_below": 0.0}
"""Of nobody; it only gives the freezes behind it other random numbers."""
SHORTER = {"warmup_days": 180, "horizon_days": 720}
"""Than `jiebei`, so that thousands of studies take an hour."""
FROZEN_DAYS = 17
"""A freeze of one of five regions for so long makes a gap of 0.27 days."""
WEIGHTS: tuple[Weight, ...] = ("holds", "amount")

Verdicts = Callable[[int], "pd.Series[bool]"]
"""The verdicts of a study of the first replications of those that were made."""


class Cell(NamedTuple):
    """How many studies of one kind have some verdict, and which part of all verdicts is unknown."""

    kind: str
    borrowers: int
    replications: int
    called: int
    studies: int
    unknown: float


def book(borrowers: int, regions: dict[str, float], shocks: Iterable[dict[str, object]] = ()) -> sl.Scenario:
    """Return `jiebei` with regions that mean nothing."""
    fields = {"population.borrowers": borrowers, "population.regions": regions, "shocks": list(shocks)}
    return sl.preset("jiebei").replace(fields | SHORTER)


def simulate(scenario: sl.Scenario, seed: int) -> Study:
    """Make as many replications as the largest study has."""
    return sl.replicate(scenario, REPLICATIONS[-1], seed, workers=1, progress=False)


def first(study: Study, number: int) -> Study:
    """Return the study of the first replications only."""
    return Study(study._replications, number, study._options, None)


def between_groups(scenario: sl.Scenario, seed: int) -> dict[str, Verdicts]:
    """Return the verdicts on the gaps between regions, by holds and by amount."""
    study = simulate(scenario, seed)

    def by(weight: Weight) -> Verdicts:
        return lambda number: first(study, number).groups(weight=weight)["significant"]

    return {weight: by(weight) for weight in WEIGHTS}


def between_scenarios(scenario: sl.Scenario, seed: int) -> dict[str, Verdicts]:
    """Return the verdicts on differences from a scenario with other luck: on all metrics, and on one."""
    other = scenario.replace({"shocks": [BEFORE, FREEZE]})
    studies = {"one": simulate(scenario, seed), "other": simulate(other, seed)}

    def by(weight: Weight, metrics: list[str] | None = None) -> Verdicts:
        def verdicts(number: int) -> pd.Series[bool]:
            some = sl.Comparison({name: first(study, number) for name, study in studies.items()})
            return some.differences(weight=weight, metrics=metrics)["significant"]

        return verdicts

    return {**{weight: by(weight) for weight in WEIGHTS}, "days_policy alone": by("holds", ["days_policy"])}


def null_cells(
    what: str,
    scenario: sl.Scenario,
    verdicts_of: Callable[[sl.Scenario, int], dict[str, Verdicts]],
    studies: int,
) -> list[Cell]:
    """Return, by kind and number of replications, how many of the studies call something significant."""
    called: dict[tuple[str, int], int] = {}
    unknown: dict[tuple[str, int], float] = {}
    for seed in range(studies):
        for kind, verdicts in verdicts_of(scenario, seed).items():
            for number in REPLICATIONS:
                told, cell = verdicts(number), (kind, number)
                called[cell] = called.get(cell, 0) + bool(told.any())
                unknown[cell] = unknown.get(cell, 0.0) + float(told.isna().mean()) / studies
    borrowers = scenario.population.borrowers
    return [
        Cell(f"{what}, {kind}", borrowers, number, one, studies, unknown[kind, number])
        for (kind, number), one in called.items()
    ]


def found(studies: int) -> tuple[int, float]:
    """Return how many studies find the gap that a freeze of one region makes, and the gap, on average."""
    freeze = {"kind": "freeze", "at": 300, "duration_days": FROZEN_DAYS, "regions": ["east"]}
    number, gap = 0, 0.0
    for seed in range(studies):
        groups = simulate(book(1_000, FIVE, [freeze]), seed).groups().xs("east", level="group")
        number += bool(groups.loc[[DEFAULT_METRIC], "significant"].any())
        gap += float(groups.loc[DEFAULT_METRIC, "gap"]) / studies
    return number, gap


def table(cells: list[Cell]) -> str:
    """Return cells as a table in Markdown: a row for each kind and size of the book."""
    heads = " | ".join(str(number) for number in REPLICATIONS)
    lines = [f"| verdicts on | borrowers | {heads} |", "|---|---|" + "---|" * len(REPLICATIONS)]
    rows: dict[tuple[str, int], list[str]] = {}
    for cell in cells:
        text = f"{100 * cell.called / cell.studies:.1f} % ({100 * cell.unknown:.0f} %)"
        rows.setdefault((cell.kind, cell.borrowers), []).append(text)
    lines += [f"| {kind} | {borrowers:,} | {' | '.join(row)} |" for (kind, borrowers), row in rows.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=400, help="of each kind, without an effect")
    parser.add_argument("--power", type=int, default=200, help="with an effect")
    asked = parser.parse_args()
    cells: list[Cell] = []
    for size in (100, 300, 1_000):
        cells += null_cells("five regions", book(size, FIVE), between_groups, asked.studies)
    for size in (30, 100):
        cells += null_cells("four unequal regions", book(size, FOUR), between_groups, asked.studies)
    for size in (100, 300, 1_000):
        frozen = sl.preset("jiebei").replace({"population.borrowers": size, "shocks": [FREEZE], **SHORTER})
        cells += null_cells("two scenarios", frozen, between_scenarios, asked.studies)
    print(table(cells))
    pooled = sum(cell.called for cell in cells) / sum(cell.studies for cell in cells)
    print(f"\nall cells: {100 * pooled:.2f} %")
    cells = []
    for name, (size, large) in UNEQUAL.items():
        regions = {"large": large, "small": 1 - large}
        cells += null_cells(name, book(size, regions), between_groups, asked.studies)
    print(f"\n{table(cells)}")
    sys.stdout.flush()
    number, gap = found(asked.power)
    print(f"a gap of {gap:.3f} days is found in {number} of {asked.power} studies")
