"""A folder that stands for a URL has what is small there, and brings back what changed, the head last."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.objects import mirror_folders
from bgfg.data_manifests.objects.contents import Contents
from bgfg.data_manifests.objects.mirror_folders import mirror, mirrored
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.terminal.errors import Problem, printable
from tests.support.project import ROOT
from tests.support.stored_corpus import contents, remove

URL = "memory://mirrors/folder"
OF_TEST = Contents(
    kind="folder",
    is_copied=lambda key: key.endswith(".json"),
    is_published=lambda key: key.endswith(".json"),
    is_left=lambda folder, key: not (folder / f"{key}.json").exists(),
    head="head.json",
)


@pytest.fixture(autouse=True)
def stored() -> Iterator[ObjectStore]:
    store = ObjectStore(URL)
    for key in ("head.json", "a.json", "a", "b/c.json"):
        store.write(key, key.encode())
    yield store
    remove(URL)


def test_what_changed_goes_back_when_the_place_is_given_back(stored: ObjectStore) -> None:
    with mirror(URL, OF_TEST) as found:
        assert mirrored(found.folder) is found
        assert mirrored(found.folder / "b") is None
        assert printable(f"{found.folder}/x") == f"{URL}/x"
        with found.held("folder"):
            assert sorted(path.name for path in found.folder.rglob("*.json")) == ["a.json", "c.json", "head.json"]
            assert found.sizes == {"a": 1}
            (found.folder / "b/c.json").write_bytes(b"new")
            (found.folder / "d.json").write_bytes(b"d")
            (found.folder / "mine").write_bytes(b"of this machine")
            found.publish()
            (found.folder / "a.json").unlink()
            (found.folder / "head.json").write_bytes(b"next")
    assert contents(URL) == {"head.json": b"next", "b/c.json": b"new", "d.json": b"d"}  # nothing needs `a` any more
    assert not found.folder.exists()


def test_nothing_goes_back_where_work_fails(stored: ObjectStore) -> None:
    before = contents(URL)

    def work() -> None:
        with mirror(URL, OF_TEST) as found, found.held("folder"):
            (found.folder / "a.json").unlink()
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert contents(URL) == before


def test_a_head_that_somebody_else_wrote_stays_theirs(stored: ObjectStore) -> None:
    with mirror(URL, OF_TEST) as found:

        def work() -> None:
            with found.held("folder"):
                (found.folder / "head.json").write_bytes(b"mine")
                stored.write("head.json", b"theirs")

        with pytest.raises(Problem, match="another writer was at it meanwhile"):
            work()
        with found.held("folder"):  # which copies it
            assert (found.folder / "head.json").read_bytes() == b"theirs"
    assert contents(URL)["head.json"] == b"theirs"


def test_an_answer_that_got_lost_is_no_other_writer(stored: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store has carried it out, and the library, which asks again, is told that it is there."""
    replace_once = ObjectStore.replace

    def replace_twice(store: ObjectStore, key: str, data: bytes, before: Any) -> Any:
        replace_once(store, key, data, before)
        return replace_once(store, key, data, before)

    monkeypatch.setattr(ObjectStore, "replace", replace_twice)
    with mirror(URL, OF_TEST) as found, found.held("folder"):
        (found.folder / "head.json").write_bytes(b"mine")
    assert contents(URL)["head.json"] == b"mine"


def test_what_has_a_lower_rank_is_there_before(stored: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, write, delete = list[Any](), ObjectStore.write_all, ObjectStore.delete

    def noted_write(store: ObjectStore, files: Mapping[str, Path]) -> None:
        steps.append(sorted(files))
        write(store, files)

    def noted_delete(store: ObjectStore, keys: Sequence[str]) -> None:
        steps.append(("gone", *keys))
        delete(store, keys)

    monkeypatch.setattr(ObjectStore, "write_all", noted_write)
    monkeypatch.setattr(ObjectStore, "delete", noted_delete)
    ranked = replace(OF_TEST, head="", rank=lambda key: int(key.startswith("b/")))
    with mirror(URL, ranked) as found, found.held("folder"):
        (found.folder / "b/c.json").write_bytes(b"new")
        (found.folder / "d.json").write_bytes(b"d")
        found.publish()
    assert [step for step in steps if step in (["d.json"], ["b/c.json"], ("gone", "b/c.json"))] == [
        ("gone", "b/c.json"),
        ["d.json"],
        ["b/c.json"],
    ]


def test_a_picture_is_fetched_once(stored: ObjectStore) -> None:
    with mirror(URL, OF_TEST) as found:
        assert [path.exists() for path in found.cached(["a", "none"])] == [True, False]
        stored.write("a", b"other")
        assert found.cached(["a"])[0].read_bytes() == b"a"


def test_a_web_server_is_not_written_to(tmp_path: Path) -> None:
    with mirror("http://127.0.0.1:9/corpus", OF_TEST) as found:
        place = found.held("corpus")
        with pytest.raises(Problem, match="can be read alone, not written to"):
            place.__enter__()


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(mirror_folders, "_NEW_S", -1.0)
    code = (
        "import os, tests.data_manifests.objects.test_mirror as t\n"
        "with t.mirror(t.URL, t.OF_TEST) as found: print(found.folder, flush=True); os._exit(9)"
    )
    command, given = [sys.executable, "-c", code], os.environ | {"TMPDIR": str(tmp_path)}
    killed = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=False).stdout.strip()
    assert Path(killed).parent.exists()
    with mirror(URL, OF_TEST) as living, mirror(URL, OF_TEST):
        assert not Path(killed).parent.exists()
        assert living.folder.parent.exists()
    assert not [*tmp_path.iterdir()]
