"""Objects are read from a web server that lists nothing; what goes wrong there is a line that names the URL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.objects import object_store
from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME, ObjectStore
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.split_index import require_done
from bgfg.train.stream.stream import Stream
from tests.support.object_server import ObjectServer, serving


@pytest.fixture
def served(labelled: Path, tmp_path: Path) -> Iterator[ObjectServer]:
    """A copy of the labelled corpus on a web server."""
    shutil.copytree(labelled, tmp_path / "www/corpus")
    with serving(tmp_path / "www") as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=5), "base": 2}
    monkeypatch.setitem(object_store.RETRIES, "backoff", quick)


def shards(server: ObjectServer, array: str) -> list[Path]:
    return [path for path in (server.folder / "corpus/data.zarr" / array / "c").rglob("*") if path.is_file()]


def streamed(where: Path | str, **options: Any) -> Stream:
    return Stream(where, batch=8, samples=range(48), shuffle=False, **options)


def test_a_web_server_streams_what_the_folder_does(served: ObjectServer, labelled: Path) -> None:
    streams = [streamed(where, arrays=("image", "depth")) for where in (labelled, f"{served.url}/corpus")]
    assert streams[1].threads == REQUESTS_AT_A_TIME
    assert np.array_equal(streams[0].backgrounds, streams[1].backgrounds)
    for mine, theirs in zip(*streams, strict=True):
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)
    for stream in streams:
        stream.close()


def test_what_was_streamed_once_is_not_asked_for_again(served: ObjectServer, labelled: Path, tmp_path: Path) -> None:
    cache = ChunkCache(tmp_path / "cache", 10**9)
    streams = [streamed(where, arrays=("image", "depth"), cache=cache) for where in (labelled, f"{served.url}/corpus")]
    first = [{name: batch[name].clone() for name in batch} for batch in streams[1]]
    for path in shards(served, "image") + shards(served, "depth"):
        path.unlink()
    for mine, theirs, before in zip(*streams, first, strict=True):
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)
        assert all(np.array_equal(mine[name], before[name]) for name in mine)
    for stream in streams:
        stream.close()


@pytest.mark.slow
def test_what_is_damaged_in_the_cache_is_asked_for_again(served: ObjectServer, labelled: Path, tmp_path: Path) -> None:
    cache = ChunkCache(tmp_path / "cache", 10**9)
    stream = streamed(f"{served.url}/corpus", arrays=("image", "depth"), cache=cache)
    first = [{name: batch[name].clone() for name in batch} for batch in stream]
    fetched = cache.misses
    for number, path in enumerate(sorted((tmp_path / "cache").glob("??/*"))):
        damaged = bytes(byte ^ 1 for byte in path.read_bytes())
        path.write_bytes(damaged if number else b"")
    for expected in (2 * fetched, 2 * fetched):  # all of it anew, and no more after that
        for batch, before in zip(stream, first, strict=True):
            assert all(np.array_equal(batch[name], before[name]) for name in batch)
        assert cache.misses == expected
    stream.close()


def test_a_busy_server_is_asked_again(served: ObjectServer, impatient: None) -> None:
    store = ObjectStore(served.url)
    manifest = (served.folder / "corpus/manifest/corpus.json").read_bytes()
    served.refused[503] = 5
    assert store.read("corpus/manifest/corpus.json", 3, 9) == manifest[3:9]
    served.refused[503] = 6
    with pytest.raises(Problem, match=rf"{served.url}: can't be reached as needed \(503"):
        store.read("corpus/manifest/corpus.json", 3, 9)


def test_a_server_is_asked_for_many_objects_at_a_time_but_not_for_all(served: ObjectServer) -> None:
    served.delay_s = 0.02
    found = ObjectStore(served.url).read_all(["corpus/manifest/corpus.json"] * 4 * REQUESTS_AT_A_TIME)
    assert None not in found
    assert REQUESTS_AT_A_TIME // 4 < served.most_at_once <= REQUESTS_AT_A_TIME


def test_a_closed_door_is_knocked_at_once(served: ObjectServer) -> None:
    served.refused[403] = 1
    with pytest.raises(Problem, match=rf"{served.url}/x: no access \(403.*check the credentials"):
        ObjectStore(served.url).read("x", 0, 1)
    assert not +served.refused


def test_a_server_that_is_gone_is_named(labelled: Path, impatient: None) -> None:
    with serving(labelled) as server:
        store = ObjectStore(server.url)
    with pytest.raises(Problem, match=rf"{server.url}: can't be reached as needed \(.*\): check URL, network"):
        store.read("x", 0, 1)


def test_a_server_without_ranges_is_refused(served: ObjectServer) -> None:
    served.ranges = False
    with pytest.raises(Problem, match=r"/corpus/data.zarr/image/.*: the server sends whole files .*Range requests"):
        require_done(open_corpus(f"{served.url}/corpus"), ("image",), np.arange(48))


@pytest.mark.parametrize("change", [-1, 1])
def test_a_shard_of_another_size_is_not_done(served: ObjectServer, change: int) -> None:
    for path in shards(served, "mask"):
        data = path.read_bytes()
        path.write_bytes(data[:change] if change < 0 else data + b"\0")
    with pytest.raises(Problem, match=rf"{served.url}/corpus: shard 0 of mask is not done: .*copy it there again"):
        streamed(f"{served.url}/corpus")


def test_what_is_deleted_while_it_is_streamed_is_named(served: ObjectServer) -> None:
    stream = streamed(f"{served.url}/corpus")
    for path in shards(served, "image"):
        path.unlink()
    with pytest.raises(Problem, match=rf"{served.url}/corpus/data.zarr/image/.*: there is no such object: copy"):
        next(iter(stream))
    stream.close()


def test_a_missing_background_is_not_black(served: ObjectServer) -> None:
    shards(served, "background")[0].unlink()
    with pytest.raises(Problem, match=rf"{served.url}/corpus/data.zarr/background: .* missing.*: copy it there again"):
        _ = streamed(f"{served.url}/corpus").backgrounds


def test_damage_in_the_copy_is_told_by_the_url(served: ObjectServer) -> None:
    (served.folder / "corpus/manifest/corpus.json").write_text("<html>")
    with pytest.raises(Problem, match=rf"^{served.url}/corpus/manifest/corpus.json: not readable as JSON"):
        open_corpus(f"{served.url}/corpus")


def test_a_missing_table_is_named(served: ObjectServer) -> None:
    (served.folder / "corpus/manifest/samples.parquet").unlink()
    with pytest.raises(Problem, match=rf"^{served.url}/corpus/manifest/samples.parquet: missing: copy it there again"):
        open_corpus(f"{served.url}/corpus").samples_path(0)


def test_an_index_comes_with_the_size(served: ObjectServer, labelled: Path) -> None:
    here, there = Corpus(labelled), open_corpus(f"{served.url}/corpus")
    assert [there.shard_size_bytes("image", n) for n in here.shards] == [
        here.shard_size_bytes("image", n) for n in here.shards
    ]
    there.open_shard("image", 0)
    shards(served, "image")[0].unlink()
    there.open_shard("image", 0)  # asks nothing
