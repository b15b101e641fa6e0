"""Pictures of runs, studies and of all that is made of them, legible in grey.

Each function draws on `ax` if it is given, else on a new figure of pyplot's, and returns the axes. The same
pictures are methods: ``study.plot.delay()`` is ``plots.delay(study)``. With ``language="zh"`` labels are
Chinese if a font with Chinese characters is installed, else English.
"""

from simlimit.plots import accessors as accessors
from simlimit.plots import canvas as canvas
from simlimit.plots.bars import attribution, causes, tornado
from simlimit.plots.by_age import delay, incidence, standing
from simlimit.plots.decisions import contenders, pareto, progress
from simlimit.plots.fitted import fit_check, fit_pairs, fit_parameters, fit_ranks, fit_statistics
from simlimit.plots.sensitivities import sensitivity
from simlimit.plots.side_by_side import forest, sweep
from simlimit.plots.timelines import borrower, platform

__all__ = (
    "attribution", "borrower", "causes", "contenders", "delay", "fit_check", "fit_pairs", "fit_parameters",
    "fit_ranks", "fit_statistics", "forest", "incidence", "pareto", "platform", "progress", "sensitivity",
    "standing", "sweep", "tornado",
)  # fmt: skip
