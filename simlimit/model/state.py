"""The state of a run, which every transition takes as one argument, and what is often asked of it."""

from typing import ClassVar

import numpy as np

from simlimit.model.book import Book
from simlimit.model.compiling import step
from simlimit.model.handle import Handle
from simlimit.model.records import (
    BORROWER,
    COUNT,
    DAY,
    DETAILS,
    EVENT,
    FACILITY,
    HOLD,
    LOAN,
    NONE,
    OCCURRENCE,
    PLATFORM,
    REVIEWER,
    SHOCK,
    Record,
    Records,
)


class State(Handle):
    """All records of one run. Transitions read and write them and nothing else; a driver makes space first.

    Attributes
    ----------
    run, population, .., levers : records
        Parameters, by the parts of a scenario. Only `simlimit.model.parameters` writes them.
    clock, today, totals, queues, storage : records
        Where today is; the row of the day so far; totals; heads of the queues; which records are in use.
    book : Book
        What the borrowers are drawn from.
    borrowers : array of BORROWER records
        In any order: ``borrower`` is the id by which a borrower is known outside, ``place`` where it lies.
    details : array of DETAILS records
        One per borrower, in the order of ``borrowers``.
    loans : array of LOAN records
        Each borrower's side by side: ``loans`` of them from ``first_loan`` on.
    loan_keys : array of int
        Of every loan ever opened, unless records are used again; see `simlimit.model.loans.loan_key`.
    holds, events : arrays of records
        In use up to the counts in ``storage``.
    counts : array of COUNT records
        One per group, follow-up and age, in the order of `simlimit.model.counting.count_row`.
    daily : array of DAY records
    reviewers : array of REVIEWER records
        A heap of the reviews under way, the first to finish first.
    facilities : array of FACILITY records
    shocks : array of SHOCK records
    shock_regions : array of bool, shape (shocks, regions)
        Whether a shock covers a region.
    occurrences : array of OCCURRENCE records
        In the order in which those of one day begin.
    covered : array of bool, shape (occurrences, borrowers)
        Whether an occurrence of a shock covers a borrower, known from its begin on.
    """

    records = PLATFORM
    members: ClassVar = {
        "book": Book,
        "borrowers": (BORROWER, 1),
        "details": (DETAILS, 1),
        "loans": (LOAN, 1),
        "loan_keys": (np.dtype(np.int64), 1),
        "holds": (HOLD, 1),
        "counts": (COUNT, 1),
        "events": (EVENT, 1),
        "daily": (DAY, 1),
        "reviewers": (REVIEWER, 1),
        "facilities": (FACILITY, 1),
        "shocks": (SHOCK, 1),
        "shock_regions": (np.dtype(np.bool_), 2),
        "occurrences": (OCCURRENCE, 1),
        "covered": (np.dtype(np.bool_), 2),
    }

    run: Record
    population: Record
    behaviour: Record
    product: Record
    evaluation: Record
    rules: Record
    screening: Record
    review: Record
    funding: Record
    limits: Record
    reaction: Record
    levers: Record
    clock: Record
    today: Record
    totals: Record
    queues: Record
    storage: Record
    book: Book
    borrowers: Records
    details: Records
    loans: Records
    loan_keys: Records
    holds: Records
    counts: Records
    events: Records
    daily: Records
    reviewers: Records
    facilities: Records
    shocks: Records
    shock_regions: Records
    occurrences: Records
    covered: Records


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
    """Return whether a hold is of kind "raise"; no payment comes without the number of an instalment."""
    return hold.instalment == NONE
