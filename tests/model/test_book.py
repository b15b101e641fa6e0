"""What borrowers are drawn from: quantile tables of regions, the late scale, and who is risky."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import simlimit as sl
from simlimit.model.book import ROWS, Book
from simlimit.model.preparation import PreparedScenario, prepare

DIFFERENT = {
    "east": {"share": 0.3, "late_onset": 0.04, "utilisation_mean": 0.8, "watch_share": 0.1},
    "west": {"share": 0.5, "draws_per_year": 3.0, "limit_median": 5_000.0, "false_flag": 0.01},
    "north": 0.2,
}


def prepared(changes: dict[str, Any], base: str = "jiebei") -> PreparedScenario:
    return prepare(sl.preset(base).replace(changes), 90, logging=False, reusing=True)


def book_of(tmp_path: Any, **columns: list[Any]) -> str:
    path = tmp_path / "book.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return str(path)


def test_regions_with_the_numbers_of_the_scenario_have_the_book_of_plain_shares() -> None:
    """R155, R157: where nothing differs, nothing changes, to the last bit."""
    plain = sl.preset("jiebei").replace({"screening.risky_share": 0.123})
    same = {
        f"population.regions.{region}.{name}": value
        for region in plain.population.regions
        for name, value in {
            "late_onset": plain.behaviour.late_onset,
            "slip_share": plain.behaviour.slip_share,
            "limit_median": plain.population.limit_median,
            "score_mean": plain.population.score_mean,
            "utilisation_mean": plain.population.utilisation_mean,
            "false_flag": plain.screening.false_flag,
            "watch_share": plain.review.watch_share,
            "draws_per_year": plain.behaviour.draws_per_year,
        }.items()
    }
    one, other = (prepare(each, 90, logging=False, reusing=True) for each in (plain, plain.replace(same)))
    for name in Book.members:
        assert (getattr(one.book, name) == getattr(other.book, name)).all(), name
    assert one.records == other.records


def test_there_is_one_table_for_each_different_number() -> None:
    book = prepared({"population.regions": DIFFERENT}).book
    for table, values in {
        "limits": [10_000.0, 5_000.0, 10_000.0],
        "propensities": [0.04, 0.0095, 0.0095],
        "scores": [1.0, 1.0, 1.0],
    }.items():
        assert getattr(book, table).shape == (len(set(values)), ROWS)
        rows = book.regions[table]
        assert [[a == b for a in rows] for b in rows] == [[a == b for a in values] for b in values]


def test_the_late_scale_is_over_the_book() -> None:
    """R25, R157: so `late_onset` is the mean chance over the book, whatever its regions use."""
    effects = {"behaviour.utilisation_effect": 3.0, "reaction.lateness_per_lender": 0.0}
    one = prepared({"population.regions": DIFFERENT, **effects})
    scale = one.records[0].behaviour.late_scale
    squares = ((one.book.utilisations / 10_000) ** 2).mean(axis=1)[one.book.regions["utilisations"]]
    assert scale * (1 + 3.0 * np.dot(one.regions.shares, squares)) == pytest.approx(1, abs=1e-12)
    alone = prepared({"population.utilisation_mean": 0.8, **effects}).records[0].behaviour.late_scale
    assert scale > alone


@settings(max_examples=50)
@given(
    onsets=st.lists(st.sampled_from([0.0, 0.01, 0.02, 0.3, 0.9]), min_size=2, max_size=4),
    concentration=st.sampled_from([None, 0.5, 3.0, 100.0]),
    weights=st.lists(st.integers(0, 9), min_size=4, max_size=4),
    share=st.sampled_from([0.0, 1e-6, 0.05, 0.3, 0.5, 1 - 1e-9, 1.0]) | st.floats(0, 1),
)
def test_the_risky_are_the_latest_payers_of_the_book(
    onsets: list[float], concentration: float | None, weights: list[int], share: float
) -> None:
    """R157: their share is `risky_share`, and none who is not risky is later than one who is."""
    shares = [1 + weights[0], *weights[1 : len(onsets)]]
    regions = {
        f"r{k}": {"share": weight / sum(shares), "late_onset": onset}
        for k, (onset, weight) in enumerate(zip(onsets, shares, strict=True))
    }
    one = prepared(
        {
            "population.regions": regions,
            "behaviour.late_concentration": concentration,
            "screening.risky_share": share,
        },
        "clockwork",
    )
    risky_from = one.book.regions["risky_from"]
    assert np.dot(one.regions.shares, 1 - risky_from) == pytest.approx(share, abs=1e-12)
    # The row of a bound is risky in part; those above it wholly, those below it not at all.
    tables = one.book.propensities[one.book.regions["propensities"]]
    lives = np.array(one.regions.shares) > 0
    first = np.clip(np.floor(risky_from * ROWS + 1e-9).astype(int), 0, ROWS)
    risky = [table[k:].min() for table, k in zip(tables[lives], first[lives] + 1, strict=True) if k < ROWS]
    others = [table[:k].max() for table, k in zip(tables[lives], first[lives], strict=True) if k > 0]
    # Quantiles below the smallest normal number are 0 or that number.
    assert max(others, default=-1.0) <= min(risky, default=2.0) + np.finfo(float).tiny


def test_the_share_of_the_risky_is_that_of_the_book_in_a_run() -> None:
    """R157: 2,000 borrowers, of whom a tenth is risky, most of them in the region that pays late."""
    regions = {"late": {"share": 0.3, "late_onset": 0.1}, "early": {"share": 0.7, "late_onset": 0.01}}
    scenario = sl.preset("clockwork").replace(
        {
            "population.regions": regions,
            "population.borrowers": 2_000,
            "behaviour.late_concentration": 20.0,
            "screening.risky_share": 0.1,
            "horizon_days": 1,
        }
    )
    study = sl.replicate(scenario, 10, by=["risky", "region"], progress=False)
    assert study.by == ("not risky, late", "not risky, early", "risky, late", "risky, early")
    number = study._tallies.totals["borrowers"]
    share = number[:, 2:].sum() / number.sum()
    assert abs(share - 0.1) <= 4 * np.sqrt(0.1 * 0.9 / number.sum())
    assert number[:, 2].sum() > 9 * number[:, 3].sum()


def test_regions_of_a_file_have_the_numbers_of_those_of_their_name(tmp_path: Any) -> None:
    """R155: shares are those of the rows; a region that only the file has, has the scenario's numbers."""
    file = book_of(tmp_path, limit=[100, 200, 300, 400], outstanding=[50] * 4, region=["b", "a", "b", "b"])
    changes = {"population.portfolio": file, "population.regions": {"b": {"late_onset": 0.5}}}
    one = prepared(changes)
    assert one.regions.names == ("a", "b")
    assert one.regions.shares == (0.25, 0.75)
    assert one.regions.numbers["late_onset"] == (sl.preset("jiebei").behaviour.late_onset, 0.5)
    with pytest.raises(sl.ScenarioError) as caught:
        prepared(changes | {"population.regions": {"c d": {"late_onset": 0.5}}})
    assert str(caught.value) == (
        'population.regions."c d" is Region(late_onset=0.5), but must be a share alone, '
        "since the portfolio has 'a', 'b'."
    )


def test_a_file_without_regions_needs_shares(tmp_path: Any) -> None:
    file = book_of(tmp_path, limit=[100, 200], outstanding=[50, 50])
    changes = {"population.portfolio": file, "population.regions": {"b": {"late_onset": 0.5}}}
    with pytest.raises(sl.ScenarioError, match=r"population\.regions is .*named shares"):
        prepared(changes)
    assert prepared(changes | {"population.regions.b.share": 1.0}).regions.shares == (1.0,)
