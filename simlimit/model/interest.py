"""Interest: it accrues every evening on what is outstanding, and each payment pays all of it.

It is no part of limit and pool. What is outstanding changes seldom: evenings are added up when it does.
"""

from simlimit.model.compiling import rare, step
from simlimit.model.records import Record
from simlimit.model.state import State


@step
def accrue(r: Record, day: int) -> None:
    """Add up the evenings before today, in cents x days; before what is outstanding changes."""
    r.cent_days += r.outstanding * (day - r.accrued_until)
    r.accrued_until = day


@step
def pay_interest(s: State, r: Record, day: int) -> None:
    """Pay the interest of all evenings since the last payment, which belongs to a payment of today."""
    accrue(r, day)
    cents = round(s.product.daily_rate * (r.cent_days - r.paid_until))
    s.today.interest_paid += cents
    r.interest_paid += cents
    r.paid_until = r.cent_days


@rare
def observe_interest(s: State, day: int) -> None:
    """Begin to count after the warm-up: what accrued in it, but is paid later, is not observed."""
    for b in range(len(s.borrowers)):
        r = s.borrowers[b]
        accrue(r, day)
        r.paid_until -= r.cent_days
        r.cent_days = r.interest_paid = 0
