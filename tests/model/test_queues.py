"""R66, R68, R79: the order of holds in a queue is that of the rules, in whatever order they come."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simlimit.model.queues import sort_queue
from simlimit.model.records import END, HOLD, QUEUE, SORTED
from simlimit.model.state import State

BORROWERS = 50


class Arrival(NamedTuple):
    """What orders a hold: arrival and repayment (for the pool), the borrower, the loan, the instalment."""

    arrived_at: int
    repaid_at: int
    borrower: int
    origin: int
    instalment: int


@numba.njit
def sort(state: State, by_repayment: bool) -> None:
    """Sort the queue: the step, which cannot be called from Python by itself."""
    sort_queue(state, 0, by_repayment)


def order_of(arrivals: list[Arrival], by_repayment: bool) -> list[int]:
    """Return the order into which the model brings a linked list of holds."""
    holds, ids, queue = np.zeros(len(arrivals), HOLD), np.zeros(BORROWERS, np.uint32), np.zeros(1, QUEUE)
    sorting, byte_places = np.empty(2 * len(arrivals), SORTED), np.empty(257, np.int64)
    state = State(ids=ids, holds=holds, queues=queue, sorting=sorting, byte_places=byte_places)
    # Where a borrower lies in memory has nothing to do with its id.
    place_of = np.random.default_rng(1).permutation(BORROWERS)
    ids[place_of] = np.arange(BORROWERS)
    for h, arrival in enumerate(arrivals):
        holds[h]["owner"] = place_of[arrival.borrower]
        for name in ("arrived_at", "repaid_at", "origin", "instalment"):
            holds[h][name] = getattr(arrival, name)
        holds[h]["link"] = h + 1 if h + 1 < len(arrivals) else END
    queue["head"] = 0 if arrivals else END
    sort(state, by_repayment)
    order, h = [], int(queue["head"][0])
    while h != END:
        assert holds[h]["link"] != END or h == queue["tail"][0]
        order.append(h)
        h = int(holds[h]["link"])
    return order


def sorted_by_queue(arrivals: list[Arrival], by_repayment: bool) -> list[Arrival]:
    """Return arrivals in the order into which the model brings their holds."""
    return [arrivals[h] for h in order_of(arrivals, by_repayment)]


numbers = st.integers(0, 4)
lists_of_arrivals = st.lists(
    st.builds(Arrival, numbers, numbers, st.integers(0, BORROWERS - 1), numbers, numbers),
    unique=True,
    max_size=60,
)


@given(lists_of_arrivals)
def test_the_pool_takes_holds_by_arrival_repayment_borrower_loan_and_instalment(
    arrivals: list[Arrival],
) -> None:
    assert sorted_by_queue(arrivals, by_repayment=True) == sorted(arrivals)


@given(lists_of_arrivals)
def test_the_desk_takes_the_holds_of_a_day_by_borrower_loan_and_instalment(arrivals: list[Arrival]) -> None:
    unique = list({arrival[2:]: arrival for arrival in arrivals}.values())
    order = sorted_by_queue(unique, by_repayment=False)
    assert order == sorted(unique, key=lambda arrival: arrival[2:])


def test_many_holds_are_sorted_whatever_differs() -> None:
    """Few are sorted in place, many by each byte of their keys."""
    rng = np.random.default_rng(2)
    for number in (60, 70, 600):
        days = rng.choice([0, 1, 255, 256, 29_999, 30_000], (number, 2))
        others = rng.integers(0, BORROWERS, (number, 1)), rng.integers(-3, 3, (number, 2))
        rows = np.hstack([days, *others]).tolist()
        arrivals = [Arrival(*row) for row in dict.fromkeys(map(tuple, rows))]
        assert sorted_by_queue(arrivals, by_repayment=True) == sorted(arrivals)


def test_holds_of_one_borrower_loan_and_day_stay_as_they_came() -> None:
    """A process of the user's may raise a line twice on a day."""
    for times in (1, 30):
        twins = [Arrival(3, 3, b, 0, -1) for b in (7, 7, 2, 2, 7)] * times
        in_order = sorted(range(len(twins)), key=lambda h: twins[h])
        assert order_of(twins, by_repayment=True) == in_order
