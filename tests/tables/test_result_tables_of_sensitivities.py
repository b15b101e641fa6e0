"""What a sensitivity says as a table and in sentences."""

import numpy as np
import pandas as pd

from simlimit.tables.results import conclusions, sensitivity_table

FOUND = pd.DataFrame(
    {
        "low": [7, 0.5, 0.0],
        "high": [30, 2.0, 0.1],
        "origin": ["given", "default", "provenance"],
        "mu": [3.456, -0.2, 0.0],
        "total": [0.8123, 0.06, np.nan],
        "total_low": [0.7, 0.01, np.nan],
        "total_high": [0.9, 0.11, np.nan],
        "first": [0.79, -0.001, np.nan],
        "first_low": [0.6, 0.0, np.nan],
        "first_high": [1.0, 0.09, np.nan],
        "verdict": ["matters", "undecided", "does not matter"],
    },
    index=pd.Index(["evaluation.period_days", "inflows", "screening.risky_share"], name="field"),
)


def test_a_field_has_its_range_its_effect_and_its_indices() -> None:
    units = {"evaluation.period_days": "days", "screening.risky_share": "share of borrowers"}
    table = sensitivity_table(FOUND, "days_away", units, "none")
    first, second, third = (row.cells for row in table.rows)
    assert first[:5] == ("evaluation.period_days", "7 to 30", "days", "given", "+3.46")
    assert first[5:] == ("0.81 (0.70 to 0.90)", "0.79 (0.60 to 1.00)", "matters")
    # A factor on several fields multiplies; an estimate may be below 0 by chance.
    assert second[2] == "times"
    assert second[6].startswith("0.00 (0.00 to")
    assert third[5:] == ("-", "-", "does not matter")
    assert [row.strong for row in table.rows] == [True, False, False]
    # A note for each sentence, since reports translate notes.
    assert table.notes[:3] == (
        "Over these ranges days_away depends on evaluation.period_days.",
        "Undecided: inflows.",
        "It hardly depends on screening.risky_share.",
    )


def test_many_fields_that_do_not_matter_are_counted() -> None:
    words = {"rules.min_score": "undecided"} | {f"field {k}": "does not matter" for k in range(12)}
    said = " ".join(conclusions(pd.Series(words), "days_away"))
    assert said.startswith(
        "Over these ranges days_away depends on no field for certain. Undecided: rules.min"
    )
    assert said.endswith("field 7 and 4 more.")
