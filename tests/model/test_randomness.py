"""R104, R105, R169: random numbers are those of Philox, and a pure function of what they are for."""

from __future__ import annotations

from itertools import combinations, product
from random import Random

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from random_numbers import philox, uniforms
from random_scenarios import random_scenario

import simlimit as sl
from simlimit.model import streams

STREAMS = (streams.POPULATION, streams.DUE, streams.WISH, streams.SCREEN, streams.REVIEW, streams.SHOCK)
FULL = 0xFFFFFFFF
KNOWN = [  # counter, key, words: Random123 1.14, tests/kat_vectors, philox4x32 10
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((FULL,) * 4, (FULL,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_philox_gives_the_known_answers(
    counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]
) -> None:
    assert tuple(map(int, philox(*counter, *key))) == words


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_uniforms_are_its_words_in_the_middle_of_their_cells(
    counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]
) -> None:
    entity, i, j, stream = counter
    assert uniforms(*key, stream, entity, i, j) == tuple((word + 0.5) / 2**32 for word in words)


def counter_of(words: tuple[int, ...], key: tuple[int, int]) -> tuple[int, ...]:
    """Return the counter that Philox maps to four words: each of its rounds can be undone."""
    x0, x1, x2, x3 = words
    for rounds in reversed(range(10)):
        k0, k1 = (k + rounds * weyl & FULL for k, weyl in zip(key, (0x9E3779B9, 0xBB67AE85), strict=True))
        before0 = x3 * pow(0xD2511F53, -1, 2**32) & FULL
        before2 = x1 * pow(0xCD9E8D57, -1, 2**32) & FULL
        x1, x3 = (before2 * 0xCD9E8D57 >> 32) ^ x0 ^ k0, (before0 * 0xD2511F53 >> 32) ^ x2 ^ k1
        x0, x2 = before0, before2
    return x0, x1, x2, x3


@pytest.mark.parametrize("word", [0, FULL])
def test_the_extreme_words_are_strictly_inside_the_unit_interval(word: int) -> None:
    entity, i, j, stream = counter_of((word,) * 4, key=(7, 8))
    assert uniforms(7, 8, stream, entity, i, j) == ((word + 0.5) / 2**32,) * 4
    assert 0 < (word + 0.5) / 2**32 < 1


def test_an_index_counts_modulo_two_to_the_32() -> None:
    assert uniforms(1, 2, streams.REVIEW, 5, -32768, -1) == uniforms(
        1, 2, streams.REVIEW, 5, 2**32 - 32768, FULL
    )


def sample(
    seed: int = 1,
    replication: int = 0,
    stream: int = streams.DUE,
    first: int = 0,
    i: int = 3,
    j: int = 0,
) -> npt.NDArray[np.float64]:
    """Return the four numbers of many borrowers."""
    entities = range(first, first + 2**16)
    return np.array([uniforms(seed, replication, stream, entity, i, j) for entity in entities])


def chi_square_deviation(cells: npt.NDArray[np.int64], count: int) -> float:
    """Return how many of its standard deviations a chi-square statistic of equal cells is from its mean."""
    statistic = ((np.bincount(cells, minlength=count) - len(cells) / count) ** 2).sum() * count / len(cells)
    return float((statistic - (count - 1)) / np.sqrt(2 * (count - 1)))


@pytest.mark.parametrize("word", range(4))
def test_each_word_is_uniform(word: int) -> None:
    u = sample()[:, word]
    assert u.min() > 0
    assert u.max() < 1
    assert abs(chi_square_deviation((256 * u).astype(np.int64), 256)) < 4
    assert abs(u.mean() - 0.5) < 4 / np.sqrt(12 * len(u))


def assert_independent(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> None:
    cells = (16 * first).astype(np.int64) * 16 + (16 * second).astype(np.int64)
    assert abs(chi_square_deviation(cells, 256)) < 4
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(len(first))


def test_the_four_words_are_independent() -> None:
    words = sample().T
    for a, b in combinations(words, 2):
        assert_independent(a, b)


@pytest.mark.parametrize(
    "changed", [{"first": 1}, {"i": 4}, {"j": 1}, {"stream": streams.WISH}, {"seed": 2}, {"replication": 1}]
)
def test_numbers_of_neighbours_are_independent(changed: dict[str, int]) -> None:
    assert_independent(sample()[:, 0], sample(**changed)[:, 0])


def test_numbers_do_not_depend_on_the_order_of_the_calls() -> None:
    arguments = list(product((1, 9), (0, 5), STREAMS, (0, 7), (-3, 11), (0, 2)))
    forwards = {each: uniforms(*each) for each in arguments}
    assert len(set(forwards.values())) == len(arguments)
    Random(1).shuffle(arguments)
    assert {each: uniforms(*each) for each in arguments} == forwards


# ---- common random numbers -------------------------------------------------------------------------------


def occurred(run: sl.Run, *events: str) -> pd.DataFrame:
    return run.events[run.events["event"].isin(events)].reset_index(drop=True)


BUSY = sl.preset("clockwork").replace(
    {
        "population.borrowers": 60,
        "behaviour.late_onset": 0.1,
        "behaviour.slip_share": 0.2,
        "behaviour.draws_per_year": 12.0,
        "behaviour.default_dpd": 0,
        "screening.false_flag": 0.3,
        "review.watch_share": 0.4,
        "review.approve_share": 0.6,
    }
)


@pytest.mark.parametrize(
    "changes",
    [
        {"evaluation.period_days": 7, "evaluation.straight_through": False},
        {"screening.false_flag": 0.0, "screening.risky_share": 0.2, "screening.detection": 1.0},
        {"review.reviewers": 20, "review.service_law": "constant", "review.approve_share": 1.0},
        {"funding.unlimited": False, "funding.recycle_share": 0.5},
        {"limits.raise_score": 0.1, "limits.raise_share": 0.5},
    ],
)
def test_a_policy_does_not_shift_who_is_late_and_when(changes: dict[str, object]) -> None:
    """The books are equal, for nobody draws; so every due day finds the same instalment due."""
    scenario = BUSY.replace({"behaviour.draws_per_year": 0.0})
    run, changed = sl.simulate(scenario), sl.simulate(scenario.replace(changes))
    assert len(occurred(run, "miss", "slip")) > 50
    pd.testing.assert_frame_equal(occurred(run, "miss", "slip"), occurred(changed, "miss", "slip"))


def test_a_policy_does_not_shift_when_people_wish_to_draw() -> None:
    """One cent is drawn at each wish, and that much is always available."""
    fields = {"behaviour.draw_share": (0.0, 0.0), "product.min_draw": 0.01}
    run = sl.simulate(BUSY.replace(fields))
    changed = sl.simulate(BUSY.replace({**fields, "evaluation.period_days": 7, "screening.false_flag": 0.8}))
    days = [occurred(each, "draw")[["day", "borrower"]] for each in (run, changed)]
    assert len(days[0]) > 1000
    pd.testing.assert_frame_equal(*days)


def test_a_policy_does_not_shift_flags_or_verdicts() -> None:
    run = sl.simulate(BUSY)
    changed = sl.simulate(BUSY.replace({"review.reviewers": 9, "funding.unlimited": False}))
    flags = [each.daily["flagged"] for each in (run, changed)]
    assert flags[0].sum() > 50
    pd.testing.assert_series_equal(*flags)
    first_verdicts = [
        occurred(each, "review")
        .drop_duplicates(["borrower", "instalment"])
        .set_index(["borrower", "instalment"])
        for each in (run, changed)
    ]
    shared = first_verdicts[0].index.intersection(first_verdicts[1].index)
    assert len(shared) > 50
    assert (first_verdicts[0]["cause"][shared] == first_verdicts[1]["cause"][shared]).all()


@pytest.mark.parametrize("seed", range(5))
def test_more_borrowers_leave_the_first_ones_as_they_are(seed: int) -> None:
    """Nobody competes where funding is unlimited and there are reviewers for all."""
    scenario = random_scenario(seed).replace(
        {"funding.unlimited": True, "review.reviewers": 200, "population.borrowers": 20}
    )
    few = sl.simulate(scenario, seed=seed).holds
    many = sl.simulate(scenario.replace({"population.borrowers": 50}), seed=seed).holds
    first = many[many["borrower"] < 20].reset_index(drop=True)
    numbers = ["hold", "loan"]
    pd.testing.assert_frame_equal(few.drop(columns=numbers), first.drop(columns=numbers))
