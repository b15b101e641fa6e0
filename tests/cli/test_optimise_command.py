"""`simlimit optimise`, end to end: from what there is to choose from to tables, pictures and a scenario."""

from pathlib import Path

import pandas as pd
import pytest
from folders import files

import simlimit as sl
from simlimit import cli

FIELDS = {
    "evaluation.straight_through": False,
    "population.borrowers": 20,
    "horizon_days": 240,
    "warmup_days": 60,
}
SETTINGS = [f"--set={name}={str(value).lower()}" for name, value in FIELDS.items()]
SMALL = ["optimise", "clockwork", *SETTINGS, "--follow-up", "40", "--quiet", "--workers", "1"]
ASKED = ["--choice", "evaluation.period_days=7,14,30", "--cost", "evaluation.period_days=-100"]
ASKED += ["--minimise", "days_away", "--at-most", "days_away=0.9x", "--budget", "2000"]


def test_writes_and_prints_all_that_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*SMALL, *ASKED, "--out", "best"]) == 0
    today = sl.preset("clockwork").replace(FIELDS)
    best = sl.optimise(
        today,
        {"evaluation.period_days": [7, 14, 30]},
        subject_to={"days_away": sl.at_most(0.9, relative=True)},
        costs={"evaluation.period_days": -100},
        budget=2_000,
        follow_up_days=40,
        progress=False,
    )
    assert capsys.readouterr().out == f"{best}\n\nwritten to best\n"
    folder = tmp_path / "best"
    names = {"table.csv", "front.csv", "pareto.png", "contenders.png", "progress.png", "selected.toml"}
    assert files(folder) == names
    assert sl.load(folder / "selected.toml") == best.selected
    assert pd.read_csv(folder / "table.csv")["status"].equals(best.table()["status"])


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["--choice", "evaluation.period_days"],
            "--choice is 'evaluation.period_days', but must be FIELD=",
        ),
        (
            ["--choice", "a=1,2", "--at-most", "days_away=1.02y"],
            "--at-most of 'days_away' is '1.02y', but must be a number from -1e+15 to 1e+15, "
            "or a multiple of today's: 1.02x.",
        ),
        (["--choice", "a=1,2", "--at-most", "days_away=x"], "--at-most of 'days_away' is 'x', but must be"),
        (
            ["--choice", "a=1", "--at-most", "days_away=9", "--at-least", "days_away=1"],
            "--at-least is of 'days_away' again, but a metric must have one bound.",
        ),
        (["--choice", "a=1,2", "--at-least", "days_away=soon"], "--at-least of 'days_away' is 'soon', but"),
        (
            ["--choice", "evaluation.period_days=7", "--budget", "100"],
            "budget is 100.0, but must be left out unless costs are given: all choices cost 0.",
        ),
        (["--choice", "a=1,2", "--budget", "much"], "argument --budget: invalid float value: 'much'"),
        ([], "the following arguments are required: --choice (see: simlimit optimise --help)"),
    ],
)
def test_what_is_wrong_is_said(words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*SMALL, *words]) == 2
    assert capsys.readouterr().err.startswith(f"simlimit: {sentence}")
