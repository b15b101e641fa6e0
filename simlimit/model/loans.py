"""A borrower's loans: side by side in memory, in order of origin, so that a payment reads one stretch.

Older loans never have more instalments left than younger ones, so loans leave at the front.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from simlimit.model.compiling import rare, step
from simlimit.model.state import Record, Records

Integer = TypeVar("Integer", int, npt.NDArray[np.int64])


def loan_key(origin: Integer, borrower: Integer) -> Integer:
    """Return a number that sorts as (day of origin, borrower); unique, as a borrower draws once a day."""
    return (origin + 2**15) * 2**32 + borrower


_loan_key = step(loan_key)


@rare
def double_room(loans: Records, p: Record, r: Record) -> None:
    """Move a borrower's loans to where there is room for twice as many.

    The room they leave stays empty: a borrower never leaves more than it has.
    """
    place = p.loans_used
    for i in range(r.loans):
        loans[place + i] = loans[r.first_loan + i]
    r.first_loan = place
    r.loan_room *= 2
    p.loans_used += r.loan_room
    p.most_loan_room = max(p.most_loan_room, r.loan_room)


@step
def open_loan(
    loans: Records, loan_keys: Records, p: Record, r: Record, principal: int, origin: int,
    instalments: int, next_cycle: int,
) -> None:  # fmt: skip
    """Open a loan, the youngest of its borrower's."""
    if r.loans == r.loan_room:
        double_room(loans, p, r)
    one = loans[r.first_loan + r.loans]
    one.balance = principal
    one.level = principal // instalments
    one.origin = origin
    one.remaining = instalments
    one.next_cycle = next_cycle
    r.loans += 1
    if not p.reusing:
        loan_keys[p.loans_opened] = _loan_key(int(origin), int(r.borrower))
    p.loans_opened += 1


@step
def drop_settled(loans: Records, r: Record) -> None:
    """Let the loans that have instalments left close up to the front."""
    settled = 0
    while settled < r.loans and loans[r.first_loan + settled].remaining == 0:
        settled += 1
    if settled > 0:
        r.loans -= settled
        for place in range(r.first_loan, r.first_loan + r.loans):
            loans[place] = loans[place + settled]
