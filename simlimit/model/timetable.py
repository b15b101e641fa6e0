"""When shocks happen: fixed days, and Poisson times drawn in advance."""

import math
from collections import Counter

import numpy as np

from simlimit.model import causes, streams
from simlimit.model.compiling import step, transition
from simlimit.model.money import basis_points, cents
from simlimit.model.randomness import uniforms
from simlimit.model.records import NONE, OCCURRENCE, SHOCK, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario


def shock_records(scenario: Scenario) -> Records:
    """Return the shocks of a scenario, in the order of its list."""
    records = np.zeros(len(scenario.shocks), SHOCK)
    ranks: Counter[str] = Counter()
    for record, shock in zip(records, scenario.shocks, strict=True):
        record.kind = causes.FREEZE + causes.SHOCK_KINDS.index(shock.kind)
        record.rank = ranks[shock.kind]
        ranks[shock.kind] += 1
        record.at_day = NONE if shock.at_day is None else shock.at_day
        record.per_year = 0.0 if shock.per_year is None else shock.per_year
        record.duration_days = shock.duration_days
        record.strength = cents(shock.size) if record.kind == causes.CAP else basis_points(shock.size)
        record.score_below = math.inf if shock.score_below is None else shock.score_below
    return records


def shock_regions(scenario: Scenario, regions: tuple[str, ...]) -> Records:
    """Return whether each shock covers each region, shape (shocks, regions); naming none covers all."""
    covered = [[not shock.regions or name in shock.regions for name in regions] for shock in scenario.shocks]
    return np.array(covered, np.bool_).reshape(len(scenario.shocks), len(regions))


@step
def write_occurrence(s: State, shock: int, start: int, duration: int) -> None:
    """Write down an occurrence that begins before the horizon, if there is space; count it in any case."""
    if start >= s.run.horizon:
        return
    if s.storage.occurrences_used < len(s.occurrences):
        one = s.occurrences[s.storage.occurrences_used]
        one.shock = shock
        one.start = start
        one.end = start + duration
    s.storage.occurrences_used += 1


@transition
def draw_occurrences(s: State) -> int:
    """Draw when the shocks occur, in the order in which those of one day begin.

    Parameters
    ----------
    s : State

    Returns
    -------
    int
        How many occurrences there are; only so many as there is space for are written.
    """
    s.storage.occurrences_used = 0
    for i in range(len(s.shocks)):
        shock = s.shocks[i]
        if shock.at_day != NONE:
            write_occurrence(s, i, shock.at_day, shock.duration_days)
            continue
        time = 0.0
        occurrence = 0
        while time < s.run.horizon:
            u = uniforms(s.run, streams.SHOCK, shock.kind - causes.FREEZE, shock.rank, occurrence)[0]
            time += -math.log(u) * 365 / shock.per_year
            if time < s.run.horizon:
                write_occurrence(s, i, int(time), shock.duration_days)
            occurrence += 1
    return int(s.storage.occurrences_used)


def draw_timetable(s: State) -> None:
    """Draw when the shocks occur, and make space for as many occurrences as there are."""
    number = draw_occurrences(s)
    if number > len(s.occurrences):
        ensure_occurrences(s, number)
        draw_occurrences(s)


def ensure_occurrences(s: State, number: int) -> None:
    """Let the arrays have space for so many occurrences of shocks."""
    s.attach("occurrences", np.zeros(number, OCCURRENCE))
    s.attach("covered", np.zeros((number, len(s.borrowers)), np.bool_))
