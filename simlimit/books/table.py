"""Tables of comma-separated values, read strictly: a bad cell is one sentence that names its line."""

import os
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from pyarrow import ArrowException

from simlimit.arguments import Floats, Truths, as_path, refused, shown
from simlimit.errors import PortfolioError
from simlimit.text_files import read_text

Source: TypeAlias = str | os.PathLike[str] | pd.DataFrame

MAX_BORROWERS = 20_000_000
MAX_AMOUNT = 1e9
"""Largest amount of a borrower, in currency units."""


def read_cells(source: Source, encoding: str | None = None, hint: str = "") -> pd.DataFrame:
    """Return the cells of a CSV or Parquet file, or of a frame, as text, its names too.

    The index has the numbers of the lines; it is named after the source and what its rows are called.
    """
    is_parquet = not isinstance(source, pd.DataFrame) and _is_parquet(source)
    if encoding is not None and (is_parquet or isinstance(source, pd.DataFrame)):
        raise refused("encoding", encoding, "left out where the source is no text")
    if isinstance(source, pd.DataFrame):
        return _cells_of(source, "frame")
    if is_parquet:
        try:
            return _cells_of(pd.read_parquet(source), str(source))
        except (ArrowException, OSError) as error:
            raise PortfolioError(f"{source} cannot be read: {error}") from None
    text = read_text(source, PortfolioError, encoding, f' ("CSV UTF-8" in Excel){hint}')
    try:
        cells = pd.read_csv(StringIO(text), header=None, dtype=str, na_filter=False, skip_blank_lines=False)
    except pd.errors.EmptyDataError:
        raise PortfolioError(f"{source}: line 1 is blank; it must name the columns") from None
    except pd.errors.ParserError as error:
        problem = " ".join(str(error).split())
        raise PortfolioError(
            f"{source}: not a table of comma-separated values ({problem}); line 1 is "
            f"{_quoted(text.splitlines()[0])}"
        ) from None
    return cells.set_axis(pd.RangeIndex(1, len(cells) + 1, name=f"{source}: line"))


def _cells_of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    names = pd.DataFrame([[str(column) for column in frame.columns]])
    rows = frame.astype(str).where(frame.notna(), "").set_axis(names.columns, axis="columns")
    return pd.concat([names, rows]).set_axis(pd.Index(["of names", *frame.index], name=f"{name}: row"))


def _is_parquet(path: str | os.PathLike[str]) -> bool:
    """Tell whether a file is in the format of Parquet; what cannot be read is not."""
    with suppress(OSError), as_path("path", path, PortfolioError).open("rb") as file:
        return file.read(4) == b"PAR1"
    return False


def names_in(cells: pd.DataFrame, row: int, named: Callable[[str], str] = str) -> list[str]:
    """Return the names in a row of a table, each as our own name for it."""
    return [named(name.strip()) for name in cells.iloc[row].fillna("")] if row < len(cells) else []


def read_columns(
    cells: pd.DataFrame,
    required: tuple[str, ...],
    optional: tuple[str, ...] = (),
    named: Callable[[str], str] = str,
) -> pd.DataFrame:
    """Return the named columns of a table; a line above that of the names is left out."""
    first = 1 if set(required) <= set(names_in(cells, 1, named)) else 0
    header = names_in(cells, first, named)
    where = f"{cells.index.name} {cells.index[first]}"
    if not any(header):
        raise PortfolioError(f"{where} is blank; it must name the columns")
    missing = [name for name in required if name not in header]
    if missing:
        meant = [name for name in header if name.lower() == missing[0].lower()]
        but = f" but {meant[0]!r}, in other letters" if meant else ""
        raise PortfolioError(
            f"{where} has no column {missing[0]!r}{but}; needed are {', '.join(required)}; "
            f"there is {_quoted(','.join(names_in(cells, first)))}"
        )
    for name in (*required, *optional):
        if header.count(name) > 1:
            raise PortfolioError(f"{where} has {header.count(name)} columns {name!r}; allowed is one")
    kept = [name for name in (*required, *optional) if name in header]
    text = cells.iloc[first + 1 :, [header.index(name) for name in kept]].fillna("")
    return _without_blank_end(text.set_axis(kept, axis="columns"))


def source_of(rows: "pd.Index[Any]") -> str:
    """Return the file that rows are from, or "frame"."""
    return str(rows.name).rpartition(":")[0]


def _quoted(line: str) -> str:
    """Return a line of names as a sentence shows it, with its separator if that is no comma."""
    other = next((mark for mark in ";\t|\uff0c" if mark in line and "," not in line), None)
    wrong = "" if other is None else f", where {other!r} stands instead of commas"
    return f"{shown(line.strip())}{wrong}"


def _without_blank_end(text: pd.DataFrame) -> pd.DataFrame:
    """Drop blank lines at the end of the file, and refuse a file of too many or too few rows."""
    rows = len(text)
    while rows and not "".join(text.iloc[rows - 1]).strip():
        rows -= 1
    if not 1 <= rows <= MAX_BORROWERS:
        raise PortfolioError(
            f"{source_of(text.index)}: {rows} rows after line 1; allowed are 1 to {MAX_BORROWERS} borrowers"
        )
    return text.iloc[:rows]


def numbers(text: pd.DataFrame, column: str, low: float, high: float, *, whole: bool = False) -> Floats:
    """Return a column of text as numbers; refuse the first cell that is no number or out of range."""
    is_number = pd.to_numeric(text[column], errors="coerce").notna()
    # pandas decides what a number is; Python reads it, since pandas 2.2 loses the last digit of some.
    values = text[column].where(is_number, "nan").to_numpy(np.float64)
    good = (values >= low) & (values <= high)
    if whole:
        good &= values == np.floor(values)
    kind = "whole numbers" if whole else "numbers"
    check_cells(text[column], good, f"are {kind} from {low:.12g} to {high:.12g}")
    return values


def check_cells(cells: pd.Series, good: Truths, allowed: str) -> None:
    """Refuse the first cell of a column that is not good."""
    if not good.all():
        row = int(np.argmin(good))
        where = f"{cells.index.name} {cells.index[row]}, column {cells.name!r}"
        raise PortfolioError(f"{where}: {shown(cells.iloc[row])} is not allowed; allowed {allowed}")
