"""The processor is told which records and tables come next, and nothing else happens."""

from unittest.mock import Mock

import numba
import numpy as np
import pytest

from simlimit.model.compiling import OPTIONS
from simlimit.model.reading_ahead import read_ahead, read_whole
from simlimit.model.records import BORROWER, HOLD, Records


def ask_for(records: Records, k: int) -> int:
    read_ahead(records[k])
    return k


@pytest.mark.parametrize(("kind", "lines"), [(HOLD, 1), (BORROWER, 3)])
def test_all_cache_lines_of_a_record_are_asked_for(kind: np.dtype[np.void], lines: int) -> None:
    compiled = numba.njit(**OPTIONS)(ask_for)
    compiled(np.zeros(2, kind), 1)
    (code,) = compiled.inspect_llvm().values()
    assert code.count("call void @llvm.prefetch") == lines


def test_no_record_changes() -> None:
    records = np.arange(2 * HOLD.itemsize, dtype=np.uint8).view(HOLD)
    before = records.tobytes()
    assert ask_for(records, 1) == numba.njit(**OPTIONS)(ask_for)(records, 1) == 1
    assert records.tobytes() == before


@pytest.mark.parametrize(("reads", "times"), [(9, 0), (10, 1)])
def test_a_table_is_read_whole_if_most_of_it_is_needed(reads: int, times: int) -> None:
    """Its 640 bytes are ten cache lines."""
    table = Mock(nbytes=640)
    read_whole(table, reads)
    assert table.sum.call_count == times
