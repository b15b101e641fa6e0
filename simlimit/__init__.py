"""simlimit: why has the credit limit not come back, how long will it take, and what would help.

What is simulated
    `Scenario`, `load`, `preset`, `presets`
One simulated history
    `simulate`, `Run`, `delay_by_cause`
Your own process in it
    `Platform`
Real books
    `portfolio_from_uci`, `histories_from_uci`, `Histories`, `fit_behaviour`, `FittedBehaviour`
What can go wrong
    `SimlimitError`, `ScenarioError`, `PortfolioError`
Pictures
    the module `simlimit.plots`
"""

from simlimit.books.fitting import FittedBehaviour, fit_behaviour
from simlimit.books.histories import Histories
from simlimit.books.uci import histories_from_uci, portfolio_from_uci
from simlimit.drivers.platform import Platform
from simlimit.errors import PortfolioError, ScenarioError, SimlimitError
from simlimit.report import delay_by_cause
from simlimit.run import Run, simulate
from simlimit.scenario import Scenario, load, preset, presets

__all__ = [
    "FittedBehaviour",
    "Histories",
    "Platform",
    "PortfolioError",
    "Run",
    "Scenario",
    "ScenarioError",
    "SimlimitError",
    "delay_by_cause",
    "fit_behaviour",
    "histories_from_uci",
    "load",
    "portfolio_from_uci",
    "preset",
    "presets",
    "simulate",
]
