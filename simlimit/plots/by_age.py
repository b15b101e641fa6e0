"""The tables that pictures are drawn from, in the shape in which a study gives them, of a run too."""

import numpy as np
import pandas as pd

from simlimit.arguments import check_choice, check_confidence, check_whole
from simlimit.delays import aalen_johansen, at_risk
from simlimit.delays.share_intervals import mark_few
from simlimit.delays.tables import curve_table
from simlimit.model.causes import GATES
from simlimit.run.run import Run
from simlimit.study.metrics import ENDS, WEIGHTS, Weight, last_seen
from simlimit.study.study import Study


def observed_days(of: Run | Study, follow_up_days: int | None) -> int:
    """Return how far to look after repayment: as told, or as far as the run or study itself does.

    Raises
    ------
    SimlimitError
        If it is not from 1 to `horizon_days` - `warmup_days`.
    """
    longest = of.scenario.horizon_days - of.scenario.warmup_days
    if follow_up_days is None:
        return max(1, min(of.follow_up_days, longest))
    return check_whole("follow_up_days", follow_up_days, longest, 1)


def delay_curve(of: Run | Study, weight: Weight, confidence: float) -> pd.DataFrame:
    """Return what `Study.delay_curve` does, of a run too, whose interval is NaN: it is one history."""
    confidence = check_confidence(confidence)
    if isinstance(of, Study):
        return of.delay_curve(confidence, weight)
    counts = _by_age(of.counts, weight)
    ended, censored = counts[[*ENDS]].to_numpy().T, last_seen(counts["pending"].to_numpy())
    incidence = aalen_johansen(ended, censored)
    holds = _by_age(of.counts, "holds")
    few = mark_few((holds[[*ENDS]].to_numpy().T, last_seen(holds["pending"].to_numpy())))
    unknown = np.full_like(incidence, np.nan)
    return curve_table(counts.index, ENDS, at_risk(ended, censored), few, (incidence, unknown, unknown))


def standing(of: Run | Study, weight: Weight) -> pd.DataFrame:
    """Return what `Study.standing` does, of a run too, without intervals."""
    if isinstance(of, Study):
        return of.standing(weight=weight)[[*GATES, *ENDS]]
    followed = _by_age(of.counts[of.counts["followed"]], weight).loc[: of.follow_up_days, [*GATES, *ENDS]]
    followed[[*ENDS]] = followed[[*ENDS]].cumsum()
    return followed.div(followed.sum(axis=1).replace(0, np.nan), axis=0)


def _by_age(counts: pd.DataFrame, weight: Weight) -> pd.DataFrame:
    """Return counts of a run by age, over its regions."""
    check_choice("weight", weight, WEIGHTS)
    names = [*GATES, *ENDS, "pending"]
    behind = "" if weight == "holds" else "_amount"
    by_age = counts.groupby("age_days")[[f"{name}{behind}" for name in names]].sum()
    return by_age.set_axis(names, axis=1).rename_axis("days")
