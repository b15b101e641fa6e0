"""Processes that have ended, and drafts as they leave them."""

from __future__ import annotations

import os
import subprocess
import sys

from simlimit.drafts import draft_name


def ended_process() -> int:
    """Return the number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        return process.pid


def draft_of(process: int) -> str:
    """Return a name that `draft_name` gives to another process of this machine."""
    return draft_name().replace(f"-{os.getpid()}-", f"-{process}-")
