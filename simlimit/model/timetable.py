"""When shocks happen: fixed days, and Poisson times drawn in advance."""

import math
from collections import Counter

import numpy as np

from simlimit.model.compiling import step, transition
from simlimit.model.parameters import basis_points, cents
from simlimit.model.randomness import SHOCK as SHOCK_STREAM
from simlimit.model.randomness import uniforms
from simlimit.model.state import CAP, FREEZE, NONE, SHOCK, SHOCK_KINDS, Record, Records
from simlimit.scenario import Scenario


def shock_records(scenario: Scenario) -> Records:
    """Return the shocks of a scenario, in the order of its list."""
    records = np.zeros(len(scenario.shocks), SHOCK)
    ranks: Counter[str] = Counter()
    for record, shock in zip(records, scenario.shocks, strict=True):
        record.kind = FREEZE + SHOCK_KINDS.index(shock.kind)
        record.rank = ranks[shock.kind]
        ranks[shock.kind] += 1
        record.at_day = NONE if shock.at_day is None else shock.at_day
        record.per_year = 0.0 if shock.per_year is None else shock.per_year
        record.duration_days = shock.duration_days
        record.strength = cents(shock.size) if record.kind == CAP else basis_points(shock.size)
        record.score_below = math.inf if shock.score_below is None else shock.score_below
    return records


def shock_regions(scenario: Scenario, regions: tuple[str, ...]) -> Records:
    """Return whether each shock covers each region, shape (shocks, regions); naming none covers all."""
    covered = [[not shock.regions or name in shock.regions for name in regions] for shock in scenario.shocks]
    return np.array(covered, np.bool_).reshape(len(scenario.shocks), len(regions))


@step
def note_occurrence(occurrences: Records, p: Record, shock: int, start: int, duration: int) -> None:
    """Write down an occurrence that begins before the horizon, if there is room; count it in any case."""
    if start >= p.horizon:
        return
    if p.occurrences < len(occurrences):
        one = occurrences[p.occurrences]
        one.shock = shock
        one.start = start
        one.end = start + duration
    p.occurrences += 1


@transition
def timetable(shocks: Records, occurrences: Records, platform: Records) -> int:
    """Draw when the shocks occur, in the order in which those of one day begin.

    Parameters
    ----------
    shocks, occurrences, platform : record arrays
        The state.

    Returns
    -------
    int
        How many occurrences there are; only so many as there is room for are written.
    """
    p = platform[0]
    p.occurrences = 0
    for i in range(len(shocks)):
        shock = shocks[i]
        if shock.at_day != NONE:
            note_occurrence(occurrences, p, i, shock.at_day, shock.duration_days)
            continue
        time = 0.0
        occurrence = 0
        while time < p.horizon:
            u = uniforms(p.seed, p.replication, SHOCK_STREAM, shock.kind - FREEZE, shock.rank, occurrence)[0]
            time += -math.log(u) * 365 / shock.per_year
            if time < p.horizon:
                note_occurrence(occurrences, p, i, int(time), shock.duration_days)
            occurrence += 1
    return int(p.occurrences)
