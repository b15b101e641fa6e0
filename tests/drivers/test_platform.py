"""A number that a process gives must be one of a borrower, a hold or an amount that there is."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import simpy

import simlimit as sl
from simlimit.drivers.platform import Platform

SLOW = sl.preset("clockwork").replace(
    {"population.borrowers": 20, "horizon_days": 120, "evaluation.straight_through": False}
)


def asked(question: Callable[[Platform], object], day: int = 70) -> object:
    """What a process finds out on a day."""
    answers: list[object] = []

    def asks(platform: Platform) -> Iterator[simpy.Event]:
        yield platform.at(day, 5)
        answers.append(question(platform))

    sl.simulate(SLOW, seed=1, processes=[asks])
    return answers[0]


def opened(platform: Platform) -> int:
    return platform.state.storage.holds_used


@pytest.mark.parametrize("wrong", [-1, 10**6, 10**30, 1.5, math.nan, "0", None, [0], True])
@pytest.mark.parametrize("question", [Platform.hold, Platform.hold_ended])
def test_a_number_that_is_no_hold_is_refused(question: Callable[..., object], wrong: object) -> None:
    with pytest.raises(sl.SimlimitError, match=r"^hold is .*, but must be a whole number from 0 to "):
        asked(lambda platform: question(platform, wrong))


def test_a_hold_that_is_not_opened_yet_is_refused_and_the_last_opened_is_not() -> None:
    with pytest.raises(sl.SimlimitError, match=r"^hold is "):
        asked(lambda platform: platform.hold(opened(platform)))
    last = asked(lambda platform: platform.hold(np.int64(opened(platform) - 1)))
    assert isinstance(last, dict)
    assert last["amount"] > 0


@pytest.mark.parametrize("wrong", [-1, 20, 1.5, math.nan, "0", None, [0], True])
@pytest.mark.parametrize(
    "question",
    [
        lambda platform, borrower: platform.open_holds(borrower),
        lambda platform, borrower: platform.draw(borrower, 1),
        lambda platform, borrower: platform.repay_early(borrower),
        lambda platform, borrower: platform.set_limit(borrower, 1),
    ],
)
def test_a_number_that_is_no_borrower_is_refused(question: Callable[..., object], wrong: object) -> None:
    with pytest.raises(sl.SimlimitError, match=r"^borrower is .*, but must be a whole number from 0 to 19"):
        asked(lambda platform: question(platform, wrong))


@pytest.mark.parametrize("wrong", [-1, math.nan, math.inf, "1", None, [1], True, 1j])
def test_an_amount_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(sl.SimlimitError, match=r"^limit is .*, but must be a number from 0 to 1000000000"):
        asked(lambda platform: platform.set_limit(1, wrong))
    with pytest.raises(sl.SimlimitError, match=r"^amount is .*, but must be a number from 0.01 to "):
        asked(lambda platform: platform.draw(1, wrong))


def test_nobody_acts_after_the_last_day() -> None:
    def goes_on(platform: Platform) -> None:
        platform.env.run(until=500)
        platform.set_limit(1, 0)

    with pytest.raises(sl.SimlimitError, match=r"^day 120 is not simulated: the last day is 119"):
        asked(goes_on)
