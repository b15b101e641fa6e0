"""simlimit: why has the credit limit not come back, how long will it take, and what would help.

What is simulated
    `Scenario`, `load`, `preset`, `presets`
One simulated history
    `simulate`, `Run`, `delay_by_cause`, `borrower_history`
Many histories
    `replicate`, `Study`, `compare`, `Comparison`, `sweep`, `Sweep`, `StudyInterrupted`,
    `recovery`, `Recovery`
What would help, and what each gate explains
    `Lever`, `rank_levers`, `LeverRanking`, `attribute`, `Attribution`
A real release log, and delay statistics of it or of any table
    `read_release_log`,
    `cumulative_incidence`, `kaplan_meier`, `quantiles`, `describe_quantiles`, `share_at`, `at_risk_table`
From a release log to a scenario
    `fit`, `Fit`
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

from importlib import import_module

_NAMES = {
    "books.examples": ("example_portfolio", "example_release_log"),
    "books.fitting": ("fit_behaviour", "FittedBehaviour"),
    "books.histories": ("Histories",),
    "books.release_log": ("read_release_log",),
    "books.uci": ("histories_from_uci", "portfolio_from_uci"),
    "delays.incidence": ("at_risk_table", "cumulative_incidence", "kaplan_meier"),
    "delays.reading": ("describe_quantiles", "quantiles", "share_at"),
    "processes.platform": ("Platform",),
    "inference.fit": ("Fit", "fit"),
    "errors": ("PortfolioError", "ScenarioError", "SimlimitError", "SimlimitWarning"),
    "run.borrower_history": ("borrower_history",),
    "run.delay_by_cause": ("delay_by_cause",),
    "run.run": ("Run",),
    "run.simulate": ("simulate",),
    "scenario": ("Lever", "load", "preset", "presets", "Scenario"),
    "study.attribution": ("attribute", "Attribution"),
    "study.comparison": ("compare", "Comparison", "Sweep", "sweep"),
    "study.ranking": ("LeverRanking", "rank_levers"),
    "study.recovery": ("recovery", "Recovery"),
    "study.replicating": ("replicate", "StudyInterrupted"),
    "study.study": ("Study",),
}
"""The public names of each module, which is imported when one of them is first asked for."""
_MODULES = {name: f"simlimit.{module}" for module, names in _NAMES.items() for name in names}

__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    """Return a public name, the package of books, of pictures or of tables, or the version."""
    if name in ("books", "plots", "tables"):
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
