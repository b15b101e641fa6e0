"""The metrics of many scenarios: only these are kept, since the tallies of all would not fit into memory."""

from collections.abc import Mapping

import pandas as pd

from simlimit.arguments import check_choice
from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.scenario import Scenario
from simlimit.study.metrics import WEIGHTS, Weight
from simlimit.study.options import BAR_AFTER_SECONDS, Options
from simlimit.study.replicating import replicate
from simlimit.study.store import folder_of_stores


def metrics_by_scenario(
    scenarios: Mapping[str, Scenario], n: int, seed: int, options: Options, weight: Weight = "holds"
) -> dict[str, pd.DataFrame]:
    """Return the metrics of each scenario, a row per replication, under common random numbers.

    Scenarios that are equal are simulated once.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        By name. A store has a folder for each different scenario, with the first of its names.
    n, seed
        Replications of each scenario, and their seed.
    options : Options
        As in `replicate`, but without `precision`.
    weight : "holds" or "amount"
        As in `Study.summary`.

    Returns
    -------
    dict of pandas.DataFrame
        `Study.metrics` by the names of the scenarios.

    Raises
    ------
    SimlimitError
        If `precision` is set: pairs need the same number of replications of each scenario.
    """
    if options.get("precision") is not None:
        raise SimlimitError("precision is set, but all scenarios must have n replications: set n only.")
    check_choice("weight", weight, WEIGHTS)
    store = options.get("store")
    folder = None if store is None else folder_of_stores(store)
    shown = options.get("progress", True)
    first_equal = {
        name: next(other for other, one in scenarios.items() if one == scenario)
        for name, scenario in scenarios.items()
    }
    tables = {}
    different = dict.fromkeys(first_equal.values())
    for name in tqdm(different, unit="scenario", disable=not shown, delay=BAR_AFTER_SECONDS):
        own: Options = {**options, "store": None if folder is None else folder / name, "progress": False}
        tables[name] = replicate(scenarios[name], n, seed, **own).metrics(weight)
    return {name: tables[equal] for name, equal in first_equal.items()}
