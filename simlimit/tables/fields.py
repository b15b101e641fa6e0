"""The fields of a scenario as a table: values, units, sources, and what differs from a preset."""

from simlimit.scenario import Scenario, dotted, field_values, preset, steps_of, unit_of
from simlimit.scenario.presets import NAMES
from simlimit.tables.layout import Row, Table, as_html, worded
from simlimit.tables.numbers import value_text


def scenario_html(scenario: Scenario) -> str:
    """Return a scenario as HTML, with what differs from the preset of its name or the one most like it."""
    name = scenario.name
    if name not in NAMES:
        name = min(NAMES, key=lambda one: len(preset(one).diff(scenario)))
    return as_html(repr(scenario), [fields_table(scenario, preset(name))])


def fields_table(scenario: Scenario, other: Scenario) -> Table:
    """Return the fields of a scenario by part, and what differs from another scenario, a preset."""
    theirs, own = field_values(other), scenario.leaves()
    rows, before = [], ""
    for name, value, info in scenario.walk():
        if name == "provenance" or (name not in own and value == info.default):
            continue
        part = name.partition(".")[0].partition("[")[0] if "." in name else ""
        source, in_other = scenario.source(name), theirs.get(name)
        differs = value != in_other
        other_text = value_text(in_other) if differs else ""
        cells = (name, value_text(value), unit_of(info), source.partition(":")[0], other_text)
        rows.append(Row(cells, strong=differs, begins_group=part != before, hint=source))
        before = part
    missing = [name for name in theirs if name not in field_values(scenario)]
    elements = dict.fromkeys(dotted(steps_of(name)[:-1]) for name in missing)
    notes = (f"Only in {other.name}: {', '.join(elements)}.",) if elements else ()
    return worded("fields", rows, notes=notes, other=other.name, changed=sum(row.strong for row in rows))
