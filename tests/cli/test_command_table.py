"""The bounds and defaults of options are those of the library."""

from inspect import signature
from typing import get_args

import pytest

import simlimit as sl
from simlimit.cli import main
from simlimit.cli.arguments import WORDS
from simlimit.deciding.points import LEAST_POINTS, MOST_POINTS
from simlimit.run import options
from simlimit.study import draws
from simlimit.study.options import MOST_WORKERS, Options

OPTIONS = WORDS["options"]


def test_bounds_are_those_of_the_library():
    most = {
        "--replications": draws.MOST_REPLICATIONS,
        "--seed": options.LARGEST_SEED,
        "--replication": options.LARGEST_SEED,
        "--follow-up": options.LONGEST_FOLLOW_UP,
        "--workers": MOST_WORKERS,
    }
    assert {name: OPTIONS[name]["whole"][1] for name in most} == most


def test_defaults_and_choices_are_those_of_the_library():
    assert OPTIONS["--follow-up"]["default"] == options.FOLLOW_UP_DAYS
    assert {*OPTIONS["--engine"]["choices"]} == {*get_args(options.Engine)}
    powers = [2**k for k in range(LEAST_POINTS.bit_length() - 1, MOST_POINTS.bit_length())]
    assert OPTIONS["--points"]["choices"] == powers


@pytest.mark.parametrize(
    ("command", "function", "read_first"),
    [
        ("study", sl.replicate, {"scenario", "precision"}),
        ("compare", sl.compare, {"scenarios", "precision"}),
        ("fit", sl.fit, {"log", "scenario", "free"}),
        ("sensitivity", sl.sensitivity, {"scenario"}),
        ("optimise", sl.optimise, {"scenario", "choices", "costs"}),
        ("run", sl.simulate, {"scenario"}),
    ],
)
def test_options_that_the_library_knows_are_passed_on(command, function, read_first):
    about = WORDS["commands"][command]
    given = {OPTIONS[one].get("dest", one.strip("-").replace("-", "_")) for one in about["options"]}
    known = {*signature(function).parameters, *Options.__annotations__}
    assert {*about["passed_on"]} == (given & known) - read_first


@pytest.mark.parametrize(
    ("words", "refused"),
    [
        (["--seed", "1", "--seed=2"], "--seed"),
        (["--by", "score", "--by", "region"], "--by"),
        (["--quiet", "--store=one", "--seed=1", "--store=other"], "--store"),
    ],
)
def test_an_option_of_one_value_takes_no_second_one(words, refused, capsys):
    assert main(["study", "clockwork", *words]) == 2
    assert capsys.readouterr().err == (
        f"simlimit: argument {refused}: has a second value, but may have one (see: simlimit study --help).\n"
    )
