"""The shares of a curve at any days, not only at the times at which something ended."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from simlimit.arguments import as_days, check_table
from simlimit.delays.curves import ROUNDING
from simlimit.delays.survival_data import tolerance
from simlimit.delays.tables import AT_RISK, FEW, PENDING, by_curve
from simlimit.errors import SimlimitError


def share_at(curve: pd.DataFrame, days: Iterable[float]) -> pd.DataFrame:
    """Return the share that has ended in each way by given days, with its interval.

    A curve has a row for each time at which something ended. Between these times, shares stay as they are.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `cumulative_incidence`, `kaplan_meier` or `Study.delay_curve`, with or without groups.
    days : numbers
        Ages in days, 0 or more, in any order.

    Returns
    -------
    pandas.DataFrame
        Index `days`, after the curve's groups; the columns of the curve.

        - The shares, their intervals and `clusters` are those of the last time up to the day. Beyond the
          last time of the curve they are NaN, unless all have ended: then they stay.
        - `at_risk` and `few_at_risk` are those of the next time from the day on. Beyond the last time nobody
          is at risk.
        - Before the first time nothing has ended: shares are 0, and their intervals unknown.

    Raises
    ------
    SimlimitError
        If the curve is not a curve, or a day is not a number from 0 up.

    Examples
    --------
    >>> import pandas as pd
    >>> from simlimit.delays import cumulative_incidence, share_at
    >>> outcomes = ["released", "forfeited", "released", "pending"]
    >>> log = pd.DataFrame({"delay_days": [0, 1, 7, 9], "outcome": outcomes})
    >>> share_at(cumulative_incidence(log), (0, 5, 30))[["at_risk", "released", "forfeited"]]
    ... # doctest: +NORMALIZE_WHITESPACE
          at_risk  released  forfeited
    days
    0           4      0.25       0.00
    5           2      0.25       0.25
    30          0       NaN        NaN
    """
    wanted = "a curve, such as cumulative_incidence returns"
    check_table("curve", curve, wanted)
    for name in (AT_RISK, FEW, PENDING):
        if name not in curve.columns:
            raise SimlimitError(f"curve has no column {name!r}, but must be {wanted}.")
    asked = as_days(days)
    return by_curve(curve, lambda part: _share_at(part, asked))


def _share_at(curve: pd.DataFrame, asked: list[float]) -> pd.DataFrame:
    times, days = curve.index.get_level_values(-1).to_numpy(np.float64), np.asarray(asked, np.float64)
    last = np.searchsorted(times, days + tolerance(days), side="right") - 1
    following = np.searchsorted(times, days - tolerance(days), side="left")
    table = curve.iloc[np.maximum(last, 0)].set_index(pd.Index(asked, name="days"))
    others = [name for name in table if name not in (AT_RISK, FEW)]
    # Nothing has ended before the first time; unless nobody was at risk then either.
    nothing = pd.Series(np.nan, index=others)
    for name in others:
        if f"{name}_low" in others:
            nothing[name] = 0 * curve[name].iloc[0]
    nothing[PENDING] = 1 + 0 * curve[PENDING].iloc[0]
    table.loc[last < 0, others] = nothing.to_numpy()
    is_open = not curve[PENDING].iloc[-1] < ROUNDING
    table.loc[is_open & (following == len(times)), others] = np.nan
    table[AT_RISK] = np.append(curve[AT_RISK].to_numpy(), 0)[following]
    table[FEW] = np.append(curve[FEW].to_numpy(), is_open or curve[FEW].iloc[-1])[following]
    return table
