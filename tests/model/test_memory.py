"""Memory for records."""

from __future__ import annotations

import numpy as np
import pytest

import simlimit as sl
from simlimit.model.memory import CACHE_LINE, MOST_RECORDS, adjacent_arrays, ensure_capacity, has_capacity
from simlimit.model.preparation import empty_state, prepare, restart
from simlimit.model.records import BORROWER, HOLD, LOAN


@pytest.mark.parametrize("borrowers", [1, 1_000, 100_000])
def test_arrays_begin_on_cache_lines_and_none_share_a_record(borrowers: int) -> None:
    wanted = [(borrowers, BORROWER), (7 * borrowers + 3, LOAN), (borrowers, HOLD)]
    arrays = adjacent_arrays(*wanted)
    assert [(len(array), array.dtype) for array in arrays] == wanted
    for k, array in enumerate(arrays):
        assert array.ctypes.data % CACHE_LINE == 0
        array.view(np.uint8)[:] = k + 1
    for k, array in enumerate(arrays):
        assert (array.view(np.uint8) == k + 1).all()


def test_more_records_than_32_bits_count_are_refused_before_they_are_made() -> None:
    """A payment could open a hold, and a draw a loan, that no number of 32 bits finds."""
    prepared = prepare(sl.Scenario().replace({"population.borrowers": 3}), 90, logging=False, reusing=True)
    state = empty_state(prepared)
    restart(state, prepared, seed=1, replication=0)
    state.storage.holds_used = MOST_RECORDS
    with pytest.raises(sl.SimlimitError, match=r"^Day 7 may need 2,147,483,659 holds, but"):
        ensure_capacity(state, 7)
    assert len(state.holds) < 100


def test_holds_that_have_grown_once_have_space_until_the_horizon() -> None:
    """If they come as fast as until then, up to a fourth faster; a day could bring more than it does."""
    scenario = sl.Scenario().replace({"population.borrowers": 100, "horizon_days": 400, "warmup_days": 0})
    prepared = prepare(scenario, 90, logging=False, reusing=False)
    state = empty_state(prepared)
    restart(state, prepared, seed=1, replication=0)
    state.storage.holds_used = 700
    assert not has_capacity(state, 100)
    ensure_capacity(state, 100)
    state.storage.holds_used = int(1.25 * 700 * 400 / 100)
    assert has_capacity(state, 399)
