"""The records of a run: one is a borrower, loan, hold, event or day, or a group of parameters.

Money is in cents, times are days, shares of money are basis points.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from simlimit.model.causes import GATE_COUNT
from simlimit.scenario.parts import LEVER_KINDS

# One record: its fields are those of its dtype below, which the type checker does not know.
Record: TypeAlias = Any
Records: TypeAlias = npt.NDArray[Any]

# No day; no loan; no instalment, which only a raise has.
NONE = -1
# End of a list. Places are unsigned: an index with a sign costs a test for negative ones at each access.
END = 2**32 - 1
# A day that does not come: beyond the longest horizon, within 16 bits.
NEVER = 32_000
# A day before anything counts.
FAR_PAST = -31_000
# Day of origin of a hold whose payment covers all loans.
NO_LOAN = -32768

METHODS = ("equal_principal", "equal_instalment", "interest_only")
EQUAL_PRINCIPAL, EQUAL_INSTALMENT, INTEREST_ONLY = range(3)
SERVICE_LAWS = ("constant", "exponential", "lognormal")
CONSTANT, EXPONENTIAL, LOGNORMAL = range(3)


def _record(*groups: str) -> np.dtype[Any]:
    """Return an aligned record dtype of fields in groups: "i8 name name[length] ..".

    ``np.record`` gives attribute access where compilation is off.
    """
    columns: list[tuple[Any, ...]] = []
    for group in groups:
        kind, *names = group.split()
        for name in names:
            field, _, length = name.rstrip("]").partition("[")
            columns.append((field, kind, (int(length),)) if length else (field, kind))
    return np.dtype((np.record, np.dtype(columns, align=True)))


# 16 bits are enough for the longest run, of 30,000 days: a wish and a loan come once a day at most, and a
# flag of a day, the shortest, changes 60,000 times, give or take 2,000. About 30,000 shocks begin at most;
# each adds up to 10,000 to ``tightened``. ``blocks``: for how many reasons of their own processes block the
# borrower; each is one of ``freezes``, too. ``refused``: the pool has refused a draw since the last one.
# ``blockable``: the line is blocked, or will be if nothing changes. ``blocked``: what is available, and lost
# from ``blocked_since`` on, if nothing changes before. ``capped``: a shock has capped the limit.
#
# Interest since the warm-up: ``cent_days`` are the evenings up to ``accrued_until``, in cents x days;
# ``paid_until`` is how many they were at the last payment, which paid for all of them.
#
# ``present_from`` is the day of arrival. ``present_until`` is the day of exit or, if that is earlier, the
# horizon: on days from then on a borrower draws nothing and nothing of it is measured, gone or not.
BORROWER = _record(
    "i8 limit highest outstanding available held lost_days",
    "f8 score propensity",
    "i8 blocked cent_days paid_until interest_paid",
    "f4 flag_clock",
    "i4 borrower tightened",
    "u4 place first_hold first_loan end_of_loans",
    "i2 next_payment next_wish wishes oldest_due slip_until last_overdue last_decision",
    "i2 last_draw last_prepayment due_day evaluation_day spell blocked_since",
    "i2 no_limit_since no_limit_days served_until next_reaction present_from present_until accrued_until",
    "u2 region group loans levers freezes watches blocks flag_changes",
    "u1 standing watched risky flagged trusted closed raise_pending lenders refused blockable capped",
)
# Bits of ``closed``: of a line that has ended, and of a borrower who is not there: yet, or any more.
CLOSED, ABSENT = 1, 2
# What is seldom read or written of a borrower, apart from its record, which is read all the time.
#
# ``overdue_loss``: what overdue days since the last decision take from the score, as of the last of them.
DETAILS = _record(
    "i8 written_off drawn_elsewhere first_cycle cap refused_draws",
    "i8 downturn left_at loan_capacity",
    "f8 overdue_loss",
)
# What is sorted, a hold or the amount of a draw, and its key: no two draws have the same.
SORTED = _record("i8 key what")
# Who asks for a draw today: the id and the place, 32 bits each, and the number that gives the amount.
ASKING = _record("i8 key", "f8 u")
# ``remainder``: by how many cents the last of equal parts of the principal exceeds the others.
LOAN = _record("i8 balance", "i2 remainder origin remaining next_cycle")
# ``arrived_at``: the day on which it reached gate 2 or, from then on, gate 5, with that day's holds.
HOLD = _record(
    "i8 amount forfeited",
    "u4 owner next link",
    f"i2 origin instalment repaid_at arrived_at approved_at reviewed_at since attempts days[{GATE_COUNT}]",
    "u1 stage cause late ended_in",
)
EVENT = _record("i8 amount", "i4 borrower", "i2 origin instalment day", "u2 cause", "u1 phase event")
# Where a hold has stood, since the stay before or its repayment.
STAY = _record("u4 hold", "i2 until", "u1 cause")
# Amounts have 64 bits, numbers 32.
DAY = _record(
    "i4 day",
    "i8 outstanding available held headroom inflow repaid released forfeited drawn written_off interest_paid",
    "i4 borrowers arrivals exits refused_draws",
    "i4 pending_holds review_queue funding_queue frozen flagged lenders appeals appeals_in_vain",
    "i8 drawn_elsewhere",
)
# Of a group, follow-up and age: what stands at a gate; or what was released, forfeited, is pending.
COUNT = _record("i8 holds cents")
COUNT_RELEASED, COUNT_FORFEITED, COUNT_PENDING = range(GATE_COUNT, GATE_COUNT + 3)
# Of the borrowers of a group; ``losing`` is how many have lost days.
TOTAL = _record("i8 borrowers present_days no_limit_days lost_days losing")
REVIEWER = _record("f8 free_at", "i8 hold")
# A queue, which is linked through its holds.
QUEUE = _record("i8 head tail")
FACILITY = _record("i8 daily_inflow lump every_days start end")
SHOCK = _record("i8 kind rank at duration_days strength", "f8 per_year score_below")
OCCURRENCE = _record("i8 shock start end")
# When a borrower arrives, and where it lies in memory.
ARRIVAL = _record("i8 day place")

# The parameters of a state, by the parts of a scenario.
# The key of the random numbers, and what is kept and counted.
RUN = _record("i8 seed replication logging reusing large horizon warmup_days last_followed")
# How borrowers are drawn.
POPULATION = _record("i8 batch", "f8 other_lenders arrivals_per_year exits_per_year")
BEHAVIOUR = _record(
    "i8 default_dpd slip_days draw_low_bp draw_high_bp cures",
    "f8 utilisation_effect late_scale prepay_chance cure_hazards[12]",
)
# What a region has of its own: the rows of its quantile tables, and its numbers.
#
# ``risky_from`` is the random number from which on the latest payers are risky.
REGION = _record(
    "i8 limits utilisations scores propensities", "f8 watch_share slip_share false_flag wish_gap risky_from"
)
# ``clears``: whether a payment may not be good on its day.
PRODUCT = _record(
    "i8 instalments method cycle_days per_loan min_draw clears clearing_days[2]",
    "f8 daily_rate after_cutoff_share clearing_share annuity[61]",
)
EVALUATION = _record(
    "i8 period_days cutoff_days duration_days straight_through early_only", "f8 utilisation_weight"
)
RULES = _record("i8 clean_days grace_days overdue", "f8 min_score")
SCREENING = _record(
    "f8 flag_days detection",
    "f8 weight_utilisation weight_recent_draw weight_recent_prepayment weight_lenders",
    "i8 weighted",
)
REVIEW = _record("i8 reviewers service_law", "f8 service_days service_cv approve_share priority_score")
FUNDING = _record("i8 unlimited ceiling raised_ceiling daily_inflow recycle_bp reserve_bp refuse_draws")
ECONOMY = _record("f8 sd persistence")
# Which parts rest on closed days.
CALENDAR = _record("i8 review funding evaluation clearing")
# ``blocking``: whether any draw can be refused; ``block_after``: a line past due for longer is blocked.
LIMITS = _record(
    "i8 raise_bp raise_days cut_bp cut_days cap inactive_days blocking block_after block_denied block_frozen",
    "f8 raise_score cut_score",
)
REACTION = _record(
    "i8 reacting patience_days most_lenders", "f8 appeal_share lender_share lateness_per_lender"
)
_KINDS = len(LEVER_KINDS)
LEVERS = _record(
    f"f8 strength[{_KINDS}] uptake[{_KINDS}]",
    f"i8 strength_bp[{_KINDS}] start[{_KINDS}] number planning served_limit served_days",
)
# What changes in a run.
# Where today is, and what is so of those who act now.
#
# ``started``: when the evaluations began that are decided, ``acted_until``: the day up to which the ones
# before moved lines; ``good_at``: when a payment is good; ``pool_day``: with which day's holds one joins the
# queue; ``economy``: the factor of today's missed payments. ``own_rule``: whether a rule of the user's own is
# asked at decisions (1), and one at a repayment waits for it now (2).
CLOCK = _record(
    "i8 phase cycle cycle_day period_day started acted_until good_at pool_day own_rule", "f8 economy"
)
# Of the whole platform.
#
# ``squeezes`` is their sum, ``downturns`` how many are under way, ``arrived`` how many borrowers have
# arrived, ``asking`` how many ask for a draw today. ``arrival_claims`` is what today's arrivals at the pool
# claim, ``claimless`` how many queued holds claim nothing, ``busy`` how many reviewers are at work.
TOTALS = _record(
    "i8 squeezes downturns arrived asking",
    "i8 arrival_claims claimless busy holds_opened holds_released holds_forfeited",
)
# Which records are in use. On a large platform free holds are counted, else they are linked.
STORAGE = _record(
    "i8 loan_capacity loans_used loan_keys_used events_used stays_used",
    "i8 holds_used holds_free last_taken last_freed",
)
