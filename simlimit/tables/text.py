"""Tables as plain text, in columns."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from simlimit.tables.table import Table


def as_text(title: str, tables: Sequence[Table]) -> str:
    """Return a title and tables as text, with an empty line between them."""
    blocks = [title]
    for table in tables:
        blocks.append("\n".join([table.caption, *_aligned(table)]))
        blocks += ["\n".join(table.notes)] if table.notes else []
    return "\n\n".join(blocks)


def _aligned(table: Table) -> list[str]:
    """Return headings and rows as lines whose columns are as wide as they must be."""
    rows = [table.headings]
    for row in table.rows:
        name, *cells = row.cells
        rows.append((f"  {name}" if row.indented else name, *cells))
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(map(_padded, row, table.align, widths)).rstrip() for row in rows]


def _padded(cell: str, side: str, width: int) -> str:
    spaces = " " * (width - _width(cell))
    return f"{spaces}{cell}" if side == ">" else f"{cell}{spaces}"


def _width(text: str) -> int:
    """Return how many places a text takes in a terminal, where a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
