"""A scenario as TOML: lossless both ways, explained field by field, refused in one sentence."""

import datetime
import os
import re

import pytest
from ended_processes import draft_of, ended_process
from hypothesis import given, settings
from hypothesis import strategies as st

from simlimit.errors import ScenarioError
from simlimit.scenario import Scenario, dumps, load, preset
from simlimit.scenario.parts import LEVER_KINDS, Facility, Lever, Shock
from simlimit.scenario.scenario import names
from simlimit.scenario.toml import parse

LISTS = ("shocks", "levers", "funding.facilities", "provenance")

text = st.text(min_size=1, max_size=12)
share = st.floats(0, 1)
source = st.builds(
    lambda kind, rest: f"{kind}: {rest}", st.sampled_from(["measured", "reported", "assumed"]), text
)
money = st.floats(0.01, 1e9)


def maybe(values):
    return st.none() | values


facilities = st.builds(
    Facility,
    name=text,
    daily_inflow=st.floats(0, 1e10),
    lump=st.floats(0, 1e10),
    every_days=st.integers(0, 30_000),
    start=st.integers(0, 99) | st.dates(max_value=datetime.date(1899, 12, 31)),
    end=maybe(st.integers(100, 30_000) | st.dates(datetime.date(2200, 1, 1))),
)
lasting = st.builds(
    Shock,
    kind=st.sampled_from(["freeze", "watch_list"]),
    at=st.integers(0, 9),
    duration_days=st.integers(1, 30_000),
    regions=st.sampled_from([(), ("north",), ("north", "so uth")]),
    score_below=maybe(share),
)
at_once = st.builds(
    Shock,
    kind=st.just("limit_cut"),
    per_year=st.floats(0, 365, exclude_min=True),
    size=share,
    score_below=maybe(share),
)


def lever(kind):
    return st.builds(
        Lever,
        kind=st.just(kind),
        strength=share,
        uptake=st.just(1.0) if kind == "more_funding" else share,
        start=st.integers(0, 30_000) | st.dates(),
        product=st.just("supply-chain" if kind == "diversify" else None),
    )


levers = st.lists(st.sampled_from(LEVER_KINDS), unique=True).flatmap(
    lambda kinds: st.tuples(*(lever(kind) for kind in kinds))
)
changes = st.fixed_dictionaries(
    {},
    optional={
        "name": text,
        "description": st.text(max_size=20),
        "horizon_days": st.integers(10, 10_000),  # three shocks a day begin at most
        "warmup_days": st.integers(0, 9),
        "start_date": st.dates(datetime.date(1900, 1, 1), datetime.date(2150, 12, 31)),
        "population.borrowers": st.integers(1, 20_000_000),
        "population.portfolio": maybe(text),
        "population.initial_score": maybe(share),
        "population.limit_median": money,
        "population.utilisation_concentration": maybe(st.floats(0.001, 1e6)),
        "behaviour.late_onset": st.floats(0, 1, exclude_max=True),
        "behaviour.cure_hazards": st.lists(share, min_size=1, max_size=12),
        "behaviour.draw_share": st.lists(share, min_size=2, max_size=2).map(sorted),
        "product.method": st.sampled_from(["equal_principal", "equal_instalment", "interest_only"]),
        "product.release_unit": st.sampled_from(["instalment", "loan"]),
        "evaluation.straight_through": st.booleans(),
        "evaluation.duration_days": st.integers(0, 29),
        "screening.weights.lenders": st.floats(-20, 20),
        "funding.unlimited": st.booleans(),
        "funding.facilities": st.lists(facilities, max_size=3),
        "limits.cap": maybe(money),
        "limits.inactive_days": maybe(st.integers(1, 30_000)),
        "shocks": st.lists(lasting | at_once, max_size=3),
        "reaction.patience_days": st.integers(1, 30_000),
        "reaction.lateness_per_lender": st.floats(0, 100),
        "levers": levers,
        "provenance": st.dictionaries(st.sampled_from(names()), source, max_size=4),
    },
)
REGIONS = {"population.regions": {"so uth": 0.25, "north": 0.5, 'ea"st.': 0.25}}


def written(some, dated):
    """Return a scenario with these fields, whose shocks have days or dates."""
    scenario = Scenario().replace(REGIONS | some)
    on = [(place, shock.at) for place, shock in enumerate(scenario.shocks) if dated and shock.at is not None]
    day_0 = scenario.start_date
    return scenario.replace({f"shocks[{place}].at": day_0 + datetime.timedelta(day) for place, day in on})


scenarios = st.builds(written, changes, st.booleans())


@settings(max_examples=40)
@given(scenario=scenarios, comments=st.booleans())
def test_writing_and_reading_back_loses_nothing(scenario, comments):
    assert Scenario(**parse(dumps(scenario, comments), "text")) == scenario


def test_saving_and_loading_loses_nothing(tmp_path):
    scenario = Scenario().replace(REGIONS | {"limits.cap": 12.34, "name": "借呗"})
    scenario.save(tmp_path / "a.toml")
    assert load(tmp_path / "a.toml") == scenario


def test_saving_sweeps_what_a_process_that_was_killed_left_there(tmp_path):
    (tmp_path / draft_of(ended_process())).write_text("half a")
    Scenario().save(tmp_path / "a.toml")
    assert os.listdir(tmp_path) == ["a.toml"]


def test_an_empty_file_is_clockwork(tmp_path):
    (tmp_path / "a.toml").write_text("")
    assert load(tmp_path / "a.toml") == Scenario()


@pytest.fixture(scope="module")
def lines():
    return dumps(Scenario()).splitlines()


@pytest.mark.parametrize("name", [name for name in Scenario.leaves() if name not in LISTS])
def test_each_field_is_explained(lines, name):
    last = name.rsplit(".", maxsplit=1)[-1]
    at = next(i for i, line in enumerate(lines) if line.startswith((f"{last} =", f"# {last} =")))
    assert lines[at - 1].startswith("# ")


def test_a_field_that_is_not_set_is_shown_as_a_comment():
    assert "# cap =" in dumps(Scenario()).splitlines()
    assert "cap =" not in dumps(Scenario(), comments=False)


def test_comments_carry_meaning_unit_range_and_source():
    written = dumps(Scenario().replace({"provenance": {"rules.grace_days": "reported: somewhere"}}))
    assert (
        "# Days late that are forgiven once paid (days; a whole number from 0 to 30000)\n"
        "# reported: somewhere\n"
        "grace_days = 3\n"
    ) in written


def test_comments_say_what_an_element_of_a_list_may_be():
    written = dumps(Scenario())
    for kind in (Shock, Facility, Lever):
        for name, info in kind.model_fields.items():
            assert f"#   {name}: {info.description.split()[0]}" in written


@pytest.mark.parametrize(
    "scenario", [Scenario(), preset("rectification")], ids=["clockwork", "rectification"]
)
def test_comments_are_sentences_and_no_examples(scenario):
    comments = [line for line in dumps(scenario).splitlines() if line.startswith("#")]
    assert not [line for line in comments if ">>>" in line or "Examples" in line or "---" in line]
    assert not [line for line in comments if "  " in line and not line.startswith("#   ")]
    assert not [line for line in dumps(scenario, comments=False).splitlines() if line.startswith("#")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"horizon_days = 1" + b"0" * 5000, "is not valid TOML: Exceeds the limit"),
        (b"horizon_days = \n", "is not valid TOML: Invalid value (at line 1, column 16)."),
        (b"a = 1\na = 2\n", "is not valid TOML: Cannot overwrite a value (at line 2, column 6)."),
        (b"name = '\xff'\n", "is not UTF-8 text: line 1 cannot be read; save the file as UTF-8"),
        (b"a = " + b"[" * 5000, "is not valid TOML: it is nested too deeply."),
        (
            b"evaluation.period_days = 0\n",
            "evaluation.period_days is 0, but must be a whole number from 1 to 3650 (days).",
        ),
        (b"cutoff_days = nan\n", "cutoff_days is not a field, but must be one of: evaluation.cutoff_days, "),
        (
            b"[evaluation]\nutilisation_weight = nan\n",
            "evaluation.utilisation_weight is nan, but must be a number from 0 to 1",
        ),
        (
            b"[[shocks]]\nkind = 'flood'\n",
            "shocks[0].kind is 'flood', but must be freeze, tightening, watch_list",
        ),
        (b"[evaluaton]\n", "evaluaton is not a field, but must be one of: evaluation, "),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path, content, sentence):
    file = tmp_path / "bad.toml"
    file.write_bytes(content)
    with pytest.raises(ScenarioError) as refused:
        load(file)
    message = str(refused.value)
    assert message.startswith(str(file))
    assert sentence in message
    assert "\n" not in message


def test_a_missing_file_and_a_folder_are_refused_in_one_sentence(tmp_path):
    with pytest.raises(ScenarioError, match=r"none\.toml cannot be read: No such file or directory\.$"):
        load(tmp_path / "none.toml")
    with pytest.raises(ScenarioError, match=r"cannot be read: Is a directory\.$"):
        load(tmp_path)


def test_an_unwritable_place_is_refused_and_nothing_is_left(tmp_path):
    with pytest.raises(ScenarioError, match=r"cannot be written: No such file or directory\.$"):
        Scenario().save(tmp_path / "no" / "a.toml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ScenarioError, match=r"cannot be written: Is a directory\.$"):
        Scenario().save(tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_file_is_read_as_editors_and_shells_write_it(tmp_path, encoding):
    file = tmp_path / "mine.toml"
    mark = "\ufeff" if encoding == "utf-16-le" else ""
    file.write_bytes((mark + 'name = "\u501f\u5457"\r\nhorizon_days = 100\r\n').encode(encoding))
    assert load(file) == Scenario(name="\u501f\u5457", horizon_days=100)


@pytest.mark.parametrize("last", ["provenance", "levers", "regions"])
def test_a_field_at_the_end_of_a_file_is_said_to_belong_above_the_tables(tmp_path, last):
    file = tmp_path / "mine.toml"
    tables = {
        "provenance": Scenario().replace({"evaluation.period_days": 7}),
        "levers": Scenario(levers=[{"kind": "plan"}]),
        "regions": Scenario(),
    }
    text = dumps(tables[last], comments=False) + "[population.regions]\nall = 1.0\n" * (last == "regions")
    text = text.replace('regions = {"all" = 1.0}\n', "") if last == "regions" else text
    for field, value in {"horizon_days": 900, "start_date": "2026-03-02", "name": '"mine"'}.items():
        if (last, field) in {("provenance", "name"), ("regions", "name")}:
            continue
        file.write_text(f"{text}\n{field} = {value}\n")
        with pytest.raises(
            ScenarioError, match=rf"\b{field}\b.*; {field} of the scenario belongs above the first"
        ) as caught:
            load(file)
        assert len(str(caught.value)) < 600


def test_the_name_of_a_facility_belongs_where_it_is(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text("[[funding.facilities]]\nname = 7\n")
    with pytest.raises(ScenarioError) as caught:
        load(file)
    assert "belongs above" not in str(caught.value)


@pytest.mark.parametrize("path", [7, None, b"mine.toml", ["mine.toml"]])
def test_what_is_no_path_is_refused(path):
    with pytest.raises(
        ScenarioError, match=re.escape(f"path is {path!r}, but must be the path of a file or folder.")
    ):
        load(path)
