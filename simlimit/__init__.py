"""simlimit: why has the credit limit not come back, how long will it take, and what would help?"""

from simlimit.run import Run, simulate
from simlimit.scenario import Scenario, load, preset, presets

__all__ = ["Run", "Scenario", "load", "preset", "presets", "simulate"]
