"""The bounds and defaults of options are those of the library."""

from typing import get_args

from simlimit.cli.arguments import WORDS
from simlimit.run import options
from simlimit.study import draws
from simlimit.study.options import MOST_WORKERS, Engine

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
    assert {*OPTIONS["--engine"]["choices"]} == {*get_args(Engine)}
