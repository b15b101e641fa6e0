"""The options of the five functions that make studies: what they show, and the names that they refuse."""

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import simlimit as sl

SMALL = sl.preset("clockwork").replace({"population.borrowers": 20, "horizon_days": 200})
STUDIES: dict[str, Callable[..., Any]] = {
    "replicate": lambda **options: sl.replicate(SMALL, 2, **options),
    "compare": lambda **options: sl.compare({"a": SMALL, "b": SMALL}, 2, **options),
    "sweep": lambda **options: sl.sweep(SMALL, {"evaluation.period_days": [7, 30]}, 2, **options),
    "rank_levers": lambda **options: sl.rank_levers(SMALL, [{"kind": "plan"}], 2, **options),
    "attribute": lambda **options: sl.attribute(SMALL, 2, **options),
}
OPTIONS = "precision, workers, executor, store, engine, keep, follow_up_days, by, bands, processes, progress"


@pytest.mark.parametrize("name", STUDIES)
def test_a_misspelt_option_is_refused_with_the_one_that_is_meant(name: str) -> None:
    with pytest.raises(sl.SimlimitError) as caught:
        STUDIES[name](precison=1)
    begin, shown, end = re.split("( precision, .*) [.]{2} ", str(caught.value))
    assert begin == f"{name} has no argument 'precison', but has"
    assert shown.count(",") == 2
    assert re.fullmatch(rf"\(1\d in help\({name}\)\)\.", end)


@pytest.mark.parametrize("name", STUDIES)
def test_a_name_like_no_option_is_refused_with_the_place_of_all(name: str) -> None:
    with pytest.raises(sl.SimlimitError, match=rf"has no argument 'xyz', .* in help\({name}\)\)\.$"):
        STUDIES[name](xyz=1)


def test_a_misspelt_argument_is_guessed_too() -> None:
    with pytest.raises(sl.SimlimitError, match=r"no argument 'sede', but has seed, "):
        STUDIES["replicate"](sede=2)
    with pytest.raises(sl.SimlimitError, match=r"no argument 'metrik', but has metric, "):
        STUDIES["attribute"](metrik="mean")


def test_the_name_of_another_library_is_refused_beside_ours() -> None:
    with pytest.raises(sl.SimlimitError, match=r"^compare has no argument 'n_jobs', but has .*\bworkers\b"):
        STUDIES["compare"](n_jobs=4)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (sl.compare, "compare: missing a required argument: 'scenarios'."),
        (lambda: sl.replicate(SMALL, 2, n=3), "replicate: multiple values for argument 'n'."),
        (lambda: sl.replicate(SMALL, 2, 1, 4), "replicate: too many positional arguments."),
    ],
)
def test_arguments_that_do_not_fit_are_refused_in_a_sentence(call: Callable[[], object], said: str) -> None:
    with pytest.raises(sl.SimlimitError) as caught:
        call()
    assert str(caught.value) == said


@pytest.mark.parametrize("name", STUDIES)
def test_help_shows_every_option(name: str) -> None:
    function = getattr(sl, name)
    assert function.__name__ == name
    assert list(inspect.signature(function).parameters)[-11:] == OPTIONS.split(", ")


def process(platform: sl.Platform) -> Iterator[Any]:
    yield platform.at(1, 5)


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"processes": [process], "engine": "calendar"},
            'engine is "calendar", but processes of your own need ',
        ),
        (
            {"processes": process},
            "processes is <function process .*>, but must be a list of generator functions",
        ),
        (
            {"processes": [1]},
            "processes is \\[1\\], but must be a list of generator functions, each of which takes",
        ),
        ({"processes": {"a": [1]}}, "processes of 'a' is \\[1\\], but must be a list of generator functions"),
        ({"engine": "simpi"}, "engine is 'simpi', but must be one of: simpy, calendar"),
    ],
)
def test_processes_that_are_none_are_refused(name: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises(sl.SimlimitError, match=f"^{said}"):
        STUDIES[name](**options)


@pytest.mark.parametrize("name", ["replicate", "rank_levers", "attribute"])
def test_processes_by_scenario_need_scenarios_with_names(name: str) -> None:
    with pytest.raises(
        sl.SimlimitError, match=r"^processes is \{.*\}, but must be a list: there is one scenario"
    ):
        STUDIES[name](processes={"a": [process]})


def test_processes_of_a_scenario_that_is_not_there_are_refused() -> None:
    with pytest.raises(sl.SimlimitError, match=r"^a name in processes is 'c', but must be one of: a, b\.$"):
        STUDIES["compare"](processes={"c": [process]})


def test_processes_that_can_be_read_once_are_read_once() -> None:
    made = STUDIES["replicate"](processes=(one for one in [process]), workers=1)
    assert made._replications.experiment.processes
