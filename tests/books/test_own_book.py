"""A book as its owner has it: other names, other scores, other files, one sentence for what is wrong."""

import re
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from simlimit.books.portfolio import COLUMNS, read_portfolio
from simlimit.errors import SimlimitError
from simlimit.portfolio import Portfolio
from simlimit.scenario import preset

NAMES = {"limit": "授信额度", "outstanding": "未还本金", "score": "芝麻分", "region": "省份"}
BOOK = pd.DataFrame(
    {
        "客户": [7, 8, 9],
        "授信额度": ["12,500.00", "8000", "1,250,000.5"],
        "未还本金": [900.25, 0, 1],
        "芝麻分": [650, 950, 350],
        "省份": ["浙江", "上海", "浙江"],
    }
)
SESAME = {"columns": NAMES, "score_range": (350, 950)}
CLOCKWORK = preset("clockwork")


def book_of(source: object, **reading: object) -> Portfolio:
    portfolio = CLOCKWORK.with_portfolio(source, **reading).population.portfolio
    assert isinstance(portfolio, Portfolio)
    return portfolio


def refusal(source: object, **reading: object) -> str:
    with pytest.raises(SimlimitError) as refused:
        CLOCKWORK.with_portfolio(source, **reading)
    return str(refused.value)


def test_a_frame_is_read_by_the_names_of_its_owner():
    book = book_of(BOOK, **SESAME)
    assert book.limit_cents.tolist() == [1_250_000, 800_000, 125_000_050]
    assert book.outstanding_cents.tolist() == [90_025, 0, 100]
    assert book.score.tolist() == [0.5, 1.0, 0.0]
    assert [book.region_names[code] for code in book.region] == ["浙江", "上海", "浙江"]
    assert book.late_share is None


@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-16"])
def test_a_file_of_any_encoding_is_the_same_book(encoding, tmp_path):
    BOOK.to_csv(tmp_path / "book.csv", index=False, encoding=encoding)
    assert book_of(tmp_path / "book.csv", encoding=encoding, **SESAME) == book_of(BOOK, **SESAME)


def test_a_parquet_file_is_the_same_book(tmp_path):
    BOOK.to_parquet(tmp_path / "book.parquet")
    assert book_of(tmp_path / "book.parquet", **SESAME) == book_of(BOOK, **SESAME)
    BOOK[["授信额度", "未还本金"]].assign(授信额度=5).set_axis(
        ["limit", "outstanding"], axis="columns"
    ).to_parquet(tmp_path / "own.parquet")
    assert read_portfolio(tmp_path / "own.parquet").limit_cents.tolist() == [500] * 3


def test_a_column_that_another_is_named_for_is_not_read():
    """The file's own `limit` is something else, if the owner says where the limit is."""
    table = pd.DataFrame({"limit": ["high", "low"], "line": [5, 6], "outstanding": [1, 2]})
    assert book_of(table, columns={"limit": "line"}).limit_cents.tolist() == [500, 600]


@pytest.mark.parametrize("written", ["1,00", "12,34,567", "1234,567", "0,650", "1,000,00", ",100", "1,000."])
def test_only_commas_between_thousands_are_separators(written):
    table = pd.DataFrame({"limit": [written], "outstanding": [0]})
    if written == "1,000.":
        assert book_of(table).limit_cents.tolist() == [100_000]
    else:
        assert f"'{written}' is not allowed; allowed are numbers from 0" in refusal(table)


@pytest.mark.parametrize("limits", [["5.000", "12.500"], ["5.000", "800"]])
def test_points_that_may_stand_between_thousands_are_refused(limits, tmp_path):
    """A German spreadsheet has 5.000 for five thousand: read as 5, every line would be a thousandth."""
    table = pd.DataFrame({"limit": limits, "outstanding": 0})
    said = f"'{limits[0]}' is not allowed; allowed are amounts without points between thousands: 1250, or"
    table.to_csv(tmp_path / "book.csv", sep=";", index=False)
    with pytest.raises(SimlimitError, match=re.escape(said)):
        read_portfolio(tmp_path / "book.csv")


@pytest.mark.parametrize("limits", [["5.000", "12.5"], ["5.000", "0.500"], ["5.000", "1234.567"]])
def test_points_that_cannot_all_stand_between_thousands_stand_before_cents(limits, tmp_path):
    pd.DataFrame({"limit": limits, "outstanding": 0}).to_csv(tmp_path / "book.csv", index=False)
    assert read_portfolio(tmp_path / "book.csv").limit_cents[0] == 500


@pytest.mark.parametrize("limits", [[1.125, 12.375], np.array([1.125, 5000], object), [Decimal("812.000")]])
def test_points_of_numbers_in_a_frame_stand_before_cents(limits):
    table = pd.DataFrame({"limit": limits, "outstanding": 0})
    assert book_of(table).limit_cents[0] == round(100 * float(limits[0]))


LINES = {"limit": [10, 20], "outstanding": [1, 2], "score": [400, 1000]}
REFUSED = {
    "a score outside": ({"score_range": (350, 950)}, "frame: row 1, column 'score': '1000' is not allowed"),
    "scores the wrong way": (
        {"score_range": (950, 350)},
        "score_range is (950, 350), but must be two numbers",
    ),
    "one end": ({"score_range": [350]}, "score_range is [350], but must be two numbers"),
    "ends of text": ({"score_range": ("350", "950")}, "score_range is '350', but must be a number"),
    "an unknown name": (
        {"columns": {"limt": "a"}},
        f"a name in columns is 'limt', but must be one of: {', '.join(COLUMNS)}",
    ),
    "a name that is not there": ({"columns": {"region": "land"}}, "has no column 'land'"),
    "a name that is no text": ({"columns": {"limit": 5}}, "columns['limit'] is 5, but must be the name of"),
    "one name for two": ({"columns": {"limit": "outstanding"}}, "columns['limit'] is 'outstanding', but"),
    "names that are no mapping": ({"columns": ["limit"]}, "columns is ['limit'], but must be a mapping"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(case):
    reading, said = REFUSED[case]
    assert said in refusal(pd.DataFrame(LINES), **reading)


def test_a_score_range_needs_scores():
    said = refusal(pd.DataFrame(LINES).drop(columns="score"), score_range=(0, 1))
    assert "score_range is (0, 1), but must be left out: the book has no column 'score'" in said


def test_what_is_no_book_is_refused(tmp_path):
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 and no more")
    assert re.search(r"damaged.parquet cannot be read", refusal(damaged))
    assert "nowhere.csv cannot be read" in refusal(tmp_path / "nowhere.csv")
    assert refusal(5) == "book is of type int, but must be a pandas DataFrame, or the path of a file."
    (tmp_path / "book.csv").write_bytes("limit,outstanding\n5,1\n额,2\n".encode("gbk"))
    assert 'name its encoding, such as encoding="gbk"' in refusal(tmp_path / "book.csv")


amounts = st.integers(0, 10**11)


@settings(max_examples=40)
@given(
    st.lists(st.tuples(amounts, amounts, st.floats(0, 1), st.text(min_size=1, max_size=4)), min_size=1),
    st.booleans(),
)
@example([(0, 0, 8.262154871468568e-235, "0")], False)
def test_the_file_of_a_portfolio_is_read_as_the_same(tmp_path_factory, rows, has_regions):
    table = pd.DataFrame(rows, columns=["limit", "outstanding", "score", "region"])
    table[["limit", "outstanding"]] /= 100
    table["region"] = [name.strip().replace("\r", "").replace("\0", "") or "x" for name in table["region"]]
    book = book_of(table if has_regions else table.drop(columns="region"))
    file = tmp_path_factory.mktemp("book") / book.file_name
    file.write_bytes(book.as_csv())
    assert read_portfolio(file) == book


def test_every_value_counts_in_the_digest():
    columns = {"limit": 5.0, "outstanding": 1.0, "score": 0.5, "late_share": 0.5, "months_late": 1.0}
    table = pd.DataFrame({**columns, "spell_months": 2.0, "region": "a"}, index=range(3))
    others = [table.drop(columns=name) for name in COLUMNS[2:]] + [table.iloc[:2]]
    for name in table:
        others.append(table.copy())
        others[-1].loc[1, name] = "b" if name == "region" else 0.0
    digests = {book_of(one).digest for one in [table, *others]}
    assert len(digests) == 1 + len(others)
    assert book_of(table.copy()).digest in digests


def test_a_portfolio_cannot_be_written_to():
    book = book_of(BOOK, **SESAME)
    with pytest.raises(ValueError, match="read-only"):
        book.limit_cents[0] = 1
