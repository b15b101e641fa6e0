"""A scenario's parameters as the transitions read them: cents, basis points, codes, derived constants."""

import math

import numpy as np

from simlimit.model.levers import APPEAL, MORE_FUNDING, PLAN
from simlimit.model.state import (
    END,
    FACILITY,
    METHODS,
    PLATFORM,
    SERVICE_LAWS,
    Records,
)
from simlimit.scenario import Scenario, preset
from simlimit.scenario.parts import LEVER_KINDS, Lever

LARGEST_LIMIT = 10**11
"""No line rises above 1e9 currency units, the largest amount that a scenario may name (cents)."""
_NO_BOUND = 2**60
"""Stands for a span or a day that is not set."""
_NO_CEILING = 2**62
"""Stands for a ceiling that is not set: more than all the money there can be."""


def cents(amount: float) -> int:
    """Return an amount in currency units as whole cents."""
    return round(100 * amount)


def basis_points(share: float) -> int:
    """Return a share of money as whole basis points."""
    return round(10_000 * share)


def annuity_factors(cycle_rate: float, longest: int) -> list[float]:
    """Return the share of the balance that the next of r = 0 .. ``longest`` remaining instalments repays.

    With the rate i of a cycle the level instalment of a balance B over r instalments is ``B i / (1
    - (1 + i)**-r)``; less the interest ``B i`` it repays ``B i / ((1 + i)**r - 1)``. Without
    interest it is ``B / r``. The last instalment repays all, without a rounding error.
    """
    i = cycle_rate
    factors = [i / math.expm1(r * math.log1p(i)) if i > 0 else 1 / r for r in range(2, longest + 1)]
    return [0.0, 1.0, *factors]


def platform_record(scenario: Scenario) -> Records:
    """Return the platform of a scenario before its first day, without its book."""
    platform = np.zeros(1, PLATFORM)
    p = platform[0]
    p.horizon = scenario.horizon_days
    p.warmup_days = scenario.warmup_days
    _set_behaviour(p, scenario)
    _set_evaluation(p, scenario)
    _set_capacities(p, scenario)
    for lever in scenario.levers:
        _set_lever(p, lever)
    p.levers = len(scenario.levers)
    p.planning = p.lever_strength[PLAN] > 0
    _set_reaction(p, scenario)
    _set_ceilings(p, scenario)
    p.desk_arrivals = p.queue_arrivals = p.queue_head = p.queue_tail = p.last_free = END
    p.desk_head[:] = END
    p.desk_tail[:] = END
    p.runs[:] = END
    p.loan_room = _loan_room(scenario)
    return platform


def _loan_room(scenario: Scenario) -> int:
    """Return for how many loans of a borrower there is room at the start: as many as one expects, about."""
    product = scenario.product
    years = product.instalments * product.cycle_days / 365
    return min(16, 2 ** math.ceil(math.log2(1 + years * scenario.behaviour.draws_per_year)))


def _set_behaviour(p: np.record, scenario: Scenario) -> None:
    behaviour, product = scenario.behaviour, scenario.product
    p.default_dpd = behaviour.default_dpd
    p.slip_days = behaviour.slip_days
    p.slip_share = behaviour.slip_share
    p.utilisation_effect = behaviour.utilisation_effect
    p.cures = len(behaviour.cure_hazards)
    p.cure_hazards[: p.cures] = behaviour.cure_hazards
    p.prepay_chance = min(1.0, behaviour.prepay_per_year * product.cycle_days / 365)
    p.draw_low, p.draw_high = (basis_points(share) for share in behaviour.draw_share)
    daily = behaviour.draws_per_year / 365
    p.draws = daily > 0
    p.wish_gap = 1 / math.log1p(-daily) if 0 < daily < 1 else 0.0
    p.instalments = product.instalments
    p.method = METHODS.index(product.method)
    p.cycle_days = product.cycle_days
    p.per_loan = product.release_unit == "loan"
    p.min_draw = cents(product.min_draw)
    p.annuity[: product.instalments + 1] = annuity_factors(
        product.daily_rate * product.cycle_days, product.instalments
    )


def _set_evaluation(p: np.record, scenario: Scenario) -> None:
    evaluation, rules, screening = scenario.evaluation, scenario.rules, scenario.screening
    p.period_days = evaluation.period_days
    p.cutoff_days = evaluation.cutoff_days
    p.duration_days = evaluation.duration_days
    p.straight_through = evaluation.straight_through
    p.smoothing = evaluation.smoothing
    p.utilisation_weight = evaluation.utilisation_weight
    p.min_score = rules.min_score
    p.clean_days = rules.clean_days
    p.grace_days = rules.grace_days
    p.denies_overdue = rules.overdue
    p.false_flag = screening.false_flag
    p.flag_days = screening.flag_days
    p.detection = screening.detection
    weights = screening.weights
    p.weight_utilisation = weights.utilisation
    p.weight_draw = weights.recent_draw
    p.weight_prepayment = weights.recent_prepayment
    p.weight_lenders = weights.lenders
    p.weighted = any((weights.utilisation, weights.recent_draw, weights.recent_prepayment, weights.lenders))


def _set_capacities(p: np.record, scenario: Scenario) -> None:
    review, funding, limits = scenario.review, scenario.funding, scenario.limits
    p.reviewers = review.reviewers
    p.service_law = SERVICE_LAWS.index(review.service_law)
    p.service_days = review.service_days
    p.service_cv = review.service_cv
    p.approve_share = review.approve_share
    p.priority_score = math.inf if review.priority_score is None else review.priority_score
    p.unlimited = funding.unlimited
    p.headroom = cents(funding.initial)
    p.daily_inflow = cents(funding.daily_inflow)
    p.recycle_share = basis_points(funding.recycle_share)
    p.reserve_share = basis_points(funding.reserve_share)
    p.raise_score = math.inf if limits.raise_score is None else limits.raise_score
    p.raise_share = basis_points(limits.raise_share)
    p.raise_days = limits.raise_days
    p.cut_score = -math.inf if limits.cut_score is None else limits.cut_score
    p.cut_share = basis_points(limits.cut_share)
    p.cap = LARGEST_LIMIT if limits.cap is None else cents(limits.cap)
    p.inactive_days = _NO_BOUND if limits.inactive_days is None else limits.inactive_days


def _set_lever(p: np.record, lever: Lever) -> None:
    kind = LEVER_KINDS.index(lever.kind)
    p.lever_strength[kind] = lever.strength
    p.lever_bp[kind] = basis_points(lever.strength)
    p.lever_uptake[kind] = lever.uptake if kind != MORE_FUNDING else 0.0
    p.lever_from[kind] = lever.from_day
    if lever.product is not None:
        served = preset(lever.product)
        p.served_limit = cents(served.population.limit_median)
        p.served_days = served.product.instalments * served.product.cycle_days


def _set_reaction(p: np.record, scenario: Scenario) -> None:
    reaction = scenario.reaction
    p.patience_days = reaction.patience_days
    p.appeal_share = reaction.appeal_share
    p.lender_share = reaction.lender_share
    p.most_lenders = reaction.most_lenders
    p.lateness_per_lender = reaction.lateness_per_lender
    p.reacting = reaction.appeal_share > 0 or reaction.lender_share > 0 or p.lever_strength[APPEAL] > 0


def _set_ceilings(p: np.record, scenario: Scenario) -> None:
    """Raise the ceiling here: the share of so large an amount is beyond 64 bits."""
    funding = scenario.funding
    if funding.ceiling is None or funding.unlimited:
        p.ceiling = p.raised_ceiling = _NO_CEILING
    else:
        ceiling = cents(funding.ceiling)
        p.ceiling = ceiling
        p.raised_ceiling = ceiling + ceiling * int(p.lever_bp[MORE_FUNDING]) // 10_000


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
