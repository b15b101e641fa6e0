"""`--report`: a file to send, with the command that makes it again."""

import re
import shlex
from html import unescape
from pathlib import Path

import pytest

from simlimit import cli

SMALL = ["--set=population.borrowers=20", "--set=horizon_days=120", "--quiet"]
LOG = "repaid,ended\n" + "\n".join(f"2020-01-{1 + k % 28:02},2020-02-{1 + 2 * k % 28:02}" for k in range(60))
LINES = {
    "study": ["clockwork", *SMALL, "--replications=3"],
    "compare": ["clockwork", "<b>=clockwork:evaluation.straight_through=false", *SMALL, "--replications=3"],
    "run": ["clockwork", *SMALL],
    "sensitivity": ["clockwork", *SMALL, "--points=16", "--field=evaluation.period_days=7:30"],
    "optimise": ["clockwork", *SMALL, "--choice=evaluation.period_days=7,30"],
    "fit": ["log.csv", "clockwork", *SMALL, "--n=100", "--free=evaluation.period_days=7:30"],
}
LONG = ("sensitivity", "optimise", "fit")


def command_in(page):
    """Return the words of the command that a report says makes it again."""
    (command,) = re.findall(r"<pre>(simlimit .*?)</pre>", page, re.DOTALL)
    return shlex.split(unescape(command))[1:]


@pytest.mark.parametrize(
    "command", [pytest.param(name, marks=[pytest.mark.long] * (name in LONG)) for name in LINES]
)
def test_the_command_in_a_report_makes_it_again(command, tmp_path, monkeypatch, capsys):
    line = [command, *LINES[command], "--report", "one.html", "--language=zh"]
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        monkeypatch.chdir(tmp_path / folder)
        Path("log.csv").write_text(LOG, encoding="utf-8")
        assert cli.main(line) == 0
        assert capsys.readouterr().out.endswith("\n\nreport written to one.html\n")
        line = command_in(Path("one.html").read_text(encoding="utf-8"))
    pages = [(tmp_path / folder / "one.html").read_bytes() for folder in ("here", "there")]
    assert pages[0] == pages[1]
    assert b'lang="zh-CN"' in pages[0]


def test_a_report_beside_a_folder(tmp_path):
    assert cli.main(["run", *LINES["run"], "--out", "results", "--report", "one.html"]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"results", "one.html"}


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("mine.html", "--report is mine.html, which already exists, but must be a new file."),
        (
            "no/where.html",
            "--report is 'no/where.html', but must be a file that ends in .html, in a folder that",
        ),
        (
            "mine.toml",
            "--report is 'mine.toml', but must be a file that ends in .html, in a folder that exists.",
        ),
        (".", "--report is '.', but must be a file that ends in .html, in a folder that e"),
    ],
)
def test_what_is_refused_before_anything_runs(file, sentence, tmp_path, capsys):
    (tmp_path / "mine.html").write_text("mine", encoding="utf-8")
    assert cli.main(["study", *LINES["study"], "--report", file]) == 2
    told = capsys.readouterr()
    assert (told.out, told.err[: len(f"simlimit: {sentence}")]) == ("", f"simlimit: {sentence}")
    assert (tmp_path / "mine.html").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("command", LINES)
def test_a_language_without_a_report_is_refused(command, language, tmp_path, capsys):
    assert cli.main([command, *LINES[command], "--language", language, "--out", "results"]) == 2
    sentence = "which has no effect without --report: it is the language of the report."
    assert capsys.readouterr() == ("", f"simlimit: --language is {language}, {sentence}\n")
    assert not [*tmp_path.iterdir()]


def test_a_part_of_a_study_with_a_store_has_no_report(tmp_path, interrupt):
    stored = ["study", *LINES["study"], "--store", "kept", "--report", "one.html"]
    with interrupt(2):
        assert cli.main(stored) == 130
    assert not (tmp_path / "one.html").exists()
    assert cli.main(stored) == 0
    assert (tmp_path / "one.html").exists()
