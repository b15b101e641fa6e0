"""Tables as HTML for a notebook: without colours of their own, so that light and dark both suit."""

from collections.abc import Sequence
from html import escape

from simlimit.tables.table import Row, Table

_SIDES = {"<": "text-align:left", ">": "text-align:right;white-space:nowrap"}
_CAPTION = "caption-side:top;text-align:left;padding:0.3em 0.7em;white-space:nowrap"


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
    notes = "<br>".join(map(escape, table.notes))
    return (
        f'<table style="border-collapse:collapse"><caption style="{_CAPTION}">{escape(table.caption)}'
        '</caption><thead><tr style="border-bottom:1px solid currentColor">'
        f"{head}</tr></thead><tbody>{body}</tbody></table>"
        + (f"<p><small>{notes}</small></p>" if notes else "")
    )


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
    looks = f"{_SIDES[side]};padding:0.15em 0.7em{style}"
    return f'<{tag}{scope} style="{looks}">{escape(text)}</{tag}>'
