"""How many seeds are tried: a few by default, and more in a long run."""

from __future__ import annotations

import pytest


def few_and_many(few: int, many: int) -> pytest.MarkDecorator:
    """Try a few seeds by default, and more in a long run."""
    long = [pytest.param(seed, marks=pytest.mark.long) for seed in range(few, many)]
    return pytest.mark.parametrize("seed", [*range(few), *long])
