"""A scenario: frozen, validated field by field and across fields, changed by dotted names."""

import copy
import datetime
import inspect
import math
import pickle
import pydoc
import re
from typing import Literal, get_args, get_origin

import annotated_types
import numpy as np
import pandas as pd
import pytest

from simlimit.errors import ScenarioError, SimlimitError
from simlimit.scenario import Scenario, preset
from simlimit.scenario.parts import (
    LEVER_KINDS,
    Behaviour,
    Calendar,
    Economy,
    Evaluation,
    Facility,
    Funding,
    Lever,
    Limits,
    Population,
    Product,
    Reaction,
    Review,
    Rules,
    Screening,
    Shock,
    Weights,
)
from simlimit.scenario.scenario import field_values

NEEDED = {
    Facility: {"name": "bank"},
    Shock: {"kind": "cap", "at": 1, "size": 5},
    Lever: {"kind": "appeal"},
}
PARTS = [
    Scenario,
    Population,
    Behaviour,
    Product,
    Evaluation,
    Rules,
    Screening,
    Weights,
    Review,
    Facility,
    Funding,
    Limits,
    Shock,
    Economy,
    Calendar,
    Reaction,
    Lever,
]
FIELDS = [(part, name) for part in PARTS for name in part.model_fields]
DAY = datetime.date(2020, 1, 1)
NOON = datetime.datetime(2020, 1, 1, 12)
DAYS = ("at", "start", "end")
"""Fields that take a day or a date."""


def kinds(part, name):
    """The plain types that a field takes: of `float | None`, float and NoneType."""
    annotation = part.model_fields[name].annotation
    return get_args(annotation) if type(None) in get_args(annotation) else (annotation,)


def is_number(part, name):
    return bool({int, float} & set(kinds(part, name)))


def edges(part, name):
    """Values just outside the range of a number."""
    for sorts, outward in (
        ((annotated_types.Ge, annotated_types.Gt), -math.inf),
        ((annotated_types.Le, annotated_types.Lt), math.inf),
    ):
        constraint = next(c for c in part.model_fields[name].metadata if isinstance(c, sorts))
        limit = next(
            getattr(constraint, kind) for kind in ("ge", "gt", "le", "lt") if hasattr(constraint, kind)
        )
        if int in kinds(part, name):
            yield int(limit + math.copysign(1, outward))
        elif isinstance(constraint, annotated_types.Gt | annotated_types.Lt):
            yield float(limit)
        else:
            yield math.nextafter(limit, outward)


def wrong_values(part, name):
    """Values of the wrong type, and just out of range."""
    if name in DAYS:
        yield from (-1, 30_001, 7.0, 7.5, True, "7", "2020-01-01", math.nan, [1], {}, NOON, pd.NaT)
        yield from (pd.Timestamp("2020-01-01", tz="UTC"), np.datetime64("NaT"), np.timedelta64(1, "D"))
        yield from () if type(None) in kinds(part, name) else (None,)
    elif is_number(part, name):
        yield from edges(part, name)
        yield from (True, "7", math.nan, math.inf, -math.inf, [1], {})
        if float not in kinds(part, name):
            yield from (7.0, 7.5)
    elif bool in kinds(part, name):
        yield from (0, 1, "true", None, [])
    elif datetime.date in kinds(part, name):
        yield from ("2020-01-01", 0, NOON, None, datetime.date(1899, 12, 31), datetime.date(2151, 1, 1))
    elif get_origin(kinds(part, name)[0]) is Literal:
        yield from ("other", 1, [])
    elif str in kinds(part, name) or name in ("portfolio", "name"):
        yield from (5, b"text", ["text"], "x" * 10_001)
    elif get_origin(part.model_fields[name].annotation) is tuple:
        yield from (5, "text", {}, {0.5}, [None], [True], None)
    else:
        yield from (5, [1], None, {1: 2})
        yield "" if name == "holidays" else "text"  # whether there is such a country is seen before a run
    literal = get_origin(kinds(part, name)[0]) is Literal
    if type(None) not in kinds(part, name) and (is_number(part, name) or literal):
        yield None


WRONG = [
    pytest.param(part, name, value, id=f"{part.__name__}.{name}-{position}")
    for part, name in FIELDS
    for position, value in enumerate(wrong_values(part, name))
]


def refusal(action):
    """The one sentence with which something is refused."""
    with pytest.raises(ScenarioError) as refused:
        action()
    message = str(refused.value)
    assert "\n" not in message
    assert "pydantic" not in message
    assert message.endswith((".", "?"))
    return message


def test_there_are_more_than_a_hundred_wrong_values():
    assert len(WRONG) > 500


@pytest.mark.parametrize(("part", "name", "value"), WRONG)
def test_a_wrong_value_is_refused_in_a_sentence_that_names_the_field(part, name, value):
    message = refusal(lambda: part(**(NEEDED.get(part, {}) | {name: value})))
    place = ".".join((*part.place, name))
    assert message.startswith(f"{place} is ")
    assert ", but must be " in message


@pytest.mark.parametrize("name", [name for name in Scenario.leaves() if "." in name])
def test_a_wrong_value_deep_in_a_scenario_is_refused_by_its_full_name(name):
    message = refusal(lambda: Scenario().replace({name: object()}))
    assert message.startswith(f"{name} is <object object at ")


@pytest.mark.parametrize("part", PARTS)
def test_an_unknown_field_is_refused_at_every_level(part):
    message = refusal(lambda: part(**NEEDED.get(part, {}), unheard_of=1))
    name = ".".join((*part.place, "unheard_of"))
    assert message.startswith(f"{name} is not a field, but must be one of: ")
    [*shown] = message.partition("one of: ")[2].partition(" .. ")[0].rstrip(".").split(", ")
    assert {*shown} <= {*part.model_fields, *part.leaves()}
    assert len(shown) == 3 or len(shown) <= 8


@pytest.mark.parametrize(
    ("values", "what", "rule"),
    [
        (
            {"evaluation": {"period_days": 0}},
            "evaluation.period_days is 0",
            "a whole number from 1 to 3650 (days)",
        ),
        (
            {"screening": {"weights": {"lenders": 21}}},
            "screening.weights.lenders is 21",
            "a number from -20 to 20 (logits)",
        ),
        (
            {"shocks": [{"kind": "cap", "at": -1}]},
            "shocks[0].at is -1",
            "a date, or a whole number from 0 to 30000 (day)",
        ),
        (
            {"shocks": [{"at": 1}]},
            "shocks[0].kind is missing",
            "freeze, tightening, watch_list, liquidity_squeeze, limit_cut, cap, cancellation, downturn or "
            "amnesty",
        ),
        (
            {"levers": [{"kind": "appeal"}, {"kind": "plan", "strength": 2}]},
            "levers[1].strength is 2",
            "a number from 0 to 1 (share)",
        ),
        (
            {"funding": {"facilities": [{"name": "a"}, {"name": ""}]}},
            "funding.facilities[1].name is ''",
            "text of 1 to 1000 characters",
        ),
    ],
)
def test_the_sentences(values, what, rule):
    assert refusal(lambda: Scenario(**values)) == f"{what}, but must be {rule}."


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"evaluation": {"perod": 1}}, "evaluation.perod is not a field, but must be one of: period_days, "),
        ({"period_days": 1}, "period_days is not a field, but must be one of: evaluation.period_days, "),
    ],
)
def test_an_unknown_field_is_refused_with_the_one_that_is_meant(values, sentence):
    assert refusal(lambda: Scenario(**values)).startswith(sentence)


@pytest.mark.parametrize(
    ("changes", "what", "rule"),
    [
        (
            {"horizon_days": 10, "warmup_days": 10},
            "warmup_days is 10",
            "less than horizon_days, which is 10 (days)",
        ),
        (
            {"screening.flag_days": 0.5},
            "screening.flag_days is 0.5",
            "0 or a number from 1 to 30000 (days)",
        ),
        (
            {"population.regions": {}},
            "population.regions is {}",
            "1 to 32767 named shares from 0 to 1 that sum to 1",
        ),
        (
            {"population.regions": {"a": 0.5}},
            "population.regions is {'a': 0.5}",
            "1 to 32767 named shares from 0 to 1 that sum to 1",
        ),
        (
            {"population.limit_low": 2, "population.limit_high": 1},
            "population.limit_low is 2.0",
            "at most limit_high, which is 1",
        ),
        (
            {"population.utilisation_mean": 1.2, "population.utilisation_concentration": 3},
            "population.utilisation_mean is 1.2",
            "at most 1 when utilisation_concentration is set",
        ),
        (
            {"behaviour.draw_share": (0.5, 0.4)},
            "behaviour.draw_share is (0.5, 0.4)",
            "a list of two numbers from 0 to 1, the smaller first (share of available)",
        ),
        (
            {"product.cycle_days": 3},
            "behaviour.slip_days is 3",
            "less than product.cycle_days, which is 3 (days)",
        ),
        (
            {"evaluation.duration_days": 30},
            "evaluation.duration_days is 30",
            "less than period_days, which is 30 (days)",
        ),
        (
            {"limits.cut_score": 0.6, "limits.raise_score": 0.5},
            "limits.cut_score is 0.6",
            "at most raise_score, which is 0.5",
        ),
        (
            {"funding.facilities": [{"name": "a", "start": 5, "end": 5}]},
            "funding.facilities[0].end is 5",
            "later than start, which is 5",
        ),
        (
            {"shocks": [{"kind": "freeze", "duration_days": 1}]},
            "shocks[0].at is None",
            "a date or a day from 0 to 30000, or else per_year must be set",
        ),
        (
            {"shocks": [{"kind": "cap", "at": 1, "per_year": 1}]},
            "shocks[0].per_year is 1.0",
            "not set when at is",
        ),
        (
            {"shocks": [{"kind": "freeze", "at": 1}]},
            "shocks[0].duration_days is 0",
            "a whole number from 1 to 30000 (days) for the shock freeze",
        ),
        (
            {"shocks": [{"kind": "cap", "at": 1}]},
            "shocks[0].size is 0.0",
            "a number from 0.01 to 1000000000 (currency units) for the shock cap",
        ),
        (
            {"shocks": [{"kind": "cap", "at": 1, "duration_days": 1}]},
            "shocks[0].duration_days is 1",
            "0 for the shock cap, which happens at once",
        ),
        (
            {"shocks": [{"kind": "limit_cut", "at": 1, "size": 2}]},
            "shocks[0].size is 2.0",
            "a number from 0 to 1 for the shock limit_cut",
        ),
        (
            {"shocks": [{"kind": "cancellation", "at": 1, "size": 1}]},
            "shocks[0].size is 1.0",
            "0 for the shock cancellation, which has no size",
        ),
        (
            {"shocks": [{"kind": "cancellation", "at": 1, "regions": ["x"]}]},
            "shocks[0].regions is ('x',)",
            "among 'all'",
        ),
        (
            {"shocks": [{"kind": "liquidity_squeeze", "at": 1, "duration_days": 1, "regions": ["all"]}]},
            "shocks[0].regions is ('all',)",
            "empty for the shock liquidity_squeeze, which covers the whole pool",
        ),
        (
            {"shocks": [{"kind": "liquidity_squeeze", "at": 1, "duration_days": 1, "score_below": 1}]},
            "shocks[0].score_below is 1.0",
            "not set for the shock liquidity_squeeze, which covers the whole pool",
        ),
        (
            {"reaction.appeal_share": 0.75, "reaction.lender_share": 0.5},
            "reaction.lender_share is 0.5",
            "at most 1 - appeal_share, which is 0.25",
        ),
        (
            {"levers": [{"kind": "diversify"}]},
            "levers[0].product is None",
            "credit-loan, small-business or supply-chain for the lever diversify",
        ),
        (
            {"levers": [{"kind": "plan", "product": "credit-loan"}]},
            "levers[0].product is 'credit-loan'",
            "not set for the lever plan",
        ),
        (
            {"levers": [{"kind": "more_funding", "uptake": 0.5}]},
            "levers[0].uptake is 0.5",
            "1 for the lever more_funding, which has no takers",
        ),
        (
            {"levers": [{"kind": "plan"}, {"kind": "appeal"}, {"kind": "plan", "strength": 0.1}]},
            "levers[2].kind is 'plan'",
            "a kind that no lever before it has",
        ),
        (
            {"provenance": {"rules": "guessed"}},
            "provenance.rules is 'guessed'",
            "texts that begin with measured, reported, fitted or assumed, by the name of a field",
        ),
        ({"provenance": {"rule": "assumed"}}, "provenance is 'rule'", "about a field of the scenario"),
        (
            {"provenance": {"shocks[0]": "assumed"}},
            "provenance is 'shocks[0]'",
            "about a field of the scenario",
        ),
        (
            {"levers": [{"kind": "plan"}], "provenance": {"levers[0].size": "assumed"}},
            "provenance is 'levers[0].size'",
            "about a field of the scenario",
        ),
    ],
)
def test_fields_that_do_not_fit_together_are_refused_by_naming_one(changes, what, rule):
    assert refusal(lambda: Scenario().replace(changes)) == f"{what}, but must be {rule}."


def test_regions_of_shocks_are_the_portfolios_when_there_is_one():
    shock = {"kind": "cancellation", "at": 1, "regions": ["x"]}
    scenario = Scenario().replace({"shocks": [shock], "population.portfolio": "book.csv"})
    assert scenario.shocks[0].regions == ("x",)


def test_all_levers_can_be_pulled_together():
    levers = [
        {"kind": kind} | ({"product": "supply-chain"} if kind == "diversify" else {}) for kind in LEVER_KINDS
    ]
    assert [lever.kind for lever in Scenario().replace({"levers": levers}).levers] == list(LEVER_KINDS)
    assert get_args(Lever.model_fields["kind"].annotation) == LEVER_KINDS


def complaint(action):
    """The sentence with which something is refused, empty if it is not."""
    try:
        action()
    except ScenarioError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("part", "name"), [field for field in FIELDS if is_number(*field)])
def test_a_closed_end_of_a_range_is_within_it(part, name):
    info = part.model_fields[name]
    ends = [getattr(constraint, kind, None) for constraint in info.metadata for kind in ("ge", "le")]
    for end in (end for end in ends if end is not None):
        # Only a rule that involves another field may refuse it, in other words.
        said = complaint(lambda end=end: part(**(NEEDED.get(part, {}) | {name: end})))
        assert info.json_schema_extra["allowed"] not in said


@pytest.mark.parametrize(("part", "name"), FIELDS)
def test_each_field_says_its_meaning_and_what_it_may_be(part, name):
    info = part.model_fields[name]
    if is_number(part, name):
        assert info.json_schema_extra["unit"] in info.description
    assert info.json_schema_extra["allowed"]
    assert len(info.description) > 10


def test_numbers_of_numpy_are_numbers():
    made = Evaluation(
        period_days=np.int64(7), utilisation_weight=np.float64(0.5), straight_through=np.bool_(False)
    )
    assert made == Evaluation(period_days=7, utilisation_weight=0.5, straight_through=False)
    assert type(made.period_days) is int
    assert type(made.utilisation_weight) is float


@pytest.mark.parametrize(
    "listed",
    [list, tuple, iter, np.array, pd.Series, pd.Index, pd.array],
    ids=lambda listed: listed.__name__,
)
def test_what_a_list_has_is_read_as_what_stands_alone(listed):
    """Midnights and numbers of numpy and pandas, and their own kinds of lists."""
    day = datetime.date(2026, 3, 2)
    for midnights in ([day], [np.datetime64(day)], [pd.Timestamp(day)]):
        calendar = Calendar(holidays=listed(midnights), workdays=listed(midnights))
        assert calendar == Calendar(holidays=[day], workdays=[day])
        assert {type(one) for one in calendar.holidays + calendar.workdays} == {datetime.date}
    product = Product(clearing_days=listed([np.int64(3), np.int64(5)]))
    assert product == Product(clearing_days=(3, 5))
    assert {type(one) for one in product.clearing_days} == {int}


def test_whole_numbers_are_good_for_numbers():
    assert type(Evaluation(utilisation_weight=1).utilisation_weight) is float


def test_a_scenario_is_frozen():
    scenario = Scenario()
    with pytest.raises(ScenarioError, match=r"^horizon_days cannot be set"):
        scenario.horizon_days = 5
    with pytest.raises(TypeError):
        scenario.population.regions["all"] = 0.5


def test_equal_scenarios_are_equal_and_hash_alike():
    one, other = (Scenario().replace({"population.regions": {"a": 0.5, "b": 0.5}}) for _ in range(2))
    assert one == other
    assert hash(one) == hash(other)
    assert one != Scenario()
    assert one != Scenario().replace({"population.regions": {"b": 0.5, "a": 0.5}})


def test_a_scenario_survives_pickling_and_copying():
    scenario = Scenario().replace({"population.regions": {"a": 0.5, "b": 0.5}})
    assert pickle.loads(pickle.dumps(scenario)) == scenario
    assert copy.deepcopy(scenario) == scenario


def test_an_error_survives_pickling():
    with pytest.raises(ScenarioError) as refused:
        Evaluation(period_days=0)
    again = pickle.loads(pickle.dumps(refused.value))
    assert str(again) == str(refused.value)
    assert again.field == ("period_days",)


def test_errors_are_value_errors():
    assert issubclass(ScenarioError, SimlimitError)
    assert issubclass(SimlimitError, ValueError)


def test_a_scenario_shows_itself_in_a_line():
    assert repr(Scenario()) == str(Scenario()) == "Scenario('clockwork': 1000 borrowers, 720 days)"


def test_a_scenario_is_plain_data_on_demand():
    assert Scenario().model_dump()["population"]["regions"] == {"all": 1.0}


DOORS = {
    "model_copy": lambda days: Scenario().model_copy(update={"horizon_days": days}),
    "copy": lambda days: Scenario().copy(update={"horizon_days": days}),
    "model_construct": lambda days: Scenario.model_construct(horizon_days=days),
    "construct": lambda days: Scenario.construct(horizon_days=days),
    "model_validate": lambda days: Scenario.model_validate({"horizon_days": days}),
    "parse_obj": lambda days: Scenario.parse_obj({"horizon_days": days}),
}


@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecatedSince20")
@pytest.mark.parametrize("door", DOORS)
def test_the_methods_of_pydantic_check_like_ours(door):
    assert DOORS[door](100) == Scenario(horizon_days=100, provenance=DOORS[door](100).provenance)
    for days in (0, -1, math.nan, "7", None):
        with pytest.raises(ScenarioError, match=r"^horizon_days is .*, but must be a whole number"):
            DOORS[door](days)


def test_a_copy_takes_the_dotted_names_of_replace():
    changes = {"evaluation.period_days": 7, "shocks": [{"kind": "freeze", "at": 3, "duration_days": 2}]}
    assert Scenario().model_copy(update=changes) == Scenario().replace(changes)
    assert Scenario().model_copy() == Scenario().model_copy(deep=True) == Scenario()
    with pytest.raises(ScenarioError, match=r"^evaluation\.period_days is 0, but must be"):
        Evaluation().model_copy(update={"period_days": 0})


@pytest.mark.parametrize("part", [Scenario(), Evaluation(), Shock(kind="cap", at=1, size=5)])
def test_a_field_cannot_be_set_or_deleted(part):
    for name in (*type(part).model_fields, "unheard_of"):
        with pytest.raises(ScenarioError, match=rf"{name} cannot be set, but scenario\.replace returns"):
            setattr(part, name, 1)
        with pytest.raises(ScenarioError, match=rf"{name} cannot be set, but scenario\.replace returns"):
            delattr(part, name)


@pytest.mark.parametrize(
    "door", ["from_orm", "model_validate_json", "model_validate_strings", "parse_file", "parse_raw"]
)
@pytest.mark.parametrize("given", ["{", b'{"period_days": 0}', {"period_days": "7"}, 7, None])
def test_doors_of_pydantic_that_lead_nowhere_say_where_to_go(door, given):
    for part in (Scenario, Evaluation, Lever):
        message = refusal(lambda: getattr(part, door)(given))  # noqa: B023
        assert message == f"{part.__name__} takes its fields by name, and simlimit.load reads them from TOML."


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("given", [7, "evaluation", [1], {7: 7}, {"period_days": 0}, {"unheard_of": 1}])
def test_doors_of_pydantic_that_are_open_refuse_in_our_words(given):
    for enter in (
        Evaluation.parse_obj,
        Evaluation.validate,
        Evaluation.model_validate,
        lambda values: Evaluation().copy(update=values),
        lambda values: Evaluation().model_copy(update=values),
    ):
        assert "validation error" not in refusal(lambda: enter(given))  # noqa: B023


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Scenario(7), "7 has no name, but fields are given by name."),
        (lambda: Scenario().replace(7), "changes is 7, but must be a mapping of fields to values."),
        (lambda: Scenario().replace(None), "changes is None, but must be"),
        (lambda: Scenario.model_validate(7), "obj is 7, but must be a mapping"),
        (lambda: Scenario.model_validate({7: 7}), "obj is {7: 7}, but must be a mapping"),
        (lambda: Scenario().source(7), "name is of type int, but must be a str."),
        (lambda: Scenario().source("evaluation.days"), "evaluation.days is not a field, but"),
        (lambda: Scenario().save(7), "path is 7, but must be the path of a file"),
        (lambda: Scenario().save("null\0.toml"), "path is 'null\\x00.toml', but must be the path of a file"),
        (lambda: preset(7), "name is of type int, but must be a str."),
        (lambda: preset(["jiebei"]), "name is of type list, but must be a str."),
        (lambda: Scenario().diff(np.float64(7)), "other is 7.0, but must be a Scenario"),
    ],
)
def test_what_is_no_argument_is_refused_in_a_sentence(call, said):
    with pytest.raises(SimlimitError) as caught:
        call()
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"provenance": {"horizon_days": 900}},
            "provenance.horizon_days is 900, but must be",
        ),
        (
            {"population.regions": {"north": 0.5, "south": -0.5}},
            "population.regions.south is -0.5, but must be",
        ),
        ({"population.regions": {"north": math.nan}}, "population.regions.north is nan, but must be"),
        ({"population.regions": {"": 1.0}}, "population.regions is {'': 1.0}, but must be"),
    ],
)
def test_the_entry_of_a_mapping_that_is_wrong_is_named(changes, said):
    with pytest.raises(ScenarioError) as caught:
        Scenario().replace(changes)
    assert str(caught.value).startswith(said)


def test_replace_makes_a_new_scenario():
    scenario = Scenario()
    weekly = scenario.replace({"evaluation.period_days": 7, "population.borrowers": 5_000})
    assert (weekly.evaluation.period_days, weekly.population.borrowers) == (7, 5_000)
    assert scenario == Scenario()


def test_replace_takes_deep_fields_whole_parts_and_lists():
    scenario = Scenario().replace(
        {
            "screening.weights.lenders": 1,
            "evaluation.utilisation_weight": 0.9,
            "evaluation": Evaluation(period_days=9, utilisation_weight=0.1),
            "rules": {"grace_days": 5},
            "shocks": [Shock(kind="cap", at=1, size=5)],
        }
    )
    assert scenario.screening.weights == Weights(lenders=1)
    assert scenario.evaluation == Evaluation(period_days=9, utilisation_weight=0.9)
    assert scenario.rules == Rules(grace_days=5)
    assert scenario.shocks == (Shock(kind="cap", at=1, size=5),)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("evaluation.period_day", "evaluation.period_days"),
        ("period_days", "evaluation.period_days"),
        ("evaluation.period_days.x", "evaluation.period_days"),
        ("shock", "shocks"),
    ],
)
def test_replace_refuses_an_unknown_name_with_the_nearest_three_and_the_place_of_all(name, meant):
    message = refusal(lambda: Scenario().replace({name: 1}))
    assert message.startswith(f"{name} is not a field, but must be one of: {meant}, ")
    assert re.fullmatch(r"[^:]*: \S+, \S+, \S+ \.\. \(\d+ in `simlimit scenario clockwork`\)\.", message)


def test_what_is_replaced_is_assumed_and_its_old_sources_are_gone():
    before = Scenario().replace(
        {
            "shocks": [{"kind": "cap", "at": 1, "size": 5}],
            "provenance": {
                "rules.grace_days": "reported: somewhere",
                "rules.clean_days": "measured: there",
                "shocks": "reported: x",
                "shocks[0]": "reported: y",
                "shocks[0].size": "reported: z",
            },
        }
    )
    assert before.source("shocks[0].at") == "reported: y"
    after = before.replace({"rules.grace_days": 5, "shocks": [], "name": "after"})
    assert after.provenance == {
        "rules.clean_days": "measured: there",
        "rules.grace_days": "assumed: set by the user",
        "shocks": "assumed: set by the user",
    }


def test_an_element_of_a_list_has_a_source_of_its_own_or_that_of_the_list():
    scenario = Scenario().replace(
        {
            "levers": [{"kind": "plan"}, {"kind": "appeal"}],
            "provenance": {"levers": "assumed", "levers[1].strength": "reported: there"},
        }
    )
    assert scenario.source("levers[0].strength") == "assumed"
    assert scenario.source("levers[1].strength") == "reported: there"
    assert scenario.replace({"levers": []}).provenance == {"levers": "assumed: set by the user"}


def test_sources_given_with_the_change_are_kept():
    scenario = Scenario().replace(
        {
            "rules.grace_days": 5,
            "rules.clean_days": 9,
            "provenance": {"rules.grace_days": "reported: somewhere"},
        }
    )
    assert scenario.provenance == {
        "rules.grace_days": "reported: somewhere",
        "rules.clean_days": "assumed: set by the user",
    }


def test_the_source_of_a_field_is_its_own_or_that_of_its_part_or_the_default():
    scenario = Scenario(
        rules=Rules(grace_days=5, clean_days=6),
        evaluation=Evaluation(utilisation_weight=0.5),
        provenance={"rules": "measured: there", "rules.clean_days": "reported: here"},
    )
    assert scenario.source("rules.clean_days") == "reported: here"
    assert scenario.source("rules.grace_days") == "measured: there"
    assert scenario.source("evaluation.utilisation_weight") == "assumed: no source given"
    assert scenario.source("evaluation.period_days") == "assumed: as in clockwork"


@pytest.mark.parametrize("part", [Product, Funding, Limits, Review, Screening, Behaviour])
def test_a_part_can_be_made_by_itself(part):
    assert part() == part(**{name: getattr(part(), name) for name in part.model_fields})


def test_sources_that_are_not_texts_are_refused_when_they_are_replaced():
    message = refusal(lambda: Scenario().replace({"provenance": 5, "rules.grace_days": 5}))
    assert message.startswith(
        "provenance is 5, but must be texts that begin with measured, reported, fitted or assumed"
    )


class TestElements:
    """An element of a list is changed by the name with which messages, sources and `diff` call it."""

    SHOCKS = ({"kind": "cap", "at": 1, "size": 5}, {"kind": "limit_cut", "at": 2, "size": 0.5})

    def test_a_field_of_one_is_replaced_and_no_other(self):
        before = Scenario().replace({"shocks": self.SHOCKS, "levers": [{"kind": "plan"}]})
        after = before.replace({"shocks[1].size": 0.1, "levers[0].strength": 0.9})
        assert before.diff(after)["other"].to_dict() == {"shocks[1].size": 0.1, "levers[0].strength": 0.9}

    def test_every_field_that_differs_can_be_set_by_its_name(self):
        before, after = preset("jiebei"), preset("jiebei").scaled(5000)
        changes = before.diff(after.replace({"name": "x"}))["x"].drop("name").to_dict()
        assert len(changes) == 7
        assert before.diff(after.replace({"name": "x"}).replace({"name": "jiebei"})).shape[0] == len(changes)
        assert field_values(before.replace(changes)) == field_values(after)

    def test_the_whole_of_one_is_replaced(self):
        after = Scenario().replace({"shocks": self.SHOCKS}).replace({"shocks[0]": self.SHOCKS[1]})
        assert after.shocks[0] == after.shocks[1]

    def test_a_list_comes_before_its_elements_in_whatever_order(self):
        changes = {"shocks[1].size": 0.1, "shocks[0]": self.SHOCKS[1], "shocks": list(self.SHOCKS)}
        for order in (changes, dict(reversed(changes.items()))):
            assert [one.size for one in Scenario().replace(order).shocks] == [0.5, 0.1]

    def test_the_source_is_that_of_the_element(self):
        jiebei = preset("jiebei")
        after = jiebei.replace({"funding.facilities[1].daily_inflow": 7000.0})
        assert after.source("funding.facilities[1].daily_inflow") == "assumed: set by the user"
        for other in ("[1].lump", "[0].daily_inflow", "[2].daily_inflow", ""):
            assert after.source(f"funding.facilities{other}") == jiebei.source(f"funding.facilities{other}")

    def test_a_bad_value_is_refused_by_the_same_name(self):
        message = refusal(lambda: preset("jiebei").replace({"funding.facilities[1].daily_inflow": "much"}))
        assert message.startswith("funding.facilities[1].daily_inflow is 'much', but must be a number from 0")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            (
                {"funding.facilities[3].lump": 1},
                "funding.facilities[3].lump is not there: funding.facilities has 3 elements, counted from 0.",
            ),
            ({"shocks[0].size": 1}, "shocks[0].size is not there: shocks has 0 elements, counted from 0."),
            (
                {"levers": 5, "levers[0].uptake": 1},
                "levers[0].uptake is not there: levers has 0 elements, counted from 0.",
            ),
            (
                {"funding.facilities[1].lumps": 1},
                "funding.facilities[1].lumps is not a field, but must be one of: funding.facilities[1].lump",
            ),
            (
                {"shocks[-1].size": 1},
                "shocks[-1].size is not a field, but must be one of: shocks[0].size, ",
            ),
        ],
    )
    def test_what_is_not_there_is_refused(self, changes, sentence):
        assert refusal(lambda: preset("jiebei").replace(changes)).startswith(sentence)


class TestDiff:
    def test_has_the_fields_that_differ_by_their_dotted_names(self):
        one, other = preset("jiebei"), preset("jiebei").replace({"name": "other", "rules.grace_days": 9})
        table = one.diff(other)
        assert table.index.name == "field"
        assert table["jiebei"].to_dict() == {"name": "jiebei", "rules.grace_days": one.rules.grace_days}
        assert table["other"].to_dict() == {"name": "other", "rules.grace_days": 9}

    def test_of_equal_scenarios_is_empty(self):
        assert preset("jiebei").diff(preset("jiebei").replace({})).shape == (0, 2)

    def test_of_scenarios_of_one_name_says_which_is_which(self):
        table = Scenario().diff(Scenario().replace({"population.initial_score": 0.5}))
        assert list(table.columns) == ["this", "other"]
        assert table.loc["population.initial_score"].to_list() == [None, 0.5]

    def test_does_not_compare_sources(self):
        sourced = Scenario().replace({"provenance": {"rules.grace_days": "reported: somewhere"}})
        assert Scenario().diff(sourced).empty

    def test_has_the_fields_of_elements_of_lists(self):
        one = Scenario().replace({"shocks": [{"kind": "cap", "at": 1, "size": 5}]})
        two = one.replace({"shocks": [*one.shocks, {"kind": "cap", "at": 9, "size": 4}]})
        later = one.replace({"shocks": [{"kind": "cap", "at": 2, "size": 5}]})
        assert one.diff(later).loc["shocks[0].at"].to_list() == [1, 2]
        added = one.diff(two)["other"].to_dict()
        assert (added["shocks[1].at"], added["shocks[1].size"]) == (9, 4)
        assert added.keys() == two.diff(one)["this"].to_dict().keys()

    def test_keeps_lists_whole_and_names_each_region(self):
        changes = {"population.regions": {"a": 0.5, "b": 0.5}, "behaviour.cure_hazards": [0.1, 0.2]}
        table = Scenario().diff(Scenario().replace(changes))
        assert table["other"].to_dict() == {
            "population.regions": ("a", "b"),
            "population.regions.all.share": None,
            "behaviour.cure_hazards": (0.1, 0.2),
            "population.regions.a.share": 0.5,
            "population.regions.b.share": 0.5,
        }

    def test_refuses_what_is_no_scenario(self):
        assert refusal(lambda: Scenario().diff("jiebei")) == (
            "other is 'jiebei', but must be a Scenario, such as preset('jiebei')."
        )


class TestDiscovery:
    def test_completion_shows_the_fields_and_what_can_be_done_with_them(self):
        shown = {name for name in dir(Scenario()) if not name.startswith("_")}
        assert shown == {
            *Scenario.model_fields,
            "diff",
            "replace",
            "save",
            "scaled",
            "source",
            "with_portfolio",
        }

    @pytest.mark.parametrize("part", PARTS[1:])
    def test_completion_of_a_part_shows_its_fields(self, part):
        made = part(**NEEDED.get(part, {}))
        assert {name for name in dir(made) if not name.startswith("_")} == {*part.model_fields}

    @pytest.mark.parametrize("part", PARTS)
    def test_a_signature_is_short_and_has_every_field(self, part):
        signature = inspect.signature(part)
        assert list(signature.parameters) == list(part.model_fields)
        assert len(str(signature)) < 500

    def test_help_fits_on_a_screen_before_the_methods(self):
        lines = pydoc.render_doc(Scenario, renderer=pydoc.plaintext).splitlines()
        before = lines[: lines.index(" |  Methods defined here:")]
        # Python 3.13 gives each field of the signature a line.
        before = [line for line in before if not re.match(r" \|      \w+=", line)]
        assert sum(1 + len(line) // 100 for line in before) <= 30


@pytest.mark.parametrize("kind", [Scenario, Lever, Evaluation])
def test_help_names_the_error_that_is_raised(kind: type) -> None:
    words = str(kind.__init__.__doc__)
    assert "ScenarioError" in words
    assert "ValidationError" not in words


def test_shocks_that_begin_more_often_than_a_run_can_count_are_refused():
    """A shock a day over the longest run is as much as there may be."""
    daily = {"kind": "freeze", "per_year": 365.0, "duration_days": 1}
    once = {"kind": "freeze", "at": 1, "duration_days": 1}
    Scenario().replace({"horizon_days": 30_000, "shocks": [daily]})
    message = refusal(lambda: Scenario().replace({"horizon_days": 30_000, "shocks": [daily, once]}))
    assert message.startswith("shocks is (Shock(kind='freeze'")
    assert message.endswith("but must be such that at most 30000 begin in a run, not 30001.")


def test_more_regions_than_16_bits_number_are_refused():
    regions = {number: {f"region {k}": 1 / number for k in range(number)} for number in (32_767, 32_768)}
    assert len(Scenario().replace({"population.regions": regions[32_767]}).population.regions) == 32_767
    message = refusal(lambda: Scenario().replace({"population.regions": regions[32_768]}))
    assert message.endswith("but must be 1 to 32767 named shares from 0 to 1 that sum to 1.")
