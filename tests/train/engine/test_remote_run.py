"""A run under a URL is the one in a folder; whatever ends it, the same command goes on from what the store has."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("moto", reason="moto, a server of S3, isn't installed")

import torch

from bgfg.data_manifests.objects.lease import LEASE_KEY
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.run_place import network_place, run_place, seen_run
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.engine.run_dir import RunDir
from bgfg.train.models.checkpoint import Checkpoint, load_network
from bgfg.train.overview.run_overview import RunOverview
from tests.support.project import ROOT
from tests.support.s3_server import BUCKET, SECRET, serving_s3
from tests.support.stored_corpus import contents, remove
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import losses, stopped_after, train_tiny

URL = "memory://runs/first"
GIVEN = {"steps": 12, "validate_every": 4}


@pytest.fixture
def place() -> Iterator[str]:
    yield URL
    remove(URL)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Path:
    run = tmp_path_factory.mktemp("local") / "run"
    train_tiny(corpus, run, **GIVEN)
    return run


def train_at(url: str, corpus: Corpus) -> None:
    with run_place(url) as run:
        train_tiny(corpus, run, **GIVEN)


def assert_same_as(local: Path, url: str) -> None:
    with run_place(url) as run:
        assert losses(read_metrics(run / "metrics.csv")) == losses(read_metrics(local / "metrics.csv"))
        for name in ("last", "best"):
            mine, theirs = (Checkpoint.load(each / "checkpoints" / f"{name}.safetensors") for each in (run, local))
            for part, named in theirs.parts.items():
                assert all(torch.equal(mine.parts[part][key], tensor) for key, tensor in named.items())


def files_of(run: Path) -> set[str]:
    found = (path.relative_to(run) for path in run.rglob("*") if path.is_file())
    return {path.as_posix() for path in found if not path.name.startswith(".")}


def test_all_that_a_run_leaves_is_there_and_a_stopped_one_goes_on_elsewhere(
    place: str, corpus: Corpus, local: Path
) -> None:
    with stopped_after(7):
        train_at(place, corpus)
    there = contents(place)
    assert {"run.json", "metrics.csv", "checkpoints/last.safetensors", "sheets/step_0000004.png"} <= there.keys()
    assert LEASE_KEY not in there
    train_at(place, corpus)  # in another temporary folder, as on another machine
    assert contents(place).keys() == files_of(local)
    assert_same_as(local, place)
    with seen_run(place) as run:
        assert RunOverview.load(run).name == "first"
        assert files_of(run) == {name for name in files_of(local) if not name.startswith("checkpoints/")}
    with network_place(place) as run:
        assert files_of(run) == {"run.json", "metrics.csv", "checkpoints/best.safetensors"}
        assert load_network(run)[1]["standing"]["step"] in (4, 8, 12)


def test_figures_are_there_before_the_checkpoint_that_counts_on_them(
    place: str, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, steps = ObjectStore.write, list[str]()

    def noted(store: ObjectStore, key: str, data: bytes | Path) -> object:
        steps.append(key)
        return write(store, key, data)

    monkeypatch.setattr(ObjectStore, "write", noted)
    train_at(place, corpus)
    assert [key for key in steps if key in ("metrics.csv", "checkpoints/last.safetensors")][-2:] == [
        "metrics.csv",
        "checkpoints/last.safetensors",
    ]
    assert steps.count("checkpoints/last.safetensors") == 3


def test_a_second_training_is_refused_and_one_that_was_taken_over_stops(place: str, corpus: Corpus) -> None:
    with (
        run_place(place) as run,
        RunDir(run).only_writer(),
        pytest.raises(Problem, match=rf"^{URL}: another bgfg .* is writing to this run"),
    ):
        train_at(place, corpus)

    def work() -> None:
        with run_place(place) as run, RunDir(run).only_writer():
            mirrored(run)._lease._lost.set()  # type: ignore[union-attr]
            Checkpoint({}, {}).save(RunDir(run).last_checkpoint)

    with pytest.raises(Problem, match="its lock ran out"):
        work()
    assert "checkpoints/last.safetensors" not in contents(place)


def test_what_holds_other_things_is_no_place_for_a_run(place: str) -> None:
    ObjectStore(place).write("photos/a.jpg", b"mine")
    with (
        pytest.raises(Problem, match=rf"^{URL}: holds other things \(photos/a.jpg\) and isn't a run"),
        run_place(place),
    ):
        pass
    with pytest.raises(Problem, match="can be read alone"), run_place("https://127.0.0.1:1/run"):
        pass


@pytest.mark.slow
def test_a_killed_training_goes_on_on_the_server(corpus: Corpus, local: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the command's own process, which is killed after its first checkpoint."""
    with serving_s3() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        url = f"s3://{BUCKET}/run"
        code = (
            "from pathlib import Path; from bgfg.synth.store.corpus import Corpus\n"
            "from bgfg.data_manifests.places.run_place import run_place\n"
            "from tests.support.tiny_runs import *\n"
            f"with run_place({url!r}) as run: train_tiny(Corpus(Path({str(corpus.path)!r})), run, **{GIVEN!r})\n"
        )
        running = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        store, until = ObjectStore(url), time.monotonic() + 120
        while not any(found.key == "checkpoints/last.safetensors" for found in store.list()):
            assert time.monotonic() < until
            assert running.poll() is None
        os.kill(running.pid, signal.SIGKILL)
        _, said = running.communicate()
        train_at(url, corpus)
        assert_same_as(local, url)
        assert SECRET not in said
