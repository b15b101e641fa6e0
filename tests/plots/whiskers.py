"""The ends of intervals in a picture."""

import numpy as np


def ends(lines):
    """Return the ends of horizontal whiskers, one after another; NaN for an interval that is not known."""
    segments = lines.get_segments()
    return [tuple(segment[:, 0]) if len(segment) else (np.nan, np.nan) for segment in segments]
