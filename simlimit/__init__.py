"""simlimit: why has the credit limit not come back, how long will it take, and what would help.

What is simulated
    `Scenario`, `load`, `preset`, `presets`
One simulated history
    `simulate`, `Run`, `delay_by_cause`, `borrower_history`
Many histories
    `replicate`, `Study`, `compare`, `Comparison`, `sweep`, `Sweep`, `StudyInterrupted`,
    `recovery`, `Recovery`
What would help, and what each gate explains
    `Change`, `Lever`, `rank_levers`, `LeverRanking`, `attribute`, `Attribution`
What to do for a budget
    `optimise`, `Optimum`, `at_most`, `at_least`
A real release log, and delay statistics of it or of any table
    `read_release_log`,
    `cumulative_incidence`, `kaplan_meier`, `quantiles`, `describe_quantiles`, `share_at`, `at_risk_table`
From a release log to a scenario
    `fit`, `Fit`
Which assumption decides the answer
    `sensitivity`, `Sensitivity`
Sliders in a notebook
    `explore`, `Exploration`
Your own process in it
    `Platform`
Real books, and invented ones to try
    `portfolio_from_uci`, `histories_from_uci`, `Histories`, `fit_behaviour`, `FittedBehaviour`,
    `example_portfolio`, `example_release_log`
What can go wrong
    `SimlimitError`, `ScenarioError`, `PortfolioError`, `SimlimitWarning`
Pictures
    the module `simlimit.plots`
"""

import re
from importlib import import_module
from pathlib import Path

_STUB = Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
# The module of each public name, as type checkers read it: it is imported when one is first asked for.
_MODULES = {name: module for module, name in re.findall(r"(?m)^from (simlimit\.\S+) import (\w+)", _STUB)}

__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    """Return a public name, the package of books, of pictures, of reports or of tables, or the version."""
    if name in ("books", "plots", "reports", "tables"):
        return import_module(f"simlimit.{name}")
    if name == "__version__":
        return import_module("importlib.metadata").version("simlimit")
    if name not in _MODULES:
        raise AttributeError(f"module 'simlimit' has no attribute {name!r}")
    globals()[name] = value = getattr(import_module(_MODULES[name]), name)
    return value


def __dir__() -> list[str]:
    """List what is public, for completion: not the modules behind it."""
    return [*_MODULES, "plots", "__version__", *(name for name in globals() if name.startswith("__"))]
