"""Being told to stop: by Ctrl-C, or by whoever started the process, such as a batch scheduler."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, unless the process handles it; restore both at the end."""
    if not _may_be_set():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        if before[signal.SIGTERM] is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
        yield
    finally:
        for number, handler in before.items():
            # None is a handler that Python did not set, and that nothing here replaces.
            if handler is not None:
                signal.signal(number, handler)


def ignore_signals() -> None:
    """Ignore Ctrl-C and SIGTERM until `stoppable` ends, while results are being written."""
    if not _may_be_set():
        return
    for number in _SIGNALS:
        if signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_IGN)


def _may_be_set() -> bool:
    """Return whether this thread may set what signals do."""
    return threading.current_thread() is threading.main_thread()
