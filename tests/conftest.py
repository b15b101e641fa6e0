"""What several tests share: a compiled model, fresh Python processes, and warnings not said before."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import simlimit
from simlimit import errors

SOURCES = Path(simlimit.__file__).parent.parent
TESTS = Path(__file__).parent
# Else each process that a test starts would parse the whole package anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# How long an example takes is a matter of the machine, and of what else it does.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
COMPILE = """
import sys, tempfile, warnings
from pathlib import Path
import simlimit as sl
from random_worlds import random_world
warnings.simplefilter("ignore", sl.SimlimitWarning)
for seed in range(3):
    world = random_world(seed, Path(tempfile.mkdtemp()))
    sl.simulate(world, engine=sys.argv[1])
    if sys.argv[1] == "calendar":
        sl.replicate(world, 1, progress=False)
"""
"""Compiles nearly all that the tests need of a driver."""

_compiling: list[subprocess.Popen[bytes]] = []


def pytest_collectstart() -> None:
    """Search for no garbage while the tests are collected: they are many, and stay."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Search for garbage again, but never among what is there by now: a search of it takes 0.5 s."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the model once for all workers, while they collect the tests; each would compile it anew."""
    if getattr(session.config.option, "numprocesses", None) and not hasattr(session.config, "workerinput"):
        paths = os.pathsep.join([str(SOURCES), str(TESTS)])
        environment = os.environ | {"PYTHONPATH": paths}
        # Two at once: what both drivers need is compiled twice, but else one core would wait for the other.
        for engine in ("calendar", "simpy"):
            command = [sys.executable, "-P", "-c", COMPILE, engine]
            _compiling.append(subprocess.Popen(command, env=environment))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished() -> None:
    """Give the workers no test before that."""
    for process in _compiling:
        process.wait()


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
