"""Tables of comma-separated values, read strictly: a bad cell is one sentence that names its line."""

import csv
import gzip
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.errors import PortfolioError

Floats = npt.NDArray[np.float64]

MAX_BORROWERS = 20_000_000
MAX_AMOUNT = 1e9
"""Largest amount of a borrower, in currency units."""


def read_columns(path: str | Path, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read the named columns of a CSV file as text; row i is line i + 2."""
    header = read_header(path)
    missing = [name for name in required if name not in header]
    if missing:
        raise PortfolioError(f"{path}: line 1 has no column {missing[0]!r}; needed are {', '.join(required)}")
    for name in (*required, *optional):
        if header.count(name) > 1:
            raise PortfolioError(f"{path}: line 1 has {header.count(name)} columns {name!r}; allowed is one")
    with _one_sentence(path, len(header)), warnings.catch_warnings():
        # All columns are read, or a row with too many fields (1,000 for 1000) would not be noticed.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        table = pd.read_csv(
            path,
            header=None,
            names=list(range(len(header))),
            index_col=False,
            skiprows=1,
            skip_blank_lines=False,
            dtype=str,
            keep_default_na=False,
            na_filter=False,
            encoding="utf-8-sig",
        )
    kept = [name for name in (*required, *optional) if name in header]
    text = table[[header.index(name) for name in kept]].fillna("").set_axis(kept, axis="columns")
    return _without_blank_end(path, text)


def read_header(path: str | Path) -> list[str]:
    """Return the names of a file's columns."""
    opened: Any = gzip.open if str(path).endswith(".gz") else open
    with _one_sentence(path), opened(path, "rt", encoding="utf-8-sig", newline="") as file:
        header = [name.strip() for name in next(csv.reader(file), [])]
    if not any(header):
        raise PortfolioError(f"{path}: line 1 is blank; it must name the columns")
    return header


@contextmanager
def _one_sentence(path: str | Path, columns: int = 0) -> Iterator[None]:
    """Turn errors of reading a file into one sentence."""
    try:
        yield
    except pd.errors.ParserWarning:
        raise PortfolioError(
            f"{path}: line 2 has more fields than line 1 has columns; allowed are {columns}"
        ) from None
    except (pd.errors.ParserError, csv.Error) as error:
        problem = " ".join(str(error).split())
        raise PortfolioError(f"{path}: not a table of comma-separated values ({problem})") from None
    except UnicodeDecodeError:
        raise PortfolioError(f"{path}: not a text file in UTF-8") from None
    except (OSError, EOFError, zlib.error, ValueError) as error:  # a null character in a path: a ValueError
        reason = getattr(error, "strerror", None) or str(error)
        raise PortfolioError(f"{path}: cannot be read as a file ({reason})") from None


def _without_blank_end(path: str | Path, text: pd.DataFrame) -> pd.DataFrame:
    """Drop blank lines at the end of the file, and refuse a file of too many or too few rows."""
    rows = len(text)
    while rows and not "".join(text.iloc[rows - 1]).strip():
        rows -= 1
    if not 1 <= rows <= MAX_BORROWERS:
        raise PortfolioError(f"{path}: {rows} rows after line 1; allowed are 1 to {MAX_BORROWERS} borrowers")
    return text.iloc[:rows]


def numbers(
    path: str | Path, text: pd.DataFrame, column: str, low: float, high: float, *, whole: bool = False
) -> Floats:
    """Return a column of text as numbers; refuse the first cell that is no number or out of range."""
    values = pd.to_numeric(text[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    good = (values >= low) & (values <= high)
    if whole:
        good &= values == np.floor(values)
    if not good.all():
        row = int(np.argmin(good))
        kind = "whole numbers" if whole else "numbers"
        raise PortfolioError(
            f"{path}: line {row + 2}, column {column!r}: {text[column].iloc[row]!r} is not allowed; "
            f"allowed are {kind} from {low:.12g} to {high:.12g}"
        )
    return values
