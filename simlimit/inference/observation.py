"""How the log was observed, and the same view of a simulated history: arrays, a number for each repayment."""

import datetime
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import Floats, Ints, as_frame, check_columns
from simlimit.books.log_words import BLANK, OUTCOMES, truths_in
from simlimit.books.portfolio import as_portfolio
from simlimit.books.release_log import log_digest
from simlimit.books.table import check_cells, numbers
from simlimit.errors import SimlimitError
from simlimit.model import causes, stages
from simlimit.model.records import NONE
from simlimit.model.state import State
from simlimit.scenario import Scenario

# By what repayments are told apart where the log has the column.
AMOUNT = "amount"
COLUMNS = ("gate", "region", "late", AMOUNT)
NO_GATE = "none"
GATES = (*causes.GATES, NO_GATE)
FIFTHS = 5
# By which share of all repayments fifths may differ in size where amounts are compared.
UNEVEN = 0.1
_NEEDED = ("repaid_at", "outcome", "delay_days")
_ALLOWED = "a release log as read_release_log returns it: with repaid_at, outcome and delay_days"
# What a column says that a log lacks.
_LACKING: dict[str, Any] = {"amount": 1.0, "entry_days": 0.0, "repaid_on": pd.NaT}
# The most and the least in columns of numbers.
_MOST = 1e11
_LEAST = {"repaid_at": -_MOST, "delay_days": 0, "entry_days": 0, "amount": 0}


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
        What is as often in a simulated log: "borrower" with a repayment, or "repayment".
    number : int
        How many the log has.
    digest : str
        Of the log, or the part of it, that is compared.
    """

    begin_on: datetime.date | None
    days: int
    counted: str
    number: int
    digest: str

    def platform(self, scenario: Scenario) -> Scenario:
        """Return a scenario whose history after the warm-up is that of the window."""
        warmup, book = scenario.warmup_days, as_portfolio(scenario.population.portfolio)
        changes: dict[str, object] = {"horizon_days": warmup + self.days + 1}
        if self.begin_on is not None:
            changes["start_date"] = self.begin_on - datetime.timedelta(warmup)
        window = dict.fromkeys(changes, "measured: the days of the log, and the warm-up before them")
        if book is not None:  # a file is read once, not for each log
            changes["population.portfolio"] = book
        return scenario.replace(changes | {"provenance": {**scenario.provenance, **window}})


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
    frame = frame.set_axis(frame.index.to_flat_index().rename("log: row"))
    digest, has_amounts = log_digest(frame), "amount" in frame
    if "kind" in frame:  # of a run, which holds raises, too
        frame = frame[frame["kind"] == "repayment"]
    lacking = {"repayment": np.arange(len(frame)), **_LACKING}
    frame = frame.assign(**{one: every for one, every in lacking.items() if one not in frame})
    check_cells(frame["repayment"], frame["repayment"].notna().to_numpy(), "are names of each repayment")
    check_cells(frame["outcome"], frame["outcome"].isin(OUTCOMES).to_numpy(), f"are {', '.join(OUTCOMES)}")
    text = frame[[*_LEAST]].astype(str).assign(entry_days=frame["entry_days"].fillna(0).astype(str))
    for one, least in _LEAST.items():
        frame[one] = numbers(text, one, least, _MOST, whole=one in _NEEDED)
    is_seen = (frame["entry_days"] == 0) & (frame["repaid_at"] >= frame.attrs.get("window", [-_MOST])[0])
    older, frame = frame["repayment"][~is_seen].nunique(), frame[is_seen]
    if frame.empty:
        raise SimlimitError("log has no repayments that are seen from their day on, but must have some.")
    repaid, age = (frame[one].to_numpy(np.int64) for one in ("repaid_at", "delay_days"))
    begin, last = frame.attrs.get("window", (repaid.min(), (repaid + age).max()))
    outcome = pd.Index(OUTCOMES).get_indexer(pd.Index(frame["outcome"].astype(str))).astype(np.int64)
    age = np.where(outcome == 2, np.minimum(age, last - repaid), age)
    groups, notes = _groups_of_log(frame.assign(delay_days=age), regions)
    notes += [f"{older:,} repaid before the window are not compared"] if older else []

    # Of each row, the place of its repayment; of each repayment, the amount of all its parts.
    place, amount = pd.factorize(frame["repayment"])[0], frame["amount"].to_numpy()
    whole = np.bincount(place, amount)
    if has_amounts and len(np.unique(whole)) > 1:
        fifths = _fifths(whole)
        # The fifths of simulated logs, in which hardly two amounts are equal, have one size.
        if np.ptp(np.bincount(fifths, minlength=FIFTHS)) <= 1 + UNEVEN * len(whole):
            groups[AMOUNT] = fifths[place]
        else:
            notes.append("amount is not compared, since many amounts are equal")
    amount = np.where(whole[place] > 0, amount, 1)  # where all parts are 0, each counts alike
    weight = amount / np.bincount(place, amount)[place]
    seen = Repayments(repaid - begin, age, last - repaid, outcome, weight, groups)
    first = pd.Timestamp(frame["repaid_on"].iloc[0])
    begin_on = None if pd.isna(first) else (first - datetime.timedelta(int(repaid[0] - begin))).date()
    notes += ["weekdays are not compared, since the log has no dates"] if begin_on is None else []
    counted = "borrower" if "borrower" in frame else "repayment"
    return seen, Window(begin_on, int(last - begin), counted, frame[counted].nunique(), digest), notes


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
        AMOUNT: _fifths(holds["amount"]),
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
        groups["gate"] = pd.Index(GATES).get_indexer(pd.Index(gate.replace(BLANK, NO_GATE)))
    elif set(gates) <= set(frame):
        days = frame[gates].to_numpy(np.int64)
        groups["gate"] = np.where(frame["delay_days"] > 0, days.argmax(axis=1), len(causes.GATES))
    if "region" in frame:
        groups["region"] = pd.Index(list(regions)).get_indexer(pd.Index(frame["region"].astype(str)))
    if "late" in frame:
        groups["late"] = truths_in(frame["late"].astype(str).fillna("")).astype(np.int64)
    for column, known in (("gate", GATES), ("region", regions)):
        if column in groups and (groups[column] < 0).any():
            other = frame[column].iloc[int((groups[column] < 0).argmax())]
            explained = " (gates of read_release_log explains it)" if column == "gate" else ""
            notes.append(
                f"{column} is not compared, since {other!r} is none of {', '.join(known)}{explained}"
            )
            del groups[column]
    if "region" in groups and frame["region"].nunique() == 1:  # a part of a log, which says nothing of others
        del groups["region"]
    return groups, notes
