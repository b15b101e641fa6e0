"""Memory for records."""

from __future__ import annotations

import numpy as np
import pytest

from simlimit.model.memory import APART, CACHE_LINE, adjacent_arrays
from simlimit.model.records import BORROWER, HOLD, LOAN


@pytest.mark.parametrize("borrowers", [1, 1_000, 100_000])
def test_small_arrays_begin_on_cache_lines_and_none_share_a_record(borrowers: int) -> None:
    wanted = [(borrowers, BORROWER), (7 * borrowers + 3, LOAN), (borrowers, HOLD)]
    arrays = adjacent_arrays(*wanted)
    assert [(len(array), array.dtype) for array in arrays] == wanted
    for k, array in enumerate(arrays):
        assert array.ctypes.data % CACHE_LINE == 0 or sum(one.nbytes for one in arrays) > APART
        array.view(np.uint8)[:] = k + 1
    for k, array in enumerate(arrays):
        assert (array.view(np.uint8) == k + 1).all()
