"""An import to a URL makes what it makes in a folder, to the byte; what was read before it stopped isn't read again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.importing.import_corpus import ImportResult, import_corpus
from bgfg.synth.importing.import_shard import import_shard
from bgfg.synth.importing.options import ImportOptions
from tests.support.executors import IN_PROCESS
from tests.support.stored_corpus import contents, remove

URL = "memory://imports/corpus"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> dict[str, bytes]:
    """The files of an import to a folder."""
    corpus = tmp_path_factory.mktemp("imported") / "corpus"
    import_corpus(folder, corpus, ImportOptions(), IN_PROCESS)
    found = {path.relative_to(corpus).as_posix(): path for path in corpus.rglob("*") if path.is_file()}
    return {key: path.read_bytes() for key, path in found.items() if not path.name.startswith(".")}


@pytest.fixture
def place() -> Iterator[str]:
    yield URL
    remove(URL)


def import_to(place: str, folder: Path) -> ImportResult:
    with corpus_folder(place) as path:
        return import_corpus(folder, path, ImportOptions(), IN_PROCESS)


def test_the_objects_are_the_files_of_an_import_to_a_folder(place: str, folder: Path, files: dict[str, bytes]) -> None:
    import_to(place, folder)
    assert contents(place) == files
    assert import_to(place, folder).unchanged
    assert contents(place) == files


def test_what_is_there_already_and_no_corpus_is_left_alone(place: str, folder: Path) -> None:
    ObjectStore(place).write("checkpoints/last.safetensors", b"mine")
    with pytest.raises(Problem, match=rf"^{place}: holds other things \(checkpoints\) and isn't a corpus"):
        import_to(place, folder)
    assert [*contents(place)] == ["checkpoints/last.safetensors"]


@pytest.mark.parametrize("published", [1, 2, 3])
def test_an_import_that_was_stopped_goes_on(
    published: int, place: str, folder: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is away before the shards, before the manifest, or once that is there and what was begun is to go."""
    publish, calls, read = Mirror.publish, 0, []

    def publish_or_fail(self: Mirror) -> None:
        nonlocal calls
        calls += 1
        if calls == published:
            raise Problem("the store is away")
        publish(self)

    def note_and_import(path: Path, root: Path, digest: str, run: str, shard: int) -> None:
        read.append(shard)
        import_shard(path, root, digest, run, shard)

    monkeypatch.setattr(Mirror, "publish", publish_or_fail)
    monkeypatch.setattr("bgfg.synth.importing.import_corpus.import_shard", note_and_import)
    with pytest.raises(Problem, match="the store is away"):
        import_to(place, folder)
    assert ("manifest/corpus.json" in contents(place)) == (published == 3)
    assert import_to(place, folder).unchanged == (published == 3)
    assert contents(place) == files
    assert published == 2 or read == [*set(read)]  # marks have the digest by then: shards are made again
