"""An event log, a row per stay as process-mining tools read it, turned into a release log, a row per case."""

import datetime

import numpy as np
import pandas as pd

from simlimit.books.log_days import FIRST_DATE, days_of
from simlimit.books.log_words import OUTCOMES, Meanings, by_word, missing_in, small, words_of
from simlimit.books.table import cells_of, check_cells, names_in, read_columns

NEEDED = ("case:concept:name", "concept:name", "start_timestamp", "time:timestamp")
CASE, ACTIVITY, START, END = NEEDED
STATE, ATTRIBUTE = "lifecycle:transition", "case:"
# What the cases tell themselves.
TOLD = ("concept:name", "repayment", "repaid_on", "ended_on", "outcome", "gate", "extracted_on")


def cases_in(cells: pd.DataFrame, outcomes: Meanings, date_format: str | None) -> pd.DataFrame:
    """Return the cells of a release log with a row per case of an event log; other cells as they are.

    A case begins with its first stay, and ends with the activity that is a word for an outcome. It waited for
    the activity that took most days; of equals, for the first.

    Parameters
    ----------
    cells : pandas.DataFrame
        From `read_cells`.
    outcomes, date_format
        As `read_release_log` takes them.
    """
    names = {*names_in(cells, 0), *names_in(cells, 1)}
    if not names.issuperset((CASE, ACTIVITY)):
        return cells
    told = {ATTRIBUTE + name for name in TOLD}
    attributes = sorted(name for name in names - told if name.startswith(ATTRIBUTE))
    text = read_columns(cells, NEEDED, (STATE, *attributes))
    since, until = (days_of(text[name], date_format) for name in (START, END))
    check_cells(text[END], until >= since, "are moments from the start on")
    check_cells(text[CASE], ~missing_in(text[CASE]), "are names of each case")
    words = words_of("outcomes", outcomes)
    ends = by_word(text[ACTIVITY], lambda word: words.get(small(word)) in OUTCOMES[:2], np.bool_)
    rows = pd.DataFrame({"case": pd.factorize(text[CASE])[0], "since": since, "days": until - since})
    check_cells(text[ACTIVITY], ~(ends & rows["case"].where(ends).duplicated()), "is one end for each case")

    first = rows.groupby("case")["since"].idxmin().to_numpy()
    ended = text[ends].set_axis(rows.loc[ends, "case"]).reindex(range(len(first)))
    waits = rows.assign(gate=text[ACTIVITY].to_numpy())[~ends]
    waits = waits.groupby(["case", "gate"], sort=False, as_index=False)["days"].sum().query("days > 0")
    longest = waits.sort_values("days", ascending=False, kind="stable").drop_duplicates("case")
    table = text[[CASE, START, *attributes]].iloc[first]
    table = table.rename(columns=lambda name: name.removeprefix(ATTRIBUTE))
    table = table.rename(columns={"concept:name": "repayment", START: "repaid_on"})
    table["ended_on"], table["outcome"] = ended[END].to_numpy(), ended[ACTIVITY].to_numpy()
    table["gate"] = longest.set_index("case")["gate"].reindex(range(len(first))).to_numpy()
    goes_on = text[STATE].map(small) == "start" if STATE in text else np.zeros(len(text), np.bool_)
    if goes_on.any():  # such a stay was seen until its end, the midnight after the last day of the log
        last = int(np.where(goes_on, np.maximum(until - 1, since), until).max())
        table["extracted_on"] = str(last)
        if last >= FIRST_DATE:
            table["extracted_on"] = datetime.date.fromordinal(last).strftime(date_format or "%Y-%m-%d")
    return cells_of(table, str(cells.index.name))
