"""Many scenarios one after the other, of which only the metrics are kept: all tallies would not fit."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd
from tqdm.auto import tqdm

from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario
from simlimit.study.gathering import BAR_AFTER_SECONDS
from simlimit.study.plan import Options
from simlimit.study.replicating import replicate
from simlimit.study.store import made_folder


def metrics_of_each(
    scenarios: Mapping[str, Scenario],
    n: int,
    seed: int,
    options: Options,
    weight: Literal["holds", "amount"] = "holds",
) -> dict[str, pd.DataFrame]:
    """Return the metrics of replications of each scenario, under common random numbers.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        A store has a folder of each of these names.
    n, seed
        Replications of each, and their seed.
    options : Options
        As in `replicate`, but for `precision`.
    weight : "holds" or "amount"

    Returns
    -------
    dict of pandas.DataFrame
        A row per replication, a column per metric.
    """
    if options.get("precision") is not None:
        raise SimlimitError("precision is set, but these studies have all as many replications: give n.")
    store = options.get("store")
    folder = None if store is None else made_folder(store)
    shown = options.get("progress", True)
    tables = {}
    for name, scenario in tqdm(
        scenarios.items(), unit="scenario", disable=not shown, delay=BAR_AFTER_SECONDS
    ):
        own: Options = {**options, "store": None if folder is None else folder / name, "progress": False}
        tables[name] = replicate(scenario, n, seed, **own).metrics(weight)
    return tables
