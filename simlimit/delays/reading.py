"""What a curve says: when a given share has ended, and the shares at any days."""

from collections.abc import Hashable, Iterable

import numpy as np
import pandas as pd

from simlimit.arguments import as_days, as_probabilities, check_columns, is_among, is_number, refused, shown
from simlimit.delays import curves, survival_data
from simlimit.delays.share_intervals import exact
from simlimit.delays.tables import AT_RISK, CLUSTERS, FEW, PENDING, by_curve, check_numbers, outcomes_of
from simlimit.errors import warn


def quantiles(
    curve: pd.DataFrame,
    outcome: Hashable = "released",
    probabilities: Iterable[float] = (0.25, 0.5, 0.75, 0.9),
) -> pd.DataFrame:
    """Return the smallest time by which given shares have ended in one way.

    The shares are of all rows. For example, where a tenth is forfeited, 95 % are never released.

    Parameters
    ----------
    curve : pandas.DataFrame
        From `cumulative_incidence` or `kaplan_meier`, with or without groups.
    outcome : label
        One of the curve's outcomes.
    probabilities : floats
        Above 0 and at most 1.

    Returns
    -------
    pandas.DataFrame
        Index `probability`, after the curve's groups. `describe_quantiles` turns it into words. Columns:

        - `days`: when the curve reaches the probability; NaN if it does not;
        - `low`, `high`: when the upper and lower ends of the curve's interval reach it; NaN if they do not.
          The upper end may reach a small share before the first time, as in `share_at`: then `low` is 0;
        - `reached`: whether the curve reaches it while anyone is observed.

    Raises
    ------
    SimlimitError
        If the curve is not a curve or has no such outcome, or a probability is not above 0 and at most 1.

    References
    ----------
    Brookmeyer, R. and Crowley, J. (1982). A confidence interval for the median survival time. Biometrics
    38(1), 29-41.

    Examples
    --------
    >>> import pandas as pd
    >>> from simlimit.delays import cumulative_incidence, quantiles
    >>> outcomes = ["released", "released", "pending", "pending"]
    >>> curve = cumulative_incidence(pd.DataFrame({"delay_days": [0, 1, 7, 9], "outcome": outcomes}))
    >>> table = quantiles(curve, "released", (0.5, 0.9))
    >>> table[["days", "reached"]]  # doctest: +NORMALIZE_WHITESPACE
                 days  reached
    probability
    0.5           1.0     True
    0.9           NaN    False
    """
    check_columns("curve", curve, (), "a table such as cumulative_incidence returns")
    outcomes = outcomes_of(curve)
    if not is_among(outcome, outcomes):
        raise refused("outcome", outcome, f"one of the curve's: {shown(outcomes)}")
    # As the curve writes it: 1.0 is equal to 1, but the names of its interval are others.
    outcome = outcomes[outcomes.index(outcome)]
    columns = [outcome, f"{outcome}_low", f"{outcome}_high"]
    columns += [name for name in (CLUSTERS, AT_RISK) if name in curve]
    shares, confidence = as_probabilities(probabilities), _confidence(curve)
    return by_curve(curve[columns], lambda part: _quantiles(part, shares, confidence))


def describe_quantiles(table: pd.DataFrame) -> "pd.Series[str]":
    """Describe quantiles in words: "12 days (10 to 15)", "12 days (from 10)" or "not reached".

    Parameters
    ----------
    table : pandas.DataFrame
        From `quantiles`.

    Returns
    -------
    pandas.Series
        Text, with the index of the table. The interval is in brackets: "from 10" if its upper end is not
        reached.

    Raises
    ------
    SimlimitError
        If the table is not from `quantiles`.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> import simlimit as sl
    >>> table = pd.DataFrame({"days": [12, np.nan], "low": [10, 28], "high": [15, np.nan]})
    >>> table["reached"] = table["days"].notna()
    >>> sl.describe_quantiles(table).to_list()
    ['12 days (10 to 15)', 'not reached (from 28)']
    """
    columns = ["days", "low", "high", "reached"]
    check_columns("table", table, columns, "a table of quantiles, such as quantiles(curve)")
    check_numbers("table", table[columns].reset_index(drop=True))
    rows = table[columns].itertuples(index=False)
    return pd.Series([_describe(*row) for row in rows], index=table.index, name="text", dtype="str")


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
        - Before the first time nothing has ended: shares are 0. Their intervals are exact, and end no higher
          than at that time.

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
    asked, confidence = as_days(days), _confidence(curve)
    return by_curve(curve, lambda part: _share_at(part, asked, confidence))


def _confidence(curve: pd.DataFrame) -> float:
    """Return the confidence that a curve says its intervals have; NaN if it says none."""
    said = curve.attrs.get("confidence")
    return said if is_number(said) else np.nan


def _share_at(curve: pd.DataFrame, asked: list[float], confidence: float) -> pd.DataFrame:
    times, days = curve.index.get_level_values(-1).to_numpy(np.float64), np.asarray(asked, np.float64)
    last = np.searchsorted(times, days + survival_data.tolerance(days), side="right") - 1
    following = np.searchsorted(times, days - survival_data.tolerance(days), side="left")
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
    for name in [name for name in row if f"{name}_low" in row]:
        row |= {name: 0 * row[name], f"{name}_high": _high_before(curve, name, confidence)}
        row[f"{name}_low"] *= 0
    return row | {PENDING: 1 + 0 * row[PENDING]}


def _high_before(curve: pd.DataFrame, outcome: Hashable, confidence: float) -> float:
    """Return the upper end of a share before the first time of its curve: no larger than at that time."""
    first = curve.iloc[0]
    number = first.get(CLUSTERS, first.get(AT_RISK, np.nan))
    return float(np.minimum(exact(np.zeros(()), np.asarray(number), confidence)[1], first[f"{outcome}_high"]))


def _quantiles(curve: pd.DataFrame, probabilities: list[float], confidence: float) -> pd.DataFrame:
    times, values = curve.index.get_level_values(-1).to_numpy(np.float64), curve.iloc[:, :3].to_numpy()
    if times[0] > 0:  # before the first time, the upper end may have reached a small share
        before = [0.0, 0.0, _high_before(curve, curve.columns[0], confidence)]
        times, values = np.append(0.0, times), np.vstack([before, values])
    # Of shape (times, columns, probabilities).
    reaches = values[..., np.newaxis] >= np.asarray(probabilities) - curves.ROUNDING
    # The upper end of the interval reaches a share first, so it gives the lower time.
    days, high, low = np.where(reaches.any(axis=0), times[reaches.argmax(axis=0)], np.nan)
    columns = {"days": days, "low": low, "high": high, "reached": ~np.isnan(days)}
    return pd.DataFrame(columns, pd.Index(probabilities, name="probability", dtype=np.float64))


def _describe(days: float, low: float, high: float, reached: bool) -> str:
    value = f"{days:g} day{'' if days == 1 else 's'}" if reached else "not reached"
    if np.isnan(low):
        return value
    return f"{value} ({low:g} to {high:g})" if high >= low else f"{value} (from {low:g})"
