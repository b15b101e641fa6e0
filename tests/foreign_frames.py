"""Frames of other libraries, for tests."""

import pandas as pd
import pytest


def foreign(frame: pd.DataFrame, library: str) -> object:
    """Return a frame as one of another library; skip the test where that cannot be imported."""
    module = pytest.importorskip(library, exc_type=ImportError)
    if library == "dask.dataframe":
        return module.from_pandas(frame, npartitions=2)
    return module.Table.from_pandas(frame)
