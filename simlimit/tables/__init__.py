"""Results as tables to read: numbers with units and intervals, as text and as HTML."""

from simlimit.tables.fields import scenario_html

__all__ = ["scenario_html"]
