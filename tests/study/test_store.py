"""A store keeps every replication of one study, and continues no other."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from random import Random

import pandas as pd
import pytest
import released_together
from ended_processes import draft_of, ended_process
from lender import LENDER
from released_together import SEEDED, release

import simlimit as sl
from simlimit import drafts
from simlimit.study import store as stores

SMALL = LENDER.replace({"population.borrowers": 20, "horizon_days": 250, "warmup_days": 30})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("replication-*")}


def assert_equal(one: sl.Study, other: sl.Study) -> None:
    assert len(one) == len(other)
    pd.testing.assert_frame_equal(one.metrics(), other.metrics(), check_exact=True)
    pd.testing.assert_frame_equal(one.metrics("amount"), other.metrics("amount"), check_exact=True)
    pd.testing.assert_frame_equal(one.daily, other.daily, check_exact=True)
    pd.testing.assert_frame_equal(one.delay_curve(), other.delay_curve(), check_exact=True)
    pd.testing.assert_frame_equal(one.standing(), other.standing(), check_exact=True)


def test_a_store_holds_a_file_for_each_replication_and_says_of_what_study(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    sl.replicate(SMALL, 3, store=folder, progress=False)
    assert names(folder) == [
        *(f"replication-00000{k}.parquet" for k in range(3)),
        "scenario.toml",
        "study.json",
    ]
    assert sl.load(folder / "scenario.toml") == SMALL
    mark = json.loads((folder / "study.json").read_text())
    assert mark["seed"] == 1
    assert mark["keep"] == "counts"


def test_what_is_stored_is_not_simulated_again(tmp_path: Path) -> None:
    first = sl.replicate(SMALL, 4, store=tmp_path, progress=False)
    written = times(tmp_path)
    again = sl.replicate(SMALL, 4, store=str(tmp_path), workers=2, engine="simpy", progress=False)
    assert times(tmp_path) == written
    assert_equal(first, again)


def test_a_study_may_ask_for_more_replications_later_or_for_fewer(tmp_path: Path) -> None:
    sl.replicate(SMALL, 3, store=tmp_path, progress=False)
    written = times(tmp_path)
    more = sl.replicate(SMALL, 7, store=tmp_path, progress=False)
    assert written.items() <= times(tmp_path).items()
    assert_equal(more, sl.replicate(SMALL, 7, progress=False))
    assert_equal(
        sl.replicate(SMALL, 2, store=tmp_path, progress=False), sl.replicate(SMALL, 2, progress=False)
    )


def test_what_is_missing_is_simulated_again(tmp_path: Path) -> None:
    whole = sl.replicate(SMALL, 6, store=tmp_path, progress=False)
    for number in (0, 3, 4):
        (tmp_path / f"replication-00000{number}.parquet").unlink()
    assert_equal(sl.replicate(SMALL, 6, store=tmp_path, progress=False), whole)
    assert len(times(tmp_path)) == 6


def test_what_a_precision_has_made_too_much_is_kept_for_later(tmp_path: Path) -> None:
    precise = sl.replicate(SMALL, 100, precision=0.9, store=tmp_path, progress=False)
    assert len(times(tmp_path)) == 40
    assert len(precise) == 35
    again = sl.replicate(SMALL, 100, precision=0.9, store=tmp_path, progress=False)
    assert_equal(precise, again)


@pytest.mark.parametrize("keep", ["holds", "all"])
def test_tables_that_are_kept_in_full_come_back_as_they_were(keep: str, tmp_path: Path) -> None:
    told = sl.replicate(SMALL, 3, keep=keep, progress=False)  # type: ignore[arg-type]
    sl.replicate(SMALL, 2, keep=keep, store=tmp_path, progress=False)  # type: ignore[arg-type]
    stored = sl.replicate(SMALL, 3, keep=keep, store=tmp_path, progress=False)  # type: ignore[arg-type]
    for table in ("holds", "borrowers", "events")[: 3 if keep == "all" else 2]:
        pd.testing.assert_frame_equal(getattr(stored, table), getattr(told, table), check_exact=True)
    assert stored.holds["kind"].cat.categories.tolist() == ["repayment", "raise"]
    assert_equal(stored, told)


def test_a_table_has_all_its_categories_even_if_few_occur(tmp_path: Path) -> None:
    scenario = sl.preset("clockwork").replace(
        {"population.borrowers": 3, "population.regions": {"north": 0.5, "south": 0.5}, "horizon_days": 40}
    )
    told = sl.replicate(scenario, 3, keep="all", progress=False)
    stored = sl.replicate(scenario, 3, keep="all", store=tmp_path, progress=False)
    for table in ("holds", "borrowers", "events"):
        pd.testing.assert_frame_equal(getattr(stored, table), getattr(told, table), check_exact=True)


def refusal(scenario: sl.Scenario, folder: Path, **options: object) -> str:
    with pytest.raises(sl.SimlimitError) as error:
        sl.replicate(scenario, 2, store=folder, progress=False, **options)  # type: ignore[arg-type]
    sentence = str(error.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"seed": 2}, "seed 1, not 2"),
        ({"keep": "holds"}, "keep 'counts', not 'holds'"),
        ({"follow_up_days": 30}, "follow_up_days 90, not 30"),
        ({"by": "watched"}, "by 'region', not 'watched'"),
        ({"by": "score", "bands": (0.5,)}, "by 'region', not 'score'"),
    ],
)
def test_the_store_of_another_study_is_refused(options: dict[str, object], what: str, tmp_path: Path) -> None:
    sl.replicate(SMALL, 2, store=tmp_path, progress=False)
    before = names(tmp_path)
    sentence = refusal(SMALL, tmp_path, **options)
    assert sentence == f"{tmp_path} holds a study of {what}: name another store, or the same study."
    assert names(tmp_path) == before


def test_the_store_of_other_bands_is_refused(tmp_path: Path) -> None:
    sl.replicate(SMALL, 2, store=tmp_path, by="score", bands=[0.5, 0.7], progress=False)
    sl.replicate(SMALL, 2, store=tmp_path, by="score", bands=pd.Series([0.5, 0.7]), progress=False)
    assert "bands [0.5, 0.7], not [0.5]" in refusal(SMALL, tmp_path, by="score", bands=(0.5,))


def test_the_store_of_another_scenario_is_refused(tmp_path: Path) -> None:
    sl.replicate(SMALL, 2, store=tmp_path, progress=False)
    sentence = refusal(SMALL.replace({"evaluation.period_days": 7}), tmp_path)
    assert sentence == f"{tmp_path} holds a study of another scenario: name another store, or the same study."


def test_where_a_number_comes_from_makes_no_other_scenario(tmp_path: Path) -> None:
    sl.replicate(SMALL, 2, store=tmp_path, progress=False)
    sl.replicate(SMALL.replace({"provenance": {}}), 2, store=tmp_path, progress=False)


OTHER_CODE = {
    "version": "version '0.0.1', not '",
    "numba": "numba '0.0.1', not '",
    "numpy": "numpy '0.0.1', not '",
    "scipy": "scipy '0.0.1', not '",
    "code": "other code: name another store",
}


def test_the_store_of_another_version_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = stores.code_identity()
    for name, what in OTHER_CODE.items():
        with monkeypatch.context() as patch:
            patch.setattr(stores, "code_identity", lambda name=name: {**now, name: "0.0.1"})
            sl.replicate(SMALL, 1, store=tmp_path / name, progress=False)
        assert f" holds a study of {what}" in refusal(SMALL, tmp_path / name)


def test_the_store_of_another_portfolio_is_refused_even_under_the_same_name(tmp_path: Path) -> None:
    book, folder = tmp_path / "book.csv", tmp_path / "study"
    scenario = SMALL.replace({"population.portfolio": str(book)})
    book.write_text("limit,outstanding\n1000,500\n2000,100\n")
    sl.replicate(scenario, 2, store=folder, progress=False)
    sl.replicate(scenario, 3, store=folder, progress=False)
    book.write_text("limit,outstanding\n1000,500\n2000,101\n")
    sentence = refusal(scenario, folder)
    assert sentence == f"{folder} holds a study of another portfolio: name another store, or the same study."


def test_a_folder_with_something_else_in_it_is_refused_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("do not touch")
    (tmp_path / ".draft-of-thesis").write_text("do not touch")
    sentence = refusal(SMALL, tmp_path)
    assert sentence == (
        f"{tmp_path} contains other files, but a store must be a folder that is new, "
        "empty, or holds this study."
    )
    assert names(tmp_path) == [".draft-of-thesis", "thesis.txt"]


def test_a_store_that_was_killed_at_its_birth_is_as_good_as_new(tmp_path: Path) -> None:
    (tmp_path / draft_of(ended_process())).write_text("half a")
    assert len(sl.replicate(SMALL, 2, store=tmp_path, progress=False)) == 2
    assert drafts.DRAFT not in " ".join(names(tmp_path))
    (tmp_path / "scenario.toml").unlink()
    sl.replicate(SMALL, 2, store=tmp_path, progress=False)
    assert sl.load(tmp_path / "scenario.toml") == SMALL


def test_a_damaged_replication_is_named(tmp_path: Path) -> None:
    whole = sl.replicate(SMALL, 2, store=tmp_path, progress=False)
    damaged = tmp_path / "replication-000001.parquet"
    damaged.write_bytes(damaged.read_bytes()[:1000])
    sentence = refusal(SMALL, tmp_path)
    assert sentence.startswith(f"{damaged} cannot be read (")
    assert sentence.endswith("delete replication-000001.parquet to simulate that replication again.")
    damaged.unlink()
    assert_equal(sl.replicate(SMALL, 2, store=tmp_path, progress=False), whole)


@pytest.mark.parametrize("content", [b"", b"PAR1", None])
def test_a_table_that_is_damaged_or_gone_is_named(content: bytes | None, tmp_path: Path) -> None:
    study = sl.replicate(SMALL, 2, keep="holds", store=tmp_path, progress=False)
    holds = tmp_path / "holds-000001.parquet"
    if content is None:
        holds.unlink()
    else:
        holds.write_bytes(content)
    with pytest.raises(
        sl.SimlimitError, match=r"holds-000001.parquet cannot be read \(.*delete replication-0"
    ):
        study.holds  # noqa: B018
    (tmp_path / "replication-000001.parquet").unlink()
    again = sl.replicate(SMALL, 2, keep="holds", store=tmp_path, progress=False)
    told = sl.replicate(SMALL, 2, keep="holds", progress=False)
    pd.testing.assert_frame_equal(again.holds, told.holds)


def test_a_damaged_replication_is_never_believed(tmp_path: Path) -> None:
    assert_no_damage_is_believed(Random(1), 30, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 12))
def test_none_of_a_thousand_damages_is_believed(seed: int, tmp_path: Path) -> None:
    assert_no_damage_is_believed(Random(seed), 100, tmp_path)


def assert_no_damage_is_believed(random: Random, number: int, tmp_path: Path) -> None:
    """Whatever has happened to a file, a study from the store is refused, or as it would be without one."""
    told = sl.replicate(SMALL, 3, keep="holds", progress=False)
    folder, others = tmp_path / "study", [tmp_path / "of another seed", tmp_path / "of another scenario"]
    sl.replicate(SMALL, 3, keep="holds", store=folder, progress=False)
    sl.replicate(SMALL, 3, 2, keep="holds", store=others[0], progress=False)
    sl.replicate(SMALL.replace({"horizon_days": 251}), 3, keep="holds", store=others[1], progress=False)
    refused = 0
    for _ in range(number):
        damaged = tmp_path / "damaged"
        shutil.copytree(folder, damaged)
        damage(damaged, random, others)
        try:
            study = sl.replicate(SMALL, 3, keep="holds", store=damaged, progress=False)
            tables = study.holds, study.borrowers
        except sl.SimlimitError:
            refused += 1
        else:
            assert_equal(study, told)
            pd.testing.assert_frame_equal(tables[0], told.holds, check_exact=True)
            pd.testing.assert_frame_equal(tables[1], told.borrowers, check_exact=True)
            assert sl.load(damaged / "scenario.toml") == SMALL
        shutil.rmtree(damaged)
    # A scenario that is damaged is written anew: one file in eleven, chosen as often as any other.
    assert refused > 0.75 * number


def damage(folder: Path, random: Random, others: list[Path]) -> None:
    """Damage one file: a bit, a byte, its end, a hole; or put another file in its place."""
    path = random.choice(sorted(folder.iterdir()))
    content = bytearray(path.read_bytes())
    place = random.randrange(len(content))
    kind = random.choice(["bit", "byte", "end", "more", "hole", "swapped", "foreign"])
    if kind == "bit":
        content[place] ^= 1 << random.randrange(8)
    elif kind == "byte":
        content[place] = (content[place] + random.randrange(1, 256)) % 256
    elif kind == "end":
        del content[place:]
    elif kind == "more":
        content[place:place] = random.randbytes(random.randrange(1, 100))
    elif kind == "hole":
        content[place : place + 512] = bytes(len(content[place : place + 512]))
    elif kind == "swapped":
        content[:] = random.choice([one for one in sorted(folder.iterdir()) if one != path]).read_bytes()
    else:
        content[:] = (random.choice(others) / path.name).read_bytes()
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "seed", "what"),
    [
        ("replication-000001", 1, "replication 1, not 0"),
        ("holds-000000", 1, "table 'holds', not 'replication'"),
        ("replication-000000", 2, "seed 2, not 1"),
    ],
)
def test_a_file_in_the_place_of_another_is_named(name: str, seed: int, what: str, tmp_path: Path) -> None:
    for one in {1, seed}:
        sl.replicate(SMALL, 2, one, keep="holds", store=tmp_path / str(one), progress=False)
    shutil.copy(tmp_path / str(seed) / f"{name}.parquet", tmp_path / "1" / "replication-000000.parquet")
    assert f"cannot be read (it is of {what})" in refusal(SMALL, tmp_path / "1", keep="holds")


def test_every_reader_of_parquet_passes_over_the_checksum(tmp_path: Path) -> None:
    study = sl.replicate(SMALL, 1, keep="holds", store=tmp_path, progress=False)
    holds = pd.read_parquet(tmp_path / "holds-000000.parquet")
    assert holds["delay_days"].tolist() == study.holds["delay_days"].tolist()


def test_each_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk is synced once: all its files, then, when they have their names, the folder."""
    done: list[str] = []

    def noted(name: str) -> None:
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *given: (done.append(name), real(*given))[1])

    sl.replicate(SMALL, 1, store=tmp_path, progress=False)
    noted("fsync")
    noted("replace")
    sl.replicate(SMALL, 5, store=tmp_path, progress=False)
    assert done == ["fsync"] * 4 + ["replace"] * 4 + ["fsync"]


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="the threads of a process are not listed here"
)
def test_reading_a_store_starts_no_thread(tmp_path: Path, fresh_process: Callable[..., str]) -> None:
    """A thread of Arrow's can abort the process that ends: everything was right, and the exit code is -6."""
    sl.replicate(SEEDED, 2, store=tmp_path, progress=False)
    count = "print(len(os.listdir('/proc/self/task')))"
    read = f"simlimit.replicate(scenario, 2, store={str(tmp_path)!r}, progress=False)"
    script = f"""
import os, simlimit, simlimit.study.store, tqdm
tqdm.tqdm.monitor_interval = 0  # it has a thread of its own
scenario = simlimit.load({str(tmp_path / "scenario.toml")!r})
{count}; {read}; {count}
"""
    assert len(set(fresh_process("-c", script).split())) == 1


# ---- two at a time -----------------------------------------------------------------------------------------


def test_looking_into_the_store_of_a_running_study_does_not_disturb_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh_process: Callable[..., str]
) -> None:
    """Between a draft and its place, another process looks how far the study is."""
    replace, said = os.replace, []

    def replace_watched(draft: Path, target: Path) -> None:
        if target.name == "replication-000002.parquet":
            said.append(fresh_process(released_together.__file__, str(tmp_path)))
        replace(draft, target)

    sl.replicate(SEEDED, 2, store=tmp_path, progress=False)
    monkeypatch.setattr(os, "replace", replace_watched)
    watched = sl.replicate(SEEDED, 4, store=tmp_path, progress=False)
    assert said == ["2\n"]
    assert_equal(watched, sl.replicate(SEEDED, 4, progress=False))


def assert_none_is_mixed(pairs: int, tmp_path: Path) -> None:
    """Seeds 1 and 2 are two studies, so one is refused; seed 3 twice is one, and both end right."""
    told = {seed: sl.replicate(SEEDED, 2, seed, progress=False) for seed in (1, 2, 3)}
    released = [(1, 2), (3, 3)] * pairs
    for seeds, (folder, said) in zip(released, release(tmp_path, released), strict=True):
        right = [seed for seed, end in zip(seeds, said, strict=True) if end == "right"]
        assert len(right) == 3 - len(set(seeds)), said
        other = f"{folder} holds a study of seed {right[0]}, not {3 - right[0]}: name another store, or "
        assert all(end == "right" or end.startswith(other) for end in said)
        assert_equal(sl.replicate(SEEDED, 2, right[0], store=folder, progress=False), told[right[0]])
        assert len(names(folder)) == 4


def test_of_two_studies_released_together_on_a_new_store_one_is_refused(tmp_path: Path) -> None:
    assert_none_is_mixed(3, tmp_path)


@pytest.mark.long
def test_of_sixty_pairs_of_studies_released_together_none_is_mixed(tmp_path: Path) -> None:
    assert_none_is_mixed(60, tmp_path)


def test_a_disk_without_links_and_synced_folders_has_stores_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*paths: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    sync = os.fsync
    monkeypatch.setattr(os, "link", refused)
    monkeypatch.setattr(
        os, "fsync", lambda one: refused() if stat.S_ISDIR(os.fstat(one).st_mode) else sync(one)
    )
    first = sl.replicate(SMALL, 2, store=tmp_path, progress=False)
    assert_equal(first, sl.replicate(SMALL, 2, store=tmp_path, progress=False))
    assert "seed 1, not 2" in refusal(SMALL, tmp_path, seed=2)


@pytest.mark.parametrize("content", ["", "{", "[1]", "\udcff"])
def test_a_store_that_does_not_say_of_what_study_is_refused(content: str, tmp_path: Path) -> None:
    sl.replicate(SMALL, 1, store=tmp_path, progress=False)
    (tmp_path / "study.json").write_bytes(content.encode(errors="surrogateescape"))
    assert refusal(SMALL, tmp_path).endswith("study.json is damaged: it does not say what study this is.")


def test_a_store_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert refusal(SMALL, file) == f"{file} cannot be written: File exists."
    assert "No such file or directory" in refusal(SMALL, tmp_path / "no" / "folder")
    with pytest.raises(sl.SimlimitError, match=r"^store is 7, but must be the path of a file or folder\.$"):
        sl.replicate(SMALL, 1, store=7)  # type: ignore[arg-type]


def test_a_disk_that_is_full_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    sl.replicate(SMALL, 1, store=tmp_path, progress=False)
    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    assert refusal(SMALL, tmp_path) == f"{tmp_path} cannot be written: No space left on device."


def test_a_comparison_has_a_store_for_each_scenario(tmp_path: Path) -> None:
    scenarios = {"today": SMALL, "每周 / weekly": SMALL.replace({"evaluation.period_days": 7})}
    sl.compare(scenarios, 2, store=tmp_path, progress=False)
    assert names(tmp_path) == ["0-today", "1-每周-weekly"]
    stored = sl.compare(scenarios, 3, store=tmp_path, progress=False)
    told = sl.compare(scenarios, 3, progress=False)
    pd.testing.assert_frame_equal(stored.differences(), told.differences())
    with pytest.raises(sl.SimlimitError, match="holds a study of another scenario"):
        sl.compare(dict(zip(scenarios, reversed(scenarios.values()), strict=True)), 2, store=tmp_path)
    with pytest.raises(sl.SimlimitError, match="cannot be written"):
        sl.compare(scenarios, 2, store=tmp_path / "no" / "folder")
