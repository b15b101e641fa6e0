"""Saying that the model is compiled: once in a process, before the first run that has to wait for it."""

import sys
from threading import Event

from simlimit.model.compiling import is_compiled

NOTICE = "simlimit compiles the model once per installation (about half a minute) ..."

_settled = Event()


def announce_compilation() -> None:
    """Print on stderr that the first run takes longer, if it does and that has not been said."""
    if not _settled.is_set() and not is_compiled():
        print(NOTICE, file=sys.stderr, flush=True)
    _settled.set()


def omit_compilation_notice() -> None:
    """Say nothing of a compilation in this process."""
    _settled.set()
