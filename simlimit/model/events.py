"""What the log of events can tell."""

NAMES = (
    "arrival", "exit", "shock_begin", "shock_end", "cleared", "slip", "miss", "repayment", "prepayment",
    "evaluation", "review", "release", "forfeit", "cut", "withdraw", "raise", "default", "draw", "appeal",
    "lender_found", "lender_left", "draw_elsewhere", "refused_draw",
)  # fmt: skip
ARRIVAL, EXIT, SHOCK_BEGIN, SHOCK_END, CLEARED, SLIP, MISS, REPAYMENT, PREPAYMENT = range(9)
EVALUATION, REVIEW, RELEASE, FORFEIT, CUT, WITHDRAW, RAISE, DEFAULT, DRAW, APPEAL = range(9, 19)
LENDER_FOUND, LENDER_LEFT, DRAW_ELSEWHERE, REFUSED_DRAW = range(19, 23)
