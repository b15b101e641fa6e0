"""What to do, as a table: the alternatives, their status, and what is said of the one that is selected."""

import itertools
from collections.abc import Sequence

import pandas as pd

from simlimit.tables.layout import Row, Table, sentences, worded
from simlimit.tables.numbers import interval_text, number_text, value_text
from simlimit.tables.results import ends_in
from simlimit.tables.units import Unit, unit_of

MOST_ROWS = 50
_EXCESS = "_excess"


def optimum_table(table: pd.DataFrame, choices: Sequence[str], first: str, notes: Sequence[str]) -> Table:
    """Return the alternatives of a decision, `Optimum.table`, as a table.

    Parameters
    ----------
    table : pandas.DataFrame
    choices : sequence of str
        The columns that say what is chosen.
    first : str
        The first objective, in whose unit the differences are.
    notes : sequence of str
    """
    measured = [name for name in map(str, table) if f"{name}_low" in table]
    metrics = {name: first if name == "difference" else name.removesuffix(_EXCESS) for name in measured}
    units = {name: unit_of(metric) for name, metric in metrics.items()}
    said = "; ".join(f"{metric} in {unit_of(metric).name}" for metric in dict.fromkeys(metrics.values()))
    columns = [*choices, "cost a year", *itertools.chain(*((name, "interval") for name in units))]
    rows = []
    for told in table[:MOST_ROWS].to_dict("records"):
        cells = [told["status"], *(value_text(told[name]) for name in choices)]
        cells.append(number_text(told["cost"], Unit(1, 0, "")))
        for name, unit in units.items():
            value, low, high = ends_in(told, name)
            cells += number_text(value, unit), interval_text(low, high, unit)
        rows.append(Row(tuple(cells), strong=told["status"] == "selected"))
    number = len(table)
    more = sentences("alternatives_left_out", shown=MOST_ROWS, number=number) * (number > MOST_ROWS)
    notes = (*notes, *sentences("verdicts", units=said), *more)
    return worded("optimum", rows, columns, notes, number=number)
