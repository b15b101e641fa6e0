"""Regions that differ, as fields: how they are written, changed by path, compared and refused."""

import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import simlimit as sl
from simlimit.errors import ScenarioError
from simlimit.scenario import Scenario, dumps
from simlimit.scenario.parts import Behaviour, Population, Review, Screening
from simlimit.scenario.paths import dotted, steps_of
from simlimit.scenario.regions import Region
from simlimit.scenario.scenario import field_values, in_regions
from simlimit.scenario.toml import parse

OWN = [name for name in Region.model_fields if name != "share"]
WHOLE = {
    name: part
    for part in (Population, Behaviour, Screening, Review)
    for name in part.model_fields
    if name in OWN
}

words = st.text(min_size=1, max_size=8) | st.sampled_from(["a.b", 'a"b', "[0]", "a\\", "北京", "a b", "x=y"])
numbers = st.fixed_dictionaries({}, optional={name: st.floats(0.01, 0.9) for name in OWN})


@st.composite
def different_regions(draw):
    """Regions with numbers of their own, or only a share; shares of parts of 4,096 sum to 1 exactly."""
    names = draw(st.lists(words, min_size=1, max_size=5, unique=True))
    weights = [draw(st.integers(0, 4096 // 5)) for _ in names[1:]]
    shares = [(4096 - sum(weights)) / 4096, *(weight / 4096 for weight in weights)]
    return {name: {"share": share, **draw(numbers)} for name, share in zip(names, shares, strict=True)}


def refusal(action):
    with pytest.raises(ScenarioError) as caught:
        action()
    return str(caught.value)


def with_regions(**regions):
    return Scenario().replace({"population.regions": regions})


@settings(max_examples=40)
@given(regions=different_regions(), comments=st.booleans())
def test_writing_and_reading_back_loses_nothing(regions, comments):
    scenario = Scenario().replace({"population.regions": regions})
    assert Scenario(**parse(dumps(scenario, comments), "text")) == scenario
    assert Scenario(**scenario.model_dump()) == scenario


@settings(max_examples=40)
@given(regions=different_regions(), data=st.data())
def test_the_path_of_each_number_sets_it_and_nothing_else(regions, data):
    scenario = Scenario().replace({"population.regions": regions})
    region, field = data.draw(st.sampled_from([*regions])), data.draw(st.sampled_from(OWN))
    path = dotted(("population", "regions", region, field))
    changed = scenario.replace({path: 0.95})
    assert getattr(changed.population.regions[region], field) == 0.95
    assert scenario.diff(changed).index.to_list() == [path]
    assert changed.source(path) == "assumed: set by the user"
    assert changed.replace({path: regions[region].get(field)}) == scenario.replace(
        {"provenance": changed.provenance}
    )


@given(
    path=st.lists(words | st.integers(0, 999), min_size=1, max_size=5).filter(
        lambda it: it[0] in [*map(str, it)]
    )
)
@example(path=["a", 0, "b.c", '"', "\n"])
def test_a_path_that_is_written_is_read_as_it_was(path):
    assert steps_of(dotted(tuple(path))) == tuple(path)


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a.", "[0]", 'a."b', 'a."b"c', "a[x]", "a[0]b", 'a."\\q"', "a[]"]
)
def test_what_is_no_path_is_one_name(text):
    assert steps_of(text) == (text,)


def test_a_table_with_only_a_share_is_that_share():
    assert with_regions(a={"share": 0.25}, b=Region(share=0.75)) == with_regions(a=0.25, b=0.75)
    own = with_regions(a=0.25, b=0.75).replace({"population.regions.b.late_onset": 0.1})
    assert own.population.regions["b"] == Region(share=0.75, late_onset=0.1)
    assert own.replace({"population.regions.b.late_onset": None}).population.regions["b"] == 0.75


def test_shares_are_changed_by_their_paths():
    halves = {"population.regions.a.share": 0.5, "population.regions.b.share": 0.5}
    assert with_regions(a=0.25, b=0.75).replace(halves).population.regions == {"a": 0.5, "b": 0.5}
    assert with_regions(a=1.0).replace(halves).population.regions == {"a": 0.5, "b": 0.5}


def test_a_name_needs_quotes_only_if_it_is_no_plain_word():
    scenario = with_regions(**{"north.east": 0.5, "东": 0.5})
    assert [name for name in field_values(scenario) if name.endswith(".share")] == [
        'population.regions."north.east".share',
        "population.regions.东.share",
    ]
    same = [{'population.regions."东".late_onset': 0.1}, {"population.regions.东.late_onset": 0.1}]
    assert scenario.replace(same[0]) == scenario.replace(same[1])


def test_the_order_of_regions_is_a_difference():
    assert with_regions(a=0.5, b=0.5).diff(with_regions(b=0.5, a=0.5)).index.to_list() == [
        "population.regions"
    ]


@pytest.mark.parametrize("name", OWN)
def test_a_region_has_the_range_of_the_number_for_which_it_stands(name):
    """Both refuse the same numbers in the same words; a region need not say any."""
    for value in (-1, -1e-9, 0, 0.005, 0.5, 1, 1 + 1e-9, 1.5, 2, 365, 1e9, 1e10, math.nan, "0.5", True):
        said = []
        for part in (WHOLE[name], Region):
            try:
                part(**{name: value})
            except ScenarioError as error:
                said.append(error.problem)
            else:
                said.append("allowed")
        assert said[0] == said[1], (name, value)
    assert getattr(Region(**{name: None}), name) is None


def test_what_a_region_does_not_name_is_that_of_the_scenario():
    scenario = with_regions(a={"share": 0.5, "watch_share": 0.2}, b=0.5).replace({"review.watch_share": 0.1})
    assert in_regions(scenario, "watch_share", ["b", "a"]) == (0.1, 0.2)
    assert in_regions(scenario, "late_onset", ["b", "a"]) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"population.regions.a.late_onset": 1.0},
            "population.regions.a.late_onset is 1.0, but must be a number",
        ),
        (
            {"population.regions.a.onset": 0.1},
            "population.regions.a.onset is not a field, but must be one of: ",
        ),
        (
            {"population.regions.a.share": 0.6},
            "population.regions is {'a': 0.6, 'b.c': 0.5}, but must be 1 to",
        ),
        (
            {"population.regions.aa.late_onset": 0.1},
            "population.regions is {'a': 0.5, 'b.c': 0.5, 'aa': Region(late_onset=0.1)}, but must be 1 to",
        ),
        (
            {'population.regions."b.c".slip_share': -1},
            'population.regions."b.c".slip_share is -1, but must be a number from 0 to 1',
        ),
        ({"population.regions": {"b.c": {"share": 1, "x": 1}}}, 'population.regions."b.c".x is not a field'),
        ({"population.regions[0].share": 1}, "population.regions[0].share is not a field"),
        ({"population.regions.a": None}, "population.regions.a is None, but must be"),
        ({"population.regions.a": "much"}, "population.regions.a is 'much', but must be"),
        (
            {"population.regions.a.utilisation_mean": 1.2, "population.utilisation_concentration": 2.0},
            "population.regions.a.utilisation_mean is 1.2, but must be at most 1 when utilisation_conc",
        ),
    ],
)
def test_the_sentences(changes, sentence):
    scenario = with_regions(**{"a": 0.5, "b.c": 0.5})
    assert refusal(lambda: scenario.replace(changes)).startswith(sentence)


def test_with_a_portfolio_a_region_needs_no_share():
    regions = {"a": {"late_onset": 0.1}}
    assert refusal(lambda: with_regions(**regions)).startswith(
        "population.regions is {'a': Region(late_onset=0.1)}"
    )
    fields = {"population.regions": regions, "population.portfolio": "book.csv"}
    assert Scenario().replace(fields).population.regions["a"] == Region(late_onset=0.1)


def test_a_notebook_shows_what_a_region_has_of_its_own():
    html = with_regions(a={"share": 0.5, "late_onset": 0.125}, b=0.5)._repr_html_()
    assert "population.regions.a.late_onset" in html
    assert "population.regions.a.slip_share" not in html
    assert "Only in clockwork: population.regions.all." in html


def test_a_desk_that_only_a_region_uses_is_in_use():
    scenario = with_regions(a={"share": 0.5, "watch_share": 0.5}, b=0.5)
    with pytest.warns(sl.SimlimitWarning, match="reviewers"):
        scenario.scaled(1)
