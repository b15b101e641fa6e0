"""What a hold can wait for, and what else an evaluation or an event can name.

The gates come first, in the order in which a hold passes them.
"""

NAMES = (
    "settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding",
    "clear", "approved", "refused", "over_limit", "inactive", "default", "manual", "heard", "in_vain",
    "freeze", "tightening", "watch_list", "liquidity_squeeze", "limit_cut", "cap", "cancellation",
    "downturn", "amnesty", "",
)  # fmt: skip
SETTLEMENT, EVALUATION, SCORE, OVERDUE, BEHAVIOUR, REVIEW, POLICY, FUNDING = range(8)
CLEAR, APPROVED, REFUSED, OVER_LIMIT, INACTIVE, DEFAULT, MANUAL, HEARD, IN_VAIN = range(8, 17)
FREEZE, TIGHTENING, WATCH_LIST, LIQUIDITY_SQUEEZE, LIMIT_CUT, CAP, CANCELLATION = range(17, 24)
DOWNTURN, AMNESTY, NONE = range(24, 27)

GATES = NAMES[:CLEAR]
GATE_COUNT = len(GATES)
SHOCK_KINDS = NAMES[FREEZE:NONE]
