"""The fields of a scenario as a table: values, units, sources, and what differs from a preset."""

from collections.abc import Iterable

import pandas as pd

from simlimit.tables.numbers import value_text
from simlimit.tables.table import Row, Table


def fields_table(fields: pd.DataFrame, preset: str, missing: Iterable[str]) -> Table:
    """Return the table of a scenario's fields.

    Parameters
    ----------
    fields : pandas.DataFrame
        Index: dotted names, the fields of a part side by side. Columns `value`, `unit`, `source` (a label
        such as "assumed", then a colon and the rest), `preset` (the value in the preset).
    preset : str
        The name of the preset.
    missing : iterable of str
        Fields that only the preset has: those of elements of lists.
    """
    rows = []
    before = ""
    for name, value, unit, source, in_preset in fields.itertuples(name=None):
        part = name.partition(".")[0].partition("[")[0] if "." in name else ""
        differs = value != in_preset
        rows.append(
            Row(
                (name, value_text(value), unit, source.partition(":")[0], value_text(in_preset) * differs),
                strong=differs,
                begins_group=part != before,
                hint=source,
            )
        )
        before = part
    elements = dict.fromkeys(f"{name.partition(']')[0]}]" for name in missing)
    changed = sum(row.strong for row in rows)
    return Table(
        f"fields that differ from the preset {preset} (in bold): {changed:,}",
        ("field", "value", "unit", "source", f"in {preset}"),
        "<<<<<",
        rows,
        (f"Only in {preset}: {', '.join(elements)}.",) if elements else (),
    )
