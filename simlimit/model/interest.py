"""Interest: it accrues every evening on what is outstanding, and each payment pays all of it.

It is no part of limit and pool. What is outstanding changes seldom: evenings are added up when it does.
"""

from simlimit.model.compiling import step
from simlimit.model.records import Record
from simlimit.model.state import State


@step
def accrue(s: State, r: Record, day: int) -> None:
    """Add up the evenings before today, in cents x days; before what is outstanding changes."""
    r.unpaid_cent_days += r.outstanding * (day - r.accrued_until)
    r.cent_days += r.outstanding * max(0, day - max(r.accrued_until, s.run.warmup_days))
    r.accrued_until = day


@step
def pay_interest(s: State, r: Record, day: int) -> None:
    """Pay the interest of all evenings since the last payment, which belongs to a payment of today."""
    accrue(s, r, day)
    paid = round(s.product.daily_rate * r.unpaid_cent_days)
    r.unpaid_cent_days = 0
    s.today.interest_paid += paid
    if day >= s.run.warmup_days:
        r.interest_paid += paid
