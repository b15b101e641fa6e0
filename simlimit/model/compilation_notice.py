"""The notice that the model is being compiled, before the first run that waits for it."""

import sys

from simlimit.model.compiling import is_compiled

NOTICE = "simlimit compiles the model once per installation (about 20 seconds) ..."
ENTRIES = {"calendar": "run_days", "simpy": "pay"}
"""The transition by which each driver is known to be compiled."""

_settled: set[str] = set()


def announce_compilation(engine: str) -> None:
    """Print on stderr that the first run of a driver compiles it, if so; at most once in a process."""
    if engine not in _settled and not is_compiled(ENTRIES[engine]):
        print(NOTICE, file=sys.stderr, flush=True)
    _settled.add(engine)


def omit_compilation_notice() -> None:
    """Print no such notice in this process."""
    _settled.update(ENTRIES)
