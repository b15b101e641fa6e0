"""`simlimit study`, end to end: what it prints and writes, and what Ctrl-C leaves."""

import re
import signal
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from folders import files, replications_kept

import simlimit as sl
from simlimit import cli
from simlimit.cli import results
from simlimit.tables.units import INCOME

FILES = {
    "summary.csv",
    "metrics.parquet",
    "delay_curve.csv",
    "standing.csv",
    "groups.csv",
    "scenario.toml",
    "delay.png",
    "standing.png",
}
CHANGES = {"population.borrowers": 40, "horizon_days": 300, "warmup_days": 180}
SETTINGS = [f"--set={name}={value}" for name, value in CHANGES.items()]
SMALL = ["study", "jiebei", *SETTINGS, "--replications", "12", "--seed", "5", "--follow-up", "60"]


def lines_of(text):
    """Return the lines of a table by their first word."""
    return {line.split()[0]: line for line in text.splitlines() if line.strip()}


class TestStudy:
    def test_writes_all_that_the_study_says(self, tmp_path, capsys):
        assert cli.main([*SMALL, "--out", "results"]) == 0
        scenario = sl.preset("jiebei").replace(CHANGES)
        study = sl.replicate(scenario, 12, seed=5, follow_up_days=60)
        results = tmp_path / "results"
        assert files(tmp_path) == {"results"}
        assert files(results) == FILES
        tables = {
            "summary": (study.summary(), "metric"),
            "delay_curve": (study.delay_curve(), "days"),
            "standing": (study.standing(), "days"),
            "groups": (study.groups(), ["metric", "group"]),
        }
        for name, (table, index) in tables.items():
            verdicts = {"significant": "boolean"}
            written = pd.read_csv(results / f"{name}.csv", index_col=index, dtype=verdicts)
            pd.testing.assert_frame_equal(written, table, check_index_type=False)
        kept = pd.read_parquet(results / "metrics.parquet")
        pd.testing.assert_frame_equal(kept, study.metrics(), check_index_type=False)
        assert sl.load(results / "scenario.toml") == scenario
        for name in ("delay", "standing"):
            assert (results / f"{name}.png").read_bytes().startswith(b"\x89PNG")
        assert "written to results" in capsys.readouterr().out

    def test_prints_every_metric_with_interval_and_unit(self, capsys):
        assert cli.main([*SMALL, "--quiet"]) == 0
        said = capsys.readouterr()
        assert said.err == ""
        summary = sl.replicate(sl.preset("jiebei").replace(CHANGES), 12, seed=5, follow_up_days=60).summary()
        assert repr(sl.replicate(sl.preset("jiebei").replace(CHANGES), 12, seed=5)) in said.out
        lines = lines_of(said.out)
        for metric, row in summary.iterrows():
            assert metric in lines
            in_per_cent = "share" in metric or "within" in metric
            estimate, low, high = (100 if in_per_cent else 1) * row[["estimate", "low", "high"]]
            if metric not in {"limit_days_lost", "default_losses", "released_within_90d", *INCOME}:
                interval = "-" if np.isnan(low) else rf"-?{abs(low):.2f} to {high:.2f}"
                shown = rf"{estimate:.2f} +{interval}  \S"
                assert re.search(shown, lines[metric])
        assert lines["released_within_90d"].split()[1:3] == ["-", "-"], "the follow-up is shorter"
        assert "every repayment of days 180 to 240, followed for 60 days" in said.out
        assert "Student's t over 12" in said.out

    def test_says_what_is_not_reached(self, capsys):
        never = ["--set=evaluation.straight_through=false", "--set=rules.min_score=1"]
        assert cli.main([*SMALL, *never, "--quiet"]) == 0
        out = capsys.readouterr().out
        assert lines_of(out)["median_days"].split()[1:3] == ["not", "reached"]
        assert re.search(r"^  50 %  not reached$", out, re.MULTILINE)

    def test_says_that_nobody_is_followed(self, tmp_path, capsys):
        assert cli.main([*SMALL, "--set=horizon_days=200", "--quiet", "--out", "results"]) == 0
        assert "No repayment is followed for 60 days: days 180 to 199 are observed" in capsys.readouterr().out
        assert files(tmp_path / "results") == FILES

    def test_one_replication_has_no_interval(self, tmp_path, capsys):
        one = ["1" if word == "12" else word for word in SMALL]
        assert cli.main([*one, "--quiet", "--out", "results"]) == 0
        assert lines_of(capsys.readouterr().out)["days_away"].split()[2] == "-"

    def test_groups_are_counted_apart(self, tmp_path, capsys):
        groups = ["--by", "score", "--bands", "0.6,0.8"]
        assert cli.main([*SMALL, *groups, "--quiet", "--out", "results"]) == 0
        shown = capsys.readouterr().out.partition("days away by group of borrowers")[2]
        assert re.findall(r"^(below 0\.6|0\.\d to 0\.8|0\.8 and above)  ", shown, re.MULTILINE) == [
            "below 0.6", "0.6 to 0.8", "0.8 and above",
        ]  # fmt: skip
        written = pd.read_csv(tmp_path / "results" / "groups.csv")
        assert list(written["group"].unique()) == ["below 0.6", "0.6 to 0.8", "0.8 and above"]

    def test_groups_by_several_attributes_are_crossed(self, tmp_path):
        groups = ["--by", "score,watched", "--bands", "0.6"]
        assert cli.main([*SMALL, *groups, "--quiet", "--out", "results"]) == 0
        written = pd.read_csv(tmp_path / "results" / "groups.csv")
        assert list(written["group"].unique())[:2] == ["below 0.6, not watched", "below 0.6, watched"]

    def test_a_book_takes_the_place_of_drawn_borrowers(self, tmp_path, capsys):
        (tmp_path / "book.csv").write_text("limit,outstanding\n5000,1200\n8000,0\n900,900.5\n")
        assert cli.main([*SMALL, "--portfolio", "book.csv", "--quiet"]) == 0
        assert "of 3 borrowers" in capsys.readouterr().out

    def test_the_number_of_threads_changes_nothing(self, capsys):
        for workers in ("1", "3"):
            assert cli.main([*SMALL, "--workers", workers, "--quiet"]) == 0
        first, second = capsys.readouterr().out.split("Study(")[1:]
        assert first == second


class TestPrecision:
    def test_ends_a_study_as_soon_as_it_is_reached(self, capsys):
        small = [word for word in SMALL if word not in ("--replications", "12")]
        assert (
            cli.main([*small, "--precision", "0.9", "--precision", "released_within_0d=0.5", "--quiet"]) == 0
        )
        said = capsys.readouterr()
        assert ": 35 replications" in said.out, "30, and 5 looked ahead"
        assert said.err == ""

    def test_says_if_it_was_not_reached(self, capsys):
        assert cli.main([*SMALL, "--precision", "0.001", "--quiet"]) == 0
        assert capsys.readouterr().err == (
            "simlimit: the precision is not reached within 12 replications; --replications may allow more.\n"
        )


def test_groups_by_a_number_need_bands(capsys):
    assert cli.main([*SMALL, "--by", "score"]) == 2
    assert capsys.readouterr().err.startswith("simlimit: --by is score, a number, and needs --bands: ")


class TestInterrupted:
    def test_keeps_what_is_done(self, tmp_path, interrupt, capsys):
        with interrupt(4):
            assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 130
        said = capsys.readouterr()
        done = replications_kept(said.err)
        assert 4 <= done <= 12
        assert f": {done} replications of 40 borrowers" in said.out
        assert files(tmp_path / "results") == FILES
        written = pd.read_csv(tmp_path / "results" / "summary.csv", index_col="metric")
        study = sl.replicate(sl.preset("jiebei").replace(CHANGES), done, seed=5, follow_up_days=60)
        pd.testing.assert_frame_equal(written, study.summary())

    def test_without_a_replication_writes_nothing(self, tmp_path, interrupt, capsys):
        with interrupt(0):
            assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 130
        said = capsys.readouterr()
        assert said.err == "simlimit: interrupted; no replication was done.\n"
        assert said.out == ""
        assert files(tmp_path) == set()

    def test_the_same_command_continues_from_a_store(self, tmp_path, interrupt, capsys):
        """So a part of the study is printed, but does not take its folder."""
        stored = [*SMALL, "--quiet", "--store", "store", "--out", "results"]
        with interrupt(4):
            assert cli.main(stored) == 130
        said = capsys.readouterr()
        done = replications_kept(
            said.err, on="; the same command continues from store and then writes results"
        )
        assert done >= 4
        assert f": {done} replications of 40 borrowers" in said.out
        assert files(tmp_path) == {"store"}
        assert cli.main(stored) == 0
        assert cli.main([*SMALL, "--quiet", "--out", "at once"]) == 0
        for name in FILES:
            assert (tmp_path / "results" / name).read_bytes() == (tmp_path / "at once" / name).read_bytes()

    def test_without_an_output_folder_continues_from_a_store(self, interrupt, capsys):
        with interrupt(4):
            assert cli.main([*SMALL, "--quiet", "--store", "store"]) == 130
        assert replications_kept(capsys.readouterr().err, on="; the same command continues from store") >= 4

    @pytest.mark.parametrize("again", [signal.SIGINT, signal.SIGTERM])
    def test_again_while_it_writes_loses_nothing(self, tmp_path, interrupt, monkeypatch, again):
        before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        write = results.write_files

        def write_disturbed(study, names, folder):
            signal.raise_signal(again)
            write(study, names, folder)

        monkeypatch.setattr(results, "write_files", write_disturbed)
        with interrupt(4):
            assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 130
        assert files(tmp_path / "results") == FILES
        assert {number: signal.getsignal(number) for number in before} == before

    def test_by_sigterm_while_it_writes_leaves_nothing(self, tmp_path, monkeypatch):
        monkeypatch.setattr(results, "write_files", lambda *_: signal.raise_signal(signal.SIGTERM))
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 130
        assert files(tmp_path) == set()

    def test_in_another_thread_leaves_signals_alone(self, interrupt):
        with ThreadPoolExecutor(1) as pool, interrupt(4):
            assert pool.submit(cli.main, [*SMALL, "--quiet"]).result() == 130

    def test_while_it_writes_leaves_nothing(self, tmp_path, monkeypatch, capsys):
        def interrupted(*_arguments, **_options):
            raise KeyboardInterrupt

        monkeypatch.setattr(results, "write_files", interrupted)
        assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 130
        assert files(tmp_path) == set()
        assert capsys.readouterr().err == "simlimit: interrupted; nothing was written.\n"
        assert cli.main([*SMALL, "--quiet", "--out", "results", "--store", "store"]) == 130
        assert files(tmp_path) == {"store"}
        on = "the same command continues from store and then writes results"
        assert capsys.readouterr().err == f"simlimit: interrupted; what was simulated is kept; {on}.\n"


@pytest.mark.parametrize(
    ("out", "store"), [("mine", "mine"), ("mine", "mine/store"), ("mine/results", "mine"), ("link", "mine")]
)
def test_the_output_folder_must_be_apart_from_the_store(tmp_path, monkeypatch, capsys, out, store):
    (tmp_path / "mine").mkdir()
    (tmp_path / "link").symlink_to("mine")
    monkeypatch.setattr(sl, "replicate", lambda *_arguments, **_options: pytest.fail("simulated"))
    assert cli.main([*SMALL, "--store", store, "--out", out]) == 2
    assert capsys.readouterr().err == (
        f"simlimit: --out is {out}, but must be a folder apart from the store {store}.\n"
    )
    assert files(tmp_path / "mine") == set()
