"""From the words of the command line to scenarios."""

import pytest

import simlimit as sl
from simlimit.cli.naming import find_scenarios, read_change
from simlimit.errors import SimlimitError


class TestSet:
    @pytest.mark.parametrize(
        ("text", "field", "value"),
        [
            ("evaluation.period_days=7", "evaluation.period_days", 7),
            (" rules.min_score = 0.5 ", "rules.min_score", 0.5),
            ("evaluation.straight_through=false", "evaluation.straight_through", False),
            ("name=my run", "name", "my run"),
            ('name="7"', "name", "7"),
            ("name=a=b", "name", "a=b"),
            ("name='none'", "name", "none"),
            ("name=1\nseed = 2", "name", "1\nseed = 2"),
            ("name=" + 3000 * "[", "name", 3000 * "["),
            ("limits.cap=none", "limits.cap", None),
            ("funding.facilities[1].daily_inflow=7", "funding.facilities[1].daily_inflow", 7),
            ('population.regions."a=b".share = 0.5', 'population.regions."a=b".share', 0.5),
            ("behaviour.draw_share=[0.1, 0.2]", "behaviour.draw_share", [0.1, 0.2]),
            ("population.regions={a = 0.5, b = 0.5}", "population.regions", {"a": 0.5, "b": 0.5}),
        ],
    )
    def test_values_are_as_in_toml_or_else_text(self, text, field, value):
        assert read_change(text) == (field, value)


def periods(*texts, portfolio=None, settings=()):
    found = find_scenarios(texts, portfolio, settings)
    return {name: scenario.evaluation.period_days for name, scenario in found.items()}


class TestScenarios:
    @pytest.mark.parametrize(
        ("texts", "expected"),
        [
            (["jiebei", "clockwork"], {"jiebei": 30, "clockwork": 30}),
            (["jiebei", "weekly=jiebei:evaluation.period_days=7"], {"jiebei": 30, "weekly": 7}),
            (["jiebei:evaluation.period_days=7"], {"evaluation.period_days=7": 7}),
            (["weekly = jiebei: evaluation.period_days = 7"], {"weekly": 7}),
            (["周=jiebei:evaluation.period_days=7"], {"周": 7}),
            (["folder/mine.toml", "other=folder/mine.toml"], {"mine": 14, "other": 14}),
            (["folder/mine.toml:evaluation.period_days=7"], {"evaluation.period_days=7": 7}),
        ],
    )
    def test_have_a_name_given_or_their_own(self, tmp_path, texts, expected):
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder" / "mine.toml").write_text("[evaluation]\nperiod_days = 14\n")
        assert periods(*texts) == expected

    def test_take_several_changes_and_the_last_of_one_field(self):
        text = "a=jiebei:evaluation.period_days=7:limits.cap=none:evaluation.period_days=9:name=x"
        [(name, scenario)] = find_scenarios([text], None, []).items()
        changes = {"evaluation.period_days": 9, "limits.cap": None, "name": "x"}
        assert (name, scenario) == ("a", sl.preset("jiebei").replace(changes))

    def test_a_colon_in_a_value_begins_no_change(self):
        shocks = "[{kind = 'freeze', at = 200, duration_days = 30, regions = ['a:b']}]"
        text = f"a=jiebei:population.regions={{'a:b' = 1.0}}:shocks={shocks}"
        scenario = find_scenarios([text], None, [])["a"]
        assert scenario.shocks[0].regions == ("a:b",)

    def test_elements_of_lists_have_their_position(self):
        text = "a=jiebei:funding.facilities[1].daily_inflow=5.5:evaluation.period_days=7"
        scenario = find_scenarios([text], None, ["funding.facilities[0].lump=9.0"])["a"]
        first, second, *_ = scenario.funding.facilities
        assert (first.lump, second.daily_inflow, scenario.evaluation.period_days) == (9.0, 5.5, 7)

    def test_regions_have_their_name(self):
        regions = "population.regions={east = 0.5, 'n.e' = 0.25, '北-1' = 0.25}"
        own = [
            "population.regions.east.late_onset=0.1",
            'population.regions."n.e".late_onset=0.2',
            "population.regions.北-1.late_onset=0.3",
        ]
        scenario = find_scenarios([":".join(["a=jiebei", *own])], None, [regions])["a"]
        assert [one.late_onset for one in scenario.population.regions.values()] == [0.1, 0.2, 0.3]

    def test_are_scaled_before_they_are_changed(self):
        found = find_scenarios(["jiebei", "a=jiebei:review.reviewers=1"], None, [], 3000)
        assert [(one.population.borrowers, one.review.reviewers) for one in found.values()] == [
            (3000, 3), (3000, 1),
        ]  # fmt: skip

    def test_own_changes_count_more_than_those_for_all(self):
        settings = ["evaluation.period_days=14", "horizon_days=400"]
        found = find_scenarios(["jiebei", "weekly=jiebei:evaluation.period_days=7"], None, settings)
        assert [one.evaluation.period_days for one in found.values()] == [14, 7]
        assert [one.horizon_days for one in found.values()] == [400, 400]

    def test_share_the_book(self, tmp_path):
        found = find_scenarios(["jiebei", "clockwork"], "book.csv", [])
        assert {one.population.portfolio for one in found.values()} == {str(tmp_path / "book.csv")}

    @pytest.mark.parametrize(
        ("texts", "said"),
        [
            (["jiebei", "jiebei"], "Two scenarios have the name 'jiebei', but each must have its own"),
            (["a=jiebei", "a=clockwork"], "Two scenarios have the name 'a'"),
            (["jiebei:evaluation.perod_days=7"], "one of: evaluation.period_days, "),
            (["a=jiebei:evaluation.period_days="], "a change of a is 'evaluation.period_days=', but must be"),
            (["jiebei:weekly"], "jiebei:weekly is not a preset, but must be one of: "),
            (["a=weekly:evaluation.period_days=7"], "weekly is not a preset"),
            (["=jiebei"], "=jiebei is not a preset, but must be one of: "),
            (["a="], " is not a preset"),
        ],
    )
    def test_are_refused(self, texts, said):
        with pytest.raises(SimlimitError) as error:
            find_scenarios(texts, None, [])
        assert said in str(error.value)
