"""`simlimit sensitivity`, end to end: the table and the figure."""

from pathlib import Path

import pandas as pd
import pytest
from folders import files

import simlimit as sl
from simlimit import cli

WAITING = {"horizon_days": 200, "population.borrowers": 20, "evaluation.straight_through": False}
SETTINGS = [f"--set={name}={str(value).lower()}" for name, value in WAITING.items()]
SMALL = ["sensitivity", "clockwork", *SETTINGS, "--follow-up", "60", "--points", "16", "--quiet"]
FIELDS = ["--field", "evaluation.cutoff_days=0:6", "--field", "product.after_cutoff_share=0,1"]


def test_prints_and_writes_what_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*SMALL, *FIELDS, "--out", "results"]) == 0
    fields = {"evaluation.cutoff_days": (0, 6), "product.after_cutoff_share": [0, 1]}
    scenario = sl.preset("clockwork").replace(WAITING)
    found = sl.sensitivity(scenario, fields, n=16, follow_up_days=60, progress=False)
    said = capsys.readouterr()
    assert said.err == ""
    assert said.out == f"{found}\n\nwritten to results\n"
    assert files(tmp_path / "results") == {"table.csv", "bars.png"}
    table = pd.read_csv(tmp_path / "results" / "table.csv", index_col="field")
    pd.testing.assert_frame_equal(table, found.table(), check_dtype=False)


def test_points_that_are_no_power_of_2_are_refused_by_the_name_of_the_option(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main([*SMALL, *FIELDS, "--points", "100"]) == 2
    assert "argument --points: invalid choice: 100 (choose from 16, 32, 64, " in capsys.readouterr().err


def test_a_metric_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*SMALL, *FIELDS, "--metric", "yuan"]) == 2
    assert "metric is 'yuan', but must be one of: " in capsys.readouterr().err
    assert cli.main([*SMALL, "--field", "evaluation.cutoff_days"]) == 2
    assert (
        "--field is 'evaluation.cutoff_days', but must be FIELD=LOW:HIGH or FIELD=A,B"
        in capsys.readouterr().err
    )
