"""The example files: read by the library as a user's own are, the same for the same seed, and not dull."""

import io
from pathlib import Path

import pandas as pd
import pytest

import simlimit as sl
from simlimit.books.portfolio import read_portfolio

DATES = ["repaid_on", "ended_on", "extracted_on"]


def test_a_portfolio_is_read_back_as_written(tmp_path: Path) -> None:
    file = tmp_path / "book.csv"
    written = sl.example_portfolio(file, borrowers=200, seed=3)
    book = read_portfolio(file)
    assert len(book) == len(written) == 200
    assert (book.limit_cents == (100 * written["limit"]).round()).all()
    assert (book.outstanding_cents == (100 * written["outstanding"]).round()).all()
    assert book.score == pytest.approx(written["score"].to_numpy())
    assert book.region_names == ("north", "south")
    run = sl.simulate(sl.preset("jiebei").replace({"population.portfolio": str(file)}), engine="calendar")
    assert set(run.holds["region"]) == {"north", "south"}


def test_a_log_is_a_release_log(tmp_path: Path) -> None:
    file = tmp_path / "log.csv"
    written = sl.example_release_log(file)
    log = pd.read_csv(file, parse_dates=DATES).astype(dict(written[DATES].dtypes))
    pd.testing.assert_frame_equal(log, written, check_dtype=False)
    assert log["extracted_on"].nunique() == 1
    assert log["repaid_on"].is_monotonic_increasing
    assert (log["ended_on"].isna() == (log["outcome"] == "pending")).all()
    days = (log["ended_on"].fillna(log["extracted_on"]) - log["repaid_on"]).dt.days
    assert days.min() == 0
    assert log["outcome"].value_counts().min() >= 10
    assert (days > 0).mean() > 0.1
    assert 350 < (log["repaid_on"].max() - log["repaid_on"].min()).days < 366


def test_the_south_waited_longer(tmp_path: Path) -> None:
    log = sl.example_release_log(tmp_path / "log.csv", borrowers=2000)
    days = (log["ended_on"].fillna(log["extracted_on"]) - log["repaid_on"]).dt.days
    means = days.groupby(log["region"]).mean()
    assert means["south"] > means["north"] + 0.4


@pytest.mark.parametrize("write", [sl.example_portfolio, sl.example_release_log])
def test_the_seed_makes_the_file(tmp_path: Path, write: object) -> None:
    assert callable(write)
    files = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    for file, seed in zip(files, (1, 1, 2), strict=True):
        write(file, borrowers=30, seed=seed)
    one, same, other = (file.read_bytes() for file in files)
    assert one == same
    assert one != other


@pytest.mark.parametrize("write", [sl.example_portfolio, sl.example_release_log])
def test_a_file_that_is_there_is_kept(tmp_path: Path, write: object) -> None:
    assert callable(write)
    mine = tmp_path / "mine.csv"
    mine.write_text("years of work")
    with pytest.raises(sl.SimlimitError, match=r"mine\.csv cannot be written: File exists\.$"):
        write(mine, borrowers=1)
    assert mine.read_text() == "years of work"


@pytest.mark.filterwarnings("error::simlimit.errors.SimlimitWarning")
@pytest.mark.parametrize("write", [sl.example_portfolio, sl.example_release_log])
def test_they_are_made_without_a_word(write: object) -> None:
    assert callable(write)
    write(io.StringIO(), borrowers=30)


def test_bad_arguments_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        sl.SimlimitError, match="borrowers is 0, but must be a whole number from 1 to 1000000"
    ):
        sl.example_portfolio(tmp_path / "book.csv", borrowers=0)
    with pytest.raises(sl.SimlimitError, match=r"nowhere.log\.csv cannot be written: "):
        sl.example_release_log(tmp_path / "nowhere" / "log.csv", borrowers=1)
    with pytest.raises(sl.SimlimitError, match="seed is -1"):
        sl.example_release_log(tmp_path / "log.csv", seed=-1)
