"""The options of the five functions that make studies: what they show, and the names that they refuse."""

import inspect
import re
from collections.abc import Callable
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
OPTIONS = "precision, workers, executor, store, engine, keep, follow_up_days, by, bands, progress"


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
    assert list(inspect.signature(function).parameters)[-10:] == OPTIONS.split(", ")
