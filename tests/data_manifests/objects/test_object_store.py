"""Objects come and go whole, whatever a server does meanwhile; what fails is a line without any secret in it."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bgfg.data_manifests.objects import object_store
from bgfg.data_manifests.objects.object_store import ObjectStore, Superseded
from bgfg.data_manifests.objects.urls import is_url, plain_url
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.fault_proxy import FAULTS, FaultProxy, proxying

pytest.importorskip("moto", reason="moto, a server of S3, isn't installed")

from tests.support.s3_server import BUCKET, SECRET, S3Server, environment_of, serving_s3


@pytest.fixture(scope="module")
def server() -> Iterator[S3Server]:
    with serving_s3() as server:
        yield server


@pytest.fixture
def proxy(server: S3Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultProxy]:
    quick = {"init_backoff": timedelta(milliseconds=1), "max_backoff": timedelta(milliseconds=5), "base": 2}
    monkeypatch.setitem(object_store.RETRIES, "backoff", quick)
    with proxying(server.port) as proxy:
        for name, value in environment_of(proxy.port).items():
            monkeypatch.setenv(name, value)
        yield proxy


@pytest.fixture
def store(proxy: FaultProxy, tmp_path: Path) -> ObjectStore:
    return ObjectStore(f"s3://{BUCKET}/{tmp_path.name}")


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_server_does_meanwhile_changes_nothing(store: ObjectStore, proxy: FaultProxy, fault: str) -> None:
    data = bytes(range(256)) * 400
    proxy.faults.append(fault)
    store.write("a/b", data)
    proxy.faults.append(fault)
    assert store.read("a/b", 300, 70_000) == data[300:70_000]
    proxy.faults.append(fault)
    assert store.read_all(["a/b"]) == [data]
    assert store.read_all(["none", "a/b"], [(0, 1), (1, 9)]) == [None, data[1:9]]
    proxy.faults.append(fault)
    assert [(found.key, found.size_bytes) for found in store.list()] == [("a/b", len(data))]
    proxy.faults.append(fault)
    store.delete(["a/b"])
    assert store.list() == []
    assert not proxy.faults


def test_a_shard_is_uploaded_in_parts_through_faults_and_is_there_whole_or_not_at_all(
    store: ObjectStore, proxy: FaultProxy, tmp_path: Path
) -> None:
    piece = bytes(range(256)) * 4096
    lent = bytearray(len(piece))  # a writer may use the same memory for all pieces
    proxy.faults.extend(["", "503", "drop", "", "slow", "500"])
    with store.writer("shard") as file:
        for _ in range(20):
            lent[:] = piece
            file.write(memoryview(lent))
            lent[:] = bytes(len(piece))
        assert store.list() == []
    assert not proxy.faults
    store.download("shard", tmp_path / "shard")
    assert (tmp_path / "shard").read_bytes() == piece * 20

    def stopped() -> None:
        with store.writer("other") as file:
            file.write(piece)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert [found.key for found in store.list()] == ["shard"]
    with pytest.raises(FileNotFoundError, match="there is no such object"):
        store.download("other", tmp_path / "other")


@pytest.mark.parametrize("url", [f"s3://{BUCKET}/conditions", "memory://bucket/conditions"])
def test_of_two_who_write_the_same_version_one_is_told(proxy: FaultProxy, url: str) -> None:
    store = ObjectStore(url)
    first = store.replace("x", b"1", None)
    with pytest.raises(Superseded):
        store.replace("x", b"2", None)
    second = store.replace("x", b"3", first)
    with pytest.raises(Superseded):
        store.replace("x", b"4", first)
    found = store.read_version("x")
    assert found is not None
    assert (found[0], found[1].version) == (b"3", second)
    store.delete(["x", "never there"])
    assert store.read_version("x") is None


def test_empty_objects_that_keep_folders_are_not_listed() -> None:
    store = ObjectStore("memory://folders/here")
    for key, data in {"a": b"", "a/b.png": b"b", "a.png": b"", "c": b"c", "c/d": b"d"}.items():
        store.write(key, data)
    assert [found.key for found in store.list()] == ["a.png", "a/b.png", "c", "c/d"]


def test_memory_is_told_apart_by_its_buckets_and_prefixes() -> None:
    first, second = ObjectStore("memory://one/a"), ObjectStore("memory://one/b")
    first.write("x", b"1")
    assert second.read_all(["x"]) == [None]
    assert [found.key for found in ObjectStore("memory://one").list()] == ["a/x"]
    first.delete(["x"])


@pytest.mark.parametrize("status", ["500", "503"])
def test_a_server_that_stays_busy_is_named_with_what_it_says(
    store: ObjectStore, proxy: FaultProxy, status: str
) -> None:
    proxy.faults.extend([status] * 10)
    with pytest.raises(Problem, match=rf"^{store.url}: can't be reached as needed \({status} .*run it again$"):
        store.read("x", 0, 1)
    proxy.faults.clear()


def test_no_secret_is_in_what_is_said(proxy: FaultProxy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    said = []
    for url, key in ((f"s3://{BUCKET}", "none"), ("s3://no-such-bucket/x", "y"), ("s3://Bad_Bucket/x", "y")):
        with pytest.raises(Problem) as caught:
            ObjectStore(url).read(key, 0, 1)
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__
        said.append(str(caught.value))
    assert "there is no such object" in said[0]
    assert "there is no such bucket: make it first" in said[1]
    for url in ("https://me:hidden@host/corpus", "https://host/corpus?X-Amz-Signature=hidden"):
        with pytest.raises(Problem) as caught:
            ObjectStore(url)
        assert "give" in str(caught.value)
        said.append(str(caught.value))
    (tmp_path / "credentials").write_text("[default]\naws_secret_access_key hidden\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    with pytest.raises(Problem, match="can't be read as AWS's credentials") as caught:
        ObjectStore(f"s3://{BUCKET}")
    said.append(str(caught.value))
    assert not any(secret in json.dumps(said) for secret in (SECRET, "hidden", "AKIDEXAMPLE"))


@pytest.mark.parametrize(("url", "said"), [
    ("nosuch://bucket/corpus", "no kind of store that is known: give s3"),
    ("s3:///corpus", r"names no bucket: give s3://BUCKET/PATH"),
    ("s3:/bucket/corpus", r"^s3:/\.\.\.: a slash is missing: give s3://BUCKET/PATH"),
    ("s3://bucket/corpus#1", "^s3://bucket/corpus: has something behind a .* give a name without"),
])  # fmt: skip
def test_what_is_no_place_of_objects_is_refused(url: str, said: str) -> None:
    assert is_url(url)
    with pytest.raises(Problem, match=said):
        plain_url(url)


@pytest.mark.parametrize("path", ["corpus", "s3", "s3/corpus", "c:/corpus", "a s3:/corpus", "nosuch:/corpus"])
def test_a_path_is_no_url(path: str) -> None:
    assert not is_url(path)


def test_a_folder_with_nothing_in_it_is_not_listed(store: ObjectStore, server: S3Server, tmp_path: Path) -> None:
    store.write("nothing", b"")
    url = f"http://127.0.0.1:{server.port}/{BUCKET}/{tmp_path.name}/folder/"  # which the library writes no such key of
    urllib.request.urlopen(urllib.request.Request(url, method="PUT", data=b""), timeout=30).close()
    assert [found.key for found in store.list()] == ["nothing"]
