"""Effects and indices on plain arrays: equal to SALib's, unbiased under noise, and with honest intervals."""

import numpy as np
import pytest
from SALib.analyze import morris, sobol

from simlimit.deciding.indices import elementary_effects, sobol_indices
from simlimit.deciding.points import design

G = np.array([0.0, 1.0, 4.5, 9.0, 99.0])
"""Parameters of the function of Saltelli and Sobol (1995)."""
OWN = 1 / 3 / (1 + G) ** 2
VARIANCE = np.prod(1 + OWN) - 1
FIRST, TOTAL = OWN / VARIANCE, OWN * np.prod(1 + OWN) / (1 + OWN) / VARIANCE


def g(points: np.ndarray) -> np.ndarray:
    return np.prod((np.abs(4 * points - 2) + G) / (1 + G), axis=1)


def replicated(values: np.ndarray, n: int, noise: float, seed: int, replications: int = 5) -> np.ndarray:
    """Return values of each replication: with noise of its own, and with what is common to all points."""
    rng = np.random.default_rng([seed, 1])
    common, own = rng.normal(size=replications), rng.normal(size=(len(values), replications))
    noisy = values[:, np.newaxis] + noise * VARIANCE**0.5 * (5 * common + own)
    return noisy.reshape(n, -1, replications)


def problem(number: int) -> dict[str, object]:
    return {"num_vars": number, "names": [*map(str, range(number))], "bounds": [[0, 1]] * number}


def test_without_noise_the_indices_are_those_of_salib() -> None:
    values = g(design("indices", 5, 64, 1))
    ours = sobol_indices(replicated(values, 64, 0.0, 1), 0.95)
    theirs = sobol.analyze(problem(5), values, calc_second_order=False, seed=1)
    # SALib centres by the mean of all points; ours by that of independent ones.
    assert ours[:, 0] == pytest.approx(theirs["S1"], abs=1e-4)
    assert ours[:, 3] == pytest.approx(theirs["ST"])


def test_without_noise_the_effects_are_those_of_salib() -> None:
    points = design("screening", 5, 20, 1)
    ours = elementary_effects(points, replicated(g(points), 20, 0.0, 1).reshape(len(points), -1))
    theirs = morris.analyze(problem(5), points, g(points), seed=1)
    for name in ("mu", "mu_star", "sigma"):
        assert getattr(ours, name) == pytest.approx(np.asarray(theirs[name], float))
    assert ours.share.sum() == pytest.approx(1)


def test_noise_adds_nothing_to_an_index() -> None:
    """A field that does nothing has, of the means, a total index of the share of noise: here 17 %."""
    noise, own, theirs = 1.0, [], []
    for seed in range(40):
        points = design("indices", 6, 64, seed)
        values = replicated(g(points[:, :5]), 64, noise, seed)
        own.append(sobol_indices(values, 0.95)[5, 3])
        means = values.mean(axis=2).ravel()
        theirs.append(sobol.analyze(problem(6), means, calc_second_order=False, seed=1)["ST"][5])
    assert np.mean(theirs) > 0.1
    assert abs(np.mean(own)) < 3 * np.std(own) / 40**0.5


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_intervals_cover_the_truth(noise: float) -> None:
    """Of each index in at least 95 % of 200 samples, less 3 standard errors."""
    truth, covered, n = np.concatenate([FIRST, TOTAL]), np.zeros(10), 128
    for seed in range(200):
        found = sobol_indices(replicated(g(design("indices", 5, n, seed)), n, noise, seed), 0.95)
        _, low, high = np.concatenate([found[:, :3], found[:, 3:]]).T
        covered += (low <= truth) & (truth <= high)
    assert (covered / 200).min() >= 0.95 - 3 * (0.95 * 0.05 / 200) ** 0.5


def test_what_never_changes_may_still_change_elsewhere() -> None:
    """An interval of nothing seen at n points reaches to 3 / n."""
    points = design("indices", 6, 64, 1)
    found = sobol_indices(replicated(g(points[:, :5]), 64, 0.0, 1), 0.95)
    assert found[5, 3:].tolist() == pytest.approx([0, 0, 3 / 64])
