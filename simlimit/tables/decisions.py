"""What to do, as a table: the alternatives, their status, and what is said of the one that is selected."""

from collections.abc import Sequence

import pandas as pd

from simlimit.tables.layout import Row, Table
from simlimit.tables.numbers import interval_text, number_text, value_text
from simlimit.tables.units import Unit, unit_of

MOST_ROWS = 50
_EXCESS = "_excess"


def optimum_table(table: pd.DataFrame, choices: Sequence[str], notes: Sequence[str]) -> Table:
    """Return the alternatives of a decision, `Optimum.table`, as a table.

    Parameters
    ----------
    table : pandas.DataFrame
    choices : sequence of str
        The columns that say what is chosen.
    notes : sequence of str
    """
    shown = [name for name in map(str, table) if f"{name}_low" in table]
    rows = []
    for told in table[:MOST_ROWS].to_dict("records"):
        cells = [told["status"], *(value_text(told[name]) for name in choices)]
        cells.append(number_text(told["cost"], Unit(1, 0, "")))
        for name in shown:
            unit = unit_of(name.removesuffix(_EXCESS))
            cells += (
                number_text(told[name], unit),
                interval_text(told[f"{name}_low"], told[f"{name}_high"], unit),
            )
        rows.append(Row(tuple(cells), strong=told["status"] == "selected"))
    headings = ["status", *choices, "cost a year"]
    for name in shown:
        headings += name, "interval"
    said = [*notes, "All verdicts and intervals hold together. Below 0, an excess keeps its bound."]
    if len(table) > MOST_ROWS:
        said.append(f"The first {MOST_ROWS} of {len(table):,} alternatives are shown.")
    align = "<" + ">" * (len(headings) - 1)
    return Table(f"{len(table):,} alternatives", tuple(headings), align, rows, tuple(said))
