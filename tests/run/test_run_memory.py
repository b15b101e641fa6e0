"""What a run takes of memory, and how much there is: of the machine, and of the containers around it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lender import LENDER

import simlimit as sl
from simlimit.cli import main
from simlimit.model.preparation import prepare
from simlimit.run import memory
from simlimit.run.memory import available_memory, kept_records, run_bytes

GIB = 2**30


class Machine:
    """What the system says of a process and its control groups, in files of our own."""

    def __init__(self, place: Path) -> None:
        self.process, self.groups = place / "process", place / "groups"
        self.process.mkdir()
        self.groups.mkdir()
        self.says("0::/\n")

    def says(self, groups: str, resident: int = 0, shared: int = 0) -> None:
        page = os.sysconf("SC_PAGE_SIZE")
        (self.process / "cgroup").write_text(groups)
        (self.process / "statm").write_text(f"9 {resident // page} {shared // page} 1 0 1 0\n")

    def limit(self, file: str, limit: object) -> None:
        path = self.groups / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{limit}\n")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    one = Machine(tmp_path)
    monkeypatch.setattr(memory, "PROCESS", one.process)
    monkeypatch.setattr(memory, "CONTAINERS", one.groups)
    return one


WHOLE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
pytestmark = pytest.mark.skipif(not WHOLE, reason="Only POSIX says how much memory there is.")


def test_without_a_container_there_is_the_memory_of_the_machine(machine: Machine) -> None:
    assert available_memory() == WHOLE
    machine.limit("memory.max", "max")
    assert available_memory() == WHOLE


@pytest.mark.parametrize("place", ["", "a.slice", "a.slice/job"])
def test_the_limit_of_any_group_around_the_process_counts(machine: Machine, place: str) -> None:
    """Version 2 of control groups."""
    machine.says("0::/a.slice/job\n")
    machine.limit("a.slice/job/memory.max", "max")
    machine.limit("other.slice/memory.max", 1)
    machine.limit(f"{place}/memory.max".lstrip("/"), GIB)
    assert available_memory() == GIB


@pytest.mark.parametrize("place", ["", "docker", "docker/1234"])
def test_so_does_that_of_version_1(machine: Machine, place: str) -> None:
    """In a container, the path is one that can be seen outside only; its own limit is at the root."""
    machine.says("9:name=systemd:/docker/1234\n4:cpu,memory:/docker/1234\n1:cpu:/\n0::/\n")
    machine.limit("memory/memory.limit_in_bytes", 2**63 - 4096)
    machine.limit(f"memory/{place}/memory.limit_in_bytes", GIB)
    assert available_memory() == GIB


def test_what_the_process_has_already_is_not_there_a_second_time(machine: Machine) -> None:
    machine.limit("memory.max", GIB)
    machine.says("0::/\n", resident=GIB // 2, shared=GIB // 8)
    assert available_memory() == GIB - GIB // 2 + GIB // 8
    machine.says("0::/\n", resident=2 * GIB)
    assert available_memory() == 0


def test_where_the_system_says_nothing_there_is_no_container(machine: Machine) -> None:
    (machine.process / "cgroup").unlink()
    assert available_memory() == WHOLE


@pytest.mark.parametrize("keep", ["all", "holds", "counts"])
def test_a_run_that_does_not_fit_is_refused_with_what_it_keeps(machine: Machine, keep: Any) -> None:
    machine.limit("memory.max", 2 * GIB)
    large = LENDER.scaled({"all": 300_000, "holds": 500_000, "counts": 9_000_000}[keep])
    with pytest.raises(sl.SimlimitError) as error:
        sl.simulate(large, keep=keep, engine="calendar")
    assert str(error.value).startswith(
        f"population.borrowers is {large.population.borrowers}: the run and its"
    )
    assert str(error.value).endswith(
        ', but this process may take 2 GiB more; fewer borrowers or days, or keep="counts", take less.'
    )


def test_many_shocks_of_many_borrowers_do_not_fit(machine: Machine) -> None:
    machine.limit("memory.max", 2 * GIB)
    shocks = [{"kind": "freeze", "at": day, "duration_days": 1} for day in range(700)]
    scenario = LENDER.scaled(2_000_000).replace({"shocks": shocks})
    with pytest.raises(sl.SimlimitError, match=r"take about 2\.2 GiB of memory"):
        sl.simulate(scenario, engine="calendar", keep="counts")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("jiebei", {}),
        ("credit-loan", {}),
        ("supply-chain", {}),
        ("supply-chain", {"population.arrivals_per_year": 2.0}),
        ("supply-chain", {"population.arrivals_per_year": 2.0, "population.exits_per_year": 1.0}),
        ("supply-chain", {"population.exits_per_year": 2.0}),
    ],
)
def test_holds_and_events_are_about_as_many_as_expected(name: str, changes: dict[str, float]) -> None:
    scenario = sl.preset(name).scaled(300).replace(changes)
    run = sl.simulate(scenario, engine="calendar")
    holds, events = kept_records(prepare(scenario, 90, logging=True, reusing=False))
    assert 0.8 < holds / len(run.holds) < 1.4
    assert 0.8 < events / len(run.events) < 1.4


def test_what_is_not_kept_takes_nothing() -> None:
    kept = prepare(LENDER, 90, logging=False, reusing=False)
    counts = prepare(LENDER, 90, logging=False, reusing=True)
    assert kept_records(counts) == (0, 0)
    assert run_bytes(counts, "calendar") < run_bytes(kept, "calendar")
    assert run_bytes(counts, "calendar") < run_bytes(counts, "simpy")


MEASURED = """
import gc, sys
import simlimit as sl
from simlimit.model.preparation import prepare
from simlimit.run.memory import run_bytes
name, number, keep, engine = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
scenario = sl.preset(name).scaled(number).replace({"horizon_days": 400})
sl.simulate(scenario.replace({"population.borrowers": 5}), engine=engine, keep=keep)
def status(what):
    return next(1024 * int(line.split()[1]) for line in open("/proc/self/status") if line.startswith(what))
gc.collect()
before = status("VmRSS")
open("/proc/self/clear_refs", "w").write("5")
run = sl.simulate(scenario, engine=engine, keep=keep)
tables = {"all": ("holds", "borrowers", "events"), "holds": ("holds", "borrowers"), "counts": ()}
for table in tables[keep]:
    getattr(run, table)
prepared = prepare(scenario, 90, logging=keep == "all", reusing=keep == "counts")
print(run_bytes(prepared, engine) / (status("VmHWM") - before))
"""


@pytest.mark.long
@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="Only Linux resets the peak.")
@pytest.mark.parametrize(
    ("name", "number", "keep", "engine"),
    [
        ("jiebei", 40_000, "all", "calendar"),
        ("supply-chain", 30_000, "all", "calendar"),
        ("small-business", 40_000, "all", "calendar"),
        ("jiebei", 60_000, "holds", "calendar"),
        ("jiebei", 300_000, "counts", "calendar"),
        ("jiebei", 60_000, "counts", "simpy"),
    ],
)
def test_what_a_run_takes_is_about_what_is_expected(name: str, number: int, keep: str, engine: str) -> None:
    command = [sys.executable, "-c", MEASURED, name, str(number), keep, engine]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert 0.7 < float(done.stdout) < 1.5


def test_a_lack_of_memory_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def without_memory(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("simlimit.drivers.calendar_driver.empty_state", without_memory)
    with pytest.raises(sl.SimlimitError, match=r"^There is not enough memory: "):
        sl.simulate(LENDER, engine="calendar")
    assert main(["run", "clockwork", "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("simlimit: There is not enough memory: ")
    monkeypatch.undo()
    monkeypatch.setattr("simlimit.cli.commands.deliver", without_memory)
    assert main(["run", "clockwork", "--quiet"]) == 2
    assert capsys.readouterr().err.startswith("simlimit: There is not enough memory: ")
