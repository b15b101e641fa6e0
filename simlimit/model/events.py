"""What the log of events can tell."""

NAMES = (
    "shock_begin", "shock_end", "slip", "miss", "repayment", "prepayment", "evaluation", "review", "release",
    "forfeit", "cut", "withdraw", "raise", "default", "draw", "appeal", "lender_found", "lender_left",
    "draw_elsewhere",
)  # fmt: skip
SHOCK_BEGIN, SHOCK_END, SLIP, MISS, REPAYMENT, PREPAYMENT, EVALUATION, REVIEW, RELEASE = range(9)
FORFEIT, CUT, WITHDRAW, RAISE, DEFAULT, DRAW, APPEAL, LENDER_FOUND, LENDER_LEFT, DRAW_ELSEWHERE = range(9, 19)
