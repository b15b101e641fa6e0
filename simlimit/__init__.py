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
    `cumulative_incidence`, `kaplan_meier`, `quantiles`, `describe_quantiles`, `at_risk_table`
Your own process in it
    `Platform`
Real books, and invented ones to try
    `portfolio_from_uci`, `histories_from_uci`, `Histories`, `fit_behaviour`, `FittedBehaviour`,
    `example_portfolio`, `example_release_log`
What can go wrong
    `SimlimitError`, `ScenarioError`, `PortfolioError`
Pictures
    the module `simlimit.plots`
"""

from simlimit.books.examples import example_portfolio, example_release_log
from simlimit.books.fitting import FittedBehaviour, fit_behaviour
from simlimit.books.histories import Histories
from simlimit.books.uci import histories_from_uci, portfolio_from_uci
from simlimit.delays import at_risk_table, cumulative_incidence, describe_quantiles, kaplan_meier, quantiles
from simlimit.drivers.platform import Platform
from simlimit.errors import PortfolioError, ScenarioError, SimlimitError
from simlimit.run.borrower_history import borrower_history
from simlimit.run.delay_by_cause import delay_by_cause
from simlimit.run.run import Run
from simlimit.run.simulate import simulate
from simlimit.scenario import Lever, Scenario, load, preset, presets
from simlimit.study.attribution import Attribution, attribute
from simlimit.study.comparison import Comparison, compare
from simlimit.study.ranking import LeverRanking, rank_levers
from simlimit.study.replicating import StudyInterrupted, replicate
from simlimit.study.study import Study
from simlimit.study.sweeping import Sweep, sweep

__all__ = [
    "Attribution",
    "Comparison",
    "FittedBehaviour",
    "Histories",
    "Lever",
    "LeverRanking",
    "Platform",
    "PortfolioError",
    "Run",
    "Scenario",
    "ScenarioError",
    "SimlimitError",
    "Study",
    "StudyInterrupted",
    "Sweep",
    "at_risk_table",
    "attribute",
    "borrower_history",
    "compare",
    "cumulative_incidence",
    "delay_by_cause",
    "describe_quantiles",
    "example_portfolio",
    "example_release_log",
    "fit_behaviour",
    "histories_from_uci",
    "kaplan_meier",
    "load",
    "portfolio_from_uci",
    "preset",
    "presets",
    "quantiles",
    "rank_levers",
    "replicate",
    "simulate",
    "sweep",
]


def __dir__() -> list[str]:
    """List what is public, for completion: not the rooms behind it."""
    return [*__all__, *(name for name in globals() if name.startswith("__") and name != "__dir__")]
