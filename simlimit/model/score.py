"""The score, which follows a borrower's record day by day and is known anew at each decision.

On a day on which a payment is overdue, when it begins, the score moves down, on any other up. What a day
takes or gives fades with the half-life of the score. So it is enough to know what overdue days took.
"""

from simlimit.model.compiling import rare, step
from simlimit.model.records import NEVER, Record
from simlimit.model.state import State, utilisation


@step
def new_score(s: State, r: Record, day: int) -> float:
    """Return the score after the days since the last decision."""
    left = s.score_left[day - max(0, int(r.last_decision))]
    target = 1.0 - s.evaluation.utilisation_weight * utilisation(r)
    score = r.score * left + target * (1.0 - left)
    if r.oldest_due != NEVER or r.last_overdue > r.last_decision:
        score -= overdue_loss(s, r, day)
    return min(1.0, max(0.0, score))


@rare
def overdue_loss(s: State, r: Record, day: int) -> float:
    """Return what overdue days since the last decision take from the score of a day."""
    loss = 0.0
    if r.last_overdue > r.last_decision:
        loss = s.details[r.place].overdue_loss * s.score_left[day - r.last_overdue]
    overdue = day - max(int(r.oldest_due) + s.rules.grace_days, 0, int(r.last_decision))
    return loss + (1.0 - s.score_left[max(0, overdue)])


@rare
def note_late_payment(s: State, r: Record, day: int) -> None:
    """Note, before a late payment clears the arrears, what their days take from the score."""
    s.details[r.place].overdue_loss = overdue_loss(s, r, day)
    r.last_overdue = day
