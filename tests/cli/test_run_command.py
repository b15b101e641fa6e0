"""`simlimit run`, end to end: what it prints, what it writes, and that it writes the whole or nothing."""

import errno
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from ended_processes import draft_of, ended_process
from folders import files

import simlimit as sl
from simlimit import cli
from simlimit.cli import results
from simlimit.run.run import delay_by_cause

FILES = {
    "holds.parquet",
    "daily.parquet",
    "borrowers.parquet",
    "events.parquet",
    "delay_by_cause.csv",
    "delay.png",
    "scenario.toml",
}
CHANGES = {"population.borrowers": 40, "horizon_days": 250, "warmup_days": 180}
SETTINGS = [f"--set={name}={value}" for name, value in CHANGES.items()]
SMALL = ["run", "jiebei", *SETTINGS, "--seed", "5", "--replication", "2"]


class TestRun:
    def test_writes_all_that_the_run_says(self, tmp_path, capsys):
        assert cli.main([*SMALL, "--out", "results"]) == 0
        run = sl.simulate(sl.preset("jiebei").replace(CHANGES), seed=5, replication=2)
        results = tmp_path / "results"
        assert files(tmp_path) == {"results"}
        assert files(results) == FILES
        for name in ("holds", "daily", "borrowers", "events"):
            pd.testing.assert_frame_equal(pd.read_parquet(results / f"{name}.parquet"), getattr(run, name))
        table = pd.read_csv(results / "delay_by_cause.csv", index_col="cause")
        pd.testing.assert_frame_equal(table, delay_by_cause(run), check_index_type=False)
        assert (results / "delay.png").read_bytes().startswith(b"\x89PNG")
        said = capsys.readouterr()
        assert repr(run) in said.out
        assert "behaviour" in said.out
        assert "written to results" in said.out
        assert "250/250" in said.err, "a progress bar"

    def test_the_scenario_written_reproduces_the_run(self, tmp_path):
        assert cli.main([*SMALL, "--quiet", "--out", "first"]) == 0
        again = [
            "run",
            "first/scenario.toml",
            "--seed",
            "5",
            "--replication",
            "2",
            "--quiet",
            "--out",
            "second",
        ]
        assert cli.main(again) == 0
        for name in FILES:
            assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()

    def test_others_may_read_the_folder_as_the_user_s_mask_says(self, tmp_path):
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 0
        (tmp_path / "usual").mkdir()
        (tmp_path / "usual" / "file").touch()
        assert (tmp_path / "results").stat().st_mode == (tmp_path / "usual").stat().st_mode
        usual = (tmp_path / "usual" / "file").stat().st_mode
        assert {path.stat().st_mode for path in (tmp_path / "results").iterdir()} == {usual}

    def test_takes_an_empty_folder(self, tmp_path):
        (tmp_path / "results").mkdir()
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 0
        assert files(tmp_path / "results") == FILES

    def test_without_out_writes_nothing(self, tmp_path, capsys):
        assert cli.main([*SMALL, "--quiet"]) == 0
        assert files(tmp_path) == set()
        said = capsys.readouterr()
        assert "written" not in said.out
        assert said.err == ""

    def test_a_book_takes_the_place_of_drawn_borrowers(self, tmp_path, capsys):
        (tmp_path / "book.csv").write_text("limit,outstanding\n5000,1200\n8000,0\n900,900.5\n")
        closed = [*SMALL, "--set=population.arrivals_per_year=0", "--portfolio", "book.csv"]
        assert cli.main([*closed, "--quiet", "--out", "results"]) == 0
        assert "3 borrowers" in capsys.readouterr().out
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        os.chdir(elsewhere)
        assert cli.main(["run", "../results/scenario.toml", "--quiet"]) == 0
        assert "3 borrowers" in capsys.readouterr().out

    def test_a_preset_wins_over_a_file_of_its_name(self, tmp_path, capsys):
        (tmp_path / "clockwork").write_text("name = 'mine'\n")
        assert cli.main(["run", "clockwork", *SETTINGS, "--quiet"]) == 0
        assert cli.main(["run", "./clockwork", *SETTINGS, "--quiet"]) == 0
        first, second = (line for line in capsys.readouterr().out.splitlines() if line.startswith("Run("))
        assert "'clockwork'" in first
        assert "'mine'" in second

    @pytest.mark.parametrize("horizon", [1, 2, 40])
    def test_a_run_too_short_to_follow_anybody_is_a_run(self, tmp_path, horizon):
        arguments = ["run", "clockwork", "--set", "population.borrowers=3", f"--set=horizon_days={horizon}"]
        assert cli.main([*arguments, "--quiet", "--out", "results"]) == 0
        assert files(tmp_path / "results") == FILES

    def test_a_name_in_any_script_is_a_name(self, capsys):
        assert cli.main([*SMALL, "--set", "name=借呗", "--quiet", "--out", "results"]) == 0
        said = capsys.readouterr()
        assert "借呗" in said.out
        # Where no font has the characters, the pictures lack them, which is said.
        assert said.err.replace("simlimit: No installed font has Chinese characters; ", "", 1) in (
            "",
            "install one, such as Noto Sans CJK SC, to see them.\n",
        )

    def test_the_last_of_one_field_counts(self, capsys):
        assert cli.main([*SMALL, "--set", "name=one", "--set", "name=two", "--quiet"]) == 0
        assert "Run('two'" in capsys.readouterr().out


class TestNothingIsLeft:
    def test_if_a_write_fails(self, tmp_path, monkeypatch, capsys):
        def full(*_arguments, **_options):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(pd.DataFrame, "to_csv", full)
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 2
        assert files(tmp_path) == set()
        said = capsys.readouterr()
        assert said.err == f"simlimit: {tmp_path}/results cannot be written: No space left on device.\n"
        assert "behaviour" in said.out, "the result is printed before it is written"
        assert "written" not in said.out

    @pytest.mark.parametrize("step", ["simulate", "write_files"])
    def test_if_it_is_interrupted(self, tmp_path, monkeypatch, capsys, step):
        def interrupted(*_arguments, **_options):
            raise KeyboardInterrupt

        monkeypatch.setattr(sl if step == "simulate" else results, step, interrupted)
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 130
        assert files(tmp_path) == set()
        assert capsys.readouterr().err == "simlimit: interrupted; nothing was written.\n"

    def test_the_folder_is_checked_before_the_simulation(self, tmp_path, monkeypatch):
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "mine").touch()
        monkeypatch.setattr(sl, "simulate", lambda *_arguments, **_options: pytest.fail("simulated"))
        assert cli.main([*SMALL, "--out", "results"]) == 2


class TestFolder:
    """An output folder is tried before anything runs, and stays the one that it was."""

    @pytest.fixture
    def _nothing_runs(self, monkeypatch):
        monkeypatch.setattr(sl, "simulate", lambda *_arguments, **_options: pytest.fail("simulated"))

    @pytest.fixture
    def filled_late(self, tmp_path, monkeypatch):
        """Put a file of the user's into the folder while results are written."""
        write = results.write_files

        def write_late(run, names, folder):
            write(run, names, folder)
            (tmp_path / "results").mkdir(exist_ok=True)
            (tmp_path / "results" / "mine").touch()

        monkeypatch.setattr(results, "write_files", write_late)

    @pytest.mark.parametrize("exists", [False, True])
    @pytest.mark.usefixtures("filled_late")
    def test_that_is_filled_in_the_meantime_keeps_what_is_in_it_and_the_results_are_beside(
        self, tmp_path, capsys, exists
    ):
        if exists:
            (tmp_path / "results").mkdir()
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 2
        said = capsys.readouterr()
        assert "behaviour" in said.out
        sentence = (
            r"simlimit: (.*)/results cannot be written: Directory not empty; the results are in (.*)\.\n"
        )
        kept = Path(re.fullmatch(sentence, said.err)[2])
        assert kept.parent == (tmp_path / "results" if exists else tmp_path)
        assert kept.name.startswith("results-")
        assert files(kept) == FILES
        assert files(tmp_path / "results") == ({"mine", kept.name} if exists else {"mine"})

    @pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes.")
    def test_that_is_private_stays_so(self, tmp_path):
        folder = tmp_path / "results"
        folder.mkdir(0o2700)
        folder.chmod(0o2700)
        before = folder.stat()
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 0
        after = folder.stat()
        assert (after.st_ino, after.st_mode, after.st_gid) == (before.st_ino, before.st_mode, before.st_gid)
        assert files(folder) == FILES

    def test_that_is_a_disk_of_its_own_is_filled(self, tmp_path, monkeypatch):
        """Nothing can be renamed into it from outside, and it cannot be removed."""
        folder = tmp_path / "results"
        folder.mkdir()
        rename, rmdir = Path.rename, Path.rmdir

        def on_one_disk(path, target):
            if path.is_relative_to(folder) != Path(target).is_relative_to(folder):
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            return rename(path, target)

        def unless_mounted(path):
            if path == folder:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
            rmdir(path)

        monkeypatch.setattr(Path, "rename", on_one_disk)
        monkeypatch.setattr(Path, "rmdir", unless_mounted)
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 0
        assert files(folder) == FILES

    @pytest.mark.usefixtures("_nothing_runs")
    def test_that_cannot_be_written_is_refused_before_anything_runs(self, tmp_path, monkeypatch, capsys):
        (tmp_path / "results").mkdir()

        def read_only(path, *_arguments, **_options):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

        monkeypatch.setattr(Path, "mkdir", read_only)
        for folder in ("results", "new"):
            assert cli.main([*SMALL, "--out", folder]) == 2
            said = f"simlimit: {tmp_path}/{folder} cannot be written: Read-only file system.\n"
            assert capsys.readouterr().err == said

    def test_what_a_run_that_was_killed_left_there_is_swept(self, tmp_path):
        (tmp_path / "results").mkdir()
        for folder in (tmp_path, tmp_path / "results"):
            left = folder / draft_of(ended_process())
            left.mkdir()
            (left / "holds.parquet").touch()
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 0
        assert files(tmp_path / "results") == FILES
        assert cli.main([*SMALL, "--quiet", "--out", "others"]) == 0
        assert files(tmp_path) == {"results", "others"}

    def test_is_written_even_if_nobody_reads_what_is_printed(self, tmp_path):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as pipe:
            command = [sys.executable, "-m", "simlimit", *SMALL, "--quiet", "--out", "results"]
            ended = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert files(tmp_path / "results") == FILES

    def test_ctrl_c_after_it_is_written_does_not_say_that_nothing_was(self, tmp_path, monkeypatch, capsys):
        rename = Path.rename

        def interrupted(path, target):
            signal.raise_signal(signal.SIGINT)
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", interrupted)
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 0
        assert files(tmp_path / "results") == FILES
        assert capsys.readouterr().err == ""
