"""R66, R68, R79: the order of holds in a queue is that of the rules, in whatever order they come."""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simlimit.model.queues import sort_queue
from simlimit.model.records import END, HOLD, QUEUE
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


def sorted_by_queue(arrivals: list[Arrival], by_repayment: bool) -> list[Arrival]:
    """Return arrivals in the order into which the model brings a linked list of their holds."""
    holds, ids, queue = np.zeros(len(arrivals), HOLD), np.zeros(BORROWERS, np.uint32), np.zeros(1, QUEUE)
    state = State(ids=ids, holds=holds, queues=queue, sorted_runs=np.full(33, END, np.int64))
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
        order.append(arrivals[h])
        h = int(holds[h]["link"])
    assert (state.sorted_runs == END).all()
    return order


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


def test_runs_that_stand_in_order_already_are_merged() -> None:
    arrivals = [Arrival(3, 3, b, 0, 0) for first in range(7) for b in range(first, BORROWERS, 7)]
    assert sorted_by_queue(arrivals, by_repayment=True) == sorted(arrivals)
