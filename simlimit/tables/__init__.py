"""Results as tables to read: numbers with units and intervals, as text and as HTML."""
