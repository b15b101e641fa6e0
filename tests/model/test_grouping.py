"""Groups by one attribute or several: they are all combinations, and make up the book."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simlimit as sl
from simlimit.model.grouping import MOST_GROUPS, make_grouping

SMALL = sl.preset("jiebei").replace({"population.borrowers": 200, "horizon_days": 200, "warmup_days": 0})


def test_groups_by_several_attributes_are_all_combinations() -> None:
    """The last attribute changes fastest."""
    labels = make_grouping(["watched", "score", "region"], (0.5,), ("east", "west")).labels
    assert labels[:3] == (
        "not watched, below 0.5, east",
        "not watched, below 0.5, west",
        "not watched, 0.5 and above, east",
    )
    assert len(labels) == 8
    assert (
        make_grouping(["region"], (), ("a",)).labels == make_grouping("region", (), ("a",)).labels == ("a",)
    )


def test_crossed_groups_sum_to_those_of_each_attribute() -> None:
    """Who is in `east, below 0.8` is in `east` by region, and in `below 0.8` by score."""
    crossed = sl.replicate(SMALL, 3, by=["region", "score"], bands=(0.6, 0.8), progress=False)
    by_region = sl.replicate(SMALL, 3, progress=False)
    by_score = sl.replicate(SMALL, 3, by="score", bands=(0.6, 0.8), progress=False)
    assert crossed.by == tuple(f"{one}, {two}" for one in by_region.by for two in by_score.by)
    for name in ("ended_holds", "ended_cents", "followed_holds", "followed_cents"):
        cells = getattr(crossed._tallies, name)
        cells = cells.reshape(len(cells), len(by_region.by), len(by_score.by), *cells.shape[2:])
        assert (cells.sum(axis=2) == getattr(by_region._tallies, name)).all(), name
        assert (cells.sum(axis=1) == getattr(by_score._tallies, name)).all(), name
    assert np.count_nonzero(crossed._tallies.totals["borrowers"].sum(axis=0)) > len(by_region.by)


def test_a_crossed_group_is_asked_for_by_its_label() -> None:
    study = sl.replicate(SMALL, 3, by=["region", "watched"], progress=False)
    assert study.groups().index.get_level_values("group").unique().to_list() == list(study.by)
    assert study.delay_curve(group="east, not watched")["at_risk"].iloc[0] > 0
    assert len(study.quantiles((0.5,), group="west, not watched")) == 1
    with pytest.raises(sl.SimlimitError, match=r"^group is .east., but must be one of: east, not watched"):
        study.delay_curve(group="east")


def test_a_comparison_and_a_sweep_have_crossed_groups_too() -> None:
    weekly = SMALL.replace({"evaluation.period_days": 7})
    options: dict[str, Any] = {"by": ["lenders", "risky"], "progress": False}
    compared = sl.compare({"now": SMALL, "weekly": weekly}, 2, **options)
    swept = sl.sweep(SMALL, {"population.regions.east.late_onset": [0.0, 0.2]}, 2, **options)
    for study in [*compared.studies.values(), *swept.studies.values()]:
        assert study.by[:2] == ("no other lender, not risky", "no other lender, risky")


@pytest.mark.parametrize(
    ("by", "bands", "sentence"),
    [
        ([], (), "by is empty, but must have at least one of: region"),
        (["region", "age"], (), "a name in by is 'age', but must be one of: region"),
        (["region", "region"], (), "by is ['region', 'region'], but must be attributes that differ"),
        (
            ["score", "limit"],
            (0.5,),
            "by is ['score', 'limit'], but must be attributes that differ, at most one",
        ),
        (["region", "score"], (), "bands is (), but must be 1 to 254 ascending numbers"),
        (["region", "watched"], (1,), "bands is (1,), but must be empty: region has groups of its own"),
        (
            ["region", "watched"],
            (),
            f"by is ['region', 'watched'], but 256 groups are more than {MOST_GROUPS}",
        ),
        (iter(["region"]), (), "a name in by is <"),
    ],
)
def test_what_is_no_grouping_is_refused(by: Any, bands: Any, sentence: str) -> None:
    with pytest.raises(sl.SimlimitError) as caught:
        make_grouping(by, bands, tuple(map(str, range(128))))
    assert str(caught.value).startswith(sentence)
