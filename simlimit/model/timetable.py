"""When shocks happen: fixed days, and Poisson times drawn in advance."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simlimit.model.parameters import basis_points, cents
from simlimit.model.randomness import SHOCK, uniforms
from simlimit.model.state import CAP, FREEZE, SHOCK_KINDS, Records
from simlimit.scenario import Scenario, Shock


@dataclass(frozen=True)
class Occurrence:
    """One occurrence of a shock.

    Attributes
    ----------
    start, end : int
        Active on days start .. end - 1; equal for a shock that happens at once.
    kind : int
        FREEZE .. CANCELLATION.
    size : int
        Basis points, or cents for a cap.
    regions : array of int, or None
        Numbers of the regions it covers; None for all.
    score_below : float
        It covers borrowers with a lower score.
    """

    start: int
    end: int
    kind: int
    size: int
    regions: npt.NDArray[np.int64] | None
    score_below: float

    def covers(self, borrowers: Records) -> npt.NDArray[np.bool_]:
        """Return, for each borrower, whether the shock that begins now covers it."""
        covered: npt.NDArray[np.bool_] = borrowers["score"] < self.score_below
        if self.regions is not None:
            covered &= np.isin(borrowers["region"], self.regions)
        return covered


def timetable(scenario: Scenario, regions: tuple[str, ...], seed: int, replication: int) -> list[Occurrence]:
    """Return every occurrence of every shock, in the order in which those of one day begin."""
    occurrences = []
    ranks: Counter[str] = Counter()
    for shock in scenario.shocks:
        rank = ranks[shock.kind]
        ranks[shock.kind] += 1
        for start in _starts(shock, rank, scenario.horizon_days, seed, replication):
            occurrences.append(_occurrence(shock, start, regions))
    return occurrences


def _occurrence(shock: Shock, start: int, regions: tuple[str, ...]) -> Occurrence:
    kind = FREEZE + SHOCK_KINDS.index(shock.kind)
    return Occurrence(
        start=start,
        end=start + shock.duration_days,
        kind=kind,
        size=cents(shock.size) if kind == CAP else basis_points(shock.size),
        regions=np.array([regions.index(name) for name in shock.regions]) if shock.regions else None,
        score_below=math.inf if shock.score_below is None else shock.score_below,
    )


def _starts(shock: Shock, rank: int, horizon: int, seed: int, replication: int) -> list[int]:
    """Return the days on which a shock begins."""
    if shock.at_day is not None:
        return [shock.at_day]
    assert shock.per_year is not None
    starts: list[int] = []
    time = 0.0
    while True:
        u = uniforms(seed, replication, SHOCK, SHOCK_KINDS.index(shock.kind), rank, len(starts))[0]
        time += -math.log(u) * 365 / shock.per_year
        if time >= horizon:
            return starts
        starts.append(int(time))
