"""Every result is one line as `repr`, and tables when it is printed or ends a notebook's cell."""

import pytest

import simlimit as sl

NAME = "a <b> & c"
SMALL = sl.preset("jiebei").replace({"population.borrowers": 20, "horizon_days": 480, "name": NAME})
WEEKLY = {"evaluation.period_days": 7}
FREEZE = {"kind": "freeze", "at": 200, "duration_days": 14}
QUIET = {"seed": 1, "progress": False}

RESULTS = {
    "run": lambda: sl.simulate(SMALL, engine="calendar"),
    "study": lambda: sl.replicate(SMALL, 3, **QUIET),
    "comparison": lambda: sl.compare(
        {
            NAME: SMALL,
            "weekly": SMALL.replace(WEEKLY),
            "batch": SMALL.replace({"evaluation.schedule": "batch"}),
        },
        3,
        **QUIET,
    ),
    "comparison of one": lambda: sl.compare({NAME: SMALL}, 3, **QUIET),
    "sweep": lambda: sl.sweep(SMALL, {"name": [NAME, "b"], "evaluation.period_days": [7, 30]}, 3, **QUIET),
    "ranking": lambda: sl.rank_levers(SMALL, [{"kind": "appeal"}], 3, **QUIET),
    "recovery": lambda: sl.recovery(SMALL.replace({"shocks": [FREEZE]}), 3, **QUIET),
    "attribution": lambda: sl.attribute(SMALL.replace({"population.borrowers": 5}), 2, **QUIET),
}
TABLES = {"study": 2, "comparison": 2, "comparison of one": 2}
SAID = {
    "run": "Released on the day of repayment: ",
    "study": "means over 3 replications",
    "comparison": "weekly minus a <b> & c",
    "comparison of one": "means over 3 replications",
    "sweep": "metrics at 4 points",
    "ranking": "what levers change: means over 3 replications each",
    "recovery": "Back by the end of the run",
    "attribution": "what each gate explains of ",
}


@pytest.mark.parametrize("kind", RESULTS)
def test_results_show_themselves(kind):
    result = RESULTS[kind]()
    line = repr(result)
    assert "\n" not in line
    text = str(result)
    assert text.startswith(f"{line}\n\n")
    assert SAID[kind] in text
    page = result._repr_html_()
    assert page.count("<table") == page.count("<caption") == TABLES.get(kind, 1)
    assert "<b>" not in page
    if NAME in text:
        assert "a &lt;b&gt; &amp; c" in page


def test_a_run_without_holds_is_one_line():
    run = sl.simulate(SMALL, engine="calendar", keep="counts")
    assert str(run) == repr(run)
    assert "<table" not in run._repr_html_()


class TestScenario:
    def test_shows_its_fields_and_what_differs_from_its_preset(self):
        page = sl.preset("jiebei").replace(WEEKLY)._repr_html_()
        assert "fields that differ from the preset jiebei (in bold): 1<" in page
        assert ">evaluation.period_days</th>" in page
        assert 'title="assumed: set by the user"' in page
        assert ">funding.facilities[1].daily_inflow</th>" in page
        assert ">funding.facilities[1].every_days</th>" not in page, "as by default"

    def test_with_a_name_of_its_own_is_compared_with_the_preset_that_is_nearest(self):
        mine = sl.preset("welidai").replace({"name": NAME, "product.instalments": 10})
        page = mine._repr_html_()
        assert "fields that differ from the preset welidai (in bold): 2<" in page
        assert "<b>" not in page

    def test_says_which_elements_are_gone(self):
        page = sl.preset("jiebei").replace({"funding.facilities": []})._repr_html_()
        gone = ", ".join(f"funding.facilities[{position}]" for position in range(3))
        assert f"Only in jiebei: {gone}." in page

    @pytest.mark.parametrize("name", sl.presets().index)
    def test_that_is_a_preset_differs_in_nothing(self, name):
        assert f"differ from the preset {name} (in bold): 0<" in sl.preset(name)._repr_html_()
