"""The second statement of the model: docs/model.md in plain Python objects.

Written from that page alone, section by section, and sharing nothing with the package's transitions but the
random-number function. It is slow on purpose: where the package has arrays and compiled transitions, this
file has a `Borrower` with `Loan`s and `Hold`s, a `Desk` and a `Pool`, and a `Platform` that lives the days.

    frames = oracle.simulate(scenario, seed=1)
    frames.holds, frames.borrowers, frames.daily, frames.events, frames.counts

Numbers in section headings, and the rules R1, R2 .. that docstrings name, are those of docs/model.md.
"""

from __future__ import annotations

import csv
import math
import struct
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Any, NamedTuple

import pandas as pd
from random_numbers import uniforms
from scipy.special import betaincinv, ndtri

from simlimit import preset

NEVER = -math.inf  # the day of what has not happened yet

CAUSES = ("settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")
OUTCOMES = ("released", "forfeited", "pending")
EVENTS = (
    "arrival",
    "exit",
    "shock_begin",
    "shock_end",
    "cleared",
    "slip",
    "miss",
    "repayment",
    "prepayment",
    "evaluation",
    "review",
    "release",
    "forfeit",
    "cut",
    "withdraw",
    "raise",
    "default",
    "draw",
    "appeal",
    "lender_found",
    "lender_left",
    "draw_elsewhere",
    "refused_draw",
)
SHOCK_KINDS = (
    "freeze",
    "tightening",
    "watch_list",
    "liquidity_squeeze",
    "limit_cut",
    "cap",
    "cancellation",
    "downturn",
    "amnesty",
)
LASTING_KINDS = ("freeze", "tightening", "watch_list", "liquidity_squeeze", "downturn")
LEVER_KINDS = (
    "appeal",
    "pay_on_time",
    "deleverage",
    "campaign",
    "diversify",
    "plan",
    "transparency",
    "better_model",
    "timely_scoring",
    "less_manual",
    "feedback",
    "education",
    "more_funding",
)

# R105: the streams
POPULATION, DUE, WISH, SCREEN, REVIEW, SHOCK, REACT, LEVER, FLAG, ARRIVAL, ECONOMY, CLEARING = range(1, 13)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class Frames(NamedTuple):
    """The five tables of a run."""

    holds: pd.DataFrame
    borrowers: pd.DataFrame
    daily: pd.DataFrame
    events: pd.DataFrame
    counts: pd.DataFrame


def simulate(scenario: Any, seed: int = 1, replication: int = 0, follow_up_days: int = 90) -> Frames:
    """Live through the scenario, day by day, and return the five frames of section 3."""
    platform = Platform(scenario, seed, replication, follow_up_days)
    for day in range(scenario.horizon_days):
        platform.live(day)
    platform.reach_horizon()
    return platform.frames()


# ---- 2.1 Time, money, arithmetic ------------------------------------------------------------------------


def cents(amount: float) -> int:
    """R3: an amount of the scenario, in currency units, in whole cents."""
    return round(100 * amount)


def day_number(scenario: Any, day: int | date) -> int:
    """R1: a day, or the distance of a date from day 0."""
    return day.toordinal() - scenario.start_date.toordinal() if isinstance(day, date) else day


def basis_points(share: float) -> int:
    """R4: a share of the scenario in whole basis points."""
    return round(10_000 * share)


def portion(amount: int, bp: int) -> int:
    """R4: the share of an amount, rounded down."""
    return amount * bp // 10_000


def raised(amount: int, bp: int) -> int:
    """R82: an amount and its share."""
    return amount + portion(amount, bp)


def normal(u0: float, u1: float) -> float:
    """R71, R150: a standard normal number of two uniform ones."""
    return math.sqrt(-2 * math.log(u0)) * math.cos(2 * math.pi * u1)


# ---- what the scenario says, by one function each --------------------------------------------------------


def shock_day(scenario: Any, shock: Any) -> int | None:
    """R98: the day of a shock that has one; it may lie before the run."""
    return None if shock.at is None else day_number(scenario, shock.at)


def facility_start(scenario: Any, facility: Any) -> int:
    return day_number(scenario, facility.start)


def facility_end(scenario: Any, facility: Any) -> float:
    return math.inf if facility.end is None else day_number(scenario, facility.end)


def lever_start(scenario: Any, lever: Any) -> int:
    return day_number(scenario, lever.start)


def region_share(region: Any) -> float:
    """R155: a region is a share, or a table with one."""
    return float(own_number(region, "share", region))


def own_number(region: Any, name: str, otherwise: Any) -> Any:
    """R155: the number of its own that a region has, or else another."""
    if region is None or isinstance(region, float | int):
        return otherwise
    value = region.get(name) if isinstance(region, Mapping) else getattr(region, name)
    return otherwise if value is None else value


# ---- 2.15 the calendar -----------------------------------------------------------------------------------


class Calendar:
    """R127: open days, for the parts that rest on closed ones."""

    def __init__(self, scenario: Any) -> None:
        self.rules = scenario.calendar
        self.rests = frozenset(self.rules.rests)
        self.day_0 = scenario.start_date

    def is_open(self, part: str, day: int) -> bool:
        """Whether a part of the platform works on a day."""
        return part not in self.rests or day < 0 or self.is_open_date(self.day_0 + timedelta(days=day))

    def is_open_date(self, today: date) -> bool:
        if today in self.rules.workdays:
            return True
        holiday = today in self.rules.holidays
        return not holiday and WEEKDAYS[today.weekday()] not in self.rules.closed_weekdays

    def open_from(self, part: str, day: int) -> int:
        """The first day from this one on on which a part works."""
        while not self.is_open(part, day):
            day += 1
        return day


# ---- the things of the model -----------------------------------------------------------------------------


@dataclass(eq=False)
class Loan:
    """A loan: `principal` over `instalments`, of which `remaining` are unpaid; the next is due in `cycle`."""

    number: int
    origin: int
    principal: int
    instalments: int
    balance: int
    remaining: int
    cycle: int


@dataclass(eq=False)
class Hold:
    """Repaid principal that is not yet available limit, or the room that a raise has made."""

    borrower: Borrower
    loan: int
    origin: int  # the loan's day of origin, for the random numbers of its reviews and reactions
    instalment: int
    kind: str
    repaid_at: int
    amount: int
    left: int
    late: bool = False
    early: bool = False  # whether it is an early repayment, or one settled its loan
    good_at: int = -1
    # Where it stands: settlement (gate 1), waiting (2 and 3), desk (4), queue (5 and 6), ended.
    place: str = ""
    waits_for: str = ""  # the cause while it is waiting
    arrival: int = -1  # day it reached gate 2
    approved_at: float = math.nan
    appealed: bool = False  # it is at the desk, or on its way there, because of an appeal
    desk_day: int = -1
    desk_class: int = 2
    attempts: int = 0
    reviewed_at: float = math.nan
    queued_at: int = -1  # day it passed gate 4
    ended_at: float = math.nan
    released: int = 0
    forfeited: int = 0
    days: dict[str, int] = field(default_factory=lambda: dict.fromkeys(CAUSES, 0))

    @property
    def key(self) -> tuple[int, int, int]:
        return self.borrower.id, self.loan, self.instalment

    @property
    def numbered_by(self) -> tuple[int, int]:
        """R70: origin and instalment by which the random numbers of its reviews and reactions are drawn."""
        return self.origin if self.loan >= 0 else -32768, self.instalment & 0xFFFF

    @property
    def cause(self) -> str:
        """R106: the one gate at which it stands now."""
        if self.place == "settlement":
            return "settlement"
        if self.place == "desk":
            return "review"
        if self.place == "queue":
            return "policy" if self.borrower.frozen else "funding"
        return self.waits_for


@dataclass(eq=False)
class Borrower:
    """A borrower as section 2.2 names its parts."""

    id: int
    region: str
    limit: int
    outstanding: int
    score: float
    propensity: float
    due_day: int
    first_evaluation: int
    watched: bool
    other_lenders: int
    arrived_at: int = 0
    exit_day: float = math.inf
    left_at: float = math.nan
    risky: bool = False
    levers: frozenset[str] = frozenset()  # the kinds that it takes up
    available: int = 0
    loans: list[Loan] = field(default_factory=list)  # in order of origin
    holds: list[Hold] = field(default_factory=list)  # those not ended, in order of opening
    spell: int = 0
    oldest_unpaid: int | None = None
    slip_until: int | None = None
    standing: str = "clear"
    flagged: bool = False
    trusted: bool = False
    served_elsewhere_until: int = 0
    drawn_elsewhere: int = 0
    paid_ahead: int | None = None  # the latest cycle that was
    last_draw: int = -30
    shock_cap: int = 10**11
    last_prepayment: float = NEVER
    last_overdue: float = NEVER
    last_decision: int = -1
    settled: set[int] = field(default_factory=set)  # the loans that are repaid in full
    paid_late: float = (
        0.0  # what the overdue days before late payments take from the score, as of the last one
    )
    flag_clock: float = 0.0
    flag_draws: int = 0
    closed: bool = False
    written_off: int = 0
    tick: int = 0
    tick_day: int = -1
    shocks: list[ActiveShock] = field(default_factory=list)  # the lasting ones that cover it today
    highest_limit: int = 0
    refused_draws: int = 0
    refused_by_pool: bool = False  # since its last draw
    unpaid_evenings: int = 0  # in cent-days: what was outstanding on the evenings since the last payment
    accrued_evenings: int = 0  # in cent-days, from `warmup_days` on
    interest_paid: int = 0  # in cents, likewise
    present_days: int = 0
    no_limit_days: int = 0
    lost_amount_days: int = 0  # in cent-days

    def __post_init__(self) -> None:
        self.note_limit()

    def note_limit(self) -> None:
        """R87: the limit counts as the highest only while no raise is pending."""
        if not self.raise_pending:
            self.highest_limit = max(self.highest_limit, self.limit)

    @property
    def held(self) -> int:
        return sum(hold.left for hold in self.holds)

    @property
    def utilisation(self) -> float:
        return utilisation(self.outstanding, self.limit)

    def set_flag_clock(self, clock: float) -> None:
        """R59."""
        (self.flag_clock,) = struct.unpack("f", struct.pack("f", clock))

    def lenders_in_use(self, day: int) -> int:
        """R27."""
        return self.other_lenders + (1 if day < self.served_elsewhere_until else 0)

    @property
    def frozen(self) -> bool:
        return any(shock.kind == "freeze" for shock in self.shocks)

    @property
    def under_watch(self) -> bool:
        return self.watched or any(shock.kind == "watch_list" for shock in self.shocks)

    @property
    def tightened(self) -> int:
        """R60."""
        return sum(shock.bp for shock in self.shocks if shock.kind == "tightening")

    @property
    def downturn(self) -> int:
        """R153."""
        return sum(shock.bp for shock in self.shocks if shock.kind == "downturn")

    @property
    def raise_pending(self) -> bool:
        """R87."""
        return any(hold.kind == "raise" for hold in self.holds)

    @property
    def is_there(self) -> bool:
        """R141, R143: from its arrival until it leaves."""
        return math.isnan(self.left_at)


def utilisation(outstanding: int, limit: int) -> float:
    """R26."""
    if limit == 0:
        return 1.0 if outstanding > 0 else 0.0
    return min(1.0, outstanding / limit)


@dataclass(eq=False)
class ActiveShock:
    """One occurrence of a shock, on its days [start, end)."""

    kind: str
    start: int
    end: int
    place: int  # in the scenario's list
    occurrence: int
    size: float
    regions: tuple[str, ...]
    score_below: float | None

    @property
    def bp(self) -> int:
        return basis_points(self.size)

    def covers(self, borrower: Borrower) -> bool:
        """R101."""
        if self.regions and borrower.region not in self.regions:
            return False
        return self.score_below is None or borrower.score < self.score_below


@dataclass
class Event:
    day: int
    phase: int
    event: str
    borrower: int
    loan: int
    instalment: int
    amount: int
    cause: str

    @property
    def order(self) -> tuple[Any, ...]:
        """R165."""
        rank = EVENTS.index(self.event)
        return self.day, self.phase, self.borrower, rank, self.loan, self.instalment, self.amount, self.cause


# ---- 2.14 levers -----------------------------------------------------------------------------------------


class Levers:
    """R120, R124: the levers of a scenario, and how strongly each pulls."""

    def __init__(self, scenario: Any, seed: int, replication: int) -> None:
        self.scenario = scenario
        self.by_kind = {lever.kind: lever for lever in scenario.levers}
        self.seed = seed
        self.replication = replication

    def uniform(self, borrower: int, kind: str, j: int) -> float:
        return uniforms(self.seed, self.replication, LEVER, borrower, LEVER_KINDS.index(kind), j)[0]

    def taken_up_by(self, borrower: int) -> frozenset[str]:
        """R121: the kinds that a borrower takes up, for the whole run."""
        return frozenset(
            kind for kind, lever in self.by_kind.items() if self.uniform(borrower, kind, 0) < lever.uptake
        )

    def pull(self, kind: str, borrower: Borrower, day: int) -> float:
        """R122: the strength of a lever on a borrower on a day, 0.0 without it."""
        lever = self.by_kind.get(kind)
        if lever is None or kind not in borrower.levers or day < lever_start(self.scenario, lever):
            return 0.0
        return lever.strength

    def more_funding_bp(self, day: int) -> int:
        """R123: the pull of `more_funding`, which has no takers, in basis points."""
        lever = self.by_kind.get("more_funding")
        return 0 if lever is None or day < lever_start(self.scenario, lever) else basis_points(lever.strength)


# ---- 2.6 the desk ----------------------------------------------------------------------------------------


@dataclass(eq=False)
class Review:
    """A hold in the hands of a reviewer, until `finish`."""

    hold: Hold
    finish: float
    approved: bool


class Desk:
    """Reviewers who work on the exact times of their reviews, by a clock that stands still on closed days."""

    def __init__(self, scenario: Any, calendar: Calendar, seed: int, replication: int) -> None:
        self.rules = scenario.review
        self.calendar = calendar
        self.seed = seed
        self.replication = replication
        self.waiting: list[Hold] = []
        self.under_review: list[Review] = []
        self.finished: list[Review] = []
        opened = (calendar.is_open("review", day) for day in range(scenario.horizon_days))
        self.open_before = list(accumulate(opened, initial=0))
        self.next_opening = 0  # when free reviewers next take from those who wait: as an open day begins

    def clock(self, day: int, hour: float) -> float:
        """R128: the number of open days before a day, and, if it is open, the part of it that has passed."""
        return self.open_before[day] + (hour if self.calendar.is_open("review", day) else 0.0)

    def arrive(self, day: int, holds: list[Hold]) -> None:
        """R66, R67: day d's holds come at d + 0.25, after reviewers who finish then took from those there.

        On a closed day nobody takes.
        """
        is_open, time = self.calendar.is_open("review", day), self.clock(day, 0.25)
        if is_open:
            self.work_through(time)
        priority = self.rules.priority_score
        for hold in sorted(holds, key=lambda hold: hold.key):
            hold.desk_day = day
            by_score = 1 if priority is not None and hold.borrower.score >= priority else 2
            hold.desk_class = 0 if hold.appealed else by_score
            self.waiting.append(hold)
        if is_open:
            self.take_all(time)

    def work_before(self, day: int, hour: float) -> None:
        """R69: let the reviewers work on all that ends before a time of a day."""
        time = self.clock(day, hour)
        while self.next_time() < time:
            self.work_on()

    def work_through(self, time: float) -> None:
        """R69: let the reviewers work on all that ends at or before a time of their clock."""
        while self.next_time() <= time:
            self.work_on()

    def next_time(self) -> float:
        return min([self.next_opening, *(review.finish for review in self.under_review)])

    def work_on(self) -> None:
        """R128: the desk opens, or the next review ends."""
        time = self.next_time()
        if time == self.next_opening:
            self.next_opening += 1
        for review in [review for review in self.under_review if review.finish == time]:
            self.under_review.remove(review)
            self.finished.append(review)
        self.take_all(time)

    def take_all(self, time: float) -> None:
        """R68: free reviewers take from those who wait."""
        while self.waiting and len(self.under_review) < self.rules.reviewers:
            self.take_next(time)

    def take_next(self, time: float) -> None:
        """R68, R72, R73."""
        hold = min(self.waiting, key=lambda hold: (hold.desk_class, hold.desk_day, hold.key))
        self.waiting.remove(hold)
        u = self.numbers(hold)
        hold.attempts += 1
        approved = u[0] < self.rules.approve_share
        self.under_review.append(Review(hold, time + self.service(u), approved))

    def numbers(self, hold: Hold) -> tuple[float, ...]:
        """R70: the random numbers of a hold's present attempt."""
        origin, instalment = hold.numbered_by
        index = instalment | (hold.attempts << 16)
        return uniforms(self.seed, self.replication, REVIEW, hold.borrower.id, origin, index)

    def service(self, u: tuple[float, ...]) -> float:
        """R71."""
        mean = self.rules.service_days
        if mean == 0 or self.rules.service_law == "constant":
            return float(mean)
        if self.rules.service_law == "exponential":
            return -math.log(u[1]) * mean
        cv = self.rules.service_cv
        v = math.log(1 + cv * cv)
        return math.exp(math.log(mean) - 0.5 * v + math.sqrt(v) * normal(u[1], u[2]))

    def leave(self, hold: Hold) -> None:
        """R74: a hold forfeited in the queue is not reviewed; one under review keeps its reviewer busy."""
        if hold in self.waiting:
            self.waiting.remove(hold)

    def decisions(self, day: int) -> list[Review]:
        """R72, R128: the reviews that take effect in phase 3, in order of (borrower, loan, instalment)."""
        if not self.calendar.is_open("review", day):
            return []
        self.work_through(self.clock(day, 0.375))
        done, self.finished = self.finished, []
        return sorted((r for r in done if r.hold.place == "desk"), key=lambda review: review.hold.key)


# ---- 2.7 the pool ----------------------------------------------------------------------------------------


class Pool:
    """What the lender can still commit, and the queue of holds for it."""

    def __init__(self, scenario: Any, calendar: Calendar) -> None:
        self.scenario = scenario
        self.rules = scenario.funding
        self.calendar = calendar
        self.recycle_bp = basis_points(self.rules.recycle_share)
        self.reserve_bp = basis_points(self.rules.reserve_share)
        self.headroom = cents(self.rules.initial)
        self.queue: list[Hold] = []

    def inflow(self, day: int, more_bp: int, squeeze_bp: int) -> int:
        """R81 to R83: what flows in on the day, each amount raised, squeezed and rounded down by itself."""
        if not self.calendar.is_open("funding", day):
            return 0
        amounts = [cents(self.rules.daily_inflow)]
        for facility in self.rules.facilities:
            if facility_start(self.scenario, facility) <= day < facility_end(self.scenario, facility):
                amounts.append(cents(facility.daily_inflow))
            amounts += [cents(facility.lump)] * self.lumps(facility, day)
        squeeze = min(10_000, squeeze_bp)
        offered = sum(portion(raised(amount, more_bp), 10_000 - squeeze) for amount in amounts)
        if self.rules.ceiling is None or self.rules.unlimited:
            return offered
        return min(offered, max(0, raised(cents(self.rules.ceiling), more_bp) - self.headroom))

    def lumps(self, facility: Any, day: int) -> int:
        """R129: how many of its lumps come today: one of the day, and those of closed days before."""
        number = 1 if self.has_lump(facility, day) else 0
        while not self.calendar.is_open("funding", day - 1):
            day -= 1
            number += 1 if self.has_lump(facility, day) else 0
        return number

    def has_lump(self, facility: Any, day: int) -> bool:
        """R81: whether a lump falls on the day, open or closed."""
        age = day - facility_start(self.scenario, facility)
        if age < 0 or day >= facility_end(self.scenario, facility):
            return False
        return age % facility.every_days == 0 if facility.every_days > 0 else age == 0

    def in_order(self) -> list[Hold]:
        """R79."""
        return sorted(self.queue, key=lambda hold: (hold.queued_at, hold.repaid_at, *hold.key))

    def claim(self, amount: int) -> int:
        """R84."""
        return 0 if self.rules.unlimited else portion(amount, self.reserve_bp)

    def receive_principal(self, amount: int) -> None:
        """R85."""
        self.headroom += portion(amount, self.recycle_bp)

    def regain_available(self, amount: int) -> None:
        """R85."""
        self.headroom += portion(amount, self.reserve_bp)

    def pay_release(self, amount: int) -> None:
        """R85."""
        self.headroom -= portion(amount, self.reserve_bp)

    def pay_draw(self, amount: int) -> None:
        """R85."""
        self.headroom -= amount - portion(amount, self.reserve_bp)


# ---- 2.2 a borrower at the start -------------------------------------------------------------------------


ROWS = 4096


@cache
def quantile_table(mean: float, concentration: float | None) -> list[float]:
    """R10, R12."""
    if concentration is None or 0 in (mean * concentration, (1 - mean) * concentration):
        return [float(mean)] * ROWS
    a, b = mean * concentration, (1 - mean) * concentration
    return [float(betaincinv(a, b, (k + 0.5) / ROWS)) for k in range(ROWS)]


@cache
def limit_table(median: float, log_sd: float, low: float, high: float) -> list[int]:
    """R11: limits in cents."""
    table = []
    for k in range(ROWS):
        x = math.exp(math.log(median) + log_sd * float(ndtri((k + 0.5) / ROWS)))
        table.append(cents(min(max(x, low), high)))
    return table


class Tables:
    """R10, R155: the tables of a region, made of the numbers of its own and those of the scenario."""

    def __init__(self, scenario: Any, region: Any) -> None:
        population, behaviour = scenario.population, scenario.behaviour
        median = own_number(region, "limit_median", population.limit_median)
        self.limits = limit_table(
            median, population.limit_log_sd, population.limit_low, population.limit_high
        )
        mean = own_number(region, "utilisation_mean", population.utilisation_mean)
        self.utilisations = [
            basis_points(x) for x in quantile_table(mean, population.utilisation_concentration)
        ]
        mean = own_number(region, "score_mean", population.score_mean)
        self.scores = quantile_table(mean, population.score_concentration)
        mean = own_number(region, "late_onset", behaviour.late_onset)
        self.propensities = quantile_table(mean, behaviour.late_concentration)

    @property
    def mean_square(self) -> float:
        """R25: of the utilisation."""
        return math.fsum((bp / 10_000) ** 2 for bp in self.utilisations) / ROWS


class Seasoning:
    """R147, R148: what is known of borrowers who have been there for a while."""

    def __init__(self, scenario: Any) -> None:
        default_dpd, hazards = scenario.behaviour.default_dpd, scenario.behaviour.cure_hazards
        cycle_days = scenario.product.cycle_days
        self.months = 12 if default_dpd == 0 else min(24, default_dpd // cycle_days)
        self.defaults = default_dpd > 0
        self.leaving = scenario.population.exits_per_year * cycle_days / 365
        self.still_late = [1.0]  # S_1, S_2 .. S_{M+1}
        for m in range(1, self.months + 1):
            self.still_late.append(self.still_late[-1] * (1 - hazards[min(m, len(hazards)) - 1]))
        self.months_late = [0.0]  # S_1 + .. + S_m, by m = 0 .. M
        for stays in self.still_late[:-1]:
            self.months_late.append(self.months_late[-1] + stays)

    def record(self, q: float, u: float) -> int | None:
        """R148: how many months late a borrower of propensity q is at the start; None after a default."""
        closed = self.still_late[-1] / self.leaving if self.defaults else 0.0
        t = u * (1 + q * (self.months_late[-1] + closed))
        for m, months in enumerate(self.months_late):
            if t < 1 + q * months:
                return m
        return None


class Population:
    """Who is there on day 0, drawn or read from the portfolio, and who arrives."""

    def __init__(self, scenario: Any, seed: int, replication: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self.replication = replication
        population = scenario.population
        self.levers = Levers(scenario, seed, replication)
        self.rows = self.read_portfolio()
        self.size = population.borrowers if self.rows is None else len(self.rows)
        self.told_regions = bool(self.rows) and "region" in self.rows[0]
        self.told_lateness = bool(self.rows) and "late_share" in self.rows[0]
        regions = self.regions()
        self.tables = {name: Tables(scenario, population.regions.get(name)) for name in regions}
        self.risky_from = self.risky_thresholds()
        self.risky_rows: set[int] = set()
        if self.told_lateness:
            latest = sorted(range(self.size), key=lambda row: (-float(self.rows[row]["late_share"]), row))
            self.risky_rows = set(latest[: round(scenario.screening.risky_share * self.size)])

    def read_portfolio(self) -> list[dict[str, str]] | None:
        """R19."""
        if self.scenario.population.portfolio is None:
            return None
        with open(self.scenario.population.portfolio, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def regions(self) -> list[str]:
        """R15, R19: in their order."""
        if self.told_regions:
            return sorted({row["region"] for row in self.rows})
        return list(self.scenario.population.regions)

    def shares(self) -> dict[str, float]:
        """R157: the share of each region; those of a file are of its borrowers."""
        if not self.told_regions:
            return {name: region_share(region) for name, region in self.scenario.population.regions.items()}
        return {name: sum(row["region"] == name for row in self.rows) / self.size for name in self.regions()}

    def risky_thresholds(self) -> dict[str, float]:
        """R17, R157: from which u of the propensity on a borrower is risky, by its region."""
        share = self.scenario.screening.risky_share
        tables = {name: tables.propensities for name, tables in self.tables.items()}
        if share == 0:
            return dict.fromkeys(tables, math.inf)
        first = next(iter(tables.values()))
        if all(table == first for table in tables.values()):
            return dict.fromkeys(tables, 1 - share)
        shares = self.shares()

        def weight(own: dict[str, float]) -> float:
            return list(accumulate(shares[name] * share for name, share in own.items()))[-1]

        def from_on(q: float) -> dict[str, float]:
            return {name: (ROWS - bisect_left(table, q)) / ROWS for name, table in tables.items()}

        found = {q for name, table in tables.items() if shares[name] > 0 for q in table}
        q_star = next((q for q in sorted(found, reverse=True) if weight(from_on(q)) >= share), min(found))
        a = {name: (ROWS - bisect_right(table, q_star)) / ROWS for name, table in tables.items()}
        e = {name: reached - a[name] for name, reached in from_on(q_star).items()}
        above, equal = weight(a), weight(e)
        return {name: 1 - a[name] - e[name] * (share - above) / equal for name in tables}

    def people(self) -> list[Borrower]:
        borrowers = [self.borrower(id) for id in range(self.size)]
        self.number_loans(borrowers)
        return borrowers

    def arrivals(self) -> list[Borrower]:
        """R139: those who come before the horizon, in order of ids."""
        rate = self.scenario.population.arrivals_per_year * self.size
        found: list[Borrower] = []
        time = 0.0
        while rate > 0:
            u = uniforms(self.seed, self.replication, ARRIVAL, len(found), 0, 0)
            time += -math.log(u[0]) * 365 / rate
            if time >= self.scenario.horizon_days:
                break
            found.append(self.arrival(self.size + len(found), int(time)))
        return found

    def draw(self, id: int, block: int) -> tuple[float, ...]:
        return uniforms(self.seed, self.replication, POPULATION, id, block, 0)

    def borrower(self, id: int) -> Borrower:
        """R9, R13, R20 to R24, R148: one of the first borrowers."""
        number = None if self.rows is None else id
        borrower = self.person(id, number)
        trait, past = self.draw(id, 0), self.draw(id, 2)
        row = {} if number is None else self.rows[number]
        tables = self.tables[borrower.region]
        if number is None:
            bp = tables.utilisations[int(trait[1] * ROWS)]
            borrower.outstanding = portion(borrower.limit, bp)
        else:
            borrower.outstanding = cents(float(row["outstanding"]))
        if not self.told_lateness:
            borrower.propensity = tables.propensities[int(trait[3] * ROWS)]
        months_late = int(float(row.get("months_late", 0)))
        borrower.available = max(0, borrower.limit - borrower.outstanding)
        record: int | None = months_late
        if self.scenario.population.seasoned and number is None:
            record = Seasoning(self.scenario).record(borrower.propensity, past[3])
        if record is None:
            borrower.highest_limit = borrower.limit
            borrower.limit = borrower.outstanding = borrower.available = 0
            borrower.closed = True
        else:
            self.give_starting_loan(borrower, past[0], record, row)
        borrower.standing = self.starting_standing(borrower)
        return borrower

    def arrival(self, id: int, day: int) -> Borrower:
        """R140, R141: one who arrives, and owes nothing."""
        number = None if self.rows is None else int(self.draw(id, 2)[3] * self.size)
        borrower = self.person(id, number)
        borrower.arrived_at = borrower.last_decision = day
        borrower.exit_day += day
        borrower.last_draw = day - 30
        borrower.available = borrower.limit
        borrower.standing = self.starting_standing(borrower)
        return borrower

    def person(self, id: int, number: int | None) -> Borrower:
        """R9, R11 to R17, R142: what is drawn for whoever is there, or read from a row of the portfolio."""
        row = {} if number is None else self.rows[number]
        trait, place, past = self.draw(id, 0), self.draw(id, 1), self.draw(id, 2)
        scenario = self.scenario
        region = row["region"] if "region" in row else self.draw_region(place[0])
        tables, own = self.tables[region], scenario.population.regions.get(region)
        evaluation = scenario.evaluation
        staggered = evaluation.schedule == "staggered"
        exits = scenario.population.exits_per_year
        return Borrower(
            id=id,
            region=region,
            limit=tables.limits[int(trait[0] * ROWS)] if number is None else cents(float(row["limit"])),
            outstanding=0,
            score=self.starting_score(row, tables, trait[2]),
            propensity=float(row["late_share"])
            if self.told_lateness
            else tables.propensities[int(trait[3] * ROWS)],
            due_day=int(place[3] * scenario.product.cycle_days),
            first_evaluation=int(place[2] * evaluation.period_days)
            if staggered
            else evaluation.period_days - 1,
            watched=place[1] < own_number(own, "watch_share", scenario.review.watch_share),
            other_lenders=1 if past[1] < scenario.population.other_lenders else 0,
            exit_day=math.inf if exits == 0 else int(-math.log(past[2]) * 365 / exits),
            risky=number in self.risky_rows if self.told_lateness else trait[3] >= self.risky_from[region],
            levers=self.levers.taken_up_by(id),
        )

    def draw_region(self, u: float) -> str:
        """R15."""
        total = 0.0
        for name, region in self.scenario.population.regions.items():
            total += region_share(region)
            if u < total:
                return name
        return name

    def starting_score(self, row: dict[str, str], tables: Tables, u: float) -> float:
        """R14, R156."""
        if "score" in row:
            return float(row["score"])
        if self.scenario.population.initial_score is not None:
            return float(self.scenario.population.initial_score)
        return tables.scores[int(u * ROWS)]

    def give_starting_loan(self, borrower: Borrower, u: float, months_late: int, row: dict[str, str]) -> None:
        """R21 to R23."""
        if borrower.outstanding == 0:
            return
        product = self.scenario.product
        remaining = self.remaining_instalments(u)
        paid = product.instalments - remaining
        origin = borrower.due_day - (paid + months_late + 1) * product.cycle_days
        principal = borrower.outstanding
        loan = Loan(-1, origin, principal, remaining, principal, remaining, cycle=-months_late)
        borrower.loans.append(loan)
        borrower.last_draw = origin
        if months_late > 0:
            borrower.oldest_unpaid = borrower.due_day - months_late * product.cycle_days
            borrower.spell = max(1, int(float(row.get("spell_months", months_late))))

    def remaining_instalments(self, u: float) -> int:
        """R20: in proportion to what is still owed of a loan."""
        n = self.scenario.product.instalments
        sums = [0.0]
        for r in range(1, n + 1):
            sums.append(sums[-1] + self.still_owed(r))
        for r in range(1, n + 1):
            if sums[r] / sums[n] > u:
                return r
        return n

    def still_owed(self, r: int) -> float:
        """R20: of a loan of 1 when r instalments remain."""
        product = self.scenario.product
        n = product.instalments
        i = product.daily_rate * product.cycle_days
        if product.method == "interest_only":
            return 1.0
        if product.method == "equal_principal" or i == 0:
            return r / n
        return -math.expm1(-r * math.log1p(i)) / -math.expm1(-n * math.log1p(i))

    def starting_standing(self, borrower: Borrower) -> str:
        """R24."""
        if borrower.score < self.scenario.rules.min_score:
            return "score"
        overdue = borrower.oldest_unpaid is not None and borrower.oldest_unpaid < 0
        return "overdue" if self.scenario.rules.overdue and overdue else "clear"

    def number_loans(self, borrowers: list[Borrower]) -> None:
        """R162."""
        loans = [(loan.origin, borrower.id, loan) for borrower in borrowers for loan in borrower.loans]
        for number, (_, _, loan) in enumerate(sorted(loans, key=lambda entry: entry[:2])):
            loan.number = number

    def late_scale(self, borrowers: list[Borrower]) -> float:
        """R25: so that `late_onset` is the mean probability at the start, whatever the effects."""
        per_lender = self.scenario.reaction.lateness_per_lender
        return (
            1
            / (1 + self.scenario.behaviour.utilisation_effect * self.mean_square(borrowers))
            / (1 + per_lender * self.scenario.population.other_lenders)
        )

    def mean_square(self, borrowers: list[Borrower]) -> float:
        """R25, R157."""
        if self.rows is not None:
            return math.fsum(b.utilisation * b.utilisation for b in borrowers) / len(borrowers)
        tables = list(self.tables.values())
        if all(one.utilisations == tables[0].utilisations for one in tables):
            return tables[0].mean_square
        total = 0.0
        for share, one in zip(self.shares().values(), tables, strict=True):
            total += share * one.mean_square
        return total


# ---- 2.19 the economy ------------------------------------------------------------------------------------


class Economy:
    """R149 to R151: the factor by which all miss more or less often."""

    def __init__(self, scenario: Any, seed: int, replication: int) -> None:
        sd, c = scenario.economy.sd, scenario.economy.persistence
        self.factors: list[float] = []
        x = 0.0
        for month in range((scenario.horizon_days + 29) // 30):
            u = uniforms(seed, replication, ECONOMY, 0, month, 0)
            z = normal(u[0], u[1])
            x = z if month == 0 else c * x + math.sqrt(1 - c * c) * z
            self.factors.append(math.exp(sd * x - 0.5 * sd * sd))

    def factor(self, day: int) -> float:
        return self.factors[day // 30]


# ---- 3.5 what every run counts ---------------------------------------------------------------------------


class Counts:
    """Repayment holds of the days from `warmup_days` on, by region, follow-up and age in whole days.

    A row has, for each gate and each outcome, the number of holds and their amount in cents.
    """

    NAMES = (*CAUSES, *OUTCOMES)
    AMOUNTS = tuple(f"{name}_amount" for name in NAMES)

    def __init__(self, scenario: Any, regions: list[str], follow_up_days: int) -> None:
        self.from_day = scenario.warmup_days
        self.followed_until = scenario.horizon_days - follow_up_days
        self.rows = {
            (region, followed, age): dict.fromkeys((*self.NAMES, *self.AMOUNTS), 0)
            for region in regions
            for followed in (False, True)
            for age in range(scenario.horizon_days - scenario.warmup_days + 1)
        }

    def add(self, name: str, hold: Hold, day: int, amount: int, holds: int = 1) -> None:
        """R167: count what is seen of a hold on a day, at the age that it has then."""
        if hold.kind != "repayment" or hold.repaid_at < self.from_day:
            return
        followed = hold.repaid_at <= self.followed_until
        row = self.rows[hold.borrower.region, followed, day - hold.repaid_at]
        row[name] += holds
        row[f"{name}_amount"] += amount

    def frame(self) -> pd.DataFrame:
        rows = [
            {
                "region": region,
                "followed": followed,
                "age_days": age,
                **{name: row[name] for name in self.NAMES},
                **{name: row[name] / 100 for name in self.AMOUNTS},
            }
            for (region, followed, age), row in self.rows.items()
        ]
        return frame(rows, list(rows[0]), ["age_days", *self.NAMES])


# ---- the platform ----------------------------------------------------------------------------------------


class Platform:
    """All of it, and its day."""

    def __init__(self, scenario: Any, seed: int, replication: int, follow_up_days: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self.replication = replication
        population = Population(scenario, seed, replication)
        self.borrowers = population.people()
        self.coming = population.arrivals()
        self.calendar = Calendar(scenario)
        self.economy = Economy(scenario, seed, replication)
        self.counts = Counts(scenario, population.regions(), follow_up_days)
        self.late_scale = population.late_scale(self.borrowers)
        self.levers = Levers(scenario, seed, replication)
        self.desk = Desk(scenario, self.calendar, seed, replication)
        self.pool = Pool(scenario, self.calendar)
        diversify = self.levers.by_kind.get("diversify")
        self.elsewhere = None if diversify is None else preset(diversify.product)
        self.loans_numbered = sum(len(borrower.loans) for borrower in self.borrowers)
        self.shocks = self.all_shocks()
        self.active: list[ActiveShock] = []
        self.going_to_desk: list[Hold] = []
        self.all_holds: list[Hold] = []
        self.events: list[Event] = []
        self.rows: list[dict[str, Any]] = []
        self.day = 0
        self.phase = 0
        self.inflow_today = 0
        self.interest_today = 0
        self.draws_today: list[tuple[Borrower, int]] = []
        self.ledger = cents(scenario.funding.initial)
        for borrower in self.borrowers:
            self.first_wish(borrower)

    def live(self, day: int) -> None:
        """R2: the phases of a day, at day + phase/8; the desk works on its own times in between."""
        self.day = day
        first_event = len(self.events)
        steps = (
            self.begin_day,
            self.collect_payments,
            self.evaluate_all,
            self.apply_reviews,
            self.fund,
            self.let_borrowers_act,
            lambda: self.record(self.events[first_event:]),
        )
        for phase, step in enumerate(steps):
            self.phase = phase
            self.desk.work_before(day, phase / 8)
            step()

    def uniforms(self, stream: int, entity: int, i: int, j: int = 0) -> tuple[float, ...]:
        return uniforms(self.seed, self.replication, stream, entity, i, j)

    def pull(self, kind: str, borrower: Borrower) -> float:
        """The strength of a lever on a borrower today."""
        return self.levers.pull(kind, borrower, self.day)

    def pull_bp(self, kind: str, borrower: Borrower) -> int:
        return basis_points(self.pull(kind, borrower))

    def log(
        self, event: str, borrower: int, loan: int, instalment: int, amount: int, cause: str = ""
    ) -> None:
        self.events.append(Event(self.day, self.phase, event, borrower, loan, instalment, amount, cause))

    def log_hold(self, event: str, hold: Hold, amount: int, cause: str = "") -> None:
        self.log(event, *hold.key, amount, cause)

    def own(self, name: str, borrower: Borrower, otherwise: float) -> float:
        """R155: the number of the borrower's region, or else that of the scenario."""
        return own_number(self.scenario.population.regions.get(borrower.region), name, otherwise)

    def begin_day(self) -> None:
        """R2."""
        self.welcome_arrivals()
        self.let_leave()
        self.change_shocks()

    # ---- 2.18 The book changes (phase 0) -----------------------------------------------------------------

    def welcome_arrivals(self) -> None:
        """R141, R144."""
        while self.coming and self.coming[0].arrived_at == self.day:
            borrower = self.coming.pop(0)
            borrower.shocks = [shock for shock in self.active if shock.covers(borrower)]
            for shock in self.shocks:
                if shock.kind == "cap" and shock.start < self.day and shock.covers(borrower):
                    borrower.shock_cap = min(borrower.shock_cap, cents(shock.size))
            borrower.limit = borrower.available = min(borrower.limit, borrower.shock_cap)
            borrower.highest_limit = borrower.limit
            self.borrowers.append(borrower)
            self.first_wish(borrower)
            self.log("arrival", borrower.id, -1, -1, borrower.limit)

    def let_leave(self) -> None:
        """R143."""
        for borrower in self.those_there():
            if not borrower.loans and not borrower.holds and self.day >= borrower.exit_day:
                self.log("exit", borrower.id, -1, -1, borrower.limit)
                borrower.limit = borrower.available = 0
                borrower.shocks.clear()
                borrower.left_at = self.day

    def those_there(self) -> list[Borrower]:
        return [borrower for borrower in self.borrowers if borrower.is_there]

    # ---- 2.3 Paying (phase 1) ----------------------------------------------------------------------------

    def collect_payments(self) -> None:
        """R28, R31, R34, R45, R134."""
        for borrower in self.borrowers:
            self.credit_good_payments(borrower)
            cycle_days = self.scenario.product.cycle_days
            cycle, days_since_due = divmod(self.day - borrower.due_day, cycle_days)
            if days_since_due == 0 and cycle >= 0:
                self.meet_due_day(borrower, cycle)
            elif borrower.slip_until == self.day:
                self.pay(borrower, cycle, is_cure=False)
            elif self.is_planned(borrower, cycle + 1):
                self.perhaps_pay_ahead(borrower, cycle + 1)
            self.check_default(borrower)

    def instalments_due(self, loan: Loan, cycle: int) -> int:
        """R28."""
        return max(0, min(loan.remaining, cycle - loan.cycle + 1))

    def meet_due_day(self, borrower: Borrower, cycle: int) -> None:
        """R28 to R32."""
        if not any(self.instalments_due(loan, cycle) for loan in borrower.loans):
            return
        behaviour = self.scenario.behaviour
        u = self.uniforms(DUE, borrower.id, cycle)
        if borrower.spell > 0:
            hazards = behaviour.cure_hazards
            if u[0] < hazards[min(borrower.spell, len(hazards)) - 1]:
                self.pay(borrower, cycle, is_cure=True)
            else:
                borrower.spell += 1
                self.log("miss", borrower.id, -1, cycle, 0)
        elif u[0] < self.onset_probability(borrower):
            borrower.spell = 1
            borrower.oldest_unpaid = self.day
            self.log("miss", borrower.id, -1, cycle, 0)
        elif u[1] < self.slip_probability(borrower):
            borrower.slip_until = self.day + 1 + int(u[2] * behaviour.slip_days)
            borrower.oldest_unpaid = self.day
            self.log("slip", borrower.id, -1, cycle, 0)
        else:
            self.pay(borrower, cycle, is_cure=False)

    def onset_probability(self, borrower: Borrower) -> float:
        """R30."""
        x = borrower.utilisation
        effect = self.scenario.behaviour.utilisation_effect
        lenders = borrower.lenders_in_use(self.day)
        return min(
            1.0,
            borrower.propensity
            * (1.0 + effect * x * x)
            * self.late_scale
            * (1.0 + self.scenario.reaction.lateness_per_lender * lenders)
            * self.economy.factor(self.day)
            * (1.0 + borrower.downturn / 10_000)
            * (1.0 - self.pull("pay_on_time", borrower))
            * (1.0 - self.pull("education", borrower)),
        )

    def slip_probability(self, borrower: Borrower) -> float:
        """R31."""
        return (
            self.own("slip_share", borrower, self.scenario.behaviour.slip_share)
            * (1.0 - self.pull("pay_on_time", borrower))
            * (1.0 - self.pull("education", borrower))
        )

    def is_planned(self, borrower: Borrower, cycle: int) -> bool:
        """R33: whether the cycle, the next to fall due, is planned for today."""
        if cycle < 0 or "plan" not in borrower.levers:
            return False
        cycle_days = self.scenario.product.cycle_days
        evaluation = self.scenario.evaluation
        plan = self.levers.by_kind["plan"]
        due = borrower.due_day + cycle * cycle_days
        lag = (due + evaluation.cutoff_days - borrower.first_evaluation) % evaluation.period_days
        return (
            due - lag == self.day
            and 0 < lag < cycle_days
            and self.day + evaluation.cutoff_days >= borrower.first_evaluation
            and self.day >= lever_start(self.scenario, plan)
            and self.levers.uniform(borrower.id, "plan", 1 + cycle) < plan.strength
        )

    def perhaps_pay_ahead(self, borrower: Borrower, cycle: int) -> None:
        """R34, R35: pay today what is due in the cycle, unless that would be missed or slip."""
        if borrower.oldest_unpaid is not None:
            return
        if not any(self.instalments_due(loan, cycle) for loan in borrower.loans):
            return
        u = self.uniforms(DUE, borrower.id, cycle)
        if u[0] < self.onset_probability(borrower) or u[1] < self.slip_probability(borrower):
            return
        borrower.paid_ahead = cycle
        self.pay(borrower, cycle, is_cure=False)

    def pay(self, borrower: Borrower, cycle: int, is_cure: bool) -> None:
        """R36."""
        lateness = 0 if borrower.oldest_unpaid is None else self.day - borrower.oldest_unpaid
        late = lateness > self.scenario.rules.grace_days
        if late:
            self.note_late_payment(borrower)
        borrower.spell = 0
        borrower.slip_until = None
        borrower.oldest_unpaid = None
        late = late and self.scenario.rules.overdue
        self.pay_interest(borrower)
        if self.scenario.product.release_unit == "instalment":
            self.pay_as_one(borrower, cycle, late)
        else:
            self.pay_by_loan(borrower, cycle, late)
        if not is_cure:
            self.perhaps_prepay(borrower, cycle)
        self.perhaps_evaluate_at_repayment(borrower)

    def pay_interest(self, borrower: Borrower) -> None:
        """R159: that of the evenings since the last payment."""
        paid = round(self.scenario.product.daily_rate * borrower.unpaid_evenings)
        borrower.unpaid_evenings = 0
        self.interest_today += paid
        if self.day >= self.scenario.warmup_days:
            borrower.interest_paid += paid

    def note_late_payment(self, borrower: Borrower) -> None:
        """R53: what the overdue days up to today take from the score, beside those of earlier payments."""
        before = 0.0
        if borrower.last_overdue > borrower.last_decision:
            before = borrower.paid_late * self.left(self.day - borrower.last_overdue)
        borrower.paid_late = before + (1.0 - self.left(self.overdue_days(borrower)))
        borrower.last_overdue = self.day

    def pay_as_one(self, borrower: Borrower, cycle: int, late: bool) -> None:
        """R37, R38."""
        principal = sum(
            self.pay_instalments(borrower, loan, self.instalments_due(loan, cycle))
            for loan in list(borrower.loans)
        )
        self.log("repayment", borrower.id, -1, cycle, principal)
        if principal > 0:
            self.open_hold(borrower, None, cycle, principal, self.good_at(borrower, cycle, 0), late)

    def pay_by_loan(self, borrower: Borrower, cycle: int, late: bool) -> None:
        """R37, R38."""
        for loan in list(borrower.loans):
            due = self.instalments_due(loan, cycle)
            if due == 0:
                continue
            principal = self.pay_instalments(borrower, loan, due)
            instalment = self.scenario.product.instalments - loan.remaining
            self.log("repayment", borrower.id, loan.number, instalment, principal)
            if principal > 0:
                self.open_hold(borrower, loan, instalment, principal, self.good_at(borrower, cycle, 0), late)

    def pay_instalments(self, borrower: Borrower, loan: Loan, number: int) -> int:
        """Pay the next instalments of a loan; the principal in them."""
        total = 0
        for _ in range(number):
            principal = self.principal_of_next(loan)
            loan.balance -= principal
            loan.remaining -= 1
            loan.cycle += 1
            total += principal
        if loan.remaining == 0:
            borrower.loans.remove(loan)
        return total

    def principal_of_next(self, loan: Loan) -> int:
        """R41."""
        product = self.scenario.product
        r = loan.remaining
        if r == 1:
            return loan.balance
        if product.method == "equal_principal":
            return loan.principal // loan.instalments
        if product.method == "interest_only":
            return 0
        i = product.daily_rate * product.cycle_days
        factor = 1 / r if i == 0 else i / math.expm1(r * math.log1p(i))
        return int(loan.balance * factor)

    def perhaps_prepay(self, borrower: Borrower, cycle: int) -> None:
        """R39, R40."""
        product = self.scenario.product
        u = self.uniforms(DUE, borrower.id, cycle)
        probability = min(1.0, self.scenario.behaviour.prepay_per_year * product.cycle_days / 365)
        if self.evaluation_in_progress(borrower):
            probability *= 1.0 - self.pull("transparency", borrower)
        if u[3] < probability and borrower.loans:
            loan = borrower.loans.pop(0)
            principal, loan.balance, loan.remaining = loan.balance, 0, 0
            borrower.last_prepayment = self.day
            self.log("prepayment", borrower.id, loan.number, product.instalments, principal)
            self.pay_interest(borrower)
            good_at = self.good_at(borrower, cycle, 1)
            self.open_hold(borrower, loan, product.instalments, principal, good_at, early=True)

    def perhaps_evaluate_at_repayment(self, borrower: Borrower) -> None:
        """R42, R43: steps 1 to 4 of an evaluation, for a repayment that has not passed at once."""
        arrived = any(hold.place == "waiting" and hold.arrival == self.day for hold in borrower.holds)
        if not arrived or borrower.closed or not self.calendar.is_open("evaluation", self.day):
            return
        u = self.levers.uniform(borrower.id, "timely_scoring", 1 + self.day)
        if u < self.pull("timely_scoring", borrower):
            numbers = self.uniforms(SCREEN, borrower.id, self.day, 1)
            self.decide(borrower, numbers, sees_until=self.day)

    def check_default(self, borrower: Borrower) -> None:
        """R44, R45: looked at every day: it can first be true only on the days that the page names."""
        default_dpd = self.scenario.behaviour.default_dpd
        if default_dpd == 0 or borrower.oldest_unpaid is None:
            return
        if self.day - borrower.oldest_unpaid >= default_dpd:
            self.close(borrower, "default")
            self.log("default", borrower.id, -1, -1, borrower.outstanding)
            borrower.written_off += borrower.outstanding
            borrower.outstanding = 0
            borrower.loans.clear()
            borrower.spell = 0
            borrower.slip_until = None
            borrower.oldest_unpaid = None

    # ---- 2.16 Clearing -----------------------------------------------------------------------------------

    def good_at(self, borrower: Borrower, cycle: int, j: int) -> int:
        """R131 to R134: the day on which a payment of today is good."""
        product = self.scenario.product
        v = self.uniforms(CLEARING, borrower.id, cycle, j)
        booked = self.day + 1 if v[0] < product.after_cutoff_share else self.day
        good = self.calendar.open_from("clearing", booked)
        if v[1] < product.clearing_share:
            low, high = product.clearing_days
            for _ in range(low + int(v[2] * (high - low + 1))):
                good = self.calendar.open_from("clearing", good + 1)
        return good

    def credit_good_payments(self, borrower: Borrower) -> None:
        """R134: holds whose payment is good today, before borrowers pay."""
        for hold in list(borrower.holds):
            if hold.place == "settlement" and hold.good_at == self.day and self.is_settled(hold):
                self.reach_gate_2(hold)

    def is_settled(self, hold: Hold) -> bool:
        by_instalment = self.scenario.product.release_unit == "instalment"
        return by_instalment or hold.loan in hold.borrower.settled

    # ---- 2.4 A hold opens --------------------------------------------------------------------------------

    def open_hold(
        self,
        borrower: Borrower,
        loan: Loan | None,
        instalment: int,
        principal: int,
        good_at: int,
        late: bool = False,
        early: bool = False,
    ) -> None:
        """R46 to R48."""
        over = max(0, min(principal, borrower.outstanding - borrower.limit))
        borrower.outstanding -= principal
        self.pool.receive_principal(principal)
        hold = Hold(
            borrower=borrower,
            loan=-1 if loan is None else loan.number,
            origin=-1 if loan is None else loan.origin,
            instalment=instalment,
            kind="repayment",
            repaid_at=self.day,
            amount=principal,
            left=principal,
            late=late,
            early=early,
            good_at=good_at,
            place="settlement",
        )
        self.all_holds.append(hold)
        borrower.holds.append(hold)
        if over > 0:
            self.forfeit(hold, over, "over_limit")
        if loan is not None and loan.remaining == 0:
            self.settle(borrower, loan, early)
        elif hold.place != "ended" and self.is_settled(hold) and good_at == self.day:
            self.reach_gate_2(hold)

    def settle(self, borrower: Borrower, loan: Loan, early: bool) -> None:
        """R48: a loan is repaid in full; what is good of its holds reaches gate 2."""
        borrower.settled.add(loan.number)
        for hold in list(borrower.holds):
            if hold.place == "settlement" and hold.loan == loan.number:
                hold.early = early
                if hold.good_at <= self.day:
                    self.reach_gate_2(hold)

    def reach_gate_2(self, hold: Hold) -> None:
        """R49."""
        hold.arrival = self.day
        borrower = hold.borrower
        evaluation = self.scenario.evaluation
        held_up = self.evaluation_in_progress(borrower) and (evaluation.holds_up == "all" or hold.early)
        if not evaluation.straight_through or held_up:
            self.wait(hold, "evaluation")
        elif borrower.standing != "clear":
            self.wait(hold, borrower.standing)
        elif hold.late:
            self.wait(hold, "overdue")
        else:
            self.pass_gate_3(hold)

    def wait(self, hold: Hold, cause: str) -> None:
        hold.place = "waiting"
        hold.waits_for = cause

    def evaluation_in_progress(self, borrower: Borrower) -> bool:
        """R50."""
        return any(start < self.day for start in self.open_evaluations(borrower))

    def open_evaluations(self, borrower: Borrower) -> list[int]:
        """R51, R141: starts of the borrower's own evaluations that decide today or later, latest first."""
        found: list[int] = []
        period = self.scenario.evaluation.period_days
        start = self.day - (self.day - borrower.first_evaluation) % period
        while start >= max(borrower.first_evaluation, borrower.arrived_at):
            if self.decided_on(start) < self.day:
                break
            found.append(start)
            start -= period
        return found

    def decided_on(self, start: int) -> int:
        """R51, R130."""
        return self.calendar.open_from("evaluation", start + self.scenario.evaluation.duration_days)

    # ---- 2.5 Evaluation (phase 2) ------------------------------------------------------------------------

    def evaluate_all(self) -> None:
        """R51, R130: of several that decide today the one started last."""
        for borrower in self.those_there():
            starts = [s for s in self.open_evaluations(borrower) if self.decided_on(s) == self.day]
            if starts and not borrower.closed:
                self.evaluate(borrower, starts[0])
        self.desk.arrive(self.day, [hold for hold in self.going_to_desk if hold.place == "desk"])
        self.going_to_desk.clear()

    def evaluate(self, borrower: Borrower, started: int) -> None:
        numbers = self.uniforms(SCREEN, borrower.id, started)
        self.decide(borrower, numbers, sees_until=started - self.scenario.evaluation.cutoff_days)
        self.move_line(borrower, self.decision_before(started))

    def decision_before(self, started: int) -> int:
        """R62, R130: the day of the decision before, were the borrower evaluated from the beginning on."""
        while True:
            started -= self.scenario.evaluation.period_days
            if self.decided_on(started) < self.day:
                return self.decided_on(started)

    def decide(self, borrower: Borrower, u: tuple[float, ...], sees_until: int) -> None:
        """R52: steps 1 to 4, which an evaluation at repayment takes as well."""
        self.move_score(borrower)
        self.perhaps_leave_lenders(borrower)
        borrower.flagged = self.screen(borrower, u)
        borrower.standing = self.decide_standing(borrower)
        borrower.last_decision = self.day
        self.log("evaluation", borrower.id, -1, -1, 0, borrower.standing)
        self.decide_holds(borrower, sees_until)

    def move_score(self, borrower: Borrower) -> None:
        """R53."""
        evaluation = self.scenario.evaluation
        taken = 0.0
        if borrower.last_overdue > borrower.last_decision:
            taken = borrower.paid_late * self.left(self.day - borrower.last_overdue)
        if borrower.oldest_unpaid is not None:
            taken += 1.0 - self.left(self.overdue_days(borrower))
        left = self.left(self.day - max(borrower.arrived_at, borrower.last_decision))
        without = 1.0 - evaluation.utilisation_weight * borrower.utilisation
        score = borrower.score * left + without * (1.0 - left) - taken
        borrower.score = min(1.0, max(0.0, score))

    def left(self, days: float) -> float:
        """R53: what is left of a distance of the score after some days."""
        half_life = self.scenario.evaluation.score_half_life_days
        if half_life == 0:
            return 1.0 if days == 0 else 0.0
        return 0.5 ** (days / half_life)

    def overdue_days(self, borrower: Borrower) -> int:
        """R53: the overdue days since the last decision, up to today, of what is unpaid now."""
        in_grace_until = borrower.oldest_unpaid + self.scenario.rules.grace_days
        return max(0, self.day - max(in_grace_until, borrower.last_decision, borrower.arrived_at))

    def perhaps_leave_lenders(self, borrower: Borrower) -> None:
        """R54: every 30 days since the last decision."""
        lever = self.levers.by_kind.get("deleverage")
        if lever is None:
            return
        pull = self.pull("deleverage", borrower)
        for w, day in enumerate(range(lever_start(self.scenario, lever), self.day + 1, 30)):
            if day <= borrower.last_decision or borrower.other_lenders == 0:
                continue
            if self.levers.uniform(borrower.id, "deleverage", 1 + w) < pull:
                borrower.other_lenders -= 1
                self.log("lender_left", borrower.id, -1, -1, 0)

    def screen(self, borrower: Borrower, u: tuple[float, ...]) -> bool:
        """R55 to R57: whether the behaviour analysis flags the borrower."""
        if borrower.trusted and not borrower.risky:
            return False
        f = self.long_run_flag_share(borrower)
        if f == 0:
            return False
        if f == 1:  # weights can carry it there in doubles
            return True
        if self.scenario.screening.flag_days == 0:
            return u[0] < f
        return self.flag_in_time(borrower, f)

    def flag_in_time(self, borrower: Borrower, f: float) -> bool:
        """R58, R59: a flag that comes and goes on its own, whenever it is looked at."""
        flagged = borrower.flagged
        if borrower.flag_draws == 0:
            v = self.uniforms(FLAG, borrower.id, 0)
            flagged = v[0] < f
            borrower.set_flag_clock(-math.log(v[1]))
            borrower.flag_draws = 1
        days = self.scenario.screening.flag_days
        time = float(self.day - max(borrower.arrived_at, borrower.last_decision))
        while True:
            rate = 1.0 / days if flagged else f / (days * (1.0 - f))
            if borrower.flag_clock > time * rate:
                borrower.set_flag_clock(borrower.flag_clock - time * rate)
                return flagged
            time -= borrower.flag_clock / rate
            flagged = not flagged
            borrower.set_flag_clock(-math.log(self.uniforms(FLAG, borrower.id, borrower.flag_draws)[1]))
            borrower.flag_draws += 1

    def long_run_flag_share(self, borrower: Borrower) -> float:
        """R55, R56."""
        screening = self.scenario.screening
        weights = screening.weights
        if borrower.risky:
            return screening.detection + (1.0 - screening.detection) * self.pull("better_model", borrower)
        false_flag = self.own("false_flag", borrower, screening.false_flag)
        f = false_flag * (1.0 - self.pull("better_model", borrower))
        all_weights = (weights.utilisation, weights.recent_draw, weights.recent_prepayment, weights.lenders)
        if f == 0 or not any(all_weights):
            return f
        w = (
            weights.utilisation * borrower.utilisation
            + weights.recent_draw * (1 if self.day - borrower.last_draw < 30 else 0)
            + weights.recent_prepayment * (1 if self.day - borrower.last_prepayment < 90 else 0)
            + weights.lenders * borrower.lenders_in_use(self.day)
        )
        w = min(100.0, max(-100.0, w))
        return 1 / (1 + math.exp(-(math.log(f / (1 - f)) + w)))

    def decide_standing(self, borrower: Borrower) -> str:
        """R60."""
        rules = self.scenario.rules
        if borrower.score < rules.min_score + borrower.tightened / 10_000:
            return "score"
        past_due_now = borrower.oldest_unpaid is not None and borrower.oldest_unpaid < self.day
        overdue = past_due_now or self.day - borrower.last_overdue < rules.clean_days
        if rules.overdue and overdue:
            return "overdue"
        return "behaviour" if borrower.flagged else "clear"

    def decide_holds(self, borrower: Borrower, sees_until: int) -> None:
        """R61."""
        straight_through = self.scenario.evaluation.straight_through
        for hold in [hold for hold in borrower.holds if hold.place == "waiting"]:
            seen = hold.arrival <= sees_until
            if borrower.standing == "clear":
                if seen or (straight_through and not hold.late):
                    self.pass_gate_3(hold)
                elif straight_through:
                    hold.waits_for = "overdue"
            elif seen or straight_through:
                hold.waits_for = borrower.standing

    def move_line(self, borrower: Borrower, before: int) -> None:
        """R62, R63."""
        limits = self.scenario.limits
        limit = borrower.limit
        idle_days = self.day - borrower.last_draw
        if limits.cut_score is not None and borrower.score < limits.cut_score:
            lower = limit
            for _ in self.acted_for(borrower.due_day, limits.cut_days, before):
                lower -= portion(lower, basis_points(limits.cut_share))
            self.fall(borrower, lower, "score")
        elif limits.inactive_days is not None and idle_days >= limits.inactive_days:
            self.fall(borrower, borrower.outstanding + borrower.held, "inactive")
        elif borrower.standing == "clear" and not borrower.raise_pending:
            cap = min(cents(1e9 if limits.cap is None else limits.cap), borrower.shock_cap)
            higher = limit
            if limits.raise_score is not None and borrower.score >= limits.raise_score:
                for _ in self.acted_for(borrower.due_day, limits.raise_days, before):
                    higher = min(cap, raised(higher, basis_points(limits.raise_share)))
            campaign = self.levers.by_kind.get("campaign")
            if campaign is not None:
                for _ in self.acted_for(lever_start(self.scenario, campaign), 90, before):
                    higher = min(cap, raised(higher, self.pull_bp("campaign", borrower)))
            if higher > limit:
                self.raise_limit(borrower, higher)

    def acted_for(self, first: int, every: int, before: int) -> list[int]:
        """R62: those of the days first, first + every, .. for which the evaluation of today acts."""
        return [day for day in range(first, self.day + 1, every) if day > before]

    def pass_gate_3(self, hold: Hold) -> None:
        """R64, R65."""
        hold.approved_at = self.day
        dropped = self.desk.numbers(hold)[3] < self.pull("less_manual", hold.borrower)
        if hold.borrower.under_watch and not dropped:
            self.go_to_desk(hold)
        else:
            self.pass_gate_4(hold)

    def go_to_desk(self, hold: Hold) -> None:
        """R75."""
        hold.place = "desk"
        self.going_to_desk.append(hold)

    def pass_gate_4(self, hold: Hold) -> None:
        """R79."""
        hold.place = "queue"
        hold.queued_at = self.day
        self.pool.queue.append(hold)

    # ---- 2.6 Review (phase 3) ----------------------------------------------------------------------------

    def apply_reviews(self) -> None:
        """R72, R73, R78."""
        for review in self.desk.decisions(self.day):
            hold = review.hold
            hold.reviewed_at = self.day
            self.log_hold("review", hold, hold.left, "approved" if review.approved else "refused")
            if not review.approved:
                self.wait(hold, "review")
            else:
                if hold.appealed:
                    hold.approved_at = self.day
                    self.clear_name(hold)
                self.pass_gate_4(hold)
            hold.appealed = False

    def clear_name(self, hold: Hold) -> None:
        """R76, R77: an approved appeal takes a flag back, of a borrower who is not risky."""
        borrower = hold.borrower
        if borrower.risky:
            return
        borrower.flagged = False
        if borrower.standing == "behaviour":
            borrower.standing = self.decide_standing(borrower)
        if self.uniforms(REACT, borrower.id, *hold.numbered_by)[1] < self.pull("feedback", borrower):
            borrower.trusted = True

    # ---- 2.7 Policy and funding (phase 4) ----------------------------------------------------------------

    def fund(self) -> None:
        """R84, R129."""
        squeeze = sum(shock.bp for shock in self.active if shock.kind == "liquidity_squeeze")
        self.inflow_today = self.pool.inflow(self.day, self.levers.more_funding_bp(self.day), squeeze)
        self.pool.headroom += self.inflow_today
        if not self.calendar.is_open("funding", self.day):
            return
        stopped = False
        for hold in self.pool.in_order():
            if hold.borrower.frozen:
                continue
            claim = self.pool.claim(hold.left)
            stopped = stopped or claim > max(0, self.pool.headroom)
            if not stopped or claim == 0:
                self.release(hold)

    def release(self, hold: Hold) -> None:
        amount = hold.left
        self.pool.pay_release(amount)
        self.log_hold("release", hold, amount)
        hold.borrower.available += amount
        hold.released, hold.left = amount, 0
        whole = hold.forfeited == 0
        self.counts.add("released", hold, self.day, amount, holds=1 if whole else 0)
        self.counts.add("forfeited", hold, self.day, 0, holds=0 if whole else 1)
        self.end(hold)

    def end(self, hold: Hold) -> None:
        hold.ended_at = self.day
        hold.borrower.holds.remove(hold)
        if hold.place == "queue":
            self.pool.queue.remove(hold)
        if hold.place == "desk":
            self.desk.leave(hold)
        hold.place = "ended"
        hold.borrower.note_limit()

    # ---- 2.8 The line ------------------------------------------------------------------------------------

    def fall(self, borrower: Borrower, lower: int, reason: str) -> None:
        """R86: from available first, then from holds, the latest opened first."""
        if lower >= borrower.limit:
            return
        o = borrower.outstanding
        take = max(borrower.limit, o) - max(lower, o)
        self.log("cut", borrower.id, -1, -1, borrower.limit - lower, reason)
        borrower.limit = lower
        withdrawn = min(take, borrower.available)
        if withdrawn > 0:
            borrower.available -= withdrawn
            self.pool.regain_available(withdrawn)
            self.log("withdraw", borrower.id, -1, -1, withdrawn, reason)
        take -= withdrawn
        for hold in reversed(list(borrower.holds)):
            if take > 0:
                part = min(take, hold.left)
                take -= part
                self.forfeit(hold, part, reason)

    def forfeit(self, hold: Hold, amount: int, reason: str) -> None:
        hold.left -= amount
        hold.forfeited += amount
        self.log_hold("forfeit", hold, amount, reason)
        self.counts.add("forfeited", hold, self.day, amount, holds=1 if hold.left == 0 else 0)
        if hold.left == 0:
            self.end(hold)

    def raise_limit(self, borrower: Borrower, higher: int) -> None:
        """R87."""
        o = borrower.outstanding
        room = max(higher, o) - max(borrower.limit, o)
        self.log("raise", borrower.id, -1, -1, higher - borrower.limit)
        borrower.limit = higher
        if room > 0:
            hold = Hold(borrower, -1, -1, -1, "raise", repaid_at=self.day, amount=room, left=room)
            hold.approved_at = hold.good_at = self.day
            self.all_holds.append(hold)
            borrower.holds.append(hold)
            self.pass_gate_4(hold)
        borrower.note_limit()

    def close(self, borrower: Borrower, reason: str) -> None:
        """R88."""
        self.fall(borrower, 0, reason)
        borrower.closed = True

    # ---- 2.9 Drawing, 2.13 Reactions (phase 5) -----------------------------------------------------------

    def let_borrowers_act(self) -> None:
        """R111, R136."""
        self.grant_wishes()
        for borrower in self.borrowers:
            self.react(borrower)
        for borrower, amount in self.draws_today:
            self.draw_or_refuse(borrower, amount)
        self.draws_today.clear()

    def first_wish(self, borrower: Borrower) -> None:
        """R89, R90, R141."""
        if self.draws_per_year(borrower) > 0:
            borrower.tick_day = borrower.arrived_at + self.wish_gap(borrower) - 1

    def draws_per_year(self, borrower: Borrower) -> float:
        return self.own("draws_per_year", borrower, self.scenario.behaviour.draws_per_year)

    def wish_gap(self, borrower: Borrower) -> int:
        """R90."""
        p = self.draws_per_year(borrower) / 365
        if p == 1:
            return 1
        g = 1 / math.log1p(-p)
        return 1 + int(min(1e6, math.log(self.uniforms(WISH, borrower.id, borrower.tick)[0]) * g))

    def grant_wishes(self) -> None:
        for borrower in self.borrowers:
            if borrower.tick_day == self.day:
                self.wish(borrower)
                borrower.tick += 1
                borrower.tick_day = self.day + self.wish_gap(borrower)

    def wish(self, borrower: Borrower) -> None:
        """R91 to R94, R143."""
        if borrower.closed or self.day >= borrower.exit_day:
            return
        smallest = cents(self.scenario.product.min_draw)
        low, high = (basis_points(share) for share in self.scenario.behaviour.draw_share)
        u = self.uniforms(WISH, borrower.id, borrower.tick)
        bp = low + int(u[1] * (high - low + 1))
        wished = max(smallest, portion(borrower.available, bp))
        if self.day - borrower.last_draw < 30 and u[2] < self.pull("plan", borrower):
            return
        served_elsewhere = self.day < borrower.served_elsewhere_until
        if not served_elsewhere and u[3] < self.pull("diversify", borrower):
            self.draw_elsewhere(borrower, wished)
            return
        stop = portion(borrower.limit, 10_000 - self.pull_bp("deleverage", borrower))
        room = min(borrower.available, stop - borrower.outstanding)
        if room >= smallest:
            self.draws_today.append((borrower, min(room, wished)))

    def draw_or_refuse(self, borrower: Borrower, amount: int) -> None:
        """R135 to R137."""
        cause = self.blocked_by(borrower)
        needed = amount - portion(amount, self.pool.reserve_bp)
        funding = self.scenario.funding
        if not cause and funding.refuse_draws and not funding.unlimited and needed > 0:
            cause = "funding" if self.pool.headroom < needed else ""
        if cause:
            borrower.refused_draws += 1
            borrower.refused_by_pool |= cause == "funding"
            self.log("refused_draw", borrower.id, -1, -1, amount, cause)
        else:
            self.draw(borrower, amount)

    def blocked_by(self, borrower: Borrower) -> str:
        """R135: the cause for which the line is blocked now, or none."""
        reasons = self.scenario.limits.block_draws
        unpaid = borrower.oldest_unpaid
        grace = self.scenario.rules.grace_days
        if "past_due" in reasons and unpaid is not None and self.day - unpaid > grace:
            return "overdue"
        if "denied" in reasons and borrower.standing != "clear":
            return borrower.standing
        return "policy" if "frozen" in reasons and borrower.frozen else ""

    def usable(self, borrower: Borrower) -> int:
        """R138."""
        blocked = borrower.refused_by_pool or self.blocked_by(borrower)
        return 0 if blocked and not borrower.closed else borrower.available

    def draw_elsewhere(self, borrower: Borrower, wished: int) -> None:
        """R95, R96: another product serves the wish, and no other until it is repaid."""
        amount = min(cents(self.elsewhere.population.limit_median), wished)
        product = self.elsewhere.product
        borrower.served_elsewhere_until = self.day + product.instalments * product.cycle_days
        borrower.drawn_elsewhere += amount
        self.log("draw_elsewhere", borrower.id, -1, -1, amount)

    def draw(self, borrower: Borrower, amount: int) -> None:
        """R94, R97."""
        product = self.scenario.product
        number, self.loans_numbered = self.loans_numbered, self.loans_numbered + 1
        first_cycle = (self.day - borrower.due_day) // product.cycle_days + 1
        if first_cycle == borrower.paid_ahead:
            first_cycle += 1
        n = product.instalments
        borrower.loans.append(Loan(number, self.day, amount, n, amount, n, first_cycle))
        borrower.available -= amount
        borrower.outstanding += amount
        borrower.last_draw = self.day
        borrower.refused_by_pool = False
        self.pool.pay_draw(amount)
        self.log("draw", borrower.id, number, -1, amount)

    def react(self, borrower: Borrower) -> None:
        """R110, R116, R118: look once at each hold that has lived as long as the borrower's patience."""
        looks_for_lender = False
        for hold in borrower.holds:
            age = self.day - hold.repaid_at
            if hold.kind != "repayment" or age != self.scenario.reaction.patience_days:
                continue
            u = self.uniforms(REACT, borrower.id, *hold.numbered_by)
            if u[0] < self.appeal_probability(hold):
                self.appeal(hold)
            elif u[0] >= 1.0 - self.lender_probability(hold):
                looks_for_lender = True
        if looks_for_lender and borrower.other_lenders < self.scenario.reaction.most_lenders:
            borrower.other_lenders += 1
            self.log("lender_found", borrower.id, -1, -1, 0)

    def would_be_heard(self, hold: Hold) -> bool:
        """R112, R113."""
        helped = hold.place == "waiting" and hold.waits_for != "overdue"
        return helped and hold.borrower.oldest_unpaid is None

    def appeal_probability(self, hold: Hold) -> float:
        """R114."""
        share = self.scenario.reaction.appeal_share
        probability = share + (1.0 - share) * self.pull("appeal", hold.borrower)
        if not self.would_be_heard(hold):
            probability *= 1.0 - self.pull("transparency", hold.borrower)
        return probability

    def lender_probability(self, hold: Hold) -> float:
        """R115."""
        borrower = hold.borrower
        probability = (
            self.scenario.reaction.lender_share
            * (1.0 - self.pull("appeal", borrower))
            * (1.0 - self.pull("deleverage", borrower))
            * (1.0 - self.pull("education", borrower))
        )
        if hold.cause == "evaluation":
            probability *= 1.0 - self.pull("transparency", borrower)
        return probability

    def appeal(self, hold: Hold) -> None:
        """R117."""
        heard = self.would_be_heard(hold)
        self.log_hold("appeal", hold, hold.left, "heard" if heard else "in_vain")
        if heard:
            hold.appealed = True
            self.go_to_desk(hold)

    # ---- 2.9 Shocks (phase 0) ----------------------------------------------------------------------------

    def all_shocks(self) -> list[ActiveShock]:
        found = []
        for place, shock in enumerate(self.scenario.shocks):
            rank = sum(1 for earlier in self.scenario.shocks[:place] if earlier.kind == shock.kind)
            for occurrence, start in enumerate(self.shock_starts(shock, rank)):
                found.append(
                    ActiveShock(
                        kind=shock.kind,
                        start=max(0, start),
                        end=start + shock.duration_days,
                        place=place,
                        occurrence=occurrence,
                        size=shock.size,
                        regions=tuple(shock.regions),
                        score_below=shock.score_below,
                    )
                )
        return sorted(found, key=lambda shock: (shock.place, shock.occurrence))

    def shock_starts(self, shock: Any, rank: int) -> list[int]:
        """R98, R99."""
        day = shock_day(self.scenario, shock)
        if day is not None:
            return [day]
        starts: list[int] = []
        time = 0.0
        while True:
            u = self.uniforms(SHOCK, SHOCK_KINDS.index(shock.kind), rank, len(starts))
            time += -math.log(u[0]) * 365 / shock.per_year
            if time >= self.scenario.horizon_days:
                return starts
            starts.append(int(time))

    def change_shocks(self) -> None:
        """R100."""
        for shock in [shock for shock in self.active if shock.end == self.day]:
            self.end_shock(shock)
        for shock in self.shocks:
            if shock.start == self.day:
                self.begin_shock(shock)

    def end_shock(self, shock: ActiveShock) -> None:
        self.log("shock_end", -1, -1, -1, 0, shock.kind)
        self.active.remove(shock)
        for borrower in self.borrowers:
            if shock in borrower.shocks:
                borrower.shocks.remove(shock)

    def begin_shock(self, shock: ActiveShock) -> None:
        """R102, R103."""
        self.log("shock_begin", -1, -1, -1, 0, shock.kind)
        covered = [borrower for borrower in self.those_there() if shock.covers(borrower)]
        if shock.kind in LASTING_KINDS:
            self.active.append(shock)
            for borrower in covered:
                borrower.shocks.append(shock)
            return
        for borrower in covered:
            if shock.kind == "limit_cut":
                self.fall(borrower, borrower.limit - portion(borrower.limit, shock.bp), "limit_cut")
            elif shock.kind == "cap":
                borrower.shock_cap = min(borrower.shock_cap, cents(shock.size))
                self.fall(borrower, cents(shock.size), "cap")
            elif shock.kind == "amnesty":
                self.clear_record(borrower)
            else:
                self.close(borrower, "cancellation")

    def clear_record(self, borrower: Borrower) -> None:
        """R154."""
        if borrower.last_overdue == NEVER:
            return
        borrower.last_overdue = NEVER
        borrower.paid_late = 0.0
        self.log("cleared", borrower.id, -1, -1, 0, "amnesty")
        if borrower.standing == "overdue":
            borrower.standing = self.decide_standing(borrower)

    # ---- 2.11 Charging, 2.12 Identities (phase 6) --------------------------------------------------------

    def record(self, today: list[Event]) -> None:
        """R106."""
        for borrower in self.borrowers:
            for hold in borrower.holds:
                hold.days[hold.cause] += 1
                self.counts.add(hold.cause, hold, self.day, hold.left)
            borrower.unpaid_evenings += borrower.outstanding
            if self.day >= self.scenario.warmup_days:
                self.record_borrower(borrower)
        self.check_limit_identity()
        self.check_pool_identity(today)
        self.rows.append(self.daily_row(today))

    def record_borrower(self, borrower: Borrower) -> None:
        """R163, R146: the days and amount-days of 3.2."""
        borrower.accrued_evenings += borrower.outstanding
        if self.day >= borrower.exit_day:
            return
        borrower.present_days += 1
        smallest = cents(self.scenario.product.min_draw)
        room = borrower.highest_limit - borrower.outstanding
        if self.usable(borrower) < smallest <= room:
            borrower.no_limit_days += 1
        borrower.lost_amount_days += max(0, room - self.usable(borrower))

    def reach_horizon(self) -> None:
        """R107: what has not ended after the last day is pending, at its age at the horizon."""
        for borrower in self.borrowers:
            for hold in borrower.holds:
                self.counts.add("pending", hold, self.scenario.horizon_days, hold.left)

    def check_limit_identity(self) -> None:
        """R108."""
        for borrower in self.borrowers:
            where = self.day, borrower.id
            total = borrower.outstanding + borrower.available + borrower.held
            assert total == max(borrower.limit, borrower.outstanding), where
            assert borrower.outstanding == sum(loan.balance for loan in borrower.loans), where
            assert borrower.available >= 0, where

    def check_pool_identity(self, today: list[Event]) -> None:
        """R109: a ledger kept from the log of events alone must agree with the pool."""
        reserve, recycle = self.pool.reserve_bp, self.pool.recycle_bp
        self.ledger += self.inflow_today
        for event in today:
            if event.event in ("repayment", "prepayment"):
                self.ledger += event.amount * recycle // 10_000
            elif event.event == "release":
                self.ledger -= event.amount * reserve // 10_000
            elif event.event == "withdraw":
                self.ledger += event.amount * reserve // 10_000
            elif event.event == "draw":
                self.ledger -= event.amount - event.amount * reserve // 10_000
        assert self.ledger == self.pool.headroom, self.day

    def daily_row(self, today: list[Event]) -> dict[str, Any]:
        """R164."""

        def total(*names: str) -> float:
            return sum(event.amount for event in today if event.event in names) / 100

        def number(name: str) -> int:
            return sum(event.event == name for event in today)

        appeals = [event for event in today if event.event == "appeal"]
        pending = [hold for borrower in self.borrowers for hold in borrower.holds]
        interest_paid, self.interest_today = self.interest_today, 0
        owed = sum(borrower.outstanding for borrower in self.borrowers)
        there = self.those_there()
        return {
            "day": self.day,
            "date": self.date_of(self.day),
            "outstanding": owed / 100,
            "available": sum(borrower.available for borrower in self.borrowers) / 100,
            "held": sum(borrower.held for borrower in self.borrowers) / 100,
            "headroom": math.nan if self.pool.rules.unlimited else self.pool.headroom / 100,
            "inflow": self.inflow_today / 100,
            "repaid": total("repayment", "prepayment"),
            "released": total("release"),
            "forfeited": total("forfeit"),
            "drawn": total("draw"),
            "written_off": total("default"),
            "interest_accrued": self.interest(owed),
            "interest_paid": interest_paid / 100,
            "borrowers": len(there),
            "arrivals": number("arrival"),
            "exits": number("exit"),
            "refused_draws": number("refused_draw"),
            "pending_holds": len(pending),
            "review_queue": sum(hold.place == "desk" for hold in pending),
            "funding_queue": sum(hold.cause == "funding" for hold in pending),
            "frozen": sum(borrower.frozen for borrower in self.borrowers),
            "flagged": sum(borrower.flagged for borrower in there),
            "lenders": sum(borrower.other_lenders for borrower in there),
            "appeals": len(appeals),
            "appeals_in_vain": sum(event.cause == "in_vain" for event in appeals),
            "drawn_elsewhere": total("draw_elsewhere"),
        }

    def interest(self, evenings: int) -> float:
        """R158: in currency units, of what was outstanding on evenings, in cent-days."""
        return self.scenario.product.daily_rate * evenings / 100

    # ---- 3 The frames ------------------------------------------------------------------------------------

    def frames(self) -> Frames:
        """R161."""
        return Frames(
            holds=self.holds_frame(),
            borrowers=self.borrowers_frame(),
            daily=self.daily_frame(),
            events=self.events_frame(),
            counts=self.counts.frame(),
        )

    def date_of(self, day: float) -> Any:
        """R1, R161: the date of a day, NaT where there is none."""
        return pd.NaT if math.isnan(day) else self.scenario.start_date + timedelta(days=day)

    def holds_frame(self) -> pd.DataFrame:
        """R162."""
        opened: Counter[int] = Counter()
        numbered = []
        for hold in self.all_holds:  # in their order of opening, those of a borrower
            numbered.append((opened[hold.borrower.id] * len(self.borrowers) + hold.borrower.id, hold))
            opened[hold.borrower.id] += 1
        numbered.sort(key=lambda pair: (pair[1].repaid_at, *pair[1].key))
        rows = [self.hold_row(number, hold) for number, hold in numbered]
        whole = ["hold", "borrower", "loan", "instalment", "repaid_at", "good_at", "delay_days"]
        whole += [f"days_{cause}" for cause in CAUSES]
        return frame(rows, HOLD_COLUMNS, whole)

    def hold_row(self, number: int, hold: Hold) -> dict[str, Any]:
        pending = hold.place != "ended"
        outcome = "pending" if pending else "forfeited" if hold.forfeited > 0 else "released"
        end = self.scenario.horizon_days if pending else int(hold.ended_at)
        assert sum(hold.days.values()) == end - hold.repaid_at, hold.key
        return {
            "hold": number,
            "borrower": hold.borrower.id,
            "loan": hold.loan,
            "instalment": hold.instalment,
            "kind": hold.kind,
            "region": hold.borrower.region,
            "amount": hold.amount / 100,
            "repaid_at": hold.repaid_at,
            "repaid_on": self.date_of(hold.repaid_at),
            "good_at": hold.good_at,
            "good_on": self.date_of(hold.good_at),
            "approved_at": hold.approved_at,
            "approved_on": self.date_of(hold.approved_at),
            "reviewed_at": hold.reviewed_at,
            "reviewed_on": self.date_of(hold.reviewed_at),
            "ended_at": hold.ended_at,
            "ended_on": self.date_of(hold.ended_at),
            "outcome": outcome,
            "released_amount": hold.released / 100,
            "forfeited_amount": hold.forfeited / 100,
            "delay_days": end - hold.repaid_at,
            **{f"days_{cause}": days for cause, days in hold.days.items()},
        }

    def borrowers_frame(self) -> pd.DataFrame:
        """R163."""
        rows = [
            {
                "borrower": borrower.id,
                "region": borrower.region,
                "watched": borrower.watched,
                "limit": borrower.limit / 100,
                "outstanding": borrower.outstanding / 100,
                "available": borrower.available / 100,
                "held": borrower.held / 100,
                "score": borrower.score,
                "evaluation_day": borrower.first_evaluation,
                "due_day": borrower.due_day,
                "lenders": borrower.other_lenders,
                "flagged": borrower.flagged,
                "drawn_elsewhere": borrower.drawn_elsewhere / 100,
                "closed": borrower.closed,
                "written_off": borrower.written_off / 100,
                "highest_limit": borrower.highest_limit / 100,
                "arrived_at": borrower.arrived_at,
                "left_at": borrower.left_at,
                "refused_draws": borrower.refused_draws,
                "present_days": borrower.present_days,
                "no_limit_days": borrower.no_limit_days,
                "lost_amount_days": borrower.lost_amount_days / 100,
                "interest_accrued": self.interest(borrower.accrued_evenings),
                "interest_paid": borrower.interest_paid / 100,
            }
            for borrower in self.borrowers
        ]
        whole = ["borrower", "evaluation_day", "due_day", "lenders", "no_limit_days"]
        whole += ["arrived_at", "refused_draws", "present_days"]
        return frame(rows, list(rows[0]), whole)

    def daily_frame(self) -> pd.DataFrame:
        """R164."""
        counts = ["day", "pending_holds", "review_queue", "funding_queue", "frozen"]
        counts += ["flagged", "lenders", "appeals", "appeals_in_vain"]
        counts += ["borrowers", "arrivals", "exits", "refused_draws"]
        return frame(self.rows, list(self.rows[0]), counts)

    def events_frame(self) -> pd.DataFrame:
        """R165."""
        ordered = sorted(self.events, key=lambda event: event.order)
        rows = [
            {**asdict(event), "date": self.date_of(event.day), "amount": event.amount / 100}
            for event in ordered
        ]
        columns = [column.name for column in fields(Event)]
        columns.insert(1, "date")
        return frame(rows, columns, ["day", "phase", "borrower", "loan", "instalment"])


# Written out, for a run may have no hold at all.
HOLD_COLUMNS = [
    "hold",
    "borrower",
    "loan",
    "instalment",
    "kind",
    "region",
    "amount",
    "repaid_at",
    "repaid_on",
    "good_at",
    "good_on",
    "approved_at",
    "approved_on",
    "reviewed_at",
    "reviewed_on",
    "ended_at",
    "ended_on",
    "outcome",
    "released_amount",
    "forfeited_amount",
    "delay_days",
    *(f"days_{cause}" for cause in CAUSES),
]
TEXT = ("kind", "region", "outcome", "event", "cause")
TRUTH = ("watched", "flagged", "closed", "followed")


def frame(rows: list[dict[str, Any]], columns: list[str], whole: list[str]) -> pd.DataFrame:
    """A frame with the dtypes of section 3, also when it has no rows."""
    types = dict.fromkeys(columns, "float64")
    types |= {name: "object" for name in columns if name in TEXT}
    types |= {name: "datetime64[ms]" for name in columns if name == "date" or name.endswith("_on")}
    types |= {name: "bool" for name in columns if name in TRUTH}
    types |= dict.fromkeys(whole, "int64")  # `flagged` is a number in one frame, a truth in another
    return pd.DataFrame(rows, columns=columns).astype(types)


# ---- comparison ------------------------------------------------------------------------------------------


def first_difference(run: Any, frames: Frames) -> str | None:
    """Name the first place where a run differs from the oracle, with no tolerance; None if nowhere."""
    for name in Frames._fields:
        ours, theirs = getattr(run, name), getattr(frames, name)
        if list(ours.columns) != list(theirs.columns):
            return f"{name}: columns {list(ours.columns)}, but the oracle has {list(theirs.columns)}"
        rows = min(len(ours), len(theirs))
        places = [(first_unequal(ours[:rows], theirs[:rows], column), column) for column in theirs.columns]
        row, column = min(places, key=lambda place: place[0])
        if row < rows:
            our, their = ours.iloc[row], theirs.iloc[row]
            return (
                f"{name}.{column}, row {row}: {our[column]!r}, but the oracle has {their[column]!r}\n"
                f"run: {our.to_dict()}\noracle: {their.to_dict()}"
            )
        if len(ours) != len(theirs):
            longer, who = (ours, "the run") if len(ours) > rows else (theirs, "the oracle")
            return f"{name}: {who} alone has row {rows}: {longer.iloc[rows].to_dict()}"
    return None


def first_unequal(ours: pd.DataFrame, theirs: pd.DataFrame, column: str) -> int:
    """Return the first row in which a column differs, or the number of rows.

    Missing equals missing, a category equals its text.
    """
    pairs = zip(ours[column].tolist(), theirs[column].tolist(), strict=True)
    for row, (our, their) in enumerate(pairs):
        both_missing = our != our and their != their
        if our != their and not both_missing:
            return row
    return len(ours)
