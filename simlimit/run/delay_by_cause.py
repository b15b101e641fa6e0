"""What a run says about waiting: the table of release delay by cause."""

import pandas as pd

from simlimit.causes import counted_holds, days_by_cause
from simlimit.run.run import Run


def repayment_holds(run: Run) -> pd.DataFrame:
    """Return the holds that statistics are about: of repayments, from the end of the warm-up on."""
    return counted_holds(run.holds, run.scenario.warmup_days)


def delay_by_cause(run: Run) -> pd.DataFrame:
    """Return what repaid principal waited for: a row per cause, and their total.

    Every day of a hold's life is charged to exactly one cause, so the causes' days add up to the total. The
    table is about all repayment holds from the end of the warm-up on, however they ended. Of a hold that is
    still pending, the days so far are counted: its wait is censored. So `hold_days` is exact for the days
    that were simulated, but `mean_days` is less than what the pending holds will have waited in the end.

    Parameters
    ----------
    run : Run

    Returns
    -------
    pandas.DataFrame
        Index `cause`: the eight gates in their order, and ``total``. Columns:

        - `holds`: repayment holds that waited there for at least a day; a hold can wait at several gates, so
          the total is at most their sum;
        - `share_of_holds`: the same as a share of all repayment holds; NaN if there are none;
        - `hold_days`: days charged, in hold-days;
        - `share_of_days`: the same as a share of all hold-days; NaN if no hold waited;
        - `mean_days`: days per hold that waited there; NaN if none did.

    Examples
    --------
    >>> import simlimit as sl
    >>> from simlimit.run.delay_by_cause import delay_by_cause
    >>> weekly = sl.preset("clockwork").replace(
    ...     {"evaluation.straight_through": False, "evaluation.period_days": 7, "population.borrowers": 50}
    ... )
    >>> table = delay_by_cause(sl.simulate(weekly, seed=1))
    >>> bool(table.loc["evaluation", "hold_days"] == table.loc["total", "hold_days"])
    True
    """
    return days_by_cause(repayment_holds(run))
