"""A small platform on which borrowers wait for evaluations, and logs of it."""

import functools

import pandas as pd

import simlimit as sl

PERIOD = "evaluation.period_days"


@functools.cache
def platform() -> sl.Scenario:
    """Nobody is straight through; some are flagged, and some are reviewed."""
    return sl.preset("clockwork").replace(
        {
            "horizon_days": 240,
            "population.borrowers": 60,
            "population.regions": {"north": 0.6, "south": 0.4},
            "population.limit_log_sd": 0.5,
            "behaviour.slip_share": 0.05,
            "screening.false_flag": 0.03,
            "screening.flag_days": 10.0,
            "review.watch_share": 0.1,
            "evaluation.straight_through": False,
        }
    )


FREE = {PERIOD: (7, 60), "screening.false_flag": (0.0, 0.1)}


def log_of(changes: dict[str, object], seed: int = 100, columns: tuple[str, ...] = ()) -> pd.DataFrame:
    """Return what `read_release_log` would return of a simulated history, with some further columns."""
    scenario = platform().replace(changes)
    holds = sl.simulate(scenario, seed, engine="calendar", keep="holds").holds
    gates = [name for name in holds if name.startswith("days_")]
    most = holds[gates].to_numpy().argmax(axis=1)
    holds["gate"] = [gates[k].removeprefix("days_") for k in most]
    holds.loc[holds["delay_days"] == 0, "gate"] = "(blank)"
    holds = holds[holds["kind"] == "repayment"].reset_index(drop=True)
    kept = ["borrower", "repaid_at", "repaid_on", "ended_at", "ended_on", "outcome", "delay_days", "amount"]
    log = holds[[*kept, *columns]].assign(row=holds.index + 1, entry_days=0.0)
    log.attrs = {"window": (0, scenario.horizon_days), "source": "log.csv"}
    return log
