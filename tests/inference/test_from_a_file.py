"""From the file of a log, as its owner has it, to a study of what it leaves open."""

import datetime
from pathlib import Path

import pandas as pd
import pytest
from fitted_logs import FREE, PERIOD, log_of, platform

import simlimit as sl

HEADERS = {
    "borrower": "借款人编号", "repaid_on": "还款日期", "ended_on": "恢复日期", "outcome": "恢复状态",
    "amount": "还款金额", "gate": "原因", "region": "地区",
}  # fmt: skip
WORDS = {"released": "已恢复", "forfeited": "已失效", "pending": "待恢复"}
TRUTH = {PERIOD: 14, "screening.false_flag": 0.08}


def written(path: Path) -> pd.DataFrame:
    """Write a simulated log as a platform would, and return it as `read_release_log` should."""
    log = log_of(TRUTH, columns=("gate", "region"))
    table = log.assign(outcome=log["outcome"].astype(str).replace(WORDS))
    table["gate"] = table["gate"].replace({"(blank)": ""})
    table = table.sample(frac=1, random_state=1)  # in no order
    table = table[[*HEADERS]].rename(columns=HEADERS)
    table.to_csv(path, index=False, encoding="gbk", date_format="%Y/%m/%d")
    return log


def test_a_file_with_chinese_headers_becomes_a_fit_and_a_study_of_it(tmp_path: Path) -> None:
    known = written(tmp_path / "额度.csv")
    last = platform().start_date + datetime.timedelta(platform().horizon_days - 1)
    log = sl.read_release_log(tmp_path / "额度.csv", extracted=last, encoding="gbk")
    options = {"n": 100, "progress": False}
    fit = sl.fit(log, platform(), FREE, **options)
    known.attrs = {"window": log.attrs["window"]}
    same = sl.fit(known, platform(), FREE, **options)
    pd.testing.assert_frame_equal(fit.table(), same.table())
    assert "compared by age, weekday, gate, region, amount; " in fit.read
    assert fit.scenario.source(PERIOD).startswith(f"fitted: {len(known):,} rows, digest ")
    assert log.attrs["digest"][:12] in fit.scenario.source(PERIOD)

    row = sl.replicate(fit, 40, progress=False).summary(0.9).loc["days_away"]
    truth = sl.replicate(platform().replace(TRUTH), 40, progress=False).summary().loc["days_away", "estimate"]
    assert row["low"] < truth < row["high"]
    assert row["estimate"] == pytest.approx(truth, rel=0.3)
