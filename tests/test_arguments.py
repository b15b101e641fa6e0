"""A sentence shows what was given as people write it: short, in one line, without the words of a library."""

import pickle

import numpy as np
import pandas as pd
import pytest
from foreign_frames import foreign

from simlimit.arguments import (
    FEW,
    as_frame,
    check_choice,
    check_number,
    check_type,
    check_whole,
    nearest,
    shown,
)
from simlimit.errors import (
    LONGEST_SENTENCE,
    PortfolioError,
    ScenarioError,
    SimlimitError,
    SimlimitWarning,
    warn,
)

LOG = pd.DataFrame({"delay_days": [0, 1], "outcome": "released"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.int64(8), "8"),
        (np.float64(7), "7.0"),
        (np.longdouble(7), "7.0"),
        (np.True_, "True"),
        (np.str_("north"), "'north'"),
        (np.datetime64("2026-03-02"), "2026-03-02"),
        ([np.int64(1), {"a": np.False_}], "[1, {'a': False}]"),
    ],
)
def test_a_number_of_numpy_is_shown_as_a_number(value: object, text: str) -> None:
    assert shown(value) == text


def test_what_is_large_is_shown_short_in_one_line() -> None:
    frame = pd.DataFrame(np.arange(40_000.0).reshape(100, 400))
    for value in (frame, frame.to_numpy(), range(10**9), "x" * 10**6, [[1] * 1000] * 1000, LOG, {1: frame}):
        assert len(shown(value)) < 800
        assert "\n" not in shown(value)


def test_every_refusal_of_a_number_shows_it_so() -> None:
    refusals = (
        lambda: check_whole("n", np.float64(7), 9),
        lambda: check_number("n", np.float64(7), 0, 6),
        lambda: check_number("n", np.float64("nan"), 0),
        lambda: check_choice("n", np.array(["a", "b"]), ("a", "b")),
        lambda: check_choice("n", ["a"], ("a", "b")),
    )
    for refusal in refusals:
        with pytest.raises(
            SimlimitError, match=r"^n is (7\.0|nan|array|\['a'\]).*, but must be .*\.$"
        ) as caught:
            refusal()
        assert "np." not in str(caught.value)


def test_a_type_is_named_with_its_library() -> None:
    with pytest.raises(SimlimitError, match=r"^of is of type pandas\.DataFrame, but must be an int\.$"):
        check_type("of", LOG, int)
    with pytest.raises(SimlimitError, match=r"^frame is of type pandas\.Series, but must be "):
        as_frame("frame", LOG["outcome"])


@pytest.mark.parametrize("library", ["pyarrow", "dask.dataframe"])
def test_a_frame_of_another_library_is_taken(library: str) -> None:
    taken = as_frame("frame", foreign(LOG, library))
    assert taken["delay_days"].to_list() == [0, 1]
    assert taken["outcome"].to_list() == ["released", "released"]


@pytest.mark.parametrize("number", [1, FEW, FEW + 1, 500])
def test_of_many_names_the_nearest_three_are_named_and_the_place_of_all(number: int) -> None:
    names = [f"part.field_{n}" for n in range(number)]
    text = nearest("field_0", iter(names), "the list")
    if number <= FEW:
        assert text == ", ".join(names)
    else:
        assert text.startswith("part.field_0, part.field_")
        assert text.count(", ") == 2
        assert text.endswith(f" .. ({number} in the list)")


@pytest.mark.parametrize("value", ["x" * 10**6, "a\nb\u2028c\rd", "\n" * 10_000])
def test_no_sentence_has_several_lines_or_is_long_whatever_is_in_it(value: str) -> None:
    for error in (SimlimitError(f"{value} is it."), ScenarioError(f"{value} is it."), PortfolioError(value)):
        assert len(str(error)) <= LONGEST_SENTENCE
        assert len(str(error).splitlines()) <= 1
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert str(SimlimitError(f"{value} is it.")).endswith("is it.")
    with pytest.warns(SimlimitWarning) as said:
        warn(f"{value} is it.")
    assert len(str(said[0].message)) <= LONGEST_SENTENCE
    assert len(str(said[0].message).splitlines()) == 1
