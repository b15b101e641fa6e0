"""Code is known by what it does: not by its comments, docstrings and layout."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import simlimit
from simlimit.study import identity

PACKAGE = Path(simlimit.__file__).parent
CODE = '''
"""What it does."""
# A remark.
RATE: float = 0.1
"""A year."""
def interest(balance, rate=RATE, *, days=()):
    """Return it."""
    return round(balance * rate, 2), f"{rate!r:>9} a year"
'''


def digest_of(code: str, monkeypatch: pytest.MonkeyPatch, name: str = "model/interest.py") -> str:
    with monkeypatch.context() as patch:
        patch.setattr(identity, "_SOURCES", {name: code.encode()})
        digest: str = identity.code_identity.__wrapped__()["code"]
    return digest


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("What it does.", "What it is for."),
        ("A year.", "Of a year."),
        ('    """Return it."""\n', ""),
        ("# A remark.", "\n\n# Another."),
        ("balance * rate, 2", "balance*rate,\n        2"),
    ],
)
def test_words_and_layout_are_no_other_code(before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert before in CODE
    assert digest_of(CODE.replace(before, after), monkeypatch) == digest_of(CODE, monkeypatch)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("rate, 2", "rate, 3"),
        ("rate, 2", "rate, 2.0"),
        ("rate, 2", "rate, True"),
        ("rate, 2", "rate, None"),
        ("rate, 2", "rate"),
        ("e * r", "e + r"),
        ("=RATE", ""),
        ("a year", "of a year"),
        ("return ", ""),
        ("RATE: float", "RATE"),
    ],
)
def test_anything_else_is_other_code(before: str, after: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert before in CODE
    assert digest_of(CODE.replace(before, after), monkeypatch) != digest_of(CODE, monkeypatch)


def test_the_file_in_which_code_stands_belongs_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert digest_of(CODE, monkeypatch) != digest_of(CODE, monkeypatch, "model/fees.py")


def test_code_is_the_same_code_in_every_version_of_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Syntax trees have other fields in each; this digest was made by 3.11, 3.12 and 3.13 alike."""
    assert digest_of(CODE, monkeypatch)[:16] == "03730025c44fbe93"


def test_what_decides_a_history_is_in_the_digest() -> None:
    names = set(identity._SOURCES)
    assert {"scenario/parts.py", "books/portfolio.py", "model/pool.py", "drivers/calendar_driver.py"} < names
    assert {"run/frames.py", "study/experiment.py", "study/store.py"} < names
    assert not any(name.startswith(("plots/", "cli/", "tables/", "delays/")) for name in names)


CONTINUE = """
import simlimit as sl
scenario = sl.preset("clockwork").replace({{"population.borrowers": 2, "horizon_days": 100}})
try:
    print(repr(sl.replicate(scenario, {n}, store={store!r}, progress=False)))
except sl.SimlimitError as error:
    print(error)
"""


def test_a_store_is_continued_by_code_that_differs_in_words_only(
    tmp_path: Path, fresh_process: Callable[..., str]
) -> None:
    package, store = tmp_path / "repository" / "simlimit", str(tmp_path / "store")
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    plain = {"NUMBA_DISABLE_JIT": "1"}
    assert "2 replications" in fresh_process("-c", CONTINUE.format(n=2, store=store), **plain)
    money = package / "model" / "money.py"
    for old, new, n, said in [
        (
            "rounded down to whole cents",
            "rounded down to cents",
            3,
            "Study('clockwork', seed=1: 3 replications",
        ),
        ("basis_points // 10_000", "basis_points // 9_999", 4, "holds a study of other code: name"),
    ]:
        text = money.read_text(encoding="utf-8")
        assert text.count(old) == 1
        money.write_text(text.replace(old, new), encoding="utf-8")
        continued = CONTINUE.format(n=n, store=store)
        assert said in fresh_process("-c", continued, sources=package.parent, **plain)
