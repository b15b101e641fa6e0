"""The state before the first day."""

from __future__ import annotations

import numpy as np
import pytest

from simlimit.model.start import CACHE_LINE, side_by_side
from simlimit.model.state import BORROWER, HOLD, LOAN


@pytest.mark.parametrize("borrowers", [1, 1_000, 100_000])
def test_arrays_side_by_side_begin_on_cache_lines_and_share_nothing(borrowers: int) -> None:
    wanted = [(borrowers, BORROWER), (7 * borrowers + 3, LOAN), (borrowers, HOLD)]
    arrays = side_by_side(*wanted)
    assert [(len(array), array.dtype) for array in arrays] == wanted
    for k, array in enumerate(arrays):
        assert array.ctypes.data % CACHE_LINE == 0
        array.view(np.uint8)[:] = k + 1
    for k, array in enumerate(arrays):
        assert (array.view(np.uint8) == k + 1).all()
