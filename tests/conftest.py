"""What several tests share: fresh Python processes, and warnings that were not said before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import simlimit
from simlimit import errors

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


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test hear what is said only once."""
    monkeypatch.setattr(errors, "_SAID", set())
