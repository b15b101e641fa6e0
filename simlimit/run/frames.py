"""The tables of a run, as DataFrames. docs/model.md section 3 documents every column."""

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.model import causes, events, loans, stages
from simlimit.model.records import CLOSED, NO_LOAN, NONE, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario

OUTCOMES = ("released", "forfeited", "pending")
KINDS = ("repayment", "raise")
Note = tuple[int, int, int, str, float]
COUNTED = (*causes.GATES, *OUTCOMES)
# What can happen to a hold: it opens, stands at a gate, ends.
ACTIVITIES = np.array((*KINDS, *causes.GATES, *OUTCOMES))
GATE, END, PENDING = len(KINDS), len(KINDS) + causes.GATE_COUNT, len(ACTIVITIES) - 1
# Who is at work; the platform elsewhere.
RESOURCES = {"repayment": "borrower", "review": "desk", "funding": "pool"}


def _fields(records: Records, *names: str) -> dict[str, npt.NDArray[Any]]:
    """Return fields as columns: amounts, which have 64 bits, in currency units; numbers as they are."""
    fields = ((name, records[name]) for name in names)
    return {name: one / 100 if one.dtype == np.int64 else one.astype(np.int64) for name, one in fields}


def _day_or_nan(days: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.where(days == NONE, np.nan, days.astype(np.float64))


def dates(days: npt.NDArray[Any], start_date: datetime.date) -> npt.NDArray[np.datetime64]:
    """Return the dates of days; not a time (NaT) where there is no day.

    In milliseconds: Parquet knows no coarser unit.
    """
    return np.datetime64(start_date, "ms") + days.astype("timedelta64[D]")


def _labels(codes: npt.NDArray[Any], names: tuple[str, ...]) -> "pd.Categorical[str]":
    return pd.Categorical.from_codes(codes.astype(np.int16), categories=pd.Index(names))


def _loan_numbers(state: State, origin: Records, borrower: Records) -> npt.NDArray[np.int64]:
    """Return the number of the loan of each (day of origin, borrower), -1 where there is none."""
    numbered = np.sort(state.loan_keys[: state.storage.loan_keys_used])
    keys = loans.loan_key(origin.astype(np.int64), borrower.astype(np.int64))
    return np.where(origin == NO_LOAN, NONE, np.searchsorted(numbered, keys)).astype(np.int64)


def hold_numbers(state: State) -> npt.NDArray[np.int64]:
    """Return the number of each hold: the k-th of borrower b has k N + b, with N borrowers."""
    owner = pd.Series(state.holds["owner"][: state.storage.holds_used])
    earlier = owner.groupby(owner).cumcount().to_numpy()
    return np.asarray(earlier * len(state.borrowers) + state.borrowers["borrower"][owner], np.int64)


def holds_frame(state: State, regions: tuple[str, ...], start_date: datetime.date) -> pd.DataFrame:
    """Return the table of holds, a row each, in order of (repaid_at, borrower, loan, instalment)."""
    holds = state.holds[: state.storage.holds_used]
    owner = state.borrowers["borrower"][holds["owner"]].astype(np.int64)
    order = np.lexsort((holds["instalment"], holds["origin"], owner, holds["repaid_at"]))
    good_at = state.good_at[order] if state.product.clears else holds["repaid_at"][order]
    holds, owner = holds.take(order), owner[order]  # brackets take ten times as long for records
    repaid_at, since = holds["repaid_at"].astype(np.int64), holds["since"].astype(np.int64)
    released, forfeited = holds["stage"] == stages.RELEASED, holds["stage"] == stages.FORFEITED
    ended = released | forfeited
    at = {
        "repaid": repaid_at,
        "good": np.where(holds["instalment"] == NONE, repaid_at, good_at),
        "approved": _day_or_nan(holds["approved_at"]),
        "reviewed": _day_or_nan(holds["reviewed_at"]),
        "ended": np.where(ended, since, np.nan),
    }
    columns: dict[str, Any] = {
        "hold": hold_numbers(state)[order],
        "borrower": owner,
        "loan": _loan_numbers(state, holds["origin"], owner),
        "instalment": holds["instalment"].astype(np.int64),
        "kind": _labels(holds["instalment"] == NONE, KINDS),
        "region": _labels(state.borrowers["region"][holds["owner"]], regions),
        "amount": holds["amount"] / 100,
    }
    for what, days in at.items():
        columns |= {f"{what}_at": days, f"{what}_on": dates(days, start_date)}
    columns |= {
        "outcome": _labels(np.select([released, forfeited], [0, 1], 2), OUTCOMES),
        "released_amount": np.where(ended, holds["amount"] - holds["forfeited"], 0) / 100,
        "forfeited_amount": holds["forfeited"] / 100,
        "delay_days": since - repaid_at,
    }
    columns |= {f"days_{gate}": holds["days"][:, i].astype(np.int64) for i, gate in enumerate(causes.GATES)}
    return pd.DataFrame(columns)


def borrowers_frame(state: State, regions: tuple[str, ...], scenario: Scenario) -> pd.DataFrame:
    """Return the table of borrowers at the end of the run, in order of their ids."""
    order = np.argsort(state.borrowers["borrower"])
    records, details = state.borrowers.take(order), state.details.take(order)
    present_until, warmup_days = records["present_until"].astype(np.int64), state.run.warmup_days
    columns = {
        "borrower": records["borrower"].astype(np.int64),
        "region": _labels(records["region"], regions),
        "watched": records["watched"] > 0,
        **_fields(records, "limit", "outstanding", "available", "held"),
        "score": records["score"].copy(),
        **_fields(records, "evaluation_day", "due_day", "lenders"),
        "flagged": records["flagged"] > 0,
        "drawn_elsewhere": details["drawn_elsewhere"] / 100,
        "closed": (records["closed"] & CLOSED) > 0,
        "written_off": details["written_off"] / 100,
        "highest_limit": records["highest"] / 100,
        "arrived_at": records["present_from"].astype(np.int64),
        "left_at": _day_or_nan(details["left_at"]),
        "refused_draws": details["refused_draws"],
        "present_days": np.maximum(0, present_until - np.maximum(records["present_from"], warmup_days)),
        "no_limit_days": records["no_limit_days"].astype(np.int64),
        "lost_amount_days": records["lost_days"] / 100,
        "interest_accrued": scenario.product.daily_rate * records["cent_days"] / 100,
        "interest_paid": records["interest_paid"] / 100,
    }
    return pd.DataFrame(columns)


def daily_frame(daily: Records, scenario: Scenario) -> pd.DataFrame:
    """Return the table of days; an unlimited pool has no headroom."""
    names = daily.dtype.names or ()
    frame = pd.DataFrame(_fields(daily, *names))
    accrued = scenario.product.daily_rate * daily["outstanding"] / 100
    frame.insert(names.index("interest_paid"), "interest_accrued", accrued)
    frame.insert(1, "date", dates(daily["day"], scenario.start_date))
    if scenario.funding.unlimited:
        frame["headroom"] = np.nan
    return frame


def events_frame(state: State, start_date: datetime.date) -> pd.DataFrame:
    """Return the log of events, ordered by (day, phase, borrower, event, loan, instalment, amount, cause)."""
    log = state.events[: state.storage.events_used]
    names = (*causes.NAMES, *state.reasons)
    alphabetical = np.argsort(np.argsort(names))
    by = ("day", "phase", "borrower", "event", "origin", "instalment", "amount")
    # The last key is the one that counts most.
    log = log.take(np.lexsort([alphabetical[log["cause"]], *(log[name] for name in reversed(by))]))
    columns = {
        "day": log["day"].astype(np.int64),
        "date": dates(log["day"], start_date),
        "phase": log["phase"].astype(np.int64),
        "event": _labels(log["event"], events.NAMES),
        "borrower": log["borrower"].astype(np.int64),
        "loan": _loan_numbers(state, log["origin"], log["borrower"]),
        **_fields(log, "instalment", "amount"),
        "cause": _labels(log["cause"], names),
    }
    return pd.DataFrame(columns)


def event_log_frame(state: State, holds: pd.DataFrame, scenario: Scenario) -> pd.DataFrame:
    """Return the life of each hold as process-mining tools read it, a row per stay at a gate.

    The holds come in their order, and what happens to each in that of time.
    """
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


def records_frame(notes: Sequence[Note], start_date: datetime.date) -> pd.DataFrame:
    """Return what processes recorded, in their order."""
    types = {"day": np.int64, "phase": np.int64, "borrower": np.int64, "name": str, "value": np.float64}
    frame = pd.DataFrame([*notes], columns=[*types]).astype(types)
    frame.insert(1, "date", dates(frame["day"].to_numpy(), start_date))
    return frame


def counts_frame(state: State, regions: tuple[str, ...]) -> pd.DataFrame:
    """Return the counts by age, a row per (region, followed, age)."""
    counts = np.moveaxis(state.counts.reshape(len(regions), 2, *state.counts.shape[1:]), 2, -1)
    holds, cents = _standing(counts["holds"]), _standing(counts["cents"])
    region, followed, age = (axis.ravel() for axis in np.indices(holds.shape[:3]))
    columns: dict[str, Any] = {"region": _labels(region, regions), "followed": followed > 0, "age_days": age}
    columns |= {name: holds[..., i].ravel() for i, name in enumerate(COUNTED)}
    columns |= {f"{name}_amount": cents[..., i].ravel() / 100 for i, name in enumerate(COUNTED)}
    return pd.DataFrame(columns)


def _standing(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Turn what arrives less what leaves at each age into what stands there; endings stay as they are."""
    gates, ends = np.split(counts, [len(causes.GATES)], axis=-1)
    return np.concatenate([gates.cumsum(axis=2), ends], axis=-1)
