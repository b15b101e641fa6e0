"""Being told to stop: by Ctrl-C, or by whoever started the process, such as a batch scheduler."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, unless the process handles it; restore both at the end."""
    before = _handlers()
    try:
        if before.get(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore_signals() -> None:
    """Ignore Ctrl-C and SIGTERM until `stoppable` ends, while results are being written."""
    for number in _handlers():
        signal.signal(number, signal.SIG_IGN)


def _handlers() -> dict[signal.Signals, Any]:
    """Return what handles Ctrl-C and SIGTERM; nothing in a thread that may not set it."""
    if threading.current_thread() is not threading.main_thread():
        return {}
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    # None is a handler that Python did not set, and that nothing here replaces.
    return {number: handler for number, handler in handlers.items() if handler is not None}
