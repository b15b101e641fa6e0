"""Ctrl-C and SIGTERM while functions are compiled: heeded between two functions.

LLVM calls Python back, and what a signal raises in there is printed and forgotten.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_came: list[int] = []


def _note(number: int, _: FrameType | None) -> None:
    _came.append(number)


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Let an interrupt wait until the block ends, or another one begins or ends within it."""
    waiting = []
    if threading.current_thread() is threading.main_thread():
        both = (signal.SIGINT, signal.SIGTERM)
        waiting = [one for one in both if signal.getsignal(one) is signal.default_int_handler]
    for one in waiting:
        signal.signal(one, _note)
    try:
        _heed()
        yield
        _heed()
    finally:
        for one in waiting:
            signal.signal(one, signal.default_int_handler)
            _came.clear()


def _heed() -> None:
    if _came:
        raise KeyboardInterrupt
