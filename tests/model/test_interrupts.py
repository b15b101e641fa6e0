"""An interrupt waits while a function is compiled, and is lost nowhere."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator

import pytest

from simlimit.model.interrupts import interrupts_wait

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def _heeding() -> Iterator[None]:
    """As the command line does: SIGTERM is what Ctrl-C is."""
    before = {one: signal.signal(one, signal.default_int_handler) for one in BOTH}
    yield
    for one, handler in before.items():
        assert signal.getsignal(one) is signal.default_int_handler
        signal.signal(one, handler)


@pytest.mark.parametrize("number", BOTH)
def test_is_heeded_when_the_block_ends(number: signal.Signals) -> None:
    done = []

    def interrupted() -> None:
        with interrupts_wait():
            os.kill(os.getpid(), number)
            done.append("after")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == ["after"]


def test_is_heeded_when_a_block_within_ends() -> None:
    done = []

    def interrupted() -> None:
        with interrupts_wait():
            with interrupts_wait():
                os.kill(os.getpid(), signal.SIGINT)
                done.append("within")
            done.append("after")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert done == ["within"]


def test_is_not_heeded_twice() -> None:
    with pytest.raises(KeyboardInterrupt), interrupts_wait():
        os.kill(os.getpid(), signal.SIGINT)
    with interrupts_wait():
        pass


def test_what_fails_fails_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), interrupts_wait():
        1 / 0  # noqa: B018


def test_a_handler_of_ones_own_is_left_alone() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: seen.append(number))
    with interrupts_wait():
        os.kill(os.getpid(), signal.SIGINT)
        assert seen == [signal.SIGINT]
    signal.signal(signal.SIGINT, before)


def test_other_threads_wait_for_nothing() -> None:
    done = []

    def work() -> None:
        with interrupts_wait():
            done.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done
