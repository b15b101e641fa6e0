"""The package as a house: every import stands at the top of its module, and points down."""

import ast
import functools
import graphlib
import inspect
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import simlimit

PACKAGE = Path(simlimit.__file__).parent
FROM_BELOW = (
    "errors", "templates", "extras", "arguments", "text_files", "parquet_files", "drafts", "progress",
    "portfolio", "scenario", "tables", "books", "model", "processes", "drivers", "delays", "run", "study",
    "inference", "deciding", "plots", "reports", "cli", "__main__",
)  # fmt: skip
"""The modules and packages in `simlimit`: each may import what stands before it."""
MOST_POSITIONAL = 6
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@functools.cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[str]:
    """Yield the modules of the package that a module imports, anywhere in it."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} has a relative import"
            for alias in node.names:
                below = f"{node.module}.{alias.name}"
                yield from (name for name in [below if below in MODULES else node.module] if name in MODULES)


@functools.cache
def graph() -> dict[str, set[str]]:
    """Return what each module imports of the package."""
    return {module: set(imports(module)) for module in MODULES}


def layer(module: str) -> str:
    return module.split(".")[1]


def test_no_circle_of_imports() -> None:
    assert len(list(graphlib.TopologicalSorter(graph()).static_order())) == len(MODULES)


def test_imports_point_one_way() -> None:
    assert graph()["simlimit"] == set()
    upwards = {
        (module, other)
        for module, others in graph().items()
        for other in others - {"simlimit"}
        if FROM_BELOW.index(layer(other)) > FROM_BELOW.index(layer(module))
    }
    assert upwards == set()


def test_every_import_stands_at_the_top() -> None:
    inside = {
        (module, node.lineno)
        for module in MODULES
        for function in ast.walk(tree(module))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert inside == set()


EXTRAS = {"simlimit.books.holidays", "simlimit.extras"}
"""They import a package that not everybody installs, when it is asked for."""


def test_only_the_table_of_public_names_and_extras_are_lazy() -> None:
    """Through the table a scenario reaches its table, a run its pictures, an invented book its simulation."""
    calls = {
        (module, ast.unparse(node.func).rpartition(".")[2])
        for module in MODULES
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
    }
    lazy = {module for module, called in calls if called in ("import_module", "__import__")}
    assert lazy == {"simlimit"} | EXTRAS
    above = {layer(module) for module, others in graph().items() if "simlimit" in others}
    assert above == {
        "scenario", "tables", "books", "run", "study", "inference", "deciding", "plots", "reports", "cli",
    }  # fmt: skip


UNNEEDED = {
    "import simlimit; simlimit.__version__": (
        "numba", "numpy", "pandas", "matplotlib", "pydantic", "scipy", "simlimit.errors",
    ),
    "from simlimit import preset, simulate": (
        "matplotlib", "scipy.stats", "simlimit.study", "simlimit.delays", "simlimit.plots",
    ),
    "from simlimit.cli import main": ("matplotlib", "simlimit.plots"),
}  # fmt: skip
"""Modules that must not be loaded after each statement. One process runs the statements in this order."""


def test_what_is_not_needed_is_not_imported(fresh_process: Callable[..., str]) -> None:
    script = "\n".join(
        f"{statement}\nprint([m for m in {heavy} if m in sys.modules])"
        for statement, heavy in UNNEEDED.items()
    )
    assert fresh_process("-c", f"import sys\n{script}").splitlines() == ["[]"] * len(UNNEEDED)


def functions(module: str) -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the functions and methods that a module defines, with their names."""
    for name, thing in vars(import_module(module)).items():
        if getattr(thing, "__module__", None) != module:
            continue
        if inspect.isfunction(thing):
            yield name, thing
        elif inspect.isclass(thing):
            methods = {below: one for below, one in vars(thing).items() if inspect.isfunction(one)}
            yield from ((f"{name}.{below}", method) for below, method in methods.items())


def positional(function: Callable[..., object]) -> int:
    """Return how many arguments a function or method takes by position."""
    parameters = inspect.signature(function).parameters.values()
    return sum(one.kind in POSITIONAL and one.name != "self" for one in parameters)


def test_at_most_six_parameters_are_positional() -> None:
    """Those of the model and the drivers are counted by ruff."""
    long = {
        f"{module}.{name}"
        for module in set(MODULES) - {"simlimit", "simlimit.__main__"}
        if layer(module) not in ("model", "processes", "drivers")
        for name, function in functions(module)
        if positional(function) > MOST_POSITIONAL
    }
    assert long == set()
