"""Release logs in the shapes that people have: read right, or refused in one sentence that names the row."""

import datetime
import gzip
import io
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from foreign_frames import foreign
from hypothesis import given, settings
from hypothesis import strategies as st

import simlimit as sl
from simlimit.books.release_log import log_digest
from simlimit.model.causes import GATES
from simlimit.portfolio import Portfolio

# One log in many shapes: repaid on 1, 2 and 2 October; released on the 1st and the 9th, and not by the 31st.
DAYS = [("2026-10-01", "2026-10-01"), ("2026-10-02", "2026-10-09"), ("2026-10-02", "")]
EXTRACTED = "2026-10-31"
PLAIN = {"extracted": EXTRACTED}


def csv(header: str = "repaid,ended", days: Callable[[str], str] = str, nothing: str = "") -> str:
    rows = [f"{days(repaid)},{days(ended) if ended else nothing}" for repaid, ended in DAYS]
    return "\n".join([header, *rows]) + "\n"


def frame(kind: Callable[[pd.Series], Any]) -> pd.DataFrame:
    moments = pd.DataFrame(DAYS, columns=["repaid", "ended"]).apply(pd.to_datetime)
    return pd.DataFrame({name: kind(moments[name]) for name in moments})


def form(pattern: str) -> Callable[[str], str]:
    return lambda day: datetime.date.fromisoformat(day).strftime(pattern)


def serial(day: str) -> str:
    return str((datetime.date.fromisoformat(day) - datetime.date(1899, 12, 30)).days)


def unpadded(mark: str) -> Callable[[str], str]:
    return lambda day: mark.join(str(int(part)) for part in day.split("-"))


FULL_WIDTH = str.maketrans("0123456789/", "０１２３４５６７８９／")
ARROW_TIME, ARROW_DAY = pd.ArrowDtype(pa.timestamp("us")), pd.ArrowDtype(pa.date32())
SAME: dict[str, tuple[object, dict[str, Any]]] = {
    # how days are written
    "ISO dates": (csv(), {}),
    "dates with slashes": (csv(days=form("%Y/%m/%d")), {}),
    "dates without zeros": (csv(days=unpadded("/")), {}),
    "dates with dots": (csv(days=unpadded(".")), {}),
    "dates in one number": (csv(days=form("%Y%m%d")), {}),
    "moments in one number": (csv(days=form("%Y%m%d235959")), {}),
    "Chinese dates": (csv(days=form("%Y年%m月%d日")), {}),
    "full-width dates of an input method": (
        csv(days=lambda day: form("%Y/%m/%d")(day).translate(FULL_WIDTH)),
        {},
    ),
    "moments": (csv(days=form("%Y-%m-%d 23:59:59")), {}),
    "moments of a database": (csv(days=form("%Y-%m-%d 00:00:00.000")), {}),
    "moments with a T and a Z": (csv(days=form("%Y-%m-%dT23:59:59Z")), {}),
    "moments of Shanghai": (csv(days=form("%Y-%m-%d 23:30:00+08:00")), {}),
    "moments of a zone without a colon": (csv(days=form("%Y-%m-%dT00:10:00.123+0800")), {}),
    "hours of twelve": (csv(days=form("%Y/%m/%d 11:59:59 PM")), {}),
    "serial numbers of Excel": (csv(days=serial), {}),
    "serial numbers with hours": (csv(days=lambda day: f"{serial(day)}.75"), {}),
    "days before months, as said": (csv(days=form("%d/%m/%Y")), {"date_format": "%d/%m/%Y"}),
    "months before days, as said": (csv(days=form("%m/%d/%Y")), {"date_format": "%m/%d/%Y"}),
    "names of months, as said": (csv(days=form("%d %b %Y")), {"date_format": "%d %b %Y"}),
    "the year in the front and the month at the end": (
        csv(days=form("%Y-%d-%m")),
        {"date_format": "%Y-%d-%m"},
    ),
    "a day of extraction in the same form": (
        csv(days=form("%d/%m/%Y")),
        {"date_format": "%d/%m/%Y", "extracted": "31/10/2026"},
    ),
    "a day of extraction in another form": (
        csv(),
        {"date_format": "%d/%m/%Y", "extracted": "31/10/2026"},
    ),
    "a column of the day of extraction, in another form": (
        "repaid,ended,extracted\n" + "".join(f"{row},31/10/2026\n" for row in csv().split()[1:]),
        {"date_format": "%d/%m/%Y", "extracted": None},
    ),
    "a format that the days have anyway": (csv(), {"date_format": "%Y-%m-%d"}),
    "a moment of extraction": (csv(), {"extracted": datetime.datetime(2026, 10, 31, 8, tzinfo=datetime.UTC)}),
    "a day of extraction of numpy": (csv(), {"extracted": np.datetime64("2026-10-31")}),
    "an extraction in one number": (csv(), {"extracted": 20261031}),
    "spaces around dates": (csv(days=lambda day: f"  {day} "), {}),
    # what stands for no end
    "NULL": (csv(nothing="NULL"), {}),
    "the nothing of MySQL": (csv(nothing="\\N"), {}),
    "NaT": (csv(nothing="NaT"), {}),
    "a hyphen": (csv(nothing="-"), {}),
    "a word for nothing": (csv(nothing="无"), {}),
    "the end of all days": (csv(nothing="9999-12-31 00:00:00"), {}),
    "the end of all days in German": (
        csv(days=form("%d.%m.%Y"), nothing="31.12.9999"),
        {"date_format": "%d.%m.%Y"},
    ),
    "the end of all days in a form of its own": (
        csv(days=form("%Y/%m/%d"), nothing="9999-12-31"),
        {"date_format": "%Y/%m/%d"},
    ),
    "the end of this century": (csv(nothing="2099-12-31"), {}),
    "no day at all": (csv(nothing="0000-00-00"), {}),
    # headers
    "known names": (csv("repaid_on,released_on"), {}),
    "known names in other letters": (csv("Repayment Date,RELEASE-DATE"), {}),
    "known Chinese names": (csv("还款日期,额度恢复日期"), {}),
    "names of one's own": (csv("dt_pay,dt_rel"), {"repaid": "dt_pay", "ended": "dt_rel"}),
    "Chinese names of one's own": (csv("入账,解冻"), {"repaid": "入账", "ended": "解冻"}),
    "spaces around names": (csv(" repaid , ended "), {}),
    "a title above the names": ("2026年10月还款恢复明细,\n" + csv("还款日,恢复日"), {}),
    "a title alone in its line": ("2026年10月还款恢复明细\r\n" + csv("还款日,恢复日"), {}),
    "a title with a comma": ('"Repayments, 2026"\n' + csv("还款日,恢复日"), {}),
    "names in quotes": (csv('"repaid","ended"'), {}),
    # files
    "lines of Windows": (csv().replace("\n", "\r\n"), {}),
    "the mark of UTF-8": (csv("还款日,恢复日").encode("utf-8-sig"), {}),
    "UTF-16": (csv("还款日,恢复日").encode("utf-16"), {}),
    "GBK": (csv("还款日,恢复日").encode("gbk"), {"encoding": "gbk"}),
    "GB 18030": (csv("还款日,恢复日").encode("gb18030"), {"encoding": "gb18030"}),
    "Big5": (csv("還款,恢復").encode("big5"), {"encoding": "big5", "repaid": "還款", "ended": "恢復"}),
    "semicolons of a European Excel": (csv().replace(",", ";"), {}),
    "the Unicode text of Excel": (csv("还款日,恢复日").replace(",", "\t").encode("utf-16"), {}),
    "semicolons, and commas in a name": (
        csv('"repaid, all","ended"').replace('","', '";"').replace(",2", ";2").replace(",\n", ";\n"),
        {"repaid": "repaid, all"},
    ),
    "compressed": (gzip.compress(csv().encode()), {}),
    "blank lines at the end": (csv() + ",\n,\n\n", {}),
    # frames
    "nanoseconds": (frame(lambda days: days.astype("datetime64[ns]")), {}),
    "seconds": (frame(lambda days: days.astype("datetime64[s]")), {}),
    "a time zone": (frame(lambda days: days.dt.tz_localize("Asia/Shanghai")), {}),
    "dates of Python": (frame(lambda days: [None if day is pd.NaT else day.date() for day in days]), {}),
    "objects": (frame(lambda days: days.astype(object)), {}),
    "moments of Arrow": (frame(lambda days: days.astype(ARROW_TIME)), {}),
    "dates of Arrow": (frame(lambda days: days.astype(ARROW_TIME).astype(ARROW_DAY)), {}),
    "texts of Arrow": (frame(lambda days: days.dt.strftime("%Y-%m-%d").astype("string[pyarrow]")), {}),
    "categories": (frame(lambda days: days.astype("category")), {}),
    "an index that says nothing": (frame(lambda days: days).set_axis(["a", "a", "b"]), {}),
    "numbers with gaps": (frame(lambda days: days.dt.strftime("%Y%m%d").astype(float)), {}),
    "nullable numbers": (
        frame(lambda days: days.dt.strftime("%Y%m%d").astype("Float64").astype("Int64")),
        {},
    ),
}


def read(source: Any, folder: Path, **reading: Any) -> pd.DataFrame:
    """Read a log from a frame, or from a file with this text or these bytes."""
    if isinstance(source, str | bytes):
        (folder / "log.csv").write_bytes(source.encode() if isinstance(source, str) else source)
        source = folder / "log.csv"
    return sl.read_release_log(source, **reading)


@pytest.mark.parametrize("shape", SAME)
def test_one_log_in_many_shapes(shape: str, tmp_path: Path) -> None:
    source, reading = SAME[shape]
    log = read(source, tmp_path, **PLAIN | reading)
    assert log["delay_days"].to_list() == [0, 7, 29]
    assert log["outcome"].to_list() == ["released", "released", "pending"]
    assert log["repaid_on"].dt.strftime("%Y-%m-%d").to_list() == [repaid for repaid, _ in DAYS]
    assert log["ended_on"].dt.strftime("%Y-%m-%d").fillna("").to_list() == [ended for _, ended in DAYS]
    assert log["repaid_at"].to_list() == [0, 1, 1]
    assert log["ended_at"].fillna(-1).to_list() == [0, 8, -1]
    assert log.attrs["digest"] == read(csv(), tmp_path, **PLAIN).attrs["digest"]
    assert log.attrs["extracted_on"] == EXTRACTED


def test_a_parquet_file_is_the_same_log(tmp_path: Path) -> None:
    frame(lambda days: days).to_parquet(tmp_path / "log.parquet")
    log = sl.read_release_log(tmp_path / "log.parquet", extracted=EXTRACTED)
    text = read(csv(), tmp_path, **PLAIN)
    pd.testing.assert_frame_equal(log.drop(columns="row"), text.drop(columns="row"))
    assert log.attrs["source"] == "log.parquet"


@pytest.mark.parametrize("library", ["pyarrow", "dask.dataframe"])
def test_a_frame_of_another_library_is_the_same_log(library: str) -> None:
    theirs: Any = foreign(frame(lambda days: days), library)
    log = sl.read_release_log(theirs, extracted=EXTRACTED)
    assert log["delay_days"].to_list() == [0, 7, 29]


class TestWorkbooks:
    @pytest.fixture(autouse=True)
    def _with_excel(self) -> None:
        pytest.importorskip("openpyxl")

    def test_a_sheet_of_dates_below_a_title(self, tmp_path: Path) -> None:
        rows = [
            ["恢复明细", None],
            ["还款日", "恢复日"],
            *frame(lambda days: days).astype(object).to_numpy().tolist(),
        ]
        pd.DataFrame(rows).to_excel(tmp_path / "log.xlsx", header=False, index=False)
        log = sl.read_release_log(tmp_path / "log.xlsx", extracted=EXTRACTED)
        assert log["delay_days"].to_list() == [0, 7, 29]
        log = sl.read_release_log(tmp_path / "log.xlsx", extracted=EXTRACTED, date_format="%Y-%m-%d")
        assert log["delay_days"].to_list() == [0, 7, 29]

    def test_texts_of_digits_stay_names(self, tmp_path: Path) -> None:
        """As in CSV: 007 and 7 are two customers, of two regions."""
        named = frame(lambda days: days).assign(borrower=["007", "7", "08"], region=["01", "1", "NA"])
        named.to_excel(tmp_path / "log.xlsx", index=False)
        log = sl.read_release_log(tmp_path / "log.xlsx", extracted=EXTRACTED)
        assert log["borrower"].to_list() == ["007", "7", "08"]
        assert log["region"].to_list() == ["01", "1", "(blank)"]

    def test_the_row_that_is_wrong_is_named_as_excel_counts(self, tmp_path: Path) -> None:
        wrong = frame(lambda days: days.dt.strftime("%Y-%m-%d")).replace("2026-10-09", "soon")
        wrong.to_excel(tmp_path / "log.xlsx", index=False)
        with pytest.raises(
            sl.SimlimitError, match=r"log\.xlsx: row 3, column 'ended': 'soon' is not allowed"
        ):
            sl.read_release_log(tmp_path / "log.xlsx", extracted=EXTRACTED)

    def test_of_several_sheets_none_is_chosen_unless_the_others_are_blank(self, tmp_path: Path) -> None:
        october = frame(lambda days: days)
        with pd.ExcelWriter(tmp_path / "log.xlsx") as book:
            october.to_excel(book, sheet_name="十月", index=False)
            pd.DataFrame().to_excel(book, sheet_name="Sheet2", index=False)
        assert len(sl.read_release_log(tmp_path / "log.xlsx", extracted=EXTRACTED)) == 3
        with pd.ExcelWriter(tmp_path / "log.xlsx", mode="a") as book:
            october.to_excel(book, sheet_name="十一月", index=False)
        with pytest.raises(
            sl.SimlimitError, match=r"has the sheets \['十月', '十一月'\], but must have one; "
        ):
            sl.read_release_log(tmp_path / "log.xlsx", extracted=EXTRACTED)

    def test_a_book_may_be_one_too(self, tmp_path: Path) -> None:
        pd.DataFrame({"limit": [5000.0, 800], "outstanding": [1, 0]}).to_excel(
            tmp_path / "book.xlsx", index=False
        )
        mine = sl.preset("clockwork").with_portfolio(tmp_path / "book.xlsx")
        assert isinstance(mine.population.portfolio, Portfolio)
        assert len(mine.population.portfolio) == 2

    def test_what_only_looks_like_one_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(sl.SimlimitError, match=r"log\.csv cannot be read: "):
            read(b"PK\x03\x04 and more", tmp_path)


def test_without_the_reader_of_workbooks_a_sentence_says_how_to_install_it(
    tmp_path: Path, monkeypatch
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ImportError

    monkeypatch.setattr("pandas.read_excel", missing)
    with pytest.raises(sl.SimlimitError, match=r"\"pip install 'simlimit\[excel\]'\" installs what reads it"):
        read(b"PK\x03\x04", tmp_path)


FULL = pd.DataFrame(
    {
        "客户号": [7, 7, 8, 9],
        "还款日期": ["2026-10-01", "2026-10-02", "2026-10-02", "2026-10-03"],
        "恢复日期": ["2026-10-01", "2026-10-09", None, "2026-10-05"],
        "状态": ["已恢复", "已恢复", "处理中", "已失效"],
        "还款金额": ["1,250.50", "¥300", "20", "1e3"],
        "原因": ["", "人工审核", "资金池", None],
        "省份": ["浙江", "浙江", None, "上海"],
        "是否逾期": ["否", "是", "0", "1"],
        "备注": ["007", "008", "", "9"],
        "费率": [0.5, 1, None, 2],
    }
)


def full(**changes: object) -> pd.DataFrame:
    return FULL.assign(**changes)


def test_amounts_of_which_one_has_cents_have_points_before_them() -> None:
    log = sl.read_release_log(full(还款金额=["1.250", "300", "20.5", "800"]), extracted=EXTRACTED)
    assert log["amount"].to_list() == [1.25, 300, 20.5, 800]


def test_all_columns_of_a_chinese_log_without_a_word_about_them() -> None:
    log = sl.read_release_log(FULL, extracted=EXTRACTED)
    assert log["borrower"].to_list() == [7, 7, 8, 9]
    assert log["outcome"].to_list() == ["released", "released", "pending", "forfeited"]
    assert log["delay_days"].to_list() == [0, 7, 29, 2]
    assert log["amount"].to_list() == [1250.5, 300, 20, 1000]
    assert log["gate"].to_list() == ["(blank)", "人工审核", "资金池", "(blank)"]
    assert log["region"].to_list() == ["浙江", "浙江", "(blank)", "上海"]
    assert log["late"].to_list() == [False, True, False, True]
    assert log["row"].to_list() == [0, 1, 2, 3]
    assert log["entry_days"].to_list() == [0, 0, 0, 0]
    assert log["备注"].fillna("").to_list() == ["007", "008", "", "9"], "a name is no number"
    assert log["费率"].fillna(-1).to_list() == [0.5, 1, -1, 2]
    assert log.attrs["columns"]["late"] == "是否逾期"
    assert log.attrs["read"] == (
        "a frame: 4 rows of 3 borrowers, repaid 2026-10-01 to 2026-10-03, seen until 2026-10-31: "
        "2 released, 1 forfeited, 1 pending."
    )


OUTCOMES: dict[str, tuple[list[object], Mapping[Any, str] | None]] = {
    "words of one's own": (["A", "A", "P", "X"], {"A": "released", "P": "pending", "X": "forfeited"}),
    "numbers": ([1, 1, 0, 2], {1: "released", 0: "pending", 2: "forfeited"}),
    "numbers that a gap made floats": ([1, 1, None, 2], {1: "released", 2: "forfeited"}),
    "a word of ours among one's own": (["Released", "OK", "", "expired"], {"OK": "released"}),
    "a blank that has a meaning": (["", "", "处理中", "X"], {"": "released", "X": "forfeited"}),
    "truth values": ([True, True, None, False], {True: "released", False: "forfeited"}),
    "categories": (pd.Categorical(["已恢复", "已恢复", None, "已失效"]), None),
}


@pytest.mark.parametrize("shape", OUTCOMES)
def test_outcomes_are_words_with_a_meaning(shape: str) -> None:
    words, outcomes = OUTCOMES[shape]
    log = sl.read_release_log(full(状态=words), extracted=EXTRACTED, outcomes=outcomes)
    assert log["outcome"].to_list() == ["released", "released", "pending", "forfeited"]


REASONS = {"人工复核": "review", "系统直通": "(blank)"}


def test_words_of_the_reason_become_the_gates_of_the_model() -> None:
    reasons = full(原因=["系统直通", " 人工复核", "资金池", "FUNDING"])
    log = sl.read_release_log(reasons, extracted=EXTRACTED, gates=REASONS)
    assert log["gate"].to_list() == ["(blank)", "review", "funding", "funding"]
    as_it_is = sl.read_release_log(reasons, extracted=EXTRACTED)
    assert as_it_is["gate"].to_list() == ["系统直通", "人工复核", "资金池", "FUNDING"]
    known = sl.read_release_log(FULL, extracted=EXTRACTED, gates={})
    assert known["gate"].to_list() == ["(blank)", "review", "funding", "(blank)"]


def test_every_gate_of_the_model_is_known_by_its_name() -> None:
    eight = pd.DataFrame({"repaid": range(8), "ended": range(8), "gate": GATES})
    assert sl.read_release_log(eight, gates={})["gate"].to_list() == [*GATES]


def test_a_column_that_is_found_can_be_declined() -> None:
    log = sl.read_release_log(FULL, extracted=EXTRACTED, gate=None, region=None, outcome=None, amount=None)
    assert not {"gate", "region"} & {*log}
    assert log["outcome"].to_list() == ["released", "released", "pending", "released"]
    assert log["amount"].to_list() == [1, 1, 1, 1]
    assert log["原因"].fillna("").to_list() == ["", "人工审核", "资金池", ""], "a further column"
    ours = FULL.rename(columns={"原因": "gate"})
    log = sl.read_release_log(ours, extracted=EXTRACTED, gate=None)
    assert "gate" not in log
    assert "; 'gate' left out, since its name is taken" in log.attrs["read"]


def test_without_words_an_end_is_a_release() -> None:
    log = sl.read_release_log(FULL.drop(columns="状态"), extracted=EXTRACTED)
    assert log["outcome"].to_list() == ["released", "released", "pending", "released"]


# Numbers of days -------------------------------------------------------------------------------------------

NUMBERED = pd.DataFrame({"repaid": [3, 4, 4], "ended": pd.array([3, 11, None], dtype="Int64")})


@pytest.mark.parametrize("kind", ["Int64", "float64", "string", "int64[pyarrow]", "object"])
def test_days_may_be_numbers(kind: str) -> None:
    log = sl.read_release_log(NUMBERED.astype(kind), extracted=33)
    assert log["delay_days"].to_list() == [0, 7, 29]
    assert log["repaid_at"].to_list() == [3, 4, 4]
    assert log["repaid_on"].isna().all(), "nobody knows their dates"
    assert (log.attrs["start_date"], log.attrs["extracted_on"], log.attrs["window"]) == (None, None, (3, 33))


def test_numbers_of_days_have_dates_from_a_start_date_on() -> None:
    log = sl.read_release_log(NUMBERED, extracted=33, start_date="2026-09-28")
    assert log["repaid_on"].dt.strftime("%Y-%m-%d").to_list() == [repaid for repaid, _ in DAYS]
    assert log.attrs["extracted_on"] == EXTRACTED


def test_a_start_date_moves_days_and_no_dates(tmp_path: Path) -> None:
    one, other = read(csv(), tmp_path, **PLAIN), read(csv(), tmp_path, **PLAIN, start_date="2026-09-01")
    assert other["repaid_at"].to_list() == [30, 31, 31]
    assert other.attrs["window"] == (30, 60)
    same = ["repaid_on", "ended_on", "delay_days"]
    pd.testing.assert_frame_equal(one[same], other[same])


# Which day is the last one ---------------------------------------------------------------------------------


def test_the_day_of_the_extract_may_be_a_column(tmp_path: Path) -> None:
    log = sl.read_release_log(full(数据日期="2026/10/31"))
    assert log["delay_days"].to_list() == [0, 7, 29, 2]
    assert sl.read_release_log(full(数据日期="2026/10/31"), extracted="2026-11-01")["delay_days"].max() == 30


def test_where_nothing_is_pending_the_last_end_is_the_last_day_and_a_word_warns() -> None:
    log = sl.read_release_log(FULL.drop(index=2))
    assert log.attrs["extracted_on"] == "2026-10-09"
    assert "waits look too short if the log has only what has ended" in log.attrs["read"]


def test_all_pending() -> None:
    log = sl.read_release_log(full(恢复日期=None, 状态=None), extracted=EXTRACTED)
    assert log["delay_days"].to_list() == [30, 29, 29, 28]
    curve = sl.cumulative_incidence(log)
    assert sl.describe_quantiles(sl.quantiles(curve)).str.startswith("not reached").all()
    assert (sl.kaplan_meier(log)["pending"] == 1).all()


# Rows that are not read ------------------------------------------------------------------------------------


def test_an_exact_duplicate_is_dropped_where_the_log_tells_repayments_apart() -> None:
    twice = FULL.iloc[[0, 1, 1, 2, 3, 0]]
    log = sl.read_release_log(twice, extracted=EXTRACTED)
    assert log["row"].to_list() == [0, 1, 2, 3]
    assert "; 2 equal to an earlier one dropped (row 1, 0)." in log.attrs["read"]
    assert log.attrs["digest"] == sl.read_release_log(FULL, extracted=EXTRACTED).attrs["digest"]
    numbered = NUMBERED.assign(repayment=["a", "b", "c"]).iloc[[0, 0, 1, 2]]
    assert len(sl.read_release_log(numbered, extracted=33)) == 3


def test_equal_rows_are_ties_where_it_does_not() -> None:
    """Without amounts, two payments of a borrower on a day look alike."""
    log = sl.read_release_log(NUMBERED.assign(borrower=1).iloc[[0, 0, 1, 2]], extracted=33)
    assert log["delay_days"].to_list() == [0, 0, 7, 29]
    assert "; 1 equal to an earlier one kept (row 0)." in log.attrs["read"]


def test_blank_lines_are_left_out_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    first, *rest = csv().splitlines(keepends=True)
    log = read(first + ",\n" * 7 + "".join(rest), tmp_path, **PLAIN)
    assert log["row"].to_list() == [9, 10, 11]
    assert "; 7 blank ones dropped (line 2, 3, 4, 5, 6 ..)." in log.attrs["read"]


def test_a_row_has_the_name_by_which_it_is_refused(tmp_path: Path) -> None:
    labels = ["a", "b", "c", "d"]
    assert sl.read_release_log(FULL.set_axis(labels), extracted=EXTRACTED)["row"].to_list() == labels
    with pytest.raises(sl.SimlimitError, match="frame: row c, column '还款金额': 'much' is not allowed"):
        sl.read_release_log(one(还款金额="much").set_axis(labels), extracted=EXTRACTED)
    pairs = pd.MultiIndex.from_product([["east", "west"], [1, 2]])
    assert sl.read_release_log(FULL.set_axis(pairs), extracted=EXTRACTED)["row"].to_list() == [*pairs]
    for name, rows in (("log.csv", FULL), ("wrong.csv", one(还款金额="much"))):
        rows.to_csv(tmp_path / name, index=False)
    assert sl.read_release_log(tmp_path / "log.csv", extracted=EXTRACTED)["row"].to_list() == [2, 3, 4, 5]
    with pytest.raises(sl.SimlimitError, match=r"wrong\.csv: line 4, column '还款金额': 'much'"):
        sl.read_release_log(tmp_path / "wrong.csv", extracted=EXTRACTED)


# Parts -----------------------------------------------------------------------------------------------------

PARTS = pd.DataFrame(
    {
        "流水": ["R1", "R1", "R2", "R2"],
        "repaid": "2026-10-01",
        "ended": ["2026-10-01", "2026-10-11", "2026-10-01", None],
        "amount": [300, 700, 100, 100],
    }
)


def test_a_repayment_that_came_back_in_parts_counts_by_its_amounts() -> None:
    log = sl.read_release_log(PARTS, repayment="流水", extracted=EXTRACTED)
    curve = sl.share_at(sl.cumulative_incidence(log, weight="amount"), (0, 10, 30))
    assert curve["released"].to_list() == pytest.approx([1 / 3, 11 / 12, 11 / 12])
    assert "; 4 parts of repayments, which weight='amount' counts right." in log.attrs["read"]


# Left truncation -------------------------------------------------------------------------------------------


def steady(first: int, last: int, since: int) -> pd.DataFrame:
    """Return what a log has from a day on, of ten repayments a day that take 0, 1 .. 9 days."""
    every = pd.DataFrame([(day, day + delay) for day in range(first, last) for delay in range(10)])
    every.columns = pd.Index(["repaid", "ended"])
    return every[(every["ended"] >= since) & (every["repaid"] <= last)]


def test_older_repayments_count_from_the_age_at_which_the_log_saw_them() -> None:
    """Each share is exact: in every age as many are at risk, and end, as in a log from the beginning."""
    log = sl.read_release_log(steady(0, 120, since=100), since=100, extracted=140)
    curve = sl.cumulative_incidence(log, entry="entry_days")
    assert curve["released"].to_list() == pytest.approx([(age + 1) / 10 for age in range(10)])
    naive = sl.cumulative_incidence(log)["released"]
    assert (naive.iloc[:9] < curve["released"].iloc[:9] - 0.01).all(), "long waits are over-represented"
    assert "; 45 seen late, which entry='entry_days' counts right" in log.attrs["read"]
    mpl.use("Agg")
    drawn = [line.get_ydata() for line in sl.plots.incidence(log).lines]
    assert any(np.allclose(line, [0, *curve["released"]]) for line in drawn if len(line) == 1 + len(curve))


def test_what_ended_before_the_log_begins_is_dropped() -> None:
    whole = sl.read_release_log(steady(0, 200, since=0), since=100, extracted=220)
    seen = sl.read_release_log(steady(0, 200, since=100), since=100, extracted=220)
    assert f"; {2000 - len(whole)} dropped that ended before day 100" in whole.attrs["read"]
    columns = ["delay_days", "entry_days", "outcome"]
    pd.testing.assert_frame_equal(whole[columns], seen[columns])
    assert whole.attrs["window"] == seen.attrs["window"] == (100, 220)
    assert whole.attrs["digest"] == seen.attrs["digest"]


def test_day_0_is_the_first_day_of_what_is_left() -> None:
    log = sl.read_release_log(FULL, since="2026-10-03", extracted=EXTRACTED)
    assert log["row"].to_list() == [1, 2, 3]
    assert log["repaid_at"].to_list() == [0, 0, 1]
    assert log["entry_days"].to_list() == [0.5, 0.5, 0]
    assert (log.attrs["start_date"], log.attrs["window"]) == ("2026-10-02", (1, 29))


def test_the_age_at_which_a_row_was_seen_may_be_a_column() -> None:
    log = sl.read_release_log(NUMBERED.assign(seen_at=[0, 5, 2]), entry="seen_at", extracted=33)
    assert log["entry_days"].to_list() == [0, 5, 2]
    assert sl.kaplan_meier(log, entry="entry_days")["at_risk"].to_list() == [1, 2, 1]
    blank = sl.read_release_log(NUMBERED.assign(entry=[None, 5, "-"]), extracted=33)
    assert blank["entry_days"].to_list() == [0, 5, 0], "seen from its day on"


def test_a_further_column_with_a_name_of_ours_is_left_out_with_a_word() -> None:
    log = sl.read_release_log(
        NUMBERED.assign(principal=[5, 6, 7], amount=0), amount="principal", extracted=33
    )
    assert log["amount"].to_list() == [5, 6, 7]
    assert "; 'amount' left out, since its name is taken" in log.attrs["read"]


def test_only_a_day_can_be_one_that_never_comes() -> None:
    customers = [999912310001, 999912310002, 999912310003]
    log = sl.read_release_log(NUMBERED.assign(borrower=customers, note=customers), extracted=33)
    assert log["borrower"].to_list() == log["note"].to_list() == customers


# What the library makes of it ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def example() -> pd.DataFrame:
    return sl.example_release_log(io.StringIO(), borrowers=60)


def test_the_example_is_read_without_a_word(example: pd.DataFrame, tmp_path: Path) -> None:
    log = sl.read_release_log(example)
    for column in ("borrower", "region", "amount", "outcome"):
        assert log[column].to_list() == example[column].to_list()
    assert (log["repaid_on"] == example["repaid_on"]).all()
    example.to_csv(tmp_path / "log.csv", index=False)
    written = sl.read_release_log(tmp_path / "log.csv")
    pd.testing.assert_frame_equal(written, log.assign(row=log["row"] + 2))
    assert written.attrs == log.attrs | {
        "source": "log.csv",
        "read": log.attrs["read"].replace("a frame", "log.csv"),
    }


def test_the_holds_of_a_run_are_a_log() -> None:
    scenario = sl.preset("clockwork").replace(
        {"evaluation.straight_through": False, "population.borrowers": 20, "horizon_days": 90}
    )
    holds = sl.simulate(scenario).holds
    last = scenario.start_date + datetime.timedelta(90)
    log = sl.read_release_log(holds, extracted=last, start_date=scenario.start_date)
    assert (log["outcome"] == "pending").any()
    for column in ("repaid_at", "ended_at", "outcome", "delay_days", "borrower", "amount", "region"):
        assert log[column].astype(str).to_list() == holds[column].astype(str).to_list()


def test_statistics_and_pictures_take_a_log_unedited(example: pd.DataFrame) -> None:
    mpl.use("Agg")
    log = sl.read_release_log(example, since="2023-08-01")
    curve = sl.cumulative_incidence(log, by="region", cluster="borrower", weight="amount", entry="entry_days")
    words = sl.describe_quantiles(sl.quantiles(curve, "released", (0.5, 0.9)))
    assert words.str.contains("day").all()
    assert sl.share_at(curve, (0, 30))["released"].between(0, 1).all()
    assert sl.at_risk_table(log, days=(0, 7)).to_numpy().any()
    assert not sl.kaplan_meier(log.query("outcome != 'forfeited'"), entry="entry_days").empty
    assert sl.plots.incidence(sl.cumulative_incidence(log, cluster="borrower")).lines
    assert sl.plots.incidence(log).lines


def test_what_is_said_of_a_log_survives_a_file(example: pd.DataFrame, tmp_path: Path) -> None:
    log = sl.read_release_log(example)
    log.to_parquet(tmp_path / "mine.parquet")
    kept = pd.read_parquet(tmp_path / "mine.parquet").attrs
    assert kept == json.loads(json.dumps(log.attrs))
    again = sl.read_release_log(tmp_path / "mine.parquet", extracted=log.attrs["extracted_on"])
    assert again.attrs["digest"] == log.attrs["digest"]


def test_another_log_has_another_digest() -> None:
    one, other = (
        sl.read_release_log(full(费率=rate), extracted=EXTRACTED).attrs["digest"] for rate in (1, 2)
    )
    assert one == other, "a further column means nothing to it"
    assert sl.read_release_log(full(客户号=[7, 7, 8, 8]), extracted=EXTRACTED).attrs["digest"] != one
    log = sl.read_release_log(FULL, extracted=EXTRACTED)
    assert log_digest(log[[*log][::-1]]) == log.attrs["digest"], "in whatever order its columns are"
    assert log_digest(log.query("late")) != log.attrs["digest"], "a part is another log"


WRITERS: tuple[Callable[[datetime.date], str], ...] = (
    str,
    "{:%Y/%m/%d}".format,
    "{:%Y%m%d}".format,
    "{:%Y年%m月%d日 08:00}".format,
    lambda day: serial(str(day)),
)


@settings(deadline=None, max_examples=40)
@given(
    rows=st.lists(st.tuples(st.integers(0, 400), st.none() | st.integers(0, 90)), min_size=1, max_size=20),
    write=st.sampled_from(WRITERS),
)
def test_whatever_was_written_is_read(
    rows: list[tuple[int, int | None]], write: Callable[[datetime.date], str]
) -> None:
    start, last = datetime.date(2024, 1, 1), datetime.date(2024, 1, 1) + datetime.timedelta(500)

    def on(day: int) -> str:
        return write(start + datetime.timedelta(day))

    columns = {
        "还款日": [on(day) for day, _ in rows],
        "恢复日": ["" if delay is None else on(day + delay) for day, delay in rows],
    }
    log = sl.read_release_log(pd.DataFrame(columns), extracted=last, start_date=start)
    assert log["repaid_at"].to_list() == [day for day, _ in rows]
    assert log["delay_days"].to_list() == [500 - day if delay is None else delay for day, delay in rows]
    assert (log["outcome"] == "pending").to_list() == [delay is None for _, delay in rows]


# What is refused -------------------------------------------------------------------------------------------


def one(**changes: object) -> pd.DataFrame:
    """Return four rows, the third of which has been changed."""
    rows = FULL.astype(object)
    for name, value in changes.items():
        rows.loc[2, name] = value
    return rows


REFUSED: dict[str, tuple[object, dict[str, Any], str]] = {
    "a date that may be two": (
        csv(days=form("%d/%m/%Y")),
        {},
        "log.csv: line 2, column 'repaid': '01/10/2026' is not allowed; allowed "
        "are dates with the year first, such as 2026-10-31, or others by a date_format, such as '%d/%m/%Y'.",
    ),
    "a year of two digits": (
        csv(days=form("%y-%m-%d")),
        {},
        "line 2, column 'repaid': '26-10-01' is not allowed",
    ),
    "a date that is none": (
        one(还款日期="2026-02-30"),
        {},
        "row 2, column '还款日期': '2026-02-30' is not allowed",
    ),
    "a date before computers": (one(还款日期="1900-01-01"), {}, "row 2, column '还款日期': '1900-01-01'"),
    "another form than the format": (
        one(还款日期="10.02.26"),
        {"date_format": "%d/%m/%Y"},
        "row 2, column '还款日期': '10.02.26' is not allowed",
    ),
    "a date of ours where the format says another": (
        one(还款日期="2026-10-14"),
        {"date_format": "%Y-%d-%m"},
        "row 2, column '还款日期': '2026-10-14' is not allowed",
    ),
    "a format in which no day is written": (
        csv(),
        {"date_format": "%d/%m/%Y"},
        "date_format is '%d/%m/%Y', but must be how a day of the log is written, such as '2026-10-01'.",
    ),
    "a format that is none": (csv(), {"date_format": "%Q"}, "date_format is '%Q', but must be how a day"),
    "seconds since 1970": (
        one(还款日期=1_790_000_000),
        {},
        "row 2, column '还款日期': '1790000000' is not allowed",
    ),
    "no day of the repayment": (one(还款日期=None), {}, "frame: row 2, column '还款日期': '' is not allowed"),
    "a number of days among dates": (one(恢复日期="12"), {}, "row 2, column '恢复日期': '12' is not allowed"),
    "a date among numbers of days": (
        NUMBERED.assign(ended=["3", "2026-10-09", ""]),
        {"extracted": 33},
        "row 1, column 'ended': '2026-10-09' is not allowed; allowed are whole numbers of days below 20000",
    ),
    "a part of a day": (
        NUMBERED.assign(repaid=[3, 4.5, 4]),
        {"extracted": 33},
        "row 1, column 'repaid': '4.5' is not allowed",
    ),
    "an end before the repayment": (
        one(恢复日期="2026-10-01", 状态="已恢复"),
        {},
        "row 2, column '恢复日期': '2026-10-01' is not allowed; "
        "allowed are days from its repayment on, 2026-10-02.",
    ),
    "an end after the extract": (
        FULL,
        {"extracted": "2026-10-06"},
        "row 1, column '恢复日期': '2026-10-09' is not allowed; "
        "allowed are days until that of the extract, 2026-10-06.",
    ),
    "a repayment after the extract": (
        one(还款日期="2026-11-01"),
        {},
        "row 2, column '还款日期': '2026-11-01'",
    ),
    "nobody knows until when": (
        FULL,
        {"extracted": None},
        "row 2, column '恢复日期': '' is not allowed; allowed is an end, unless "
        "extracted says until when rows were seen.",
    ),
    "several days of extraction": (
        full(数据日期=["2026-10-31"] * 3 + ["2026-11-30"]),
        {"extracted": None},
        "row 3, column '数据日期': '2026-11-30' is not allowed; "
        "allowed is one day of the extract, 2026-10-31.",
    ),
    "a word without a meaning": (
        one(状态="冻结"),
        {},
        "row 2, column '状态': '冻结' is not allowed; allowed are words that outcomes explains: "
        "outcomes={'已恢复': 'released'}.",
    ),
    "an end without a word": (
        one(状态="", 恢复日期="2026-10-05"),
        {},
        "row 2, column '状态': '' is not allowed",
    ),
    "released, but when": (
        one(状态="已恢复"),
        {},
        "row 2, column '恢复日期': '' is not allowed; allowed is a day where the outcome is released.",
    ),
    "pending, but ended": (
        one(恢复日期="2026-10-05"),
        {},
        "row 2, column '恢复日期': '2026-10-05' is not allowed; "
        "allowed is no day where the outcome is pending.",
    ),
    "reasons without a meaning": (
        full(原因=["风控", "人工审核", "名单", None]),
        {"gates": {}},
        "frame: row 0, column '原因': '风控' is not allowed; allowed are words that gates explains: "
        "gates={'人工审核': 'review'}; unknown are '风控', '名单'.",
    ),
    "a gate of another model": (
        FULL,
        {"gates": {"资金池": "money"}},
        "gates['资金池'] is 'money', but must be one of: ",
    ),
    "no mapping of gates": (
        FULL,
        {"gates": "review"},
        "gates is 'review', but must be a mapping of words of the log to settlement, evaluation, ",
    ),
    "gates of no column": (
        NUMBERED,
        {"extracted": 33, "gates": {"资金池": "funding"}},
        "gates is {'资金池': 'funding'}, but must be left out: "
        "no column is found by its name, or named as gate.",
    ),
    "outcomes of no column": (
        FULL,
        {"outcome": None, "outcomes": {"已恢复": "released"}},
        "but must be left out: no column is found by its name, or named as outcome.",
    ),
    "no repayment at all": (FULL, {"repaid": None}, "repaid is None, but must be the name of a column"),
    "an outcome of another world": (
        FULL,
        {"outcomes": {"已恢复": "back"}},
        "outcomes['已恢复'] is 'back', but must be one of: released, forfeited, pending.",
    ),
    "no borrower": (one(客户号=None), {}, "row 2, column '客户号': '' is not allowed"),
    "no amount": (
        one(还款金额=""),
        {},
        "row 2, column '还款金额': '' is not allowed; allowed are numbers from 0",
    ),
    "an amount below nothing": (one(还款金额="-5"), {}, "row 2, column '还款金额': '-5' is not allowed"),
    "points that may stand between thousands": (
        full(还款金额=["1.250", "300", "20.000", "800"]).to_csv(index=False),
        {},
        "line 2, column '还款金额': '1.250' is not allowed; "
        "allowed are amounts without points between thousands: 1250, or 1.25.",
    ),
    "a decimal comma": (one(还款金额="12,5"), {}, "row 2, column '还款金额': '12,5' is not allowed"),
    "late, perhaps": (
        one(是否逾期="未知"),
        {},
        "row 2, column '是否逾期': '未知' is not allowed; allowed are yes and no",
    ),
    "parts without amounts": (
        PARTS.drop(columns="amount"),
        {"repayment": "流水"},
        "row 0, column '流水': 'R1' is not allowed",
    ),
    "parts of different days": (
        PARTS.assign(repaid=["2026-10-01", "2026-10-02", "2026-10-01", "2026-10-01"]),
        {"repayment": "流水"},
        "row 1, column 'repaid': '2026-10-02' is not allowed; "
        "allowed is the same for all parts of a repayment.",
    ),
    "parts of different borrowers": (
        PARTS.assign(borrower=[1, 1, 2, 3]),
        {"repayment": "流水"},
        "row 3, column 'borrower': '3' is not allowed",
    ),
    "seen only after its end": (
        NUMBERED.assign(entry=[0, 7, 0]),
        {"extracted": 33},
        "row 1, column 'entry': '7' is not allowed",
    ),
    "a sum below the rows": (
        csv() + "合计,\n",
        {},
        "log.csv: line 5, column 'repaid': '合计' is not allowed",
    ),
    "a log of nothing": (csv().splitlines()[0] + "\n", {}, "0 rows after line 1; allowed are 1 to"),
    "an empty file": ("", {}, "log.csv: line 1 is blank; it must name the columns"),
    "no column of days": (
        "a,b\n1,2\n",
        {},
        "repaid is not found by its name in the first two lines, so name its column: 'a,b'.",
    ),
    "bars": (csv().replace(",", "|"), {}, "'repaid|ended', where '|' stands instead of commas."),
    "a name that is not there": (
        FULL,
        {"gate": "拦截"},
        "gate is '拦截', but must be the name of a column, a different one for each: '客户号,",
    ),
    "one column for two": (
        FULL,
        {"gate": "省份", "region": "省份"},
        "is '省份', but must be the name of a column, a different one",
    ),
    "a name twice": (csv("repaid,repaid"), {"ended": "ended"}, "ended is 'ended', but must be"),
    "two columns of one name": (
        csv("repaid,ended").replace("\n", ",\n").replace(",\n", ",ended\n", 1),
        {},
        "has 2 columns 'ended'",
    ),
    "GBK that nobody named": (
        csv("还款日,恢复日").encode("gbk"),
        {},
        "log.csv is not UTF-8 text: line 1 cannot be read; save the file as UTF-8 "
        '("CSV UTF-8" in Excel), or name its encoding, such as encoding="gbk".',
    ),
    "a wrong encoding": (
        csv("还款日,恢复日"),
        {"encoding": "utf-32"},
        "is not utf-32 text: line 1 cannot be read",
    ),
    "an encoding of a frame": (
        FULL,
        {"encoding": "gbk"},
        "encoding is 'gbk', but must be left out where the source is no text.",
    ),
    "an old workbook": (
        b"\xd0\xcf\x11\xe0",
        {},
        'is a workbook of Excel, but must be text: save it as "CSV UTF-8".',
    ),
    "a log that begins after its end": (
        FULL,
        {"since": "2026-11-01"},
        "since is '2026-11-01', but must be a day until the last one of any row, 2026-10-31.",
    ),
    "a start date after the first day": (
        FULL,
        {"start_date": "2026-10-02"},
        "start_date is '2026-10-02', but must be a date until the first day of the log, 2026-10-01.",
    ),
    "numbers of days beyond the last date": (
        NUMBERED,
        {"extracted": 33, "start_date": "9999-12-30"},
        "start_date is '9999-12-30', but must be a date after which the log ends before the year 10000.",
    ),
    "a day number for a log of dates": (
        FULL,
        {"extracted": 33},
        "extracted is 33, but must be a date, such as 2026-10-31.",
    ),
    "a date for a log of day numbers": (
        NUMBERED,
        {},
        "extracted is '2026-10-31', but must be whole numbers of days below 20000",
    ),
}


@pytest.mark.parametrize("shape", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence_that_names_the_row(
    shape: str, tmp_path: Path
) -> None:
    source, reading, sentence = REFUSED[shape]
    with pytest.raises(sl.SimlimitError) as refused:
        read(source, tmp_path, **PLAIN | reading)
    said = str(refused.value)
    assert sentence in said
    assert said.count("\n") == 0
    assert len(said) <= 400


def test_there_are_at_least_sixty_shapes() -> None:
    assert len(SAME) + len(OUTCOMES) + len(REFUSED) >= 100
