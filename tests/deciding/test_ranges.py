"""Over which range a number is varied: by the user, by its provenance, or by default."""

import pytest
from varied import daily

import simlimit as sl
from simlimit.deciding.ranges import read_ranges


def ranges(scenario: sl.Scenario, *fields: str) -> dict[str, tuple[object, str]]:
    read = read_ranges(fields, scenario)
    return {one.name: (one.prior, origin) for one, origin in zip(read.parameters, read.origins, strict=True)}


def test_by_default_a_number_is_halved_and_doubled_within_what_it_may_be() -> None:
    jiebei = sl.preset("jiebei")
    assert ranges(jiebei, "behaviour.late_onset") == {"behaviour.late_onset": ((0.0065, 0.026), "default")}
    assert ranges(jiebei, "behaviour.slip_days")["behaviour.slip_days"][0] == (2, 10)
    assert ranges(jiebei, "review.reviewers")["review.reviewers"][0] == (1, 2)
    # A share near 1 by what it lacks of 1, a score by a step.
    assert ranges(jiebei, "review.approve_share")["review.approve_share"][0] == (0.8, 0.95)
    assert ranges(jiebei, "limits.raise_score")["limits.raise_score"][0] == (0.85, 1.0)


def test_a_range_is_stated_at_the_end_of_a_provenance() -> None:
    stated = daily().replace({"provenance": {"rules.grace_days": "assumed: as elsewhere; range 0 to 5"}})
    assert ranges(stated, "rules.grace_days") == {"rules.grace_days": ((0, 5), "provenance")}
    later = stated.replace({"rules.grace_days": 4})
    assert ranges(later, "rules.grace_days") == {"rules.grace_days": ((2, 8), "default")}


@pytest.mark.parametrize("words", ["4 to 9", "few to many", "3 to 3"])
def test_a_stated_range_must_have_the_value_in_it(words: str) -> None:
    stated = daily().replace({"provenance": {"rules.grace_days": f"assumed: so; range {words}"}})
    with pytest.raises(
        sl.SimlimitError, match=r"range in the provenance of rules.grace_days is .*, and 3 between"
    ):
        ranges(stated, "rules.grace_days")


def test_a_stated_range_must_be_allowed() -> None:
    stated = daily().replace({"provenance": {"rules.min_score": "assumed: so; range 0 to 7"}})
    with pytest.raises(sl.ScenarioError, match=r"rules.min_score is 3.5, but must be a number from 0 to 1"):
        ranges(stated, "rules.min_score")


def test_a_scaled_amount_is_no_longer_in_the_range_of_its_source() -> None:
    source = {"funding.initial": "assumed: so; range 50000 to 100000"}
    larger = sl.preset("jiebei").replace({"provenance": source}).scaled(10_000)
    assert ranges(larger, "funding.initial")["funding.initial"][1] == "default"


@pytest.mark.parametrize("name", sl.presets().index)
def test_every_assumed_number_of_a_preset_is_varied_or_named(name: str) -> None:
    scenario = sl.preset(name)
    read = read_ranges("assumed", scenario)
    varied = {one.name for one in read.parameters}
    assert not varied & set(read.left_out)
    assert not varied & {"horizon_days", "warmup_days", "population.borrowers"}
    assert all(scenario.source(field).startswith("assumed") for field in varied)


def test_the_numbers_of_elements_and_regions_are_varied_too() -> None:
    scenario = sl.preset("jiebei").replace(
        {
            "population.regions.east.late_onset": 0.02,
            "shocks": [{"kind": "tightening", "at": 400, "duration_days": 30, "size": 0.2}],
        }
    )
    read = read_ranges("assumed", scenario)
    priors = {one.name: one.prior for one in read.parameters}
    assert priors["population.regions.east.late_onset"] == (0.01, 0.04)
    assert priors["shocks[0].duration_days"] == (15, 60)
    assert priors["funding.facilities[1].daily_inflow"] == (4000.0, 16000.0)
    assert {"shocks[0].at", "population.regions.east.share"}.isdisjoint(priors)


def test_the_presets_state_ranges_that_their_sources_have() -> None:
    assert ranges(sl.preset("jiebei"), "economy.sd") == {"economy.sd": ((0.13, 0.38), "provenance")}
    stated = [
        (name, field)
        for name in sl.presets().index
        for field, source in sl.preset(name).provenance.items()
        if "; range " in source
    ]
    assert len(stated) >= 5
    for name, field in stated:
        assert ranges(sl.preset(name), field)[field][1] == "provenance"
