"""How often intervals cover the truth, over simulated logs: then its ranks among draws are uniform.

Talts, S., Betancourt, M., Simpson, D., Vehtari, A. and Gelman, A. (2018). Validating Bayesian inference
algorithms with simulation-based calibration. arXiv:1804.06788.
"""

import numpy as np
import pandas as pd
from scipy.stats import binom, chisquare

from simlimit.arguments import Ints

LEVELS = (0.5, 0.8, 0.9, 0.95)
BINS = 20


def counts(ranks: "pd.Series[float]") -> Ints:
    """Return how many ranks are in each bin from 0 to 1."""
    return np.histogram(ranks, BINS, (0, 1))[0]


def band(logs: int, confidence: float) -> tuple[float, float]:
    """Return between which heights all bins are with this confidence, or more, if ranks are uniform."""
    tail = (1 - confidence) / 2 / BINS
    low, high = binom.ppf([tail, 1 - tail], logs, 1 / BINS)
    return float(low), float(high)


def coverage_table(ranks: pd.DataFrame) -> pd.DataFrame:
    """Return what `Fit.coverage` does, from ranks as `Fit.ranks` has them."""
    rows = []
    for name, rank in ranks.items():
        number, p_value = len(rank), chisquare(counts(rank)).pvalue
        for level in LEVELS:
            covered, error = (abs(rank - 0.5) <= level / 2).mean(), (level * (1 - level) / number) ** 0.5
            rows.append((name, level, covered, error, number, p_value))
    columns = ["parameter", "confidence", "coverage", "standard_error", "logs", "rank_p_value"]
    return pd.DataFrame(rows, columns=columns).set_index(["parameter", "confidence"])
