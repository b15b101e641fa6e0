"""The shares of a curve at any days, not only at the times at which something ended."""

from collections.abc import Hashable, Iterable

import numpy as np
import pandas as pd

from simlimit.arguments import as_days, check_columns, is_number
from simlimit.delays.share_intervals import exact
from simlimit.delays.survival_data import tolerance
from simlimit.delays.tables import AT_RISK, CLUSTERS, FEW, PENDING, by_curve
from simlimit.errors import warn


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
        - Before the first time nothing has ended: shares are 0, and their intervals exact.

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
    check_columns("curve", curve, (AT_RISK, FEW, PENDING), "a curve, such as cumulative_incidence returns")
    asked = as_days(days)
    said = curve.attrs.get("confidence")
    confidence = said if is_number(said) else np.nan
    return by_curve(curve, lambda part: _share_at(part, asked, confidence))


def _share_at(curve: pd.DataFrame, asked: list[float], confidence: float) -> pd.DataFrame:
    times, days = curve.index.get_level_values(-1).to_numpy(np.float64), np.asarray(asked, np.float64)
    last = np.searchsorted(times, days + tolerance(days), side="right") - 1
    following = np.searchsorted(times, days - tolerance(days), side="left")
    is_open = bool(curve[PENDING].iloc[-1] != 0)
    is_over = is_open & (following == len(times))
    if is_over.any():
        day = f"{days[is_over][0]:.12g}, but some are pending when the curve ends on day {times[-1]:.12g}"
        warn(f"days has the value {day}: shares beyond it are unknown.")
    after: dict[Hashable, int] = {AT_RISK: 0, FEW: bool(is_open or curve[FEW].iloc[-1])}
    before = _before(curve, confidence)
    columns: dict[Hashable, object] = {}
    for name in curve:
        values = curve[name].to_numpy()
        if name in after:
            columns[name] = np.append(values, after[name])[following]
        else:
            # The place before the first one is the last.
            columns[name] = np.where(is_over, np.nan, np.append(values, before[name])[last])
    return pd.DataFrame(columns, index=pd.Index(asked, name="days"))


def _before(curve: pd.DataFrame, confidence: float) -> dict[Hashable, float]:
    """Return the row of a curve before its first time; unknown where the first one is."""
    row = {name: float(curve[name].iloc[0]) for name in curve}
    none = np.zeros(())
    high = float(exact(none, np.asarray(row.get(CLUSTERS, row[AT_RISK])), confidence)[1])
    for name in [name for name in row if f"{name}_low" in row]:
        row |= {name: 0 * row[name], f"{name}_high": high + 0 * row[f"{name}_low"]}
        row[f"{name}_low"] *= 0
    return row | {PENDING: 1 + 0 * row[PENDING]}
