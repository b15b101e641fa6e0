"""The base of results that are printed, and shown in a notebook, as tables."""

from abc import ABC, abstractmethod

from simlimit.tables.html import as_html
from simlimit.tables.table import Table
from simlimit.tables.text import as_text


class TabularResult(ABC):
    """A result that is one line as `repr`, and its tables when it is printed or ends a notebook's cell."""

    @abstractmethod
    def _tables(self) -> list[Table]:
        """Return the tables that show the result."""

    def __str__(self) -> str:
        return as_text(repr(self), self._tables())

    def _repr_html_(self) -> str:
        return as_html(repr(self), self._tables())
