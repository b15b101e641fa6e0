"""Drafts are swept away by others only if nobody writes them any more."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ended_processes import draft_of, ended_process

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
