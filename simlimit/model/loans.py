"""A borrower's loans: side by side in memory, in order of origin, so that a payment reads one stretch.

Older loans never have more instalments left than younger ones, so loans leave at the front: ``first_loan``
moves on through the room, which ends at ``end_of_loans``.
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
def move_loans(loans: Records, p: Record, r: Record) -> None:
    """Move a borrower's loans, which reach the end of their room, to its front, or to a room twice as large.

    The room they leave stays empty: a borrower never leaves more than it has.
    """
    if r.loans < r.loan_room:
        place = np.int64(r.end_of_loans - r.loan_room)
    else:
        place = p.loans_used
        r.loan_room *= 2
        p.loans_used += r.loan_room
        p.most_loan_room = max(p.most_loan_room, r.loan_room)
    for i in range(r.loans):
        loans[place + i] = loans[r.first_loan + i]
    r.first_loan = place
    r.end_of_loans = place + r.loan_room


@step
def open_loan(
    loans: Records, loan_keys: Records, p: Record, r: Record, principal: int, origin: int,
    instalments: int, next_cycle: int,
) -> None:  # fmt: skip
    """Open a loan, the youngest of its borrower's."""
    if r.first_loan + r.loans == r.end_of_loans:
        move_loans(loans, p, r)
    one = loans[r.first_loan + r.loans]
    one.balance = principal
    one.rest = principal % instalments
    one.origin = origin
    one.remaining = instalments
    one.next_cycle = next_cycle
    r.loans += 1
    if not p.reusing:
        loan_keys[p.loans_opened] = _loan_key(int(origin), int(r.borrower))
    p.loans_opened += 1


@step
def drop_oldest(r: Record, number: int) -> None:
    """Drop the oldest loans, so many, which are settled."""
    r.first_loan += number
    r.loans -= number
