"""Every public name explains itself: sections, an example that needs nothing else, a place in the docs."""

from __future__ import annotations

import ast
import doctest
import inspect
import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

import simlimit as sl
from simlimit import _MODULES as MODULES
from simlimit import plots
from simlimit.plots import labels

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PUBLIC = [(name, getattr(sl, name)) for name in sl.__all__]
PICTURES = [(f"plots.{name}", getattr(plots, name)) for name in plots.__all__]

each = pytest.mark.parametrize(
    ("name", "thing"), [pytest.param(*pair, id=pair[0]) for pair in (*PUBLIC, *PICTURES)]
)


def explanation(thing: object) -> str:
    return inspect.getdoc(thing) or ""


def methods(cls: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield the public methods and properties that a class defines itself, as functions."""
    for name, member in vars(cls).items():
        function = getattr(member, "fget", None) or getattr(member, "func", None) or member
        if not name.startswith("_") and inspect.isfunction(function):
            yield name, function


def missing_sections(function: Callable[..., Any]) -> list[str]:
    signature = inspect.signature(function)
    text = explanation(function)
    wanted = {
        "Parameters": [name for name in signature.parameters if name != "self"],
        "Returns": signature.return_annotation not in (None, "None"),
    }
    return [name for name, needed in wanted.items() if needed and f"{name}\n---" not in text]


def test_completion_shows_public_names_only() -> None:
    shown = [name for name in dir(sl) if not name.startswith("__")]
    assert shown == sorted([*sl.__all__, "plots"])


def test_checkers_see_the_table_of_names() -> None:
    stub = ast.parse(Path(sl.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    table = {alias.asname: node.module for node in imports for alias in node.names}
    assert table == MODULES | dict.fromkeys(("books", "plots", "reports", "tables"), "simlimit")


def test_the_pictures_come_with_the_package(fresh_process: Callable[..., str]) -> None:
    assert "Draw" in fresh_process("-c", "import simlimit as sl; print(sl.plots.delay.__doc__)")


def test_it_has_a_version() -> None:
    assert sl.__version__ == version("simlimit")


def test_no_other_name_is_found() -> None:
    with pytest.raises(AttributeError, match="module 'simlimit' has no attribute 'simulat'"):
        getattr(sl, "simulat")  # noqa: B009


def test_the_table_of_contents_names_every_public_name() -> None:
    assert set(re.findall(r"`(\w+)`", sl.__doc__ or "")) == set(sl.__all__)


@each
def test_its_docstring_has_its_sections(name: str, thing: Any) -> None:
    assert explanation(thing), name
    if not inspect.isclass(thing):
        assert missing_sections(thing) == []
        return
    for below, function in methods(thing):
        assert explanation(function), f"{name}.{below}"
        is_property = not inspect.isfunction(vars(thing)[below])
        assert is_property or missing_sections(function) == [], f"{name}.{below}"


@each
def test_its_help_says_types_in_the_words_of_python(name: str, thing: Any) -> None:
    assert inspect.isclass(thing) or "FieldInfo" not in str(inspect.signature(thing)), name


@each
def test_its_example_needs_nothing_else(
    name: str, thing: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    example = doctest.DocTestParser().get_doctest(explanation(thing), {}, name, None, 0)
    assert example.examples
    said: list[str] = []
    failed = doctest.DocTestRunner(verbose=False).run(example, out=said.append).failed
    plt.close("all")
    assert failed == 0, "".join(said)
    assert list(tmp_path.iterdir()) == [], "A reader may have a file of that name."


@each
def test_the_reference_has_it(name: str, thing: Any) -> None:
    assert re.search(rf":: simlimit\.{name}\b", (DOCS / "api.md").read_text(encoding="utf-8"))


def glossary() -> dict[str, str]:
    text = (DOCS / "glossary.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^\| ([\w, ()+-]+?) \| ([^|]*[\u4e00-\u9fff][^|]*?) \|", text, re.M))


def test_pictures_speak_the_words_of_the_glossary() -> None:
    words = glossary()
    gates = ("settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")
    same = (*gates, "limit", "outstanding", "available", "headroom", "pending")
    assert {word: labels.CHINESE[word] for word in same} == {word: words[word] for word in same}


def test_the_chinese_page_uses_the_words_of_the_glossary() -> None:
    page = (DOCS / "quickstart-zh.md").read_text(encoding="utf-8")
    words = glossary()
    used = ("hold", "available", "release delay", "straight-through", "evaluation", "score", "overdue",
            "behaviour", "review", "policy", "funding", "shock", "replication")  # fmt: skip
    assert [word for word in used if words[word] not in page] == []


@pytest.mark.parametrize("page", sorted(DOCS.glob("*-zh.md")), ids=lambda page: page.name)
def test_a_chinese_page_says_nothing_that_one_may_say_elsewhere(page: Path) -> None:
    words = "延迟|冻结额度|可用余额|授信金额|人工复核|回滚"
    assert re.findall(words, page.read_text(encoding="utf-8")) == []


def test_the_citation_is_of_this_version() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    (version,) = re.findall(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.M)
    assert f"version: {version}\n" in citation
    assert f"{{{version}}}" in (DOCS / "cite.md").read_text(encoding="utf-8")
