"""Objects of Google Cloud Storage by its XML API: generations stand for versions, and what is gone can't be removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bgfg.data_manifests.objects.lease import PlaceHeld, lease
from bgfg.data_manifests.objects.object_store import ObjectStore, Superseded
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.places.export_place import export_folder
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.export.forms.registry import export_request
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.verify.verify import verify_corpus
from tests.support.cluster_tasks import hashes
from tests.support.executors import IN_PROCESS
from tests.support.gcs_server import serving_gcs
from tests.support.stored_corpus import contents, upload


@pytest.fixture(autouse=True)
def gcs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with serving_gcs() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield


def test_objects_are_written_read_listed_and_removed(tmp_path: Path) -> None:
    """In several pages and parts; with what is removed there may be what isn't there."""
    store = ObjectStore("gs://bucket/place")
    store.write_all({f"many/{number:03}": _file(tmp_path, number) for number in range(203)})
    with store.writer("large") as file:
        for number in range(17):
            file.write(bytes([number]) * 2**20)
    assert store.read("large", 2**20 - 1, 2**20 + 2) == b"\0\1\1"
    assert [found.key for found in store.list()] == ["large", *(f"many/{number:03}" for number in range(203))]
    store.delete(["nothing", *(f"many/{number:03}" for number in range(202)), "nothing/else"])
    assert [(found.key, found.size_bytes) for found in store.list()] == [("large", 17 * 2**20), ("many/202", 1)]
    assert store.read_all(["many/202", "many/201"]) == [bytes([202]), None]


def _file(folder: Path, number: int) -> Path:
    (folder / str(number)).write_bytes(bytes([number]))
    return folder / str(number)


def test_who_replaces_what_was_replaced_meanwhile_is_told() -> None:
    """By a version that was read, and by one that was listed, which says no generation."""
    store = ObjectStore("gs://bucket/place")
    first = store.replace("x", b"1", None)
    with pytest.raises(Superseded):
        store.replace("x", b"other", None)
    (listed,) = store.list()
    second = store.replace("x", b"2", listed.version)
    for version in (first, listed.version):
        with pytest.raises(Superseded):
            store.replace("x", b"other", version)
    store.replace("x", b"3", second)
    assert contents("gs://bucket/place") == {"x": b"3"}


@pytest.mark.slow
def test_a_corpus_is_made_there_and_handed_on(planned: Path, labelled: Path, tmp_path: Path) -> None:
    """The same files as in a folder, to the byte; a second writer is kept out, and nothing else is left."""
    url = upload(planned, "gs://bucket/corpus")
    ObjectStore(url).delete([".lock"])
    with corpus_folder(url) as folder, lease(ObjectStore(url), "corpus"), pytest.raises(PlaceHeld):
        compose_corpus(folder, IN_PROCESS)
    with corpus_folder(url) as folder:
        compose_corpus(folder, IN_PROCESS)
    with corpus_folder(url) as folder:
        label_corpus(folder, "layered", IN_PROCESS)
        assert verify_corpus(folder, IN_PROCESS).problems == []
        with export_folder("gs://bucket/out") as out:
            export_corpus(folder, out, export_request("webdataset"), IN_PROCESS)
    export_corpus(labelled, tmp_path / "out", export_request("webdataset"), IN_PROCESS)
    for there, made in ((url, labelled), ("gs://bucket/out", tmp_path / "out")):
        assert contents(there) == {key: (made / key).read_bytes() for key in hashes(made)}
