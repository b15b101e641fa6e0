"""A scenario with a book in it: the same history as from the file, saved and loaded without loss."""

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor

import pandas as pd
import pytest
from lender import LENDER

import simlimit as sl
from simlimit.portfolio import Portfolio

PLATFORM = LENDER.replace({"horizon_days": 60, "warmup_days": 0})
ROWS = pd.DataFrame(
    {
        "limit": [5000.0 + 100 * i for i in range(40)],
        "outstanding": [40.5 * i for i in range(40)],
        "score": [0.4 + 0.01 * i for i in range(40)],
        "region": ["south", "north"] * 20,
    }
)
MINE = PLATFORM.with_portfolio(ROWS)


@pytest.fixture
def file(tmp_path):
    ROWS.to_csv(tmp_path / "book.csv", index=False)
    return tmp_path / "book.csv"


def test_is_the_history_of_the_file(file):
    named = PLATFORM.scaled(len(ROWS)).replace({"population.portfolio": str(file)})
    one, other = (sl.simulate(scenario, seed=1, engine="calendar") for scenario in (MINE, named))
    for name in ("holds", "borrowers", "daily", "events"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert len(one.borrowers) == 40


def test_desk_and_pool_are_in_proportion_to_the_book():
    scaled = PLATFORM.scaled(40)
    assert (MINE.review, MINE.funding) == (scaled.review, scaled.funding)
    assert MINE.population.borrowers == 40
    assert MINE.source("funding.initial") == scaled.source("funding.initial")


def test_the_source_says_file_and_digest(file):
    portfolio = MINE.population.portfolio
    assert isinstance(portfolio, Portfolio)
    assert (
        MINE.source("population.portfolio") == f"measured: a frame, 40 borrowers, sha256 {portfolio.digest}"
    )
    read = PLATFORM.with_portfolio(file)
    assert read.source("population.portfolio").startswith("measured: book.csv, 40 borrowers, sha256 ")
    assert read.population == MINE.population
    assert f"<40 borrowers, sha256 {portfolio.digest[:12]}>" in repr(MINE)


def test_another_book_is_another_scenario():
    other = PLATFORM.with_portfolio(ROWS.assign(outstanding=0))
    assert other.population != MINE.population
    assert MINE.diff(other).index.to_list() == ["population.portfolio"]
    assert PLATFORM.with_portfolio(ROWS) == MINE
    assert hash(MINE) == hash(PLATFORM.with_portfolio(ROWS))


@pytest.mark.parametrize("send", [copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))])
def test_travels_and_stays_as_it_is(send):
    sent = send(MINE)
    assert sent == MINE
    assert not sent.population.portfolio.limit_cents.flags.writeable


def test_is_loaded_as_it_was_saved(tmp_path, monkeypatch):
    (tmp_path / "a").mkdir()
    MINE.save(tmp_path / "a" / "mine.toml")
    assert sl.load(tmp_path / "a" / "mine.toml") == MINE
    (tmp_path / "a").rename(tmp_path / "b")
    monkeypatch.chdir(tmp_path / "b")
    assert sl.load("mine.toml") == MINE, "wherever the folder is"
    book = MINE.population.portfolio.file_name
    weekly = MINE.replace({"evaluation.period_days": 7})
    weekly.save("weekly.toml", comments=False)
    assert {path.name for path in (tmp_path / "b").iterdir()} == {"mine.toml", "weekly.toml", book}


def test_another_book_beside_it_is_refused(tmp_path):
    MINE.save(tmp_path / "mine.toml")
    book = tmp_path / MINE.population.portfolio.file_name
    book.write_text(book.read_text().replace("5000.0", "5001.0"))
    with pytest.raises(sl.PortfolioError, match="has another sha256 than the scenario says"):
        sl.load(tmp_path / "mine.toml")
    book.unlink()
    with pytest.raises(sl.PortfolioError, match=r"book-.*csv cannot be read"):
        sl.load(tmp_path / "mine.toml")


@pytest.mark.parametrize("refers", ["{file = 'a.csv'}", "{file = 'a.csv', sha256 = 'b', more = 1}", "5"])
def test_what_refers_to_no_book_is_refused(refers, tmp_path):
    (tmp_path / "mine.toml").write_text(f"[population]\nportfolio = {refers}\n")
    with pytest.raises(
        sl.ScenarioError, match=r"population.portfolio is .*, but must be the path of a CSV or"
    ):
        sl.load(tmp_path / "mine.toml")


def test_a_store_is_that_of_its_book(tmp_path):
    study = sl.replicate(MINE, 2, store=tmp_path / "store", progress=False, follow_up_days=10)
    assert sl.load(tmp_path / "store" / "scenario.toml") == MINE
    again = sl.replicate(sl.load(tmp_path / "store" / "scenario.toml"), 3, store=tmp_path / "store",
                         progress=False, follow_up_days=10)  # fmt: skip
    pd.testing.assert_frame_equal(again.metrics().iloc[:2], study.metrics())
    other = PLATFORM.with_portfolio(ROWS.assign(outstanding=0))
    with pytest.raises(sl.SimlimitError, match="holds a study of another scenario"):
        sl.replicate(other, 2, store=tmp_path / "store", progress=False, follow_up_days=10)


@pytest.mark.long
def test_an_executor_gives_the_same():
    options = {"progress": False, "follow_up_days": 10}
    with ProcessPoolExecutor(2) as pool:
        there = sl.replicate(MINE, 40, executor=pool, **options)
    pd.testing.assert_frame_equal(there.metrics(), sl.replicate(MINE, 40, **options).metrics())
    assert there.scenario == MINE
