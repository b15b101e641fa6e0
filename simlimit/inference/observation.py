"""How the log was observed, and the same view of a simulated history: arrays, a number for each repayment."""

import datetime
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import Floats, Ints, as_frame, as_numbers, check_columns, refused
from simlimit.books.portfolio import as_portfolio
from simlimit.errors import SimlimitError
from simlimit.model import causes, stages
from simlimit.model.records import NONE
from simlimit.model.state import State
from simlimit.scenario import Scenario

# By what repayments are told apart where the log has the column.
COLUMNS = ("gate", "region", "late", "amount")
NO_GATE = "none"
GATES = (*causes.GATES, NO_GATE)
FIFTHS = 5
_NEEDED = ("repaid_at", "outcome", "delay_days")
_ALLOWED = "a release log as read_release_log returns it: with repaid_at, outcome and delay_days"
_OUTCOMES = ("released", "forfeited", "pending")


class Repayments(NamedTuple):
    """The repayments of a log, real or simulated.

    Attributes
    ----------
    repaid : array of int
        Days since the begin of the window.
    age : array of int
        Days until the end, or until the day of extraction.
    followed : array of int
        Days until the day of extraction.
    outcome : array of int
        0 released, 1 forfeited, 2 pending.
    weight : array of float
        1, or the share of a part in its repayment.
    groups : dict of array of int
        Of each column: to which group a repayment belongs.
    """

    repaid: Ints
    age: Ints
    followed: Ints
    outcome: Ints
    weight: Floats
    groups: dict[str, Ints]

    def until(self, day: int) -> "Repayments":
        """Return what the log would have been, had it been extracted on an earlier day."""
        seen, followed = self.repaid <= day, day - self.repaid
        age, outcome = np.minimum(self.age, followed), np.where(self.age > followed, 2, self.outcome)
        groups = {name: codes[seen] for name, codes in self.groups.items()}
        days = self.repaid[seen], age[seen], followed[seen]
        return Repayments(*days, outcome[seen], self.weight[seen], groups)


class Window(NamedTuple):
    """When a log was taken, and of how many.

    Attributes
    ----------
    begin_on : date, optional
        Of its first day; None if it has no dates.
    days : int
        From its first day to the day of extraction.
    counted : str
        What is as often in a simulated log: "borrowers" with a repayment, or "repayments".
    number : int
        How many the log has.
    digest : str
        Of the log: that of `read_release_log`, or one of its days.
    """

    begin_on: datetime.date | None
    days: int
    counted: str
    number: int
    digest: str

    def platform(self, scenario: Scenario) -> Scenario:
        """Return a scenario whose history after the warm-up is that of the window."""
        start, warmup = scenario.start_date, scenario.warmup_days
        if self.begin_on is not None:
            start = self.begin_on - datetime.timedelta(warmup)
        book = as_portfolio(scenario.population.portfolio)  # a file is read once, not for each log
        changes = {
            "horizon_days": warmup + self.days + 1, "start_date": start, "population.portfolio": book
        }  # fmt: skip
        return scenario.replace({**changes, "provenance": scenario.provenance})


def observe_log(log: object, regions: Sequence[str]) -> tuple[Repayments, Window, list[str]]:
    """Return the repayments of a real log, its window, and what is to be said of it.

    Parameters
    ----------
    log : DataFrame
        As `read_release_log` returns it.
    regions : sequence of str
        Those of the scenario.
    """
    frame = as_frame("log", log, _ALLOWED)
    check_columns("log", frame, _NEEDED, _ALLOWED)
    if "kind" in frame:  # of a run, which holds raises, too
        frame = frame[frame["kind"] == "repayment"]
    entry = frame["entry_days"] if "entry_days" in frame else pd.Series(0.0, frame.index)
    older, frame = int((entry > 0).sum()), frame[entry == 0]
    if frame.empty:
        raise SimlimitError("log has no repayments that are seen from their day on, but must have some.")
    repaid, age = (as_numbers(name, frame[name]).astype(np.int64) for name in ("repaid_at", "delay_days"))
    outcome = pd.Index(_OUTCOMES).get_indexer(pd.Index(frame["outcome"].astype(str)))
    if (outcome < 0).any() or (age < 0).any():
        row = int(((outcome < 0) | (age < 0)).argmax())
        what, rule = f"row {row} of log", f"{', '.join(_OUTCOMES)}, after 0 days or more"
        raise refused(what, f"{frame['outcome'].iloc[row]} after {age[row]} days", rule)
    begin, last = frame.attrs.get("window", (int(repaid.min()), int((repaid + age).max())))
    groups, notes = _groups_of_log(frame, regions)
    notes += [f"{older:,} repaid before the window are not compared"] if older else []
    weight = np.ones(len(frame))
    if "repayment" in frame and not frame["repayment"].is_unique:
        parts = pd.Series(as_numbers("amount", frame["amount"]), frame.index)
        of_all = parts.groupby(frame["repayment"])
        # Where all parts are 0, each counts alike.
        weight = (parts / of_all.transform("sum")).fillna(1 / of_all.transform("size")).to_numpy()
    seen = Repayments(repaid - begin, age, last - repaid, outcome.astype(np.int64), weight, groups)
    first = frame["repaid_on"].iloc[0] if "repaid_on" in frame else pd.NaT
    before = datetime.timedelta(int(repaid[0] - begin))
    begin_on = None if pd.isna(first) else (pd.Timestamp(first) - before).date()
    counted, number = "repayments", round(weight.sum())
    if "borrower" in frame:
        counted, number = "borrowers", frame["borrower"].nunique()
    days = np.concatenate([repaid, age, outcome])
    digest = frame.attrs.get("digest") or hashlib.sha256(days.tobytes()).hexdigest()
    return seen, Window(begin_on, int(last - begin), counted, number, digest), notes


def repayments_in(state: State, platform: Scenario) -> npt.NDArray[np.void]:
    """Return the records of the holds that a log would list: of repayments, since the end of the warm-up."""
    holds = state.holds[: state.storage.holds_used]
    listed = (holds["instalment"] != NONE) & (holds["repaid_at"] >= platform.warmup_days)
    return np.asarray(holds[listed], holds.dtype)


def observe_state(state: State, platform: Scenario) -> Repayments:
    """Return a simulated history as the log would show it, with all columns."""
    holds = repayments_in(state, platform)
    repaid = holds["repaid_at"].astype(np.int64)
    followed = platform.horizon_days - 1 - repaid
    age = np.minimum(holds["since"] - repaid, followed)
    outcome = np.select([holds["stage"] == stages.RELEASED, holds["stage"] == stages.FORFEITED], [0, 1], 2)
    groups = {
        "gate": np.where(age > 0, holds["days"].argmax(axis=1), len(causes.GATES)),
        "region": state.borrowers["region"][holds["owner"]].astype(np.int64),
        "late": holds["late"].astype(np.int64),
        "amount": _fifths(holds["amount"]),
    }
    return Repayments(repaid - platform.warmup_days, age, followed, outcome, np.ones(len(age)), groups)


def _fifths(amounts: npt.NDArray[np.float64 | np.int64]) -> Ints:
    """Return in which fifth of all amounts each lies."""
    bounds = np.quantile(amounts, np.arange(1, FIFTHS) / FIFTHS) if len(amounts) else amounts
    return np.searchsorted(bounds, amounts).astype(np.int64)


def _groups_of_log(frame: pd.DataFrame, regions: Sequence[str]) -> tuple[dict[str, Ints], list[str]]:
    """Return the groups by each column that can be compared, and what is to be said of the others."""
    groups, notes = {}, []
    gates = [f"days_{gate}" for gate in causes.GATES]
    if "gate" in frame:
        gate = frame["gate"].astype(object).where(frame["delay_days"] > 0, NO_GATE)
        groups["gate"] = pd.Index(GATES).get_indexer(pd.Index(gate.replace("(blank)", NO_GATE)))
    elif set(gates) <= set(frame):
        days = frame[gates].to_numpy(np.int64)
        groups["gate"] = np.where(frame["delay_days"] > 0, days.argmax(axis=1), len(causes.GATES))
    if "region" in frame:
        groups["region"] = pd.Index(list(regions)).get_indexer(pd.Index(frame["region"].astype(str)))
    if "late" in frame:
        groups["late"] = as_numbers("late", frame["late"]).astype(np.int64)
    if "amount" in frame and frame["amount"].nunique() > 1:
        groups["amount"] = _fifths(as_numbers("amount", frame["amount"]))
    for column, known in (("gate", GATES), ("region", regions)):
        if column in groups and (groups[column] < 0).any():
            other = frame[column].iloc[int((groups[column] < 0).argmax())]
            notes.append(f"{column} is not compared, since {other!r} is none of {', '.join(known)}")
            del groups[column]
    return groups, notes
