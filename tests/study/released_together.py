"""Two processes that ask for a study at the same moment, each on the same new store."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from multiprocessing.synchronize import Barrier
from pathlib import Path

import simlimit as sl

SEEDED = sl.preset("clockwork").replace({"population.borrowers": 5, "horizon_days": 120})


def ask(studies: list[tuple[Path, int]], ready: Barrier, said: Path) -> None:
    """Ask for a study of a seed on one store after the other, each as soon as the other process is as far."""
    ends = []
    for folder, seed in studies:
        ready.wait(60)
        try:
            sl.replicate(SEEDED, 2, seed, store=folder, progress=False)
            ends.append("right")
        except sl.SimlimitError as error:
            ends.append(str(error))
    said.write_text("\n".join(ends))


def release(folder: Path, pairs: list[tuple[int, int]]) -> Iterator[tuple[Path, tuple[str, str]]]:
    """Yield for each pair of seeds its store, and how the study ended for this and another process."""
    context = multiprocessing.get_context("spawn")
    ready = context.Barrier(2)
    stores = [folder / f"store {number} of seeds {seeds}" for number, seeds in enumerate(pairs)]
    files = [folder / f"said by {process}" for process in (0, 1)]
    this, other = (
        ([*zip(stores, seeds, strict=True)], ready, said)
        for seeds, said in zip(zip(*pairs, strict=True), files, strict=True)
    )
    process = context.Process(target=ask, args=other)
    process.start()
    ask(*this)
    process.join()
    yield from zip(stores, zip(*(said.read_text().split("\n") for said in files), strict=True), strict=True)


if __name__ == "__main__":
    # Somebody looks how far a study is.
    print(len(sl.replicate(SEEDED, 2, store=sys.argv[1], progress=False)))
