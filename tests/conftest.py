"""What several tests share: fresh Python processes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import simlimit

SOURCES = Path(simlimit.__file__).parent.parent
TESTS = Path(__file__).parent


@pytest.fixture
def fresh_process() -> Callable[..., str]:
    """Return a function that runs Python in a new process and returns what it printed."""

    def run(*arguments: str, sources: Path = SOURCES, **environment: str) -> str:
        paths = os.pathsep.join([str(sources), str(TESTS)])
        done = subprocess.run(
            [sys.executable, "-P", "-W", "error", *arguments],
            env=os.environ | {"PYTHONPATH": paths} | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
