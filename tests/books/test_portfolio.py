"""Real books: what is read, and one sentence for whatever cannot be."""

import gzip
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simlimit.books.histories import Histories
from simlimit.books.portfolio import read_portfolio
from simlimit.books.uci import histories_from_uci, portfolio_from_uci
from simlimit.errors import PortfolioError, SimlimitError

HEADER = "limit,outstanding"
UCI_COLUMNS = [
    "LIMIT_BAL",
    *(f"{name}{number}" for name in ("PAY_", "BILL_AMT", "PAY_AMT") for number in (2, 3, 4, 5, 6)),
]


def write(folder, text, name="book.csv"):
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


# What is read.


def test_amounts_become_whole_cents_and_absent_columns_are_none(tmp_path):
    book = read_portfolio(write(tmp_path, f"{HEADER}\n5000,1250.506\n1e4, 0\n"))
    assert len(book) == 2
    assert book.limit_cents.tolist() == [500_000, 1_000_000]
    assert book.outstanding_cents.tolist() == [125_051, 0]
    assert book.limit_cents.dtype == np.int64
    assert (book.score, book.region, book.late_share, book.months_late, book.spell_months) == (None,) * 5
    assert book.region_names == ()


def test_every_optional_column_is_read_and_others_are_ignored(tmp_path):
    text = (
        "client,region,score,outstanding,limit,late_share,months_late,spell_months,note,note\n"
        "7,south,0.5,0,100,0.25,24,255,x,\n"
        '8,"north, far",1,20,100,0,0,0,,"y\tz"\n'
        "9,south,0,150,100,1,1,4,,\n"
    )
    book = read_portfolio(write(tmp_path, text))
    assert book.region_names == ("north, far", "south")
    assert book.region.tolist() == [1, 0, 1]
    assert book.score.tolist() == [0.5, 1.0, 0.0]
    assert book.late_share.tolist() == [0.25, 0.0, 1.0]
    assert book.months_late.tolist() == [24, 0, 1]
    assert book.spell_months.tolist() == [255, 0, 4]
    assert book.region.dtype == book.months_late.dtype == book.spell_months.dtype == np.int16


@pytest.mark.parametrize(
    "text",
    [
        "\ufefflimit,outstanding\n1,2\n",
        "limit,outstanding\r\n1,2\r\n",
        " limit , outstanding \n 1 , 2 \n",
        '"limit","outstanding"\n"1","2"',
        "limit,outstanding\n1,2\n\n\n",
        "limit,outstanding,,\n1,2,,\n",
        "limit;outstanding\n1;2\n",
        "limit\toutstanding\n1\t2\n",
    ],
)
def test_the_usual_variants_of_csv_are_read_alike(tmp_path, text):
    book = read_portfolio(str(write(tmp_path, text)))
    assert (book.limit_cents.tolist(), book.outstanding_cents.tolist()) == ([100], [200])


def test_a_compressed_file_is_read(tmp_path):
    file = write(tmp_path, gzip.compress(f"{HEADER}\n1,2\n".encode()), "book.csv.gz")
    assert read_portfolio(file).limit_cents.tolist() == [100]


def test_a_region_may_be_called_na(tmp_path):
    assert read_portfolio(write(tmp_path, f"{HEADER},region\n1,2,NA\n")).region_names == ("NA",)


# What is refused: (text of the file, what the sentence must contain).

BAD = {
    "an empty file": ("", "line 1 is blank"),
    "a blank first line": ("\n1,2\n", "line 1 is blank"),
    "a header only": (f"{HEADER}\n", "0 rows after line 1; allowed are 1 to 20000000"),
    "a header without a line end": (HEADER, "0 rows after line 1"),
    "a header and blank lines": (f"{HEADER}\n\n\n", "0 rows after line 1"),
    "no column limit": ("outstanding\n1\n", "line 1 has no column 'limit'; needed are limit, outstanding"),
    "no column outstanding": ("limit\n1\n", "line 1 has no column 'outstanding'"),
    "capitals in the header": ("Limit,Outstanding\n1,2\n", "no column 'limit'"),
    "bars": ("limit|outstanding\n1|2\n", "no column 'limit'"),
    "no header at all": ("100,20\n100,20\n", "no column 'limit'"),
    "a required column twice": (f"{HEADER},limit\n1,2,3\n", "line 1 has 2 columns 'limit'; allowed is one"),
    "an optional column twice": (f"{HEADER},score,score\n1,2,0,0\n", "2 columns 'score'"),
    "text": (f"{HEADER}\n1,2\nabc,2\n", "line 3, column 'limit': 'abc' is not allowed; allowed are numbers"),
    "text in outstanding": (f"{HEADER}\n1,none\n", "line 2, column 'outstanding': 'none'"),
    "a blank number": (f"{HEADER}\n1,\n", "line 2, column 'outstanding': ''"),
    "a blank line inside": (f"{HEADER}\n1,2\n\n3,4\n", "line 3, column 'limit': ''"),
    "NaN": (f"{HEADER}\nnan,2\n", "line 2, column 'limit': 'nan'"),
    "NA": (f"{HEADER}\n1,NA\n", "column 'outstanding': 'NA'"),
    "infinity": (f"{HEADER}\ninf,2\n", "column 'limit': 'inf'"),
    "minus infinity": (f"{HEADER}\n-Infinity,2\n", "column 'limit': '-Infinity'"),
    "an overflow": (f"{HEADER}\n1e400,2\n", "column 'limit': '1e400'"),
    "a negative limit": (
        f"{HEADER}\n-1,2\n",
        "column 'limit': '-1' is not allowed; allowed are numbers from 0",
    ),
    "a negative outstanding": (f"{HEADER}\n1,-0.01\n", "column 'outstanding': '-0.01'"),
    "too large a limit": (f"{HEADER}\n1000000000.01,2\n", "from 0 to 1000000000"),
    "too large an outstanding": (f"{HEADER}\n1,2e9\n", "column 'outstanding': '2e9'"),
    "a quoted thousands comma": (f'{HEADER}\n"1,000",2\n', "column 'limit': '1,000'"),
    "a thousands comma": (
        f"{HEADER}\n1,000,2\n",
        "no table separated by ',' (Error tokenizing data. C error: Expected 2 fields in line 2,",
    ),
    "a thousands comma further down": (f"{HEADER}\n1,2\n1,000,2\n", "line 3"),
    "an underscore": (f"{HEADER}\n1_000,2\n", "column 'limit': '1_000'"),
    "hexadecimal": (f"{HEADER}\n0x10,2\n", "column 'limit': '0x10'"),
    "a currency sign": (f"{HEADER}\n$5,2\n", "column 'limit': '$5'"),
    "a date": (f"{HEADER}\n2020-01-01,2\n", "column 'limit': '2020-01-01'"),
    "a truth value": (f"{HEADER}\nTrue,2\n", "column 'limit': 'True'"),
    "a score above 1": (
        f"{HEADER},score\n1,2,1.5\n",
        "column 'score': '1.5' is not allowed; allowed are numbers from 0 to 1",
    ),
    "a negative score": (f"{HEADER},score\n1,2,-0.1\n", "column 'score': '-0.1'"),
    "a late share above 1": (f"{HEADER},late_share\n1,2,7\n", "column 'late_share': '7'"),
    "a blank late share": (f"{HEADER},late_share\n1,2,\n", "column 'late_share': ''"),
    "half a month late": (
        f"{HEADER},months_late\n1,2,1.5\n",
        "'1.5' is not allowed; allowed are whole numbers from 0 to 24",
    ),
    "too many months late": (f"{HEADER},months_late\n1,2,25\n", "column 'months_late': '25'"),
    "negative months late": (f"{HEADER},months_late\n1,2,-1\n", "column 'months_late': '-1'"),
    "too long a spell": (f"{HEADER},spell_months\n1,2,256\n", "whole numbers from 0 to 255"),
    "half a month of a spell": (f"{HEADER},spell_months\n1,2,0.5\n", "column 'spell_months': '0.5'"),
    "a blank region": (f"{HEADER},region\n1,2,a\n1,2,\n", "line 3, column 'region': '' is not allowed"),
    "a region of spaces": (f'{HEADER},region\n1,2,"  "\n', "column 'region': ''"),
    "an open quote": (f'{HEADER}\n"1,2\n3,4\n', "no table separated by ','"),
    "UTF-16 with its mark": ("\ufeffli".encode("utf-16-le"), "line 1 has no column 'limit'"),
    "UTF-16 that was cut": (b"\xff\xfel\x00i", "is not UTF-16 text: line 1 cannot be read"),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0\x99\x80",
        'is a workbook of Excel, but must be text: save it as "CSV UTF-8".',
    ),
    "a Chinese Excel's": (
        f"{HEADER},region\r\n1,2,north\r\n1,2,\u534e\u4e1c\r\n".encode("gbk"),
        'is not UTF-8 text: line 3 cannot be read; save the file as UTF-8 ("CSV UTF-8" in Excel).',
    ),
    "semicolons, and commas in numbers": (
        "limit;outstanding\n1,5;2\n",
        "line 2, column 'limit': '1,5' is not allowed",
    ),
    "commas of full width": ("limit\uff0coutstanding\n1\uff0c2\n", "where '\uff0c' stands instead of commas"),
    "capitals": ("Limit,Outstanding\n1,2\n", "line 1 has no column 'limit' but 'Limit', in other letters"),
    "two titles": (f"Loans\nat 2024-12-31\n{HEADER}\n1,2\n", "line 1 has no column 'limit'"),
    "Latin-1 further down": (
        f"{HEADER},region\n1,2,Z\xfcrich\n".encode("latin-1"),
        "is not UTF-8 text: line 2 cannot be read",
    ),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_book_is_refused_in_one_sentence_that_names_what_is_wrong(tmp_path, kind):
    text, expected = BAD[kind]
    file = write(tmp_path, text)
    with pytest.raises(PortfolioError, match=re.escape(expected)) as caught:
        read_portfolio(file)
    assert str(caught.value).startswith(str(file))
    assert "\n" not in str(caught.value)


def test_too_many_regions_are_refused(tmp_path):
    rows = "".join(f"1,2,r{number}\n" for number in range(32_768))
    with pytest.raises(PortfolioError, match="has 32768 names; allowed are at most 32767"):
        read_portfolio(write(tmp_path, f"{HEADER},region\n{rows}"))


def test_too_many_borrowers_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("simlimit.books.table.MAX_BORROWERS", 2)
    with pytest.raises(PortfolioError, match="3 rows after line 1; allowed are 1 to 2 rows"):
        read_portfolio(write(tmp_path, f"{HEADER}\n" + 3 * "1,2\n"))


def test_a_path_that_is_no_file_is_refused(tmp_path):
    broken = write(tmp_path, gzip.compress(f"{HEADER}\n{1000 * '1,2'}\n".encode())[:-20], "cut.csv.gz")
    for path in (tmp_path / "none.csv", tmp_path, broken):
        with pytest.raises(SimlimitError, match="cannot be read: ") as caught:
            read_portfolio(path)
        assert str(path) in str(caught.value)
    with pytest.raises(PortfolioError, match=r"^path is PosixPath.*null.*, but must be the path of a file"):
        read_portfolio(Path("null\0.csv"))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("above", ["", "Loans at 2024-12-31,,\n"])
def test_a_book_is_read_as_spreadsheets_write_it(tmp_path, encoding, above):
    path = write(tmp_path, f"{above}{HEADER},region\r\n1,2,\u534e\u4e1c\r\n".encode(encoding))
    book = read_portfolio(path)
    assert (book.limit_cents, book.outstanding_cents, book.region_names) == ([100], [200], ("\u534e\u4e1c",))


def test_a_bad_cell_below_a_title_has_the_line_of_the_file(tmp_path):
    path = write(tmp_path, f"Loans,\n{HEADER}\n1,2\n1,x\n")
    with pytest.raises(PortfolioError, match="line 4, column 'outstanding': 'x' is not allowed"):
        read_portfolio(path)


# The UCI file.


def uci(rows):
    """Rows of a file in the UCI columns; whatever a row does not name is 0, and the limit 1000."""
    table = pd.DataFrame(
        0, index=range(len(rows)), columns=["ID", *UCI_COLUMNS, "PAY_0", "BILL_AMT1", "PAY_AMT1"]
    )
    table["LIMIT_BAL"] = 1000
    for index, row in enumerate(rows):
        for name, value in row.items():
            table.loc[index, name] = value
    return table


def save(folder, table, name="uci.csv", encoding="utf-8"):
    table.to_csv(folder / name, index=False, encoding=encoding)
    return folder / name


def test_the_portfolio_is_the_state_of_april(tmp_path):
    rows = [
        {"PAY_6": 0, "BILL_AMT6": 300, "PAY_5": 2, "BILL_AMT5": 999},
        {"PAY_6": 2, "BILL_AMT6": 300},
        {"PAY_6": 1, "BILL_AMT6": 300},
        {"PAY_6": 8, "BILL_AMT6": 1300},
        {"PAY_6": -1, "BILL_AMT6": -50},
        {"PAY_6": 2, "BILL_AMT6": 0},
    ]
    book = portfolio_from_uci(save(tmp_path, uci(rows)))
    assert book["limit"].tolist() == 6 * [1000]
    assert book["outstanding"].tolist() == [300, 300, 300, 1300, 0, 0]
    assert book["months_late"].tolist() == [0, 1, 1, 7, 0, 0]
    assert book["spell_months"].tolist() == [0, 4, 4, 4, 0, 0]
    book.to_csv(tmp_path / "book.csv", index=False)
    read = read_portfolio(tmp_path / "book.csv")
    assert read.outstanding_cents.tolist() == [30_000, 30_000, 30_000, 130_000, 0, 0]
    assert read.months_late.tolist() == [0, 1, 1, 7, 0, 0]
    itself = read_portfolio(tmp_path / "uci.csv")
    for name in ("limit_cents", "outstanding_cents", "months_late", "spell_months"):
        assert getattr(itself, name).tolist() == getattr(read, name).tolist()


def test_the_histories_run_forward_in_time_and_end_in_august(tmp_path):
    bills = {
        "BILL_AMT6": -100,
        "BILL_AMT5": 200,
        "BILL_AMT4": 300,
        "BILL_AMT3": 400,
        "BILL_AMT2": 2000,
        "BILL_AMT1": 9,
    }
    paid = {"PAY_AMT6": 7, "PAY_AMT5": 10, "PAY_AMT4": 20, "PAY_AMT3": 30, "PAY_AMT2": 40, "PAY_AMT1": 50}
    status = {"PAY_6": -2, "PAY_5": 1, "PAY_4": 2, "PAY_3": 0, "PAY_2": -1, "PAY_0": 2}
    histories = histories_from_uci(save(tmp_path, uci([{**bills, **paid, **status}]), "uci.csv.gz"))
    assert histories.late.tolist() == [[False, True, True, False, False]]
    assert histories.utilisation.tolist() == [[0.0, 0.2, 0.3, 0.4, 1.0]]
    assert histories.payments.tolist() == [[10, 20, 30, 40]]
    assert histories.purchases.tolist() == [[310, 120, 130, 1640]]
    assert histories.available.tolist() == [[1110, 820, 730, 640]]
    assert histories.blind_months == 1
    assert histories.until(3).late.tolist() == [[False, True, True]]
    assert histories.until(3).payments.tolist() == [[10, 20]]


@pytest.mark.parametrize(
    ("column", "value", "allowed"),
    [
        ("PAY_6", "late", "whole numbers from -2 to 25"),
        ("PAY_6", "1.5", "whole numbers from -2 to 25"),
        ("PAY_6", "-3", "whole numbers from -2 to 25"),
        ("LIMIT_BAL", "0", "numbers from 0.01 to 1000000000"),
        ("BILL_AMT6", "", "numbers from -1000000000 to 1000000000"),
    ],
)
def test_a_bad_uci_file_is_refused_by_both_readers(tmp_path, column, value, allowed):
    table = uci([{}, {}]).astype(str)
    table.loc[1, column] = value
    file = save(tmp_path, table)
    for reader in (portfolio_from_uci, histories_from_uci):
        with pytest.raises(PortfolioError) as caught:
            reader(file)
        sentence = f"{file}: line 3, column {column!r}: {value!r} is not allowed; allowed are {allowed}."
        assert str(caught.value) == sentence


@pytest.mark.parametrize("column", ["LIMIT_BAL", "PAY_6", "BILL_AMT6"])
def test_a_uci_file_without_a_column_is_refused(tmp_path, column):
    file = save(tmp_path, uci([{}]).drop(columns=column))
    for reader in (portfolio_from_uci, histories_from_uci):
        with pytest.raises(PortfolioError, match=f"line 1 has no column '{column}'"):
            reader(file)


FORMS = {
    "the frame of a workbook": lambda table, folder: table,
    "capitals or not": lambda table, folder: save(folder, table.rename(columns=str.lower)),
    "X1 .. X23 for names": lambda table, folder: table.rename(columns=X_NAMES),
    "X1 .. X23 in a line above": lambda table, folder: save(folder, two_lines(table)),
    "a workbook read without its second line": lambda table, folder: two_lines(table),
    "UTF-16": lambda table, folder: save(folder, table, encoding="utf-16"),
}
X_NAMES = {"LIMIT_BAL": "X1", "PAY_0": "X6"}
X_NAMES |= {f"PAY_{month}": f"X{5 + month}" for month in (2, 3, 4, 5, 6)}
X_NAMES |= {f"BILL_AMT{month}": f"X{11 + month}" for month in (1, 2, 3, 4, 5, 6)}
X_NAMES |= {f"PAY_AMT{month}": f"X{17 + month}" for month in (1, 2, 3, 4, 5, 6)}


def two_lines(table):
    """The sheet that UCI gives: a line of X1 .. X23, then the line of names as if it were data."""
    return pd.DataFrame(
        [list(table.columns), *table.astype(object).to_numpy().tolist()],
        columns=[X_NAMES.get(name, "") for name in table.columns],
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_file_may_have_any_form_in_which_it_is_given_away(tmp_path, form):
    table = uci([{"PAY_6": 2, "BILL_AMT6": 300, "PAY_5": 3, "PAY_AMT5": 7}, {"BILL_AMT6": 5}])
    given = FORMS[form](table, tmp_path)
    assert portfolio_from_uci(given).to_dict("list") == {
        "limit": [1000, 1000],
        "outstanding": [300, 5],
        "months_late": [1, 0],
        "spell_months": [4, 0],
    }
    histories = histories_from_uci(given)
    assert histories.late[:, :2].tolist() == [[True, True], [False, False]]
    assert histories.payments[:, 0].tolist() == [7, 0]


def test_the_file_in_another_encoding_needs_its_name(tmp_path):
    table = uci([{}]).assign(remark="\u534e\u4e1c")
    path = save(tmp_path, table, encoding="gb18030")
    with pytest.raises(
        PortfolioError, match=r'line 2 cannot be read; .*, or name its encoding, such as encoding="gb'
    ):
        portfolio_from_uci(path)
    assert portfolio_from_uci(path, encoding="gb18030")["limit"].tolist() == [1000]
    assert histories_from_uci(path, encoding="gb18030").limit.tolist() == [1000]
    for encoding in ("gb1803", 7):
        with pytest.raises(
            SimlimitError, match=f"encoding is {encoding!r}, but must be the name of an encoding"
        ):
            portfolio_from_uci(path, encoding=encoding)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (None, "path is None, but must be the path of a file"),
        (7, "path is 7, but must be the path of a file"),
        (pd.DataFrame({"limit": [1]}), "frame: row of names has no column 'LIMIT_BAL'"),
        (uci([{}, {"PAY_6": 99}]).set_axis([7, 8]), "frame: row 8, column 'PAY_6': '99' is not allowed"),
        (uci([{}]).assign(LIMIT_BAL=np.nan), "frame: row 0, column 'LIMIT_BAL': '' is not allowed"),
    ],
)
def test_what_is_not_that_file_is_refused(source, expected):
    with pytest.raises(PortfolioError, match=re.escape(expected)):
        portfolio_from_uci(source)


def test_a_negative_payment_is_refused(tmp_path):
    with pytest.raises(PortfolioError, match="line 2, column 'PAY_AMT5': '-1'"):
        histories_from_uci(save(tmp_path, uci([{"PAY_AMT5": -1}])))


# Histories that a user puts together.

GOOD = {
    "limit": np.ones(2),
    "balance": np.ones((2, 3)),
    "payments": np.ones((2, 2)),
    "late": np.zeros((2, 3), dtype=bool),
}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"late": np.zeros(3, dtype=bool)}, "late has the shape (3,)"),
        ({"late": np.zeros((2, 1), dtype=bool)}, "late has the shape (2, 1)"),
        ({"late": np.zeros((0, 3), dtype=bool)}, "late has the shape (0, 3)"),
        ({"limit": np.ones(3)}, "limit has the shape (3,); allowed here is (2,)"),
        ({"balance": np.ones((2, 2))}, "balance has the shape (2, 2)"),
        ({"payments": np.ones((2, 3))}, "payments has the shape (2, 3)"),
        ({"limit": np.array([1.0, np.nan])}, "limit has a value that is not a finite number"),
        ({"balance": np.full((2, 3), np.inf)}, "balance has a value that is not a finite number"),
        ({"limit": np.zeros(2)}, "limit has the value 0; allowed are numbers above 0"),
        ({"payments": -np.ones((2, 2))}, "payments has the value -1; allowed are numbers from 0"),
        ({"blind_months": -1}, "blind_months is -1"),
        ({"blind_months": 0.5}, "blind_months is 0.5, but must be a whole number"),
        ({"late": np.full((2, 3), 30)}, "late has a value other than 0 and 1; allowed are flags"),
        ({"late": np.full((2, 3), np.nan)}, "late has a value other than 0 and 1"),
        ({"late": "late"}, "late is 'late', but must be an array of numbers."),
        ({"limit": None}, "limit has the shape (); allowed here is (2,)"),
        (
            {"balance": pd.DataFrame([["many"]])},
            "balance is a pandas.DataFrame of 1 row, but must be an array",
        ),
    ],
)
def test_bad_histories_are_refused(change, expected):
    with pytest.raises(SimlimitError, match=re.escape(expected)):
        Histories(**{**GOOD, **change})
