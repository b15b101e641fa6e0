"""How the log was observed, and the same view of a simulated history: arrays, a number for each repayment."""

import datetime
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import Floats, as_frame, check_columns, check_type
from simlimit.errors import SimlimitError
from simlimit.model import causes, stages
from simlimit.model.records import NONE, Records
from simlimit.model.state import State
from simlimit.scenario import Scenario

Ints = npt.NDArray[np.int64]
COLUMNS = ("gate", "region", "late", "amount")
"""By what repayments are told apart where the log has the column."""
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
    weight : array of float, optional
        Of parts of a repayment; None if each is whole.
    groups : dict of array of int
        Of each column: to which group a repayment belongs.
    """

    repaid: Ints
    age: Ints
    followed: Ints
    outcome: Ints
    weight: Floats | None
    groups: dict[str, Ints]

    def until(self, day: int) -> "Repayments":
        """Return what the log would have been, had it been extracted on an earlier day."""
        seen = self.repaid <= day
        followed = day - self.repaid[seen]
        age, outcome = self.age[seen], np.where(self.age[seen] > followed, 2, self.outcome[seen])
        groups = {name: codes[seen] for name, codes in self.groups.items()}
        weight = None if self.weight is None else self.weight[seen]
        return Repayments(self.repaid[seen], np.minimum(age, followed), followed, outcome, weight, groups)


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
    """

    begin_on: datetime.date | None
    days: int
    counted: str
    number: int

    def platform(self, scenario: Scenario) -> Scenario:
        """Return a scenario whose history after the warm-up is that of the window."""
        horizon = scenario.warmup_days + self.days + 1
        start = scenario.start_date
        if self.begin_on is not None:
            start = self.begin_on - datetime.timedelta(scenario.warmup_days)
        changes = {"horizon_days": horizon, "start_date": start}
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
    if "kind" in frame:
        frame = frame[frame["kind"] == "repayment"]
    entry = frame["entry_days"].to_numpy(np.float64) if "entry_days" in frame else np.zeros(len(frame))
    older, frame = int((entry > 0).sum()), frame[entry == 0]
    if frame.empty:
        raise SimlimitError("log has no repayments that are seen from their day on, but must have some.")
    repaid, age = _whole_days(frame, "repaid_at"), _whole_days(frame, "delay_days")
    outcome = pd.Index(_OUTCOMES).get_indexer(pd.Index(frame["outcome"].astype(str)))
    for wrong, column in ((outcome < 0, "outcome"), (age < 0, "delay_days")):
        if wrong.any():
            value, allowed = frame[column].iloc[int(wrong.argmax())], f"{', '.join(_OUTCOMES)}"
            rule = f"one of: {allowed}" if column == "outcome" else "from 0 up"
            raise SimlimitError(f"log has the {column} {value}, but must have {rule}.")
    begin, last = frame.attrs.get("window", (int(repaid.min()), int((repaid + age).max())))
    check_type("window of log", begin, int, np.integer)
    groups, notes = _groups_of_log(frame, regions)
    notes += [f"{older:,} repaid before the window are not compared"] if older else []
    weight = None
    if "repayment" in frame and not frame["repayment"].is_unique:
        whole = frame.groupby("repayment", sort=False)["amount"].transform("sum")
        weight = (frame["amount"] / whole).to_numpy(np.float64)
    repaid = repaid - int(begin)
    days = int(last) - int(begin)
    seen = Repayments(repaid, age, days - repaid, outcome.astype(np.int64), weight, groups)
    has_borrowers = "borrower" in frame
    number = frame["borrower"].nunique() if has_borrowers else len(frame)
    counted = "borrowers" if has_borrowers else "repayments"
    return seen, Window(_date_of(frame, int(begin)), days, counted, int(number)), notes


def repayments_in(state: State, platform: Scenario) -> Records:
    """Return the records of the holds that a log would list: of repayments, since the end of the warm-up."""
    holds = state.holds[: state.storage.holds_used]
    return holds[(holds["instalment"] != NONE) & (holds["repaid_at"] >= platform.warmup_days)]


def observe_state(state: State, platform: Scenario) -> Repayments:
    """Return a simulated history as the log would show it, with all columns."""
    holds = repayments_in(state, platform)
    repaid = holds["repaid_at"].astype(np.int64)
    followed = platform.horizon_days - 1 - repaid
    age = np.minimum(holds["since"] - repaid, followed)
    ended = [holds["stage"] == stages.RELEASED, holds["stage"] == stages.FORFEITED]
    gate = np.where(age > 0, holds["days"].argmax(axis=1), len(causes.GATES))
    groups = {
        "gate": gate,
        "region": state.borrowers["region"][holds["owner"]].astype(np.int64),
        "late": holds["late"].astype(np.int64),
        "amount": fifths(holds["amount"]),
    }
    outcome = np.select(ended, [0, 1], 2)
    return Repayments(repaid - platform.warmup_days, age, followed, outcome, None, groups)


def fifths(amounts: npt.NDArray[np.float64 | np.int64]) -> Ints:
    """Return in which fifth of all amounts each lies."""
    bounds = np.quantile(amounts, np.arange(1, FIFTHS) / FIFTHS) if len(amounts) else np.zeros(FIFTHS - 1)
    return np.searchsorted(bounds, amounts).astype(np.int64)


def _whole_days(frame: pd.DataFrame, column: str) -> Ints:
    try:
        return frame[column].to_numpy(np.float64).astype(np.int64)
    except (TypeError, ValueError):
        raise SimlimitError(f"log has {column} that are no days, but must have whole numbers.") from None


def _date_of(frame: pd.DataFrame, begin: int) -> datetime.date | None:
    """Return the date of the first day of the window."""
    if "repaid_on" not in frame or pd.isna(frame["repaid_on"].iloc[0]):
        return None
    since = int(frame["repaid_at"].iloc[0]) - begin
    return (pd.Timestamp(frame["repaid_on"].iloc[0]) - pd.Timedelta(days=since)).date()


def _groups_of_log(frame: pd.DataFrame, regions: Sequence[str]) -> tuple[dict[str, Ints], list[str]]:
    """Return the groups by each column that can be compared, and what is to be said of the others."""
    groups, notes = {}, []
    gates = [f"days_{gate}" for gate in causes.GATES]
    if "gate" in frame:
        gate = frame["gate"].astype(str)
        gate = gate.mask(gate.isin(["(blank)", "nan", "None", ""]) | (frame["delay_days"] == 0), NO_GATE)
        groups["gate"] = pd.Index(GATES).get_indexer(pd.Index(gate))
    elif set(gates) <= set(frame):
        days = frame[gates].to_numpy(np.int64)
        groups["gate"] = np.where(frame["delay_days"] > 0, days.argmax(axis=1), len(causes.GATES))
    if "region" in frame:
        groups["region"] = pd.Index(list(regions)).get_indexer(pd.Index(frame["region"].astype(str)))
    if "late" in frame:
        groups["late"] = frame["late"].to_numpy(np.int64)
    if "amount" in frame and frame["amount"].nunique() > 1:
        groups["amount"] = fifths(frame["amount"].to_numpy(np.float64))
    for column, known in (("gate", GATES), ("region", regions)):
        if column in groups and (groups[column] < 0).any():
            other = frame[column].iloc[int((groups[column] < 0).argmax())]
            notes.append(f"{column} is not compared, since {other!r} is none of {', '.join(known)}")
            del groups[column]
    return groups, notes
