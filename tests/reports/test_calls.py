"""How to make a result again: the call of a report runs, and gives the same result."""

import datetime

import pytest
from every_door import INSTANCES
from scipy import stats

import simlimit as sl
from simlimit.reports import calls
from simlimit.reports.calls import KINDS, call_of


def tiny(**changes):
    return INSTANCES["Scenario"]().replace(changes)


def made_again(result, folder, monkeypatch):
    """Return what the call makes, in a folder with its files."""
    call = call_of(result)
    for name, scenario in call.files.items():
        scenario.save(folder / name, comments=False)
    monkeypatch.chdir(folder)
    names: dict[str, object] = {}
    exec(compile(call.code, "report", "exec"), names)
    return names["result"]


QUICK = ("Comparison", "LeverRanking", "Run", "Study", "Sweep")
SLOW = [
    pytest.param(name, marks=pytest.mark.long) for name in KINDS if name not in (*QUICK, "Fit", "imports")
]


@pytest.mark.parametrize("name", [*QUICK, *SLOW])
def test_the_call_makes_the_same_result(name, tmp_path, monkeypatch):
    result = INSTANCES[name]()
    if name == "Run":
        result = sl.simulate(tiny(), 3, 2)
    again = made_again(result, tmp_path, monkeypatch)
    assert type(again) is type(result)
    assert str(again) == str(result)


@pytest.mark.long
def test_the_call_of_a_fit_reads_the_log(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    holds = (
        sl.simulate(tiny(horizon_days=180), 5).holds.query("kind == 'repayment'").dropna(subset="ended_on")
    )
    columns = {"repaid_on": "repaid", "ended_on": "ended", "borrower": "borrower"}
    holds[[*columns]].rename(columns=columns).to_csv("log.csv", index=False)
    log = sl.read_release_log("log.csv")
    free = {"evaluation.period_days": (7, 60), "screening.false_flag": stats.uniform(0, 0.1)}
    fit = sl.fit(log, tiny(horizon_days=180), free, n=100, progress=False)
    assert "scipy.stats.uniform(*(0, 0.1), **{})" in call_of(fit).code
    assert str(made_again(fit, tmp_path, monkeypatch)) == str(fit)


def test_options_changes_and_dates_are_in_the_call(tmp_path, monkeypatch):
    by = {"by": "score", "bands": (0.6, 0.8), "follow_up_days": 20}
    frozen = tiny(shocks=[{"kind": "freeze", "at": datetime.date(2020, 2, 1), "duration_days": 5}])
    study = sl.replicate(frozen, 3, seed=7, **by)
    assert str(made_again(study, tmp_path, monkeypatch)) == str(study)
    levers = [{"evaluation.period_days": 7}, sl.Change({"kind": "appeal"}, "asking", 2.0)]
    ranking = sl.rank_levers(tiny(), levers, 2, follow_up_days=30)
    assert str(made_again(ranking, tmp_path, monkeypatch)) == str(ranking)


def test_a_sweep_of_changes_is_made_again_as_a_comparison(tmp_path, monkeypatch):
    grid = sl.sweep(tiny(), {"desk": [sl.Change({}, "today"), sl.Change({"review.reviewers": 2}, "two")]}, 2)
    again = made_again(grid, tmp_path, monkeypatch)
    assert [*again.studies] == ["today", "two"]
    assert again.summary().to_numpy().tolist() == pytest.approx(grid.summary().to_numpy(), nan_ok=True)


def test_a_call_that_leaves_out_scenarios_says_how_many(tmp_path, monkeypatch):
    changes = [sl.Change({"review.reviewers": number}, f"{number} reviewers") for number in (1, 2, 3)]
    grid = sl.sweep(tiny(), {"desk": changes}, 2)
    assert call_of(grid).left_out == 0
    assert "leaves out" not in told(grid, tmp_path)
    monkeypatch.setattr(calls, "MOST_ROWS", 2)
    assert "Scenarios at the end that the call leaves out: 1." in told(grid, tmp_path)
    again = made_again(grid, tmp_path, monkeypatch)
    assert [*again.studies] == ["1 reviewers", "2 reviewers"]
    whole = grid.summary().iloc[: len(again.summary())]
    assert again.summary().to_numpy().tolist() == pytest.approx(whole.to_numpy(), nan_ok=True)


def told(result, tmp_path):
    return result.report(tmp_path / "one.html", sections="reproduce").read_text(encoding="utf-8")


def test_what_cannot_be_made_again_says_what_it_needs(tmp_path):
    def looks(platform):
        yield platform.at(3, 2.5)

    own = sl.replicate(tiny(), 2, processes=[looks], workers=1)
    assert "Processes of the author&#39;s own took part." in told(own, tmp_path)
    assert "Processes" in told(sl.simulate(tiny(), processes=[looks]), tmp_path)
    half = sl.Change({"evaluation.period_days": lambda draw: draw.evaluation.period_days // 2}, "half")
    ranking = sl.rank_levers(tiny(), [half], 2)
    assert "changed fields by functions" in told(ranking, tmp_path)
    of_fit = sl.replicate(INSTANCES["Fit"](), 4)
    assert "it needs the fit" in told(of_fit, tmp_path)
    assert "<pre>" not in told(own, tmp_path) + told(ranking, tmp_path) + told(of_fit, tmp_path)


def test_a_scenario_with_a_book_names_its_file(tmp_path):
    (tmp_path / "book.csv").write_text("limit,outstanding\n5000,1000\n8000,0\n", encoding="utf-8")
    with_book = tiny().with_portfolio(tmp_path / "book.csv")
    file = sl.replicate(with_book, 2).report(tmp_path / "one.html")
    assert "The scenario needs the book of borrowers" in file.read_text(encoding="utf-8")
