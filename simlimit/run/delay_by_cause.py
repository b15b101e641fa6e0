"""What repaid principal waited for in a run: the table of release delay by cause."""

import pandas as pd

from simlimit.run.causes import counted_holds, days_by_cause
from simlimit.run.run import Run


def repayment_holds(run: Run) -> pd.DataFrame:
    """Return the holds that statistics are about: of repayments, from the end of the warm-up on."""
    return counted_holds(run.holds, run.scenario.warmup_days)


def delay_by_cause(run: Run) -> pd.DataFrame:
    """Return what repaid principal waited for: a row for each cause, and their total.

    Every day of a hold's life is charged to exactly one cause, so the days of the causes add up to the total.
    The table counts all repayment holds from the end of the warm-up on. A hold that is still pending counts
    with its days so far. So `hold_days` is exact for the days that were simulated, but `mean_days` is too low
    where holds are pending.

    Parameters
    ----------
    run : Run
        A run that keeps its holds.

    Returns
    -------
    pandas.DataFrame
        Index `cause`: the eight gates in their order, and ``total``. Columns:

        - `holds`: repayment holds that waited there for at least a day; since a hold can wait at several
          gates, the total is at most the sum of the rows;
        - `share_of_holds`: the same as a share of all repayment holds; NaN if there are none;
        - `hold_days`: days charged, in hold-days;
        - `share_of_days`: the same as a share of all hold-days; NaN if no hold waited;
        - `mean_days`: days per hold that waited there; NaN if none did.

    Raises
    ------
    SimlimitError
        If the run kept no holds.

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
    return days_by_cause(repayment_holds(run))
