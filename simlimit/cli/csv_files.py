"""Tables as CSV files that are safe to open: no name in them is a formula to a spreadsheet."""

import csv
import io
import re
from pathlib import Path

import pandas as pd

_QUOTED = re.compile(r'[,"\r\n]')
_FORMULA = re.compile(r"(?!-(inf|[\d.]+(e[+-]\d+)?)\Z)'*[=+\-@\t\r\n]")
"""How a formula begins, as a negative number does, too."""


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table and its index; a name that begins as a formula does gets an apostrophe before it.

    So does one with apostrophes before that, so that taking one away gives each name back.
    """
    rows = csv.reader(io.StringIO(table.to_csv(quoting=csv.QUOTE_ALL), newline=""))
    lines = [",".join(map(_safe, row)) + "\n" for row in rows]
    path.write_text("".join(lines), encoding="utf-8", newline="")


def _safe(cell: str) -> str:
    cell = f"'{cell}" if _FORMULA.match(cell) else cell
    return '"{}"'.format(cell.replace('"', '""')) if _QUOTED.search(cell) else cell
