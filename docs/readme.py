"""Write the numbers of README.md: ``python docs/readme.py``.

The paragraph after each comment ``<!-- docs/readme.py: NAME -->`` is written here, from what is simulated. A
test compares them, and says when this has to be run again.
"""

import re
import textwrap
from pathlib import Path

import pandas as pd

import simlimit as sl

README = Path(__file__).parent.parent / "README.md"
REPLICATIONS = 200
WIDTH = 130
LEAST_DAYS = 0.01
"""Causes with fewer days away than that are not named."""

CAUSES = {
    "days_settlement": "until a loan is settled",
    "days_evaluation": "waiting for an evaluation",
    "days_score": "on a low score",
    "days_overdue": "on a record of lateness",
    "days_behaviour": "flagged by behaviour analysis",
    "days_review": "at the manual desk",
    "days_policy": "under a freeze",
    "days_funding": "waiting for funding",
    "days_forfeited": "after a forfeit",
}


def paragraphs() -> dict[str, str]:
    """Simulate, and return what README.md says of it, by the names of its comments."""
    today = sl.preset("jiebei")
    weekly = today.replace({"evaluation.period_days": 7})
    comparison = sl.compare({"today": today, "weekly": weekly}, REPLICATIONS, seed=1, progress=False)
    summary = comparison.studies["today"].summary()
    return {
        "today": _what_is(summary),
        "weekly": _what_weekly_evaluations_change(
            summary["estimate"], comparison.differences().loc["weekly"]
        ),
    }


def _what_is(summary: pd.DataFrame) -> str:
    estimate, away = summary["estimate"], summary.loc["days_away"]
    parts = estimate[list(CAUSES)].sort_values(ascending=False, kind="stable")
    named = parts[parts >= LEAST_DAYS]
    *most, last = [f"{days:.2f} {CAUSES[part]}" for part, days in named.items()]
    at_once, in_a_week = (100 * estimate[f"released_within_{day}d"] for day in (0, 7))
    return (
        f"In the preset `jiebei`, {at_once:.1f} % of repaid amounts can be drawn again on the day of "
        f"repayment, and {in_a_week:.1f} % within a week. In the first 90 days a repaid amount is away for "
        f"{away['estimate']:.2f} days on average ({away['low']:.2f} to {away['high']:.2f}). It spends "
        f"{', '.join(most)} and {last}. What is forfeited does not come back: it is away to the end."
    )


def _what_weekly_evaluations_change(today: pd.Series, change: pd.DataFrame) -> str:
    away = change.loc["days_away"]
    # The words hold only as long as the numbers say so. Otherwise the words have to change.
    assert change.loc[list(CAUSES), "difference"].idxmin() == "days_overdue"
    assert away["significant"]
    assert away["high"] < 0
    return (
        f"Would weekly evaluations help? A repaid amount is then away for {_size(away, 2)} days less, mostly "
        "because it is noticed sooner that a borrower is no longer late. The limit that a borrower misses in "
        f"a year, {today['limit_days_lost']:,.0f} limit-days (CNY missing times days), "
        f"{_what_becomes(change.loc['limit_days_lost'], 0)}. What is written off, "
        f"{today['default_losses']:.0f} CNY per borrower and year, "
        f"{_what_becomes(change.loc['default_losses'], 1)}."
    )


def _what_becomes(row: pd.Series, digits: int) -> str:
    """Return whether something rises, falls or may be the same, and by how much, with its interval."""
    if pd.notna(row["significant"]) and row["significant"]:
        return f"{'rises' if row['difference'] > 0 else 'falls'} by {_size(row, digits)}"
    change, low, high = (f"{row[name]:+,.{digits}f}" for name in ("difference", "low", "high"))
    return f"may stay the same, corrected for all that is compared ({change}; {low} to {high})"


def _size(row: pd.Series, digits: int) -> str:
    """Return the size of a difference that is not 0, with its interval."""
    low, high = sorted((abs(row["low"]), abs(row["high"])))
    return f"{abs(row['difference']):,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def written(text: str) -> str:
    """Return the text of README.md with its numbers as they are now.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
    """
    for name, words in paragraphs().items():
        comment = f"<!-- docs/readme.py: {name} -->\n\n"
        lines = textwrap.fill(words, WIDTH, break_long_words=False, break_on_hyphens=False)
        text, found = re.subn(
            f"(?<={re.escape(comment)}).*?(?=\n\n)", lambda _, new=lines: new, text, flags=re.S
        )
        assert found == 1, f"README.md must have one comment: {comment.strip()}"
    return text


if __name__ == "__main__":
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
