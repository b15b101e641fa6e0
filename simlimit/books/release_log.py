"""A release log as its owner has it, read into the columns that statistics, pictures and fits take."""

import datetime
import hashlib
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from simlimit.arguments import Floats, Ints, check_text, refused, shown
from simlimit.books import log_words
from simlimit.books.log_cases import cases_in
from simlimit.books.log_days import FIRST_DATE, MOST_DAYS, check_format, day_given, days_of, shown_day
from simlimit.books.log_words import BY_NAME, OUTCOMES, missing_in, typed
from simlimit.books.table import (
    MAX_AMOUNT,
    Source,
    as_source,
    check_cells,
    check_points,
    numbers,
    read_cells,
    read_columns,
)
from simlimit.templates import filled

Day: TypeAlias = str | int | datetime.date | np.datetime64
Columns: TypeAlias = Mapping[str, "pd.Series[str]"]
# The columns by which a log is told from another.
_TOLD = "^(borrower|repayment|repaid_at|repaid_on|outcome|delay_days|entry_days|amount|gate|region|late)$"


def read_release_log(
    source: Source,
    *,
    repaid: str = BY_NAME,
    ended: str = BY_NAME,
    outcome: str | None = BY_NAME,
    borrower: str | None = BY_NAME,
    repayment: str | None = BY_NAME,
    amount: str | None = BY_NAME,
    gate: str | None = BY_NAME,
    region: str | None = BY_NAME,
    late: str | None = BY_NAME,
    entry: str | None = BY_NAME,
    outcomes: Mapping[str, str] | None = None,
    gates: Mapping[str, str] | None = None,
    extracted: Day | None = None,
    since: Day | None = None,
    start_date: Day | None = None,
    date_format: str | None = None,
    encoding: str | None = None,
) -> pd.DataFrame:
    """Read what became of real repayments, so that all statistics and pictures take it.

    What cannot be read is refused with its row. What is dropped is said in ``attrs["read"]``, and what
    statistics must be told: ``weight="amount"`` for parts, ``entry="entry_days"`` for what was seen late.

    Parameters
    ----------
    source : path or DataFrame
        A CSV file (plain or .gz), a Parquet file, an Excel file (.xlsx), or a frame: a row per repayment, or
        per stay of one at a gate, in the form of `Run.event_log`. Then the first stay begins with the
        repayment, an activity that is a word for an outcome ends it, and its gate is that of most days.
        ``case:amount`` is found as `amount`, and so are other attributes of cases.
    repaid, ended : str
        What the log calls the day of the repayment, and the day on which it was released or forfeited. Not
        needed for names such as `repaid_on`, `release_date`, 还款日期 or 恢复日期. Days are dates with the
        year first, with a time or without, serial numbers of a spreadsheet, or whole numbers of days. Of a
        moment it is the day on the wall. The end of what is pending is blank, NULL, 9999-12-31 or the like.
    outcome : str or None
        What it calls the column that says how a repayment ended. Without it, what has an end was released.
        This column and those below are found by names such as `status` or 状态, too. None declines one that
        is found.
    borrower, amount, gate, region, late : str or None
        What it calls these columns: who repaid, how much, what the repayment waited for, where, and whether
        it was paid late (yes or no).
    repayment : str or None
        What it calls the number of a repayment. Several rows with one number are the parts in which it came
        back. They need an amount.
    entry : str or None
        What it calls the age in days from which a row could be seen, if `since` does not say it; 0 if blank.
    outcomes : mapping of str to str, optional
        What words of the log mean, such as ``{"已恢复": "released"}``: released, forfeited or pending.
    gates : mapping of str to str, optional
        What words of the column `gate` mean, such as ``{"风控": "review"}``: settlement, evaluation, score,
        overdue, behaviour, review, policy, funding, or "(blank)" for nothing. `fit` compares no other gates.
        If not given, they stay as they are.
    extracted : date, optional
        The last day that the log knows about: what is pending has waited until then. If not given, it is in a
        column such as `extracted_on`, or the last day of a log in which nothing is pending.
    since : date, optional
        The day on which the log begins, if it also has older repayments that were still waiting then. They
        count from the age at which they came in. What ended earlier is dropped.
    start_date : date, optional
        The date of day 0. If not given, it is the day of the first repayment that is kept, or `since` if that
        is earlier. Numbers of days stay as they are.
    date_format : str, optional
        How dates are written that do not have the year first, such as ``"%d/%m/%Y"``. A format in which no
        day is written is refused.
    encoding : str, optional
        Of a CSV file, such as ``"gbk"``. By its mark if not given: UTF-16, or else UTF-8.

    Returns
    -------
    pandas.DataFrame
        A row per repayment, or part of one, in the order of the log. Columns:

        - `row`: the line of a file, as its editor counts, or what the index of a frame calls the row;
        - `borrower` and `repayment`, if there are any;
        - `repaid_at`, `repaid_on`: the day and the date of the repayment; no date (NaT) where the log has
          numbers of days and no `start_date` is given;
        - `ended_at`, `ended_on`: those of its end, missing if it is pending;
        - `outcome`: released, forfeited or pending;
        - `delay_days`: days until the end, or until `extracted` if it is pending;
        - `amount`: 1 where the log has none;
        - `entry_days`: the age above which it could be seen; 0 but for what is older than `since`;
        - `gate` and `region` (``"(blank)"`` where there is none), and `late`, if there are any;
        - all further columns of the log, under their own names, unless one of these has that name.

        ``attrs`` has `read`, a sentence on what was read; `source`, its `columns` and its `digest` (SHA-256);
        `extracted_on` and `start_date`, dates as text, or None; and `window`, the first and last day seen.
        `fit` takes the window of a part of the log from there, and counts the digest anew.

    Raises
    ------
    SimlimitError
        One sentence: the argument, or the row, the column, the cell and what is allowed.

    Examples
    --------
    >>> import pandas as pd
    >>> import simlimit as sl
    >>> days = {"还款日": ["2026/10/1", "2026/10/2", "2026/10/2"], "恢复日": ["2026/10/1", "2026/10/9", None]}
    >>> log = sl.read_release_log(pd.DataFrame(days), extracted="2026-10-31")
    >>> log["delay_days"].to_list(), log["outcome"].to_list()
    ([0, 7, 29], ['released', 'released', 'pending'])
    >>> log.attrs["read"].removeprefix("a frame: 3 rows, repaid 2026-10-01 to 2026-10-02, ")
    'seen until 2026-10-31: 2 released, 0 forfeited, 1 pending.'
    """
    given = {"repaid": repaid, "ended": ended, "outcome": outcome, "borrower": borrower, "late": late}
    given |= {"repayment": repayment, "amount": amount, "gate": gate, "region": region, "entry": entry}
    for argument, value in {**given, "date_format": date_format}.items():
        if value is not None:
            check_text(argument, value, 1_000)
    source, name = as_source("source", source)
    cells = read_cells(source, encoding, ', or name its encoding, such as encoding="gbk"')
    cells = cases_in(cells, outcomes, date_format)
    called, others = log_words.columns_of(cells, given)
    for ours, words in (("outcome", outcomes), ("gate", gates)):
        log_words.check_meanings(f"{ours}s", words)
        if words and ours not in called:
            raise refused(f"{ours}s", words, f"left out: no column is found by its name, or named as {ours}")
    needed = called["repaid"], called["ended"]
    text = read_columns(cells, needed, tuple({*called.values(), *others} - {*needed}))
    row, notes = _distinct(text, "repayment" in called or {"borrower", "amount"} <= called.keys())
    by = {ours: text[theirs].iloc[row] for ours, theirs in called.items()}

    start = days_of(by["repaid"], date_format)
    end = days_of(by["ended"], date_format, start[0], may_miss=True)
    if date_format is not None:
        columns = [by[name] for name in ("repaid", "ended", "extracted") if name in by]
        check_format(date_format, [*(day for days in columns for day in days.unique()), extracted, since])
    said = log_words.outcomes_in(by.get("outcome"), outcomes, ~np.isnan(end))
    last = _last_day(by, start, end, extracted, date_format)
    _check_days(by, said, start, end, last)
    begin = start.min() if since is None else day_given("since", since, date_format, start[0])
    stop, before = np.fmin(end, last), end < begin
    if begin > stop.max():
        raise refused("since", since, f"a day until the last one of any row, {shown_day(stop.max())}")
    zero, date_0 = _start(start_date, min(begin, start[~before].min()), last)
    age = np.where(start < begin, begin - start - 0.5, 0.0)
    if "entry" in by:
        ages = by["entry"].mask(missing_in(by["entry"]), "0").to_frame()
        age = np.maximum(age, numbers(ages, called["entry"], 0.0, MOST_DAYS))
        is_seen = before | (age < np.maximum(stop - start, 0.5))
        check_cells(by["entry"], is_seen, "is 0, or an age below that of the end")

    log = pd.DataFrame({"row": text.index[row].infer_objects()})
    for ours in [one for one in by if one in ("borrower", "repayment")]:
        check_cells(by[ours], ~missing_in(by[ours]), f"are names of each {ours}")
        log[ours] = typed(by[ours]).to_numpy()
    for what, day in (("repaid", (start - zero).astype(np.int64)), ("ended", end - zero)):
        log[f"{what}_at"], log[f"{what}_on"] = day, _dates(day, date_0)
    log["outcome"] = pd.Categorical(said, categories=pd.Index(OUTCOMES))
    log["delay_days"], log["entry_days"], log["amount"] = (stop - start).astype(np.int64), age, 1.0
    if "amount" in by:
        check_points(text[called["amount"]])
        log["amount"] = numbers(text.iloc[row], called["amount"], 0.0, MAX_AMOUNT, money=True)
    for ours in [one for one in by if one in ("gate", "region")]:
        log[ours] = log_words.gates_in(by[ours], gates if ours == "gate" else None)
    if "late" in by:
        log["late"] = log_words.truths_in(by["late"])
    notes += _parts(log, by)
    left_out = [one for one in others if one in log or given.get(one, "") is None]
    for theirs in [one for one in others if one not in left_out]:
        log[theirs] = typed(text[theirs].iloc[row]).to_numpy()
    notes += [f"{shown(one)} left out, since its name is taken" for one in left_out]

    notes += [f"{before.sum():,} dropped that ended before {shown_day(begin)}"] if before.any() else []
    log = log[~before].reset_index(drop=True)
    late_seen = int((log["entry_days"] > 0).sum())
    notes += [f"{late_seen:,} seen late, which entry='entry_days' counts right"] * (late_seen > 0)
    log.attrs = {"source": name, "columns": called, "window": (int(begin - zero), int(last - zero))}
    dates = {"start_date": date_0, "extracted_on": last - zero + date_0}
    log.attrs |= {name: None if np.isnan(day) else shown_day(day) for name, day in dates.items()}
    log.attrs["digest"] = log_digest(log)
    log.attrs["read"] = _sentence(log, start[~before], last, notes)
    return log


def log_digest(log: pd.DataFrame) -> str:
    """Return the SHA-256 of a log, or a part of one: of the columns that have a meaning, in any order."""
    told = log.filter(regex=_TOLD)
    hashed = pd.util.hash_pandas_object(told[sorted(map(str, told))], index=False)
    return hashlib.sha256(hashed.to_numpy().tobytes()).hexdigest()


def _distinct(text: pd.DataFrame, drops: bool) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Return the positions of the rows to read, and what is to be said about the others."""
    is_blank = (text == "").all(axis="columns").to_numpy(np.bool_)
    is_copy = text.duplicated().to_numpy(np.bool_) & ~is_blank
    equal = f"equal to an earlier one {'dropped' if drops else 'kept'}"
    notes = []
    for some, what in ((is_blank, "blank ones dropped"), (is_copy, equal)):
        rows = [*map(str, text.index[some][:6])]
        few = ", ".join(rows[:5]) + " .." * (len(rows) > 5)
        notes += [f"{some.sum():,} {what} ({str(text.index.name).rpartition(' ')[2]} {few})"] * bool(rows)
    return np.flatnonzero(~is_blank & ~(is_copy & drops)), notes


def _last_day(by: Columns, start: Floats, end: Floats, asked: Day | None, date_format: str | None) -> float:
    """Return the day of the extract: as given, or in a column, or the last one if nothing is pending."""
    if asked is not None:
        return day_given("extracted", asked, date_format, start[0])
    if "extracted" in by:
        days = days_of(by["extracted"], date_format, start[0])
        check_cells(by["extracted"], days == days[0], f"is one day of the extract, {shown_day(days[0])}")
        return float(days[0])
    check_cells(by["ended"], ~np.isnan(end), "is an end, unless extracted says until when rows were seen")
    return float(end.max())


def _check_days(by: Columns, said: npt.NDArray[np.str_], start: Floats, end: Floats, last: float) -> None:
    """Refuse the first row whose days do not follow each other, or do not fit its outcome."""
    for ours, days in (("repaid", start), ("ended", end)):
        check_cells(by[ours], ~(days > last), f"are days until that of the extract, {shown_day(last)}")
    fits, after = np.isnan(end) == (said == "pending"), ~(end < start)
    word, day = said[int(np.argmin(fits))], shown_day(start[int(np.argmin(after))])
    check_cells(by["ended"], fits, f"is {'no' if word == 'pending' else 'a'} day where the outcome is {word}")
    check_cells(by["ended"], after, f"are days from its repayment on, {day}")


def _start(start_date: Day | None, first: float, last: float) -> tuple[float, float]:
    """Return which day becomes day 0, and its date; NaN if that is unknown."""
    date = np.nan if start_date is None else day_given("start_date", start_date)
    if first < FIRST_DATE:
        if date + last > datetime.date.max.toordinal():
            raise refused("start_date", start_date, "a date after which the log ends before the year 10000")
        return 0.0, date
    if date > first:
        raise refused("start_date", start_date, f"a date until the first day of the log, {shown_day(first)}")
    return (first, first) if np.isnan(date) else (date, date)


def _dates(days: Floats | Ints, date_0: float) -> npt.NDArray[np.datetime64]:
    """Return the dates of days; not a time (NaT) where one is unknown. Parquet takes milliseconds."""
    return np.datetime64("0001-01-01", "ms") + (days + date_0 - 1).astype("timedelta64[D]")


def _parts(log: pd.DataFrame, by: Columns) -> list[str]:
    """Check the parts of each repayment; return what is to be said about them."""
    if "repayment" not in log or log["repayment"].is_unique:
        return []
    parts = log.groupby("repayment", sort=False)
    is_part = parts["repaid_at"].transform("size").to_numpy() > 1
    check_cells(by["repayment"], ~is_part | ("amount" in by), "is one row of a repayment without an amount")
    for ours, key in (("repaid", "repaid_at"), ("borrower", "borrower")):
        if ours in by:
            same = (log[key] == parts[key].transform("first")).to_numpy()
            check_cells(by[ours], same, "is the same for all parts of a repayment")
    return [f"{is_part.sum():,} parts of repayments, which weight='amount' counts right"]


def _sentence(log: pd.DataFrame, start: Floats, last: float, notes: list[str]) -> str:
    """Return what was read in one sentence."""
    counts = log["outcome"].value_counts()
    known = {"rows": len(log), "borrowers": log["borrower"].nunique() if "borrower" in log else 0}
    who = " of {borrowers:,} borrower{borrowers:s}" if "borrower" in log else ""
    size = filled("{rows:,} row{rows:s}" + who, **known)
    when = f"repaid {shown_day(start.min())} to {shown_day(start.max())}, seen until {shown_day(last)}"
    ends = ", ".join(f"{counts[one]:,} {one}" for one in OUTCOMES)
    if not counts["pending"]:
        notes = [*notes, "waits look too short if the log has only what has ended"]
    return f"{log.attrs['source']}: {'; '.join([f'{size}, {when}: {ends}', *notes])}."
