"""How often intervals cover, from ranks; and where the bars of a level histogram lie."""

import numpy as np
import pandas as pd
import pytest

from simlimit.inference.calibration import BINS, LEVELS, band, counts, coverage_table


def test_level_ranks_cover_what_the_intervals_say() -> None:
    ranks = pd.DataFrame({"period": (np.arange(400) + 0.5) / 400})
    table = coverage_table(ranks)
    assert table["coverage"].tolist() == pytest.approx([*LEVELS], abs=0.003)
    assert (table["rank_p_value"] > 0.99).all()
    assert counts(ranks["period"]).tolist() == [20] * BINS


def test_ranks_at_both_ends_are_of_intervals_that_are_too_narrow() -> None:
    table = coverage_table(pd.DataFrame({"period": [0.01, 0.99] * 50}))
    assert (table["coverage"] == 0).all()
    assert (table["rank_p_value"] < 1e-6).all()


def test_all_bars_of_a_level_histogram_are_in_the_band_as_often_as_it_says() -> None:
    low, high = band(400, 0.95)
    assert low < 400 / BINS < high
    drawn = np.random.default_rng(1).multinomial(400, np.full(BINS, 1 / BINS), 4000)
    share = ((low <= drawn) & (drawn <= high)).all(axis=1).mean()
    assert 0.95 - 3 * np.sqrt(0.95 * 0.05 / 4000) < share < 0.985
