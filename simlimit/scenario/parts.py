"""The parts of a scenario, one class each; the defaults are the preset `clockwork`.

Every field says its meaning, its unit and what it may be; what the fields do is in `docs/model.md`.
"""

import datetime
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal, get_args

from annotated_types import Predicate
from pydantic import Field, InstanceOf

from simlimit.arguments import nearest
from simlimit.portfolio import Portfolio
from simlimit.scenario import fields
from simlimit.scenario.base import FrozenMapping, Part, refuse_at
from simlimit.scenario.fields import choice, days, field, fraction, number, pair, several, switch, whole
from simlimit.scenario.regions import MOST_REGIONS, Region, Regions, Share, Text, regional, shares_of

CURRENCY = "currency units"
_DAY = "a date, or a whole number from 0 to 30000"

Day = Annotated[int, Field(strict=True, ge=0, le=30_000)] | Annotated[datetime.date, Field(strict=True)]
# Shocks that begin in a run: one a day in the longest.
MOST_SHOCKS = 30_000
_REGION_SHARES = f"1 to {MOST_REGIONS} named shares from 0 to 1 that sum to 1"
_ASCENDING = Predicate(lambda two: two[0] <= two[1])
Shares = Annotated[tuple[Share, Share], _ASCENDING]
_SHARES = "a list of two numbers from 0 to 1, the smaller first"
_BETA = "at most 1 when utilisation_concentration is set"


def _concentration(of: str) -> float | None:
    """Declare how narrowly the borrowers' values lie around their mean."""
    meaning = f"How alike borrowers are in {of}; not set: all the same"
    return number(None, 0.001, 1e6, "a + b of a beta distribution", meaning)


class Population(Part):
    """The borrowers at the start: how many, and what their lines look like."""

    borrowers: int = whole(1000, 1, 20_000_000, "borrowers", "Number of borrowers; not used with a portfolio")
    initial_score: float | None = fraction(None, "score", "Everybody's score; not set: drawn by score_mean")
    portfolio: Text | InstanceOf[Portfolio] | None = field(
        None,
        "A real book, used instead of drawn borrowers: a file, relative to the working folder, or as "
        "Scenario.with_portfolio puts it in",
        "the path of a CSV or Parquet file, in 1 to 1000 characters, or a book",
    )
    regions: Regions = field(FrozenMapping({"all": 1.0}), "The share of each region", _REGION_SHARES, "share")
    limit_median: float = regional("limit_median", 10_000.0)
    limit_log_sd: float = number(0.0, 0, 3, "natural log", "Standard deviation of the log of the limit")
    limit_low: float = number(0.0, 0, 1e9, CURRENCY, "Smallest credit limit; smaller draws are raised to it")
    limit_high: float = number(1e9, 0.01, 1e9, CURRENCY, "Largest credit limit; larger draws are cut to it")
    utilisation_mean: float = regional("utilisation_mean", 0.5)
    utilisation_concentration: float | None = _concentration("utilisation")
    score_mean: float = regional("score_mean", 1.0)
    score_concentration: float | None = _concentration("score")
    other_lenders: float = fraction(0.0, fields.OF_BORROWERS, "Borrowers with another lender at the start")
    arrivals_per_year: float = number(0.0, 0, 10, "share of the book per year", "New borrowers")
    exits_per_year: float = number(0.0, 0, 10, "per year", "Borrowers who give up their line, per borrower")
    seasoned: bool = switch(False, "Whether the first have been there for a while; not used with a portfolio")

    def _check(self) -> None:
        # The shares of regions of a portfolio are not used.
        is_whole = self.portfolio is not None or abs(sum(shares_of(self.regions)) - 1) <= 1e-9
        if not is_whole or not 0 < len(self.regions) <= MOST_REGIONS:
            self.refuse("regions", _REGION_SHARES)
        for name, one in self.regions.items() if self.utilisation_concentration is not None else ():
            if isinstance(one, Region) and one.utilisation_mean is not None and one.utilisation_mean > 1:
                refuse_at(("regions", name, "utilisation_mean"), one.utilisation_mean, _BETA)
        if self.limit_low > self.limit_high:
            self.refuse("limit_low", f"at most limit_high, which is {self.limit_high:.12g}")
        if self.utilisation_mean > 1 and self.utilisation_concentration is not None:
            self.refuse("utilisation_mean", _BETA)
        if self.seasoned and self.exits_per_year == 0:
            self.refuse("seasoned", "false without exits_per_year above 0")


class Behaviour(Part):
    """How borrowers pay, fall behind, recover, prepay and draw."""

    late_onset: float = regional("late_onset", 0.0)
    late_concentration: float | None = _concentration("missing payments")
    utilisation_effect: float = number(0.0, 0, 100, "factor", "A full line misses 1 + this times as much")
    cure_hazards: Annotated[tuple[Share, ...], Field(min_length=1, max_length=12)] = field(
        (0.5,),
        "Chance that all that is due is paid, on the 1st, 2nd .. due day after onset; the last one repeats",
        "a list of 1 to 12 numbers from 0 to 1",
        fields.PER_DUE_DAY,
        strict=True,
    )
    default_dpd: int = whole(90, 0, 30_000, "days past due", "When the line is closed for default; 0: never")
    slip_share: float = regional("slip_share", 0.0)
    slip_days: int = days(3, 1, 365, "Longest such slip; shorter than product.cycle_days")
    prepay_per_year: float = number(0.0, 0, 12, "per year", "Early repayments of a loan, per borrower")
    draws_per_year: float = regional("draws_per_year", 0.0)
    draw_share: Shares = pair((0.2, 1.0), _SHARES, "share of available", "Least and largest drawn at once")


Method = Literal["equal_principal", "equal_instalment", "interest_only"]
ReleaseUnit = Literal["instalment", "loan"]


_Clearing = Annotated[int, Field(strict=True, ge=0, le=365)]
ClearingDays = Annotated[tuple[_Clearing, _Clearing], _ASCENDING]
_DAYS = "a list of two whole numbers from 0 to 365, the smaller first"


class Product(Part):
    """The loan: how it is repaid, and when repaid principal may come back."""

    instalments: int = whole(12, 1, 60, "instalments", "Instalments of a loan")
    method: Method = choice(Method, "equal_principal", "How a loan is repaid")
    daily_rate: float = number(0.0004, 0, 0.01, "share per day", "Interest rate")
    cycle_days: int = days(30, 2, 366, "Days between due days")
    release_unit: ReleaseUnit = choice(ReleaseUnit, "instalment", "What must be paid for limit to come back")
    min_draw: float = number(500.0, 0.01, 1e9, CURRENCY, "Smallest draw")
    after_cutoff_share: float = fraction(0.0, "share of payments", "Payments too late to be booked today")
    clearing_share: float = fraction(0.0, "share of payments", "Payments that take clearing_days to be good")
    clearing_days: ClearingDays = pair((1, 1), _DAYS, "days", "Least and most days of clearing")


Schedule = Literal["staggered", "batch"]
HoldsUp = Literal["all", "early"]


class Evaluation(Part):
    """The periodic credit evaluation that decides a borrower's standing."""

    period_days: int = days(30, 1, 3650, "Days from one evaluation of a borrower to the next")
    cutoff_days: int = days(0, 0, 3650, "How old a repayment must be for an evaluation to see it")
    duration_days: int = days(0, 0, 3649, "From start to decision of an evaluation; less than period_days")
    schedule: Schedule = choice(Schedule, "staggered", "Whether each has days of its own or all the same")
    holds_up: HoldsUp = choice(HoldsUp, "all", "Which repayments wait for an evaluation in progress")
    score_half_life_days: float = number(60.0, 0, 1e9, "days", "Time to go half of the way to the record")
    utilisation_weight: float = fraction(0.0, "score", "What full utilisation takes from the score's target")
    straight_through: bool = switch(True, "Whether on-time payments in clear standing need no evaluation")

    def _check(self) -> None:
        if self.duration_days >= self.period_days:
            self.refuse("duration_days", f"less than period_days, which is {self.period_days} (days)")


class Rules(Part):
    """What a borrower must meet to be in clear standing."""

    min_score: float = fraction(0.0, "score", "Smallest score of a clear standing")
    clean_days: int = days(30, 0, 30_000, "Days that must have passed since the borrower was overdue")
    grace_days: int = days(3, 0, 30_000, "Days late that are forgiven once paid")
    overdue: bool = switch(True, "Whether being overdue, or a late payment, keeps limit from coming back")


class Weights(Part):
    """What makes a false flag more likely, on the logit scale; all 0: the same for everybody."""

    place: ClassVar[tuple[str, ...]] = ("screening", "weights")

    utilisation: float = number(0.0, -20, 20, "logits", "Full utilisation")
    recent_draw: float = number(0.0, -20, 20, "logits", "A draw in the last 30 days")
    recent_prepayment: float = number(0.0, -20, 20, "logits", "An early repayment in the last 90 days")
    lenders: float = number(0.0, -20, 20, "logits", "Each other lender")


class Screening(Part):
    """Behaviour analysis, which can be wrong."""

    false_flag: float = regional("false_flag", 0.0)
    flag_days: float = number(30.0, 0, 30_000, "days", "Mean time of flags, from 1; 0: new at evaluations")
    weights: Weights = field(Weights(), "What makes a false flag likelier", "a table of weights", "logits")
    risky_share: float = fraction(0.0, fields.OF_BORROWERS, "Borrowers who are risky: those who pay latest")
    detection: float = fraction(0.0, "share of time", "Long-run share for which a risky borrower is flagged")

    def _check(self) -> None:
        if 0 < self.flag_days < 1:  # nothing finer than a day is simulated
            self.refuse("flag_days", "0 or a number from 1 to 30000 (days)")


ServiceLaw = Literal["exponential", "constant", "lognormal"]


class Review(Part):
    """The manual desk for borrowers on the watch-list."""

    watch_share: float = regional("watch_share", 0.0)
    reviewers: int = whole(1, 1, 100_000, "reviewers", "Reviewers at the desk")
    service_days: float = number(1.0, 0, 3650, "days", "Mean time of one review")
    service_law: ServiceLaw = choice(ServiceLaw, "exponential", "Distribution of the time of a review")
    service_cv: float = number(1.0, 0, 10, "standard deviation / mean", "Spread of log-normal review times")
    approve_share: float = fraction(1.0, "probability per review", "Reviews that approve")
    priority_score: float | None = fraction(None, "score", "Reviewed first from this score; not set: nobody")


class Facility(Part):
    """A source of funding: own capital, a partner bank, or securities issued in lumps."""

    name: Text = field(fields.REQUIRED, "Name of the source", "text of 1 to 1000 characters")
    daily_inflow: float = number(0.0, 0, 1e10, CURRENCY + " per day", "Funding that comes every day")
    lump: float = number(0.0, 0, 1e10, CURRENCY, "Funding that comes at once")
    every_days: int = days(0, 0, 30_000, "Days from one lump to the next; 0: only one, on the first day")
    start: Day = field(0, "First day; a date may lie before the run", _DAY, "day")
    end: Day | None = field(None, "First day without; not set: to the end", _DAY, "day")


Facilities = Annotated[tuple[Facility, ...], Field(max_length=64)]


class Funding(Part):
    """The pool from which released limit is funded."""

    unlimited: bool = switch(True, "Whether funding never binds")
    initial: float = number(0.0, 0, 1e13, CURRENCY, "Headroom of the pool at the start")
    daily_inflow: float = number(0.0, 0, 1e10, CURRENCY + " per day", "Headroom that comes every day")
    ceiling: float | None = number(None, 0, 1e13, CURRENCY, "Headroom at which inflow stops; not set: never")
    recycle_share: float = fraction(1.0, "share of repaid principal", "What goes back into the pool")
    reserve_share: float = fraction(1.0, "share of released limit", "Headroom that the release itself takes")
    facilities: Facilities = field((), "Sources of funding", "a list of at most 64 facilities", strict=True)
    refuse_draws: bool = switch(False, "Whether a draw needs headroom for what is not reserved")


DrawBlock = Literal["past_due", "denied", "frozen"]


class Limits(Part):
    """How the limit itself changes at evaluations."""

    raise_score: float | None = fraction(None, "score", "Score from which the line rises; not set: never")
    raise_share: float = number(0.0, 0, 10, "share of the limit", "How much the line rises at once")
    raise_days: int = days(30, 1, 30_000, "Least days between two rises, however many evaluations there are")
    cut_score: float | None = fraction(None, "score", "Score below which the line is cut; not set: never")
    cut_share: float = fraction(0.0, "share of the limit", "How much the line is cut at once")
    cut_days: int = days(30, 1, 30_000, "Least days between two cuts, however many evaluations there are")
    cap: float | None = number(None, 0.01, 1e9, CURRENCY, "Limit above which no line rises; not set: no cap")
    inactive_days: int | None = days(None, 1, 30_000, "Days undrawn until unused limit goes; not set: never")
    block_draws: tuple[DrawBlock, ...] = several(DrawBlock, "For whom draws are refused")

    def _check(self) -> None:
        if self.cut_score is not None and self.raise_score is not None and self.cut_score > self.raise_score:
            self.refuse("cut_score", f"at most raise_score, which is {self.raise_score:.12g}")


class Reaction(Part):
    """What borrowers do about limit that does not come back, and what it does to them.

    Without shares everybody waits.
    """

    patience_days: int = days(14, 1, 30_000, "Age of a hold at which its borrower appeals or looks elsewhere")
    appeal_share: float = fraction(0.0, "probability per hold", "Borrowers who then appeal")
    lender_share: float = fraction(0.0, "probability per hold", "Borrowers who then look for another lender")
    most_lenders: int = whole(5, 0, 100, "lenders", "Other lenders at which a borrower looks for no more")
    lateness_per_lender: float = number(0.0, 0, 100, "factor", "With n others 1 + n times this as often late")

    def _check(self) -> None:
        if self.appeal_share + self.lender_share > 1:
            self.refuse("lender_share", f"at most 1 - appeal_share, which is {1 - self.appeal_share:.12g}")


class Economy(Part):
    """What makes all borrowers late at the same time."""

    sd: float = number(0.0, 0, 3, "natural log", "Spread of a common factor of missed payments, of mean 1")
    persistence: float = fraction(0.0, "correlation", "Of the factor from month to month", open_end="high")


Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = get_args(Weekday)
ClosedWeekdays = Annotated[tuple[Weekday, ...], Predicate(lambda closed: {*closed} != {*WEEKDAYS})]
RestingPart = Literal["review", "funding", "evaluation", "clearing"]
Dates = tuple[Annotated[datetime.date, Field(strict=True)], ...]


class Calendar(Part):
    """Days on which parts of the platform rest."""

    closed_weekdays: ClosedWeekdays = several(Weekday, "Days of the week that are closed", ", not all")
    holidays: Text | Dates = field(
        (),
        "Closed dates, or the country whose holidays the package `holidays` knows",
        "a list of dates, or a country such as CN or US-CA",
    )
    workdays: Dates = field((), "Dates that are open whatever their weekday", "a list of dates")
    rests: tuple[RestingPart, ...] = several(RestingPart, "What rests on closed days")


LeverKind = Literal[
    "appeal", "pay_on_time", "deleverage", "campaign", "diversify", "plan", "transparency",
    "better_model", "timely_scoring", "less_manual", "feedback", "education", "more_funding",
]  # fmt: skip
# Kinds of lever in their order, which numbers them; the first six are the borrower's.
LEVER_KINDS: tuple[str, ...] = get_args(LeverKind)

ServedBy = Literal["credit-loan", "small-business", "supply-chain"]


class Lever(Part):
    """A remedy of borrowers or of the platform: of each kind at most one.

    ``simlimit scenario jiebei`` prints the kinds, and what each field means; section 2.14 of docs/model.md
    says what each kind does.

    Examples
    --------
    >>> import simlimit as sl
    >>> halved = sl.Lever(kind="better_model", strength=0.5)
    >>> sl.preset("jiebei").replace({"levers": [halved]}).levers[0].strength
    0.5
    """

    kind: LeverKind = choice(LeverKind, fields.REQUIRED, "What is done")
    strength: float = fraction(0.5, "share", "From 0 (no effect) to 1; docs/model.md 2.14 says of what")
    uptake: float = fraction(1.0, fields.OF_BORROWERS, "Borrowers who take it up, or whom it reaches")
    start: Day = field(0, "First day on which it works; a date may lie before the run", _DAY, "day")
    product: ServedBy | None = choice(ServedBy, None, "Preset that serves what diversify sends elsewhere")

    def _check(self) -> None:
        if self.kind == "diversify" and self.product is None:
            self.refuse("product", f"{fields.one_of(ServedBy)} for the lever diversify")
        if self.kind != "diversify" and self.product is not None:
            self.refuse("product", f"not set for the lever {self.kind}")
        if self.kind == "more_funding" and self.uptake != 1:
            self.refuse("uptake", "1 for the lever more_funding, which has no takers")


Levers = tuple[Lever, ...]


def check_kinds(levers: Levers) -> None:
    """Refuse a second lever of one kind."""
    kinds = [lever.kind for lever in levers]
    for position, kind in enumerate(kinds):
        if kind in kinds[:position]:
            refuse_at(("levers", position, "kind"), kind, "a kind that no lever before it has")


# Kinds of shock that have a duration; the others happen at once and are not undone.
LASTING = ("freeze", "tightening", "watch_list", "liquidity_squeeze", "downturn")
# Kinds of shock that have a size: a share or a score, a factor, an amount.
LARGEST_SIZE = {"tightening": 1, "liquidity_squeeze": 1, "limit_cut": 1, "downturn": 100, "cap": 1e9}

ShockKind = Literal[
    "freeze", "tightening", "watch_list", "liquidity_squeeze", "limit_cut", "cap", "cancellation",
    "downturn", "amnesty",
]  # fmt: skip


class Shock(Part):
    """A policy or market event with a start, a duration, a size and a scope."""

    kind: ShockKind = choice(ShockKind, fields.REQUIRED, "What happens")
    at: Day | None = field(None, "When it happens or begins; not set: at random, per_year", _DAY, "day")
    per_year: float | None = number(
        None, 0, 365, "per year", "How often it happens at random; not set: once, at", open_end="low"
    )
    duration_days: int = days(0, 0, 30_000, "How long it lasts; 0 for what happens at once")
    size: float = number(0.0, 0, 1e9, "score, share or currency units", "Its size, or the amount of a cap")
    regions: tuple[Text, ...] = field((), "Regions it covers; empty: all", "a list of names", strict=True)
    score_below: float | None = fraction(None, "score", "Covers borrowers with a lower score; not set: all")

    def _check(self) -> None:
        if self.at is None and self.per_year is None:
            self.refuse("at", "a date or a day from 0 to 30000, or else per_year must be set")
        if self.at is not None and self.per_year is not None:
            self.refuse("per_year", "not set when at is")
        if self.kind in LASTING and self.duration_days == 0:
            self.refuse("duration_days", f"a whole number from 1 to 30000 (days) for the shock {self.kind}")
        if self.kind not in LASTING and self.duration_days > 0:
            self.refuse("duration_days", f"0 for the shock {self.kind}, which happens at once")
        if self.kind == "cap" and self.size < 0.01:
            self.refuse("size", "a number from 0.01 to 1000000000 (currency units) for the shock cap")
        if self.size > (largest := LARGEST_SIZE.get(self.kind, 0)):
            sized = f"a number from 0 to {largest} for the shock {self.kind}"
            self.refuse("size", sized if largest else f"0 for the shock {self.kind}, which has no size")
        if self.kind == "liquidity_squeeze" and self.regions:
            self.refuse("regions", "empty for the shock liquidity_squeeze, which covers the whole pool")
        if self.kind == "liquidity_squeeze" and self.score_below is not None:
            self.refuse("score_below", "not set for the shock liquidity_squeeze, which covers the whole pool")


Shocks = Annotated[tuple[Shock, ...], Field(max_length=1000)]


def check_regions(shocks: tuple[Shock, ...], regions: Iterable[str]) -> None:
    """Refuse a shock of a region that the book does not have."""
    for position, shock in enumerate(shocks):
        if not set(shock.regions) <= set(regions):
            rule = f"among {nearest(shock.regions, map(repr, regions), 'population.regions')}"
            refuse_at(("shocks", position, "regions"), shock.regions, rule)
