"""Pictures of runs, studies, comparisons, sweeps, rankings of levers and attributions, legible in grey.

Each function draws on the axes it is given, or on a new figure of pyplot's, and returns the axes. The same
pictures are methods: ``study.plot.delay()`` is ``plots.delay(study)``.
"""

from simlimit.plots import accessors as accessors
from simlimit.plots.cumulative import incidence
from simlimit.plots.differences import forest
from simlimit.plots.gate_bars import attribution
from simlimit.plots.lever_bars import tornado
from simlimit.plots.one_borrower import borrower
from simlimit.plots.platform_days import platform
from simlimit.plots.release_delay import delay
from simlimit.plots.repaid_yuan import standing
from simlimit.plots.sweep_lines import sweep
from simlimit.plots.waits import causes

__all__ = [
    "attribution",
    "borrower",
    "causes",
    "delay",
    "forest",
    "incidence",
    "platform",
    "standing",
    "sweep",
    "tornado",
]
