"""The pictures as methods: the functions of `simlimit.plots`, with their help, signatures and types."""

import inspect
import pydoc
import typing
from pathlib import Path

import pytest
from gallery import attribution, comparison, fitted, grid, optimum, ranking, recovery, run, sensitivity, study

from simlimit import Run, plots
from simlimit.plots import accessors

PICTURES = {
    run: {"delay", "standing", "incidence", "causes", "platform", "borrower"},
    study: {"delay", "standing", "incidence", "causes", "platform"},
    comparison: {"delay", "forest", "platform"},
    grid: {"lines"},
    ranking: {"tornado"},
    attribution: {"bars"},
    optimum: {"pareto", "contenders", "progress"},
    fitted: {"check", "statistics", "parameters", "pairs", "ranks"},
    sensitivity: {"bars"},
}
RENAMED = {
    (grid, "lines"): "sweep",
    (attribution, "bars"): "attribution",
    (sensitivity, "bars"): "sensitivity",
}
RENAMED |= {(fitted, name): f"fit_{name}" for name in PICTURES[fitted]}
TYPED = """
import simlimit as sl
def draw(run: sl.Run, study: sl.Study, comparison: sl.Comparison) -> None:
    reveal_type(study.plot.delay)
    reveal_type(run.plot.borrower(3, days=(0, 9)))
    reveal_type(sl.plots.accessors.StudyPlots.causes)
    study.plot.delay(weight="yuan")
    study.plot.borrower(3)
    comparison.plot.forest(("gap_days",))
class Wrong(sl.plots.accessors.Plots[sl.Comparison]):
    causes = sl.plots.accessors.Picture(sl.plots.causes)
def misdraw(wrong: Wrong) -> None:
    wrong.causes()
"""


@pytest.mark.parametrize("of", PICTURES)
def test_each_can_draw_what_it_has(of):
    plot = of().plot
    assert {name for name in dir(plot) if not name.startswith("_")} == PICTURES[of]
    for name in PICTURES[of]:
        method = getattr(plot, name)
        ax = method(3) if name == "borrower" else method()
        assert ax.get_title(loc="left") or ax.get_ylabel()


@pytest.mark.parametrize("of", PICTURES)
def test_a_method_has_the_signature_and_the_help_of_its_function(of):
    plot = of().plot
    for name in PICTURES[of]:
        function, method = getattr(plots, RENAMED.get((of, name), name)), getattr(plot, name)
        of_method, of_function = (list(inspect.signature(f).parameters.values()) for f in (method, function))
        assert of_method == of_function[1:]
        assert inspect.getdoc(method) == inspect.getdoc(function)
        assert getattr(type(plot), name) is function
        shown = pydoc.plain(pydoc.render_doc(method))
        # Python 3.13 gives each argument a line.
        signature = f"{function.__name__}{inspect.signature(method)}"
        assert "".join(signature.split()) in "".join(shown.split())
        assert "    Parameters\n" in shown


@pytest.mark.parametrize("of", [*PICTURES, recovery])
def test_the_pictures_are_what_the_class_declares(of):
    """A checker and completion know only what stands in the brackets of the base class."""
    (declared,) = [one for base in type(of()).__orig_bases__ for one in typing.get_args(base)]
    kind = type(of().plot)
    assert declared.__forward_arg__ == f"{kind.__module__}.{kind.__name__}"


def test_the_help_of_an_accessor_lists_its_pictures():
    shown = pydoc.plain(pydoc.render_doc(accessors.StudyPlots))
    assert all(f" |  {name}" in shown for name in PICTURES[study])


@pytest.mark.long
def test_a_checker_knows_what_a_method_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """It checks the package, too, which takes a quarter of a minute."""
    api = pytest.importorskip("mypy.api")
    file = tmp_path / "typed.py"
    file.write_text(TYPED, encoding="utf-8")
    monkeypatch.setenv("MYPYPATH", str(Path(plots.__file__).parents[2]))
    options = ("--config-file=", "--strict", "--follow-imports=silent", f"--cache-dir={tmp_path}")
    said, _, _ = api.run([*options, str(file)])
    delay, axes, causes, weight, missing, positional, wrong = said.replace(str(file), "").splitlines()[:-1]
    assert "def (follow_up_days: int | None =, *, by: " in delay
    assert axes.endswith('"matplotlib.axes._axes.Axes"')
    assert "def (simlimit.run.run.Run | simlimit.study.study.Study, *, weight: " in causes
    assert 'Argument "weight" has incompatible type' in weight
    assert '"StudyPlots" has no attribute "borrower"' in missing
    assert "Too many positional arguments" in positional
    assert 'has incompatible type "Wrong"' in wrong


def test_a_class_of_the_users_own_has_the_pictures_of_what_it_inherits_from():
    class Mine(Run):
        pass

    mine = Mine.__new__(Mine)
    assert type(mine.plot) is accessors.RunPlots
