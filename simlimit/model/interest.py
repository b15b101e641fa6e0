"""Interest: it accrues every evening on what is outstanding, and each payment pays all of it.

It is no part of limit and pool. What is outstanding changes seldom: evenings are added up when it does.
"""

from simlimit.model.compiling import rare, step
from simlimit.model.records import Record
from simlimit.model.state import State


@step
def accrue(s: State, r: Record, day: int) -> None:
    """Add up the evenings before today, in cents x days; before what is outstanding changes."""
    s.interest[r.place].cent_days += r.outstanding * (day - r.accrued_until)
    r.accrued_until = day


@step
def pay_interest(s: State, r: Record, day: int) -> None:
    """Pay the interest of all evenings since the last payment, which belongs to a payment of today."""
    accrue(s, r, day)
    one = s.interest[r.place]
    cents = round(s.product.daily_rate * (one.cent_days - one.paid_until))
    s.today.interest_paid += cents
    one.interest_paid += cents
    one.paid_until = one.cent_days


@rare
def observe_interest(s: State, day: int) -> None:
    """Begin to count after the warm-up: what accrued in it, but is paid later, is not observed."""
    for b in range(len(s.borrowers)):
        accrue(s, s.borrowers[b], day)
        one = s.interest[b]
        one.paid_until -= one.cent_days
        one.cent_days = one.interest_paid = 0
