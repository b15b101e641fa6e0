"""Texts of tables in another language: as they stand, or by a template with what may be in its places."""

import pytest

from simlimit.tables.translation import Translation

TEXTS = {"east": "Ost", "hold": "Posten"}
TEMPLATES = {
    "{low} to {high}": "{low} bis {high}",
    "{number} replication{number:s} of {what}": "{what}: {number} Wiederholungen",
    "{name} minus {name}": "{name} weniger sich selbst",
    "{name} minus {other}": "{name} weniger {other}",
    "{code} in {unit}": "{unit}: {code}",
}
GERMAN = Translation(TEXTS, TEMPLATES)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("east", "Ost"),
        ("east and west", "east and west"),
        ("0.5 to -1e-05", "0.5 bis -1e-05"),
        ("<0.1 to >99.9", "<0.1 bis >99.9"),
        ("east to west", "east to west"),
        ("1 replication of east", "Ost: 1 Wiederholungen"),
        ("2,000 replications of a (b)", "a (b): 2,000 Wiederholungen"),
        ("a minus a", "a weniger sich selbst"),
        ("east minus hold", "Ost weniger Posten"),
        ("days_away in days", "days: days_away"),
        ("holds in days", "holds in days"),
        ("{low} to {high}", "{low} to {high}"),
    ],
)
def test_places_are_translated_and_what_has_no_translation_stays(english, german):
    assert GERMAN(english) == german


def test_without_translations_all_stays():
    assert Translation({}, {})("1 to 2") == "1 to 2"
