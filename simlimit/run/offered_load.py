"""What desk and pool are asked for, beside what they can do: estimated before a run, to warn of too much.

The estimate is of the long run, not of the first days. docs/scenario.md says how it is made.
"""

import math
from typing import NamedTuple

import numpy as np

from simlimit.arguments import Floats, Truths, rounded
from simlimit.model import calendar, parameters
from simlimit.model.preparation import PreparedScenario
from simlimit.scenario import Product, RestingPart, Scenario, day_of, preset
from simlimit.scenario.presets import NAMES

# More days than lie between any two dates.
_NEVER_AGAIN = 10**9


class Load(NamedTuple):
    """What is asked of a desk or a pool a day, and what it can do a day."""

    offered: float
    capacity: float


class Repayments(NamedTuple):
    """The repayments a day in each region: how many holds open, and their principal in currency units."""

    holds: Floats
    principal: Floats


def repayments(prepared: PreparedScenario) -> Repayments:
    """Return what is repaid a day in each region, by the book at the start, or by that to which draws lead.

    The smaller of the two.
    """
    product, behaviour = prepared.scenario.product, prepared.scenario.behaviour
    debtors, outstanding, limit = _totals(prepared)
    cycles_a_year = 365 / product.cycle_days
    early = min(1.0, behaviour.prepay_per_year / cycles_a_year)
    wishes = np.array(prepared.regions.numbers["draws_per_year"]) / cycles_a_year
    # A draw is first due half a cycle later, on average.
    longest = product.instalments - 0.5
    fitting = 2 * outstanding / np.maximum(1.0, debtors) / product.min_draw
    loans = np.maximum(1.0, np.minimum((wishes - early) * longest, fitting))
    balances = _balances(product)
    still_there = np.exp(-early / loans[:, np.newaxis] * np.arange(len(balances)))
    repaid = 1 / (still_there @ balances - 0.5)  # share of the outstanding, as all below for a cycle
    drawn = wishes * sum(behaviour.draw_share) / 2  # share of the available
    lasting = np.where(drawn > 0, limit * drawn / (repaid + drawn), outstanding)
    if product.method == "interest_only":
        holds: Floats | float = loans * repaid  # each is a whole loan
    else:
        apart = loans * product.instalments / longest if product.release_unit == "loan" else 1.0
        holds = apart + early
    principal = np.minimum(outstanding, lasting) * repaid
    return Repayments(debtors * holds / product.cycle_days, principal / product.cycle_days)


def _totals(prepared: PreparedScenario) -> tuple[Floats, Floats, Floats]:
    """Return, of each region, how many borrowers owe something at the start, all that is owed, all limits."""
    book, shares = prepared.book, np.array(prepared.regions.shares)
    given, owed = book.given_limit_cents, book.given_outstanding_cents
    if len(given):
        columns = np.array([owed > 0, owed / 100, given / 100], np.float64)
        sums = [np.bincount(book.given_region, one, len(shares)) for one in columns if len(book.given_region)]
        debtors, owing, limit = np.asarray(sums or np.outer(columns.sum(axis=1), shares), np.float64)
        return debtors, owing, limit
    # Of a seasoned book some lines have been closed by a default.
    late, closed = (1 + book.propensities * months for months in book.spells[-2:][[0, -1]])
    still_open = (late / closed).mean(axis=1)[book.regions["propensities"]]
    number, used = shares * prepared.borrowers * still_open, book.regions["utilisations"]
    limit = number * book.limits.mean(axis=1)[book.regions["limits"]] / 100
    debtors = number * (book.utilisations > 0).mean(axis=1)[used]
    return debtors, limit * book.utilisations.mean(axis=1)[used] / 10_000, limit


def _balances(product: Product) -> Floats:
    """Return what is left of a loan of 1 before each of its instalments."""
    longest = product.instalments
    if product.method == "interest_only":
        return np.ones(longest)
    # Equal principal is the annuity without interest.
    rate = product.daily_rate * product.cycle_days if product.method == "equal_instalment" else 0.0
    repaid = np.array(parameters.annuity_factors(rate, longest)[:1:-1])
    return np.cumprod([1.0, *(1 - repaid)])


def desk_load(prepared: PreparedScenario) -> Load:
    """Return the reviewers that the desk needs, and those that it has.

    Where no review approves, but one in 1e9, nothing passes whatever the capacity: that is no load.
    """
    review = prepared.scenario.review
    reviewed = 1 - _pull(prepared.scenario, "less_manual")
    holds = float(repayments(prepared).holds @ _watched(prepared)) * reviewed
    work = holds * review.service_days / review.approve_share if review.approve_share > 1e-9 else 0.0
    # On closed days nobody works: it takes more on the others, of which there may be none.
    return Load(work / max(0.001, _open_days(prepared.scenario, "review").mean()), review.reviewers)


def _open_days(scenario: Scenario, part: RestingPart) -> Truths:
    """Return on which days a part of the platform does not rest."""
    days = np.arange(scenario.horizon_days)
    return calendar.open_days(scenario)[0][days] == days if part in scenario.calendar.rests else days >= 0


def _watched(prepared: PreparedScenario) -> Floats:
    """Return the share of each region on the watch-list, on average over the run.

    Of shocks those from day 0 on count, as if they covered everybody in their regions, whatever the score.
    """
    scenario, regions = prepared.scenario, prepared.regions
    free = 1 - np.array(regions.numbers["watch_share"])
    for shock in scenario.shocks:
        if shock.kind == "watch_list" and shock.at is not None and day_of(scenario, shock.at) <= 0:
            covered = np.isin(regions.names, shock.regions or regions.names)
            days = shock.duration_days + day_of(scenario, shock.at)
            free *= 1 - covered * min(1.0, days / scenario.horizon_days)
    return 1 - free


def pool_load(prepared: PreparedScenario) -> Load:
    """Return what releases and draws take from the pool more than repayments put in, and what flows in."""
    funding = prepared.scenario.funding
    # What a release does not take, the next draw does.
    draws = np.array(prepared.regions.numbers["draws_per_year"]) > 0
    taken = np.where(draws, 1.0, funding.reserve_share)
    net = float(np.maximum(0.0, taken - funding.recycle_share) @ repayments(prepared).principal)
    is_free = funding.unlimited or funding.reserve_share == 0
    return Load(0.0 if is_free else net, _inflow(prepared.scenario))


def _inflow(scenario: Scenario) -> float:
    """Return what flows into the pool a day over the whole run, its headroom at the start included."""
    funding, works, days = scenario.funding, _open_days(scenario, "funding"), np.arange(scenario.horizon_days)
    inflow = works * funding.daily_inflow
    for one in parameters.facility_records(scenario):
        is_on = (one["start"] <= days) & (days < one["end"])
        has_lump = (days - one["start"]) % (one["every_days"] or _NEVER_AGAIN) == 0
        inflow += is_on * (works * one["daily_inflow"] + has_lump * one["lump"]) / 100
    more = 1 + _pull(scenario, "more_funding")
    if funding.ceiling is not None:
        inflow = np.minimum(inflow, funding.ceiling)
    return float(more * inflow.mean() + funding.initial / scenario.horizon_days)


def _pull(scenario: Scenario, kind: str) -> float:
    """Return the mean strength of a lever that works from the start."""
    pulling = (one for one in scenario.levers if one.kind == kind and day_of(scenario, one.start) <= 0)
    return sum(one.strength * one.uptake for one in pulling)


def overload_sentence(prepared: PreparedScenario) -> str:
    """Return which capacity is too small and what helps; empty if both are large enough."""
    desk, pool = desk_load(prepared), pool_load(prepared)
    problems, remedies = [], []
    if desk.offered > desk.capacity:
        reviewers = "1 reviewer" if desk.capacity == 1 else f"{desk.capacity:.0f} reviewers"
        times = rounded(desk.offered / desk.capacity)
        problems.append(f"the desk is estimated to be offered {times} times what its {reviewers} can do")
        remedies.append(f"set review.reviewers to {math.floor(desk.offered) + 1} or more")
    if pool.offered > pool.capacity:
        asked = f"asked for {pool.offered:,.0f} a day and gets {pool.capacity:,.0f}"
        problems.append(f"the pool is estimated to be {asked}")
        missing = math.ceil(pool.offered - pool.capacity)
        remedies.append(f"add {missing:,} a day or more to funding.daily_inflow")
    if not problems:
        return ""
    remedy = f"{_how_to_scale(prepared)}{' and '.join(remedies)}"
    return f"{', and '.join(problems)}, so waits grow without bound: {remedy}."


def _how_to_scale(prepared: PreparedScenario) -> str:
    """Return how the number of borrowers should have been changed, if that is why."""
    scenario, number = prepared.scenario, prepared.borrowers
    if scenario.population.portfolio is not None:
        base, scaled = scenario, f"scaled({number})"
    elif scenario.name in NAMES:
        base, scaled = preset(scenario.name), f"preset({scenario.name!r}).scaled({number})"
    else:
        return ""
    if base.population.borrowers >= number:
        return ""
    return f"use {scaled}, on the command line --borrowers {number}, or "
