"""Delay statistics of any table of durations and outcomes: a run's holds, or a real release log.

Release competes with forfeit, and holds that have not ended are censored. So the share released after t days
is a cumulative incidence (Aalen-Johansen). It is not one minus a Kaplan-Meier curve: a curve that treats
forfeits as censored says what would happen if nothing were ever forfeited.

Examples
--------
>>> import pandas as pd
>>> from simlimit.delays import cumulative_incidence, describe_quantiles, quantiles
>>> outcomes = ["released", "released", "forfeited", "released", "pending"]
>>> log = pd.DataFrame({"delay_days": [0, 0, 3, 5, 9], "outcome": outcomes})
>>> curve = cumulative_incidence(log)
>>> table = curve[["at_risk", "forfeited", "released", "pending"]].round(3)
>>> table  # doctest: +NORMALIZE_WHITESPACE
      at_risk  forfeited  released  pending
days
0           5        0.0       0.4      0.6
3           3        0.2       0.4      0.4
5           2        0.2       0.6      0.2
9           1        0.2       0.6      0.2
>>> describe_quantiles(quantiles(curve, "released", (0.25, 0.5, 0.75))).to_list()
['0 days (from 0)', '5 days (from 0)', 'not reached (from 0)']
"""

from simlimit.delays.clusters import Band, jackknife
from simlimit.delays.curves import aalen_johansen, aalen_johansen_variance, at_risk
from simlimit.delays.incidence import at_risk_table, cumulative_incidence, kaplan_meier
from simlimit.delays.reading import describe_quantiles, quantiles, share_at

__all__ = [
    "Band", "aalen_johansen", "aalen_johansen_variance", "at_risk", "at_risk_table", "cumulative_incidence",
    "describe_quantiles", "jackknife", "kaplan_meier", "quantiles", "share_at",
]  # fmt: skip
