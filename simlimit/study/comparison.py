"""`compare` and `sweep`: several scenarios, or a grid of them, under common random numbers."""

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, Unpack

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import as_choices, as_values, check_confidence, check_once, is_among, refused, shown
from simlimit.errors import SimlimitError
from simlimit.scenario import Lever, Scenario
from simlimit.study import draws, intervals, replicating
from simlimit.study.changes import Change, ChangeLike, apply_changes, as_change
from simlimit.study.metrics import Weight, beside_losses, expected_events
from simlimit.study.options import CheckedOptions, Options, options_by_name
from simlimit.study.study import Study
from simlimit.tables import layout, results
from simlimit.templates import filled

Point: TypeAlias = tuple[Any, ...]


class PairedStudies:
    """Studies with common random numbers, by the name of their scenario or by a point of a grid."""

    studies: dict[Any, Study]
    _levels: Iterable[str] = ("scenario",)

    def _index(self, rows: Iterable[tuple[Any, str]]) -> pd.MultiIndex:
        """Return the index of rows, each of a study and a metric."""
        keys = [(*key, metric) if isinstance(key, tuple) else (key, metric) for key, metric in rows]
        return pd.MultiIndex.from_tuples(keys, names=[*self._levels, "metric"])

    def summary(
        self, confidence: float = 0.95, follow_up_days: int | None = None, weight: Weight = "holds"
    ) -> pd.DataFrame:
        """Return the metrics of every scenario, or at every point.

        Parameters
        ----------
        confidence, follow_up_days, weight
            As in `Study.summary`.

        Returns
        -------
        pandas.DataFrame
            Index `scenario`, or the fields of a sweep, and `metric`; columns as in `Study.summary`.
        """
        tables = [study.summary(confidence, follow_up_days, weight) for study in self.studies.values()]
        told = zip(self.studies, tables, strict=True)
        index = self._index((key, metric) for key, table in told for metric in table.index)
        return pd.concat(tables).set_axis(index)

    def differences(
        self,
        confidence: float = 0.95,
        weight: Weight = "holds",
        metrics: Sequence[str] | None = None,
        *,
        reference: Hashable | None = None,
    ) -> pd.DataFrame:
        """Return how all other scenarios, or points, differ from the first or another, paired by replication.

        Parameters
        ----------
        confidence : float
            Of each interval separately. For `significant`, of all rows that have a verdict together.
        weight : "holds" or "amount"
            As in `Study.summary`.
        metrics : sequence of str, optional
            Only these, also metrics of records. `limit_days_lost` is added to `default_losses`, which can
            fall because credit is taken away. The correction for multiple tests is weaker with fewer rows.
        reference : str, or tuple of a sweep, optional
            The name, or the point such as ``(30, 1)``, from which the others differ; the first if not given.

        Returns
        -------
        pandas.DataFrame
            Index as in `summary`; columns:

            - `difference`, `low`, `high`: the mean of the paired differences from the reference, and
              Student's t interval over replications. Of a fit it is where the middle draws of its parameters
              are, as in `Study.summary`. The interval is NaN if all differences are equal, or there is no
              verdict for want of events;
            - `p_value`: of no difference, corrected by Holm's rule for all rows that have one;
            - `significant`: whether that is below 1 - confidence. It is unknown (NA), and the p-value NaN,
              where the two scenarios have on average fewer than 20 events of the metric. All are unknown
              where replications are too few for so many rows: 6 are enough for one row, 10 for all metrics of
              one other scenario;
            - `variance_reduction`: the share of the variance of the difference that pairing removed, compared
              with independent scenarios. It is negative if pairing added variance, and NaN if there is none;
            - `replications`: pairs in which both have a value.

            The difference of medians is NaN if some replication of either scenario does not reach its median.

        Raises
        ------
        SimlimitError
            If there is only one scenario, or no such metric, weight or reference.
        """
        confidence = check_confidence(confidence)
        first = next(iter(self.studies)) if reference is None else reference
        if not is_among(first, self.studies):
            raise refused("reference", reference, f"among {shown([*self.studies])}")
        studies = {first: self.studies[first], **self.studies}
        recorded = pd.concat([study.records["name"] for study in studies.values()]).unique()
        told = {name: study._metrics(recorded, weight) for name, study in studies.items()}
        known = tuple(map(str, told[first]))
        wanted = as_choices("metrics", known if metrics is None else metrics, known, "study.metrics()")
        chosen = beside_losses(wanted)
        one, *others = (table[chosen] for table in told.values())
        if not others:
            raise SimlimitError("There is only one scenario, but differences need two or more.")
        values = one.to_numpy()[:, np.newaxis]
        other = np.stack([each.to_numpy() for each in others], axis=1)
        pairs = intervals.paired_differences(values, other)
        expected = np.stack([expected_events(one, each) for each in others])
        of_fit = studies[first].of_fit
        difference, low, high, number = intervals.mean_intervals(pairs, confidence, expected, of_fit)
        columns: dict[Hashable, Any] = {"difference": difference, "low": low, "high": high}
        columns["p_value"] = intervals.corrected_p_values(pairs, expected, confidence, draws=of_fit)
        columns["significant"] = intervals.is_significant(columns["p_value"], confidence)
        columns["variance_reduction"] = intervals.variance_reduction(values, other, pairs)
        columns["replications"] = number
        rows = self._index(itertools.product([*told][1:], chosen))
        table = pd.DataFrame({name: column.ravel() for name, column in columns.items()}, rows)
        over = studies[first]._over("Student's t over paired replications")
        table.attrs["interval"] = f"{100 * confidence:g} % intervals: {over}"
        return table


class Comparison(PairedStudies, layout.TabularResult["simlimit.plots.accessors.ComparisonPlots"]):
    """Studies of several scenarios with common random numbers, made by `simlimit.compare`.

    Attributes
    ----------
    studies : dict of Study
        By the names of the scenarios, in the order given.
    reference : str
        The first name. Differences are from this scenario.

    Examples
    --------
    >>> import simlimit as sl
    >>> monthly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "population.borrowers": 100}
    ... )
    >>> weekly = monthly.replace({"evaluation.period_days": 7})
    >>> comparison = sl.compare({"monthly": monthly, "weekly": weekly}, 20, seed=1)
    >>> comparison
    Comparison(monthly, weekly: 20 replications each, seed=1)
    >>> bool(comparison.differences().loc[("weekly", "days_away"), "significant"])
    True
    """

    def __init__(self, studies: dict[str, Study]) -> None:
        self.studies = studies
        self.reference = next(iter(studies))

    def __repr__(self) -> str:
        first = self.studies[self.reference]
        size = filled("{n:,} replication{n:s} each", n=len(first))
        return f"Comparison({', '.join(self.studies)}: {size}, seed={first.seed})"

    def _tables(self) -> list[layout.Table]:
        summary, first = self.summary(), self.studies[self.reference]
        if len(self.studies) == 1:
            return first._tables()
        differences = self.differences()
        others = [name for name in self.studies if name != self.reference]
        tables = [results.differences_table(differences, summary, self.reference, name) for name in others]
        tested = layout.sentences("differences", number=int(differences["p_value"].count()))
        notes = (*first._notes(), *tested)
        return [*tables[:-1], tables[-1]._replace(notes=notes)]


@options_by_name
def compare(
    scenarios: Mapping[str, draws.Source | ChangeLike],
    n: int = 100,
    seed: int = 1,
    **options: Unpack[Options],
) -> Comparison:
    """Simulate the same replications of several scenarios under common random numbers.

    For example, a scenario with a shock at day D and the same scenario without it have the same history until
    D, and differ only by the shock afterwards. This is because every random number is a function of its
    purpose: replication r of two scenarios shares all numbers that mean the same in both.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        By the names that the tables use. Differences are from the first scenario. Others may be changes of
        it: a `Change`, a `Lever`, or ``{"evaluation.period_days": 7}``. The first may be a fit, and so all
        that are no changes of it: ``{"now": fit, "weekly": {"evaluation.period_days": 7}}``. Then draws are
        paired, too.
    n, seed
        As in `replicate`.
    **options
        As in `replicate`. With `precision`, every scenario must reach it, and all get the same number of
        replications. A store has a folder for each scenario. `processes` are of all scenarios, or those of
        each by its name: so one scenario, under two names, is compared with itself without them.

    Returns
    -------
    Comparison

    Raises
    ------
    SimlimitError, PortfolioError, StudyInterrupted
        As from `replicate`. A SimlimitError also if there is no scenario.

    Examples
    --------
    >>> import simlimit as sl
    >>> today = sl.preset("jiebei")
    >>> frozen = {"shocks": [{"kind": "freeze", "at": 480, "duration_days": 30}]}
    >>> comparison = sl.compare({"today": today, "frozen": frozen}, 10, seed=1)
    >>> bool(comparison.differences().loc[("frozen", "days_policy"), "difference"] > 0)
    True

    The same scenario with a process that looks at the desk each week, and without it:

    >>> def looks(platform):
    ...     for day in range(6, platform.horizon, 7):
    ...         yield platform.at(day, 2.5)
    ...         platform.record("waiting", platform.today()["review_queue"])
    >>> small = today.replace({"population.borrowers": 50, "horizon_days": 480})
    >>> both = {"today": small, "looked at": small}
    >>> looked = sl.compare(both, 3, processes={"looked at": [looks]}, workers=1)
    >>> looked.differences(metrics=["waiting.total"]).index.to_list()
    [('looked at', 'waiting.total')]
    """
    if not isinstance(scenarios, Mapping) or not scenarios:
        raise refused("scenarios", scenarios, "a mapping of names to scenarios")
    sources: dict[str, draws.Source] = {}
    for name, given in scenarios.items():
        if not isinstance(name, str) or not name:
            raise SimlimitError(f"scenarios has the name {shown(name)}, but names must be text.")
        where = f"scenarios[{name!r}]"
        if sources and isinstance(given, Change | Lever | Mapping):
            sources[name] = apply_changes(next(iter(sources.values())), [as_change(given, where)])
        else:
            sources[name] = draws.check_source(given, where)
    if len({isinstance(source, Scenario) for source in sources.values()}) > 1:
        raise SimlimitError("scenarios has a fit beside a scenario, but all must be fits, or none.")
    return Comparison(replicating.replicate_all(sources, n, seed, CheckedOptions(**options)))


class Sweep(PairedStudies, layout.TabularResult["simlimit.plots.accessors.SweepPlots"]):
    """A study at every point of a grid, made by `simlimit.sweep`.

    Attributes
    ----------
    fields : dict of list
        The values of every field of the grid, by its dotted name; of changes the names.
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
        self.fields = self._levels = fields
        self.studies = studies

    def __repr__(self) -> str:
        grid = " x ".join(f"{name} ({len(values)})" for name, values in self.fields.items())
        number = len(next(iter(self.studies.values())))
        return filled("Sweep({grid}: {n:,} replication{n:s} each)", grid=grid, n=number)

    def _tables(self) -> list[layout.Table]:
        return [results.sweep_table(self.summary(), len(next(iter(self.studies.values()))))]


@options_by_name
def sweep(
    scenario: draws.Source,
    fields: Mapping[str, Sequence[Any]],
    n: int = 100,
    seed: int = 1,
    **options: Unpack[Options],
) -> Sweep:
    """Simulate a scenario at every combination of the values of some fields, under common random numbers.

    Parameters
    ----------
    scenario : Scenario
        Or a fit: then draws are paired, too.
    fields : mapping of str to sequence
        Dotted names of fields and their values: ``{"evaluation.period_days": [7, 14, 30]}``. Or a name of
        your own and changes, each a `Change` or a `Lever`.
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
    draws.check_source(scenario)
    if not isinstance(fields, Mapping) or not fields:
        raise SimlimitError(f"fields is {shown(fields)}, but must give each field a list of values.")
    changes: dict[str, dict[Any, Change]] = {}
    for name, given in fields.items():
        values = as_values(f"fields of {name}", given, "a list of values")
        named = [_named(name, value) for value in values]
        check_once(f"fields of {name}", [label for label, _ in named])
        try:
            changes[name] = dict(named)
        except TypeError:  # lists, which have no hash, also within tuples
            changes[name] = {}
        if not 0 < len(values) == len(changes[name]):
            allowed = "each field different numbers or texts; use compare for other differences."
            raise SimlimitError(f"fields gives {name} the values {shown(values)}, but must give {allowed}")
    points = list(itertools.product(*changes.values()))
    scenarios = {}
    for point in points:
        chosen = dict(zip(changes, point, strict=True))
        name = ", ".join(f"{field}={value!r}" for field, value in chosen.items())
        scenarios[name] = apply_changes(scenario, [changes[field][value] for field, value in chosen.items()])
    studies = replicating.replicate_all(scenarios, n, seed, CheckedOptions(**options))
    grid = {name: [*values] for name, values in changes.items()}
    return Sweep(grid, dict(zip(points, studies.values(), strict=True)))


def _named(field: str, value: object) -> tuple[Any, Change]:
    """Return a change by its name, or that of a field by its new value."""
    is_change = isinstance(value, Change | Lever)
    change = as_change(value if is_change else {field: value}, field)
    return change.name if is_change else value, change
