"""Pages say what is so: their code runs, their links lead somewhere, and the rules have their tests."""

import os
import re
import runpy
import shlex
import subprocess
import sys
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest

import simlimit as sl
from simlimit import cli
from simlimit.cli import commands

ROOT = Path(__file__).parent.parent
TESTS = sorted(set((ROOT / "tests").rglob("test_*.py")) - {Path(__file__)})
DEFINITIONS = {5, 6, 7, 8, 18}
"""Rules of the model that only say what words and signs mean, or what is there at first."""
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
OWN_PROCESS = 'if __name__ == "__main__":'
PROMPT = "simlimit "
FEW = 5
"""Histories of a study in the quick run of an example; with as many as stand there it takes 5 to 10 s."""


def blocks(language: str, prompt: str = "") -> list[object]:
    """Return the blocks of a language with a line that begins so, as parameters named by page and place.

    Those of the README run in every test run, with few histories. In the long tests all run as they are.
    """
    return [
        pytest.param(
            block, few, id=f"{page.name}-{number}{' few' * few}", marks=[] if few else pytest.mark.long
        )
        for page in PAGES
        for number, block in enumerate(
            re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.S | re.M)
        )
        if f"\n{prompt}" in f"\n{block}"
        for few in ([True, False] if page.name == "README.md" else [False])
    ]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")
    yield
    plt.close("all")


def files_here() -> set[str]:
    """Return the files that an example has left: one that leaves none overwrites none of the reader's.

    Folders are not among them: a store or an output folder that holds anything else is refused.
    """
    return {path.name for path in Path().iterdir() if path.is_file()}


@pytest.mark.filterwarnings("error::simlimit.errors.SimlimitWarning")
@pytest.mark.parametrize(("block", "few"), blocks("python"))
def test_python_runs(block: str, few: bool) -> None:
    if few:
        block = re.sub(r"\d+(?=, seed=)", str(FEW), block)
    if OWN_PROCESS in block:
        # What it starts imports it again, and what other libraries say of themselves is not ours.
        script = Path(tempfile.mkdtemp()) / "block.py"
        script.write_text(block, encoding="utf-8")
        subprocess.run([sys.executable, str(script)], check=True)
    else:
        exec(compile(block, "block", "exec"), {"__name__": "block"})
    assert files_here() == set()


@pytest.mark.parametrize(("block", "few"), blocks("sh", PROMPT))
def test_commands_run(block: str, few: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if few:
        monkeypatch.setattr(commands, "REPLICATIONS", FEW)
        monkeypatch.setattr(commands, "MOST_IF_PRECISE", FEW)
    sl.example_portfolio("book.csv", borrowers=100)
    sl.example_release_log("log.csv", borrowers=100)
    book = Path("book.csv").read_bytes()
    keeps_files = "set -C" in block
    for line in block.splitlines():
        if line.startswith(PROMPT):
            words = shlex.split(line.removeprefix(PROMPT), comments=True)
            target = words.pop() if ">" in words else os.devnull
            assert keeps_files or target == os.devnull
            with open(target, "w", encoding="utf-8") as file, redirect_stdout(file):
                assert cli.main([word for word in words if word != ">"]) == 0
    # A report that exists is not overwritten either.
    assert files_here() <= {"book.csv", "log.csv", "my.toml", "jiebei.html", "weekly.html"}
    assert Path("book.csv").read_bytes() == book


def test_numbers_in_the_readme_are_measured() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    measured = runpy.run_path(str(ROOT / "docs" / "readme.py"))["written"](text)
    assert text == measured, "Run `python docs/readme.py`, and read what it has written into README.md."


def test_pages_have_blocks() -> None:
    pages = {parameter.id.rsplit("-", 1)[0] for parameter in blocks("python")}
    assert pages >= {"README.md", "processes.md", "spreading.md"}


def test_every_field_and_every_preset_has_its_table() -> None:
    parts = {name.partition(".")[0] * ("." in name) for name in sl.Scenario.leaves()}
    pages = (ROOT / "docs" / name for name in ("scenario.md", "provenance.md"))
    every_field, sources = (page.read_text(encoding="utf-8") for page in pages)
    assert set(re.findall(r'^tables\.fields\("(\w*)"\)$', every_field, re.M)) == parts
    assert set(re.findall(r'^tables\.provenance\("([\w-]+)"', sources, re.M)) == {*sl.presets().index}


def test_contributing_names_typical_changes_and_files_that_are_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| an? .*|^\| another .*", text, re.M)
    assert len(rows) == 11
    for page in (ROOT / "CONTRIBUTING.md", ROOT / "docs" / "contributing.md"):
        paths = re.findall(r"`((?:simlimit|tests|docs|notebooks)/[^`\s]*)`", page.read_text(encoding="utf-8"))
        assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8"))
    missing = [target for target in targets if not (page.parent / target).exists()]
    assert missing == []


def test_the_example_of_the_model_is_what_happens() -> None:
    scenario = sl.preset("clockwork").replace(
        {
            "horizon_days": 120,
            "population.borrowers": 1,
            "population.limit_median": 12_000.0,
            "population.utilisation_mean": 1.0,
            "product.instalments": 12,
            "product.method": "equal_principal",
            "evaluation.straight_through": False,
            "evaluation.schedule": "batch",  # on days 29, 59, 89, ..
            "evaluation.cutoff_days": 2,
            "evaluation.duration_days": 3,
            "funding.unlimited": False,
            "funding.recycle_share": 0.0,
            "funding.daily_inflow": 19.9,
            "shocks": [{"kind": "freeze", "at": 90, "duration_days": 9}],
        }
    )
    run = sl.simulate(scenario, seed=117)  # a borrower due on day 28, all of whose instalments are left
    hold = run.holds.query("repaid_at == 58").iloc[0]
    assert (hold["amount"], hold["approved_at"], hold["ended_at"]) == (1_000, 92, 100)
    headroom = run.daily["headroom"]
    assert (headroom[99], headroom[100] + 1_000) == (990.0, pytest.approx(1_009.9))
    days = hold[["delay_days", "days_evaluation", "days_policy", "days_funding"]]
    told = (
        "The delay is 100 - 58 = {} days: {} of evaluation (days 58 to 91), "
        "{} of policy (days 92 to 98) and {} of funding (day 99)."
    ).format(*days)
    assert told in " ".join((ROOT / "docs" / "model.md").read_text(encoding="utf-8").split())


def rules_of_the_model() -> list[int]:
    """Return the numbers of the rules of docs/model.md, in their order."""
    text = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    return [int(number) for number in re.findall(r"^\*\*R(\d+)\*\*", text, re.M)]


def rules_named_in(text: str) -> set[int]:
    """Return the numbers of the rules that a text names, as R31, or R28 to R32."""
    named = re.findall(r"\bR(\d+)(?: to R(\d+))?\b", text)
    return {rule for first, last in named for rule in range(int(first), int(last or first) + 1)}


def test_rules_of_the_model_are_numbered_without_gap() -> None:
    rules = rules_of_the_model()
    assert sorted(rules) == list(range(1, len(rules) + 1))


@pytest.mark.parametrize("page", [*PAGES, ROOT / "tests" / "oracle.py"], ids=lambda page: page.name)
def test_rules_that_a_page_names_are_there(page: Path) -> None:
    assert rules_named_in(page.read_text(encoding="utf-8")) <= set(rules_of_the_model())


def test_every_rule_of_the_model_is_a_definition_or_named_by_a_test() -> None:
    named = set().union(*(rules_named_in(path.read_text(encoding="utf-8")) for path in TESTS))
    rules = set(rules_of_the_model())
    assert named <= rules
    assert rules - named == DEFINITIONS
