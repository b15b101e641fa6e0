"""`simlimit fit`, end to end: from a file of the user's own to tables, pictures and a scenario."""

import sys
from pathlib import Path

import pandas as pd
import pytest
from folders import files

import simlimit as sl
from simlimit import cli
from simlimit.inference import bank

WAITING = {"horizon_days": 200, "population.borrowers": 50, "evaluation.straight_through": False}
SETTINGS = [f"--set={name}={str(value).lower()}" for name, value in WAITING.items()]
REASONS = {"settlement": "直通", "evaluation": "系统评估"}
WORDS = {"released": "正常", "forfeited": "作废", "pending": "冻结"}
READ = ["--column", "repaid=入账日", "--extracted", "2020-07-18"]
READ += [word for ours, theirs in WORDS.items() for word in ("--outcome", f"{theirs}={ours}")]
READ += [word for ours, theirs in REASONS.items() for word in ("--gate", f"{theirs}={ours}")]
FREE = ["--free", "evaluation.period_days=7:60", "--free", "evaluation.cutoff_days=0,3"]
FREE += ["--factor", "slips=behaviour.slip_share=0.5:2"]
SMALL = ["fit", "log.csv", "clockwork", *SETTINGS, *READ, *FREE, "--n", "100", "--seed", "2"]
FILES = {"table.csv", "check.csv", "statistics.csv", "pairs.csv", "advice.csv", "scenario.toml"}
FILES |= {"check.png", "statistics.png", "parameters.png", "pairs.png"}


def platform() -> sl.Scenario:
    return sl.preset("clockwork").replace(WAITING)


@pytest.fixture
def log() -> pd.DataFrame:
    """Write a log as its owner has it, and return what is read of it."""
    truth = platform().replace({"evaluation.period_days": 20})
    holds = sl.simulate(truth, seed=5, keep="holds").holds.query("kind == 'repayment'")
    days = {"入账日": holds["repaid_on"], "恢复日期": holds["ended_on"], "客户号": holds["borrower"]}
    table = pd.DataFrame({**days, "状态": holds["outcome"].astype(str).map(WORDS)})
    table["原因"] = (holds["days_evaluation"] > 0).map({False: "直通", True: "系统评估"})
    table.to_csv("log.csv", index=False)
    outcomes = {theirs: ours for ours, theirs in WORDS.items()}
    gates = {theirs: ours for ours, theirs in REASONS.items()}
    given = {"repaid": "入账日", "outcomes": outcomes, "gates": gates, "extracted": "2020-07-18"}
    return sl.read_release_log("log.csv", **given)


def test_writes_and_prints_all_that_the_fit_says(tmp_path: Path, log: pd.DataFrame, capsys) -> None:
    assert cli.main([*SMALL, "--quiet", "--out", "results"]) == 0
    said = capsys.readouterr()
    free = {
        "evaluation.period_days": (7, 60),
        "evaluation.cutoff_days": [0, 3],
        "slips": {"fields": ["behaviour.slip_share"], "factor": (0.5, 2)},
    }
    fit = sl.fit(log, platform(), free, 100, 2, progress=False)
    assert said.err == ""
    assert "compared by age, weekday, gate; " in fit.read
    assert said.out == "\n\n".join([log.attrs["read"], f"{fit}\n\nwritten to results\n"])
    results = tmp_path / "results"
    assert files(results) == FILES
    assert sl.load(results / "scenario.toml") == fit.scenario
    check = pd.read_csv(results / "check.csv", index_col="family")
    pd.testing.assert_frame_equal(check, fit.check())
    assert pd.read_csv(results / "table.csv", index_col="parameter")["verdict"].equals(fit.table()["verdict"])
    for name in ("check", "statistics", "parameters", "pairs"):
        assert (results / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.long
@pytest.mark.usefixtures("log")
def test_interrupted_is_continued_by_the_same_command(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    run, calls = bank.run_logs, []

    def one_chunk(task: bank.Task, first: int) -> object:
        calls.append(first)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return run(task, first)

    command = [*SMALL, "--quiet", "--workers", "1", "--store", "store", "--out", "results"]
    with monkeypatch.context() as patch:
        patch.setattr(bank, "run_logs", one_chunk)
        assert cli.main(command) == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("simlimit: interrupted; 10 of 100 simulated logs are in the store; ")
    assert not Path("results").exists()
    assert cli.main(command) == 0
    assert files(Path("results")) == FILES


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--free", "horizon"], "--free is 'horizon', but must be FIELD=LOW:HIGH or FIELD=A,B, such as "),
        (["--free", "=1:2"], "--free is '=1:2', but must be FIELD=LOW:HIGH or FIELD=A,B, such as "),
        (["--factor", "x=1:2"], "a field with a factor is 'x', but must be a field that has a number in"),
        (["--factor", "x=a=1:"], "--factor is 'x=a=1:', but must be [NAME=]FIELD,..=LOW:HIGH, such as "),
        (["--free", "rules.min_score=0:1:2"], "free of 'rules.min_score' is (0, 1, 2), but must be bounds"),
        (["--column", "day=入账日"], "--column is 'day', but must be one of: repayment, gate, "),
        (["--gate", "直通=moon"], "gates['直通'] is 'moon', but must be one of: "),
        (
            ["--column", "gate=none"],
            "gates is {'直通': 'settlement', '系统评估': 'evaluation'}, but must be left out",
        ),
        (["--free", "rules.min_scor=0:1"], "rules.min_scor is not a field"),
        (["--n", "99"], "argument --n: '99' is not a whole number from 100 to 1000000"),
    ],
)
@pytest.mark.usefixtures("log")
def test_what_is_not_allowed_is_refused(words: list[str], sentence: str, capsys) -> None:
    assert cli.main([*SMALL, *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert sentence in said.err


@pytest.mark.usefixtures("log")
def test_without_scikit_learn_a_sentence_says_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.linear_model", None)
    assert cli.main([*SMALL, "--quiet"]) == 2
    assert capsys.readouterr().err == (
        "simlimit: fit needs scikit-learn, which pip install 'simlimit[fit]' installs.\n"
    )
