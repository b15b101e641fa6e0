"""What repaid principal waited for in a run: the table of release delay by cause."""

import numpy as np
import pandas as pd

import simlimit
from simlimit.arguments import check_type
from simlimit.model.causes import GATES


def repayment_holds(run: "simlimit.Run") -> pd.DataFrame:
    """Return the holds that statistics are about: of repayments, from the end of the warm-up on."""
    holds = run.holds
    return holds[(holds["kind"] == "repayment") & (holds["repaid_at"] >= run.scenario.warmup_days)]


def delay_by_cause(run: "simlimit.Run") -> pd.DataFrame:
    """Return what repaid principal waited for: a row for each cause, and their total.

    Every day of a hold's life is charged to exactly one cause, so the days of the causes add up to the total.
    The table counts all repayment holds from the end of the warm-up on. A hold that is still pending counts
    with its days so far. So `hold_days` is exact for the days that were simulated, but `mean_days` is too low
    where holds are pending. A hold that is forfeited has its days until then; it never comes back, which
    `days_away` of a study counts.

    Parameters
    ----------
    run : Run
        A run that keeps its holds.

    Returns
    -------
    pandas.DataFrame
        Index `cause`: the eight causes in their order, and ``total``. Columns:

        - `holds`: repayment holds that waited for it at least a day; since a hold can wait for several
          causes, the total is at most the sum of the rows;
        - `share_of_holds`: the same as a share of all repayment holds; NaN if there are none;
        - `hold_days`: days charged, in hold-days;
        - `share_of_days`: the same as a share of all hold-days; NaN if no hold waited;
        - `mean_days`: days per hold that waited for it; NaN if none did.

    Raises
    ------
    SimlimitError
        If `run` is not a `Run`, or kept no holds.

    Examples
    --------
    >>> import simlimit as sl
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 50}
    ... )
    >>> table = sl.delay_by_cause(sl.simulate(weekly, seed=1))
    >>> bool(table.loc["evaluation", "hold_days"] == table.loc["total", "hold_days"])
    True
    """
    check_type("run", run, simlimit.Run)
    holds = repayment_holds(run)
    days = holds[[f"days_{gate}" for gate in GATES]].to_numpy(np.int64)
    days = np.column_stack([days, days.sum(axis=1)])
    rows = pd.Index([*GATES, "total"], name="cause")
    waited, total = pd.Series((days > 0).sum(axis=0), rows), pd.Series(days.sum(axis=0), rows)
    columns = {
        "holds": waited,
        "share_of_holds": waited / len(holds),
        "hold_days": total,
        "share_of_days": total / total["total"],
        "mean_days": total / waited,
    }
    return pd.DataFrame(columns)
