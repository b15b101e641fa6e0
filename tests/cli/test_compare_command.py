"""`simlimit compare`, end to end: what it prints and writes, and what Ctrl-C leaves."""

import re

import pandas as pd
import pytest
from folders import files, replications_kept

import simlimit as sl
from simlimit import cli

FILES = {"differences.csv", "summary.csv", "scenarios", "forest.png", "platform.png"}
CHANGES = {"population.borrowers": 40, "horizon_days": 480}
OPTIONS = [f"--set={name}={value}" for name, value in CHANGES.items()]
OPTIONS += ["--replications", "12", "--seed", "5", "--follow-up", "60"]
WEEKLY = "weekly=jiebei:evaluation.period_days=7"
FROZEN = "a freeze=jiebei:shocks=[{kind='freeze', at=200, duration_days=30}]"
SMALL = ["compare", "jiebei", WEEKLY, FROZEN, *OPTIONS]


@pytest.fixture
def comparison():
    jiebei = sl.preset("jiebei").replace(CHANGES)
    freeze = {"kind": "freeze", "at": 200, "duration_days": 30}
    scenarios = {
        "jiebei": jiebei,
        "weekly": jiebei.replace({"evaluation.period_days": 7}),
        "a freeze": jiebei.replace({"shocks": [freeze]}),
    }
    return sl.compare(scenarios, 12, seed=5, follow_up_days=60)


def test_writes_all_that_the_comparison_says(tmp_path, comparison, capsys):
    assert cli.main([*SMALL, "--out", "results"]) == 0
    results = tmp_path / "results"
    assert files(results) == FILES
    for name, table in {"differences": comparison.differences(), "summary": comparison.summary()}.items():
        verdicts = {"significant": "boolean"}
        written = pd.read_csv(results / f"{name}.csv", index_col=["scenario", "metric"], dtype=verdicts)
        pd.testing.assert_frame_equal(written, table)
    assert files(results / "scenarios") == {"0-jiebei.toml", "1-weekly.toml", "2-a-freeze.toml"}
    for path, study in zip(
        sorted((results / "scenarios").iterdir()), comparison.studies.values(), strict=True
    ):
        assert sl.load(path) == study.scenario
    for name in ("forest", "platform"):
        assert (results / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert "written to results" in capsys.readouterr().out


def test_prints_how_each_scenario_differs_from_the_first(comparison, capsys):
    assert cli.main([*SMALL, "--quiet"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    first, *tables, about = said.out.strip().split("\n\n")
    assert first == repr(comparison)
    differences = comparison.differences()
    for name, table in zip(("weekly", "a freeze"), tables, strict=True):
        caption, heading, *lines = table.splitlines()
        assert caption == f"{name} minus jiebei"
        words = f"metric jiebei {name} difference 95 % interval significant unit"
        assert " ".join(heading.split()) == words
        for line in lines:
            metric, *values = line.split()
            row = differences.loc[(name, metric)]
            if metric.startswith("days_"):
                estimates = [
                    comparison.studies[one].summary().loc[metric, "estimate"] for one in ("jiebei", name)
                ]
                assert values[:2] == [f"{one:.2f}" for one in estimates]
                assert float(values[2]) == pytest.approx(row["difference"], abs=0.005)
                words = {True: "yes", False: "no", pd.NA: "unknown"}
                assert words[row["significant"]] in values
    assert f"for all {differences['p_value'].count()} differences together (Holm)" in about


def test_gates_at_which_nobody_waits_are_left_out(capsys):
    assert cli.main(["compare", "jiebei", WEEKLY, *OPTIONS, "--quiet"]) == 0
    out = capsys.readouterr().out
    assert "days_policy" not in out
    assert "days_overdue" in out


def test_scenarios_that_do_not_differ(tmp_path, capsys):
    assert cli.main(["compare", "jiebei", "same=jiebei", *OPTIONS, "--quiet", "--out", "results"]) == 0
    table = capsys.readouterr().out.split("\n\n")[1]
    assert not re.search(r"\byes\b", table)
    assert files(tmp_path / "results") == FILES


def test_interrupted_keeps_what_is_done_of_each(tmp_path, interrupt, capsys):
    with interrupt(4, scenarios=2):
        assert cli.main(["compare", "jiebei", WEEKLY, *OPTIONS, "--quiet", "--out", "results"]) == 130
    said = capsys.readouterr()
    done = replications_kept(said.err)
    assert said.out.startswith(f"Comparison(jiebei, weekly: {done} replications each, seed=5)")
    assert files(tmp_path / "results") == FILES


def test_interrupted_is_continued_by_the_same_command(tmp_path, interrupt, capsys):
    command = ["compare", "jiebei", WEEKLY, *OPTIONS, "--quiet", "--store", "store", "--out", "results"]
    with interrupt(4, scenarios=2):
        assert cli.main(command) == 130
    said = capsys.readouterr()
    done = replications_kept(said.err, on="; the same command continues from store and then writes results")
    assert said.out.startswith(f"Comparison(jiebei, weekly: {done} replications each, seed=5)")
    assert cli.main(command) == 0
    assert files(tmp_path / "results") == FILES
