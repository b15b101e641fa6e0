"""Tables from files and frames, read strictly: a bad cell is one sentence that names its line."""

import os
import re
from collections.abc import Callable
from contextlib import suppress
from io import StringIO
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from simlimit.arguments import Floats, Truths, as_date, as_frame, as_path, refused, shown
from simlimit.errors import PortfolioError
from simlimit.parquet_files import read_parquet
from simlimit.text_files import WORKBOOKS, read_text

Source: TypeAlias = str | os.PathLike[str] | pd.DataFrame

MAX_BORROWERS = 20_000_000
# Largest amount of a borrower, in currency units.
MAX_AMOUNT = 1e9
# A number that may have the sign of a currency, and commas between thousands.
_SEPARATED = re.compile(r"\A\s*[¥￥$€]?\s*(\d+|[1-9]\d{0,2}(,\d{3})+)(\.\d*)?\s*\Z")
# A number whose point may stand between thousands: in German 1.250 is 1250.
_DOUBTFUL = re.compile(r"\s*[¥￥$€]?\s*[1-9]\d{0,2}\.\d{3}\s*")


def as_source(argument: str, source: object) -> tuple[Source, str]:
    """Return a frame or the path of a file, and what it is called, or refuse what is neither."""
    if isinstance(source, str | os.PathLike):
        return (path := as_path(argument, source, PortfolioError)), path.name
    return as_frame(argument, source, "a pandas DataFrame, or the path of a file"), "a frame"


def read_cells(source: Source, encoding: str | None = None, hint: str = "") -> pd.DataFrame:
    """Return the cells of a CSV, Parquet or Excel file, or of a frame, as text, its names too.

    Commas, semicolons or tabs stand between the values of a CSV file. The index has the numbers of the lines;
    it is named after the source and what its rows are called.
    """
    frame = source if isinstance(source, pd.DataFrame) else _frame_in(source)
    if encoding is not None and frame is not None:
        raise refused("encoding", encoding, "left out where the source is no text")
    if isinstance(source, pd.DataFrame):
        return cells_of(source, "frame: row")
    if frame is not None:
        return cells_of(frame, f"{source}: row")
    text = read_text(source, PortfolioError, encoding, f' ("CSV UTF-8" in Excel){hint}')
    # The first line that has any tells what stands between values.
    unquoted = ((line, re.sub('"[^"]*"', "", line)) for line in StringIO(text))
    marked, values = next((one for one in unquoted if re.search("[,;\t]", one[1])), ("", ""))
    mark = max(",;\t", key=values.count)
    above = text[: text.index(marked)].splitlines()
    if above:  # pandas takes the width of the table from the first line, which may be a title alone
        text = above[0] + mark * values.count(mark) + text[len(above[0]) :]
    try:
        cells = pd.read_csv(
            StringIO(text), sep=mark, header=None, dtype=str, na_filter=False, skip_blank_lines=False
        )
    except pd.errors.EmptyDataError:
        raise PortfolioError(f"{source}: line 1 is blank; it must name the columns") from None
    except pd.errors.ParserError as error:
        problem = " ".join(str(error).split())
        line = f"line 1 is {quoted(text.splitlines()[0])}"
        raise PortfolioError(f"{source}: no table separated by {mark!r} ({problem}); {line}") from None
    return cells.set_axis(pd.RangeIndex(1, len(cells) + 1, name=f"{source}: line"))


def cells_of(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the cells of a frame as text, its names too; its index gets a name."""
    names = pd.DataFrame([[str(column) for column in frame.columns]])
    rows = frame.astype(str).where(frame.notna(), "").set_axis(names.columns, axis="columns")
    return pd.concat([names, rows]).set_axis(pd.Index(["of names", *frame.index], name=name))


def _frame_in(path: str | os.PathLike[str]) -> pd.DataFrame | None:
    """Return the frame of a file in the format of Parquet or Excel; None of any other, and of none."""
    mark = b""
    with suppress(OSError), as_path("path", path, PortfolioError).open("rb") as file:
        mark = file.read(4)
    try:
        if mark != WORKBOOKS[1]:
            return read_parquet(path) if mark == b"PAR1" else None
        # As they are: the text 007 is a name, and no number.
        sheets = pd.read_excel(path, sheet_name=None, engine="openpyxl", dtype=object, na_filter=False)
    except ImportError:
        install = '"pip install \'simlimit[excel]\'" installs what reads it, or save it as "CSV UTF-8"'
        raise PortfolioError(f"{path} is a workbook of Excel: {install}.") from None
    except Exception as error:  # of whatever kind: the readers are others'
        raise PortfolioError(f"{path} cannot be read: {error}") from None
    filled = [name for name in sheets if len(sheets[name].columns)] or [*sheets]
    if len(filled) > 1:
        remedy = f"pandas.read_excel(.., sheet_name={filled[0]!r}) returns the frame of one"
        raise PortfolioError(f"{path} has the sheets {shown(filled)}, but must have one; {remedy}.")
    sheet = sheets[filled[0]].map(as_date)
    return sheet.set_axis(sheet.index + 2)  # as Excel counts


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
        needed = f"needed are {', '.join(required)}; there is {quoted(','.join(names_in(cells, first)))}"
        raise PortfolioError(f"{where} has no column {missing[0]!r}{but}; {needed}")
    for name in (*required, *optional):
        if header.count(name) > 1:
            raise PortfolioError(f"{where} has {header.count(name)} columns {name!r}; allowed is one")
    kept = [name for name in (*required, *optional) if name in header]
    text = cells.iloc[first + 1 :, [header.index(name) for name in kept]].fillna("")
    return _without_blank_end(text.set_axis(kept, axis="columns"))


def source_of(rows: "pd.Index[Any]") -> str:
    """Return the file that rows are from, or "frame"."""
    return str(rows.name).rpartition(":")[0]


def quoted(line: str) -> str:
    """Return a line of names as a sentence shows it, with its separator if that is no comma."""
    other = next((mark for mark in "|\uff0c" if mark in line and "," not in line), None)
    wrong = "" if other is None else f", where {other!r} stands instead of commas"
    return f"{shown(line.strip())}{wrong}"


def _without_blank_end(text: pd.DataFrame) -> pd.DataFrame:
    """Drop blank lines at the end of the file, and refuse a file of too many or too few rows."""
    rows = len(text)
    while rows and not "".join(text.iloc[rows - 1]).strip():
        rows -= 1
    if not 1 <= rows <= MAX_BORROWERS:
        many = f"{rows} rows after line 1; allowed are 1 to {MAX_BORROWERS} rows"
        raise PortfolioError(f"{source_of(text.index)}: {many}")
    return text.iloc[:rows]


def numbers(
    text: pd.DataFrame, column: str, low: float, high: float, *, whole: bool = False, money: bool = False
) -> Floats:
    """Return a column of text as numbers; refuse the first cell that is no number or out of range.

    Of `money` numbers may have the sign of a currency, and commas between thousands.
    """
    cells = text[column]
    if money:
        cells = cells.str.replace(_SEPARATED, lambda one: re.sub(r"[^\d.]", "", one[0]), regex=True)
    is_number = pd.to_numeric(cells, errors="coerce").notna()
    # pandas decides what a number is; Python reads it, since pandas 2.2 loses the last digit of some.
    values = cells.where(is_number, "nan").to_numpy(np.float64)
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


def check_points(cells: pd.Series) -> None:
    """Refuse amounts of a file if all their points may stand between thousands: they could be a thousandth.

    Those of a frame are its owner's: numbers already, as a rule.
    """
    if source_of(cells.index) == "frame":
        return
    is_doubtful = cells.str.fullmatch(_DOUBTFUL).to_numpy(np.bool_)
    if (is_doubtful == cells.str.contains(".", regex=False)).all():
        check_cells(cells, ~is_doubtful, "are amounts without points between thousands: 1250, or 1.25")
