"""What Python says before the first run of a driver compiles it: once, on stderr."""

import pytest

import simlimit as sl
from simlimit.run import compilation_notice
from simlimit.run.compilation_notice import NOTICE

SMALL = sl.preset("clockwork").replace({"population.borrowers": 3, "horizon_days": 10})


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(compilation_notice, "is_compiled", lambda name: False)
    monkeypatch.setattr(compilation_notice, "_settled", set())


@pytest.mark.parametrize(
    ("engine", "other", "run"),
    [
        ("simpy", "calendar", lambda: sl.simulate(SMALL)),
        ("calendar", "simpy", lambda: sl.replicate(SMALL, 2, progress=False)),
        ("calendar", "simpy", lambda: sl.compare({"one": SMALL, "two": SMALL}, 2, progress=False)),
    ],
    ids=["simulate", "replicate", "compare"],
)
def test_is_said_once_of_each_driver_in_a_process(capsys, engine, other, run):
    run()
    sl.simulate(SMALL, engine=engine)
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{NOTICE}\n")
    sl.simulate(SMALL, engine=other)
    assert capsys.readouterr().err == f"{NOTICE}\n"


def test_is_not_said_of_what_is_refused(capsys):
    with pytest.raises(sl.PortfolioError):
        sl.simulate(SMALL.replace({"population.portfolio": "missing.csv"}))
    assert capsys.readouterr().err == ""
    sl.simulate(SMALL)
    assert capsys.readouterr().err == f"{NOTICE}\n"


def test_is_not_said_where_the_model_is_compiled(capsys, monkeypatch):
    monkeypatch.setattr(compilation_notice, "is_compiled", lambda name: True)
    sl.simulate(SMALL)
    assert capsys.readouterr().err == ""


def test_can_be_left_out(capsys):
    compilation_notice.omit_compilation_notice()
    sl.simulate(SMALL)
    assert capsys.readouterr().err == ""
