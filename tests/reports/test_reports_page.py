"""Reports: one file for each kind of result, in both languages, with what was asked for and nothing else."""

import os
import re
import stat
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from every_door import INSTANCES
from lender import LENDER

import simlimit as sl
from simlimit.reports import page
from simlimit.reports.calls import KINDS
from simlimit.reports.words import Words
from simlimit.study.attribution import GATES
from simlimit.study.metrics import METRICS
from simlimit.tables.units import PARTS
from simlimit.text_files import packaged

HAVE_REPORTS = [name for name in INSTANCES if name in KINDS]
LANGUAGES = ("en", "zh")
# Elements that have no end.
VOID = ("meta", "link", "br")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Page(HTMLParser):
    """What a page has: sections, ids, links, and texts; it refuses elements that do not end."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.source = file.read_text(encoding="utf-8")
        self.tags, self.ids, self.links, self.text, self.open = [], [], [], "", []
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.tags.append(tag)
        self.ids += [given["id"]] if "id" in given else []
        self.links += [given[name] for name in ("href", "src", "xlink:href") if name in given]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data if self.open[-1:] != ["style"] else ""

    @property
    def sections(self):
        return re.findall(r'<h2 id="(\w+)">', self.source)

    def section(self, name):
        found = re.search(rf'<section aria-labelledby="{name}">(.*?)</section>', self.source, re.DOTALL)
        return unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", " ", found[1], flags=re.DOTALL))


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a report, and reads it."""
    return lambda result, **chosen: Page(result.report(tmp_path / "report.html", **chosen))


IN_CHINESE = [pytest.param(name, "zh", marks=[pytest.mark.long] * (name != "Study")) for name in HAVE_REPORTS]


@pytest.mark.parametrize(("name", "language"), [*((name, "en") for name in HAVE_REPORTS), *IN_CHINESE])
def test_each_kind_of_result_has_a_report(name, language, written):
    made = written(INSTANCES[name](), language=language)
    assert made.sections == ["answer", "pictures", "tables", "assumptions", "scenario", "reproduce"]
    assert len(made.ids) == len(set(made.ids))
    assert "script" not in made.tags
    assert [one for one in made.links if not one.startswith(("#", "data:"))] == []
    assert {one[1:] for one in made.links if one.startswith("#")} <= set(made.ids)
    assert {*re.findall(r"url\(#([^)]+)\)", made.source)} <= {*made.ids}
    assert made.tags.count("svg") == len(KINDS[name]["pictures"])
    names = re.findall(r'<svg [^>]*role="img" aria-label="([^"]+)"', made.source)
    assert len({*names}) == made.tags.count("svg")
    assert len(made.source.encode()) < 1_000_000
    assert ('lang="zh-CN"' in made.source) == (language == "zh")
    assert "{" not in made.section("answer")
    assert made.section("answer").strip()


@pytest.mark.parametrize("name", HAVE_REPORTS)
def test_tables_speak_chinese(name):
    chinese, own = Words("zh"), {"evaluation.period_days", *METRICS}
    for table in map(chinese.table, INSTANCES[name]()._tables()):
        told = [table.caption, *table.notes, *(one for one in table.headings if one)]
        user = ("daily", "weekly", "clockwork")
        assert [
            one for one in told if not CHINESE.search(one) and one not in own and not one.startswith(user)
        ] == []


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "Units: days_away in days per hold; gap_days in days between the groups furthest apart.",
            "单位：days_away：天，每笔；gap_days：天，相差最大的两组之间。",
        ),
        ("weekday of repayment Tuesday, forfeited, day 21", "周二还款，已收回，第 21 天"),
        ("gate evaluation, ended on Wednesday", "关口“信用评估”，周三结束"),
        ("amount fifth 1, released, day 5", "金额第 1 个五分之一，已释放，第 5 天"),
        ("total index", "总效应指数"),
        ("means over 1 replication", "1 次重复模拟的均值"),
        ("means over 1,000 replications", "1,000 次重复模拟的均值"),
        ("% of holds, in 1 replication", "占笔数 %，1 次模拟"),
        ("<0.01 to >99.99", "<0.01 至 >99.99"),
        ("12.5 %", "12.5%"),
        (
            "scaled from 1000 to 100 borrowers; assumed: no source found",
            "由 1000 名借款人按比例换算为 100 名；假设：未找到来源",
        ),
        ("as in clockwork; no source", "as in clockwork; no source"),
    ],
)
def test_what_tables_say_in_chinese(english, chinese):
    assert Words("zh").text(english) == chinese


def test_both_languages_have_the_same_words():
    english, chinese = (packaged("simlimit.reports", f"{language}.toml") for language in LANGUAGES)
    assert {*english} == {*chinese}
    for part in {*english} - {"tables"}:
        assert {*english[part]} == {*chinese[part]}, part
        for key, said in english[part].items():
            other = chinese[part][key]
            assert type(said) is type(other), key
            assert len(said) == len(other) or isinstance(said, str), key
            places = [{*re.findall(r"\{(\w+)", str(one))} for one in (said, other)]
            assert places[0] == places[1], key


def test_a_translation_fills_in_what_its_original_has():
    for english, chinese in packaged("simlimit.reports", "zh.toml")["tables"].items():
        assert {*re.findall(r"\{(\w+)", english)} == {*re.findall(r"\{(\w+)", chinese)}, english


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes.")
def test_a_report_that_only_its_owner_may_read_stays_so(tmp_path):
    file = tmp_path / "one.html"
    file.touch(0o600)
    INSTANCES["Study"]().report(file, sections="answer")
    assert file.stat().st_size > 1_000
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_names_of_the_user_are_text(written):
    evil = '<script>alert("1")</script> & \x00\x1b]0;'
    small = INSTANCES["Scenario"]()
    regions = {'<b id="x">': 0.5, "north": 0.5}
    named = small.replace({"name": "<i>mine</i>", "population.regions": regions})
    comparison = sl.compare({"today": named, evil: named.replace({"evaluation.period_days": 7})}, 3)
    made = written(comparison, sections=["answer", "pictures", "tables", "scenario"])
    assert "script" not in made.tags
    assert "b" not in made.tags
    assert "&lt;script&gt;alert" in made.source
    assert '<script>alert("1")</script> & \ufffd\ufffd]0;' in made.text
    assert "<i>mine</i>" in written(sl.replicate(named, 3), sections="answer").text


def test_the_pictures_of_a_study_have_the_numbers_of_its_answer(written):
    """Each repayment counts once in all of them: here large ones wait longer."""
    study = sl.replicate(LENDER, 3, seed=1)
    made = written(study, sections=["answer", "pictures"])
    for part, days in study.summary().loc[[*PARTS], "estimate"].items():
        if days >= 0.01:
            assert f"{days:.2f} days" in made.section("answer")
            assert f"{part.removeprefix('days_')}: {days:.2f} days" in made.text
    by_amount = study.summary(weight="amount")
    assert f"{by_amount.loc['days_overdue', 'estimate']:.2f} days" not in made.section("answer")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The days of waiting: {share} % flagged by behaviour analysis"),
        ("zh", "等待天数的占比：因行为分析 {share}%"),
    ],
)
def test_shares_of_the_days_waited_are_said_to_be_of_days(language, words, written):
    run = sl.simulate(LENDER, seed=1)
    causes = sl.delay_by_cause(run).drop("total")
    assert causes["hold_days"].idxmax() == "behaviour"
    share = f"{100 * causes.loc['behaviour', 'share_of_days']:.1f}"
    assert words.format(share=share) in written(run, sections="answer", language=language).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_result_that_keeps_little_has_a_report(language, written):
    """A run without its holds has no answer and no pictures; a sweep of three fields has no picture."""
    small = INSTANCES["Scenario"]()
    counts = written(sl.simulate(small, keep="counts"), language=language)
    fields = {"evaluation.period_days": [7, 30], "evaluation.cutoff_days": [0, 1], "rules.min_score": [0.1]}
    grid = written(sl.sweep(small, fields, 2, follow_up_days=5), language=language)
    assert "svg" not in counts.tags + grid.tags
    assert not re.search(r"\d", counts.section("answer"))
    assert counts.section("pictures").split()[1:] != []
    assert counts.section("tables").split()[1:] != []
    assert "rules.min_score 0.1" in grid.section("answer")


def test_nothing_is_worse_than_what_is_not_selected(written):
    bound = {"days_away": sl.at_most(0.01)}
    small, fields = INSTANCES["Scenario"](), {"evaluation.period_days": [7, 30]}
    none = sl.optimise(small, fields, "days_away", bound, n=40, follow_up_days=5)
    made = written(none, sections=["answer", "pictures"])
    assert "Nothing is selected" in made.section("answer")
    assert made.tags.count("svg") == 1
    assert "selected one" not in made.section("pictures")


def test_sections_are_chosen_and_ordered(written):
    made = written(INSTANCES["Study"](), sections=["reproduce", "answer", "answer"])
    assert made.sections == ["reproduce", "answer"]
    assert "svg" not in made.tags


def test_a_ranking_says_what_would_help(written):
    sections = [one for one in page.SECTIONS if one != "pictures"]
    made = written(INSTANCES["Study"](), sections=sections, ranking=INSTANCES["LeverRanking"]())
    assert made.sections[1] == "help"
    assert "pay on time" in made.section("help")


def test_a_sensitivity_orders_what_is_assumed(written):
    scenario = INSTANCES["Scenario"]()
    study = INSTANCES["Study"]()
    made = written(study, sensitivity=INSTANCES["Sensitivity"](), sections="assumptions")
    rows = re.findall(r'<tr class="row"><th scope="row">([\w.\[\]]+)</th>', made.source)
    assert rows[0] == "evaluation.period_days"
    assert "7 to 30" in made.section("assumptions")
    plain = written(study, sections="assumptions")
    before = re.findall(r'<tr class="row"><th scope="row">([\w.\[\]]+)</th>', plain.source)
    assert sorted(rows) == sorted({*before, "evaluation.period_days"})
    assert "by default" not in scenario.source("horizon_days")


def test_what_a_fit_found_is_not_assumed(written):
    fit = INSTANCES["Fit"]()
    told = written(fit, sections="assumptions").section("assumptions").split()
    assert "population.borrowers" in told
    assert not {*told} & {"horizon_days", *fit.table().index}


def test_what_is_not_known_is_no_number(written):
    """Of three replications too few events were seen for some intervals; nobody is followed for a year."""
    study = sl.replicate(INSTANCES["Scenario"](), 3, follow_up_days=300)
    nobody, few = (written(one, sections="answer").section("answer") for one in (study, INSTANCES["Study"]()))
    assert "Nothing is known: no repayment was followed for 300 days." in nobody
    assert "(interval unknown)" in few
    assert "nan" not in few
    short = sl.replicate(INSTANCES["Scenario"](), 2, follow_up_days=5)
    assert "The others wait." not in written(short, sections="answer").section("answer")
    assert "The others wait." in few


def test_too_little_observed_is_not_said_to_be_perhaps_0(written):
    """Of two replications no verdict is known, and within 20 days nothing is followed for 30."""
    small = INSTANCES["Scenario"]()
    weekly, short = small.replace({"evaluation.period_days": 7}), {"horizon_days": 20}
    few = sl.compare({"today": small, "weekly": weekly}, 2)
    nothing = sl.compare({"today": small.replace(short), "weekly": weekly.replace(short)}, 2)
    for one in (few, nothing):
        assert one.differences()["significant"].isna().all()
        answer = written(one, sections="answer").section("answer")
        assert "weekly: too little was observed to say whether" in answer
        assert "weekly, too little observed for a verdict: " in answer
        assert "may be 0" not in answer
    known = sl.compare({"today": small, "weekly": weekly, "same": small}, 20, follow_up_days=30)
    answer = written(known, sections="answer").section("answer")
    assert "less than with today" in answer
    assert "same: whether an amount is away longer or not is not certain." in answer


@pytest.mark.parametrize("name", ["Study", "Comparison", "LeverRanking"])
def test_losses_stand_beside_the_limit_that_is_lost(name, written):
    """Losses can fall because credit is taken away."""
    answer = written(INSTANCES[name](), sections="answer").section("answer").lower()
    assert "written off" in answer
    assert re.search("limit so far|limits", answer)


def test_what_gates_explain_of_losses_has_the_limit_that_is_lost(written):
    small = INSTANCES["Scenario"]()
    explained = sl.attribute(small, 2, metric="default_losses", follow_up_days=30)
    told = written(explained, sections="answer").section("answer")
    assert "written off (currency units, per borrower and year)" in told
    assert "lost of the highest limit so far (currency units x days, per borrower and year)" in told


def test_what_gates_take_away_is_said(written, monkeypatch):
    """A gate may lower losses: who cannot draw cannot default on it."""
    explained = INSTANCES["Attribution"]()
    table = explained.table()
    table.loc["evaluation", ["shapley", "shapley_low", "shapley_high"]] = -2.0, -3.0, -1.0
    monkeypatch.setattr(type(explained), "table", lambda self: table)
    told = written(explained, sections="answer").section("answer")
    assert "By gate: evaluation -2.00 days (-3.00 to -1.00)" in told
    table["shapley"] = 0.0
    assert "By gate" not in written(explained, sections="answer").section("answer")


def test_gates_explain_what_is_missing_of_income(written):
    small = sl.preset("jiebei").replace({"population.borrowers": 100})
    explained = sl.attribute(small, 2, metric="net_income", progress=False)
    found = explained.table()["shapley"]
    below = [name for name in GATES if found[name] < 0.01 * found["total"] < 0]
    assert below
    by_gate = written(explained, sections="answer").section("answer").partition("By gate: ")[2]
    assert all(re.search(rf"{name} -\d", by_gate) for name in below)


def test_where_too_little_was_observed_nothing_may_be_0(written):
    """The instances are of a few replications; verdicts of sentences are those of the tables."""
    for name in ("Comparison", "LeverRanking"):
        made = written(INSTANCES[name](), sections=["answer", "tables"])
        assert re.search(r"\bunknown\b", made.section("tables"))
        assert "too little observed for a verdict" in made.section("answer")
        assert ("may be 0" in made.section("answer")) == bool(re.search(r"\bno\b", made.section("tables")))


def test_a_comparison_says_what_its_scenarios_change(written):
    shown = " ".join(written(INSTANCES["Comparison"](), sections="scenario").section("scenario").split())
    assert re.search(r"what the scenarios change field weekly daily evaluation.period_days 30 7", shown)


def test_a_long_title_is_cut(written):
    study = INSTANCES["Study"]()
    made = written(
        sl.Comparison({"每周评估一次" * 20: study, "每天": study}), language="zh", sections="scenario"
    )
    assert f"<h1>情景对比：{('每周评估一次' * 20)[:48]}...</h1>" in made.source


def test_a_part_of_a_comparison_is_a_study(written):
    only = sl.Comparison({"weekly": INSTANCES["Study"]()})
    assert "Simulation study" in written(only, sections="answer").text


REFUSED = [
    ({"language": "de"}, "language is 'de', but must be one of: en, zh."),
    ({"sections": []}, "sections is empty, but must have at least one of: answer, pictures, help, tables, "),
    ({"sections": "all"}, "sections is 'all', but must be one of: answer, pictures, help, tables, assump"),
    ({"sections": 5}, "sections is 5, but must be a list of names."),
    ({"sections": ["help"]}, "sections has 'help', which says what would help: give a ranking, too."),
    ({"sensitivity": 5}, "sensitivity is of type int, but must be a Sensitivity."),
    ({"ranking": "x"}, "ranking is of type str, but must be a LeverRanking."),
    (
        {"path": "no/where.html"},
        "path is 'no/where.html', but must be a file that ends in .html, in a folder",
    ),
    (
        {"path": "my.toml"},
        "path is 'my.toml', but must be a file that ends in .html, in a folder that exists.",
    ),
    (
        {"path": "folder.html"},
        "path is 'folder.html', but must be a file that ends in .html, in a folder tha",
    ),
    ({"path": ""}, "path is '', but must be the path of a file or folder."),
    ({"path": "a\0.html"}, "path is 'a\\x00.html', but must be the path of a file or folder."),
    ({"path": 5}, "path is 5, but must be the path of a file or folder."),
    ({"path": "x" * 300 + ".html"}, "cannot be written: File name too long."),
]


@pytest.mark.parametrize(("wrong", "sentence"), REFUSED)
def test_what_is_refused(wrong, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(sl.SimlimitError) as refusal:
        INSTANCES["Study"]().report(**({"path": "one.html", "sections": "answer"} | wrong))
    assert sentence in str(refusal.value)
    assert [*tmp_path.rglob("*")] == [tmp_path / "folder.html"]


def test_a_report_without_jinja_says_what_installs_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(sl.SimlimitError) as refusal:
        INSTANCES["Study"]().report(tmp_path / "one.html")
    assert str(refusal.value) == "report needs Jinja2, which pip install 'simlimit[report]' installs."


def test_a_report_is_written_whole_or_not(tmp_path, monkeypatch):
    file = tmp_path / "one.html"
    assert INSTANCES["Study"]().report(str(file), sections="answer") == file
    before = file.read_bytes()

    def fail(*paths):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page.os, "replace", fail)
    with pytest.raises(sl.SimlimitError, match=r"one\.html cannot be written: No space left on device"):
        INSTANCES["Study"]().report(file, language="zh", sections="answer")
    assert file.read_bytes() == before
    assert [*tmp_path.iterdir()] == [file]


def test_the_style_of_the_user_changes_nothing(written):
    """The page is light or dark by itself, and pictures are drawn for a light card."""
    study = INSTANCES["Study"]()
    plain = written(study, sections="pictures").source
    with plt.style.context("dark_background"):
        assert written(study, sections="pictures").source == plain
