"""`sensitivity`: which of the numbers that are assumed decide the answer, and which do not."""

from collections.abc import Iterable
from concurrent.futures import Executor

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import Floats, check_choice, check_confidence, check_whole, refused
from simlimit.books.portfolio import as_portfolio
from simlimit.deciding.indices import Effects, elementary_effects, sobol_indices
from simlimit.deciding.points import LEAST_POINTS, MOST_POINTS, Points, run_points, salib
from simlimit.deciding.ranges import EDGE, read_ranges
from simlimit.inference.parameters import Free, Parameter
from simlimit.run.compilation_notice import announce_compilation
from simlimit.run.options import FOLLOW_UP_DAYS, LARGEST_SEED, check_scenario
from simlimit.run.outside import warn_before
from simlimit.scenario import Scenario, units_of
from simlimit.study.changes import Change
from simlimit.study.chunks import simulate_chunks
from simlimit.study.experiment import prepare_experiment
from simlimit.study.metrics import METRICS
from simlimit.study.options import CheckedOptions, Folder
from simlimit.study.store import store_below
from simlimit.tables import layout, results
from simlimit.templates import filled

# On so many trajectories each field moves once.
TRAJECTORIES = 20
# Fields with less of the sum of the mean squares of effects are screened out.
SCREENED = 0.002
# What a field matters whose total index is smaller: not.
NEGLIGIBLE = 0.05
MATTERS, DOES_NOT, UNDECIDED = "matters", "does not matter", "undecided"
_COLUMNS = [f"{name}{end}" for name in ("first", "total") for end in ("", "_low", "_high")]


class Sensitivity(layout.TabularResult["simlimit.plots.accessors.SensitivityPlots"]):
    """Which fields of a scenario decide a metric, made by `simlimit.sensitivity`.

    Attributes
    ----------
    scenario : Scenario
    metric : str
    seed, follow_up_days : int
    ranges : Ranges
        What was varied, where each range comes from, and assumed numbers that were left out without one.
    effects : Effects
        Of each field, by the screening.
    kept : tuple of int
        Positions of the fields that the screening kept.
    values : array
        The metric at the points of the Sobol design of these: as `simlimit.deciding.indices` takes it.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 20, "evaluation.period_days": 1})
    >>> waiting = small.replace({"evaluation.straight_through": False, "horizon_days": 200})
    >>> ranges = {"evaluation.cutoff_days": (0, 6), "screening.risky_share": (0.0, 0.1)}
    >>> sensitivity = sl.sensitivity(waiting, ranges, n=16, replications=3, follow_up_days=30)
    >>> sensitivity
    Sensitivity('clockwork': days_away by 2 fields, 1 kept by the screening)
    >>> sensitivity.table()["verdict"].to_list()
    ['matters', 'does not matter']
    """

    def __init__(
        self, scenario: Scenario, task: Points, effects: Effects, kept: tuple[int, ...], values: Floats
    ) -> None:
        self.scenario, self.metric, self.ranges = scenario, task.metric, task.ranges
        self.seed, self.follow_up_days = task.seed, task.follow_up_days
        self.effects, self.kept, self.values = effects, kept, values

    def __len__(self) -> int:
        """Return the number of replications of each point."""
        return int(self.values.shape[-1])

    def __repr__(self) -> str:
        number = filled("{number} field{number:s}", number=len(self.ranges.parameters))
        kept = f"{len(self.kept)} kept by the screening"
        return f"Sensitivity({self.scenario.name!r}: {self.metric} by {number}, {kept})"

    def _tables(self) -> list[layout.Table]:
        units = units_of(self.scenario.walk())
        units |= {one.name: "" for one in self.ranges.parameters if one.choices}
        left_out = ", ".join(self.ranges.left_out) or "none"
        return [results.sensitivity_table(self.table(), self.metric, units, left_out)]

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """Return how much of the variance of the metric is due to each field.

        Parameters
        ----------
        confidence : float
            Of each interval separately: over points and over replications.

        Returns
        -------
        pandas.DataFrame
            Index `field`, that with the largest total index first. Columns:

            - `low`, `high`, `origin`: its range, of choices the first and the last, and whether it is given,
              from its provenance or a default;
            - `mu`, `mu_star`, `sigma`: of Morris, in the unit of the metric, from one end of the range to the
              other: the mean effect, the mean of its size, and its standard deviation;
            - `first`, `first_low`, `first_high`: the share of the variance that would go if the field were
              known, on average. `total`, ..: the share that would stay if all others were. Both are within
              0 and 1, and NaN where the screening left the field out. Simulation noise is in none of them;
            - `verdict`: it matters if the interval of the total index begins at 0.05 or above. It does not if
              that ends below, or if it was screened out. Else it is undecided; also where there are effects,
              but none in more than one replication.
        """
        confidence, parameters = check_confidence(confidence), self.ranges.parameters
        names = pd.Index([one.name for one in parameters], name="field")
        table = pd.DataFrame(map(_ends, parameters), names, ["low", "high"])
        table["origin"] = self.ranges.origins
        table[["mu", "mu_star", "sigma"]] = np.transpose(self.effects[:3])
        table[_COLUMNS] = np.nan
        if self.kept:
            # An estimate may be a little below 0, or above 1.
            table.loc[names[[*self.kept]], _COLUMNS] = sobol_indices(self.values, confidence).clip(0, 1)
        surely, perhaps = (table[f"total_{end}"] >= NEGLIGIBLE for end in ("low", "high"))
        # Where each effect shows in one replication at most, no field has a share: none was screened out.
        is_hidden = (table["mu_star"] > 0) & (not self.effects.share.any())
        table["verdict"] = np.select([surely, perhaps | is_hidden], [MATTERS, UNDECIDED], DOES_NOT)
        return table.sort_values(["total", "mu_star"], ascending=False)

    def conclusion(self) -> str:
        """Return what decides the metric, in words.

        Returns
        -------
        str
            The fields that matter, those that are undecided, and those that do not matter.
        """
        return " ".join(results.conclusions(self.table()["verdict"], self.metric))


def sensitivity(
    scenario: Scenario,
    fields: Free | Iterable[str] | str,
    metric: str = "days_away",
    n: int = 512,
    seed: int = 1,
    *,
    replications: int = 5,
    workers: int | None = None,
    executor: Executor | None = None,
    store: Folder | None = None,
    follow_up_days: int = FOLLOW_UP_DAYS,
    progress: bool = True,
) -> Sensitivity:
    """Measure which fields decide a metric, if each may be anywhere in its range.

    Effects along 20 trajectories (Morris) screen out the fields of which nearly nothing comes. The others get
    Sobol indices: shares of the variance of the metric. All points have the same replications under common
    random numbers, so differences come from the fields. It needs SALib: ``pip install 'simlimit[decide]'``.

    Parameters
    ----------
    scenario : Scenario
    fields : mapping, list of str, or "assumed"
        Ranges by dotted field: ``{"review.watch_share": (0.002, 0.06)}``, with all that `fit` takes as free:
        choices, distributions, a factor on several fields. Or, under a name of your own, a list of changes as
        `sweep` takes them, also as mappings: ``{"desk": [None, {"review.reviewers": 3}, more_staff]}``. They
        have equal probability, and None stands for no change. More than two choices that are no numbers are
        never screened out.

        Or a list of fields, each over the range that its provenance states, as in
        ``assumed: ..; range 7 to 30``, or else over the default: from half to twice its value, within what it
        may be. A share above a half is varied by what it lacks of 1 (0.9: from 0.8 to 0.95), a score by 0.1
        up and down; whole numbers stay whole. ``"assumed"`` is every number whose source begins so, but not
        those of the run, the number of borrowers and the shares of regions. One that is 0 has no default
        range and is left out; the result names it.
    metric : str
        As in `Study.summary`.
    n : int
        Points of the Sobol design, a power of 2 from 16 to 65,536. There are as many more for each field
        that is kept, and as many once more.
    seed : int
        0 .. 2**32 - 1. The same seed gives the same result, however it is spread.
    replications : int
        Of each point, 3 .. 10,000.
    workers, executor, store, follow_up_days, progress
        As in `replicate`.

    Returns
    -------
    Sensitivity

    Raises
    ------
    SimlimitError
        If an argument is not as above, ranges do not go together, the metric is not known at a point, SALib
        is not installed, or the store is of another sensitivity.
    ScenarioError
        If an end of a range is not allowed.
    StudyInterrupted
        A KeyboardInterrupt; the points that are done are in the store, if there is one.

    Examples
    --------
    >>> import simlimit as sl
    >>> small = sl.preset("clockwork").replace({"population.borrowers": 20, "evaluation.period_days": 1})
    >>> waiting = small.replace({"evaluation.straight_through": False, "horizon_days": 200})
    >>> fields = ["evaluation.cutoff_days", "evaluation.score_half_life_days"]
    >>> waiting = waiting.replace({"evaluation.cutoff_days": 3})
    >>> found = sl.sensitivity(waiting, fields, n=16, replications=3, follow_up_days=30)
    >>> found.table()[["high", "origin", "verdict"]].to_numpy().tolist()
    [[6.0, 'default', 'matters'], [120.0, 'default', 'does not matter']]
    """
    check_scenario(scenario)
    check_choice("metric", metric, METRICS)
    seed = check_whole("seed", seed, LARGEST_SEED)
    n = check_whole("n", n, MOST_POINTS, least=LEAST_POINTS)
    if n & (n - 1):
        raise refused("n", n, "a power of 2, such as 512")
    replications = check_whole("replications", replications, 10_000, least=3)
    options = CheckedOptions(
        workers=workers, executor=executor, store=store, follow_up_days=follow_up_days, progress=progress
    )
    salib("sobol")  # before anything is simulated
    # A file is read once, not at each point.
    platform = scenario.replace({"population.portfolio": as_portfolio(scenario.population.portfolio)})
    ranges = read_ranges(fields, platform)
    warn_before({"": prepare_experiment(platform, seed, options).prepared}, {}, options.follow_up_days)
    told = metric, replications, options.follow_up_days, seed
    task = Points(platform, ranges, "screening", TRAJECTORIES, *told)
    if store is not None:  # a metric that is not known is refused before anything is written
        announce_compilation("calendar")
        run_points(task, 0)
    effects = elementary_effects(task.design(), _simulated(task, options))
    # A path has four places of a range: it may miss what some of several choices do.
    by_itself = [one.choices > 2 for one in ranges.parameters]
    kept = tuple(np.flatnonzero((effects.share >= SCREENED) | by_itself).tolist())
    values = np.empty((0, 2, replications))
    if kept:
        chosen = ranges._replace(parameters=tuple(ranges.parameters[k] for k in kept))
        values = _simulated(task._replace(ranges=chosen, kind="indices", n=n), options)
        values = values.reshape(n, len(kept) + 2, replications)
    return Sensitivity(scenario, task, effects, kept, values)


def _ends(one: Parameter) -> list[object]:
    """Return the ends of a range; of choices the first and the last, changes by name."""
    ends = one.prior if isinstance(one.prior, tuple) else (one.value(EDGE), one.value(1 - EDGE))
    return [end.name if isinstance(end, Change) else end for end in ends]


def _simulated(task: Points, options: CheckedOptions) -> Floats:
    """Return the metric at the points of a design; a store has a folder for each design."""
    own = store_below(options, task.kind)
    return simulate_chunks(run_points, task, len(task.design()), ("sensitivity", "points"), own)
