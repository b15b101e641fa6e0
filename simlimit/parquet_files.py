"""Parquet files, read without threads of Arrow's: a process that ends soon after them may abort.

Everything is right by then, but the exit code is not 0 (https://github.com/apache/arrow/issues/34314).
"""

import json
import os

import pandas as pd
from pyarrow import BufferReader
from pyarrow.parquet import ParquetFile


def read_parquet(file: str | os.PathLike[str] | BufferReader) -> pd.DataFrame:
    """Return the frame, with its `attrs`, that pandas would return."""
    table = ParquetFile(file).read(use_threads=False)
    frame: pd.DataFrame = table.to_pandas(use_threads=False)
    frame.attrs = json.loads((table.schema.metadata or {}).get(b"PANDAS_ATTRS", b"{}"))
    return frame
