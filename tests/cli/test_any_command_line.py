"""Whatever a command line says: an exit code of 0 or 2, and one sentence if nothing comes of it."""

import random
import re
import tempfile
from pathlib import Path

import pytest
from test_any_call import in_time

from simlimit import cli
from simlimit.cli.arguments import Once
from simlimit.cli.program import _parser
from simlimit.errors import LONGEST_SENTENCE
from simlimit.run import compilation_notice

SMALL = ["--set=population.borrowers=20", "--set=horizon_days=90", "--quiet"]
LOG = str(Path(tempfile.mkdtemp()) / "log.csv")
# Longer than what is followed, so that metrics are known.
OBSERVED = ["--set=population.borrowers=20", "--set=horizon_days=120", "--quiet"]
FEW = [*SMALL, "--replications=2"]
RIGHT = {
    "study": ["clockwork", *FEW],
    "compare": ["clockwork", "other=clockwork:evaluation.straight_through=false", *FEW],
    "sensitivity": ["clockwork", *OBSERVED, "--points=16", "--field=evaluation.period_days=7:30"],
    "optimise": ["clockwork", *OBSERVED, "--choice=evaluation.period_days=7,30"],
    "fit": [LOG, "clockwork", *SMALL, "--n=100", "--free=evaluation.period_days=7:30"],
    "run": ["clockwork", *SMALL],
    "presets": [],
    "scenario": ["clockwork"],
}
"""What is right for each command, and quick."""

TEXTS = [
    "", " ", "a", "-1", "-", "--", "0", "1", "7", "+7", "0x7", "1_0", "\u0663", "1.5", "nan", "-inf", "1e308",
    "9" * 5000, "a=b", "=", "a=", "=b", "a=b=c", ":", "a:b=c", "x" * 10**5, "a\nb", "a\tb\r", "a\0b",
    "\ud800",
    "\u989d\u5ea6\U0001f9ff\u202e", "=cmd|' /C calc'!A0", "{0} %s %(prog)s $x", "\x1b[31m", "../over", "/",
    "/dev/null", ".", "~", "none", "true", "[", "{a=1}", "[[1]]", "2020-01-01", "horizon_days=1e9",
    "horizon_days=9\nwarmup_days=8", "population.borrowers=5", "levers=[{kind='appeal'}]", "name=\ud800",
    "name='\\n'",
    "days_away=0.5", "days_away=2", "0.5", "0.1,0.2", "0.2,0.1", ",", "score", "clockwork",
    "clockwork:horizon_days=10", "a=jiebei:horizon_days=0", "nowhere.toml", "--help", "--version", "@file",
]  # fmt: skip


def values() -> dict[str, list[list[str]]]:
    """Return, by command and option, what goes before a text: nothing, or the name of the option."""
    (commands,) = _parser()._subparsers._group_actions
    places = {"": [[]]}
    for name, parser in commands.choices.items():
        assert name in RIGHT, f"{name} is a command: add a right line of it to RIGHT in {__file__}."
        for action in parser._actions:
            if not action.option_strings:
                places[f"{name} {action.dest}"] = [[name]]
            elif action.nargs is None:
                option = action.option_strings[0]
                # An option of one value may not be there already.
                others = [word for word in RIGHT[name] if not word.startswith(f"{option}=")]
                is_single = isinstance(action, Once)
                places[f"{name} {option}"] = [[name, *(others if is_single else RIGHT[name]), option]]
    return places


def lines() -> list[list[str]]:
    """Return all command lines in which one value is awkward."""
    made = []
    for [before] in values().values():
        for text in TEXTS:
            made.append([*before, text])
            if before and before[-1].startswith("--"):
                made.append([*before[:-1], f"{before[-1]}={text}"])
            elif before:
                made.append([*before, text, *RIGHT[before[0]]])
    return made


def sample(number: int) -> list[list[str]]:
    return random.Random(1).sample(lines(), number)


@pytest.fixture
def becomes(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command line and returns what is wrong with what becomes of it."""
    monkeypatch.setattr(compilation_notice, "is_compiled", lambda name: True)
    days = [f"2020-01-{1 + k % 28:02},2020-02-{1 + 2 * k % 28:02}" for k in range(60)]
    Path(LOG).write_text("\n".join(["repaid,ended", *days]), encoding="utf-8")

    def run(number: int, arguments: list[str]) -> list[str]:
        here = tmp_path / str(number) / "here"
        here.mkdir(parents=True)
        monkeypatch.chdir(here)
        try:
            with in_time():
                code = cli.main(arguments)
        except SystemExit as end:
            code = end.code
        except Exception as error:
            return [f"{type(error).__name__}: {error}"]
        out, said = capsys.readouterr()
        said = re.sub(r"\r *\d+%\|[^\r\n]*\n?", "", said)  # the progress bar of a run on a busy machine
        wrong = []
        if code not in (0, 2):
            wrong.append(f"the exit code is {code}")
        sentences = said.splitlines()
        if not all(one.startswith("simlimit: ") and len(one) < LONGEST_SENTENCE + 20 for one in sentences):
            wrong.append(f"it says {said[:500]!r}")
        if code == 2 and (
            out or len(sentences) != 1 or not said.endswith((".\n", "?\n")) or not said[:-1].isprintable()
        ):
            wrong.append(f"it refuses with {said[:500]!r} after {out[:100]!r}")
        if code == 2 and [*here.parent.rglob("*")] != [here]:
            wrong.append(f"it refuses, but has written {[*here.parent.rglob('*')]}")
        return wrong

    return run


def all_end_well(becomes, chosen):
    found = [(arguments, becomes(number, arguments)) for number, arguments in enumerate(chosen)]
    wrong = [f"{[word[:60] for word in arguments]}: {why}" for arguments, why in found if why]
    assert not wrong, "\n".join(wrong)


def test_a_few_command_lines(becomes):
    all_end_well(becomes, sample(30))


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_many_command_lines(becomes, part):
    all_end_well(becomes, sample(1_200)[part::4])


def test_right_command_lines(becomes):
    all_end_well(becomes, [[name, *rest] for name, rest in RIGHT.items()])
