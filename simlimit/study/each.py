"""Many scenarios one after the other, of which only the metrics are kept: all tallies would not fit."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.scenario import Scenario
from simlimit.study.gathering import BAR_AFTER_SECONDS
from simlimit.study.metrics import check_weight
from simlimit.study.plan import Options
from simlimit.study.replicating import replicate
from simlimit.study.store import folder_of_stores


def metrics_of_each(
    scenarios: Mapping[str, Scenario],
    n: int,
    seed: int,
    options: Options,
    weight: Literal["holds", "amount"] = "holds",
) -> dict[str, pd.DataFrame]:
    """Return the metrics of replications of each scenario, under common random numbers.

    Of scenarios that are equal one is simulated.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        A store has a folder of the first name of each.
    n, seed
        Replications of each, and their seed.
    options : Options
        As in `replicate`, but for `precision`.
    weight : "holds" or "amount"
        Whether holds count each as one, or by their amount.

    Returns
    -------
    dict of pandas.DataFrame
        By the names of the scenarios: a row per replication, a column per metric.

    Raises
    ------
    SimlimitError
        If `precision` is set: pairs need as many replications of each.
    """
    if options.get("precision") is not None:
        raise SimlimitError("precision is set, but all these studies have n replications: give n only.")
    check_weight(weight)
    store = options.get("store")
    folder = None if store is None else folder_of_stores(store)
    shown = options.get("progress", True)
    first = {
        name: next(other for other, one in scenarios.items() if one == scenario)
        for name, scenario in scenarios.items()
    }
    tables = {}
    different = dict.fromkeys(first.values())
    for name in tqdm(different, unit="scenario", disable=not shown, delay=BAR_AFTER_SECONDS):
        own: Options = {**options, "store": None if folder is None else folder / name, "progress": False}
        tables[name] = replicate(scenarios[name], n, seed, **own).metrics(weight)
    return {name: tables[equal] for name, equal in first.items()}
