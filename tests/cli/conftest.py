"""Every test of the command line runs in a folder of its own, and can let Ctrl-C come when it wants."""

from contextlib import contextmanager

import matplotlib as mpl
import pytest

from simlimit.study import workers
from simlimit.study.store import Replications


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")


@pytest.fixture
def interrupt():
    """Return a context in which Ctrl-C comes once so many replications of each scenario are done."""

    @contextmanager
    def after(replications, scenarios=1):
        add, begun = Replications.add, set()

        def add_or_stop(one, chunk):
            if replications > 0:
                add(one, chunk)
            begun.add(one)
            if len(begun) == scenarios and min(each.done for each in begun) >= replications:
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Replications, "add", add_or_stop)
            # Otherwise all replications of a small study would be one chunk.
            patch.setattr(workers, "chunk_size", lambda experiment: 2)
            yield

    return after
