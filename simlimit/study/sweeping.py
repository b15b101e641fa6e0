"""`sweep`: a study at every point of a grid of field values, under common random numbers."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import pandas as pd

import simlimit
from simlimit.arguments import as_list, shown
from simlimit.errors import SimlimitError
from simlimit.run.options import check_scenario
from simlimit.scenario import Scenario
from simlimit.study.metrics import Weight
from simlimit.study.options import CheckedOptions, Options, options_by_name
from simlimit.study.replicating import replicate_all
from simlimit.study.study import Study
from simlimit.tables.layout import Table, TabularResult
from simlimit.tables.results import sweep_table

Point = tuple[Any, ...]


class Sweep(TabularResult):
    """A study at every point of a grid, made by `simlimit.sweep`.

    Attributes
    ----------
    fields : dict of list
        The values of every field of the grid, by its dotted name.
    studies : dict of Study
        By point: a tuple of values in the order of the fields.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 9})
    >>> grid = sl.sweep(small, {"product.instalments": [6, 12]}, 3)
    >>> grid.studies[(6,)]
    Study('clockwork', seed=1: 3 replications of 9 borrowers, 720 days)
    """

    def __init__(self, fields: dict[str, list[Any]], studies: dict[Point, Study]) -> None:
        self.fields = fields
        self.studies = studies

    def __repr__(self) -> str:
        grid = " x ".join(f"{name} ({len(values)})" for name, values in self.fields.items())
        number = len(next(iter(self.studies.values())))
        return f"Sweep({grid}: {number:,} replications each)"

    def _tables(self) -> list[Table]:
        return [sweep_table(self.summary(), len(next(iter(self.studies.values()))))]

    def summary(
        self, confidence: float = 0.95, follow_up_days: int | None = None, weight: Weight = "holds"
    ) -> pd.DataFrame:
        """Return the metrics at every point.

        Parameters
        ----------
        confidence : float
        follow_up_days : int, optional
        weight : "holds" or "amount"
            As in `Study.summary`.

        Returns
        -------
        pandas.DataFrame
            Index: the fields, then `metric`; columns as in `Study.summary`.
        """
        tables = [study.summary(confidence, follow_up_days, weight) for study in self.studies.values()]
        told = zip(self.studies, tables, strict=True)
        keys = [(*point, metric) for point, table in told for metric in table.index]
        index = pd.MultiIndex.from_tuples(keys, names=[*self.fields, "metric"])
        return pd.concat(tables, ignore_index=True).set_index(index)

    @property
    def plot(self) -> "simlimit.plots.accessors.SweepPlots":
        """Pictures of the sweep: ``sweep.plot.lines()``, and the other methods of `SweepPlots`."""
        return simlimit.plots.accessors.SweepPlots(self)


@options_by_name
def sweep(
    scenario: Scenario,
    fields: Mapping[str, Sequence[Any]],
    n: int = 100,
    seed: int = 1,
    **options: Unpack[Options],
) -> Sweep:
    """Simulate a scenario at every combination of the values of some fields, under common random numbers.

    Parameters
    ----------
    scenario : Scenario
    fields : mapping of str to sequence
        Dotted names of fields and their values: ``{"evaluation.period_days": [7, 14, 30]}``.
    n, seed
        As in `replicate`.
    **options
        As in `compare`.

    Returns
    -------
    Sweep

    Raises
    ------
    ScenarioError
        If there is no such field, or a value is not allowed.
    SimlimitError, PortfolioError, StudyInterrupted
        As from `replicate`.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 50}
    ... )
    >>> fields = {"evaluation.period_days": [7, 30], "evaluation.cutoff_days": [0, 1]}
    >>> grid = sl.sweep(small, fields, 5, seed=1)
    >>> grid
    Sweep(evaluation.period_days (2) x evaluation.cutoff_days (2): 5 replications each)
    >>> grid.summary().loc[(7, 1, "pending_share"), "estimate"]
    np.float64(0.0)
    """
    check_scenario(scenario)
    if not isinstance(fields, Mapping) or not fields:
        raise SimlimitError(f"fields is {shown(fields)}, but must give each field a list of values.")
    grid = {name: as_list(f"fields of {name}", values, "a list of values") for name, values in fields.items()}
    for name, values in grid.items():
        try:
            are_different = 0 < len(values) == len(set(values))
        except TypeError:  # lists, which have no hash, also within tuples
            are_different = False
        if not are_different:
            raise SimlimitError(
                f"fields gives {name} the values {shown(values)}, but must give each field different numbers "
                "or texts; use compare for other differences."
            )
    points = list(itertools.product(*grid.values()))
    scenarios = {}
    for point in points:
        changes = dict(zip(grid, point, strict=True))
        name = ", ".join(f"{field}={value!r}" for field, value in changes.items())
        scenarios[name] = scenario.replace(changes)
    studies = replicate_all(scenarios, n, seed, CheckedOptions(**options))
    return Sweep(grid, dict(zip(points, studies.values(), strict=True)))
