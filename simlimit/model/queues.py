"""Queues of holds, linked through the holds themselves, and their pinned order."""

from simlimit.model.compiling import rare, step
from simlimit.model.state import END, Record, Records


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


@step
def take_run(borrowers: Records, holds: Records, head: int, by_repayment: bool) -> int:
    """Cut a list behind the holds that stand in order at its begin; return the head of the rest, or END."""
    last = head
    following = holds[last].link
    while following != END and not precedes(borrowers, holds, following, last, by_repayment):
        last = following
        following = holds[last].link
    holds[last].link = END
    return following


@step
def merge(borrowers: Records, holds: Records, one: int, other: int, by_repayment: bool) -> int:
    """Merge two lists, each in order and not empty, and return the head."""
    head = END
    tail = END
    while END not in (one, other):
        if precedes(borrowers, holds, other, one, by_repayment):
            chosen = other
            other = holds[other].link
        else:
            chosen = one
            one = holds[one].link
        if tail == END:
            head = chosen
        else:
            holds[tail].link = chosen
        tail = chosen
    holds[tail].link = other if one == END else one
    return head


@rare
def sort_queue(borrowers: Records, holds: Records, p: Record, head: int, by_repayment: bool) -> int:
    """Sort a linked list of holds and return its new head.

    Those who pay together stand in memory in order of id, so most arrivals at the pool come in runs that are
    in order already. Runs are merged as one counts in binary: ``runs[k]`` is END, or a list of 2**k of them.
    """
    while head != END:
        run = head
        head = take_run(borrowers, holds, run, by_repayment)
        k = 0
        while p.runs[k] != END:
            run = merge(borrowers, holds, p.runs[k], run, by_repayment)
            p.runs[k] = END
            k += 1
        p.runs[k] = run
    for k in range(len(p.runs)):
        if p.runs[k] != END:
            head = p.runs[k] if head == END else merge(borrowers, holds, p.runs[k], head, by_repayment)
            p.runs[k] = END
    return head
