"""Every test of the command line runs in a folder of its own, and can let Ctrl-C come when it wants."""

from contextlib import contextmanager

import matplotlib as mpl
import pytest

from simlimit.study import gathering


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    mpl.use("Agg")


@pytest.fixture
def interrupt():
    """Return a context in which Ctrl-C comes once so many replications of each scenario are done."""

    @contextmanager
    def after(replications, scenarios=1):
        put, begun = gathering.Gathering.put, set()

        def put_or_stop(one, piece):
            if replications > 0:
                put(one, piece)
            begun.add(one)
            if len(begun) == scenarios and min(each.done for each in begun) >= replications:
                raise KeyboardInterrupt

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gathering.Gathering, "put", put_or_stop)
            # Otherwise all replications of a small study would be one piece of work.
            patch.setattr(gathering, "piece_size", lambda setting: 2)
            yield

    return after
