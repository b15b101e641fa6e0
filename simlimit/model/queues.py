"""Queues of holds, linked through the holds themselves, and their pinned order."""

from simlimit.model.compiling import rare, step
from simlimit.model.records import END, Record
from simlimit.model.state import State

# Queues: today's holds for the pool; the pool's; today's for the desk; from DESK on, its classes.
TO_POOL, POOL, TO_DESK, DESK = range(4)
# Of the desk: appeals, then borrowers of priority, then the others.
CLASSES = 3
# From here on, by class, the holds that have come to the desk while it rests.
OVER_REST = DESK + CLASSES
# From here on, by day, the holds of which the payments become good.
GOOD_ON = OVER_REST + CLASSES
# So many are sorted faster by comparing them than byte by byte.
FEW = 64


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
def sort_key(s: State, h: int, by_repayment: bool) -> int:
    """Return a number that is less for what comes first: by arrival and repayment (if asked), borrower."""
    hold = s.holds[h]
    days = (int(hold.arrived_at) << 16) + int(hold.repaid_at) if by_repayment else 0
    return (days << 32) + int(s.ids[hold.owner])


@step
def is_in_order(s: State, before: Record, key: int, what: int) -> bool:
    """Return whether one need not come before another: by their keys, then holds by loan and instalment."""
    if before.key != key:
        return before.key < key
    a, b = s.holds[before.what], s.holds[what]
    return a.instalment <= b.instalment if a.origin == b.origin else a.origin < b.origin


@step
def sort_by_byte(s: State, first: int, number: int, shift: int) -> int:
    """Copy records, from a place of ``sorting`` on, to its other half in order of a byte of their keys."""
    target = 0 if first > 0 else len(s.sorting) // 2
    places = s.byte_places
    places[:] = 0
    for k in range(first, first + number):
        places[((s.sorting[k].key >> shift) & 255) + 1] += 1
    places[0] = target
    for byte in range(255):
        places[byte + 1] += places[byte]
    for k in range(first, first + number):
        byte = (s.sorting[k].key >> shift) & 255
        s.sorting[places[byte]] = s.sorting[k]
        places[byte] += 1
    return target


@rare
def sort_by_key(s: State, number: int) -> int:
    """Sort so many records of ``sorting``; return the place of the first, from which on they lie then.

    Many are sorted by each byte in which keys differ. Few, or what is nearly in order, is sorted in place.
    """
    differing = 0
    for k in range(number if number > FEW else 0):
        differing |= s.sorting[k].key ^ s.sorting[0].key
    first = 0
    for shift in range(0, 64, 8):
        if (differing >> shift) & 255:
            first = sort_by_byte(s, first, number, shift)
    for last in range(first + 1, first + number):
        key, what, k = s.sorting[last].key, s.sorting[last].what, last
        while k > first and not is_in_order(s, s.sorting[k - 1], key, what):
            s.sorting[k] = s.sorting[k - 1]
            k -= 1
        s.sorting[k].key, s.sorting[k].what = key, what
    return first


@rare
def sort_queue(s: State, k: int, by_repayment: bool) -> None:
    """Sort a queue."""
    number = 0
    h = take_all(s, k)
    while h != END:
        one = s.sorting[number]
        one.key, one.what = sort_key(s, h, by_repayment), h
        h = s.holds[h].link
        number += 1
    first = sort_by_key(s, number)
    for place in range(first, first + number - 1):
        s.holds[s.sorting[place].what].link = s.sorting[place + 1].what
    if number > 0:
        last = s.sorting[first + number - 1].what
        s.holds[last].link = END
        s.queues[k].head, s.queues[k].tail = s.sorting[first].what, last
