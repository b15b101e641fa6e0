"""What processes of one's own record, as metrics of a study: `calls.total` and `calls.mean`."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from simlimit.study.metrics import Floats

ENDINGS = (".total", ".mean")


def is_recorded(metric: str) -> bool:
    """Return whether a name is that of a metric of records."""
    return metric.endswith(ENDINGS)


def record_metrics(
    records: pd.DataFrame, replications: int, warmup_days: int, names: Iterable[str]
) -> dict[str, tuple[Floats, Floats]]:
    """Return the total and the mean of what was recorded under each name from the end of the warm-up on.

    Parameters
    ----------
    records : pandas.DataFrame
        `Study.records`.
    replications : int
    warmup_days : int
    names : iterable of str

    Returns
    -------
    dict of pairs of arrays of float, shape (replications,)
        By metric, in the order of the names: its value, and the number of records on which it rests. A
        replication without a record has the total 0, and no mean (NaN).
    """
    metrics = {}
    observed = records[records["day"] >= warmup_days]
    for name in sorted(names):
        values = observed.loc[observed["name"] == name].groupby("replication")["value"]
        told = values.agg(["sum", "mean", "count"]).reindex(range(replications))
        total, mean, count = told.to_numpy(np.float64).T
        for ending, metric in zip(ENDINGS, (np.nan_to_num(total), mean), strict=True):
            metrics[name + ending] = metric, np.nan_to_num(count)
    return metrics
