"""The life of each hold, as process-mining tools read it: a row per stay at a gate."""

import numpy as np
import pandas as pd

from simlimit.model import causes
from simlimit.model.state import State
from simlimit.run.frames import KINDS, OUTCOMES, dates, hold_numbers
from simlimit.scenario import Scenario

# What can happen to a hold: it opens, stands at a gate, ends.
ACTIVITIES = np.array((*KINDS, *causes.GATES, *OUTCOMES))
GATE, END, PENDING = len(KINDS), len(KINDS) + causes.GATE_COUNT, len(ACTIVITIES) - 1
# Who is at work; the platform elsewhere.
RESOURCES = {"repayment": "borrower", "review": "desk", "funding": "pool"}


def event_log_frame(state: State, holds: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the log of the holds, in their order, and of each in that of time."""
    stays = state.stays[: state.storage.stays_used]
    places = pd.Index(holds["hold"]).get_indexer(pd.Index(hold_numbers(state)[stays["hold"]]))
    opened, outcomes = holds["kind"].cat.codes, holds["outcome"].cat.codes
    gates, ended_at = GATE + stays["cause"].astype(np.int64), holds["repaid_at"] + holds["delay_days"]
    rows = {
        "case": np.concatenate([holds.index, places, holds.index]),
        "activity": np.concatenate([opened, gates, END + outcomes]),
        "until": np.concatenate([holds["repaid_at"], stays["until"], ended_at]),
    }
    log = pd.DataFrame(rows).sort_values("case", kind="stable")
    # One stay: a decision that leaves a hold where it stands begins none.
    stands = log[["case", "activity"]]
    goes_on = (stands == stands.shift(-1)).all(axis="columns")
    log = log[~goes_on & (log["activity"] < PENDING)]
    since = log["until"].shift().where(log["activity"] >= GATE, log["until"]).astype(np.int64)
    goes_on = (log["activity"] < END) & (log["case"] != log["case"].shift(-1))

    names = pd.Series(ACTIVITIES[log["activity"]], dtype="str")
    of = holds[["hold", "borrower", "region", "kind", "amount", "outcome"]].iloc[log["case"]]
    of = of.astype(dict.fromkeys(("region", "kind", "outcome"), "str")).reset_index(drop=True)
    columns = {
        "case:concept:name": of.pop("hold").astype("str"),
        "concept:name": names,
        "org:resource": names.map(RESOURCES).fillna("platform"),
        "start_timestamp": dates(since.to_numpy(), scenario.start_date),
        "time:timestamp": dates(log["until"].to_numpy(), scenario.start_date),
        "lifecycle:transition": np.where(goes_on, "start", "complete"),
    }
    return pd.concat([pd.DataFrame(columns), of.add_prefix("case:")], axis="columns")
