"""`compare`: several scenarios under common random numbers, and their differences, paired."""

from collections.abc import Mapping, Sequence
from typing import Literal, Unpack

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import check_confidence
from simlimit.errors import SimlimitError
from simlimit.scenario import Scenario
from simlimit.study.intervals import Floats, holm, moments, paired, t_intervals, t_probabilities
from simlimit.study.plan import Options, Plan
from simlimit.study.replicating import replicate_all
from simlimit.study.study import Study


class Comparison:
    """Studies of several scenarios whose replications share their random numbers, one by one.

    Made by `simlimit.compare`.

    Attributes
    ----------
    studies : dict of Study
        By the names of the scenarios, in their order.
    reference : str
        The first name: differences are from it.

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
    >>> bool(comparison.differences().loc[("weekly", "restricted_mean_days"), "is_real"])
    True
    """

    def __init__(self, studies: dict[str, Study]) -> None:
        self.studies = studies
        self.reference = next(iter(studies))

    def __repr__(self) -> str:
        first = self.studies[self.reference]
        return f"Comparison({', '.join(self.studies)}: {len(first):,} replications each, seed={first.seed})"

    def summary(
        self,
        confidence: float = 0.95,
        follow_up_days: int | None = None,
        weight: Literal["holds", "amount"] = "holds",
    ) -> pd.DataFrame:
        """Return the metrics of every scenario.

        Parameters
        ----------
        confidence, follow_up_days, weight
            As in `Study.summary`.

        Returns
        -------
        pandas.DataFrame
            Index `scenario`, `metric`; columns as in `Study.summary`.
        """
        tables = {
            name: study.summary(confidence, follow_up_days, weight) for name, study in self.studies.items()
        }
        return pd.concat(tables, names=["scenario"])

    def differences(
        self,
        confidence: float = 0.95,
        weight: Literal["holds", "amount"] = "holds",
        metrics: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Return how every other scenario differs from the first, replication by replication.

        Parameters
        ----------
        confidence : float
            Of each interval by itself, and of what is real among all rows together.
        weight : "holds" or "amount"
        metrics : sequence of str, optional
            Only these: the fewer rows, the less is asked of each to be real.

        Returns
        -------
        pandas.DataFrame
            Index `scenario`, `metric`; columns:

            - `difference`, `low`, `high`: the mean of the paired differences from the first scenario, and
              Student's t interval over replications;
            - `p_value`: of no difference, corrected by Holm's rule for all rows of the table;
            - `is_real`: whether that is below 1 - confidence;
            - `variance_reduction`: what pairing took from the variance of the difference, as a share of that
              of independent scenarios; negative if it added to it, NaN where nothing varies;
            - `replications`: pairs that both had something to say.

            A difference of medians is NaN if some replication of either does not reach its own.

        Raises
        ------
        SimlimitError
            If there is only one scenario, or no such metric or weight.
        """
        check_confidence(confidence)
        others = [name for name in self.studies if name != self.reference]
        base = self._values(self.reference, weight, metrics)
        rows = [self._values(name, weight, metrics) for name in others]
        if not rows:
            raise SimlimitError("There is only one scenario, but differences need two or more.")
        names = list(base)
        one = np.stack([np.column_stack(list(base.values()))] * len(rows), axis=1)
        other = np.stack([np.column_stack(list(row.values())) for row in rows], axis=1)
        pairs = paired(one, other)
        difference, low, high, number = t_intervals(pairs, confidence)
        columns = {
            "difference": difference,
            "low": low,
            "high": high,
            "p_value": holm(t_probabilities(pairs).ravel()),
            "variance_reduction": _variance_reduction(one, other, pairs),
            "replications": number,
        }
        index = pd.MultiIndex.from_product([others, names], names=["scenario", "metric"])
        table = pd.DataFrame({name: np.ravel(column) for name, column in columns.items()}, index=index)
        table.insert(4, "is_real", table["p_value"] < 1 - confidence)
        table.attrs["interval"] = f"{100 * confidence:g} % intervals: Student's t over paired replications"
        return table

    @property
    def plot(self) -> "simlimit.plots.accessors.ComparisonPlots":
        """Pictures of the comparison: ``comparison.plot.forest()``, and what else `ComparisonPlots` has."""
        return simlimit.plots.accessors.ComparisonPlots(self)

    def _values(
        self, name: str, weight: Literal["holds", "amount"], chosen: Sequence[str] | None
    ) -> dict[str, Floats]:
        values = self.studies[name].values(weight)
        if chosen is None:
            return values
        for metric in chosen:
            if metric not in values:
                raise SimlimitError(
                    f"metrics names {metric!r}, but must name metrics among: {', '.join(values)}."
                )
        if not chosen:
            raise SimlimitError("metrics is empty, but must name at least one metric.")
        return {metric: values[metric] for metric in chosen}


def _variance_reduction(one: Floats, other: Floats, pairs: Floats) -> Floats:
    """Return 1 less the variance of the paired difference over that of independent replications."""
    known = ~np.isnan(pairs)
    variances = [moments(np.where(known, values, np.nan))[2] for values in (one, other, pairs)]
    independent = variances[0] + variances[1]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(independent > 0, 1 - variances[2] / independent, np.nan)


def compare(
    scenarios: Mapping[str, Scenario],
    n: int = 100,
    seed: int = 1,
    **options: Unpack[Options],
) -> Comparison:
    """Simulate the same replications of several scenarios under common random numbers.

    Every random number is a function of what it is for, so replication r of two scenarios shares all that
    mean the same in both. A scenario that differs only from day D on, such as by a shock at D, has the same
    history before D: a comparison with the scenario without the shock branches there.

    Parameters
    ----------
    scenarios : mapping of str to Scenario
        By the names that the tables use; differences are from the first.
    n, seed
        As in `replicate`.
    **options
        `precision`, `workers`, `executor`, `store`, `engine`, `keep`, `follow_up_days`, `by`, `bands` and
        `progress`, as in `replicate`. With `precision`, every scenario must reach it, and all get as many
        replications. A store has a folder for each scenario.

    Returns
    -------
    Comparison

    Raises
    ------
    SimlimitError, PortfolioError, StudyInterrupted
        As `replicate` does; the first also if there is no scenario.

    Examples
    --------
    >>> import simlimit as sl
    >>> today = sl.preset("jiebei").replace({"population.borrowers": 50})
    >>> frozen = today.replace({"shocks": [{"kind": "freeze", "at_day": 300, "duration_days": 30}]})
    >>> comparison = sl.compare({"today": today, "frozen": frozen}, 10, seed=1)
    >>> bool(comparison.differences().loc[("frozen", "days_policy"), "difference"] > 0)
    True
    """
    if not isinstance(scenarios, Mapping) or not scenarios:
        raise SimlimitError(f"scenarios is {scenarios!r}, but must be a mapping of names to scenarios.")
    for name in scenarios:
        if not isinstance(name, str) or not name:
            raise SimlimitError(f"scenarios has the name {name!r}, but names must be text.")
    studies = replicate_all(scenarios, n, seed, Plan(**options))
    return Comparison(studies)
