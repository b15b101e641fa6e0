"""Tables as plain text, in columns."""

from collections.abc import Sequence

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
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, table.align, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
