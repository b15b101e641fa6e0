"""A scenario's parameters as the transitions read them: cents, basis points, codes, derived constants."""

import math
from functools import lru_cache
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from simlimit.model import levers
from simlimit.model.handle import ALL_RECORDS
from simlimit.model.money import basis_points, cents
from simlimit.model.records import END, FACILITY, METHODS, SERVICE_LAWS, Records
from simlimit.model.state import State
from simlimit.scenario import LEVER_KINDS, RestingPart, Scenario, day_of, preset

Values = dict[str, Any]

# No line rises above 1e9 currency units, the largest amount that a scenario may name (cents).
LARGEST_LIMIT = 10**11
# Stands for a span, a day or a score that is not set.
_NO_BOUND = 2**60
_HIGHEST = ("raise_score", "priority_score", "inactive_days")
# Stands for what is not set, by name: a bound that nothing reaches.
_UNSET = dict.fromkeys(_HIGHEST, _NO_BOUND) | {"cut_score": -_NO_BOUND}
# Stands for a ceiling that is not set. What 64 facilities bring in 30,000 days, doubled, is 7.8e18 cents.
_NO_CEILING = 8 * 10**18


def annuity_factors(cycle_rate: float, longest: int) -> list[float]:
    """Return the share of the balance that the next of r = 0 .. ``longest`` remaining instalments repays.

    With the rate i of a cycle, the level instalment of a balance B over r instalments is
    ``B i / (1 - (1 + i)**-r)``. Less the interest ``B i`` it repays ``B i / ((1 + i)**r - 1)``, or ``B / r``
    without interest. The last instalment repays all, without a rounding error.
    """
    i = cycle_rate
    factors = [i / math.expm1(r * math.log1p(i)) if i > 0 else 1 / r for r in range(2, longest + 1)]
    return [0.0, 1.0, *factors]


def first_records(scenario: Scenario, late_scale: float) -> Records:
    """Return the records of a state before its first day, without its book, as an array of one.

    Nothing else writes parameters. Those that are not listed here are fields of the scenario's part as they
    are. The late scale is that of the scenario's book (docs/model.md 2.2).
    """
    reaction = scenario.reaction
    appeals = sum(lever.strength for lever in scenario.levers if lever.kind == "appeal")
    parameters = {
        "population": {"batch": scenario.evaluation.schedule == "batch"},
        "behaviour": _behaviour(scenario) | {"late_scale": late_scale},
        "product": _product(scenario),
        "evaluation": {"early_only": scenario.evaluation.holds_up == "early"},
        "screening": _screening(scenario),
        "review": {"service_law": SERVICE_LAWS.index(scenario.review.service_law)},
        "funding": _funding(scenario),
        "limits": _limits(scenario),
        "calendar": {part: part in scenario.calendar.rests for part in get_args(RestingPart)},
        "reaction": {"reacting": reaction.appeal_share + appeals + reaction.lender_share > 0},
        "levers": _levers(scenario),
    }
    records = np.zeros(1, State.layout[ALL_RECORDS])
    for part in set(records.dtype.names) & set(Scenario.model_fields):
        record, values = records[part][0], parameters.get(part, {})
        for name in record.dtype.names:
            value = values[name] if name in values else getattr(getattr(scenario, part), name)
            record[name] = _UNSET[name] if value is None else value
    records["run"]["horizon"] = scenario.horizon_days
    records["run"]["warmup_days"] = scenario.warmup_days
    records["storage"]["last_freed"] = END
    records["today"]["headroom"] = cents(scenario.funding.initial)
    return records


def _behaviour(scenario: Scenario) -> Values:
    behaviour, hazards = scenario.behaviour, scenario.behaviour.cure_hazards
    return {
        "cures": len(hazards),
        "cure_hazards": hazards + (0.0,) * (12 - len(hazards)),
        "prepay_chance": min(1.0, behaviour.prepay_per_year * scenario.product.cycle_days / 365),
        "draw_low_bp": basis_points(behaviour.draw_share[0]),
        "draw_high_bp": basis_points(behaviour.draw_share[1]),
    }


def _product(scenario: Scenario) -> Values:
    product, rests = scenario.product, scenario.calendar.rests
    factors = annuity_factors(product.daily_rate * product.cycle_days, product.instalments)
    return {
        "method": METHODS.index(product.method),
        "per_loan": product.release_unit == "loan",
        "min_draw": cents(product.min_draw),
        "clears": product.after_cutoff_share + product.clearing_share > 0 or "clearing" in rests,
        "annuity": factors + [0.0] * (61 - len(factors)),
    }


def _screening(scenario: Scenario) -> Values:
    weights = dict(scenario.screening.weights)
    return {f"weight_{name}": one for name, one in weights.items()} | {"weighted": any(weights.values())}


def _funding(scenario: Scenario) -> Values:
    funding = scenario.funding
    ceiling = _NO_CEILING if funding.ceiling is None or funding.unlimited else cents(funding.ceiling)
    # Raised here, for the share of so large an amount is beyond 64 bits. Not set is the most.
    more = sum(lever.strength for lever in scenario.levers if lever.kind == "more_funding")
    return {
        "ceiling": ceiling,
        "raised_ceiling": min(_NO_CEILING, ceiling + ceiling * basis_points(more) // 10_000),
        "daily_inflow": cents(funding.daily_inflow),
        "recycle_bp": basis_points(funding.recycle_share),
        "reserve_bp": basis_points(funding.reserve_share),
        "refuse_draws": funding.refuse_draws and not funding.unlimited,
    }


def _limits(scenario: Scenario) -> Values:
    limits = scenario.limits
    return {
        "raise_bp": basis_points(limits.raise_share),
        "cut_bp": basis_points(limits.cut_share),
        "cap": LARGEST_LIMIT if limits.cap is None else cents(limits.cap),
        "blocking": len(limits.block_draws) > 0 or scenario.funding.refuse_draws,
        "block_after": scenario.rules.grace_days if "past_due" in limits.block_draws else _NO_BOUND,
        "block_denied": "denied" in limits.block_draws,
        "block_frozen": "frozen" in limits.block_draws,
    }


def _levers(scenario: Scenario) -> Values:
    strength, uptake, start = (np.zeros(len(LEVER_KINDS)) for _ in range(3))
    values: Values = {"served_limit": 0, "served_days": 0}
    for lever in scenario.levers:
        kind = LEVER_KINDS.index(lever.kind)
        strength[kind] = lever.strength
        uptake[kind] = lever.uptake if kind != levers.MORE_FUNDING else 0.0  # it has no takers
        start[kind] = day_of(scenario, lever.start)
        if lever.product is not None:
            served = preset(lever.product)
            values["served_limit"] = cents(served.population.limit_median)
            values["served_days"] = served.product.instalments * served.product.cycle_days
    return values | {
        "strength": strength,
        "uptake": uptake,
        "strength_bp": [basis_points(one) for one in strength],
        "start": start,
        "number": len(scenario.levers),
        "planning": strength[levers.PLAN] > 0,
    }


@lru_cache(maxsize=16)
def score_left(half_life_days: float, horizon_days: int) -> npt.NDArray[np.float64]:
    """Return what is left of a score's distance to its target after 0, 1, .. days of a run."""
    if half_life_days == 0:
        return np.array([1.0] + [0.0] * (horizon_days - 1))
    return np.array([0.5 ** (days / half_life_days) for days in range(horizon_days)])


def facility_records(scenario: Scenario) -> Records:
    """Return the facilities of the pool."""
    records = []
    for one in scenario.funding.facilities:
        start, end = day_of(scenario, one.start), _NO_BOUND if one.end is None else day_of(scenario, one.end)
        records.append((cents(one.daily_inflow), cents(one.lump), one.every_days, start, end))
    return np.array(records, FACILITY)
