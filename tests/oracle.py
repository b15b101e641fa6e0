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
from dataclasses import asdict, dataclass, field, fields
from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd
from random_numbers import uniforms
from scipy.special import betaincinv, ndtri

from simlimit import preset

NEVER = -math.inf  # the day of what has not happened yet

CAUSES = ("settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")
OUTCOMES = ("released", "forfeited", "pending")
EVENTS = (
    "shock_begin",
    "shock_end",
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
)
SHOCK_KINDS = (
    "freeze",
    "tightening",
    "watch_list",
    "liquidity_squeeze",
    "limit_cut",
    "cap",
    "cancellation",
)
LASTING_KINDS = SHOCK_KINDS[:4]
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

POPULATION, DUE, WISH, SCREEN, REVIEW, SHOCK, REACT, LEVER, FLAG = range(1, 10)  # R105: the streams


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
    def raise_pending(self) -> bool:
        """R87."""
        return any(hold.kind == "raise" for hold in self.holds)


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
        """R131."""
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
        if lever is None or kind not in borrower.levers or day < day_number(self.scenario, lever.start):
            return 0.0
        return lever.strength

    def more_funding_bp(self, day: int) -> int:
        """R123: the pull of `more_funding`, which has no takers, in basis points."""
        lever = self.by_kind.get("more_funding")
        if lever is None or day < day_number(self.scenario, lever.start):
            return 0
        return basis_points(lever.strength)


# ---- 2.6 the desk ----------------------------------------------------------------------------------------


@dataclass(eq=False)
class Review:
    """A hold in the hands of a reviewer, until `finish`."""

    hold: Hold
    finish: float
    approved: bool


class Desk:
    """Reviewers who work round the clock, on the exact times of their reviews."""

    def __init__(self, scenario: Any, seed: int, replication: int) -> None:
        self.rules = scenario.review
        self.seed = seed
        self.replication = replication
        self.waiting: list[Hold] = []
        self.under_review: list[Review] = []
        self.finished: list[Review] = []

    def arrive(self, day: int, holds: list[Hold]) -> None:
        """R66, R67: day d's holds come at d + 0.25, after reviewers who finish then took from those there."""
        time = day + 0.25
        self.work_through(time)
        priority = self.rules.priority_score
        for hold in sorted(holds, key=lambda hold: hold.key):
            hold.desk_day = day
            by_score = 1 if priority is not None and hold.borrower.score >= priority else 2
            hold.desk_class = 0 if hold.appealed else by_score
            self.waiting.append(hold)
        while self.waiting and len(self.under_review) < self.rules.reviewers:
            self.take_next(time)

    def work_before(self, time: float) -> None:
        """R69: let the reviewers work on all that ends before `time`."""
        while self.under_review and self.next_finish().finish < time:
            self.finish_next()

    def work_through(self, time: float) -> None:
        """R69: let the reviewers work on all that ends at or before `time`."""
        while self.under_review and self.next_finish().finish <= time:
            self.finish_next()

    def next_finish(self) -> Review:
        return min(self.under_review, key=lambda review: review.finish)

    def finish_next(self) -> None:
        review = self.next_finish()
        self.under_review.remove(review)
        self.finished.append(review)
        if self.waiting:
            self.take_next(review.finish)

    def take_next(self, time: float) -> None:
        """R68, R73."""
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
        z = math.sqrt(-2 * math.log(u[1])) * math.cos(2 * math.pi * u[2])
        return math.exp(math.log(mean) - 0.5 * v + math.sqrt(v) * z)

    def leave(self, hold: Hold) -> None:
        """R74: a hold forfeited in the queue is not reviewed; one under review keeps its reviewer busy."""
        if hold in self.waiting:
            self.waiting.remove(hold)

    def decisions(self, day: int) -> list[Review]:
        """R72: the reviews that take effect in phase 3, in order of (borrower, loan, instalment)."""
        self.work_through(day + 0.375)
        done, self.finished = self.finished, []
        return sorted((r for r in done if r.hold.place == "desk"), key=lambda review: review.hold.key)


# ---- 2.7 the pool ----------------------------------------------------------------------------------------


class Pool:
    """What the lender can still commit, and the queue of holds for it."""

    def __init__(self, scenario: Any) -> None:
        self.scenario = scenario
        self.rules = scenario.funding
        self.recycle_bp = basis_points(self.rules.recycle_share)
        self.reserve_bp = basis_points(self.rules.reserve_share)
        self.headroom = cents(self.rules.initial)
        self.queue: list[Hold] = []

    def inflow(self, day: int, more_bp: int, squeeze_bp: int) -> int:
        """R81 to R83: what flows in on the day, each amount raised, squeezed and rounded down by itself."""
        amounts = [cents(self.rules.daily_inflow)]
        for facility in self.rules.facilities:
            start = day_number(self.scenario, facility.start)
            before_end = facility.end is None or day < day_number(self.scenario, facility.end)
            if start <= day and before_end:
                amounts.append(cents(facility.daily_inflow))
                age = day - start
                if age == 0 or (facility.every_days > 0 and age % facility.every_days == 0):
                    amounts.append(cents(facility.lump))
        squeeze = min(10_000, squeeze_bp)
        offered = sum(portion(raised(amount, more_bp), 10_000 - squeeze) for amount in amounts)
        if self.rules.ceiling is None or self.rules.unlimited:
            return offered
        return min(offered, max(0, raised(cents(self.rules.ceiling), more_bp) - self.headroom))

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


class Population:
    """Who is there on day 0: drawn, or read from the portfolio."""

    ROWS = 4096

    def __init__(self, scenario: Any, seed: int, replication: int) -> None:
        self.scenario = scenario
        self.seed = seed
        self.replication = replication
        population = scenario.population
        self.levers = Levers(scenario, seed, replication)
        self.rows = self.read_portfolio()
        self.size = population.borrowers if self.rows is None else len(self.rows)
        self.limits = self.limit_table()
        self.utilisations = [
            basis_points(x)
            for x in self.table(population.utilisation_mean, population.utilisation_concentration)
        ]
        self.scores = self.table(population.score_mean, population.score_concentration)
        self.propensities = self.table(scenario.behaviour.late_onset, scenario.behaviour.late_concentration)

    def read_portfolio(self) -> list[dict[str, str]] | None:
        """R19."""
        if self.scenario.population.portfolio is None:
            return None
        with open(self.scenario.population.portfolio, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def quantile_levels(self) -> list[float]:
        """R10."""
        return [(k + 0.5) / self.ROWS for k in range(self.ROWS)]

    def limit_table(self) -> list[int]:
        """R11: limits in cents."""
        population = self.scenario.population
        table = []
        for p in self.quantile_levels():
            x = math.exp(math.log(population.limit_median) + population.limit_log_sd * float(ndtri(p)))
            table.append(cents(min(max(x, population.limit_low), population.limit_high)))
        return table

    def table(self, mean: float, concentration: float | None) -> list[float]:
        """R12."""
        if concentration is None or mean in (0, 1):
            return [float(mean)] * self.ROWS
        a, b = mean * concentration, (1 - mean) * concentration
        return [float(betaincinv(a, b, p)) for p in self.quantile_levels()]

    def regions(self) -> list[str]:
        """R15, R19: in their order."""
        if self.rows and "region" in self.rows[0]:
            return sorted({row["region"] for row in self.rows})
        return list(self.scenario.population.regions)

    def people(self) -> list[Borrower]:
        borrowers = [self.borrower(id) for id in range(self.size)]
        self.mark_risky(borrowers)
        self.number_loans(borrowers)
        return borrowers

    def draw(self, id: int, block: int) -> tuple[float, ...]:
        return uniforms(self.seed, self.replication, POPULATION, id, block, 0)

    def borrower(self, id: int) -> Borrower:
        """R9, R13 to R16."""
        row = {} if self.rows is None else self.rows[id]
        trait, place, past = self.draw(id, 0), self.draw(id, 1), self.draw(id, 2)
        scenario = self.scenario
        if self.rows is None:
            limit = self.limits[int(trait[0] * self.ROWS)]
            outstanding = portion(limit, self.utilisations[int(trait[1] * self.ROWS)])
        else:
            limit, outstanding = cents(float(row["limit"])), cents(float(row["outstanding"]))
        evaluation = scenario.evaluation
        staggered = evaluation.schedule == "staggered"
        borrower = Borrower(
            id=id,
            region=row["region"] if "region" in row else self.draw_region(place[0]),
            limit=limit,
            outstanding=outstanding,
            score=self.starting_score(row, trait[2]),
            propensity=float(row["late_share"])
            if "late_share" in row
            else self.propensities[int(trait[3] * self.ROWS)],
            due_day=int(place[3] * scenario.product.cycle_days),
            first_evaluation=int(place[2] * evaluation.period_days)
            if staggered
            else evaluation.period_days - 1,
            watched=place[1] < scenario.review.watch_share,
            other_lenders=1 if past[1] < scenario.population.other_lenders else 0,
            levers=self.levers.taken_up_by(id),
        )
        borrower.available = max(0, limit - outstanding)
        self.give_starting_loan(borrower, row, past[0])
        borrower.standing = self.starting_standing(borrower)
        return borrower

    def draw_region(self, u: float) -> str:
        """R15."""
        total = 0.0
        for name, share in self.scenario.population.regions.items():
            total += share
            if u < total:
                return name
        return name

    def starting_score(self, row: dict[str, str], u: float) -> float:
        """R14."""
        if "score" in row:
            return float(row["score"])
        if self.scenario.population.initial_score is not None:
            return float(self.scenario.population.initial_score)
        return self.scores[int(u * self.ROWS)]

    def give_starting_loan(self, borrower: Borrower, row: dict[str, str], u: float) -> None:
        """R20 to R23."""
        if borrower.outstanding == 0:
            return
        product = self.scenario.product
        paid = int(u * product.instalments)
        remaining = product.instalments - paid
        months_late = int(float(row.get("months_late", 0)))
        origin = borrower.due_day - (paid + months_late + 1) * product.cycle_days
        principal = borrower.outstanding
        loan = Loan(-1, origin, principal, remaining, principal, remaining, cycle=-months_late)
        borrower.loans.append(loan)
        borrower.last_draw = origin
        if months_late > 0:
            borrower.oldest_unpaid = borrower.due_day - months_late * product.cycle_days
            borrower.spell = max(1, int(float(row.get("spell_months", months_late))))

    def starting_standing(self, borrower: Borrower) -> str:
        """R24."""
        if borrower.score < self.scenario.rules.min_score:
            return "score"
        overdue = borrower.oldest_unpaid is not None and borrower.oldest_unpaid < 0
        return "overdue" if self.scenario.rules.overdue and overdue else "clear"

    def mark_risky(self, borrowers: list[Borrower]) -> None:
        """R17: the latest payers."""
        share = self.scenario.screening.risky_share
        if self.rows and "late_share" in self.rows[0]:
            latest = sorted(borrowers, key=lambda borrower: (-borrower.propensity, borrower.id))
            for borrower in latest[: round(share * len(borrowers))]:
                borrower.risky = True
        elif share > 0:
            for borrower in borrowers:
                borrower.risky = self.draw(borrower.id, 0)[3] >= 1 - share

    def number_loans(self, borrowers: list[Borrower]) -> None:
        """R128."""
        loans = [(loan.origin, borrower.id, loan) for borrower in borrowers for loan in borrower.loans]
        for number, (_, _, loan) in enumerate(sorted(loans, key=lambda entry: entry[:2])):
            loan.number = number

    def late_scale(self, borrowers: list[Borrower]) -> float:
        """R25: so that `late_onset` is the mean probability at the start, whatever the effects."""
        if self.rows is None:
            squares = [(bp / 10_000) ** 2 for bp in self.utilisations]
        else:
            squares = [borrower.utilisation * borrower.utilisation for borrower in borrowers]
        mean_square = math.fsum(squares) / len(squares)
        per_lender = self.scenario.reaction.lateness_per_lender
        return (
            1
            / (1 + self.scenario.behaviour.utilisation_effect * mean_square)
            / (1 + per_lender * self.scenario.population.other_lenders)
        )


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
        """R133: count what is seen of a hold on a day, at the age that it has then."""
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
        self.counts = Counts(scenario, population.regions(), follow_up_days)
        self.late_scale = population.late_scale(self.borrowers)
        self.levers = Levers(scenario, seed, replication)
        self.desk = Desk(scenario, seed, replication)
        self.pool = Pool(scenario)
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
        self.ledger = cents(scenario.funding.initial)
        for borrower in self.borrowers:
            self.first_wish(borrower)

    def live(self, day: int) -> None:
        """R2: the phases of a day, at day + phase/8; the desk works on its own times in between."""
        self.day = day
        first_event = len(self.events)
        steps = (
            self.change_shocks,
            self.collect_payments,
            self.evaluate_all,
            self.apply_reviews,
            self.fund,
            self.let_borrowers_act,
            lambda: self.record(self.events[first_event:]),
        )
        for phase, step in enumerate(steps):
            self.phase = phase
            self.desk.work_before(day + phase / 8)
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

    # ---- 2.3 Paying (phase 1) ----------------------------------------------------------------------------

    def collect_payments(self) -> None:
        """R28, R31, R34, R45."""
        for borrower in self.borrowers:
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
            * (1.0 - self.pull("pay_on_time", borrower))
            * (1.0 - self.pull("education", borrower)),
        )

    def slip_probability(self, borrower: Borrower) -> float:
        """R31."""
        return (
            self.scenario.behaviour.slip_share
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
            and self.day >= day_number(self.scenario, plan.start)
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
        if self.scenario.product.release_unit == "instalment":
            self.pay_as_one(borrower, cycle, late)
        else:
            self.pay_by_loan(borrower, cycle, late)
        if not is_cure:
            self.perhaps_prepay(borrower, cycle)
        self.perhaps_evaluate_at_repayment(borrower)

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
            self.open_hold(borrower, None, cycle, principal, late)

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
                self.open_hold(borrower, loan, instalment, principal, late)

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
            self.open_hold(borrower, loan, product.instalments, principal, late=False, early=True)

    def perhaps_evaluate_at_repayment(self, borrower: Borrower) -> None:
        """R42, R43: steps 1 to 4 of an evaluation, for a repayment that has not passed at once."""
        arrived = any(hold.place == "waiting" and hold.arrival == self.day for hold in borrower.holds)
        if not arrived or borrower.closed:
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

    # ---- 2.4 A hold opens --------------------------------------------------------------------------------

    def open_hold(
        self,
        borrower: Borrower,
        loan: Loan | None,
        instalment: int,
        principal: int,
        late: bool,
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
        )
        self.all_holds.append(hold)
        borrower.holds.append(hold)
        if over > 0:
            self.forfeit(hold, over, "over_limit")
        settled = loan is None or loan.remaining == 0
        if hold.place != "ended":
            if settled or self.scenario.product.release_unit == "instalment":
                self.reach_gate_2(hold, early)
            else:
                hold.place = "settlement"
        if loan is not None and settled:
            for earlier in list(borrower.holds):
                if earlier.place == "settlement" and earlier.loan == loan.number:
                    self.reach_gate_2(earlier, early)

    def reach_gate_2(self, hold: Hold, early: bool) -> None:
        """R49: `early` if it is an early repayment that brings the hold there."""
        hold.arrival = self.day
        borrower = hold.borrower
        evaluation = self.scenario.evaluation
        held_up = self.evaluation_in_progress(borrower) and (evaluation.holds_up == "all" or early)
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
        evaluation = self.scenario.evaluation
        starts = range(borrower.first_evaluation, self.day, evaluation.period_days)
        return any(start < self.day <= start + evaluation.duration_days for start in starts)

    # ---- 2.5 Evaluation (phase 2) ------------------------------------------------------------------------

    def evaluate_all(self) -> None:
        """R51."""
        evaluation = self.scenario.evaluation
        started = self.day - evaluation.duration_days
        for borrower in self.borrowers:
            since_first = started - borrower.first_evaluation
            if since_first >= 0 and since_first % evaluation.period_days == 0 and not borrower.closed:
                self.evaluate(borrower, started)
        self.desk.arrive(self.day, [hold for hold in self.going_to_desk if hold.place == "desk"])
        self.going_to_desk.clear()

    def evaluate(self, borrower: Borrower, started: int) -> None:
        numbers = self.uniforms(SCREEN, borrower.id, started)
        self.decide(borrower, numbers, sees_until=started - self.scenario.evaluation.cutoff_days)
        self.move_line(borrower)

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
        left = self.left(self.day - max(0, borrower.last_decision))
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
        return max(0, self.day - max(in_grace_until, borrower.last_decision, 0))

    def perhaps_leave_lenders(self, borrower: Borrower) -> None:
        """R54: every 30 days since the last decision."""
        lever = self.levers.by_kind.get("deleverage")
        if lever is None:
            return
        pull = self.pull("deleverage", borrower)
        for w, day in enumerate(range(day_number(self.scenario, lever.start), self.day + 1, 30)):
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
        time = float(self.day - max(0, borrower.last_decision))
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
        f = screening.false_flag * (1.0 - self.pull("better_model", borrower))
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

    def move_line(self, borrower: Borrower) -> None:
        """R62, R63."""
        limits = self.scenario.limits
        limit = borrower.limit
        idle_days = self.day - borrower.last_draw
        if limits.cut_score is not None and borrower.score < limits.cut_score:
            lower = limit
            for _ in self.acted_for(borrower.due_day, limits.cut_days):
                lower -= portion(lower, basis_points(limits.cut_share))
            self.fall(borrower, lower, "score")
        elif limits.inactive_days is not None and idle_days >= limits.inactive_days:
            self.fall(borrower, borrower.outstanding + borrower.held, "inactive")
        elif borrower.standing == "clear" and not borrower.raise_pending:
            cap = min(cents(1e9 if limits.cap is None else limits.cap), borrower.shock_cap)
            higher = limit
            if limits.raise_score is not None and borrower.score >= limits.raise_score:
                for _ in self.acted_for(borrower.due_day, limits.raise_days):
                    higher = min(cap, raised(higher, basis_points(limits.raise_share)))
            campaign = self.levers.by_kind.get("campaign")
            if campaign is not None:
                for _ in self.acted_for(day_number(self.scenario, campaign.start), 90):
                    higher = min(cap, raised(higher, self.pull_bp("campaign", borrower)))
            if higher > limit:
                self.raise_limit(borrower, higher)

    def acted_for(self, first: int, every: int) -> list[int]:
        """R62: those of the days first, first + every, .. for which the evaluation of today acts."""
        before = self.day - self.scenario.evaluation.period_days
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
        """R84."""
        squeeze = sum(shock.bp for shock in self.active if shock.kind == "liquidity_squeeze")
        self.inflow_today = self.pool.inflow(self.day, self.levers.more_funding_bp(self.day), squeeze)
        self.pool.headroom += self.inflow_today
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
            hold.approved_at = self.day
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
        """R111."""
        self.grant_wishes()
        for borrower in self.borrowers:
            self.react(borrower)

    def first_wish(self, borrower: Borrower) -> None:
        """R89, R90."""
        if self.scenario.behaviour.draws_per_year > 0:
            borrower.tick_day = self.wish_gap(borrower) - 1

    def wish_gap(self, borrower: Borrower) -> int:
        """R90."""
        p = self.scenario.behaviour.draws_per_year / 365
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
        """R91 to R94."""
        if borrower.closed:
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
            self.draw(borrower, min(room, wished))

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
                        start=start,
                        end=self.shock_end_day(shock, start),
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
        if shock.at is not None:
            return [max(0, day_number(self.scenario, shock.at))]
        starts: list[int] = []
        time = 0.0
        while True:
            u = self.uniforms(SHOCK, SHOCK_KINDS.index(shock.kind), rank, len(starts))
            time += -math.log(u[0]) * 365 / shock.per_year
            if time >= self.scenario.horizon_days:
                return starts
            starts.append(int(time))

    def shock_end_day(self, shock: Any, start: int) -> int:
        """R100: one that began before day 0 ends when it would have."""
        begun = start if shock.at is None else day_number(self.scenario, shock.at)
        return begun + shock.duration_days

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
        covered = [borrower for borrower in self.borrowers if shock.covers(borrower)]
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
            else:
                self.close(borrower, "cancellation")

    # ---- 2.11 Charging, 2.12 Identities (phase 6) --------------------------------------------------------

    def record(self, today: list[Event]) -> None:
        """R106."""
        for borrower in self.borrowers:
            for hold in borrower.holds:
                hold.days[hold.cause] += 1
                self.counts.add(hold.cause, hold, self.day, hold.left)
            if self.day >= self.scenario.warmup_days:
                self.record_borrower(borrower)
        self.check_limit_identity()
        self.check_pool_identity(today)
        self.rows.append(self.daily_row(today))

    def record_borrower(self, borrower: Borrower) -> None:
        """R129: the days and amount-days of 3.2."""
        smallest = cents(self.scenario.product.min_draw)
        room = borrower.highest_limit - borrower.outstanding
        if borrower.available < smallest <= room:
            borrower.no_limit_days += 1
        borrower.lost_amount_days += max(0, room - borrower.available)

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
        """R130."""

        def total(*names: str) -> float:
            return sum(event.amount for event in today if event.event in names) / 100

        appeals = [event for event in today if event.event == "appeal"]
        pending = [hold for borrower in self.borrowers for hold in borrower.holds]
        return {
            "day": self.day,
            "date": self.date_of(self.day),
            "outstanding": sum(borrower.outstanding for borrower in self.borrowers) / 100,
            "available": sum(borrower.available for borrower in self.borrowers) / 100,
            "held": sum(borrower.held for borrower in self.borrowers) / 100,
            "headroom": math.nan if self.pool.rules.unlimited else self.pool.headroom / 100,
            "inflow": self.inflow_today / 100,
            "repaid": total("repayment", "prepayment"),
            "released": total("release"),
            "forfeited": total("forfeit"),
            "drawn": total("draw"),
            "written_off": total("default"),
            "pending_holds": len(pending),
            "review_queue": sum(hold.place == "desk" for hold in pending),
            "funding_queue": sum(hold.cause == "funding" for hold in pending),
            "frozen": sum(borrower.frozen for borrower in self.borrowers),
            "flagged": sum(borrower.flagged for borrower in self.borrowers),
            "lenders": sum(borrower.other_lenders for borrower in self.borrowers),
            "appeals": len(appeals),
            "appeals_in_vain": sum(event.cause == "in_vain" for event in appeals),
            "drawn_elsewhere": total("draw_elsewhere"),
        }

    # ---- 3 The frames ------------------------------------------------------------------------------------

    def frames(self) -> Frames:
        """R127."""
        return Frames(
            holds=self.holds_frame(),
            borrowers=self.borrowers_frame(),
            daily=self.daily_frame(),
            events=self.events_frame(),
            counts=self.counts.frame(),
        )

    def date_of(self, day: float) -> Any:
        """R1, R127: the date of a day, NaT where there is none."""
        return pd.NaT if math.isnan(day) else self.scenario.start_date + timedelta(days=day)

    def holds_frame(self) -> pd.DataFrame:
        """R128."""
        ordered = sorted(self.all_holds, key=lambda hold: (hold.repaid_at, *hold.key))
        rows = [self.hold_row(number, hold) for number, hold in enumerate(ordered)]
        whole = ["hold", "borrower", "loan", "instalment", "repaid_at", "delay_days"]
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
        """R129."""
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
                "no_limit_days": borrower.no_limit_days,
                "lost_amount_days": borrower.lost_amount_days / 100,
            }
            for borrower in self.borrowers
        ]
        whole = ["borrower", "evaluation_day", "due_day", "lenders", "no_limit_days"]
        return frame(rows, list(rows[0]), whole)

    def daily_frame(self) -> pd.DataFrame:
        """R130."""
        counts = ["day", "pending_holds", "review_queue", "funding_queue", "frozen"]
        counts += ["flagged", "lenders", "appeals", "appeals_in_vain"]
        return frame(self.rows, list(self.rows[0]), counts)

    def events_frame(self) -> pd.DataFrame:
        """R131."""
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
