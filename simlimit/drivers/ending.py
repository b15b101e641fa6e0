"""A thread that simulates can be told to end: it does so before the next compiled call."""

import threading
from concurrent.futures import CancelledError

_here = threading.local()


def heed(ended: threading.Event) -> None:
    """Let this thread end what it simulates once an event is set."""
    _here.ended = ended


def end_if_told() -> None:
    """Raise `CancelledError` if this thread has been told to end."""
    if hasattr(_here, "ended") and _here.ended.is_set():
        raise CancelledError
