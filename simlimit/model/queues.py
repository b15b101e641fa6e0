"""Queues of holds, linked through the holds themselves, and their pinned order."""

from simlimit.model.compiling import rare, step
from simlimit.model.records import END
from simlimit.model.state import State

# Queues: today's holds for the pool; the pool's; today's for the desk; from DESK on, its classes.
TO_POOL, POOL, TO_DESK, DESK = range(4)
# Of the desk: appeals, then borrowers of priority, then the others.
CLASSES = 3
# From here on, by class, the holds that have come to the desk while it rests.
OVER_REST = DESK + CLASSES
# From here on, by day, the holds of which the payments become good.
GOOD_ON = OVER_REST + CLASSES


@step
def append(s: State, k: int, h: int) -> None:
    """Append a hold to a queue."""
    queue = s.queues[k]
    s.holds[h].link = END
    if queue.head == END:
        queue.head = h
    else:
        s.holds[queue.tail].link = h
    queue.tail = h


@step
def append_all(s: State, k: int, other: int) -> None:
    """Append all holds of another queue, which is empty then."""
    queue, added = s.queues[k], s.queues[other]
    if added.head == END:
        return
    if queue.head == END:
        queue.head = added.head
    else:
        s.holds[queue.tail].link = added.head
    queue.tail = added.tail
    added.head = END


@step
def take_all(s: State, k: int) -> int:
    """Empty a queue and return its first hold, to which the others are linked, or END."""
    h = s.queues[k].head
    s.queues[k].head = END
    return h


@step
def precedes(s: State, first: int, second: int, by_repayment: bool) -> bool:
    """Return whether a hold comes first: by arrival and repayment (if asked), borrower, loan, instalment."""
    a = s.holds[first]
    b = s.holds[second]
    if by_repayment and a.arrived_at != b.arrived_at:
        return a.arrived_at < b.arrived_at
    if by_repayment and a.repaid_at != b.repaid_at:
        return a.repaid_at < b.repaid_at
    if a.owner != b.owner:
        return s.ids[a.owner] < s.ids[b.owner]
    if a.origin != b.origin:
        return a.origin < b.origin
    return a.instalment < b.instalment


@step
def take_run(s: State, head: int, by_repayment: bool) -> int:
    """Cut a list behind the holds that stand in order at its begin; return the head of the rest, or END."""
    last = head
    following = s.holds[last].link
    while following != END and not precedes(s, following, last, by_repayment):
        last = following
        following = s.holds[last].link
    s.holds[last].link = END
    return following


@step
def merge(s: State, one: int, other: int, by_repayment: bool) -> int:
    """Merge two lists, each in order and not empty, and return the head."""
    head = END
    tail = END
    while END not in (one, other):
        if precedes(s, other, one, by_repayment):
            chosen = other
            other = s.holds[other].link
        else:
            chosen = one
            one = s.holds[one].link
        if tail == END:
            head = chosen
        else:
            s.holds[tail].link = chosen
        tail = chosen
    s.holds[tail].link = other if one == END else one
    return head


@rare
def sort_queue(s: State, queue: int, by_repayment: bool) -> None:
    """Sort a queue.

    Those who pay together stand in memory in order of id, so most arrivals at the pool come in runs that are
    in order already. Runs are merged as one counts in binary: ``sorted_runs[k]`` is END, or a list of 2**k.
    """
    head = take_all(s, queue)
    while head != END:
        run = head
        head = take_run(s, run, by_repayment)
        k = 0
        while s.sorted_runs[k] != END:
            run = merge(s, s.sorted_runs[k], run, by_repayment)
            s.sorted_runs[k] = END
            k += 1
        s.sorted_runs[k] = run
    for k in range(len(s.sorted_runs)):
        if s.sorted_runs[k] != END:
            head = s.sorted_runs[k] if head == END else merge(s, s.sorted_runs[k], head, by_repayment)
            s.sorted_runs[k] = END
    s.queues[queue].head = head
    while head != END:
        s.queues[queue].tail = head
        head = s.holds[head].link
