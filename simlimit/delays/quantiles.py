"""Quantiles of a curve: the time by which a given share has ended, if it is reached."""

from collections.abc import Hashable, Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import as_probabilities, check_columns, is_among, refused, shown
from simlimit.delays.curves import ROUNDING, FloatArray
from simlimit.delays.tables import by_curve, check_numbers, outcomes_of


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
        - `low`, `high`: when the upper and lower ends of the curve's interval reach it; NaN if they do not;
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
    shares = as_probabilities(probabilities)
    return by_curve(curve[columns], lambda part: _quantiles(part, shares))


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


def _quantiles(curve: pd.DataFrame, probabilities: list[float]) -> pd.DataFrame:
    times = curve.index.get_level_values(-1).to_numpy(np.float64)
    # The upper end of the interval reaches a share first, so it gives the lower time.
    days, high, low = (_first_time(times, curve[name].to_numpy(np.float64), probabilities) for name in curve)
    return pd.DataFrame(
        {"days": days, "low": low, "high": high, "reached": ~np.isnan(days)},
        index=pd.Index(probabilities, name="probability", dtype=np.float64),
    )


def _first_time(times: FloatArray, shares: FloatArray, probabilities: list[float]) -> FloatArray:
    reaches: npt.NDArray[np.bool_] = shares >= np.asarray(probabilities)[:, None] - ROUNDING
    return np.where(reaches.any(axis=1), times[reaches.argmax(axis=1)], np.nan)


def _describe(days: float, low: float, high: float, reached: bool) -> str:
    value = f"{days:g} day{'' if days == 1 else 's'}" if reached else "not reached"
    if np.isnan(low):
        return value
    return f"{value} ({low:g} to {high:g})" if high >= low else f"{value} (from {low:g})"
