"""What a fit says as tables: the parameters, and whether the model can make the log."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from simlimit.tables.layout import Row, Table, worded
from simlimit.tables.numbers import (
    UNKNOWN,
    finer,
    interval_text,
    number_text,
    p_value_text,
    rounded_texts,
    share_text,
    value_text,
)
from simlimit.tables.units import Unit

_SHARE = Unit(100, 2, "%")


def estimate_texts(known: "pd.Series[Any]") -> list[str]:
    """Return an estimate and the ends of its interval, or how likely it is: of a row of `Fit.table`."""
    if np.isnan(known["probability"]):
        return rounded_texts(known[["estimate", "low", "high"]].to_list())
    return [value_text(known["estimate"]), share_text(known["probability"])]


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
        within, before = f"{ends[0]} likely", UNKNOWN
        if len(ends) > 1:
            before = " to ".join(rounded_texts(known[["prior_low", "prior_high"]].to_list()))
            within = " to ".join(ends)
        removed, unit = share_text(known["share_removed"]), units.get(str(name), "")
        rows.append(Row((str(name), value, within, before, unit, removed, str(known["verdict"]))))
    pairs_said = [
        f"The log hardly tells apart {one} and {other} (correlation {correlation:.2f})."
        for one, other, correlation in pairs.itertuples(index=False)
    ]
    told = worded("fit", rows, notes=pairs_said)
    rows = []
    for family, off in check.iterrows():
        age = "" if np.isnan(off["age_days"]) else f", day {off['age_days']:g}"
        fine = finer(_SHARE, off["high"] - off["low"])
        shares = f"{number_text(off['in_log'], fine)} %", f"{interval_text(off['low'], off['high'], fine)} %"
        breaks = "breaks" * int(off["breaks"])
        cells = (str(family), f"{off['statistic']}{age}", *shares, p_value_text(off["corrected_p"]), breaks)
        rows.append(Row(cells, strong=bool(off["breaks"])))
    can = "cannot" if check["breaks"].any() else "can"
    return [told, worded("check", rows, can=can)]
