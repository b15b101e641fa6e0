"""The state of a platform: a few record arrays, and the codes that stand in them.

One record is one borrower, loan, hold, event or day; ``platform`` is a single record of parameters,
totals and the heads of the queues. Money is in cents, times are days. Transitions read and write
these arrays and nothing else; they cannot grow them, so a driver makes room first.
"""

from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from simlimit.model.compiling import step
from simlimit.model.room import grown

Record: TypeAlias = Any
"""One record: its fields are those of its dtype below, which the type checker does not know."""
Records: TypeAlias = npt.NDArray[Any]

# Phases of a day (docs/model.md 2.1).
SHOCKS, PAY, EVALUATE, REVIEW_DESK, FUND, ACT, RECORD = 0, 1, 2, 3, 4, 5, 6

NONE = -1
"""No day; no loan; no instalment, which only a raise has."""
END = 2**32 - 1
"""End of a list. Places are unsigned: an index with a sign costs a test for negative ones at each access."""
NEVER = 32_000
"""A day that does not come: beyond the longest horizon, within 16 bits."""
FAR_PAST = -31_000
"""A day before anything counts."""
NO_LOAN = -32768
"""Day of origin of a hold whose payment covers all loans."""

# Causes are also what an evaluation and an event can name. The gates come first, in their order.
CAUSES = (
    "settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding",
    "clear", "approved", "refused", "over_limit", "inactive", "default", "manual", "heard", "in_vain",
    "freeze", "tightening", "watch_list", "liquidity_squeeze", "limit_cut", "cap", "cancellation", "",
)  # fmt: skip
SETTLEMENT, EVALUATION, SCORE, OVERDUE, BEHAVIOUR, REVIEW, POLICY, FUNDING = range(8)
CLEAR, APPROVED, REFUSED, OVER_LIMIT, INACTIVE, DEFAULT, MANUAL, HEARD, IN_VAIN = range(8, 17)
FREEZE, TIGHTENING, WATCH_LIST, LIQUIDITY_SQUEEZE, LIMIT_CUT, CAP, CANCELLATION = range(17, 24)
NO_CAUSE = 24
GATES = CAUSES[:8]
SHOCK_KINDS = CAUSES[17:24]

# Where a hold is in its life: IN_APPEAL is at the desk, too; FREE is a record to be used again.
AT_SETTLEMENT, WAITING, AT_DESK, IN_APPEAL, QUEUED, RELEASED, FORFEITED, FREE = range(8)

EVENTS = (
    "shock_begin", "shock_end", "slip", "miss", "repayment", "prepayment", "evaluation", "review", "release",
    "forfeit", "cut", "withdraw", "raise", "default", "draw", "appeal", "lender_found", "lender_left",
    "draw_elsewhere",
)  # fmt: skip
(
    SHOCK_BEGIN, SHOCK_END, SLIP, MISS, REPAID, PREPAID, EVALUATED, REVIEWED, RELEASE,
    FORFEIT, CUT, WITHDRAW, RAISE, DEFAULTED, DRAW, APPEALED, LENDER_FOUND, LENDER_LEFT,
    DRAWN_ELSEWHERE,
) = range(19)  # fmt: skip

EQUAL_PRINCIPAL, EQUAL_INSTALMENT, INTEREST_ONLY = 0, 1, 2
METHODS = ("equal_principal", "equal_instalment", "interest_only")
CONSTANT, EXPONENTIAL, LOGNORMAL = 0, 1, 2
SERVICE_LAWS = ("constant", "exponential", "lognormal")


def _record(fields: dict[str, Any]) -> np.dtype[Any]:
    """Return an aligned record dtype; ``np.record`` gives attribute access where compilation is off."""
    columns = [(name, *kind) if isinstance(kind, tuple) else (name, kind) for name, kind in fields.items()]
    return np.dtype((np.record, np.dtype(columns, align=True)))


def _fields(kind: str, names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), kind)


BORROWER = _record(
    _fields("i8", "limit outstanding available held cap held_days")
    | _fields("f8", "score propensity")
    | _fields("f4", "flag_clock")
    | _fields("i4", "borrower tightened")
    | _fields("u4", "place first_hold first_loan end_of_loans")
    | _fields("i2", "next_payment next_wish wishes oldest_due slip_until last_overdue last_decision")
    | _fields("i2", "last_draw last_prepayment due_day evaluation_day spell")
    | _fields("i2", "no_limit_since no_limit_days served_until next_reaction flag_changes last_raise")
    | _fields("u2", "region group loans loan_room levers freezes watches")
    | _fields("u1", "standing watched risky flagged trusted closed raise_pending lenders")
)
ASIDE = _record(_fields("i8", "written_off drawn_elsewhere first_cycle"))
"""What is seldom written of a borrower, apart from its record, which is read all the time."""
LOAN = _record(_fields("i8", "balance") | _fields("i2", "rest origin remaining next_cycle"))
"""``rest``: by how many cents the last of equal parts of the principal exceeds the others."""
HOLD = _record(
    _fields("i8", "amount forfeited")
    | _fields("u4", "owner next link")
    | _fields("i2", "origin instalment repaid_at arrived_at approved_at reviewed_at since attempts")
    | {"days": ("i2", (8,))}
    | _fields("u1", "stage cause late ended_in")
)
EVENT = _record(_fields("i8", "amount") | _fields("i4", "borrower") | _fields("i2", "origin instalment day")
                | _fields("u1", "phase event cause"))  # fmt: skip
DAY = _record(
    _fields("i8", "day outstanding available held headroom")
    | _fields("i8", "inflow repaid released forfeited drawn written_off")
    | _fields("i4", "pending_holds review_queue funding_queue frozen flagged lenders appeals appeals_in_vain")
    | _fields("i8", "drawn_elsewhere")
)
COUNT = _record({"holds": ("i8", (11,)), "cents": ("i8", (11,))})
"""Of a group, follow-up and age: what stands at each gate; what was released, forfeited, is pending."""
COUNT_RELEASED, COUNT_FORFEITED, COUNT_PENDING = range(8, 11)
TOTAL = _record(_fields("i8", "borrowers no_limit_days held_days"))
"""Of the borrowers of a group."""
REVIEWER = _record({"free_at": "f8", "hold": "i8"})
FACILITY = _record(_fields("i8", "daily_inflow lump every_days from_day to_day"))
SHOCK = _record(
    _fields("i8", "kind rank at_day duration_days strength") | _fields("f8", "per_year score_below")
)
OCCURRENCE = _record(_fields("i8", "shock start end"))
PLATFORM = _record(
    # the key of the random numbers, what is kept, how many borrowers there are, and what is counted
    _fields("i8", "seed replication logging reusing large horizon warmup_days last_followed")
    # parameters: behaviour and product
    | _fields(
        "i8", "default_dpd slip_days draw_low draw_high draws instalments method cycle_days per_loan min_draw"
    )
    | _fields("f8", "utilisation_effect late_scale slip_share prepay_chance wish_gap")
    | {"cure_hazards": ("f8", (12,)), "cures": "i8", "annuity": ("f8", (61,))}
    # parameters: evaluation, rules, screening
    | _fields("i8", "period_days cutoff_days duration_days straight_through weighted")
    | _fields("i8", "clean_days grace_days denies_overdue")
    | _fields("f8", "smoothing utilisation_weight min_score false_flag flag_days detection")
    | _fields("f8", "weight_utilisation weight_draw weight_prepayment weight_lenders")
    # parameters: review, funding, limits
    | _fields("i8", "reviewers service_law unlimited ceiling daily_inflow recycle_share reserve_share")
    | _fields("f8", "service_days service_cv approve_share priority_score")
    | _fields("i8", "raise_share cut_share cap inactive_days raise_days")
    | _fields("f8", "raise_score cut_score")
    # parameters: reactions and levers
    | _fields("i8", "reacting patience_days most_lenders")
    | _fields("f8", "appeal_share lender_share lateness_per_lender")
    | dict.fromkeys(("lever_strength", "lever_uptake"), ("f8", (13,)))
    | dict.fromkeys(("lever_bp", "lever_from"), ("i8", (13,)))
    | _fields("i8", "levers planning served_limit served_days raised_ceiling")
    # where today is
    | _fields("i8", "cycle cycle_day period_day")
    # totals
    | _fields(
        "i8", "outstanding available held headroom squeezes frozen pending_holds review_queue funding_queue"
    )
    | _fields("i8", "flagged lenders")
    | _fields("i8", "inflow repaid released forfeited drawn written_off")
    | _fields("i8", "appeals appeals_in_vain drawn_elsewhere")
    | _fields("i8", "holds_opened holds_released holds_forfeited")
    # queues (linked through holds) and the reviewers at work
    | _fields(
        "i8", "desk_arrivals queue_arrivals queue_last_arrival queue_head queue_tail arrival_claims busy"
    )
    | {"desk_head": ("i8", (3,)), "desk_tail": ("i8", (3,))}
    | {"runs": ("i8", (33,))}  # of a queue that is sorted: there are fewer than 2**33
    # records in use
    | _fields("i8", "loan_room most_loan_room loans_used loans_opened")
    | _fields("i8", "holds_used holds_free last_free last_taken events_used occurrences")
)


class State(NamedTuple):
    """All arrays of one run.

    Attributes
    ----------
    platform : array of one PLATFORM record
    borrowers : array of BORROWER records
        In any order: ``borrower`` is the id by which a borrower is known outside, ``place`` where it lies.
    loans : array of LOAN records
        Each borrower's side by side: ``loans`` of them from ``first_loan`` on.
    aside : array of ASIDE records
        One per borrower, in the order of ``borrowers``.
    loan_keys : array of int
        Of every loan ever opened, unless records are used again; see `loan_key`.
    holds, events : arrays of records
        In use up to the counts in ``platform``.
    counts : array of COUNT records
        One per group, follow-up and age, in the order of `count_row`.
    daily : array of DAY records
    reviewers : array of REVIEWER records
        A heap of the reviews under way, the first to finish first.
    facilities : array of FACILITY records
    shocks : array of SHOCK records
    shock_regions : array of bool, shape (shocks, regions)
        Whether a shock covers a region.
    occurrences : array of OCCURRENCE records
        In the order in which those of one day begin.
    covered : array of bool, shape (occurrences, borrowers)
        Whether an occurrence of a shock covers a borrower, known from its begin on.
    """

    platform: Records
    borrowers: Records
    aside: Records
    loans: Records
    loan_keys: Records
    holds: Records
    counts: Records
    events: Records
    daily: Records
    reviewers: Records
    facilities: Records
    shocks: Records
    shock_regions: Records
    occurrences: Records
    covered: Records

    def with_room(self, day: int, loans: int, loan_keys: int, holds: int, events: int) -> "State":
        """Return the state with room for at least so many records on a day.

        An array that grows is a new one. One that grows with time is made as large as the horizon is likely
        to need: memory costs nothing before it is used, but copying once more costs twice the memory.
        """
        p = self.platform[0]
        ahead = 0.0 if p.reusing else 1.25 * p.horizon / max(day, 30)
        return self._replace(
            loans=grown(self.loans, loans, 0),
            loan_keys=self.loan_keys
            if p.reusing
            else grown(self.loan_keys, loan_keys, ahead * p.loans_opened),
            holds=grown(self.holds, holds, ahead * p.holds_used),
            events=grown(self.events, events, ahead * p.events_used) if p.logging else self.events,
        )


@step
def share(amount: int, basis_points: int) -> int:
    """Return a share of an amount of money, rounded down to whole cents."""
    if basis_points == 10_000:  # most often so, and a division is slow
        return amount
    return amount * basis_points // 10_000


@step
def utilisation(borrower: Record) -> float:
    """Return the outstanding share of the limit, at most 1."""
    if borrower.limit > 0:
        return min(1.0, borrower.outstanding / borrower.limit)
    return 1.0 if borrower.outstanding > 0 else 0.0


@step
def lenders_in_use(borrower: Record, day: int) -> int:
    """Return the other lenders of a borrower, a product that serves it elsewhere included."""
    return int(borrower.lenders) + (1 if day < borrower.served_until else 0)


@step
def left(hold: Record) -> int:
    """Return what may still be released of a hold."""
    return hold.amount - hold.forfeited


@step
def is_raise(hold: Record) -> bool:
    """Return whether a hold is of kind "raise"; no payment comes without the number of an instalment."""
    return hold.instalment == NONE
