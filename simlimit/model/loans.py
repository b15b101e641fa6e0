"""A borrower's loans: side by side in memory, in order of origin, so that a payment reads one stretch.

Older loans never have more instalments left than younger ones, so loans leave at the front: ``first_loan``
moves on through their space, which ends at ``end_of_loans``.
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt

from simlimit.model.compiling import rare, step
from simlimit.model.records import Record
from simlimit.model.state import State

Integer = TypeVar("Integer", int, npt.NDArray[np.int64])


def loan_key(origin: Integer, borrower: Integer) -> Integer:
    """Return a number that sorts as (day of origin, borrower); unique, as a borrower draws once a day."""
    return (origin + 2**15) * 2**32 + borrower


_loan_key = step(loan_key)


@rare
def move_loans(s: State, r: Record) -> None:
    """Move a borrower's loans from the end of their space to its front, or to a space twice as large.

    The space that they leave stays empty: a borrower never leaves more than it has.
    """
    detail = s.details[r.place]
    if r.loans < detail.loan_capacity:
        place = np.int64(r.end_of_loans - detail.loan_capacity)
    else:
        place = s.storage.loans_used
        detail.loan_capacity *= 2
        s.storage.loans_used += detail.loan_capacity
    for i in range(r.loans):
        s.loans[place + i] = s.loans[r.first_loan + i]
    r.first_loan = place
    r.end_of_loans = place + detail.loan_capacity


@step
def open_loan(s: State, r: Record, principal: int, origin: int, instalments: int, next_cycle: int) -> None:
    """Open a loan, the youngest of its borrower's."""
    if r.first_loan + r.loans == r.end_of_loans:
        move_loans(s, r)
    one = s.loans[r.first_loan + r.loans]
    one.balance = principal
    one.remainder = principal % instalments
    one.origin = origin
    one.remaining = instalments
    one.next_cycle = next_cycle
    r.loans += 1
    if not s.run.reusing:
        s.loan_keys[s.storage.loan_keys_used] = _loan_key(int(origin), int(r.borrower))
    s.storage.loan_keys_used += 1


@step
def drop_oldest(r: Record, number: int) -> None:
    """Drop the oldest loans, so many, which are settled."""
    r.first_loan += number
    r.loans -= number
