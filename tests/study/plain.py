"""The metrics of one run, as plainly as they can be said, from its tables."""

from __future__ import annotations

import numpy as np
import pandas as pd

import simlimit as sl

GATES = ("settlement", "evaluation", "score", "overdue", "behaviour", "review", "policy", "funding")


def of_replication(
    scenario: sl.Scenario, seed: int, replication: int, follow_up: int, keep: str = "holds"
) -> sl.Run:
    return sl.simulate(scenario, seed, replication, "calendar", keep, follow_up_days=follow_up)


def cents(amounts: pd.Series[float]) -> pd.Series[int]:
    return (100 * amounts).round().astype("int64")


def cohort(run: sl.Run) -> pd.DataFrame:
    """The repayment holds with a full follow-up."""
    last = run.scenario.horizon_days - run.follow_up_days
    holds = run.holds
    return holds[(holds["kind"] == "repayment") & holds["repaid_at"].between(run.scenario.warmup_days, last)]


def proportions(
    holds: pd.DataFrame, follow_up: int, repaid: pd.Series[int], released: pd.Series[int]
) -> dict[str, float]:
    """What a cohort says of release: of what was repaid, so much was released at the age of each hold."""
    whole = int(repaid.sum())
    if whole == 0:
        return {}

    def within(days: int) -> float:
        return int(released[holds["delay_days"] <= days].sum()) / whole

    metrics = {f"released_within_{days}d": within(days) for days in (0, 7, 30, 90) if days <= follow_up}
    reached = [days for days in range(follow_up + 1) if within(days) >= 0.5]
    metrics["median_days"] = float(reached[0]) if reached else np.inf
    # What was not released is away to the end of the follow-up: pending, or forfeited at whatever age.
    until_released = np.minimum(holds["delay_days"], follow_up)
    days = int((released * until_released).sum() + ((repaid - released) * follow_up).sum())
    metrics["days_away"] = days / whole
    return metrics


def by_holds(run: sl.Run) -> dict[str, float]:
    """The metrics of the followed holds, each counted as one."""
    holds, follow_up = cohort(run), run.follow_up_days
    released = (holds["outcome"] == "released").astype(int)
    metrics = proportions(holds, follow_up, pd.Series(1, holds.index), released)
    if not metrics:
        return metrics
    is_old = holds["delay_days"] <= follow_up
    forfeited = is_old & (holds["outcome"] == "forfeited")
    metrics["forfeited_share"] = int(forfeited.sum()) / len(holds)
    metrics["pending_share"] = int((~forfeited & ~(is_old & (released == 1))).sum()) / len(holds)
    away = int((follow_up - holds["delay_days"][forfeited]).sum())
    metrics["days_forfeited"] = away / len(holds)
    return metrics | gates(run, "", len(holds))


def by_amount(run: sl.Run) -> dict[str, float]:
    """The metrics of the followed cents: a hold may lose some of them before the rest is released."""
    holds, follow_up = cohort(run), run.follow_up_days
    repaid = cents(holds["amount"])
    metrics = proportions(holds, follow_up, repaid, cents(holds["released_amount"]))
    if not metrics:
        return metrics
    whole = int(repaid.sum())
    counts = run.counts[run.counts["followed"] & (run.counts["age_days"] <= follow_up)]
    lost, released = (int(cents(counts[f"{end}_amount"]).sum()) for end in ("forfeited", "released"))
    metrics["forfeited_share"] = lost / whole
    metrics["pending_share"] = (whole - lost - released) / whole
    away = int((cents(counts["forfeited_amount"]) * (follow_up - counts["age_days"])).sum())
    metrics["days_forfeited"] = away / whole
    return metrics | gates(run, "_amount", whole)


def gates(run: sl.Run, unit: str, whole: int) -> dict[str, float]:
    """Days charged to each gate within the follow-up, per hold or cent."""
    counts = run.counts[run.counts["followed"] & (run.counts["age_days"] < run.follow_up_days)]
    days = {gate: cents(counts[f"{gate}{unit}"]) if unit else counts[gate] for gate in GATES}
    return {f"days_{gate}": int(days[gate].sum()) / whole for gate in GATES}


def of_borrowers(run: sl.Run) -> dict[str, float]:
    """The metrics of borrowers and of the platform, whatever the holds."""
    borrower_days = run.borrowers["present_days"].sum()
    late = run.daily["day"] >= run.scenario.warmup_days
    losses, income = (run.daily.loc[late, name].sum() for name in ("written_off", "interest_paid"))
    return {
        "no_limit_share": run.borrowers["no_limit_days"].sum() / borrower_days,
        "limit_days_lost": run.borrowers["lost_amount_days"].sum() / borrower_days * 365,
        "default_losses": losses / borrower_days * 365,
        "interest_income": income / borrower_days * 365,
        "net_income": (income - losses) / borrower_days * 365,
    }


def gap(run: sl.Run) -> float:
    """The largest less the smallest days away of the regions."""
    holds = cohort(run)
    until_released = np.minimum(holds["delay_days"], run.follow_up_days)
    days = until_released.where(holds["outcome"] == "released", run.follow_up_days)
    means = days.groupby(holds["region"], observed=False).mean()
    return float(means.max() - means.min()) if means.notna().all() else np.nan
