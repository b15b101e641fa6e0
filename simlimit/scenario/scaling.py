"""Another number of borrowers: which fields of desk and pool follow, and what is said of it."""

from simlimit.scenario.parts import Funding, Review
from simlimit.templates import filled

REVIEWERS = "review.reviewers"


def in_proportion(review: Review, funding: Funding, before: int, after: int) -> dict[str, float]:
    """Return the capacities for another number of borrowers, by name: reviewers are rounded up."""
    amounts = {name: getattr(funding, name) for name in ("initial", "daily_inflow", "ceiling")}
    for position, one in enumerate(funding.facilities):
        amounts |= {f"facilities[{position}].{name}": getattr(one, name) for name in ("daily_inflow", "lump")}
    scaled: dict[str, float] = {REVIEWERS: -(-review.reviewers * after // before)}
    return scaled | {f"funding.{name}": round(x * after / before, 2) for name, x in amounts.items() if x}


def rounding_sentence(reviewers: float, exact: float) -> str:
    """Return what rounding the reviewers does to the load of each; empty if nearly nothing."""
    if exact / reviewers >= 0.99:
        return ""
    load = f"so the desk has {100 * exact / reviewers:.3g} % of the load"
    return f"{REVIEWERS} is {reviewers}, but {exact:.6g} would be in proportion, {load}"


def source_when_scaled(earlier: str, before: int, after: int, rounding: str = "") -> str:
    """Return where a scaled value comes from, and where it came from earlier."""
    scaled = filled("assumed: scaled from {before} to {after} borrower{after:s}", before=before, after=after)
    return "; ".join(filter(None, (scaled, rounding, earlier)))[:1000]
