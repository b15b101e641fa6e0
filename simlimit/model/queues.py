"""Queues of holds, linked through the holds themselves, and their pinned order."""

from simlimit.model.compiling import step, transition
from simlimit.model.state import END, Records


@step
def precedes(borrowers: Records, holds: Records, first: int, second: int, by_repayment: bool) -> bool:
    """Return whether a hold comes first: by day of repayment (if asked), borrower, loan, instalment."""
    a = holds[first]
    b = holds[second]
    if by_repayment and a.repaid_at != b.repaid_at:
        return a.repaid_at < b.repaid_at
    if a.owner != b.owner:
        return borrowers[a.owner].borrower < borrowers[b.owner].borrower
    if a.origin != b.origin:
        return a.origin < b.origin
    return a.instalment < b.instalment


@transition
def sort_queue(borrowers: Records, holds: Records, head: int, by_repayment: bool) -> int:
    """Sort a linked list of holds by merging runs of 1, 2, 4 .. and return its new head."""
    size = 1
    while True:
        left = head
        head = END
        tail = END
        merges = 0
        while left != END:
            merges += 1
            right = left
            left_size = 0
            while left_size < size and right != END:
                left_size += 1
                right = holds[right].link
            right_size = size
            while left_size > 0 or (right_size > 0 and right != END):
                if left_size > 0 and (
                    right_size == 0
                    or right == END
                    or not precedes(borrowers, holds, right, left, by_repayment)
                ):
                    chosen = left
                    left = holds[left].link
                    left_size -= 1
                else:
                    chosen = right
                    right = holds[right].link
                    right_size -= 1
                if tail == END:
                    head = chosen
                else:
                    holds[tail].link = chosen
                tail = chosen
            left = right
        if tail != END:
            holds[tail].link = END
        if merges <= 1:
            return head
        size *= 2
