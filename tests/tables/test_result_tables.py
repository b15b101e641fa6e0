"""What each kind of result shows."""

import numpy as np
import pandas as pd
from frames import NAN, differences, summary

import simlimit as sl
from simlimit.tables.fields import fields_table
from simlimit.tables.layout import sentences
from simlimit.tables.results import (
    MOST_ROWS,
    attribution_table,
    causes_table,
    differences_table,
    followed_notes,
    groups_table,
    ranking_table,
    summary_table,
    sweep_table,
)


def cells(table):
    return {row.cells[0]: row.cells[1:] for row in table.rows}


class TestSummary:
    def test_has_estimate_interval_and_unit(self):
        shown = summary_table(summary(released_within_0d=(0.5, 0.4, 0.6, 9)), 9, ["A note."])
        assert cells(shown) == {"released_within_0d": ("50.00", "40.00 to 60.00", "% of holds")}
        assert shown.caption == "means over 9 replications"
        assert shown.notes == ("A note.",)

    def test_gates_and_forfeits_are_parts_of_the_days_away(self):
        one = (3.0, 2.0, 4.0, 9)
        table = summary(days_away=one, days_review=one, days_forfeited=one, median_days=one)
        assert [row.indented for row in summary_table(table, 9, []).rows] == [False, True, True, False]

    def test_a_median_that_is_not_reached_differs_from_one_that_is_not_known(self):
        for number, text in ((9, "not reached"), (0, "-")):
            table = summary(median_days=(NAN, NAN, NAN, number))
            assert cells(summary_table(table, 9, []))["median_days"][0] == text

    def test_says_where_some_replications_had_nothing_to_say(self):
        table = summary(pending_share=(0.5, 0.4, 0.6, 1234), gap_days=(NAN, NAN, NAN, 0))
        shown = cells(summary_table(table, 2000, []))
        assert shown["pending_share"][-1] == "% of holds, in 1,234 replications"
        once = summary_table(summary(pending_share=(0.5, NAN, NAN, 1)), 2000, [])
        assert cells(once)["pending_share"][-1] == "% of holds, in 1 replication"
        assert shown["gap_days"][-1] == "days between the groups furthest apart"


class TestGroups:
    def test_have_their_days_away_and_the_gap_to_the_whole_book(self):
        columns = ["estimate", "low", "high", "gap", "gap_low", "gap_high", "significant"]
        rows = {
            ("days_away", "east"): (2.5, 2.0, 3.0, 0.5, 0.25, 0.75, True),
            ("days_away", "west"): (1.5, NAN, NAN, -0.5, NAN, NAN, pd.NA),
            ("pending_share", "east"): (0.5, 0.4, 0.6, 0.1, 0.0, 0.2, True),
        }
        index = pd.MultiIndex.from_tuples(rows, names=["metric", "group"])
        shown = groups_table(pd.DataFrame([*rows.values()], index, columns))
        assert cells(shown) == {
            "east": ("2.50", "2.00 to 3.00", "+0.50", "+0.25 to +0.75", "yes"),
            "west": ("1.50", "-", "-0.50", "-", "unknown"),
        }

    def test_of_many_the_first_are_shown(self):
        index = pd.MultiIndex.from_product([["days_away"], map(str, range(MOST_ROWS + 1))])
        columns = ["estimate", "low", "high", "gap", "gap_low", "gap_high", "significant"]
        shown = groups_table(pd.DataFrame(0.0, index, columns))
        assert len(shown.rows) == MOST_ROWS
        assert "The first 50 of 51 groups are shown." in shown.notes

    def test_are_shown_where_there_are_several(self):
        small = sl.preset("clockwork").replace({"population.borrowers": 9})
        assert len(sl.replicate(small, 2, seed=1)._tables()) == 1
        two = small.replace({"population.regions": {"east": 0.5, "west": 0.5}})
        assert [row.cells[0] for row in sl.replicate(two, 2, seed=1)._tables()[1].rows] == ["east", "west"]


class TestNotes:
    def test_say_which_holds_are_counted(self):
        cohort, intervals = followed_notes(180, 720, 90, "Student's t over 1,200 replications")
        assert "every repayment of days 180 to 630, followed for 90 days" in cohort
        assert intervals.endswith("separately (Student's t over 1,200 replications).")

    def test_the_day_of_the_horizon_has_no_repayment(self):
        assert "days 0 to 719, followed for 0 days" in followed_notes(0, 720, 0, "")[0]

    def test_say_that_nobody_is_followed(self):
        said = followed_notes(180, 200, 60, "")[0]
        assert said.startswith("No repayment is followed for 60 days: days 180 to 199 are observed")

    def test_say_how_many_differences_are_corrected_for(self):
        assert "all 1,020 differences together" in sentences("differences", number=1020)[1]


class TestDifferences:
    BOTH = summary(pending_share=(0.5, 0.4, 0.6, 9), days_review=(0, 0, 0, 9), days_score=(0, 0, 0, 9))
    ALL = pd.concat({"today": BOTH, "weekly": BOTH.add([0.25, 0, 0, 0])}, names=["scenario"])

    def shown(self, **metrics):
        return differences_table(differences("weekly", **metrics), self.ALL, "today", "weekly")

    def test_have_both_estimates_and_a_sign(self):
        shown = self.shown(pending_share=(0.25, 0.2, 0.3, 0.01, True))
        assert shown.headings[1:3] == ("today", "weekly")
        expected = ("50.00", "75.00", "+25.00", "+20.00 to +30.00", "yes", "% points of holds")
        assert cells(shown) == {"pending_share": expected}
        assert shown.rows[0].strong

    def test_that_are_not_significant_do_not_stand_out(self):
        shown = self.shown(pending_share=(0.25, -0.2, 0.7, 0.3, False))
        assert cells(shown)["pending_share"][-2] == "no"
        assert not shown.rows[0].strong

    def test_that_are_not_known_are_not_denied(self):
        shown = self.shown(pending_share=(NAN, NAN, NAN, NAN, pd.NA))
        assert cells(shown)["pending_share"][2:5] == ("-", "-", "unknown")
        assert not shown.rows[0].strong

    def test_where_nothing_is_recorded_the_total_is_0_and_there_is_no_mean(self):
        known = {"calls.total": (3.0, 2.0, 4.0, 9), "calls.mean": (1.0, 0.5, 1.5, 9)}
        both = pd.concat({"today": self.BOTH, "weekly": summary(**known)}, names=["scenario"])
        table = differences("weekly", **{name: (*one[:3], 0.1, False) for name, one in known.items()})
        shown = cells(differences_table(table, both, "today", "weekly"))
        assert [shown[name][:2] for name in known] == [("0.00", "3.00"), ("-", "1.00")]

    def test_leave_out_a_gate_at_which_neither_waits(self):
        same = pd.concat({"today": self.BOTH, "weekly": self.BOTH}, names=["scenario"])
        table = differences("weekly", days_review=(0, 0, 0, 1, False), pending_share=(0, 0, 0, 1, False))
        assert list(cells(differences_table(table, same, "today", "weekly"))) == ["pending_share"]
        assert list(cells(self.shown(days_review=(0.25, 0.1, 0.4, 0.2, False)))) == ["days_review"]


class TestSweep:
    @staticmethod
    def shown(points, names=("evaluation.period_days",)):
        one = summary(
            days_away=(2.0, 1.5, 2.5, 9), limit_days_lost=(5, 4, 6, 9), default_losses=(7, 5, 9, 9),
            gap_days=(1.0, NAN, NAN, 9),
        )  # fmt: skip
        return sweep_table(pd.concat(dict.fromkeys(points, one), names=[*names, "metric"]), 9)

    def test_has_a_row_for_each_point_and_the_metrics_that_matter_most(self):
        shown = self.shown([7, 14])
        metrics = ("days_away", "limit_days_lost", "default_losses")
        assert shown.headings == ("evaluation.period_days", *metrics)
        point = ("2.00 ± 0.50", "5 ± 1", "7.0 ± 2.0")
        assert cells(shown) == {"7": point, "14": point}
        assert shown.notes[0].startswith("Units: days_away in days per hold; limit_days_lost in currency x")

    def test_has_a_column_for_each_field(self):
        shown = self.shown([(7, "batch"), (14, "batch")], ["evaluation.period_days", "evaluation.schedule"])
        assert [row.cells[:2] for row in shown.rows] == [("7", "batch"), ("14", "batch")]

    def test_of_many_points_shows_the_first_and_says_so(self):
        shown = self.shown(range(1500))
        assert len(shown.rows) == MOST_ROWS
        assert shown.notes[-1] == f"The first {MOST_ROWS} of 1,500 points are shown."


def test_effects_of_levers():
    index = pd.MultiIndex.from_product([["pending_share"], ["appeal", "all"]], names=["metric", "lever"])
    columns = {
        **{"alone": -0.1, "alone_low": -0.2, "alone_high": -0.05, "alone_significant": True},
        **{"last": [-0.1, NAN], "last_low": [-0.2, NAN], "last_high": [0.1, NAN]},
        **{
            "last_significant": pd.array([None, None], "boolean"),
            "cost": 2.0,
            "alone_per_cost": -0.05,
            "last_per_cost": [-0.05, NAN],
        },
    }
    shown = ranking_table(pd.DataFrame(columns, index=index), 9)
    alone = ("-10.00", "-20.00 to -5.00", "yes")
    assert [row.cells for row in shown.rows] == [
        ("pending_share", "appeal", *alone, "-10.00", "-20.00 to +10.00", "unknown", "2.00"),
        ("", "all", *alone, "", "", "", "2.00"),
    ]
    assert "pending_share in % points of holds" in shown.notes[0]


def test_what_gates_explain():
    table = pd.DataFrame(
        {
            **{"shapley": [0.5, 0.5], "shapley_low": [0.4, NAN], "shapley_high": [0.6, NAN]},
            **{"charged": [3.0, 3.0], "charged_low": [2.0, 2.0], "charged_high": [4.0, 4.0]},
        },
        index=pd.Index(["review", "total"], name="gate"),
    )
    shown = attribution_table(table, "pending_share", 9)
    assert shown.headings == ("gate", "shapley", "charged")
    days = "3.00 (2.00 to 4.00)"
    assert cells(shown) == {"review": ("50.00 (40.00 to 60.00)", days), "total": ("50.00", days)}


def test_what_gates_explain_of_losses_has_the_limit_that_is_lost_in_its_own_unit():
    both = {name: [1234.5] for name in ("shapley", "limit_days_lost")}
    ends = {f"{name}{end}": value for name, value in both.items() for end in ("_low", "_high")}
    shown = attribution_table(pd.DataFrame(both | ends, index=["total"]), "default_losses", 9)
    assert cells(shown) == {"total": ("1,234.5 (1,234.5 to 1,234.5)", "1,234 (1,234 to 1,234)")}


def test_what_holds_waited_for():
    table = pd.DataFrame(
        {
            "holds": [0, 1500],
            "share_of_holds": [0.0, 0.75],
            "hold_days": [0, 3000],
            "share_of_days": [0.0, 1.0],
            "mean_days": [np.nan, 2.0],
        },
        index=pd.Index(["review", "total"], name="cause"),
    )
    shown = causes_table(table, 2000, 500, 30)
    assert cells(shown) == {
        "review": ("0", "0.0 %", "0", "0.0 %", "-"),
        "total": ("1,500", "75.0 %", "3,000", "100.0 %", "2.0"),
    }
    assert shown.notes == (
        "Released on the day of repayment: 500 of 2,000 repayment holds.",
        "Forfeited, at least in part: 30. That never comes back.",
    )


def test_fields_say_what_differs_from_the_preset():
    two = [{"kind": "cap", "at": 1, "size": 5}, {"kind": "cap", "at": 9, "size": 4}]
    preset = sl.Scenario().replace({"shocks": two})
    changes = {"name": "mine", "evaluation.period_days": 7, "shocks": two[:1], "review.reviewers": 2}
    sources = {"review.reviewers": "reported: somewhere"}
    scenario = preset.replace(changes | {"provenance": sources, "levers": [{"kind": "plan"}]})
    shown = fields_table(scenario, preset)
    found = cells(shown)
    assert found["name"] == ("mine", "", "", "clockwork")
    assert found["evaluation.period_days"] == ("7", "days", "assumed", "30")
    assert found["evaluation.schedule"] == ("staggered", "", "assumed", "")
    assert found["review.reviewers"] == ("2", "reviewers", "reported", "1")
    assert found["levers[0].kind"] == ("plan", "", "assumed", "not set")
    assert "shocks[0].regions" not in found
    assert "provenance" not in found
    rows = {row.cells[0]: row for row in shown.rows}
    assert [name for name, row in rows.items() if row.strong] == [
        *("name", "evaluation.period_days", "review.reviewers", "levers[0].kind")
    ]
    assert rows["population.borrowers"].begins_group
    assert not rows["population.initial_score"].begins_group
    assert rows["evaluation.period_days"].hint == "assumed: set by the user"
    assert shown.caption == "fields that differ from the preset clockwork (in bold): 4"
    assert shown.notes == ("Only in clockwork: shocks[1].",)
