"""Sentences with numbers in them: one is no plural."""

import numpy as np
import pandas as pd
import pytest

import simlimit as sl
from simlimit.arguments import shown
from simlimit.templates import filled

ALONE = {"population.borrowers": 1, "horizon_days": 1}


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 holds"), (1, "1 hold"), (np.int64(1), "1 hold"), (1_001, "1,001 holds")]
)
def test_one_is_no_plural(number, words):
    assert filled("{number:,} hold{number:s}", number=number) == words


def test_one_of_a_kind_is_said_as_one():
    alone = sl.preset("clockwork").replace(ALONE)
    assert repr(alone) == "Scenario('clockwork': 1 borrower, 1 day)"
    told = {days: repr(sl.simulate(alone.replace({"horizon_days": days}))) for days in (1, 19)}
    assert ": 1 borrower, 1 day, 0 holds: 0 released" in told[1]
    assert ": 1 borrower, 19 days, 1 hold: 1 released" in told[19]
    assert repr(sl.replicate(alone, 1)) == "Study('clockwork', seed=1: 1 replication of 1 borrower, 1 day)"
    assert "scaled from 1000 to 1 borrower;" in sl.preset("jiebei").scaled(1).source("population.borrowers")
    assert shown(pd.DataFrame([1])) == "a pandas.DataFrame of 1 row"


def test_a_book_of_one_and_a_log_of_one_are_said_as_one():
    book = pd.DataFrame({"limit": [1000], "outstanding": [500]})
    scenario = sl.preset("clockwork").with_portfolio(book)
    assert ", 1 borrower, sha256 " in scenario.source("population.portfolio")
    assert repr(scenario.population.portfolio).startswith("<1 borrower, sha256 ")
    log = pd.DataFrame({"borrower": [7], "repaid_on": ["2026-01-05"], "ended_on": ["2026-01-06"]})
    assert "1 row of 1 borrower, repaid" in sl.read_release_log(log, extracted="2026-01-31").attrs["read"]


def test_a_list_of_one_has_one_element():
    shock = {"kind": "cancellation", "at": 5}
    with pytest.raises(sl.SimlimitError, match=r"shocks has 1 element, counted from 0\.$"):
        sl.preset("clockwork").replace({"shocks": [shock]}).replace({"shocks[1].at": 3})
