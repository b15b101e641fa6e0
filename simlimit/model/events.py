"""What the log of events can tell."""

NAMES = (
    "arrival", "exit", "shock_begin", "shock_end", "cleared", "slip", "miss", "repayment", "prepayment",
    "evaluation", "review", "release", "forfeit", "cut", "withdraw", "raise", "default", "draw", "appeal",
    "lender_found", "lender_left", "draw_elsewhere", "refused_draw", "close", "open", "watch", "unwatch",
    "block", "unblock", "to_desk", "approve", "deny", "change",
)  # fmt: skip
ARRIVAL, EXIT, SHOCK_BEGIN, SHOCK_END, CLEARED, SLIP, MISS, REPAYMENT, PREPAYMENT = range(9)
EVALUATION, REVIEW, RELEASE, FORFEIT, CUT, WITHDRAW, RAISE, DEFAULT, DRAW, APPEAL = range(9, 19)
LENDER_FOUND, LENDER_LEFT, DRAW_ELSEWHERE, REFUSED_DRAW = range(19, 23)
# The last ones are actions of a user's own process.
CLOSE, OPEN, WATCH, UNWATCH, BLOCK, UNBLOCK, TO_DESK, APPROVE, DENY, CHANGE = range(23, 33)
