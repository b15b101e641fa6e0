"""What holds waited for, counted from the table of holds of one history."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.model.causes import GATES

Counts = npt.NDArray[np.int64]


def counted_holds(holds: pd.DataFrame, warmup_days: int) -> pd.DataFrame:
    """Return the holds that statistics are about: of repayments, from the end of the warm-up on."""
    return holds[(holds["kind"] == "repayment") & (holds["repaid_at"] >= warmup_days)]


def days_by_cause(holds: pd.DataFrame) -> pd.DataFrame:
    """Return what holds waited for: a row per gate, and their total; see `simlimit.delay_by_cause`."""
    days = holds[[f"days_{gate}" for gate in GATES]].to_numpy(np.int64)
    days = np.column_stack([days, days.sum(axis=1)])
    waited = (days > 0).sum(axis=0)
    total = days.sum(axis=0)
    return pd.DataFrame(
        {
            "holds": waited,
            "share_of_holds": _ratio(waited, len(holds)),
            "hold_days": total,
            "share_of_days": _ratio(total, int(total[-1])),
            "mean_days": _ratio(total, waited),
        },
        index=pd.Index([*GATES, "total"], name="cause"),
    )


def released_at_once(holds: pd.DataFrame) -> int:
    """Return how many holds were released on the day of repayment."""
    return int(((holds["outcome"] == "released") & (holds["delay_days"] == 0)).sum())


def _ratio(part: Counts, whole: Counts | int) -> npt.NDArray[np.float64]:
    """Divide counts; nothing of nothing is NaN."""
    whole = np.broadcast_to(whole, part.shape)
    quotient = np.full(part.shape, np.nan)
    np.divide(part, whole, out=quotient, where=whole > 0)
    return quotient
