"""`simlimit run`, end to end: what it prints, what it writes, and that it writes the whole or nothing."""

import os

import pandas as pd
import pytest
from folders import files

import simlimit as sl
from simlimit import cli
from simlimit.cli import run as run_command
from simlimit.run.delay_by_cause import delay_by_cause

FILES = {
    "holds.parquet",
    "daily.parquet",
    "borrowers.parquet",
    "events.parquet",
    "delay_by_cause.csv",
    "delay.png",
    "scenario.toml",
}
CHANGES = {"population.borrowers": 40, "horizon_days": 250}
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
        assert cli.main([*SMALL, "--portfolio", "book.csv", "--quiet", "--out", "results"]) == 0
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
        assert said.err == ""

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
        assert said.out == ""

    @pytest.mark.parametrize("step", ["simulate", "write_run"])
    def test_if_it_is_interrupted(self, tmp_path, monkeypatch, capsys, step):
        def interrupted(*_arguments, **_options):
            raise KeyboardInterrupt

        monkeypatch.setattr(run_command, step, interrupted)
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 130
        assert files(tmp_path) == set()
        assert capsys.readouterr().err == "simlimit: interrupted; nothing was written.\n"

    def test_if_the_folder_has_been_filled_in_the_meantime(self, tmp_path, monkeypatch, capsys):
        write = run_command.write_run

        def write_late(run, folder):
            write(run, folder)
            (tmp_path / "results").mkdir()
            (tmp_path / "results" / "mine").touch()

        monkeypatch.setattr(run_command, "write_run", write_late)
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 2
        assert files(tmp_path) == {"results"}
        assert files(tmp_path / "results") == {"mine"}
        assert "Directory not empty" in capsys.readouterr().err

    def test_the_folder_is_checked_before_the_simulation(self, tmp_path, monkeypatch):
        (tmp_path / "results").mkdir()
        (tmp_path / "results" / "mine").touch()
        monkeypatch.setattr(run_command, "simulate", lambda *_arguments, **_options: pytest.fail("simulated"))
        assert cli.main([*SMALL, "--out", "results"]) == 2
