"""The metrics of many scenarios: only these are kept, since the tallies of all would not fit into memory."""

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace

import pandas as pd

from simlimit.arguments import check_choice
from simlimit.errors import SimlimitError
from simlimit.progress import tqdm
from simlimit.run.offered_load import warn_of_overload
from simlimit.run.outside import warn_of_outside
from simlimit.scenario.scenario import field_values
from simlimit.study.draws import Source, estimate
from simlimit.study.experiment import prepare_experiment
from simlimit.study.metrics import WEIGHTS, Weight
from simlimit.study.options import BAR_AFTER_SECONDS, CheckedOptions, Options
from simlimit.study.replicating import replicate_all
from simlimit.study.store import folder_of_stores
from simlimit.study.workers import worker_pool


def metrics_by_scenario(
    scenario: Source,
    variants: Mapping[str, Source],
    n: int,
    seed: int,
    options: Options,
    weight: Weight = "holds",
) -> dict[str, pd.DataFrame]:
    """Return the metrics of variants of a scenario, a row per replication, under common random numbers.

    Variants that are equal are simulated once.

    Parameters
    ----------
    scenario : Scenario
        The user's own: of its overload is warned, and not of that of a variant.
    variants : mapping of str to Scenario
        By name. A store has a folder for each different variant, with the first of its names.
    n, seed
        Replications of each variant, and their seed.
    options : Options
        As in `replicate`, but without `precision`.
    weight : "holds" or "amount"
        As in `Study.summary`.

    Returns
    -------
    dict of pandas.DataFrame
        `Study.metrics` by the names of the variants.

    Raises
    ------
    SimlimitError
        If `precision` is set: pairs need the same number of replications of each scenario.
    """
    if options.get("precision") is not None:
        raise SimlimitError("precision is set, but all scenarios must have n replications: set n only.")
    check_choice("weight", weight, WEIGHTS)
    shown = options.get("progress", True)
    # Whatever the sources of their values are.
    first: dict[str, str] = {}
    estimates = {name: estimate(one) for name, one in variants.items()}
    equal = {name: first.setdefault(repr(field_values(one)), name) for name, one in estimates.items()}
    checked = CheckedOptions(**options)
    experiment = prepare_experiment(estimate(scenario), seed, checked, checked.processes_of([""])[""])
    warn_of_overload({"": experiment.prepared})
    warn_of_outside({"": estimate(scenario), **estimates}, checked.follow_up_days)
    folder = None if checked.store is None else folder_of_stores(checked.store)
    tables = {}
    # Workers that are processes begin slowly, so all variants share them.
    shared = worker_pool([experiment], n, checked) if checked.processes else nullcontext(checked.executor)
    with shared as executor:
        workers = None if executor else checked.workers
        for name in tqdm(first.values(), unit="scenario", disable=not shown, delay=BAR_AFTER_SECONDS):
            store = None if folder is None else folder / name
            own = replace(checked, executor=executor, workers=workers, progress=False, store=store)
            study = replicate_all({"": variants[name]}, n, seed, own, warns=False)[""]
            tables[name] = study.metrics(weight)
    return {name: tables[other] for name, other in equal.items()}
