"""Signals that come while functions are compiled: heeded between two functions.

LLVM calls Python back, and what a signal raises in there is printed and forgotten.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_handlers: dict[int, Callable[[int, FrameType | None], object]] = {}
_came: list[int] = []


@contextmanager
def signals_wait() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait until the block ends, or such a block begins within it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    if _handlers:
        _heed()
        yield
        return
    for number in (signal.SIGINT, signal.SIGTERM):
        handler = signal.getsignal(number)
        if callable(handler):
            _handlers[number] = handler
            signal.signal(number, lambda came, _: _came.append(came))
    try:
        yield
        _heed()
    finally:
        for number, handler in _handlers.items():
            signal.signal(number, handler)
        _handlers.clear()
        _came.clear()


def _heed() -> None:
    while _came:
        number = _came.pop()
        _handlers[number](number, None)
