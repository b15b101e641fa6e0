"""Tables of comma-separated values, read strictly: a bad cell is one sentence that names its line."""

import zlib
from pathlib import Path

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
    table = _read(path).iloc[1:]
    kept = [name for name in (*required, *optional) if name in header]
    text = table[[header.index(name) for name in kept]].fillna("").set_axis(kept, axis="columns")
    return _without_blank_end(path, text)


def read_header(path: str | Path) -> list[str]:
    """Return the names of a file's columns."""
    header = [name.strip() for name in _read(path, rows=1).fillna("").iloc[0]]
    if not any(header):
        raise PortfolioError(f"{path}: line 1 is blank; it must name the columns")
    return header


def _read(path: str | Path, rows: int | None = None) -> pd.DataFrame:
    """Read the first rows of a CSV file as text, the header too; or all, and refuse what is no such file."""
    try:
        return pd.read_csv(
            path,
            header=None,
            nrows=rows,
            dtype=str,
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8-sig",
        )
    except pd.errors.EmptyDataError:
        raise PortfolioError(f"{path}: line 1 is blank; it must name the columns") from None
    except pd.errors.ParserError as error:
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
    kind = "whole numbers" if whole else "numbers"
    check_cells(path, text[column], good, f"are {kind} from {low:.12g} to {high:.12g}")
    return values


def check_cells(path: str | Path, cells: pd.Series, good: npt.NDArray[np.bool_], allowed: str) -> None:
    """Refuse the first cell of a column that is not good."""
    if not good.all():
        row = int(np.argmin(good))
        where = f"line {row + 2}, column {cells.name!r}"
        raise PortfolioError(f"{path}: {where}: {cells.iloc[row]!r} is not allowed; allowed {allowed}")
