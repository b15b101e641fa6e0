"""Whatever is misused by a process or about one gets one sentence, and leaves no half-written store.

Within a process the sentence ends with where it happened: which process, on which day, in which replication.
"""

from __future__ import annotations

import itertools
import math
import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

import pytest
import simpy

import simlimit as sl
from simlimit.errors import LONGEST_SENTENCE

TINY = sl.preset("clockwork").replace(
    {"population.borrowers": 9, "horizon_days": 40, "evaluation.straight_through": False}
)
"""On day 30, holds 0 and 3 of borrowers 0 and 3 wait for an evaluation; hold 18 has not been opened."""
QUIET: dict[str, Any] = {"progress": False, "follow_up_days": 5}
WHERE = r" \(process doing\.<locals>\.does, day 3\d, replication 0\)\.$"

Act = Callable[[sl.Platform], object]
Case = tuple[Callable[..., object], str]


def doing(act: Act) -> Callable[[sl.Platform], Iterator[Any]]:
    """Return a process that acts on day 30; if that gives something to wait for, it waits."""

    def does(platform: sl.Platform) -> Iterator[Any]:
        yield platform.at(30, 5)
        given = act(platform)
        if given is not None:
            yield given[0] if isinstance(given, tuple) else given

    return does


def sentence(call: Callable[[], object], begins: str, ends: str = r"[.?]$") -> None:
    """Check that a call gives one sentence, about this."""
    with pytest.raises(sl.SimlimitError) as found:
        call()
    said = str(found.value)
    assert re.search(f"^(?:{begins})", said), said
    assert re.search(ends, said), said
    assert said.isprintable()
    assert len(said) <= LONGEST_SENTENCE
    assert "Traceback" not in said


def leaves_nothing_half_written(folder: Path) -> None:
    """Check that a store holds nothing but what says of which study it is, if it was begun at all."""
    files = {path.name for path in folder.rglob("*") if path.is_file()}
    assert files in (set(), {"study.json", "scenario.toml"})


def by_value(method: str, wrong: dict[str, object], begins: str, *others: object, before: int = 0) -> None:
    """Add the calls of a method with wrong values of one argument, the others after (or before) it."""
    for kind, value in wrong.items():
        arguments = (*others[:before], value, *others[before:])
        INSIDE[f"{method}: {kind} as {begins.split(maxsplit=1)[0]}"] = (
            lambda platform, arguments=arguments: (getattr(platform, method)(*arguments), None)[1],
            begins,
        )


INSIDE: dict[str, Case] = {}
"""What a process does on day 30, and how the sentence begins."""

BORROWERS = {
    "one too many": 9,
    "below 0": -1,
    "a fraction": 3.0,
    "a text": "3",
    "a list": [3],
    "a truth": True,
}
OF_BORROWER: dict[str, tuple[object, ...]] = {
    "draw": (1.0,), "repay_early": (), "set_limit": (100,), "pay_due": (), "close": (), "open": (100,),
    "watch": (), "unwatch": (), "block": ("mine",), "unblock": ("mine",), "borrower": (), "open_holds": (),
}  # fmt: skip
for method, others in OF_BORROWER.items():
    by_value(method, BORROWERS, "borrower is .*, but must be a whole number from 0 to 8", *others)
by_value("record", BORROWERS, "borrower is .* a whole number from 0 to 8", "calls", 1, before=2)

HOLDS = {
    "not opened yet": 18,
    "below 0": -1,
    "a fraction": 0.5,
    "a text": "0",
    "nothing": None,
    "a truth": True,
}
for method in ("hold", "hold_ended", "send_to_desk", "approve", "deny"):
    but = ["mine"] if method == "deny" else []
    by_value(method, HOLDS, "hold is .*, but must be the number of a hold that has been opened", *but)

REASONS = {"none": None, "an empty text": "", "a long text": "x" * 101, "a number": 7, "bytes": b"mine"}
for method in ("block", "unblock", "deny"):
    by_value(method, REASONS, "reason is .*, but must be a text of 1 to 100 characters", 3, before=1)

AMOUNTS = {"nan": math.nan, "inf": math.inf, "below 0": -1, "a text": "5", "nothing": None, "a list": [5]}
by_value("set_limit", AMOUNTS, "limit is .*, but must be a number from 0 to 1000000000", 3, before=1)
by_value("open", AMOUNTS, "limit is .*, but must be a number from 0 to 1000000000", 3, before=1)
by_value("draw", AMOUNTS | {"0": 0, "more than is available": 5000.01}, "amount is .*, but must be a number "
         "from 0.01 to 5000, what borrower 3 can draw", 3, before=1)  # fmt: skip
INSIDE["draw: without a limit"] = (
    lambda platform: (platform.set_limit(3, 0), platform.draw(3, 5.0))[1],
    "amount is 5.0, but borrower 3 can draw nothing now",
)

WHOLE = {
    "below 0": -1,
    "a fraction": 1.5,
    "too large": 2**32,
    "a text": "1",
    "nothing": None,
    "nan": math.nan,
}
for method in ("uniform", "generator"):
    by_value(
        method,
        {"a number": 7, "nothing": None, "bytes": b"x", "empty": ""},
        "name is .*, but must be a text of 1 to 100",
        3,
        0,
    )
    by_value(method, WHOLE, "entity is .*, but must be a whole number from 0 to 4294967295", "x", 0, before=1)
    by_value(method, WHOLE, "k is .*, but must be a whole number from 0 to 4294967295", "x", 0, before=2)

MEASUREMENTS = {
    "nan": math.nan,
    "inf": -math.inf,
    "a text": "1",
    "nothing": None,
    "complex": 1j,
    "large": 10**400,
}
by_value(
    "record",
    {"a number": 7, "nothing": None, "a list": ["calls"], "empty": "", "long": "x" * 101},
    "name is .* a text of 1 to 100",
    1,
)
by_value("record", MEASUREMENTS, "value is .*, but must be a finite number, or a truth", "calls", before=1)

by_value("at", {"a fraction": 31.5, "nan": math.nan, "a text": "31", "nothing": None, "endless": math.inf},
         "day is .*, but must be a whole number of days", 5)  # fmt: skip
by_value("at", {"the past": 29}, "day is 29, phase 5 |day 29", 5)
by_value("at", {"seven": 7, "below 0": -1, "nan": math.nan, "a text": "5", "nothing": None},
         "phase is .*, but must be a number from 0 to 6", 31, before=1)  # fmt: skip
by_value("queue", {"unknown": "lunch", "an end": "released", "a number": 7, "nothing": None},
         "cause is .*, but must be one of: settlement")  # fmt: skip
by_value(
    "on_evaluation", {"a text": "clear", "nothing": None, "a number": 7}, "rule is .*, but must be a function"
)

FIELDS = {
    "unknown": "rules.luck",
    "of the calendar": "evaluation.period_days",
    "not text": 7,
    "nothing": None,
    "of the book": "population.borrowers",
    "empty": "",
    "a part": "rules",
    "of the run": "horizon_days",
}
by_value("change", FIELDS, r"field is .* one that may change during a run|rules\.luck", 0.5)
for field, value in [("rules.min_score", math.nan), ("rules.min_score", 2), ("rules.min_score", "high"),
                     ("review.reviewers", -1), ("review.reviewers", 1.5), ("funding.recycle_share", 7),
                     ("limits.block_draws", "never"), ("rules.overdue", None)]:  # fmt: skip
    by_value("change", {f"{field} {value}": value}, re.escape(field), field, before=1)


def closed(then: Act) -> Act:
    """Return what is done to borrower 3 right after its line is closed."""

    def act(platform: sl.Platform) -> object:
        platform.close(3)
        return then(platform)

    return act


def ended(method: str, *others: object) -> Act:
    """Return what is done to a hold that is over, since the limit falls to 0."""

    def act(platform: sl.Platform) -> object:
        platform.set_limit(3, 0)
        getattr(platform, method)(3, *others)
        return None

    return act


def waiting_at_desk(platform: sl.Platform) -> None:
    platform.send_to_desk(3)
    platform.approve(3)


def ruled(rule: Callable[..., Any]) -> Act:
    """Return the use of a rule, and a wait for an evaluation at which it is asked."""

    def act(platform: sl.Platform) -> object:
        platform.on_evaluation(rule)
        return platform.at(39, 5)

    return act


def fails(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object) -> None:
        raise error

    return fail


def both(platform: sl.Platform) -> object:
    """Return an event that has happened twice."""
    event = platform.env.event()
    return event.succeed().succeed()


def endless(_: sl.Platform) -> object:
    return endless(_)


INSIDE |= {
    "draw on a closed line": (closed(lambda p: p.draw(3, 1)), "borrower 3 has a closed line"),
    "close a closed line": (closed(lambda p: p.close(3)), "borrower 3 has a closed line"),
    "raise a closed line": (closed(lambda p: p.set_limit(3, 10**5)), "borrower 3 has a raise pending or"),
    "open an open line": (lambda p: p.open(3, 100), "borrower 3 has an open line"),
    "open a line twice": (closed(lambda p: (p.open(3, 100), p.open(3, 100))), "borrower 3 has an open line"),
    "approve a hold that ended": (ended("approve"), r"hold 3 has ended: it was \w+ on day 30"),
    "deny a hold that ended": (ended("deny", "mine"), r"hold 3 has ended: it was \w+ on day 30"),
    "send a hold that ended": (ended("send_to_desk"), r"hold 3 has ended: it was \w+ on day 30"),
    "approve at the desk": (waiting_at_desk, "hold 3 stands at review, but must wait for an evaluation"),
    "wait for NaN": (lambda p: p.env.timeout(math.nan), "delay is nan, but must be a finite number of days"),
    "wait for the past": (lambda p: p.env.timeout(-1), "delay is -1, but must be a finite number of days"),
    "wait for a text": (lambda p: p.env.timeout("1"), "delay is '1', but must be"),
    "wait for ever": (lambda p: p.env.timeout(math.inf), "delay is inf, but must be"),
    "trigger an event late": (lambda p: simpy.Timeout(p.env, math.nan), "delay is nan, but must be"),
    "yield nothing": (lambda _: (None,), "It yields .?None.?, but must yield events"),
    "yield a number": (lambda _: 5, "It yields .?5.?, but must yield events"),
    "yield a list of events": (lambda p: [p.at(31, 5)], "It yields .*, but must yield events"),
    "yield a generator": (doing(both), "It yields .*, but must yield events"),
    "yield what lies on several lines": (lambda _: "a\nb", "It yields .*, but must yield events"),
    "start a number": (lambda p: p.env.process(7), ""),
    "start a function": (lambda p: p.env.process(doing(both)), ""),
    "wait for a number": (lambda p: p.at(31, 5) | 7, ""),
    "an event twice": (both, "RuntimeError: .* has already been triggered"),
    "fail with what is no exception": (lambda p: p.env.event().fail("no"), "ValueError|TypeError"),
    "run the clock backwards": (lambda p: p.env.run(until=3), "ValueError: until"),
    "a resource without seats": (lambda p: simpy.Resource(p.env, 0), 'ValueError: "?capacity"?'),
    "less than nothing": (lambda p: simpy.Container(p.env).put(-1), "ValueError: amount"),
    "raise a key": (fails(KeyError("x")), "KeyError: 'x'"),
    "raise several lines": (fails(ValueError("a\nb\n" * 500)), "ValueError: a b a b"),
    "raise without a word": (fails(AssertionError()), "AssertionError"),
    "raise the end of a generator": (fails(StopIteration(3)), "RuntimeError: generator raised StopIteration"),
    "raise our own": (fails(sl.SimlimitError("mine")), "mine"),
    "raise an interrupt of SimPy's": (fails(simpy.Interrupt("why")), "simpy.exceptions.Interrupt"),
    "raise a stop of SimPy's": (fails(simpy.core.StopSimulation("why")), ".*StopSimulation"),
    "raise no more events": (fails(simpy.core.EmptySchedule()), ".*EmptySchedule"),
    "raise several": (fails(ExceptionGroup("many", [KeyError(1), ValueError(2)])), "ExceptionGroup|.*many"),
    "call itself": (endless, "RecursionError: maximum recursion depth"),
    "a name that there is not": (lambda p: p.releas(3), "AttributeError: 'Platform' object has no"),
    "an argument too few": (lambda p: p.draw(3), "TypeError: .* missing 1 required"),
    "an argument that there is not": (lambda p: p.close(3, why="x"), "TypeError: .* unexpected keyword"),
    "write to the state": (lambda p: p.state.borrowers["limit"].fill(5), "ValueError: .* read-only"),
}  # fmt: skip

ASKED = {
    "a number": (lambda *_: 7, "what a rule of one's own returns is 7, but must be a text of 1 to 100"),
    "an empty text": (lambda *_: "", "what a rule of one's own returns is ''"),
    "a truth": (lambda *_: True, "what a rule of one's own returns is True"),
    "a long text": (lambda *_: "x" * 101, "what a rule of one's own returns is 'x"),
    "a list": (lambda *_: ["clear"], r"what a rule of one's own returns is \['clear'\]"),
    "a generator": (lambda *_: (i for i in range(3)), "what a rule of one's own returns is <generator"),
    "nan": (lambda *_: math.nan, "what a rule of one's own returns is nan"),
    "an error": (fails(ZeroDivisionError("0")), "ZeroDivisionError: 0"),
    "too few arguments": (lambda p, b: None, "TypeError: .* takes 2 positional arguments but 3"),
    "an action": (lambda p, b, _: p.close(b), "a rule of one's own says what it decides"),
    "a draw": (lambda p, b, _: p.draw(b, 1), "a rule of one's own says what it decides"),
    "a change": (lambda p, b, _: p.change("rules.min_score", 0.5), "a rule of one's own says what it"),
    "a decision": (lambda p, b, _: p.deny(p.open_holds(b)[0], "x"), "a rule of one's own says what it"),
    "a borrower that is none": (lambda p, b, _: p.borrower(-1), "borrower is -1, but must be"),
}  # fmt: skip


@pytest.mark.parametrize("name", INSIDE)
def test_a_process_that_misuses_something_is_told_so_with_where(name: str) -> None:
    act, begins = INSIDE[name]
    sentence(lambda: sl.simulate(TINY, processes=[doing(act)]), begins, WHERE)


@pytest.mark.parametrize("name", ASKED)
def test_a_rule_of_ones_own_that_says_nonsense_is_told_so(name: str) -> None:
    rule, begins = ASKED[name]
    sentence(
        lambda: sl.simulate(TINY, processes=[doing(ruled(rule))]),
        begins,
        r" \(.*\bday 3\d, replication 0\)\.$",
    )


def plain(platform: sl.Platform) -> Iterator[Any]:
    yield platform.at(0, 0)


def no_generator(platform: sl.Platform) -> None:
    """Forget the yield."""


def two_arguments(platform: sl.Platform, share: float) -> Iterator[Any]:
    yield platform.at(0, share)


class Uncallable:
    """An object that is no process."""


class Pickleless:
    """A process that cannot be copied."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __call__(self, platform: sl.Platform) -> Iterator[Any]:
        yield platform.at(0, 0)


A_LIST = "processes is .*, but must be a list of generator functions, each of which takes the platform"
SHAPES: dict[str, Case] = {
    "a number": (lambda: 7, A_LIST),
    "a text": (lambda: "plain", A_LIST),
    "nothing": (lambda: None, A_LIST),
    "the function itself": (lambda: plain, A_LIST),
    "a list of numbers": (lambda: [7], A_LIST),
    "a list with nothing": (lambda: [plain, None], A_LIST),
    "a list of lists": (lambda: [[plain]], A_LIST),
    "objects that are no processes": (lambda: [Uncallable()], A_LIST),
    "a generator that has begun": (lambda: [plain(None)], A_LIST),  # type: ignore[arg-type]
    "no yield": (
        lambda: [no_generator],
        "processes has .*, which gives None, but must have generator functions",
    ),
    "a class": (lambda: [Uncallable], "TypeError: .* takes no arguments .process .*, replication 0"),
    "two arguments": (lambda: [two_arguments], "TypeError: .*missing 1 required .* replication 0"),
    "one that raises at once": (lambda: [fails(OSError("disk"))], "OSError: disk .process .*, replication 0"),
}
LEVER = [{"kind": "pay_on_time"}]
CALLS: dict[str, Callable[..., object]] = {
    "simulate": lambda **given: sl.simulate(TINY, **{key: given[key] for key in given if key != "store"}),
    "replicate": lambda **given: sl.replicate(TINY, 2, **QUIET, **{"workers": 1} | given),
    "compare": lambda **given: sl.compare({"a": TINY, "b": TINY}, 2, **QUIET, workers=1, **given),
    "sweep": lambda **given: sl.sweep(TINY, {"rules.min_score": [0.3]}, 2, **QUIET, workers=1, **given),
    "rank_levers": lambda **given: sl.rank_levers(TINY, LEVER, 2, **QUIET, workers=1, **given),
    "attribute": lambda **given: sl.attribute(TINY, 2, **QUIET, workers=1, **given),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("shape", SHAPES)
def test_what_are_no_processes_are_refused_wherever_they_are_given(
    call: str, shape: str, tmp_path: Path
) -> None:
    make, begins = SHAPES[shape]
    sentence(lambda: CALLS[call](processes=make(), store=tmp_path / "store"), begins)
    leaves_nothing_half_written(tmp_path)


@pytest.mark.parametrize("call", CALLS)
def test_the_calendar_driver_takes_no_processes(call: str, tmp_path: Path) -> None:
    given = {"processes": [plain], "engine": "calendar", "store": tmp_path / "store"}
    sentence(
        lambda: CALLS[call](**given), 'engine is "calendar", but processes of your own need engine="simpy"'
    )
    leaves_nothing_half_written(tmp_path)


@pytest.mark.parametrize("call", [call for call in CALLS if call not in ("simulate", "compare", "sweep")])
def test_one_scenario_takes_no_processes_by_name(call: str) -> None:
    sentence(
        lambda: CALLS[call](processes={"a": [plain]}), "processes is .*, but must be a list: there is one"
    )


class NeverPickles(Executor):
    """An executor whose workers cannot be reached."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        raise TypeError("cannot pickle")


IN_A_STUDY: dict[str, tuple[str, dict[str, Any], str]] = {
    "of no scenario": (
        "compare",
        {"processes": {"c": [plain]}},
        "a name in processes is 'c', but must be one of: a, b",
    ),
    "of a number": ("compare", {"processes": {7: [plain]}}, "a name in processes is 7, but must be one of"),
    "a name with no list": (
        "compare",
        {"processes": {"a": plain}},
        "processes of 'a' is .*, but must be a list",
    ),
    "a name with nothing": ("compare", {"processes": {"a": None}}, "processes of 'a' is None, but must be a"),
    "a lock": ("replicate", {"processes": [Pickleless()]}, "processes is .*, but must be what can be copied"),
    "an open file": ("replicate", {"processes": [doing(sys.__stdout__.write)]}, "processes is .* copied"),
    "a generator within": (
        "replicate",
        {"processes": [doing(itertools.count)], "executor": 7},
        "executor is of",
    ),
    "workers that cannot be reached": (
        "replicate",
        {"processes": [plain], "executor": NeverPickles(), "workers": None},
        "The executor failed, since .*TypeError: cannot pickle",
    ),
    "precise about what is never recorded": (
        "replicate",
        {"processes": [plain], "precision": {"calls.total": 7}},
        "precision of calls.total is 7",
    ),
    "precise about no ending": (
        "replicate",
        {"processes": [plain], "precision": {"calls": 0.1}},
        "precision|a name",
    ),
    "precise without processes": ("replicate", {"precision": {"calls.total": 0.1}}, "precision|a name"),
    "an unknown engine": (
        "replicate",
        {"processes": [plain], "engine": "salabim"},
        "engine is 'salabim', but",
    ),
}


@pytest.mark.parametrize("name", IN_A_STUDY)
def test_what_a_study_cannot_do_with_processes_is_said(name: str, tmp_path: Path) -> None:
    call, given, begins = IN_A_STUDY[name]
    sentence(lambda: CALLS[call](store=tmp_path / "store", **given), begins)
    leaves_nothing_half_written(tmp_path)


STORED = ("set_limit: nan as limit", "wait for NaN", "yield a number", "raise several lines", "raise our own",
          "record: nan as value", "open an open line", "call itself", "raise a stop of SimPy's")  # fmt: skip


@pytest.mark.parametrize("name", STORED)
def test_a_study_whose_process_fails_says_the_same_and_keeps_what_is_done(name: str, tmp_path: Path) -> None:
    act, begins = INSIDE[name]

    def later(platform: sl.Platform) -> object:
        return act(platform) if platform.replication == 1 else None

    def again() -> object:
        return CALLS["replicate"](processes=[doing(later)], store=tmp_path)

    for _ in range(2):
        sentence(again, begins, WHERE.replace("replication 0", "replication 1"))
        files = {path.name for path in tmp_path.iterdir()}
        assert files == {
            "study.json",
            "scenario.toml",
            "replication-000000.parquet",
            "records-000000.parquet",
        }


def test_there_are_150_kinds() -> None:
    assert len(INSIDE) + len(ASKED) + len(SHAPES) + len(IN_A_STUDY) >= 150
