"""The program as a whole: help, version, a process of its own, and what is said before compiling."""

import io
import os
import re
import signal
import subprocess
import sys
import warnings
from importlib.metadata import version

import pandas as pd
import pytest
from folders import files, replications_kept

from simlimit import cli
from simlimit.cli import commands
from simlimit.model import compiling
from simlimit.run import compilation_notice
from simlimit.scenario import load

FAST = ["clockwork", "--set=population.borrowers=10", "--set=horizon_days=60"]
COMMANDS = {
    "run": ["run", *FAST],
    "study": ["study", *FAST, "--replications", "2", "--follow-up", "20"],
    "compare": ["compare", "b=clockwork", *FAST, "--replications", "2", "--follow-up", "20"],
}


@pytest.mark.parametrize(
    "arguments",
    [["--help"], *([name, "--help"] for name in ("study", "compare", "run", "presets", "scenario"))],
)
def test_help_has_an_example(capsys, arguments):
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    assert end.value.code == 0
    assert "example:\n  simlimit " in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"simlimit {version('simlimit')}\n"


CROWDED = ["jiebei", "--set=population.borrowers=3000", "--set=horizon_days=480", "--quiet"]


class TestWarnings:
    """One line on stderr, whatever Python's own filters are, and none where capacities fit."""

    @pytest.mark.parametrize(
        "arguments",
        [
            ["run", *CROWDED],
            ["study", *CROWDED, "--replications", "2"],
            ["compare", "weekly=jiebei:evaluation.period_days=7", *CROWDED, "--replications", "2"],
        ],
        ids=COMMANDS,
    )
    def test_of_too_much_for_the_desk_is_a_line_with_the_remedy(self, capsys, arguments):
        assert cli.main(arguments) == 0
        [line] = capsys.readouterr().err.splitlines()
        assert re.match(
            r"simlimit: (jiebei|weekly \(and 1 more of the scenarios\)): the desk is estimated to be offered",
            line,
        )
        assert "--borrowers 3000" in line

    def test_remedy_helps(self, capsys):
        command = ["run", "jiebei", "--set=horizon_days=380", "--set=population.arrivals_per_year=0"]
        assert cli.main([*command, "--borrowers=3000", "--quiet"]) == 0
        printed = capsys.readouterr()
        assert printed.err == ""
        assert "3,000 borrowers" in printed.out

    def test_of_rounding_is_a_line(self, capsys):
        assert cli.main(["run", "jiebei", "--borrowers=300", "--set=horizon_days=380", "--quiet"]) == 0
        assert capsys.readouterr().err == (
            "simlimit: review.reviewers is 1, but 0.3 would be in proportion, "
            "so the desk has 30 % of the load.\n"
        )

    def test_of_others_are_as_ever(self, monkeypatch):
        def warn_and_end(options):
            warnings.warn("elsewhere", UserWarning, stacklevel=1)

        monkeypatch.setattr(commands, "list_presets", warn_and_end)
        with pytest.warns(UserWarning, match="elsewhere"):
            assert cli.main(["presets"]) == 0


class TestCompilation:
    @pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
    def test_is_announced_once_input_is_good(self, monkeypatch, capsys, arguments):
        monkeypatch.setattr(compilation_notice, "is_compiled", lambda name: False)
        monkeypatch.setattr(compilation_notice, "_settled", set())
        assert cli.main([*arguments, "--portfolio", "missing.csv"]) == 2
        assert compilation_notice.NOTICE not in capsys.readouterr().err
        assert cli.main(arguments) == 0
        assert capsys.readouterr().err.startswith(f"{compilation_notice.NOTICE}\n")
        assert cli.main(arguments) == 0
        assert compilation_notice.NOTICE not in capsys.readouterr().err

    @pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
    def test_is_not_announced_where_nothing_is_to_be_said(self, monkeypatch, capsys, arguments):
        monkeypatch.setattr(compilation_notice, "is_compiled", lambda name: False)
        monkeypatch.setattr(compilation_notice, "_settled", set())
        assert cli.main([*arguments, "--quiet"]) == 0
        assert capsys.readouterr().err == ""

    def test_is_done_when_there_is_something_in_the_cache(self, tmp_path, monkeypatch):
        monkeypatch.setattr(compiling.numba.config, "DISABLE_JIT", False)
        monkeypatch.setattr(compiling, "_FOLDER", None)
        assert not compiling.is_compiled("pay")
        monkeypatch.setattr(compiling, "_FOLDER", tmp_path)
        assert not compiling.is_compiled("pay")
        (tmp_path / "model").mkdir()
        (tmp_path / "model" / "repayment.pay-268.py311.1.nbc").touch()
        assert compiling.is_compiled("pay")
        assert not compiling.is_compiled("run_days")

    def test_is_not_needed_when_it_is_off(self, monkeypatch):
        monkeypatch.setattr(compiling.numba.config, "DISABLE_JIT", True)
        monkeypatch.setattr(compiling, "_FOLDER", None)
        assert compiling.is_compiled("pay")


@pytest.fixture
def _heeding_interrupts():
    """Who runs the tests in the background ignores SIGINT, and a process that a test starts would, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class TestProcess:
    """As a process of its own, where no test's capture is in the way."""

    @pytest.mark.parametrize(
        "name", [pytest.param(name, marks=[pytest.mark.long] * (name != "study")) for name in COMMANDS]
    )
    def test_runs(self, tmp_path, name):
        command = [sys.executable, "-m", "simlimit", *COMMANDS[name], "--quiet", "--out", "results"]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout.endswith("written to results\n")
        assert files(tmp_path) == {"results"}

    @pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals to send.")
    @pytest.mark.parametrize("stop", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
    @pytest.mark.usefixtures("_heeding_interrupts")
    def test_being_stopped_keeps_the_replications_that_are_done(self, tmp_path, stop):
        arguments = ["study", "clockwork", "--replications", "100000", "--out", "results"]
        command = [sys.executable, "-m", "simlimit", *arguments]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=tmp_path) as process:
            try:
                said = b""
                # A bar is shown after a second, in which some replications have been done.
                while b"replications [" not in said:
                    said += process.stderr.read1()
                process.send_signal(stop)
                out, err = process.communicate(timeout=60)
            finally:
                process.kill()
        assert process.returncode == 130
        done = replications_kept(err.decode())
        assert f"Study('clockwork', seed=1: {done:,} replications of 1,000 borrowers" in out.decode()
        assert out.endswith(b"written to results\n")
        assert len(pd.read_parquet(tmp_path / "results" / "metrics.parquet")) == done
        assert files(tmp_path) == {"results"}

    def test_a_reader_who_has_had_enough_is_no_error(self):
        reader, writer = os.pipe()
        os.close(reader)
        with os.fdopen(writer, "w") as pipe:
            command = [sys.executable, "-m", "simlimit", "scenario", "jiebei"]
            ended = subprocess.run(command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")


class TestLettersThatATerminalHasNot:
    NAME = "\u501f\u5457"

    @pytest.fixture
    def words(self, tmp_path, monkeypatch):
        file = tmp_path / "mine.toml"
        file.write_text(
            f'name = "{self.NAME}"\nhorizon_days = 60\n[population]\nborrowers = 9\n', encoding="utf-8"
        )

        def ran(command, encoding):
            monkeypatch.setenv("MPLBACKEND", "Agg")  # as the program sets it, and only until the test ends
            monkeypatch.setattr(sys, "argv", ["simlimit", command, str(file)])
            streams = [io.TextIOWrapper(io.BytesIO(), encoding) for _ in range(2)]
            for name, stream in zip(("stdout", "stderr"), streams, strict=True):
                monkeypatch.setattr(sys, name, stream)
            assert cli.main() == 0
            out, err = (stream.buffer.getvalue() for stream in streams)
            assert b"Error" not in err
            return out

        return ran

    def test_are_shown_by_their_numbers(self, words):
        assert b"Run('\\u501f\\u5457'" in words("run", "cp1252")

    def test_are_written_into_a_scenario_as_they_are(self, words, tmp_path):
        (tmp_path / "other.toml").write_bytes(words("scenario", "cp1252"))
        assert load(tmp_path / "other.toml").name == self.NAME
