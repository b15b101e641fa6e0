"""A table to read: texts in rows, with a caption above and notes below."""

from typing import NamedTuple


class Row(NamedTuple):
    """One row of texts.

    Attributes
    ----------
    cells : tuple of str
        A text for each column; the first names the row.
    indented : bool
        Whether the row is a part of one above.
    strong : bool
        Whether the row stands out.
    begins_group : bool
        Whether a line separates it from the rows above.
    hint : str
        Shown when the mouse is over the row.
    """

    cells: tuple[str, ...]
    indented: bool = False
    strong: bool = False
    begins_group: bool = False
    hint: str = ""


class Table(NamedTuple):
    """Rows below headings.

    Attributes
    ----------
    caption : str
    headings : tuple of str
    align : str
        For each column ``<`` (left) or ``>`` (right).
    rows : list of Row
    notes : tuple of str
        Sentences below the table.
    """

    caption: str
    headings: tuple[str, ...]
    align: str
    rows: list[Row]
    notes: tuple[str, ...] = ()
