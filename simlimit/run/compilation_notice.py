"""The notice that the model is being compiled, before the first run that waits for it."""

import sys

from simlimit.errors import warn
from simlimit.model.compiling import WHY_UNKEPT, is_compiled

NOTICE = "simlimit compiles the model once per installation (about 20 seconds) ..."
# The transition by which each driver is known to be compiled.
ENTRIES = {"calendar": "run_days", "simpy": "pay"}

# Among the drivers that are settled: nothing is printed.
QUIET = "quiet"

_settled: set[str] = set()


def announce_compilation(engine: str) -> bool:
    """Return whether the first run of a driver compiles it; if so, print that on stderr."""
    compiles = engine not in _settled and not is_compiled(ENTRIES[engine])
    _settled.add(engine)
    if compiles and QUIET not in _settled:
        print(NOTICE, file=sys.stderr, flush=True)
    if compiles and WHY_UNKEPT:
        warn(f"The compiled model cannot be kept ({WHY_UNKEPT}), so each process compiles it (20 seconds).")
    return compiles


def omit_compilation_notice() -> None:
    """Print no such notice in this process."""
    _settled.add(QUIET)
