"""What does not use mechanisms that came later has the tables that it had before them, on the old columns.

The digests are of version f88225f. Only the start has changed since, and is set as it was.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import uniform_start

BEFORE = Path(__file__).parent / "tables_before.json"


def test_tables_are_what_they_were_when_the_start_is_what_it_was() -> None:
    told = subprocess.run(
        [sys.executable, "-W", "ignore", uniform_start.__file__, str(BEFORE)],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    digests = dict(line.split(": ") for line in told.stdout.splitlines())
    assert digests == json.loads(BEFORE.read_text())["digests"]


def test_the_start_is_another_now() -> None:
    """Else the test above would compare nothing of the change: here the start is not set as it was."""
    expected = json.loads(BEFORE.read_text())["digests"]
    columns = json.loads(BEFORE.read_text())["columns"]
    assert uniform_start.digest_of("equal principal", columns) != expected["equal principal"]
