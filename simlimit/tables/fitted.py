"""What a fit says as tables: the parameters, and whether the model can make the log."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from simlimit.tables import numbers
from simlimit.tables.layout import Row, Table, sentences, worded
from simlimit.tables.units import Unit

_SHARE = Unit(100, 2, "%")


def estimate_texts(known: "pd.Series[Any]") -> list[str]:
    """Return an estimate and the ends of its interval, or how likely it is: of a row of `Fit.table`."""
    if np.isnan(known["probability"]):
        return numbers.rounded_texts(known[["estimate", "low", "high"]].to_list())
    return [numbers.value_text(known["estimate"]), numbers.share_text(known["probability"])]


def fit_tables(
    parameters: pd.DataFrame, units: Mapping[str, str], pairs: pd.DataFrame, check: pd.DataFrame
) -> list[Table]:
    """Return the parameters of a fit, and whether the model can make the log, as tables.

    Parameters
    ----------
    parameters, pairs, check : pandas.DataFrame
        As `Fit.table`, `Fit.pairs` and `Fit.check` return them.
    units : mapping of str to str
        By parameter.
    """
    rows = []
    for name, known in parameters.iterrows():
        value, *ends = estimate_texts(known)
        within, before = f"{ends[0]} likely", numbers.UNKNOWN
        if len(ends) > 1:
            before = " to ".join(numbers.rounded_texts(known[["prior_low", "prior_high"]].to_list()))
            within = " to ".join(ends)
        removed, unit = numbers.share_text(known["share_removed"]), units.get(str(name), "")
        rows.append(Row((str(name), value, within, before, unit, removed, str(known["verdict"]))))
    apart = list[str]()
    for one, other, correlation in pairs.itertuples(index=False):
        apart += sentences("pair", one=one, other=other, correlation=correlation)
    told = worded("fit", rows, notes=apart)
    rows = []
    for family, off in check.iterrows():
        age = "" if np.isnan(off["age_days"]) else f", day {off['age_days']:g}"
        fine = numbers.finer(_SHARE, off["high"] - off["low"])
        in_log = numbers.number_text(off["in_log"], fine)
        between = numbers.interval_text(off["low"], off["high"], fine)
        p_value, breaks = numbers.p_value_text(off["corrected_p"]), "breaks" * int(off["breaks"])
        cells = str(family), f"{off['statistic']}{age}", f"{in_log} %", f"{between} %", p_value, breaks
        rows.append(Row(cells, strong=bool(breaks)))
    can, warned = ("cannot", sentences("outside")) if check["breaks"].any() else ("can", ())
    return [told, worded("check", rows, can=can, notes=warned)]
