"""How often the 90 % intervals of what-ifs cover the truth: many logs of `jiebei`, with six parameters free.

``python tests/inference/what_if_coverage.py 400`` prints the numbers of docs/howto-fit.md. Each log takes
five seconds of a processor.
"""

from __future__ import annotations

import sys

import numpy as np
from test_acceptance import fitted
from test_what_ifs import WHAT_IFS, draws_for_log, effects

DRAWS, OF_THE_TRUTH = 40, 144


def coverage_of_what_ifs(logs: int) -> dict[str, float]:
    """Return how often the interval of each effect on the days away covers the true one.

    The truth of a log is the effect on the platform that made it: by replications, so that it errs, too.
    """
    fit, _ = fitted(2_000)
    covered = dict.fromkeys(WHAT_IFS, 0)
    for log in range(logs):
        said = effects(draws_for_log(fit, log, DRAWS), 2 * DRAWS, 100 + log)
        true = effects(fit._task.at(fit._bank.quantiles[log]), OF_THE_TRUTH, 900 + log)
        for name in WHAT_IFS:
            covered[name] += said[name][1] <= true[name][0] <= said[name][2]
    return {name: number / logs for name, number in covered.items()}


if __name__ == "__main__":
    logs = int(sys.argv[1])
    for name, share in coverage_of_what_ifs(logs).items():
        print(f"{name}: {share:.1%}, standard error {np.sqrt(share * (1 - share) / logs):.1%}")
