"""The state of a run, which every transition takes as one argument, and small questions about its records."""

from typing import Any

import numpy as np
import numpy.typing as npt

from simlimit.model import records
from simlimit.model.book import Book
from simlimit.model.compiling import step
from simlimit.model.handle import Handle, array_of, handle_of, record_of
from simlimit.model.records import NONE, Record


class State(Handle):
    """All records of one run. Transitions read and write nothing else; a driver finds the space before.

    Attributes
    ----------
    run : record
        The key of the random numbers, and what the run keeps and counts.
    population, .., levers : records
        Parameters, by the parts of a scenario. Only `simlimit.model.parameters` writes them.
    clock, today, totals, storage : records
        Where today is; the row of the day so far; totals; which records are in use.
    book : Book
        What the borrowers are drawn from.
    regions : array of REGION records
    borrowers : array of BORROWER records
        In any order: ``borrower`` is the id by which a borrower is known outside, ``place`` where it lies.
    ids : array of int
        ``borrower`` of each place, side by side, for those who sort; there is space for more.
    details : array of DETAILS records
        One per borrower, in the order of ``borrowers``; there is space for more.
    loans : array of LOAN records
        Each borrower's side by side: ``loans`` of them from ``first_loan`` on.
    loan_keys : array of int
        Of every loan ever opened, unless records are used again; see `simlimit.model.loans.loan_key`.
    score_left : array of float, shape (horizon,)
        What is left of a score's distance to its target after so many days.
    asking : array of ASKING records
        Those who ask for a draw today; where the pool can refuse draws.
    holds, events, stays : arrays of records
        In use up to the counts in ``storage``.
    good_at : array of int
        Of each hold of a repayment that is kept, the day on which it is good; where payments clear.
    opened, open_from, worked : arrays of int
        The open days; the first from each day on, and how many there are before it. They go on beyond the
        horizon for as long as a payment can take to clear; they are empty if nothing rests.
    counts : array of COUNT records, shape (2 x groups, what is counted, ages)
        Row 2g has the holds of group g without a full follow-up, row 2g + 1 those with it.
    daily : array of DAY records
    queues : array of QUEUE records
        As `simlimit.model.queues` numbers them.
    sorting : array of SORTED records
        For what is sorted: space for twice as many as there can be holds.
    byte_places : array of int, shape (257,)
        Where those with each byte of their keys go.
    reviewers : array of REVIEWER records
        The reviews under way, the next to end last.
    facilities : array of FACILITY records
    shocks : array of SHOCK records
    shock_regions : array of bool, shape (shocks, regions)
        Whether a shock covers a region.
    occurrences : array of OCCURRENCE records
        In the order in which those of one day begin.
    arrivals : array of ARRIVAL records
        Of the borrowers who come during the run, in order of their ids, which are the last.
    economy_factors : array of float, shape (months,)
        The factor of missed payments in each month of 30 days.
    covered : array of bool, shape (occurrences, borrowers)
        Whether an occurrence of a shock covers a borrower, known from its begin on.
    notes : list of (day, phase, borrower or NONE, name, value)
        What processes of the user's record.
    reasons : list of str
        Causes of theirs: number ``len(causes.NAMES) + i`` of the log.
    room : array of BORROWER records
        Space for borrowers, of which ``borrowers`` is the begin.
    """

    notes: list[tuple[int, int, int, str, float]]
    reasons: list[str]
    room: records.Records

    run = record_of(records.RUN)
    population = record_of(records.POPULATION)
    behaviour = record_of(records.BEHAVIOUR)
    product = record_of(records.PRODUCT)
    evaluation = record_of(records.EVALUATION)
    rules = record_of(records.RULES)
    screening = record_of(records.SCREENING)
    review = record_of(records.REVIEW)
    funding = record_of(records.FUNDING)
    limits = record_of(records.LIMITS)
    economy = record_of(records.ECONOMY)
    calendar = record_of(records.CALENDAR)
    reaction = record_of(records.REACTION)
    levers = record_of(records.LEVERS)
    clock = record_of(records.CLOCK)
    today = record_of(records.DAY)
    totals = record_of(records.TOTALS)
    storage = record_of(records.STORAGE)
    book = handle_of(Book)
    regions = array_of(records.REGION)
    borrowers = array_of(records.BORROWER)
    ids = array_of(np.uint32)
    details = array_of(records.DETAILS)
    loans = array_of(records.LOAN)
    loan_keys = array_of(np.int64)
    score_left = array_of(np.float64)
    asking = array_of(records.ASKING)
    holds = array_of(records.HOLD)
    good_at = array_of(np.int32)
    opened = array_of(np.int64)
    open_from = array_of(np.int64)
    worked = array_of(np.int64)
    counts = array_of(records.COUNT, 3)
    events = array_of(records.EVENT)
    stays = array_of(records.STAY)
    daily = array_of(records.DAY)
    queues = array_of(records.QUEUE)
    sorting = array_of(records.SORTED)
    byte_places = array_of(np.int64)
    reviewers = array_of(records.REVIEWER)
    facilities = array_of(records.FACILITY)
    shocks = array_of(records.SHOCK)
    shock_regions = array_of(np.bool_, 2)
    occurrences = array_of(records.OCCURRENCE)
    covered = array_of(np.bool_, 2)
    arrivals = array_of(records.ARRIVAL)
    economy_factors = array_of(np.float64)

    def __init__(self, **members: npt.NDArray[Any] | Handle) -> None:
        super().__init__(**members)
        vars(self).update(notes=[], reasons=[], room=())

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel as arrays and lists."""
        return *super().__reduce__(), {"notes": self.notes, "reasons": self.reasons}


@step
def utilisation(borrower: Record) -> float:
    """Return the outstanding share of the limit, at most 1."""
    if borrower.limit > 0:
        return min(1.0, borrower.outstanding / borrower.limit)
    return 1.0 if borrower.outstanding > 0 else 0.0


@step
def lenders_in_use(borrower: Record, day: int) -> int:
    """Return the other lenders of a borrower, a product that serves it elsewhere included."""
    return int(borrower.lenders) + (1 if day < borrower.served_until else 0)


@step
def left(hold: Record) -> int:
    """Return what may still be released of a hold."""
    return hold.amount - hold.forfeited


@step
def is_raise(hold: Record) -> bool:
    """Return whether a hold is of kind "raise": every payment has the number of an instalment."""
    return hold.instalment == NONE
