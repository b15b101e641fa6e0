"""The progress bar: what it counts is named in the plural, a blank behind the number."""

import io

import pytest

from simlimit.progress import counted, tqdm


@pytest.mark.parametrize(
    ("total", "seconds", "shown"),
    [
        (None, 112, "56 replications [01:52]"),
        (112, 5_600, "| 56/112 replications [1:33:20<1:33:20]"),
    ],
)
def test_counts_in_units(total: int | None, seconds: int, shown: str) -> None:
    with tqdm(**counted("replication", total), file=io.StringIO()) as bar:
        assert bar.format_meter(**bar.format_dict | {"n": 56, "elapsed": seconds}).endswith(shown)
