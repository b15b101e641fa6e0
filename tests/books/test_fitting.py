"""The fit finds the numbers that histories were made with, and says where they do not determine any."""

import math
import re

import numpy as np
import pandas as pd
import pytest

import simlimit as sl
from simlimit.books.fitting import fit_behaviour
from simlimit.books.histories import Histories
from simlimit.errors import PortfolioError, SimlimitError

HAZARDS = (0.5, 0.3, 0.2, 0.1)


def chain(clients, months, mean, concentration, effect, seed):
    """Histories of clients who pay or miss as docs/model.md says, a tenth of them late from before."""
    random = np.random.default_rng(seed)
    x = random.random(clients)
    q = random.beta(mean * concentration, (1 - mean) * concentration, clients)
    chance = np.minimum(1, q * (1 + effect * x**2) / (1 + effect * np.mean(x**2)))
    spell = np.where(random.random(clients) < 0.1, 4, 0)
    late = [spell > 0]
    for _ in range(months - 1):
        hazard = np.array(HAZARDS)[np.clip(spell, 1, 4) - 1]
        u = random.random(clients)
        missed = np.where(spell > 0, u >= hazard, u < chance)
        spell = np.where(missed, spell + 1, 0)
        late.append(missed)
    balance = np.repeat(1000 * x[:, None], months, axis=1)
    payments = np.full((clients, months - 1), 10.0)
    return Histories(np.full(clients, 1000.0), balance, payments, np.array(late).T)


@pytest.fixture(scope="module")
def fitted():
    return fit_behaviour(chain(4_000, 6, mean=0.1, concentration=2.0, effect=2.0, seed=1))


def test_onset_and_cure_are_found_together_within_four_standard_errors(fitted):
    true = {"late_onset": 0.1, "late_concentration": 2.0, "utilisation_effect": 2.0}
    for name, value in true.items():
        error = fitted.standard_errors[name]
        assert 0 < error < 0.25 * value
        assert abs(getattr(fitted, name) - value) < 4 * error
    errors = fitted.standard_errors["cure_hazards"]
    assert all(
        abs(found - true) < 4 * error
        for found, true, error in zip(fitted.cure_hazards, HAZARDS, errors, strict=True)
    )


def test_a_level_that_drifts_is_no_lack_of_heterogeneity(fitted):
    assert fitted.month_levels == pytest.approx(np.ones(5), abs=0.1)


def test_sticky_lateness_alone_is_not_taken_for_heterogeneity():
    alike = fit_behaviour(chain(10_000, 5, mean=0.1, concentration=1e6, effect=0.0, seed=2))
    assert alike.late_concentration > 20
    assert alike.utilisation_effect < 0.2
    assert alike.late_onset == pytest.approx(0.1, abs=0.005)


def test_the_fit_is_a_change_to_any_scenario(fitted):
    scenario = sl.preset("clockwork").replace(fitted.as_changes())
    assert scenario.behaviour.late_onset == fitted.late_onset
    assert scenario.behaviour.cure_hazards == fitted.cure_hazards
    assert scenario.behaviour.draw_share == fitted.draw_share
    assert scenario.product.instalments == fitted.instalments


def steady(late, balance=500.0, payments=50.0, growth=None, **more):
    """Clients of one limit, 1000, whose balance and payments are the same in each month."""
    late = np.array(late, dtype=bool)
    clients, months = late.shape
    balances = np.full((clients, months), balance)
    paid = np.full((clients, months - 1), payments)
    if growth is not None:
        balances = balance + np.concatenate([np.zeros((clients, 1)), np.cumsum(growth, axis=1)], axis=1)
    return Histories(np.full(clients, 1000.0), balances, paid, late, **more)


def collected(kind):
    """Histories as `kind` gives arrays; the accounts in arrears come first, as in a list of collections."""
    late = chain(400, 6, 0.1, 5.0, 1.0, seed=7).late[:, :6]
    late[:40] = True
    one = np.ones(late.shape)
    arrays = (1000 * one[:, 0], 500 * one, 50 * one[:, 1:], late)
    return Histories(*(kind(array) for array in arrays))


def frame(array):
    return pd.Series(array) if array.ndim == 1 else pd.DataFrame(array)


def test_flags_are_flags_however_they_are_written():
    # As text, since what is unknown is NaN, which equals nothing.
    told = repr(fit_behaviour(collected(np.array)))
    for kind in (lambda array: array.astype(int), lambda array: array.astype(float), frame, list):
        assert repr(fit_behaviour(collected(kind))) == told


def test_only_histories_are_fitted():
    with pytest.raises(
        SimlimitError, match=r"histories is of type pandas\.DataFrame, but must be a Histories"
    ):
        fit_behaviour(pd.DataFrame())
    for months in (1, 5, 2.5):
        with pytest.raises(SimlimitError, match=f"months is {months}, but must be a whole number"):
            steady(PATTERN).until(months)


PATTERN = [[0, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 0, 0]]


def test_cure_hazards_are_proportions_by_age_and_old_spells_are_the_fourth():
    fitted = fit_behaviour(steady(PATTERN))
    # One month after onset one of three cured, two months after it the only one; of the old, one of two.
    assert fitted.cure_hazards == pytest.approx((1 / 3, 1.0, 0.5, 0.5))
    errors = fitted.standard_errors["cure_hazards"]
    assert math.isnan(errors[1]), "one who cured of one says little: not that the error is 0"
    assert errors[0] == pytest.approx(math.sqrt(1 / 3 * 2 / 3 / 3))
    assert math.isnan(errors[2])
    assert errors[3] == pytest.approx(math.sqrt(0.5 * 0.5 / 2))


def test_without_old_spells_the_last_hazard_seen_stands_for_the_later():
    fitted = fit_behaviour(steady([[0, 1, 0], [0, 1, 1], [0, 0, 1], [0, 0, 0]]))
    assert fitted.cure_hazards == (0.5, 0.5, 0.5, 0.5)


def test_what_histories_do_not_determine_has_no_standard_error():
    fitted = fit_behaviour(steady(PATTERN))
    assert math.isnan(fitted.standard_errors["utilisation_effect"])


def test_a_blind_month_takes_no_part():
    seen = [*PATTERN, *([[1, 0, 0, 0]] * 20)]
    whole, blind = fit_behaviour(steady(seen)), fit_behaviour(steady(seen, blind_months=1))
    assert blind.late_onset > whole.late_onset
    assert blind.cure_hazards == whole.cure_hazards


def test_the_clock_of_draws_reproduces_the_share_of_months_and_the_amount():
    days = 365 / 12
    growth = np.tile([[-50.0, 50.0, 0.0]], (7, 1))  # nothing, 100, 50 newly borrowed
    fitted = fit_behaviour(steady(PATTERN, growth=growth))
    chance = fitted.draws_per_year / 365
    assert 1 - (1 - chance) ** days == pytest.approx(2 / 3)
    low, high = fitted.draw_share
    assert low == 0
    available = (1000 - 500 + 50) + (1000 - 450 + 50) + (1000 - 500 + 50)
    assert 1 - (1 - chance * high / 2) ** days == pytest.approx(150 / available)


def test_those_who_borrow_nothing_have_no_clock():
    fitted = fit_behaviour(steady(PATTERN, payments=0.0))
    assert (fitted.draws_per_year, fitted.draw_share) == (0.0, (0.0, 0.0))


def test_a_large_mean_share_moves_the_lower_end_of_the_law():
    growth = np.zeros((7, 3))
    growth[0, 2] = 630.0  # of 900 available, in one of 21 client-months
    low, high = fit_behaviour(steady(PATTERN, balance=100.0, payments=0.0, growth=growth)).draw_share
    assert high == 1
    assert (low + high) / 2 == pytest.approx(0.7, abs=0.01)


def test_what_doubles_leave_of_cents_is_no_purchase():
    paid = steady(PATTERN, balance=100.3, payments=0.1, growth=np.full((7, 3), -0.1))
    assert 0 < paid.purchases.max() < 1e-12
    assert fit_behaviour(paid).draws_per_year == 0


@pytest.mark.parametrize(("share", "instalments"), [(1.0, 1), (2 / 3, 2), (2 / 13, 12), (0.0, 60)])
def test_instalments_are_those_that_repay_as_fast(share, instalments):
    assert fit_behaviour(steady(PATTERN, payments=500 * share)).instalments == instalments


# What the library simulates, the fit finds.

CYCLE, MONTHS, A_DAY, LARGEST = 30, 5, 0.05, 0.2


def simulated(instalments, borrowers):
    """The last months of a book in equilibrium; a statement is of the evening before a due day.

    Draws make up for repayments, and every loan of the start has been repaid: a cent is repaid
    (CYCLE instalments + 1) / 2 days after it was drawn, on average. No gate holds limit back, and no line is
    closed.
    """
    before = instalments + 1  # cycles
    owed_to_available = A_DAY * LARGEST / 2 * (CYCLE * instalments + 1) / 2
    fields = {
        "population.borrowers": borrowers,
        "population.utilisation_mean": owed_to_available / (1 + owed_to_available),
        "population.utilisation_concentration": 3.0,
        "behaviour.late_onset": 0.02,
        "behaviour.cure_hazards": (0.5,),
        "behaviour.default_dpd": 0,
        "behaviour.draws_per_year": 365 * A_DAY,
        "behaviour.draw_share": (0.0, LARGEST),
        "product.instalments": instalments,
        "product.min_draw": 0.01,
        "rules.overdue": False,
        "horizon_days": CYCLE * (before + MONTHS + 1),
    }
    run = sl.simulate(sl.preset("clockwork").replace(fields), seed=instalments, engine="calendar")
    book = run.borrowers
    events = run.events[["event", "borrower", "amount", "day"]]
    # Statement 0 is before the first of these months, statement MONTHS after the last.
    month = (events["day"] - events["borrower"].map(book["due_day"])) // CYCLE - before
    month = np.clip(month, -1, MONTHS)

    def by_month(*kinds):
        rows = events["event"].isin(kinds)
        total = np.zeros((borrowers, MONTHS + 2))
        np.add.at(total, (events["borrower"][rows], month[rows] + 1), events["amount"][rows])
        return total[:, 1:]

    paid, drawn = by_month("repayment"), by_month("draw")
    later = np.cumsum((drawn - paid)[:, ::-1], axis=1)[:, ::-1]
    balance = book["outstanding"].to_numpy()[:, np.newaxis] - later
    late = np.zeros((borrowers, MONTHS + 2), dtype=bool)
    missed = events["event"] == "miss"
    late[events["borrower"][missed], month[missed] + 1] = True
    return Histories(book["limit"], balance, paid[:, :-1], late[:, :-1])


def ratio(parts, wholes):
    """Return the ratio of two sums over months and clients, and its standard error by clients."""
    parts, wholes = parts.sum(axis=1), wholes.sum(axis=1)
    found = parts.sum() / wholes.sum()
    return found, np.sqrt(np.sum((parts - found * wholes) ** 2)) / wholes.sum()


@pytest.mark.parametrize(
    ("instalments", "borrowers"),
    [(1, 500), (6, 500), (14, 500), *(pytest.param(n, 4_000, marks=pytest.mark.long) for n in (14, 30))],
)
def test_what_is_simulated_is_found(instalments, borrowers):
    histories = simulated(instalments, borrowers)
    fitted = fit_behaviour(histories)
    assert fitted.instalments == instalments
    # The share that is repaid is that of the model, and so exact that another number is unlikely.
    owed, late = histories.balance[:, :-1], histories.late
    good = (owed > 0) & ~late[:, :-1] & ~late[:, 1:]
    share, error = ratio(np.minimum(histories.payments, owed) * good, owed * good)
    assert abs(share - 2 / (instalments + 1)) <= 4 * error + 1e-9
    assert 4 * error < 1 / (instalments + 1) - 1 / (instalments + 2)

    # The fit tells of months of 365 / 12 days, and these are of 30.
    chance, month = fitted.draws_per_year / 365, 365 / 12
    some, expected = 1 - (1 - chance) ** month, 1 - (1 - A_DAY) ** CYCLE
    assert abs(some - expected) < 4 * np.sqrt(expected * (1 - expected) / (borrowers * MONTHS))
    used, expected = (
        1 - (1 - chance * sum(fitted.draw_share) / 2) ** month,
        1 - (1 - A_DAY * LARGEST / 2) ** CYCLE,
    )
    assert abs(used - expected) < 4 * ratio(histories.purchases, histories.available)[1]


@pytest.mark.parametrize(
    ("histories", "expected"),
    [
        (steady([[0, 1], [0, 0]]), "histories have 2 months; allowed are at least 3"),
        (steady([[0, 0, 0], [0, 0, 1]]), "no late client before the last month"),
        (steady([[1, 1, 0], [1, 0, 0]]), "a month in which no client could become late"),
        (steady([[1, 0, 0], [0, 0, 0]]), "no client who becomes late"),
        (steady([[0, 1, 0], [0, 0, 1]], balance=0.0), "a month in which no client could become late"),
        (steady([[0, 1, 0], [1, 0, 1]], balance=100.0), "no client who owes and is not late"),
    ],
)
def test_histories_that_do_not_contain_what_is_to_be_fitted_are_refused(histories, expected):
    with pytest.raises(PortfolioError, match=re.escape(expected)):
        fit_behaviour(histories)
