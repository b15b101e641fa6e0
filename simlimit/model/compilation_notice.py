"""The notice that the model is being compiled: once in a process, before the first run that waits for it."""

import sys
from threading import Event

from simlimit.model.compiling import is_compiled

NOTICE = "simlimit compiles the model once per installation (about half a minute) ..."

_settled = Event()


def announce_compilation() -> None:
    """Print on stderr that the first run compiles the model, if it does; at most once in a process."""
    if not _settled.is_set() and not is_compiled():
        print(NOTICE, file=sys.stderr, flush=True)
    _settled.set()


def omit_compilation_notice() -> None:
    """Print no such notice in this process."""
    _settled.set()
