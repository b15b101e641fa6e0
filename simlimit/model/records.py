"""The records of a run: one is a borrower, loan, hold, event or day, or a group of parameters.

Money is in cents, times are days, shares of money are basis points.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Record: TypeAlias = Any
"""One record: its fields are those of its dtype below, which the type checker does not know."""
Records: TypeAlias = npt.NDArray[Any]

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

METHODS = ("equal_principal", "equal_instalment", "interest_only")
EQUAL_PRINCIPAL, EQUAL_INSTALMENT, INTEREST_ONLY = range(3)
SERVICE_LAWS = ("constant", "exponential", "lognormal")
CONSTANT, EXPONENTIAL, LOGNORMAL = range(3)


def _record(fields: dict[str, Any]) -> np.dtype[Any]:
    """Return an aligned record dtype; ``np.record`` gives attribute access where compilation is off."""
    columns = [(name, *kind) if isinstance(kind, tuple) else (name, kind) for name, kind in fields.items()]
    return np.dtype((np.record, np.dtype(columns, align=True)))


def _fields(kind: str | tuple[str, tuple[int]], names: str) -> dict[str, Any]:
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
    | _fields("u2", "region group loans loan_capacity levers freezes watches")
    | _fields("u1", "standing watched risky flagged trusted closed raise_pending lenders")
)
DETAILS = _record(_fields("i8", "written_off drawn_elsewhere first_cycle"))
"""What is seldom written of a borrower, apart from its record, which is read all the time."""
LOAN = _record(_fields("i8", "balance") | _fields("i2", "remainder origin remaining next_cycle"))
"""``remainder``: by how many cents the last of equal parts of the principal exceeds the others."""
HOLD = _record(
    _fields("i8", "amount forfeited")
    | _fields("u4", "owner next link")
    | _fields("i2", "origin instalment repaid_at arrived_at approved_at reviewed_at since attempts")
    | {"days": ("i2", (8,))}
    | _fields("u1", "stage cause late ended_in")
)
EVENT = _record(
    _fields("i8", "amount")
    | _fields("i4", "borrower")
    | _fields("i2", "origin instalment day")
    | _fields("u1", "phase event cause")
)
DAY = _record(
    _fields("i8", "day outstanding available held headroom")
    | _fields("i8", "inflow repaid released forfeited drawn written_off")
    | _fields("i4", "pending_holds review_queue funding_queue frozen flagged lenders appeals appeals_in_vain")
    | _fields("i8", "drawn_elsewhere")
)
COUNT = _record(_fields(("i8", (11,)), "holds cents"))
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

# The parts of a platform: parameters, in the rooms that they have in a scenario ..
RUN = _record(_fields("i8", "seed replication logging reusing large horizon warmup_days last_followed"))
"""The key of the random numbers, what is kept and counted, and whether there are many borrowers."""
POPULATION = _record(_fields("i8", "batch") | _fields("f8", "watch_share risky_share other_lenders"))
"""How borrowers are drawn."""
BEHAVIOUR = _record(
    _fields("i8", "default_dpd slip_days draw_low_bp draw_high_bp draws cures")
    | _fields("f8", "utilisation_effect late_scale slip_share prepay_chance wish_gap")
    | {"cure_hazards": ("f8", (12,))}
)
PRODUCT = _record(
    _fields("i8", "instalments method cycle_days per_loan min_draw") | {"annuity": ("f8", (61,))}
)
EVALUATION = _record(
    _fields("i8", "period_days cutoff_days duration_days straight_through")
    | _fields("f8", "smoothing utilisation_weight")
)
RULES = _record(_fields("i8", "clean_days grace_days denies_overdue") | _fields("f8", "min_score"))
SCREENING = _record(
    _fields("f8", "false_flag flag_days detection")
    | _fields("f8", "weight_utilisation weight_draw weight_prepayment weight_lenders")
    | _fields("i8", "weighted")
)
REVIEW = _record(
    _fields("i8", "reviewers service_law")
    | _fields("f8", "service_days service_cv approve_share priority_score")
)
FUNDING = _record(_fields("i8", "unlimited ceiling raised_ceiling daily_inflow recycle_bp reserve_bp"))
LIMITS = _record(
    _fields("i8", "raise_bp raise_days cut_bp cap inactive_days") | _fields("f8", "raise_score cut_score")
)
REACTION = _record(
    _fields("i8", "reacting patience_days most_lenders")
    | _fields("f8", "appeal_share lender_share lateness_per_lender")
)
LEVERS = _record(
    _fields(("f8", (13,)), "strength uptake")
    | _fields(("i8", (13,)), "strength_bp from_day")
    | _fields("i8", "number planning served_limit served_days")
)
# .. and what changes in a run.
CLOCK = _record(_fields("i8", "phase cycle cycle_day period_day"))
TOTALS = _record(_fields("i8", "squeezes holds_opened holds_released holds_forfeited"))
QUEUES = _record(
    _fields("i8", "desk_arrivals queue_arrivals queue_last_arrival queue_head queue_tail arrival_claims busy")
    | _fields(("i8", (3,)), "desk_head desk_tail")
    | {"runs": ("i8", (33,))}  # of a queue that is sorted: there are fewer than 2**33
)
"""Heads and tails of the queues, which are linked through the holds, and the reviewers at work."""
STORAGE = _record(
    _fields("i8", "loan_capacity largest_loan_capacity loans_used loan_keys_used events_used")
    | _fields("i8", "holds_used holds_free last_free last_taken")
)
"""Which records are in use."""
