"""What a sensitivity says as a table: which fields decide a metric, and over which ranges."""

from collections.abc import Mapping

import pandas as pd

from simlimit.tables.layout import Row, Table, worded
from simlimit.tables.numbers import number_text, rounded_texts
from simlimit.tables.results import with_interval
from simlimit.tables.units import Unit, unit_of

# Of the fields that do not matter so many are named.
MOST_NAMED = 8
_SHARE = Unit(1, 2, "")


def sensitivity_table(found: pd.DataFrame, metric: str, units: Mapping[str, str], left_out: str) -> Table:
    """Return the fields of a sensitivity, `Sensitivity.table`, as a table.

    Parameters
    ----------
    found : pandas.DataFrame
    metric : str
    units : mapping of str to str
        By field; of another name it is a factor.
    left_out : str
        What has no range.
    """
    unit, rows = unit_of(metric).of_differences(), []
    for name, field in found.to_dict("index").items():
        between = " to ".join(rounded_texts([field["low"], field["high"]]))
        shares = [with_interval(field, one, _SHARE) for one in ("total", "first")]
        effect, verdict = number_text(field["mu"], unit, "+"), field["verdict"]
        cells = (str(name), between, units.get(str(name), "times"), field["origin"], effect, *shares, verdict)
        rows.append(Row(cells, strong=verdict == "matters"))
    table = worded("sensitivity", rows, metric=metric, unit=unit.name, left_out=left_out)
    return table._replace(notes=(*sentences_of(conclusion(found["verdict"], metric)), *table.notes))


def sentences_of(told: str) -> list[str]:
    """Return the sentences of a conclusion: each has a translation of its own."""
    return told.replace(". ", ".\n").splitlines()


def conclusion(verdicts: "pd.Series[str]", metric: str) -> str:
    """Return what decides a metric, and what does not, in a sentence or two.

    Examples
    --------
    >>> verdicts = {"rules.min_score": "matters", "behaviour.slip_days": "does not matter"}
    >>> conclusion(pd.Series(verdicts), "days_away")
    'Over these ranges days_away depends on rules.min_score. It hardly depends on behaviour.slip_days.'
    """
    words = "matters", "undecided", "does not matter"
    matter, undecided, others = ([*map(str, verdicts.index[verdicts == word])] for word in words)
    said = f"Over these ranges {metric} depends on {', '.join(matter) or 'no field for certain'}."
    if undecided:
        said += f" Undecided: {', '.join(undecided)}."
    if others:
        more = f" and {len(others) - MOST_NAMED} more" if len(others) > MOST_NAMED else ""
        said += f" It hardly depends on {', '.join(others[:MOST_NAMED])}{more}."
    return said
