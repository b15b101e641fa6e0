"""The words of a report in its language: its own sentences, numbers with intervals, and texts of tables."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from simlimit.plots.labels import CHINESE, TABLES
from simlimit.tables.layout import Table
from simlimit.tables.numbers import finer, number_text
from simlimit.tables.translation import Translation
from simlimit.tables.units import NAMES, Unit, unit_of
from simlimit.templates import filled
from simlimit.text_files import packaged

ENDS = ("estimate", "low", "high")


class Words:
    """The words of one report.

    Examples
    --------
    >>> words = Words("en")
    >>> words("headings", "answer")
    'The answer'
    >>> words.measured({"estimate": 0.5, "low": 0.4, "high": 0.6}, "pending_share")
    '50.0 % (40.0 to 60.0)'
    """

    def __init__(self, language: str) -> None:
        self.language = language
        self._own = packaged(__package__, f"{language}.toml")
        own, is_chinese = self._own["tables"], language == "zh"
        self.text = Translation(CHINESE | own, TABLES | own) if is_chinese else Translation(own, {})

    def __call__(self, part: str, key: str, **values: object) -> str:
        """Return a sentence of the report, in which values are filled in."""
        return filled(self._own[part][key], **values)

    def all(self, part: str, key: str, **values: object) -> list[str]:
        """Return sentences that belong together."""
        return [filled(one, **values) for one in self._own[part][key]]

    def listed(self, items: Iterable[str]) -> str:
        """Return items, with commas between them."""
        return self("numbers", "comma").join(items)

    def metric(self, name: str, days: int, with_unit: bool = False) -> str:
        """Return what a metric is called, also with a unit of money."""
        what, unit = self.text(NAMES[name]), unit_of(name).in_pictures
        if with_unit and unit.startswith("currency"):
            return self("numbers", "unit", what=what, unit=self.text(unit))
        return filled(what, days=days)

    def measured(
        self, row: Mapping[Any, Any], of: str | Unit, sign: str = "", names: Sequence[str] = ENDS
    ) -> str:
        """Return an estimate with its unit and its interval, or that it is not known.

        Parameters
        ----------
        row : mapping
        of : str or Unit
            The metric, or the unit.
        sign : str
            ``"+"`` for a difference, of which the sign is shown.
        names : sequence of str
            What the estimate and the ends of its interval are called in the row.
        """
        middle, low, high = (float(row[name]) for name in names)
        if not np.isfinite(middle):
            return self("numbers", "unknown")
        unit = of if isinstance(of, Unit) else unit_of(of)
        kind = "days" if unit.name.startswith("days") else "plain"
        if unit.factor == 100:
            kind, unit = "points" if sign else "share", unit._replace(decimals=1)
        unit = finer(unit, high - low)
        value = self("numbers", kind, value=number_text(middle, unit, sign))
        ends = {"low": number_text(low, unit, sign), "high": number_text(high, unit, sign)}
        return self("numbers", "measured" if np.isfinite(low) else "unsure", value=value, **ends)

    def table(self, table: Table) -> Table:
        """Return a table with its words in the language."""
        rows = [row._replace(cells=tuple(map(self.text, row.cells))) for row in table.rows]
        headings, notes = (tuple(map(self.text, texts)) for texts in (table.headings, table.notes))
        return table._replace(caption=self.text(table.caption), headings=headings, rows=rows, notes=notes)
