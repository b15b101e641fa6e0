"""Random release logs with ties, both outcomes and censoring."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import strategies as st

OUTCOMES = ("released", "forfeited", "pending")


def random_log(seed: int, rows: int = 60, latest: int = 12) -> pd.DataFrame:
    """Return a log with many ties in which every outcome occurs."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(OUTCOMES, rows, p=rng.dirichlet((3.0, 1.5, 1.5)))
    labels[:3] = OUTCOMES
    return pd.DataFrame(
        {
            "delay_days": rng.integers(0, latest, rows),
            "outcome": pd.Categorical(labels, OUTCOMES),
            "amount": rng.integers(1, 500, rows) / 100,
            "borrower": rng.integers(0, rows // 4, rows),
            "region": rng.choice(("north", "south"), rows),
        }
    )


@st.composite
def logs(draw: st.DrawFn, outcomes: tuple[str, ...] = OUTCOMES) -> pd.DataFrame:
    """Draw a small log; every outcome is a category, though it may not occur."""
    rows = draw(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(outcomes)), min_size=1, max_size=30))
    days, labels = zip(*rows, strict=True)
    return pd.DataFrame({"delay_days": days, "outcome": pd.Categorical(labels, OUTCOMES)})
