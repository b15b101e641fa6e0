"""What the delay statistics accept, and the sentence that refuses the rest."""

import numpy as np

from simlimit.errors import SimlimitError


def is_number(value: object) -> bool:
    """Return whether a value is a number; a truth value is not."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def check_confidence(confidence: object) -> None:
    """Refuse a confidence that is not between 0 and 1."""
    if not is_number(confidence) or not 0 < confidence < 1:  # type: ignore[operator]
        raise SimlimitError(f"confidence is {confidence!r}, but must be a number between 0 and 1.")
