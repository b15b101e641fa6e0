"""Can the model make this log at all? What is compared of it, beside what the fitted parameters would give.

Each statistic is regressed on the guessed parameters over the bank. What is left of it, in units of its usual
spread, is large where a log does not look like those that the model makes at these parameters. The largest in
a family of statistics is ranked among those of the bank's own logs. So is the smallest p-value of all
families. Thus a log that the model can make is refused in 5 of 100 cases.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd

from simlimit.arguments import Floats
from simlimit.inference.regression import FOLDS, TINY, Guesses, fold_of
from simlimit.inference.statistics import DIGITS

REFUSED_BELOW = 0.05
# The logarithms of how much narrower or wider than usual the spread of a statistic can be.
_NARROWEST, _WIDEST = -4.0, 3.0


class Residuals(NamedTuple):
    """What parameters do not explain of each statistic.

    Attributes
    ----------
    bank, real : array
        In units of the usual spread, of the simulated logs and of the real one.
    expected, spread : array
        Of each statistic at the guessed parameters of the real log.
    """

    bank: Floats
    real: Floats
    expected: Floats
    spread: Floats


def residuals(statistics: Floats, real: Floats, guesses: Guesses) -> Residuals:
    """Return the residuals of all logs; those of a fold by a regression on the others."""
    fold, bank = fold_of(len(statistics)), np.empty_like(statistics)
    terms = _quadratic(np.vstack([guesses.bank, guesses.real]), guesses.bank)
    linear, at_real = guesses.bank.shape[1] + 1, []
    for k in range(FOLDS):
        others, told = np.flatnonzero(fold != k), np.append(fold == k, True)
        slopes = np.linalg.lstsq(terms[others], statistics[others], rcond=None)[0]
        left = statistics[others] - terms[others] @ slopes
        usual = np.maximum(left.std(axis=0), TINY)
        logs = np.linalg.lstsq(terms[others, :linear], np.log((left / usual) ** 2 + 1e-9), rcond=None)[0]
        logs[0] = 0  # the mean of a logarithm is not that of the spread, which is the usual one
        spread = usual * np.exp(np.clip(terms[told, :linear] @ logs / 2, _NARROWEST, _WIDEST))
        expected = terms[told] @ slopes
        bank[fold == k] = (statistics[fold == k] - expected[:-1]).round(DIGITS) / spread[:-1]
        at_real.append((expected[-1], spread[-1]))
    expected, spread = np.mean(at_real, axis=0)
    return Residuals(bank, (real - expected).round(DIGITS) / spread, expected, spread)


def _quadratic(guesses: Floats, bank: Floats) -> Floats:
    """Return 1, the standardised guesses, and their products: a row per log."""
    scaled = (guesses - bank.mean(axis=0)) / np.maximum(bank.std(axis=0), TINY)
    first, second = np.triu_indices(scaled.shape[1])
    return np.column_stack([np.ones(len(scaled)), scaled, scaled[:, first] * scaled[:, second]])


def compared(names: pd.DataFrame, real: Floats, found: Residuals) -> pd.DataFrame:
    """Return each statistic of the log beside its 95 % predictive band, as shares."""
    low, high = np.quantile(found.bank, (0.025, 0.975), axis=0)
    roots = {"in_log": real, "expected": found.expected}
    roots |= {"low": found.expected + low * found.spread, "high": found.expected + high * found.spread}
    shares = {name: np.clip(root, 0, 1).round(DIGITS) ** 2 for name, root in roots.items()}
    return names.reset_index(drop=True).assign(**shares)


def check_table(table: pd.DataFrame, found: Residuals) -> pd.DataFrame:
    """Return a row per family of statistics, the most suspicious first."""
    usual = np.maximum(found.bank.std(axis=0), TINY)
    bank, real = np.abs(found.bank) / usual, np.abs(found.real) / usual
    rows, p_bank, p_real = [], [], []
    for _, members in table.groupby("family", sort=False):
        where = members.index.to_numpy()
        largest = bank[:, where].max(axis=1)
        p_bank.append(_share_at_least(largest, largest))
        p_real.append(_share_at_least(largest, real[where].max(keepdims=True))[0])
        rows.append(int(where[real[where].argmax()]))
    smallest = np.sort(np.min(p_bank, axis=0))
    corrected = (1 + np.searchsorted(smallest, p_real, side="right")) / (1 + len(smallest))
    result = table.loc[rows].set_index("family")
    result = result.assign(p_value=p_real, corrected_p=corrected, breaks=corrected < REFUSED_BELOW)
    return result.sort_values("p_value", kind="stable")


def _share_at_least(among: Floats, values: Floats) -> Floats:
    """Return the share of simulated logs with at least this value, the log itself included."""
    below = np.searchsorted(np.sort(among), values, side="left")
    return (len(among) + 1 - below) / (len(among) + 1)
