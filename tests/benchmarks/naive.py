"""A naive model of the lender of the tests: what a good SimPy user would write in an afternoon.

Plain objects and plain SimPy. A borrower has three processes (it pays, it wishes to draw, it is
evaluated), every hold is a process from the repayment to the release, reviewers are a
`PriorityResource`, the funding pool is a `Container`, and random numbers come from one
`random.Random`. It follows docs/model.md with the same phases of a day, so that it has the same
distribution of delays as simlimit, but not the same histories. It shares no code with simlimit: it
is the second opinion on the means, and the yardstick for the speed.

Only what that lender uses is here; anything else is refused. Where SimPy's own resources suggest
something slightly different from docs/model.md, it does what SimPy suggests:

- A `Container` cannot go below zero. With `reserve_share` = 1 a release takes its whole amount from
  the pool and a later draw takes nothing, so the headroom never would either; other shares are
  refused. What flows back during the day (recycled principal, limit taken by a cut) is put into the
  pool together with the day's inflow, for releases happen only then.
- A claim on the pool keeps its size while it waits. If part of the hold is forfeited meanwhile, the
  surplus is put back when the claim is served.
- Of holds that reach the desk at the same time, the first one takes a free reviewer before the
  others' priority is looked at. When a hold is forfeited during its review, the reviewer stops.
- The risky are the given share of this book's borrowers, and the late scale is this book's own.
- Money is whole cents, but shares of it are floats.
"""

import math
import random
from collections import Counter
from collections.abc import Generator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import pandas as pd
import simpy

import simlimit as sl
from simlimit.scenario.parts import Weights

PAY, EVALUATE, DECIDE, FUND, DRAW = 1, 2, 3, 4, 5
"""The phases of a day: what belongs to phase p happens at day + p / 8."""

REQUIRED = {
    "population.portfolio": None,
    "population.initial_score": None,
    "population.arrivals_per_year": 0.0,
    "population.exits_per_year": 0.0,
    "population.seasoned": False,
    "product.method": "equal_instalment",
    "product.clearing_share": 0.0,
    "product.after_cutoff_share": 0.0,
    "product.release_unit": "instalment",
    "evaluation.schedule": "staggered",
    "evaluation.straight_through": True,
    "evaluation.holds_up": "early",
    "screening.weights": Weights(),
    "review.service_law": "lognormal",
    "funding.unlimited": False,
    "funding.reserve_share": 1.0,
    "funding.refuse_draws": False,
    "limits.block_draws": (),
    "economy.sd": 0.0,
    "calendar.rests": (),
    "shocks": (),
}
"""What a scenario must be for this model to be about it."""

Process = Generator[simpy.Event, Any, Any]


@dataclass(eq=False, slots=True)
class Loan:
    """A loan with so many instalments left, the next of them due in a due-cycle of its borrower."""

    balance: int
    remaining: int
    next_cycle: int


@dataclass(eq=False, slots=True)
class Borrower:
    """A borrower; amounts in cents, times in days."""

    number: int
    limit: int
    outstanding: int
    score: float
    propensity: float
    due_day: int
    first_evaluation: int
    watched: bool
    available: int = 0
    loans: list[Loan] = field(default_factory=list)
    holds: list["Hold"] = field(default_factory=list)
    standing: str = "clear"
    in_evaluation: bool = False
    risky: bool = False
    flagged: bool | None = None
    months_late: int = 0
    oldest_due: int | None = None
    overdue: list[tuple[int, int]] = field(default_factory=list)  # spells since the last decision
    last_overdue: float = -math.inf
    last_decision: int = -1
    last_draw: int = -30
    last_raise: float = -math.inf
    last_cut: float = -math.inf
    raise_pending: bool = False
    closed: bool = False

    @property
    def utilisation(self) -> float:
        if self.limit == 0:
            return 1.0 if self.outstanding > 0 else 0.0
        return min(1.0, self.outstanding / self.limit)

    @property
    def held(self) -> int:
        return sum(hold.left for hold in self.holds)


@dataclass(eq=False, slots=True)
class Hold:
    """Repaid principal (or the room of a raise) that is not yet available limit."""

    borrower: Borrower
    kind: str
    amount: int
    left: int
    repaid_at: int
    late: bool = False
    early: bool = False
    decided: simpy.Event | None = None  # while it waits for an evaluation
    claims: simpy.Event | None = None  # until the day's claims on the pool are made
    process: simpy.Process | None = None
    ended_at: int | None = None
    released: int = 0
    outcome: str = "pending"


class Platform:
    """The lender, its borrowers and everything that happens between them."""

    def __init__(self, scenario: sl.Scenario, seed: int) -> None:
        for name, value in REQUIRED.items():
            if attrgetter(name)(scenario) != value:
                raise ValueError(f"{name} must be {value!r} in the naive model.")
        if any(one.lump or one.start or one.end for one in scenario.funding.facilities):
            raise ValueError("A facility must give the same every day in the naive model.")
        self.scenario = scenario
        self.random = random.Random(seed)
        self.env = simpy.Environment()
        self.desk = simpy.PriorityResource(self.env, capacity=scenario.review.reviewers)
        self.pool = simpy.Container(self.env, init=cents(scenario.funding.initial))
        self.returned = 0  # what has flowed back today and is put into the pool with the inflow
        self.cleared: list[Hold] = []  # holds that will claim their amount from the pool today
        self.holds: list[Hold] = []
        self.counts: Counter[str] = Counter()
        self.min_draw = cents(scenario.product.min_draw)
        rate = scenario.product.daily_rate * scenario.product.cycle_days
        self.principal_share = [1.0] + [
            rate / ((1 + rate) ** n - 1) for n in range(1, scenario.product.instalments + 1)
        ]
        self.borrowers = [self.new_borrower(i) for i in range(scenario.population.borrowers)]
        squares = [borrower.utilisation**2 for borrower in self.borrowers]
        mean_square = sum(squares) / len(squares)
        self.late_scale = 1 / (1 + scenario.behaviour.utilisation_effect * mean_square)
        by_propensity = sorted(self.borrowers, key=lambda borrower: borrower.propensity, reverse=True)
        for borrower in by_propensity[: round(scenario.screening.risky_share * len(by_propensity))]:
            borrower.risky = True

    def run(self) -> None:
        """Live through all the days of the scenario."""
        self.env.process(self.fund())
        for borrower in self.borrowers:
            self.env.process(self.pay_on_due_days(borrower))
            self.env.process(self.evaluate(borrower))
            self.env.process(self.wish_to_draw(borrower))
        self.env.run(until=self.scenario.horizon_days)

    @property
    def today(self) -> int:
        return int(self.env.now)

    def until(self, phase: int) -> simpy.Event:
        """Wait for a phase of today."""
        return self.env.timeout(max(0.0, self.today + phase / 8 - self.env.now))

    # ---- the start -------------------------------------------------------------------------------

    def beta(self, mean: float, concentration: float | None) -> float:
        if concentration is None or mean in (0, 1):
            return mean
        return self.random.betavariate(mean * concentration, (1 - mean) * concentration)

    def new_borrower(self, number: int) -> Borrower:
        population, product = self.scenario.population, self.scenario.product
        behaviour = self.scenario.behaviour
        drawn = self.random.lognormvariate(math.log(population.limit_median), population.limit_log_sd)
        limit = cents(min(max(drawn, population.limit_low), population.limit_high))
        utilisation = self.beta(population.utilisation_mean, population.utilisation_concentration)
        borrower = Borrower(
            number,
            limit=limit,
            outstanding=int(limit * round(utilisation, 4)),
            score=self.beta(population.score_mean, population.score_concentration),
            propensity=self.beta(behaviour.late_onset, behaviour.late_concentration),
            due_day=self.random.randrange(product.cycle_days),
            first_evaluation=self.random.randrange(self.scenario.evaluation.period_days),
            watched=self.random.random() < self.scenario.review.watch_share,
        )
        borrower.available = max(0, limit - borrower.outstanding)
        if borrower.score < self.scenario.rules.min_score:
            borrower.standing = "score"
        if borrower.outstanding > 0:
            cycle_rate = product.daily_rate * product.cycle_days
            owed = [
                1 - (1 + cycle_rate) ** (paid - product.instalments) for paid in range(product.instalments)
            ]
            (paid,) = self.random.choices(range(product.instalments), owed)
            borrower.loans.append(Loan(borrower.outstanding, product.instalments - paid, next_cycle=0))
            borrower.last_draw = borrower.due_day - (paid + 1) * product.cycle_days
        return borrower

    # ---- paying ----------------------------------------------------------------------------------

    def pay_on_due_days(self, borrower: Borrower) -> Process:
        """Pay, slip, miss or catch up on every due day, until the horizon or default."""
        behaviour, cycle_days = self.scenario.behaviour, self.scenario.product.cycle_days
        prepayment = min(1.0, behaviour.prepay_per_year * cycle_days / 365)
        yield self.env.timeout(borrower.due_day + PAY / 8)
        cycle = 0
        while True:
            slip = 0
            if any(loan.next_cycle <= cycle for loan in borrower.loans):
                if borrower.months_late > 0:
                    month = min(borrower.months_late, len(behaviour.cure_hazards))
                    if self.random.random() < behaviour.cure_hazards[month - 1]:
                        self.pay_what_is_due(borrower, cycle)
                    else:
                        borrower.months_late += 1
                elif self.random.random() < self.miss_probability(borrower):
                    borrower.months_late = 1
                    borrower.oldest_due = self.today
                else:
                    if self.random.random() < behaviour.slip_share:
                        slip = self.random.randint(1, behaviour.slip_days)
                        borrower.oldest_due = self.today
                        yield self.env.timeout(slip)
                    self.pay_what_is_due(borrower, cycle)
                    if self.random.random() < prepayment and borrower.loans:
                        self.take_repayment(borrower, borrower.loans.pop(0).balance, early=True)
            if self.days_past_due(borrower) >= behaviour.default_dpd:
                self.default(borrower)
                return
            yield self.env.timeout(cycle_days - slip)
            cycle += 1

    def miss_probability(self, borrower: Borrower) -> float:
        effect = self.scenario.behaviour.utilisation_effect * borrower.utilisation**2
        return min(1.0, borrower.propensity * (1 + effect) * self.late_scale)

    def days_past_due(self, borrower: Borrower) -> int:
        return 0 if borrower.oldest_due is None else self.today - borrower.oldest_due

    def pay_what_is_due(self, borrower: Borrower, cycle: int) -> None:
        late = self.days_past_due(borrower) > self.scenario.rules.grace_days
        if late:
            borrower.last_overdue = self.today
            borrower.overdue.append(self.overdue_spell(borrower))
        principal = 0
        for loan in borrower.loans:
            while loan.remaining > 0 and loan.next_cycle <= cycle:
                part = loan.balance
                if loan.remaining > 1:
                    part = int(loan.balance * self.principal_share[loan.remaining])
                loan.balance -= part
                loan.remaining -= 1
                loan.next_cycle += 1
                principal += part
        borrower.loans = [loan for loan in borrower.loans if loan.remaining > 0]
        borrower.months_late = 0
        borrower.oldest_due = None
        self.take_repayment(borrower, principal, late=late)

    def overdue_spell(self, borrower: Borrower) -> tuple[int, int]:
        """Return the last day of grace of what is due, and today."""
        return borrower.oldest_due + self.scenario.rules.grace_days, self.today

    def take_repayment(
        self, borrower: Borrower, principal: int, *, late: bool = False, early: bool = False
    ) -> None:
        self.counts["payments"] += 1
        if principal == 0:
            return
        over_limit = max(0, min(principal, borrower.outstanding - borrower.limit))
        borrower.outstanding -= principal
        self.returned += int(principal * self.scenario.funding.recycle_share)
        hold = Hold(borrower, "repayment", principal, principal - over_limit, self.today, late, early)
        self.open(hold)

    def default(self, borrower: Borrower) -> None:
        """Close the line and write off what is outstanding."""
        self.lower_limit(borrower, 0)
        borrower.outstanding = 0
        borrower.loans.clear()
        borrower.closed = True

    # ---- the life of a hold ----------------------------------------------------------------------

    def open(self, hold: Hold) -> None:
        self.holds.append(hold)
        if hold.left == 0:
            hold.ended_at, hold.outcome = self.today, "forfeited"
            return
        hold.borrower.holds.append(hold)
        hold.process = self.env.process(self.live(hold))

    def live(self, hold: Hold) -> Process:
        """Pass evaluation, review and funding, unless the whole hold is forfeited on the way."""
        borrower = hold.borrower
        try:
            if hold.kind == "repayment":
                if borrower.standing != "clear" or hold.late or (hold.early and borrower.in_evaluation):
                    yield self.decision_about(hold)
                while borrower.watched and not (yield from self.review(hold)):
                    yield self.decision_about(hold)
            yield self.time_to_claim(hold)
            claimed = hold.left
            with self.pool.get(claimed) as claim:
                yield claim
            if claimed > hold.left:
                yield self.pool.put(claimed - hold.left)
        except simpy.Interrupt:
            self.end(hold)
            return
        self.counts["releases"] += 1
        hold.released = hold.left
        borrower.available += hold.left
        self.end(hold)

    def decision_about(self, hold: Hold) -> simpy.Event:
        hold.decided = self.env.event()
        return hold.decided

    def time_to_claim(self, hold: Hold) -> simpy.Event:
        self.cleared.append(hold)
        hold.claims = self.env.event()
        return hold.claims

    def review(self, hold: Hold) -> Process:
        """Wait for a reviewer and for the review; return whether it approves."""
        rules = self.scenario.review
        yield self.until(EVALUATE)
        first = rules.priority_score is not None and hold.borrower.score >= rules.priority_score
        with self.desk.request(priority=0 if first else 1) as turn:
            yield turn
            variance = math.log(1 + rules.service_cv**2)
            mu = math.log(rules.service_days) - variance / 2
            yield self.env.timeout(self.random.lognormvariate(mu, math.sqrt(variance)))
        # Decisions of the desk take effect in their phase, of the next day if today's is over.
        day = math.ceil(self.env.now - DECIDE / 8)
        yield self.env.timeout(day + DECIDE / 8 - self.env.now)
        return self.random.random() < rules.approve_share

    def end(self, hold: Hold) -> None:
        hold.ended_at = self.today
        hold.outcome = "released" if hold.left == hold.amount else "forfeited"
        hold.left = 0
        hold.borrower.holds.remove(hold)
        if hold.kind == "raise":
            hold.borrower.raise_pending = False

    # ---- evaluation ------------------------------------------------------------------------------

    def evaluate(self, borrower: Borrower) -> Process:
        rules = self.scenario.evaluation
        yield self.env.timeout(borrower.first_evaluation + EVALUATE / 8)
        while not borrower.closed:
            borrower.in_evaluation = True
            yield self.env.timeout(rules.duration_days)
            borrower.in_evaluation = False
            if not borrower.closed:
                self.decide(borrower, last_day_seen=self.today - rules.duration_days - rules.cutoff_days)
                yield self.env.timeout(rules.period_days - rules.duration_days)

    def decide(self, borrower: Borrower, last_day_seen: int) -> None:
        self.counts["evaluations"] += 1
        self.move_score(borrower)
        self.look_for_flag(borrower)
        borrower.standing = self.new_standing(borrower)
        borrower.last_decision = self.today
        if borrower.standing == "clear":
            for hold in borrower.holds:
                if hold.decided is not None and (hold.repaid_at <= last_day_seen or not hold.late):
                    hold.decided.succeed()
                    hold.decided = None
        self.move_limit(borrower)

    def move_score(self, borrower: Borrower) -> None:
        """Move toward the record of each stretch of days since the last decision."""
        rules = self.scenario.evaluation
        good = 1.0 - rules.utilisation_weight * borrower.utilisation
        if borrower.oldest_due is not None:
            borrower.overdue.append(self.overdue_spell(borrower))
        score, day = borrower.score, max(0, borrower.last_decision)
        for grace_ends, until in borrower.overdue:
            begin = max(day, grace_ends)
            if until > begin:
                score = self.nearer(score, good, begin - day)
                score = self.nearer(score, good - 1.0, until - begin)
                day = until
        score = self.nearer(score, good, self.today - day)
        borrower.overdue.clear()
        borrower.score = min(1.0, max(0.0, score))

    def nearer(self, score: float, target: float, days: int) -> float:
        return target + (score - target) * 0.5 ** (days / self.scenario.evaluation.score_half_life_days)

    def look_for_flag(self, borrower: Borrower) -> None:
        screening = self.scenario.screening
        share = screening.detection if borrower.risky else screening.false_flag
        if share == 1.0 or borrower.flagged is None or screening.flag_days == 0:
            probability = share
        else:
            rate = 1 / (screening.flag_days * (1 - share))
            kept = math.exp(-rate * self.scenario.evaluation.period_days)
            probability = share + (1 - share) * kept if borrower.flagged else share * (1 - kept)
        borrower.flagged = self.random.random() < probability

    def new_standing(self, borrower: Borrower) -> str:
        rules = self.scenario.rules
        if borrower.score < rules.min_score:
            return "score"
        if self.days_past_due(borrower) > 0 or self.today - borrower.last_overdue < rules.clean_days:
            return "overdue"
        return "behaviour" if borrower.flagged else "clear"

    # ---- the line --------------------------------------------------------------------------------

    def move_limit(self, borrower: Borrower) -> None:
        """Cut, reclaim or raise the line: the first whose condition holds."""
        rules = self.scenario.limits
        if rules.cut_score is not None and borrower.score < rules.cut_score:
            if self.today - borrower.last_cut >= rules.cut_days:
                borrower.last_cut = self.today
                self.lower_limit(borrower, borrower.limit - int(borrower.limit * rules.cut_share))
        elif rules.inactive_days is not None and self.today - borrower.last_draw >= rules.inactive_days:
            self.lower_limit(borrower, borrower.outstanding + borrower.held)
        elif (
            rules.raise_score is not None
            and borrower.score >= rules.raise_score
            and borrower.standing == "clear"
            and not borrower.raise_pending
            and self.today - borrower.last_raise >= rules.raise_days
        ):
            limit = borrower.limit + int(borrower.limit * rules.raise_share)
            self.raise_limit(borrower, limit if rules.cap is None else min(limit, cents(rules.cap)))

    def lower_limit(self, borrower: Borrower, limit: int) -> None:
        """Take what no longer fits from available limit first, then from the latest holds."""
        if limit >= borrower.limit:
            return
        outstanding = borrower.outstanding
        excess = max(borrower.limit, outstanding) - max(limit, outstanding)
        borrower.limit = limit
        withdrawn = min(excess, borrower.available)
        borrower.available -= withdrawn
        self.returned += withdrawn
        excess -= withdrawn
        for hold in reversed(borrower.holds):
            part = min(excess, hold.left)
            hold.left -= part
            excess -= part
            if hold.left == 0:
                hold.process.interrupt()

    def raise_limit(self, borrower: Borrower, limit: int) -> None:
        if limit <= borrower.limit:
            return
        room = max(limit, borrower.outstanding) - max(borrower.limit, borrower.outstanding)
        borrower.limit = limit
        borrower.last_raise = self.today
        if room > 0:
            borrower.raise_pending = True
            self.open(Hold(borrower, "raise", room, room, self.today))

    # ---- funding and drawing ---------------------------------------------------------------------

    def fund(self) -> Process:
        """Fill the pool, up to the ceiling and with what has flowed back; then let the day's holds claim."""
        funding = self.scenario.funding
        inflow = cents(funding.daily_inflow) + sum(cents(one.daily_inflow) for one in funding.facilities)
        ceiling = math.inf if funding.ceiling is None else cents(funding.ceiling)
        yield self.env.timeout(FUND / 8)
        while True:
            taken = min(inflow, max(0, ceiling - (self.pool.level + self.returned)))
            if self.returned + taken > 0:
                yield self.pool.put(self.returned + taken)
            self.returned = 0
            self.cleared.sort(key=lambda hold: (hold.repaid_at, hold.borrower.number))
            for hold in self.cleared:
                hold.claims.succeed()
            self.cleared.clear()
            yield self.env.timeout(1)

    def wish_to_draw(self, borrower: Borrower) -> Process:
        """Draw a part of what is available whenever the wish comes, if it is enough."""
        product, (low, high) = self.scenario.product, self.scenario.behaviour.draw_share
        yield self.env.timeout(self.days_to_wish() - 1 + DRAW / 8)
        while not borrower.closed:
            if borrower.available >= self.min_draw:
                amount = max(self.min_draw, int(borrower.available * self.random.uniform(low, high)))
                next_cycle = (self.today - borrower.due_day) // product.cycle_days + 1
                borrower.loans.append(Loan(amount, product.instalments, next_cycle))
                borrower.available -= amount
                borrower.outstanding += amount
                borrower.last_draw = self.today
                self.counts["draws"] += 1
            yield self.env.timeout(self.days_to_wish())

    def days_to_wish(self) -> int:
        per_day = self.scenario.behaviour.draws_per_year / 365
        return 1 + int(math.log(1 - self.random.random()) / math.log1p(-per_day))


def cents(amount: float) -> int:
    return round(100 * amount)


def holds_frame(platform: Platform) -> pd.DataFrame:
    """Return a row per hold, in the order in which they opened, with columns named as in ``run.holds``."""
    horizon = platform.scenario.horizon_days
    frame = pd.DataFrame(
        {
            "borrower": hold.borrower.number,
            "kind": hold.kind,
            "amount": hold.amount / 100,
            "repaid_at": hold.repaid_at,
            "ended_at": hold.ended_at,
            "outcome": hold.outcome,
            "released_amount": hold.released / 100,
            "delay_days": (horizon if hold.ended_at is None else hold.ended_at) - hold.repaid_at,
        }
        for hold in platform.holds
    )
    return frame.astype({"ended_at": float})


def simulate(scenario: sl.Scenario, seed: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the holds of one history, and how many payments, evaluations, releases and draws it had."""
    platform = Platform(scenario, seed)
    platform.run()
    return holds_frame(platform), dict(platform.counts)
