"""Being told to stop: by Ctrl-C, or by whoever started the process, such as a batch scheduler."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let SIGTERM do what Ctrl-C does, unless it has a meaning already; in the end, all is as before."""
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


def be_undisturbed() -> None:
    """Let nothing but a kill stop what follows, until `stoppable` ends: what is done is being written."""
    if not _may_be_set():
        return
    for number in _SIGNALS:
        if signal.getsignal(number) is not None:
            signal.signal(number, signal.SIG_IGN)


def _may_be_set() -> bool:
    """Return whether this thread may say what signals do."""
    return threading.current_thread() is threading.main_thread()
