"""Pictures of runs, studies, comparisons, sweeps, rankings of levers and attributions, legible in grey.

Each function draws on `ax` if it is given, else on a new figure of pyplot's, and returns the axes. The same
pictures are methods: ``study.plot.delay()`` is ``plots.delay(study)``. With ``language="zh"`` labels are
Chinese if a font with Chinese characters is installed, else English.
"""

from simlimit.plots import accessors as accessors
from simlimit.plots import canvas as canvas
from simlimit.plots.borrower_timeline import borrower
from simlimit.plots.by_age import delay, standing
from simlimit.plots.causes_bars import causes
from simlimit.plots.effect_bars import attribution, tornado
from simlimit.plots.forest_plot import forest
from simlimit.plots.incidence_curves import incidence
from simlimit.plots.platform_timeline import platform
from simlimit.plots.sweep_lines import sweep

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
