"""A table to read, as plain text and as HTML, and the base of results that are shown so.

HTML is for a notebook: without colours of its own, so that light and dark both suit.
"""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path
from typing import Generic, Literal, NamedTuple, TypeVar
from unicodedata import east_asian_width

import simlimit
from simlimit.templates import filled
from simlimit.text_files import packaged

# The pictures of a result, as methods.
PlotsT = TypeVar("PlotsT")
_WORDS = packaged(__package__, "words.toml")
_HTML = packaged(__package__, "html.toml")


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


def worded(
    kind: str, rows: list[Row], columns: Sequence[str] = (), notes: Sequence[str] = (), **values: object
) -> Table:
    """Return a table with the words that `words.toml` has for its kind, in which values are filled in.

    Parameters
    ----------
    kind : str
    rows : list of Row
    columns : sequence of str
        Headings of further columns, which are right-aligned.
    notes : sequence of str
        Below the table, after those of its kind.
    **values
        What the words name.

    Examples
    --------
    >>> worded("summary", [], replications=1_000).caption
    'means over 1,000 replications'
    """
    words = _WORDS[kind]
    headings = (*(filled(heading, **values) for heading in words["headings"]), *columns)
    align, below = words["align"] + ">" * len(columns), (*sentences(kind, **values), *notes)
    return Table(filled(words["caption"], **values), headings, align, rows, below)


def sentences(kind: str, **values: object) -> tuple[str, ...]:
    """Return the notes that `words.toml` has for a kind of table, in which values are filled in."""
    return tuple(filled(note, **values) for note in _WORDS[kind].get("notes", ()))


class TabularResult(ABC, Generic[PlotsT]):
    """A result that is one line as `repr`, and its tables when it is printed or ends a notebook's cell."""

    @abstractmethod
    def _tables(self) -> list[Table]:
        """Return the tables that show the result."""

    @property
    def plot(self) -> PlotsT:
        """Pictures as methods, such as ``study.plot.delay()`` and ``fit.plot.check()``."""
        accessors = simlimit.plots.accessors
        # The classes of a user's own have the pictures of what they inherit from.
        names = (f"{one.__name__}Plots" for one in type(self).__mro__)
        plots: PlotsT = next(getattr(accessors, name) for name in names if hasattr(accessors, name))(self)
        return plots

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        language: Literal["en", "zh"] = "en",
        sections: Iterable[str] | None = None,
        sensitivity: "simlimit.Sensitivity | None" = None,
        ranking: "simlimit.LeverRanking | None" = None,
    ) -> Path:
        """Write a report to send: one HTML file, which opens from a disk without a network.

        It begins with the answer in sentences, with intervals. It can be read on a phone and on paper, and
        is light or dark as the reader prefers. It needs Jinja2: ``pip install 'simlimit[report]'``.

        Parameters
        ----------
        path : path
            A file that ends in ``.html``, in a folder that exists; a file that is there is replaced.
        language : "en" or "zh"
        sections : sequence of str, optional
            Which, and in which order; all if not given: ``answer``, ``pictures``, ``help`` (if there is a
            ranking), ``tables``, ``assumptions``, ``scenario`` and ``reproduce``.
        sensitivity : Sensitivity, optional
            Of the same scenario: assumed values stand in the order in which they decide the answer.
        ranking : LeverRanking, optional
            Of the same scenario: what would help.

        Returns
        -------
        pathlib.Path
            Of the file.

        Raises
        ------
        SimlimitError
            If an argument is not as above, Jinja2 is not installed, or the file cannot be written; then
            nothing has changed.

        Examples
        --------
        >>> import pathlib, tempfile
        >>> import simlimit as sl
        >>> study = sl.replicate(sl.preset("clockwork").replace({"population.borrowers": 20}), 5, seed=1)
        >>> file = study.report(pathlib.Path(tempfile.mkdtemp()) / "clockwork.html")
        >>> file.read_text(encoding="utf-8").splitlines()[0]
        '<!DOCTYPE html>'
        """
        write = simlimit.reports.write_report
        return write(self, path, language, sections, sensitivity=sensitivity, ranking=ranking)

    def __str__(self) -> str:
        return as_text(repr(self), self._tables())

    def _repr_html_(self) -> str:
        return as_html(repr(self), self._tables())


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


def as_html(title: str, tables: Sequence[Table]) -> str:
    """Return a title and tables as HTML, in which every text is escaped.

    Examples
    --------
    >>> as_html("a & b", [])
    '<div><p><strong>a &amp; b</strong></p></div>'
    """
    return f"<div><p><strong>{escape(title)}</strong></p>{''.join(map(_table, tables))}</div>"


def _table(table: Table) -> str:
    columns = zip(table.headings, table.align, strict=True)
    head = "".join(_cell("th", text, side, ' scope="col"') for text, side in columns)
    body = "".join(_row(row, table.align) for row in table.rows)
    notes = f"<p><small>{'<br>'.join(map(escape, table.notes))}</small></p>" if table.notes else ""
    return filled(_HTML["table"], caption=escape(table.caption), head=head, body=body, notes=notes)


def _row(row: Row, align: str) -> str:
    name, *cells = row.cells
    weight = f"font-weight:{'bold' if row.strong else 'normal'}"
    indent = ";padding-left:2em" if row.indented else ""
    line = ";border-top:1px solid currentColor" if row.begins_group else ""
    hint = f' title="{escape(row.hint)}"' if row.hint else ""
    head = _cell("th", name, align[0], ' scope="row"', f";{weight}{indent}")
    body = "".join(_cell("td", text, side) for text, side in zip(cells, align[1:], strict=True))
    return f'<tr style="{weight}{line}"{hint}>{head}{body}</tr>'


def _cell(tag: str, text: str, side: str, scope: str = "", style: str = "") -> str:
    return f'<{tag}{scope} style="{_HTML["sides"][side]}{style}">{escape(text)}</{tag}>'
