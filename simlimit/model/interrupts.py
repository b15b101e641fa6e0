"""Ctrl-C and SIGTERM while functions are compiled: heeded between two functions.

LLVM calls Python back, and what a signal raises in there is printed and forgotten.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_came: list[int] = []


@contextmanager
def interrupts_wait() -> Iterator[None]:
    """Let an interrupt wait until the block ends, or one within it does."""
    is_main = threading.current_thread() is threading.main_thread()
    both = (signal.SIGINT, signal.SIGTERM) if is_main else ()
    waiting = [one for one in both if signal.getsignal(one) is signal.default_int_handler]
    for one in waiting:
        signal.signal(one, lambda number, _: _came.append(number))
    try:
        yield
        if is_main and _came:
            raise KeyboardInterrupt
    finally:
        for one in waiting:
            signal.signal(one, signal.default_int_handler)
            _came.clear()
