"""The spiral: slow release, more lenders, more flags, slower release."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from measures import assert_mean, assert_share, clockwork, simulate

import simlimit as sl

PERIOD, PATIENCE, HORIZON, MOST = 30, 14, 720, 5
FALSE_FLAG, WEIGHT, LOOK = 0.1, 0.8, 0.6
FLAGS = {
    "screening.false_flag": FALSE_FLAG,
    "screening.flag_days": 0.0,
    "screening.weights.lenders": WEIGHT,
    "reaction.patience_days": PATIENCE,
    "reaction.most_lenders": MOST,
    "product.instalments": 60,
    "horizon_days": HORIZON,
}
"""A payment in every period, and an evaluation always so many days after it."""


def chance_of_flag(lenders: int) -> float:
    return 1 / (1 + math.exp(-(math.log(FALSE_FLAG / (1 - FALSE_FLAG)) + WEIGHT * lenders)))


@cache
def expected_lenders(payments: int, is_slow: bool) -> float:
    """Return the mean number of other lenders after so many payments, each with an evaluation before it.

    Where the next evaluation comes after the borrower's patience ends (slow), a hold outlives it if the
    evaluation before its payment flagged; where it comes sooner (fast), only if both did. Then a lender may
    be found, up to the most.
    """
    flag = chance_of_flag(0)
    chances = {(0, True): flag, (0, False): 1 - flag}
    """By the number of lenders, and whether the evaluation before the payment flagged."""
    for _ in range(payments):
        after: dict[tuple[int, bool], float] = {}
        for (lenders, flagged), chance in chances.items():
            for flagged_next in (True, False):
                waits = flagged and (is_slow or flagged_next) and lenders < MOST
                for found in (0, 1):
                    look = LOOK if waits else 0.0
                    now = lenders + found
                    # A slow evaluation sees the lender found before it; a fast one came before.
                    flag = chance_of_flag(now if is_slow else lenders)
                    share = (look if found else 1 - look) * (flag if flagged_next else 1 - flag)
                    after[now, flagged_next] = after.get((now, flagged_next), 0.0) + chance * share
        chances = after
    return sum(lenders * chance for (lenders, _), chance in chances.items())


def test_lenders_multiply_as_computed_and_more_so_where_release_is_slow() -> None:
    """R56, R115, R118: their number is a Markov chain whose chance to grow grows with it."""
    run = simulate(clockwork({**FLAGS, "reaction.lender_share": LOOK}, 4000))
    book, holds = run.borrowers, run.holds
    is_slow = ((book["evaluation_day"] - book["due_day"]) % PERIOD > PATIENCE).to_numpy()
    was_evaluated = holds["repaid_at"] > book["evaluation_day"].to_numpy()[holds["borrower"]]
    counts = was_evaluated & (holds["repaid_at"] + PATIENCE < HORIZON)
    payments = np.bincount(holds["borrower"][counts], minlength=len(book))
    expected = np.array([expected_lenders(*pair) for pair in zip(payments.tolist(), is_slow, strict=True)])
    for some in (is_slow, ~is_slow):
        assert_mean((book["lenders"] - expected)[some].to_numpy(), 0.0)
    assert expected[is_slow].mean() > 10 * expected[~is_slow].mean()


def test_without_reaction_nothing_feeds_on_itself() -> None:
    """R115: nobody looks for another lender."""
    run = simulate(clockwork({**FLAGS, "reaction.lender_share": 0.0}, 4000))
    assert (run.borrowers["lenders"] == 0).all()
    assert_share(run.borrowers["flagged"], FALSE_FLAG)


def test_reaction_costs_more_days_on_a_slow_platform() -> None:
    """R115, R119: the same among all the mechanisms of a platform: a difference of paired differences."""
    platform = sl.preset("jiebei").replace(
        {
            "population.borrowers": 200,
            "evaluation.holds_up": "all",  # or slowness would matter to early repayments only
            "screening.weights.lenders": 1.0,
            "reaction.lateness_per_lender": 0.49,
        }
    )
    days = {}
    for is_slow in (False, True):
        for look in (0.0, 0.2):
            fields = {"evaluation.duration_days": 20 * is_slow, "reaction.lender_share": look}
            study = sl.replicate(platform.replace(fields), 30, seed=1, progress=False)
            days[is_slow, look] = study.metrics()["days_away"].to_numpy()
    grown = {is_slow: days[is_slow, 0.2] - days[is_slow, 0.0] for is_slow in (False, True)}
    for differences in (grown[False], grown[True], grown[True] - grown[False]):
        assert differences.mean() > 4 * differences.std(ddof=1) / math.sqrt(len(differences))
