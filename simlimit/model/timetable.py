"""What is drawn before a run: when borrowers arrive, when shocks happen, how the economy goes."""

import math
from collections import Counter

import numpy as np

from simlimit.model import causes, memory, streams
from simlimit.model.compiling import transition
from simlimit.model.money import basis_points, cents
from simlimit.model.randomness import uniforms
from simlimit.model.records import ARRIVAL, NONE, OCCURRENCE, SHOCK, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario, day_of


def shock_records(scenario: Scenario) -> Records:
    """Return the shocks of a scenario, in the order of its list."""
    records = np.zeros(len(scenario.shocks), SHOCK)
    ranks: Counter[str] = Counter()
    for record, shock in zip(records, scenario.shocks, strict=True):
        record.kind = causes.FREEZE + causes.SHOCK_KINDS.index(shock.kind)
        record.rank = ranks[shock.kind]
        ranks[shock.kind] += 1
        day = 0 if shock.at is None else day_of(scenario, shock.at)
        record.at = NONE if shock.at is None else max(0, day)
        record.per_year = 0.0 if shock.per_year is None else shock.per_year
        record.duration_days = shock.duration_days + min(0, day)
        record.strength = cents(shock.size) if record.kind == causes.CAP else basis_points(shock.size)
        record.score_below = math.inf if shock.score_below is None else shock.score_below
    return records


def shock_regions(scenario: Scenario, regions: tuple[str, ...]) -> Records:
    """Return whether each shock covers each region, shape (shocks, regions); naming none covers all."""
    named = [set(shock.regions or regions) for shock in scenario.shocks]
    covered = [[name in names for name in regions] for names in named]
    return np.array(covered, np.bool_).reshape(len(scenario.shocks), len(regions))


@transition
def shock_number(s: State, i: int, occurrence: int) -> float:
    """Return the random number that gives the time to an occurrence of a shock of a Poisson process."""
    shock = s.shocks[i]
    return uniforms(s.run, streams.SHOCK, shock.kind - causes.FREEZE, shock.rank, occurrence)[0]


def days_of_shock(s: State, i: int) -> list[int]:
    """Return the days on which a shock begins: its own, or those of a Poisson process."""
    shock = s.shocks[i]
    if shock.at != NONE:
        return [int(shock.at)]
    times = [0.0]
    while times[-1] < s.run.horizon:
        gap = -math.log(shock_number(s, i, len(times) - 1)) * 365 / float(shock.per_year)
        times.append(times[-1] + gap)
    return [int(time) for time in times[1:-1]]


@transition
def draw_arrivals(s: State, first: int) -> int:
    """Draw when borrowers arrive, beside so many at the start, and return how many do before the horizon.

    The days of those for whom there is space are written.
    """
    time = 0.0
    k = 0
    while True:
        u = uniforms(s.run, streams.ARRIVAL, k, 0, 0)[0]
        time += -math.log(u) * 365 / (s.population.arrivals_per_year * first)
        if time >= s.run.horizon:
            return k
        if k < len(s.arrivals):
            s.arrivals[k].day = int(time)
        k += 1


@transition
def draw_economy(s: State) -> None:
    """Draw the factor of each month: log-normal of mean 1, autoregressive in its logarithm."""
    sd, c = s.economy.sd, s.economy.persistence
    x = 0.0
    for month in range(len(s.economy_factors)):
        u = uniforms(s.run, streams.ECONOMY, 0, month, 0)
        z = math.sqrt(-2.0 * math.log(u[0])) * math.cos(2.0 * math.pi * u[1])
        x = z if month == 0 else c * x + math.sqrt(1.0 - c * c) * z
        s.economy_factors[month] = math.exp(sd * x - 0.5 * sd * sd)


def draw_timetable(s: State, borrowers: int, most: int) -> None:
    """Draw all that happens to the platform before the horizon, and find space for all borrowers.

    At first there is space for the most that one expects. Shocks are in the order in which those of one day
    begin.
    """
    s.attach("arrivals", np.zeros(most - borrowers, ARRIVAL))
    if s.population.arrivals_per_year > 0:
        number = draw_arrivals(s, borrowers)
        if number > len(s.arrivals):
            s.attach("arrivals", np.zeros(number, ARRIVAL))
            draw_arrivals(s, borrowers)
        s.attach("arrivals", s.arrivals[:number])
    memory.make_room(s, borrowers + len(s.arrivals), most)
    if s.economy.sd > 0:
        draw_economy(s)
    s.clock.economy = s.economy_factors[0]
    occurrences = [
        (i, day, day + int(s.shocks[i].duration_days))
        for i in range(len(s.shocks))
        for day in days_of_shock(s, i)
        if day < s.run.horizon
    ]
    s.attach("occurrences", np.array(occurrences, OCCURRENCE))
    s.attach("covered", np.zeros((len(occurrences), len(s.borrowers)), np.bool_))
