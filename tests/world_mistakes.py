"""Edits of the package that break a rule of 2.15 to 2.21 of docs/model.md: the oracle must notice each.

Each names the seed of the random world that shows it in the shortest time.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class Mistake(NamedTuple):
    """An edit of one file of the package: what is right there, and what is wrong."""

    seed: int
    file: str
    right: str
    wrong: str
    engine: str = "calendar"
    changes: Mapping[str, object] = MappingProxyType({})


# A payment is good on the next due day, when what does not pass is evaluated at once.
GOOD_WHEN_DUE = {
    "product.clearing_days": (14, 14),
    "calendar.rests": (),
    "levers": [{"kind": "timely_scoring", "strength": 1.0}],
}

WORLD_MISTAKES = {
    "a payment on the last day of grace blocks the line": Mistake(
        13,
        "model/counting.py",
        "    if day - int(r.oldest_due) > s.limits.block_after:\n",
        "    if day - int(r.oldest_due) >= s.limits.block_after:\n",
    ),
    "a refused draw counts as the last one": Mistake(
        4,
        "model/demand.py",
        "        s.today.refused_draws += 1\n",
        "        s.today.refused_draws += 1\n        r.last_draw = day\n",
    ),
    "a draw does not end what the pool's refusal began": Mistake(
        6,
        "model/demand.py",
        "    r.refused = 0\n",
        "",
    ),
    "a draw also needs headroom for the share that is reserved": Mistake(
        23,
        "model/demand.py",
        "    unreserved = amount - share(amount, s.funding.reserve_bp)\n",
        "    unreserved = amount\n",
    ),
    "draws for which the pool is short are decided as they were asked for": Mistake(
        11,
        "model/demand.py",
        " if claims > s.today.headroom else 0",
        " if False else 0",
    ),
    "evaluations from before its arrival decide about a borrower": Mistake(
        8,
        "model/evaluation.py",
        "(r.closed == 0) & (started >= r.present_from)",
        "r.closed == 0",
    ),
    "a lasting shock does not cover who arrives under it": Mistake(
        8,
        "model/shocks.py",
        "        elif one.end > day:\n",
        "        elif False:\n",
    ),
    "a borrower leaves although a hold is open": Mistake(
        2,
        "model/turnover.py",
        "    if r.first_hold != END:\n",
        "    if False:\n",
    ),
    "a borrower is present until it leaves": Mistake(
        4,
        "run/frames.py",
        '    present_until, warmup_days = records["present_until"].astype(np.int64), state.run.warmup_days\n',
        '    until = np.where(details["left_at"] < 0, state.run.horizon, details["left_at"])\n'
        "    present_until, warmup_days = until, state.run.warmup_days\n",
    ),
    "any number of instalments may remain as well": Mistake(
        2,
        "model/population.py",
        "    return 1 + reached(s.book.remaining, u)\n",
        "    return 1 + int(u * s.product.instalments)\n",
    ),
    "a month of the economy has 31 days": Mistake(
        0,
        "model/clock.py",
        "MONTH = 30\n",
        "MONTH = 31\n",
    ),
    "the economy makes more late on average": Mistake(
        0,
        "model/timetable.py",
        "math.exp(sd * x - 0.5 * sd * sd)",
        "math.exp(sd * x)",
    ),
    "of two downturns only the last one counts": Mistake(
        34,
        "model/shocks.py",
        "        s.details[r.place].downturn += sign * shock.strength\n",
        "        s.details[r.place].downturn = max(0, sign) * shock.strength\n",
    ),
    "an amnesty also clears what is past due": Mistake(
        9,
        "model/shocks.py",
        "    r.last_overdue = FAR_PAST\n",
        "    r.last_overdue = FAR_PAST\n    r.oldest_due = -FAR_PAST + 1_000\n",
    ),
    "a lump that had to wait is lost at the end of its facility": Mistake(
        3,
        "model/pool.py",
        "min(day + 1, one.end)",
        "day + 1 if day < one.end else first",
    ),
    "all evaluations that waited for an open day decide on it": Mistake(
        10,
        "drivers/calendar_driver.py",
        "    end = max(waiting_since(s, rests, day), day - period + 1)\n",
        "    end = waiting_since(s, rests, day)\n",
    ),
    "an evaluation is in progress until it would decide without a rest": Mistake(
        25,
        "model/holds.py",
        "next_open(s, s.calendar.evaluation, decided)",
        "decided",
    ),
    "an evaluation acts for the days of one period, however late it decides": Mistake(
        14,
        "model/evaluation.py",
        "    s.clock.acted_until = next_open(s, rests, before)\n",
        "    s.clock.acted_until = day - period\n",
    ),
    "a reviewer takes on a closed day what comes then": Mistake(
        25,
        "model/desk.py",
        "        admit_arrivals(s, OVER_REST)\n",
        "        admit_arrivals(s, DESK)\n        start_reviews(s, desk_time(s, day, 0.0))\n",
    ),
    "a make-up workday is closed": Mistake(
        0,
        "model/calendar.py",
        "is_open | np.isin(dates, np.array(calendar.workdays, dates.dtype))",
        "is_open",
    ),
    "an early repayment clears by the numbers of the payment before it": Mistake(
        20,
        "model/repayment.py",
        "note_good_day(s, r, day, cycle, EARLY)",
        "note_good_day(s, r, day, cycle, INSTALMENTS)",
    ),
    "clearing is counted from the day of the payment": Mistake(
        4,
        "model/clearing.py",
        "begin = day + (u_hour < s.product.after_cutoff_share)\n",
        "begin = day + (u_hour < s.product.after_cutoff_share) * (u_clears >= s.product.clearing_share)\n",
    ),
    "payments become good after borrowers pay": Mistake(
        2,
        "processes/moments.py",
        "GOOD = phases.PAY - 0.01\n",
        "GOOD = phases.PAY + 0.01\n",
        engine="simpy",
        changes=GOOD_WHEN_DUE,
    ),
    "what a settled loan repaid is not waited for until it is good": Mistake(
        4,
        "model/holds.py",
        "    if hold.stage == stages.NOT_GOOD:\n",
        "    if hold.stage == stages.NOT_GOOD and not s.product.per_loan:\n",
    ),
    "what an early repayment settled is no early one once it is good": Mistake(
        20,
        "model/holds.py",
        "stages.CLEARING_EARLY if early else stages.CLEARING",
        "stages.CLEARING",
    ),
    "a region has the scenario's share of slips": Mistake(
        16,
        "scenario/scenario.py",
        "    found = [getattr(",
        '    found = [None if name == "slip_share" else getattr(',
    ),
    "the mean score of a region stands before the initial score": Mistake(
        50,
        "model/book.py",
        "    if initial is not None:\n",
        "    if initial is not None and len(set(score)) == 1:\n",
    ),
    "a payment also pays for the evening of its day": Mistake(
        2,
        "model/interest.py",
        "round(s.product.daily_rate * (r.cent_days - r.paid_until))",
        "round(s.product.daily_rate * (r.cent_days - r.paid_until + r.outstanding))",
    ),
    "interest that is paid is owed again": Mistake(
        2,
        "model/interest.py",
        "    r.paid_until = r.cent_days\n",
        "",
    ),
}
