"""simlimit: why has the credit limit not come back, how long will it take, and what would help.

What is simulated
    `Scenario`, `load`, `preset`, `presets`
One simulated history
    `simulate`, `Run`, `delay_by_cause`, `borrower_history`
Many histories
    `replicate`, `Study`, `compare`, `Comparison`, `sweep`, `Sweep`, `StudyInterrupted`
What would help, and what each gate explains
    `Lever`, `rank_levers`, `LeverRanking`, `attribute`, `Attribution`
Delay statistics of any table, a real release log too
    `cumulative_incidence`, `kaplan_meier`, `quantiles`, `describe_quantiles`, `share_at`, `at_risk_table`
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

_MODULES = {
    "Attribution": "simlimit.study.attribution",
    "Comparison": "simlimit.study.comparison",
    "FittedBehaviour": "simlimit.books.fitting",
    "Histories": "simlimit.books.histories",
    "Lever": "simlimit.scenario",
    "LeverRanking": "simlimit.study.ranking",
    "Platform": "simlimit.drivers.platform",
    "PortfolioError": "simlimit.errors",
    "Run": "simlimit.run.run",
    "Scenario": "simlimit.scenario",
    "ScenarioError": "simlimit.errors",
    "SimlimitError": "simlimit.errors",
    "SimlimitWarning": "simlimit.errors",
    "Study": "simlimit.study.study",
    "StudyInterrupted": "simlimit.study.replicating",
    "Sweep": "simlimit.study.sweeping",
    "at_risk_table": "simlimit.delays",
    "attribute": "simlimit.study.attribution",
    "borrower_history": "simlimit.run.borrower_history",
    "compare": "simlimit.study.comparison",
    "cumulative_incidence": "simlimit.delays",
    "delay_by_cause": "simlimit.run.delay_by_cause",
    "describe_quantiles": "simlimit.delays",
    "example_portfolio": "simlimit.books.examples",
    "example_release_log": "simlimit.books.examples",
    "fit_behaviour": "simlimit.books.fitting",
    "histories_from_uci": "simlimit.books.uci",
    "kaplan_meier": "simlimit.delays",
    "load": "simlimit.scenario",
    "portfolio_from_uci": "simlimit.books.uci",
    "preset": "simlimit.scenario",
    "presets": "simlimit.scenario",
    "quantiles": "simlimit.delays",
    "rank_levers": "simlimit.study.ranking",
    "replicate": "simlimit.study.replicating",
    "share_at": "simlimit.delays",
    "simulate": "simlimit.run.simulate",
    "sweep": "simlimit.study.sweeping",
}
"""Where each public name stands; its module is imported when the name is first asked for."""

__all__ = list(_MODULES)


def __getattr__(name: str) -> object:
    """Return a public name, the package of pictures or of tables, or the version."""
    if name in ("plots", "tables"):
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
