"""Drafts are swept away by others only if nobody writes them any more."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

import pytest
from ended_processes import draft_of, ended_process

import simlimit as sl
from simlimit import drafts


def test_drafts_are_swept_if_their_process_has_ended_or_if_they_are_old(tmp_path: Path) -> None:
    ended = ended_process()
    elsewhere = f"{drafts.DRAFT}another_machine-{ended}-0123"
    kept = {drafts.draft_name(), draft_of(os.getppid()), elsewhere, "thesis.txt", f".other-{ended}"}
    old = {f"{elsewhere}-old", "thesis.txt"}
    for name in {*kept, *old, draft_of(ended)}:
        (tmp_path / name).write_text("half a")
    long_ago = time.time() - drafts.OLD_SECONDS - 60
    for name in old:
        os.utime(tmp_path / name, (long_ago, long_ago))
    folder = tmp_path / draft_of(ended)
    folder.mkdir()
    (folder / "table.csv").write_text("half a")
    drafts.remove_leftovers(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == kept


def test_no_two_drafts_have_one_name() -> None:
    assert drafts.draft_name() != drafts.draft_name()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes.")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o444])
def test_a_file_keeps_the_mode_of_the_one_that_it_replaces(mode: int, tmp_path: Path) -> None:
    scenario = sl.preset("clockwork")
    file = tmp_path / "scenario.toml"
    file.write_text("before")
    file.chmod(mode)
    scenario.save(file)
    assert sl.load(file) == scenario
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_new_file_has_the_usual_mode_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.write_text("")
    drafts.write_files(tmp_path, {"one": b"1", "other": b"2"}, os.replace)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        "usual": b"", "one": b"1", "other": b"2",
    }  # fmt: skip
    assert (tmp_path / "one").stat().st_mode == usual.stat().st_mode
