"""A scenario's parameters as the transitions read them: cents, basis points, codes, derived constants."""

import math

import numpy as np

from simlimit.model.handle import ALL_RECORDS
from simlimit.model.levers import APPEAL, MORE_FUNDING, PLAN
from simlimit.model.money import basis_points, cents
from simlimit.model.records import END, FACILITY, METHODS, SERVICE_LAWS, Record, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario, preset
from simlimit.scenario.base import Part
from simlimit.scenario.parts import LEVER_KINDS, Lever

LARGEST_LIMIT = 10**11
"""No line rises above 1e9 currency units, the largest amount that a scenario may name (cents)."""
_NO_BOUND = 2**60
"""Stands for a span or a day that is not set."""
_NO_CEILING = 2**62
"""Stands for a ceiling that is not set: more than all the money there can be."""


def annuity_factors(cycle_rate: float, longest: int) -> list[float]:
    """Return the share of the balance that the next of r = 0 .. ``longest`` remaining instalments repays.

    With the rate i of a cycle, the level instalment of a balance B over r instalments is
    ``B i / (1 - (1 + i)**-r)``. Less the interest ``B i`` it repays ``B i / ((1 + i)**r - 1)``, or ``B / r``
    without interest. The last instalment repays all, without a rounding error.
    """
    i = cycle_rate
    factors = [i / math.expm1(r * math.log1p(i)) if i > 0 else 1 / r for r in range(2, longest + 1)]
    return [0.0, 1.0, *factors]


def first_records(scenario: Scenario) -> Records:
    """Return the records of a state before its first day, without its book, as an array of one."""
    records = np.zeros(1, State.layout[ALL_RECORDS])
    p = records[0]
    p.run.horizon = scenario.horizon_days
    p.run.warmup_days = scenario.warmup_days
    write_parameters(p, scenario)
    p.today.headroom = cents(scenario.funding.initial)
    p.storage.last_free = END
    p.storage.loan_capacity = _expected_loans(scenario)
    return records


def write_parameters(p: Record, scenario: Scenario) -> None:
    """Write the parameters of a scenario into the records of a state; nothing else writes them."""
    _write_population(p, scenario)
    _write_behaviour(p, scenario)
    _write_evaluation(p, scenario)
    _write_capacities(p, scenario)
    _write_limits(p.limits, scenario)
    for lever in scenario.levers:
        _write_lever(p.levers, lever)
    p.levers.number = len(scenario.levers)
    p.levers.planning = p.levers.strength[PLAN] > 0
    _write_reaction(p, scenario)
    _write_ceilings(p, scenario)


def _copy(record: Record, part: Part, names: str) -> None:
    """Copy fields that mean the same in a part of a scenario and in its record."""
    for name in names.split():
        record[name] = getattr(part, name)


def _expected_loans(scenario: Scenario) -> int:
    """Return for how many loans of a borrower there is space at the start: as many as one expects, about."""
    product = scenario.product
    years = product.instalments * product.cycle_days / 365
    return min(16, 2 ** math.ceil(math.log2(1 + years * scenario.behaviour.draws_per_year)))


def _write_population(p: Record, scenario: Scenario) -> None:
    p.population.batch = scenario.evaluation.schedule == "batch"
    p.population.watch_share = scenario.review.watch_share
    p.population.risky_share = scenario.screening.risky_share
    p.population.other_lenders = scenario.population.other_lenders


def _write_behaviour(p: Record, scenario: Scenario) -> None:
    behaviour, product = scenario.behaviour, scenario.product
    _copy(p.behaviour, behaviour, "default_dpd slip_days slip_share utilisation_effect")
    p.behaviour.cures = len(behaviour.cure_hazards)
    p.behaviour.cure_hazards[: p.behaviour.cures] = behaviour.cure_hazards
    p.behaviour.prepay_chance = min(1.0, behaviour.prepay_per_year * product.cycle_days / 365)
    p.behaviour.draw_low_bp, p.behaviour.draw_high_bp = (basis_points(x) for x in behaviour.draw_share)
    daily = behaviour.draws_per_year / 365
    p.behaviour.draws = daily > 0
    p.behaviour.wish_gap = 1 / math.log1p(-daily) if 0 < daily < 1 else 0.0
    _copy(p.product, product, "instalments cycle_days")
    p.product.method = METHODS.index(product.method)
    p.product.per_loan = product.release_unit == "loan"
    p.product.min_draw = cents(product.min_draw)
    factors = annuity_factors(product.daily_rate * product.cycle_days, product.instalments)
    p.product.annuity[: len(factors)] = factors


def _write_evaluation(p: Record, scenario: Scenario) -> None:
    names = "period_days cutoff_days duration_days straight_through smoothing utilisation_weight"
    _copy(p.evaluation, scenario.evaluation, names)
    _copy(p.rules, scenario.rules, "min_score clean_days grace_days")
    p.rules.denies_overdue = scenario.rules.overdue
    _copy(p.screening, scenario.screening, "false_flag flag_days detection")
    weights = scenario.screening.weights
    p.screening.weight_utilisation = weights.utilisation
    p.screening.weight_draw = weights.recent_draw
    p.screening.weight_prepayment = weights.recent_prepayment
    p.screening.weight_lenders = weights.lenders
    shifts = (weights.utilisation, weights.recent_draw, weights.recent_prepayment, weights.lenders)
    p.screening.weighted = any(shifts)


def _write_capacities(p: Record, scenario: Scenario) -> None:
    review, funding = scenario.review, scenario.funding
    _copy(p.review, review, "reviewers service_days service_cv approve_share")
    p.review.service_law = SERVICE_LAWS.index(review.service_law)
    p.review.priority_score = math.inf if review.priority_score is None else review.priority_score
    p.funding.unlimited = funding.unlimited
    p.funding.daily_inflow = cents(funding.daily_inflow)
    p.funding.recycle_bp = basis_points(funding.recycle_share)
    p.funding.reserve_bp = basis_points(funding.reserve_share)


def _write_limits(record: Record, scenario: Scenario) -> None:
    limits = scenario.limits
    record.raise_score = math.inf if limits.raise_score is None else limits.raise_score
    record.raise_bp = basis_points(limits.raise_share)
    record.raise_days = limits.raise_days
    record.cut_score = -math.inf if limits.cut_score is None else limits.cut_score
    record.cut_bp = basis_points(limits.cut_share)
    record.cap = LARGEST_LIMIT if limits.cap is None else cents(limits.cap)
    record.inactive_days = _NO_BOUND if limits.inactive_days is None else limits.inactive_days


def _write_lever(record: Record, lever: Lever) -> None:
    kind = LEVER_KINDS.index(lever.kind)
    record.strength[kind] = lever.strength
    record.strength_bp[kind] = basis_points(lever.strength)
    record.uptake[kind] = lever.uptake if kind != MORE_FUNDING else 0.0
    record.from_day[kind] = lever.from_day
    if lever.product is not None:
        served = preset(lever.product)
        record.served_limit = cents(served.population.limit_median)
        record.served_days = served.product.instalments * served.product.cycle_days


def _write_reaction(p: Record, scenario: Scenario) -> None:
    reaction = scenario.reaction
    _copy(p.reaction, reaction, "patience_days appeal_share lender_share most_lenders lateness_per_lender")
    appeals = reaction.appeal_share > 0 or p.levers.strength[APPEAL] > 0
    p.reaction.reacting = appeals or reaction.lender_share > 0


def _write_ceilings(p: Record, scenario: Scenario) -> None:
    """Raise the ceiling here: the share of so large an amount is beyond 64 bits."""
    funding = scenario.funding
    if funding.ceiling is None or funding.unlimited:
        p.funding.ceiling = p.funding.raised_ceiling = _NO_CEILING
    else:
        ceiling = cents(funding.ceiling)
        p.funding.ceiling = ceiling
        p.funding.raised_ceiling = ceiling + ceiling * int(p.levers.strength_bp[MORE_FUNDING]) // 10_000


def facility_records(scenario: Scenario) -> Records:
    """Return the facilities of the pool."""
    records = np.zeros(len(scenario.funding.facilities), FACILITY)
    for record, one in zip(records, scenario.funding.facilities, strict=True):
        record.daily_inflow = cents(one.daily_inflow)
        record.lump = cents(one.lump)
        record.every_days = one.every_days
        record.from_day = one.from_day
        record.to_day = _NO_BOUND if one.to_day is None else one.to_day
    return records
