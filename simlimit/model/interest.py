"""Interest: it accrues every evening on what is outstanding, and each payment pays all of it.

It is no part of limit and pool. What is outstanding changes seldom: evenings are added up when it does.
"""

from simlimit.model.compiling import step
from simlimit.model.records import Record
from simlimit.model.state import State


@step
def accrue(s: State, r: Record, day: int) -> None:
    """Add up the evenings before today, in cents x days; before what is outstanding changes."""
    one = s.interest[r.place]
    # What accrued in the warm-up, but is paid later, is not observed.
    if one.accrued_until < s.run.warmup_days <= day:
        one.cent_days -= one.unpaid + r.outstanding * (s.run.warmup_days - one.accrued_until)
    one.unpaid += r.outstanding * (day - one.accrued_until)
    one.accrued_until = day


@step
def pay_interest(s: State, r: Record, day: int) -> None:
    """Pay the interest of all evenings since the last payment, which belongs to a payment of today."""
    accrue(s, r, day)
    one = s.interest[r.place]
    cents = round(s.product.daily_rate * one.unpaid)
    s.today.interest_paid += cents
    if day >= s.run.warmup_days:
        one.cent_days += one.unpaid
        one.interest_paid += cents
    one.unpaid = 0
