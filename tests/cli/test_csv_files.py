"""A table in a file of the command line: what it was, and nothing in it that a spreadsheet would run."""

import io
import re

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

import simlimit as sl
from simlimit import cli
from simlimit.cli.results import write_csv

RUNS = (*"=+-@\t\r\n",)
names = st.text(st.sampled_from("=+-@\t\r\n'\",;a1 北"), min_size=1, max_size=6)


def given_back(cell: str) -> str:
    return cell[1:] if cell.lstrip("'").startswith(RUNS) and cell.startswith("'") else cell


def is_number(cell: str) -> bool:
    return re.fullmatch(r"-[\d.]+", cell) is not None


@given(st.lists(names, min_size=1, max_size=5), names, st.lists(st.floats(allow_nan=False), min_size=5))
def test_no_cell_runs_and_each_is_given_back(tmp_path_factory, texts, column, numbers):
    path = tmp_path_factory.mktemp("csv") / "table.csv"
    numbers = numbers[: len(texts)]
    write_csv(pd.DataFrame({column: numbers}, index=pd.Index(texts, name="name")), path)
    read = pd.read_csv(path, dtype=str, keep_default_na=False)
    cells = [*read["name"], *read.columns]
    assert [cell for cell in cells if cell.startswith(RUNS) and not is_number(cell)] == []
    assert [given_back(cell) for cell in cells] == [*texts, "name", column]
    assert [float(cell) for cell in read.iloc[:, 1]] == numbers


def test_a_table_without_such_names_is_as_pandas_writes_it(tmp_path):
    table = pd.DataFrame(
        {"day": pd.to_datetime(["2026-01-01", "2026-01-02"]), "n": [-1, 2], "x": [np.nan, -1e-9]},
        index=pd.MultiIndex.from_tuples([("a, b", True), ('"c"', False)], names=["name", "kept"]),
    )
    write_csv(table, tmp_path / "table.csv")
    assert (tmp_path / "table.csv").read_text(encoding="utf-8") == table.to_csv()


def test_names_of_a_book_and_of_scenarios_do_not_run(tmp_path):
    regions = ["=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)"]
    book = sl.example_portfolio(io.StringIO(), borrowers=20)
    book["region"] = [*regions, "south"] * 4
    book.to_csv(tmp_path / "book.csv", index=False)
    shared = ["--portfolio=book.csv", "--set=horizon_days=400", "--replications=2", "--quiet"]
    assert cli.main(["study", "jiebei", *shared, "--out=study"]) == 0
    groups = pd.read_csv(tmp_path / "study" / "groups.csv")
    assert set(groups["group"]) == {*(f"'{region}" for region in regions), "south"}
    assert cli.main(["compare", "jiebei", "@b=jiebei:evaluation.period_days=7", *shared, "--out=both"]) == 0
    assert set(pd.read_csv(tmp_path / "both" / "differences.csv")["scenario"]) == {"'@b"}
