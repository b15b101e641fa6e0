"""Whatever a public function is called with: the right result, or one sentence about the argument."""

import collections
import faulthandler
import random
import re
import shutil
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from awkward_values import VALUES, Make, UsersOwn
from every_door import Door, all_doors, fits, run, study

import simlimit as sl
from simlimit.errors import LONGEST_SENTENCE

SECONDS = 30
"""A call that takes longer hangs."""
VALUES_EACH, SLOW_EACH = 16, 1
"""Values for each argument in the long sweep; one of a function that makes a hundred studies."""
SLOW = ("attribute",)
SAMPLE = 2
"""Calls of each function by default, by keyword and by position."""
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


class Hangs(BaseException):
    """A call has taken too long."""


class Outcome(NamedTuple):
    """What became of a call: a result, a sentence, or what may not be."""

    kind: str
    text: str


@contextmanager
def in_time() -> Iterator[None]:
    """Raise what nobody catches if it takes too long; end the process if even that does not help."""

    def hang(*_: object) -> None:
        raise Hangs

    can_ring = threading.current_thread() is threading.main_thread()
    if can_ring:
        signal.signal(signal.SIGALRM, hang)
        signal.alarm(SECONDS)
    faulthandler.dump_traceback_later(4 * SECONDS, exit=True, file=sys.__stderr__)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        if can_ring:
            signal.alarm(0)


def outcome(call: Callable[[], object]) -> Outcome:
    """Return what becomes of a call; the files that it makes in this folder are not left."""
    before = {*Path().iterdir()}
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            with in_time():
                found = Outcome("result", ADDRESS.sub("", repr(call())))
        except sl.SimlimitError as error:
            found = Outcome("sentence", ADDRESS.sub("", str(error)))
        except UsersOwn:
            found = Outcome("the value's own error", "")
        except (Exception, Hangs) as error:
            found = Outcome("raw", f"{type(error).__name__}: {error}")
    plt.close("all")
    for made in {*Path().iterdir()} - before:
        shutil.rmtree(made) if made.is_dir() else made.unlink()
    # Files and generators that a value leaves open are not ours.
    foreign = [one for one in said if not issubclass(one.category, sl.SimlimitWarning | ResourceWarning)]
    return Outcome("warning", str(foreign[0])) if foreign else found


def is_about(sentence: str, door: Door, value: object) -> bool:
    """Tell whether a sentence names an argument, or a field or column of the value."""
    within = ["frame", *value] if isinstance(value, dict | pd.DataFrame) else []
    names = [
        *door.parameters,
        *sl.Scenario.leaves(),
        *sl.Lever.leaves(),
        *(str(name)[:30] for name in within),
    ]
    return (
        any(name.removesuffix("ies").removesuffix("s") in sentence for name in names)
        or "".join(filter(str.isprintable, str(value)))[:30] in sentence
    )


def complaints(door: Door, argument: str, name: str, make: Make) -> tuple[str, list[str]]:
    """Return what becomes of a call with one value, and what is wrong with that."""
    hint = door.hints.get(argument, Any)
    calls = [given for how in (door.by_keyword, door.by_position) if (given := how(argument, make()))]
    found = [outcome(lambda given=given: door.open()(*given[0], **given[1])) for given in calls]
    first, wrong = found[0], []
    if first.kind in ("raw", "warning"):
        wrong.append(f"{first.kind} {first.text}")
    if first.kind == "sentence":
        if len(first.text) > LONGEST_SENTENCE or not first.text.isprintable():
            wrong.append(f"not one line: {first.text}")
        if not first.text.endswith((".", "?")):
            wrong.append(f"no full stop: {first.text}")
        if not is_about(first.text, door, make()):
            wrong.append(f"about what: {first.text}")
    if first.kind == "result":
        if not fits(make(), hint):
            wrong.append(f"taken, though it is none of {hint}: {first.text[:200]}")
        if isinstance(value := make(), np.generic) and fits(value.item(), hint):
            plain = door.by_keyword(argument, value.item()) or door.by_position(argument, value.item())
            if outcome(lambda: door.open()(*plain[0], **plain[1])) != first:
                wrong.append("another result than for the same number of Python's")
    if len(set(found)) > 1:
        wrong.append(f"by position or by keyword it differs: {found}")
    return first.kind, [f"{door.name}({argument}={name}): {one}" for one in wrong]


def sweep(door: Door, each: int, most: int | None = None) -> list[str]:
    """Call a function with some values for each argument in turn; return what is wrong."""
    chance = random.Random(door.name)
    cases = [(argument, name) for argument in door.parameters for name in chance.sample(sorted(VALUES), each)]
    found: list[str] = []
    for argument, name in cases if most is None else chance.sample(cases, min(most, len(cases))):
        kind, make = VALUES[name]
        if "Callable" in str(door.hints.get(argument)) and callable(make()):
            continue  # what a function of the user's does is its own
        became, wrong = complaints(door, argument, name, make)
        TABLE[kind, "wrong" if wrong else became] += 1
        found += wrong
    return found


def all_end_well(wrong: list[str]) -> None:
    assert not wrong, "\n" + "\n".join(wrong)


TABLE: collections.Counter[tuple[str, str]] = collections.Counter()
"""How many calls with a kind of value became what, in this process."""


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    # The first run compiles the model, which is no call that hangs.
    run(), study()


@pytest.mark.parametrize("name", all_doors())
def test_a_few_awkward_values(name):
    all_end_well(sweep(all_doors()[name], 1, 1 if name in SLOW else SAMPLE))


@pytest.mark.long
@pytest.mark.parametrize("name", all_doors())
def test_many_awkward_values(name):
    all_end_well(sweep(all_doors()[name], SLOW_EACH if name in SLOW else VALUES_EACH))


@pytest.mark.parametrize("name", all_doors())
def test_the_values_that_are_right_give_a_result(name):
    door = all_doors()[name]
    given = {argument: make() for argument in door.parameters if (make := door.right(argument)) is not None}
    first = next(iter(given), None)
    args, named = ((), {}) if first is None else door.by_keyword(first, given[first]) or ((), {})
    if not door.has_unnamed:
        # The study is of a scenario, in which no parameter varies.
        kind = "sentence" if name == "Study.variance_components" else "result"
        assert outcome(lambda: door.open()(*args, **named)).kind == kind


def test_the_sweep_is_large():
    arguments = {door.name: len(door.parameters) for door in all_doors().values()}
    assert sum((SLOW_EACH if name in SLOW else VALUES_EACH) * n for name, n in arguments.items()) >= 5_000
