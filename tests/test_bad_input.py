"""Bad input through the command line: one sentence, exit code 2, nothing written, whatever is bad."""

import datetime
import functools
import math
from types import UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

import annotated_types
import pytest

import simlimit as sl
from simlimit import cli
from simlimit.cli import program
from simlimit.run import compilation_notice
from simlimit.scenario.parts import Facility, Lever, Shock

BOOK = "limit,outstanding,score,region,late_share,months_late,spell_months\n"
GOOD_ROW = "5000,1000,0.5,north,0.1,0,0\n"
PARSER = functools.cache(program._parser)
"""Made once, as for every process of the program: to make it takes longer than to refuse."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(here, monkeypatch, capsys):
    """Return a function that runs a command line, expects a refusal, and returns what was said."""
    # What a fresh installation says before the first run is none of our business here.
    monkeypatch.setattr(compilation_notice, "is_compiled", lambda name: True)
    monkeypatch.setattr(program, "_parser", PARSER)

    def snapshot():
        return {path: path.lstat().st_mtime_ns for path in here.rglob("*")}

    def run(*arguments):
        before = snapshot()
        code = cli.main(arguments)
        said = capsys.readouterr()
        assert code == 2
        assert said.out == ""
        assert said.err.startswith("simlimit: ")
        assert said.err.count("\n") == 1
        assert said.err.endswith((".\n", "?\n"))
        assert "Traceback" not in said.err
        assert snapshot() == before
        return said.err.removeprefix("simlimit: ").strip()

    run.forget = capsys.readouterr
    return run


def bounds(info):
    """Return the lowest and the highest value that a field allows, each with whether it is allowed itself."""
    low = high = None
    for rule in info.metadata:
        match rule:
            case annotated_types.Ge(bound):
                low = (bound, True)
            case annotated_types.Gt(bound):
                low = (bound, False)
            case annotated_types.Le(bound):
                high = (bound, True)
            case annotated_types.Lt(bound):
                high = (bound, False)
    return low, high


def beyond(info, whole):
    """Return the values next to the ends of a field's range, outside it."""
    (low, low_allowed), (high, high_allowed) = bounds(info)
    below, above = (
        (low - 1, high + 1) if whole else (math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
    )
    return [below if low_allowed else low, above if high_allowed else high]


def kinds(info):
    """Return the types that a field may have, without None."""
    kind = info.annotation
    if get_origin(kind) is Literal or any(get_origin(option) is Literal for option in get_args(kind)):
        return {Literal}
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else [kind]
    plain = [get_args(option)[0] if get_origin(option) is Annotated else option for option in options]
    return {get_origin(option) or option for option in plain} - {type(None)}


def bad_values(info):
    """Return TOML values that a field must refuse, by its own declaration."""
    kind = kinds(info)
    if kind == {int, datetime.date}:
        wrong = ["-1", "30001", "1.5", "nan", "true", "'2026-03-02'", "[1]", "{a = 1}"]
        return [*wrong, "2026-03-02T12:00:00", "2026-03-02T00:00:00Z", "12:00:00"]
    if kind & {int, float}:
        whole = int in kind
        wrong = ["nan", "inf", "-inf", "true", "'text'", "[1]", "{a = 1}", *map(repr, beyond(info, whole))]
        return [*wrong, "1.5"] if whole else wrong
    if kind == {bool}:
        return ["0", "1", "'yes'", "[]"]
    if kind == {datetime.date}:
        return ["2020", "'2020-01-01'", "2020-01-01T12:00:00", "1899-12-31", "2151-01-01", "false"]
    if kind == {Literal}:
        return ["''", "'nonsense'", "7", "true"]
    if kind == {tuple}:
        return ["7", "'text'", "true", "[nan]", "[[]]"]
    if kind == {str, tuple}:  # a country, or dates: there may be none
        return ["7", "true", "2020-01-01", "['2020-01-01']"]
    if str in kind:
        return ["7", "true", "[]", "2020-01-01"]
    return ["7", "'text'", "[]"]


def fields(part, needed=""):
    """Return (name, bad value) for every field of a part; an element of a list comes with what it needs."""
    return [
        (name, value)
        for name, info in part.leaves().items()
        for value in bad_values(info)
        if f"{name} = " not in needed
    ]


SCENARIO = fields(sl.Scenario)
FACILITY = fields(Facility, needed="name = ")
SHOCK = fields(Shock, needed="kind = ")
LEVER = fields(Lever, needed="kind = ")


def test_there_are_enough_of_them():
    assert len(SCENARIO) + len(FACILITY) + len(SHOCK) + len(LEVER) > 500
    assert {name for name, _ in SCENARIO} == set(sl.Scenario.leaves())


@pytest.mark.parametrize(("name", "value"), SCENARIO)
def test_a_value_that_a_field_does_not_allow(here, refused, name, value):
    said = refused("run", "clockwork", "--set", f"{name}={value}", "--out", "results")
    assert said.startswith(f"{name} is ")
    assert ", but must be " in said
    *parts, field = name.split(".")
    header = f"[{'.'.join(parts)}]\n" if parts else ""
    (here / "mine.toml").write_text(f"{header}{field} = {value}\n")
    assert refused("run", "mine.toml", "--out", "results") == f"mine.toml: {said}"


@pytest.mark.parametrize(("name", "value"), FACILITY)
def test_a_value_that_a_facility_does_not_allow(refused, name, value):
    said = refused("run", "jiebei", f"--set=funding.facilities=[{{name = 'bank', {name} = {value}}}]")
    assert said.startswith(f"funding.facilities[0].{name} is ")
    assert ", but must be " in said


@pytest.mark.parametrize(("name", "value"), SHOCK)
def test_a_value_that_a_shock_does_not_allow(refused, name, value):
    said = refused("run", "jiebei", f"--set=shocks=[{{kind = 'freeze', {name} = {value}}}]")
    assert said.startswith(f"shocks[0].{name} is ")
    assert ", but must be " in said


@pytest.mark.parametrize(("name", "value"), LEVER)
def test_a_value_that_a_lever_does_not_allow(refused, name, value):
    said = refused("run", "jiebei", f"--set=levers=[{{kind = 'appeal', {name} = {value}}}]")
    assert said.startswith(f"levers[0].{name} is ")
    assert ", but must be " in said


@pytest.mark.parametrize(
    ("named", "settings"),
    [
        ("warmup_days", ["horizon_days=100", "warmup_days=100"]),
        ("population.limit_low", ["population.limit_low=200", "population.limit_high=100"]),
        (
            "population.utilisation_mean",
            ["population.utilisation_mean=1.2", "population.utilisation_concentration=2"],
        ),
        ("population.regions", ["population.regions={a=0.5, b=0.4}"]),
        ("population.regions", ["population.regions={}"]),
        ("population.regions", ["population.regions={''=1.0}"]),
        ("population.regions", ["population.regions={a=1.5, b=-0.5}"]),
        ("behaviour.cure_hazards", ["behaviour.cure_hazards=[]"]),
        ("behaviour.cure_hazards", [f"behaviour.cure_hazards={[0.5] * 13}"]),
        ("behaviour.draw_share", ["behaviour.draw_share=[0.5, 0.2]"]),
        ("behaviour.draw_share", ["behaviour.draw_share=[0.1, 0.2, 0.3]"]),
        ("behaviour.slip_days", ["behaviour.slip_days=7", "product.cycle_days=7"]),
        ("evaluation.duration_days", ["evaluation.duration_days=7", "evaluation.period_days=7"]),
        ("limits.cut_score", ["limits.cut_score=0.9", "limits.raise_score=0.1"]),
        ("funding.facilities[0].name", ["funding.facilities=[{daily_inflow=1.0}]"]),
        ("funding.facilities[0].end", ["funding.facilities=[{name='a', start=9, end=9}]"]),
        ("funding.facilities", ["funding.facilities=[" + 65 * "{name='a'}," + "]"]),
        ("shocks[0].kind", ["shocks=[{at=1}]"]),
        ("shocks[0].kind", ["shocks=[{kind='strike', at=1}]"]),
        ("shocks[0].at", ["shocks=[{kind='cap', size=1}]"]),
        ("shocks[0].per_year", ["shocks=[{kind='cap', size=1, at=1, per_year=1}]"]),
        ("shocks[0].duration_days", ["shocks=[{kind='freeze', at=1}]"]),
        ("shocks[0].duration_days", ["shocks=[{kind='cancellation', at=1, duration_days=2}]"]),
        ("shocks[0].size", ["shocks=[{kind='tightening', at=1, duration_days=2, size=1.5}]"]),
        ("shocks[0].size", ["shocks=[{kind='freeze', at=1, duration_days=2, size=0.5}]"]),
        ("shocks[0].regions", ["shocks=[{kind='freeze', at=1, duration_days=2, regions=['Mars']}]"]),
        (
            "shocks[0].regions",
            ["shocks=[{kind='liquidity_squeeze', at=1, duration_days=2, size=0.5, regions=['all']}]"],
        ),
        (
            "shocks[1].score_below",
            [
                "shocks=[{kind='cap', at=1, size=9}, "
                "{kind='liquidity_squeeze', at=1, duration_days=2, size=0.5, score_below=0.5}]"
            ],
        ),
        ("reaction.lender_share", ["reaction.appeal_share=0.6", "reaction.lender_share=0.6"]),
        ("levers[0].kind", ["levers=[{strength=0.5}]"]),
        ("levers[0].product", ["levers=[{kind='diversify'}]"]),
        ("levers[0].product", ["levers=[{kind='appeal', product='supply-chain'}]"]),
        ("levers[0].uptake", ["levers=[{kind='more_funding', uptake=0.5}]"]),
        ("levers[1].kind", ["levers=[{kind='plan'}, {kind='plan'}]"]),
        ("provenance", ["provenance={'rules.max_score' = 'measured'}"]),
        ('provenance."rules.min_score"', ["provenance={'rules.min_score' = 'guessed'}"]),
    ],
)
def test_values_that_do_not_go_together(refused, named, settings):
    said = refused("run", "clockwork", *(f"--set={text}" for text in settings), "--out", "results")
    assert said.startswith((f"{named} is ", f"{named}.a is "))
    assert ", but must be " in said


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("period_days", "one of: evaluation.period_days, "),
        ("evaluation.perod_days", "one of: evaluation.period_days, "),
        ("rules.min_score.x", "rules.min_score.x is not a field"),
        ("shocks[0].size", "shocks[0].size is not there: shocks has 0 elements"),
        ("shocks[0].sise", "one of: shocks[0].size, "),
        ("shocks[one].size", "shocks[one].size is not a field"),
        ("evaluation..period_days", "evaluation..period_days is not a field"),
        ("__class__", "__class__ is not a field"),
        ("完", "完 is not a field"),
    ],
)
def test_a_field_that_there_is_not(refused, name, named):
    assert named in refused("run", "clockwork", f"--set={name}=7", "--out", "results")


@pytest.mark.parametrize("text", ["", "=", "=7", "horizon_days", "horizon_days=", "horizon_days= "])
def test_a_setting_that_is_none(refused, text):
    said = refused("run", "clockwork", f"--set={text}", "--out", "results")
    assert said.startswith(f"--set is {text!r}, but must be FIELD=VALUE")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("horizon = 9", "horizon is not a field"),
        ("[evaluations]", "evaluations is not a field"),
        ("[evaluation]\nperiod = 7", "evaluation.period is not a field"),
        ("[screening.weights]\nage = 1", "screening.weights.age is not a field"),
        ("[[shocks]]\nkind = 'cap'\nat = 1\nwhere = 'all'", "shocks[0].where is not a field"),
        ("[[levers]]\nkind = 'plan'\nsize = 1", "levers[0].size is not a field"),
        ("[[funding.facilities]]\nname = 'a'\nrate = 1", "funding.facilities[0].rate is not a field"),
        ("shocks = [7]", "shocks[0] is 7"),
        ("evaluation = 7", "evaluation is 7"),
        ("[provenance]\nhorizon_days = 7", "provenance.horizon_days is 7"),
    ],
)
def test_a_file_with_what_a_scenario_has_not(here, refused, text, named):
    (here / "mine.toml").write_text(text)
    assert refused("run", "mine.toml", "--out", "results").startswith("mine.toml: ")
    assert refused("scenario", "mine.toml")


@pytest.mark.parametrize(
    "text",
    [
        "horizon_days",
        "horizon_days =",
        "horizon_days = 7 days",
        "horizon_days = 7\nhorizon_days = 7",
        "horizon_days = 07",
        "name = 'x",
        'name = "\\q"',
        "name = none",
        "[evaluation\nperiod_days = 7",
        "[evaluation]\n[evaluation]",
        "start_date = 2020-13-01",
        "shocks = [{kind = 'cap'",
        "= 7",
        "\x00",
        "x = " + 5000 * "[",
    ],
)
def test_a_file_that_is_not_toml(here, refused, text):
    (here / "mine.toml").write_text(text)
    assert refused("run", "mine.toml", "--out", "results").startswith("mine.toml is not valid TOML: ")


def test_a_file_that_is_not_text(here, refused):
    (here / "mine.toml").write_bytes(b"horizon_days = 7\nname = '\xff'")
    said = refused("run", "mine.toml", "--out", "results")
    assert said == ("mine.toml is not UTF-8 text: line 2 cannot be read; save the file as UTF-8.")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("jiebie", "jiebie is not a preset, but must be one of: clockwork, jiebei, "),
        ("", " is not a preset"),
        ("nowhere.toml", "nowhere.toml cannot be read: No such file or directory."),
        ("no/where", "no/where cannot be read: No such file or directory."),
        (".", ". is not a preset, but must be one of: clockwork, "),
        ("./", "./ cannot be read: Is a directory."),
    ],
)
def test_a_scenario_that_is_not_there(refused, name, said):
    assert said.strip() in refused("run", name, "--out", "results")
    assert said.strip() in refused("scenario", name)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", ["line 1"]),
        ("\n\n", ["line 1"]),
        ("5000,1000\n", ["line 1", "'limit'"]),
        ("limit\n5000\n", ["line 1", "'outstanding'"]),
        ("outstanding\n5000\n", ["line 1", "'limit'"]),
        ("Limit;Outstanding\n5000;1\n", ["line 1", "'limit'"]),
        ("limit,outstanding,limit\n5000,1,5000\n", ["line 1", "'limit'"]),
        ("limit,outstanding\n", ["0 rows"]),
        ("limit,outstanding\n\n\n", ["0 rows"]),
        ("limit,outstanding\n5000,1\n\n5000,1\n", ["line 3", "'limit'"]),
        ("limit,outstanding\n5000\n", ["line 2", "'outstanding'"]),
        ("limit,outstanding\n1,000,1\n", ["line 2"]),
        ('limit,outstanding\n"5000,1\n', []),
        (BOOK + GOOD_ROW + "many,1000,0.5,north,0.1,0,0\n", ["line 3", "'limit'", "'many'"]),
        (BOOK + GOOD_ROW + ",1000,0.5,north,0.1,0,0\n", ["line 3", "'limit'", "''"]),
        (BOOK + GOOD_ROW + "nan,1000,0.5,north,0.1,0,0\n", ["line 3", "'limit'", "'nan'"]),
        (BOOK + GOOD_ROW + "inf,1000,0.5,north,0.1,0,0\n", ["line 3", "'limit'", "'inf'"]),
        (BOOK + GOOD_ROW + "-1,1000,0.5,north,0.1,0,0\n", ["line 3", "'limit'", "'-1'", "from 0 to"]),
        (BOOK + GOOD_ROW + "1e10,1000,0.5,north,0.1,0,0\n", ["line 3", "'limit'", "'1e10'"]),
        (BOOK + GOOD_ROW + "5000,NaN,0.5,north,0.1,0,0\n", ["line 3", "'outstanding'", "'NaN'"]),
        (BOOK + GOOD_ROW + "5000,-0.01,0.5,north,0.1,0,0\n", ["line 3", "'outstanding'", "'-0.01'"]),
        (BOOK + GOOD_ROW + "5000,-inf,0.5,north,0.1,0,0\n", ["line 3", "'outstanding'", "'-inf'"]),
        (BOOK + GOOD_ROW + "5000,1000,1.1,north,0.1,0,0\n", ["line 3", "'score'", "'1.1'", "from 0 to 1"]),
        (BOOK + GOOD_ROW + "5000,1000,,north,0.1,0,0\n", ["line 3", "'score'", "''"]),
        (BOOK + GOOD_ROW + "5000,1000,0.5,,0.1,0,0\n", ["line 3", "'region'", "''"]),
        (BOOK + GOOD_ROW + "5000,1000,0.5,north,2,0,0\n", ["line 3", "'late_share'", "'2'"]),
        (BOOK + GOOD_ROW + "5000,1000,0.5,north,0.1,25,0\n", ["line 3", "'months_late'", "'25'", "whole"]),
        (BOOK + GOOD_ROW + "5000,1000,0.5,north,0.1,1.5,0\n", ["line 3", "'months_late'", "'1.5'", "whole"]),
        (BOOK + GOOD_ROW + "5000,1000,0.5,north,0.1,1,-1\n", ["line 3", "'spell_months'", "'-1'"]),
        (BOOK + GOOD_ROW + "5000,1000,0.5,north,0.1,1,1,1\n", ["3"]),
    ],
)
def test_a_book_that_is_none(here, refused, text, named):
    (here / "book.csv").write_text(text)
    said = refused("run", "clockwork", "--portfolio", "book.csv", "--out", "results")
    assert "book.csv: " in said
    for word in named:
        assert word in said
    (here / "mine.toml").write_text("[population]\nportfolio = 'book.csv'\n")
    assert refused("run", "mine.toml", "--out", "results") in said


@pytest.mark.parametrize(
    "content", [b"limit,outstanding\n\xff\xfe,1\n", b"\x00\x01\x02", b"\xff\xfel\x00i\x00"]
)
@pytest.mark.parametrize("name", ["book.csv", "book.csv.gz"])
def test_a_book_that_is_not_text(here, refused, content, name):
    (here / name).write_bytes(content)
    assert name in refused("run", "clockwork", "--portfolio", name, "--out", "results")


@pytest.mark.parametrize("name", ["nowhere.csv", "nowhere/book.csv", "."])
def test_a_book_that_is_not_there(refused, name):
    said = refused("run", "clockwork", "--portfolio", name, "--out", "results")
    assert "cannot be read" in said


def test_a_shock_to_a_region_that_the_book_has_not(here, refused):
    (here / "book.csv").write_text(BOOK + GOOD_ROW)
    shock = "shocks=[{kind='freeze', at=1, duration_days=2, regions=['south']}]"
    said = refused("run", "clockwork", "--portfolio", "book.csv", "--set", shock, "--out", "results")
    assert said == "shocks[0].regions is ('south',), but must be among 'north'."
    assert (
        refused("study", "clockwork", "--portfolio", "book.csv", "--set", shock, "--out", "results") == said
    )


@pytest.mark.parametrize(
    "folder",
    [
        "file",
        "file/results",
        "full",
        "nowhere/results",
        "/proc/results",
        "loop",
        "loop/results",
        "",
        ".",
        300 * "x",
    ],
)
def test_an_output_folder_that_cannot_be_written(here, refused, monkeypatch, folder):
    (here / "file").touch()
    (here / "full").mkdir()
    (here / "full" / "mine").touch()
    (here / "loop").symlink_to("loop")
    for name in ("simulate", "replicate", "compare"):
        monkeypatch.setattr(sl, name, lambda *_arguments, **_options: pytest.fail("simulated"))
    for arguments in (["run", "clockwork"], ["study", "clockwork"], ["compare", "clockwork", "jiebei"]):
        said = refused(*arguments, "--out", folder)
        # Of a sentence that is too long the middle is missing.
        assert str(here if folder == "." else folder or "--out is ''")[:100] in said


ONE_TO_A_MILLION = "is not a whole number from 1 to 1000000"
STUDY_OPTIONS = [
    (["--replications", "0"], f"--replications: '0' {ONE_TO_A_MILLION}"),
    (["--replications", "-5"], f"--replications: '-5' {ONE_TO_A_MILLION}"),
    (["--replications", "1000001"], f"--replications: '1000001' {ONE_TO_A_MILLION}"),
    (["--replications", "1e3"], f"--replications: '1e3' {ONE_TO_A_MILLION}"),
    (["--replications", "many"], f"--replications: 'many' {ONE_TO_A_MILLION}"),
    (["--replications"], "--replications: expected one argument"),
    (["--precision", "0"], "precision of days_away is 0.0, but must be a number between 0 and 1"),
    (["--precision", "1"], "precision of days_away is 1.0"),
    (["--precision", "nan"], "precision of days_away is nan"),
    (["--precision", "-0.1"], "precision of days_away is -0.1"),
    (["--precision", "fine"], "--precision: 'fine' is neither a number nor METRIC=NUMBER"),
    (["--precision", "days_review="], "--precision: 'days_review=' is neither"),
    (["--precision", "days_review=2"], "precision of days_review is 2.0"),
    (["--precision", "days_reviews=0.1"], "a name in precision is 'days_reviews', but must be one of: "),
    (["--precision", "=0.1"], "a name in precision is ''"),
    (["--precision", "0.1", "--precision", "days_review=nan"], "precision of days_review is nan"),
    (["--seed", "-1"], "--seed: '-1' is not a whole number from 0 to 4294967295"),
    (["--seed", "4294967296"], "--seed: '4294967296' is not"),
    (["--follow-up", "-1"], "--follow-up: '-1' is not a whole number from 0 to 30000"),
    (["--follow-up", "30001"], "--follow-up: '30001' is not"),
    (["--follow-up", "90d"], "--follow-up: '90d' is not"),
    (["--by", "age"], "--by: 'age' is not one or several of region, watched"),
    (["--by", "region,"], "--by: 'region,' is not one or several of region, watched"),
    (
        ["--by", "score,limit", "--bands", "0.5"],
        "by is ['score', 'limit'], but must be attributes that differ",
    ),
    (["--by", "region,region"], "by is ['region', 'region'], but must be attributes that differ"),
    (["--by", "score"], "--by is score, a number, and needs --bands"),
    (["--bands", "0.5"], "bands is (0.5,), but must be empty: region has groups of its own"),
    (["--by", "watched", "--bands", "0.5"], "watched has groups of its own"),
    (["--by", "score", "--bands", "0.8,0.6"], "bands is (0.8, 0.6), but must be 1 to 254 ascending numbers"),
    (["--by", "score", "--bands", "0.6,0.6"], "ascending"),
    (["--by", "score", "--bands", "0.6,"], "--bands: '0.6,' is not numbers with commas between them"),
    (["--by", "score", "--bands", "nan"], "--bands: 'nan' is not numbers"),
    (["--by", "score", "--bands", ",".join(map(str, range(255)))], "bands is (0.0, 1.0, "),
    (["--workers", "0"], "--workers: '0' is not a whole number from 1 to 10000"),
    (["--workers", "10001"], "--workers: '10001' is not"),
    (["--workers", "all"], "--workers: 'all' is not"),
    (["--set", "horizon_days"], "--set is 'horizon_days', but must be FIELD=VALUE"),
    (["--set", "horizon_days=-1"], "horizon_days is -1"),
    (["--portfolio", "nowhere.csv"], "cannot be read"),
    (["--engine", "simpy"], "unrecognized arguments: --engine simpy"),
]


@pytest.mark.parametrize(("options", "named"), STUDY_OPTIONS)
@pytest.mark.parametrize("command", [["study", "clockwork"], ["compare", "clockwork", "jiebei"]])
def test_an_option_of_a_study_that_is_none(refused, command, options, named):
    assert named in refused(*command, "--store", "store", "--out", "results", *options)


@pytest.mark.parametrize(
    ("store", "named"),
    [
        ("file", "file cannot be written: File exists."),
        ("file/store", "file/store cannot be written: Not a directory."),
        ("full", "full contains other files"),
        ("nowhere/store", "nowhere/store cannot be written: No such file or directory."),
        ("/proc/store", "/proc/store cannot be written"),
        ("loop", "loop cannot be written"),
        (300 * "x", "cannot be written: File name too long."),
    ],
)
def test_a_store_that_cannot_be_one(here, refused, store, named):
    (here / "file").touch()
    (here / "full").mkdir()
    (here / "full" / "mine").touch()
    (here / "loop").symlink_to("loop")
    assert named in refused("study", "clockwork", "--store", store, "--out", "results", "--quiet")


TINY = ["--set=population.borrowers=5", "--set=horizon_days=60", "--replications", "2", "--quiet"]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--seed", "2"], "store holds a study of seed 1, not 2"),
        (["--set", "population.borrowers=6"], "store holds a study of another scenario"),
        (["--follow-up", "20"], "store holds a study of follow_up_days 30, not 20"),
        (["--by", "risky"], "store holds a study of by 'region', not 'risky'"),
        (["--portfolio", "book.csv"], "store holds a study of another "),
    ],
)
def test_a_store_of_another_study(here, refused, options, named):
    (here / "book.csv").write_text("limit,outstanding\n5000,1000\n")
    stored, followed = ["study", "clockwork", *TINY, "--store", "store"], ["--follow-up", "30"]
    assert cli.main([*stored, *followed]) == 0
    refused.forget()
    again = options if "--follow-up" in options else [*options, *followed]
    assert named in refused(*stored, *again, "--out", "results")


@pytest.mark.parametrize(
    ("scenarios", "named"),
    [
        ([], "the following arguments are required"),
        (["clockwork"], "The only scenario is 'clockwork', but a comparison needs another"),
        (["clockwork", "clockwork"], "Two scenarios have the name 'clockwork'"),
        (["a=clockwork", "a=jiebei"], "Two scenarios have the name 'a'"),
        (["clockwork", "jiebie"], "jiebie is not a preset, but must be one of: clockwork, jiebei, "),
        (["clockwork", "nowhere.toml"], "nowhere.toml cannot be read"),
        (["clockwork", "a=clockwork:evaluation.period_days=0"], "evaluation.period_days is 0, but must be"),
        (["clockwork", "a=clockwork:evaluation.period_days="], "a change of a is 'evaluation.period_days='"),
        (["clockwork", "a=clockwork:evaluation.perod_days=7"], "one of: evaluation.period_days, "),
        (["clockwork", " =clockwork"], "scenarios has the name ''"),
        (["clockwork", "--quiet", "jiebei"], "unrecognized arguments: jiebei; options are "),
    ],
)
def test_scenarios_that_cannot_be_compared(refused, scenarios, named):
    assert named in refused("compare", *scenarios, "--store", "store", "--out", "results")


def test_a_comparison_in_the_store_of_another(here, refused):
    options = [*TINY, "--follow-up", "30", "--store", "store"]
    assert cli.main(["compare", "clockwork", "a=clockwork:evaluation.period_days=7", *options]) == 0
    refused.forget()
    changed = "a=clockwork:evaluation.period_days=8"
    assert "holds a study of another scenario" in refused("compare", "clockwork", changed, *options)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "COMMAND"),
        (["fly"], "fly"),
        (["run"], "PRESET_OR_TOML"),
        (["study"], "PRESET_OR_TOML"),
        (["compare"], "PRESET_OR_TOML"),
        (["scenario"], "PRESET_OR_TOML"),
        (["presets", "jiebei"], "jiebei"),
        (["run", "clockwork", "welidai"], "welidai"),
        (["study", "clockwork", "welidai"], "welidai"),
        (["run", "clockwork", "--sed", "1"], "--sed"),
        (["run", "clockwork", "--seed"], "--seed"),
        (["run", "clockwork", "--seed", "one"], "'one' is not a whole number from 0 to 4294967295"),
        (["run", "clockwork", "--seed", "-1"], "'-1' is not a whole number"),
        (["run", "clockwork", "--seed", "1.5"], "'1.5' is not a whole number"),
        (["run", "clockwork", "--seed", "4294967296"], "'4294967296' is not a whole number"),
        (["run", "clockwork", "--replication", "-1"], "--replication: '-1' is not a whole number"),
        (["run", "clockwork", "--engine", "steam"], "--engine: invalid choice: 'steam'"),
    ],
)
def test_a_command_that_is_none(refused, arguments, named):
    assert named in refused(*arguments)
