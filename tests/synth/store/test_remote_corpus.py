"""A corpus is planned, composed, labelled and verified in an object store as in a folder, to the byte."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.objects.lease import LEASE_KEY
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.corpus_place import corpus_folder, listed_corpus
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.lock import slice_lock, writer_lock
from bgfg.synth.store.shard_slice import ShardSlice
from bgfg.synth.verify.status import corpus_status
from bgfg.synth.verify.verify import verify_corpus
from tests.support.executors import IN_PROCESS
from tests.support.project import ROOT
from tests.support.stored_corpus import contents, remove, upload

pytest.importorskip("moto", reason="moto, a server of S3, isn't installed")

from tests.support.s3_server import BUCKET, SECRET, serving_s3

URL = "memory://made/corpus"


@pytest.fixture
def place() -> Iterator[str]:
    yield URL
    remove(URL)


@pytest.fixture(scope="module")
def s3() -> Iterator[dict[str, str]]:
    with serving_s3() as server:
        yield os.environ | server.environment


def objects_of(folder: Path) -> dict[str, bytes]:
    """The files of a corpus, but for what is of the machine alone."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {key: path.read_bytes() for key, path in files.items() if not Path(key).name.startswith(".")}


def bgfg(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bgfg", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_what_is_made_there_is_what_is_made_in_a_folder(place: str, options: PlanOptions, labelled: Path) -> None:
    with corpus_folder(place) as folder:
        plan_corpus(folder, options, replace=False, workers=1)
        before = contents(place)
        compose_corpus(folder, IN_PROCESS)
        label_corpus(folder, "layered", IN_PROCESS)
        assert not [*folder.glob("data.zarr/image/c/**/0")]  # no shard lies here
        assert verify_corpus(folder, IN_PROCESS, recompose=True).problems == []
        assert {a.shards_left for a in corpus_status(Corpus(folder))} == {0}
    assert not any("/image/c/" in key for key in before)
    assert contents(place) == objects_of(labelled)
    with corpus_folder(place) as folder:
        assert compose_corpus(folder, IN_PROCESS) == ()
    assert contents(place) == objects_of(labelled)


@pytest.mark.parametrize("written", [1, 3, 9])
def test_a_plan_that_was_cut_short_goes_on(
    place: str, options: PlanOptions, planned: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    left, write = iter(range(written)), ObjectStore.write

    def write_some(store: ObjectStore, key: str, data: bytes | Path) -> Any:
        if next(left, None) is None:
            raise Problem("away")
        return write(store, key, data)

    with corpus_folder(place) as folder, monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "write", write_some)
        with pytest.raises(Problem, match="away"):
            plan_corpus(folder, options, replace=False, workers=1)
    assert "data.zarr/zarr.json" in contents(place)
    assert "manifest/corpus.json" not in contents(place)
    with corpus_folder(place) as folder:
        plan_corpus(folder, options, replace=False, workers=1)
    assert contents(place) == objects_of(planned)


@pytest.mark.parametrize("asked", [22, 30])
def test_another_teacher_that_was_cut_short_goes_on(
    place: str, labelled: Path, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    upload(labelled, place)
    label = partial(label_corpus, teacher="in_front", executor=IN_PROCESS, replace=True)
    left, ask = iter(range(asked)), ObjectStore.told

    def told_some(store: ObjectStore, key: str) -> Any:
        if not key.startswith(LEASE_KEY) and next(left, None) is None:
            raise Problem("away")
        return ask(store, key)

    with corpus_folder(place) as folder, monkeypatch.context() as patched:
        patched.setattr(ObjectStore, "told", told_some)
        with pytest.raises(Problem, match="away"):
            label(folder)
    assert "manifest/corpus.json" in contents(place)
    with corpus_folder(place) as folder:
        label(folder)
        assert verify_corpus(folder, IN_PROCESS).problems == []
        assert Corpus(folder).manifest.teacher["name"] == "in_front"  # type: ignore[index]


def test_only_what_is_missing_is_made_and_what_is_damaged_is_found(place: str, composed: Path) -> None:
    upload(composed, place)
    before, store = contents(place), ObjectStore(place)
    store.delete(["done/mask/1.json"])
    image = "data.zarr/image/c/0/0/0/0"
    store.write(image, before[image][:-1])  # of another size than in its mark: it is made again
    mask = "data.zarr/mask/c/2/0/0"
    store.write(mask, bytes([before[mask][0] ^ 1]) + before[mask][1:])
    with corpus_folder(place) as folder:
        compose_corpus(folder, IN_PROCESS)
        found = verify_corpus(folder, IN_PROCESS).problems
    assert {key for key, data in contents(place).items() if data != before.get(key)} <= {mask, ".lock"}
    assert any(line.startswith(f"{URL}/{mask}: its SHA-256 isn't the one in its mark") for line in found)
    assert all(URL in line for line in found)


def test_two_writers_are_kept_apart_and_readers_are_not(place: str, composed: Path) -> None:
    upload(composed, place)
    with corpus_folder(place) as folder, Corpus(folder).mirror.held("corpus"):  # type: ignore[union-attr]
        with (
            corpus_folder(place) as other,
            pytest.raises(Problem, match=rf"^{URL}: another bgfg .* is writing to this"),
        ):
            compose_corpus(other, IN_PROCESS)
        with corpus_folder(place) as other:
            assert len(Corpus(other)[0].image)


def test_slices_make_what_one_command_does(place: str, planned: Path, labelled: Path) -> None:
    upload(planned, place)
    ObjectStore(place).delete([".lock"])
    for work in (compose_corpus, partial(label_corpus, teacher="layered")):
        for number in (1, 2):
            with corpus_folder(place) as folder:
                work(folder, executor=IN_PROCESS, which=ShardSlice(number, 2))
        with corpus_folder(place) as folder:
            assert not any(shards.shards_left for shards in corpus_status(Corpus(folder)) if shards.array != "depth")
            work(folder, executor=IN_PROCESS)
    assert contents(place) == objects_of(labelled)


def test_the_whole_and_slices_keep_each_other_out_and_so_does_a_slice_itself(place: str, planned: Path) -> None:
    upload(planned, place)
    first, second = ShardSlice(1, 2), ShardSlice(2, 2)
    with corpus_folder(place) as folder, corpus_folder(place) as other:
        with slice_lock(folder, first):
            with pytest.raises(Problem, match=rf"^{URL}: another bgfg .* to this slice, 1/2,: wait for it"):
                compose_corpus(other, IN_PROCESS, first)
            with pytest.raises(Problem, match=rf"^{URL}: another bgfg .* to this slice of this corpus: wait for it"):
                compose_corpus(other, IN_PROCESS)
            compose_corpus(other, IN_PROCESS, second)
        with (
            writer_lock(folder),
            pytest.raises(Problem, match=rf"^{URL}: another bgfg .* is writing to this corpus"),
        ):
            compose_corpus(other, IN_PROCESS, first)
    assert not [key for key in contents(place) if key.startswith(LEASE_KEY)]


def test_a_plan_that_is_replaced_leaves_nothing_behind(place: str, options: PlanOptions, labelled: Path) -> None:
    upload(labelled, place)
    with corpus_folder(place) as folder:
        plan_corpus(folder, PlanOptions(**vars(options) | {"seed": 7}), replace=True, workers=1)
    there = contents(place)
    assert not any(key.startswith("done/") or "/image/c/" in key for key in there)
    assert json.loads(there["manifest/corpus.json"])["seed"] == 7


@pytest.mark.parametrize("key", ["run.json", "checkpoints/last.safetensors", "manifest/notes.txt", "done/list.txt"])
@pytest.mark.parametrize("replace", [False, True])
def test_what_is_there_already_and_no_corpus_is_left_alone(
    place: str, options: PlanOptions, key: str, replace: bool
) -> None:
    ObjectStore(place).write(key, b"mine")
    with (
        pytest.raises(Problem, match=rf"^{place}: holds other things \({key.partition('/')[0]}\) and no manifest"),
        corpus_folder(place) as folder,
    ):
        plan_corpus(folder, options, replace, workers=1)
    assert contents(place) == {key: b"mine"}


def test_a_killed_run_goes_on_with_what_is_marked_and_secrets_are_in_no_output(
    s3: dict[str, str], planned: Path, composed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    url = upload(planned, f"s3://{BUCKET}/killed")
    command = [sys.executable, "-m", "bgfg", "compose", url, "--workers", "1"]
    running = subprocess.Popen(command, cwd=ROOT, env=s3, stderr=subprocess.PIPE, text=True)
    store, until = ObjectStore(url), time.monotonic() + 120
    while not any(found.key.startswith("done/") for found in store.list()) and running.poll() is None:
        assert time.monotonic() < until
    running.send_signal(signal.SIGKILL)
    _, said = running.communicate()
    done = bgfg(s3, "compose", url, "--workers", "1")
    assert (done.returncode, done.stdout) == (0, f"{url}: all images and masks are made\n")
    there = {key: data for key, data in contents(url).items() if not key.startswith(".")}
    assert there == objects_of(composed)
    wrong = bgfg(s3, "--debug", "status", "s3://no-such-bucket/x")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert "Error: s3://no-such-bucket/x: there is no such bucket" in wrong.stderr
    assert SECRET not in said + done.stderr + wrong.stdout + wrong.stderr


def test_how_far_a_corpus_is_is_told_by_names(
    place: str, labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload(labelled, place)
    asked: list[str] = []
    read = ObjectStore._read_if_there

    def noted(self: ObjectStore, key: str, *rest: Any) -> bytes | None:
        asked.append(key)
        return read(self, key, *rest)

    monkeypatch.setattr(ObjectStore, "_read_if_there", noted)
    with listed_corpus(place) as folder:
        assert corpus_status(Corpus(folder)) == corpus_status(Corpus(labelled))
    assert "manifest/corpus.json" in asked
    assert not any(key.startswith(("done/", "data.zarr/image/c")) for key in asked)
    ObjectStore(place).delete(["done/mask/1.json", "data.zarr/image/c/0/0/0/0"])
    with listed_corpus(place) as folder:
        assert [of.shards_left for of in corpus_status(Corpus(folder))] == [1, 1, 0]
    with listed_corpus(labelled) as folder:
        assert folder == labelled


@pytest.mark.parametrize(("name", "kind"), [("run.json", "a run"), ("kit.json", "a kit"), ("export.json", "an export")])
def test_what_is_there_in_the_place_of_a_corpus_is_called_what_it_is(name: str, kind: str) -> None:
    url = f"memory://others/{name}"
    ObjectStore(url).write(name, b"{}")
    with pytest.raises(Problem, match=rf"^{url}: {kind}.*, not a corpus: "):
        open_corpus(url)
