"""The page of facts: each has a source that its preset names, and what does not hold stops the page."""

import math
import sys
from pathlib import Path

import pytest

import simlimit as sl

DOCS = Path(__file__).parent.parent / "docs"
sys.path.append(str(DOCS))

import facts  # noqa: E402

WITHOUT_EXCEPTION = [fact for fact in facts.FACTS if fact.least == fact.most]


@pytest.mark.parametrize("fact", facts.FACTS, ids=lambda fact: f"{fact.preset}: {fact.simulated}")
def test_a_fact_has_a_source_that_its_preset_names(fact):
    assert any(fact.source in label for label in sl.preset(fact.preset).provenance.values())
    assert facts.QUALITY[fact.source] in ("A", "B")
    assert fact.least <= fact.most
    assert fact.why


def test_every_source_has_a_fact():
    assert {fact.source for fact in facts.FACTS} == set(facts.QUALITY)


def test_the_page_shows_the_facts_of_every_preset_that_has_some():
    text = (DOCS / "facts.md").read_text(encoding="utf-8")
    named = {fact.preset for fact in facts.FACTS}
    assert {name for name in sl.presets().index if f'facts.of_preset("{name}")' in text} == named
    assert all(f"\n## {name}\n" in text for name in named)


@pytest.mark.parametrize("fact", WITHOUT_EXCEPTION, ids=lambda fact: f"{fact.preset}: {fact.simulated}")
def test_what_is_told_without_exception_has_none(fact):
    """The cheap facts: one exception in a small book would show. The page checks all, in larger ones."""
    row = facts.row(fact._replace(borrowers=300, replications=2))
    assert row.holds, row


@pytest.mark.parametrize(("least", "most", "holds"), [(0.0, 1.0, True), (0.9, 1.0, False)])
def test_a_fact_that_does_not_hold_stops_the_page(monkeypatch, least, most, holds):
    half = facts.FACTS[0]._replace(
        preset="clockwork", least=least, most=most, measure=lambda study: 0.5, borrowers=50
    )
    monkeypatch.setattr(facts, "FACTS", (half,))
    if holds:
        assert "50 %" in facts.of_preset("clockwork").data
    else:
        with pytest.raises(AssertionError, match=r"do not hold(.|\n)*50 %"):
            facts.of_preset("clockwork")


def test_a_value_of_each_replication_has_an_interval_over_them():
    fact = facts.FACTS[0]._replace(preset="clockwork", measure=facts.at_once, borrowers=50, replications=4)
    row = facts.row(fact)
    assert row.value == row.low == row.high == 1.0
    assert math.isnan(facts.row(fact._replace(measure=lambda study: 1.0)).low)
