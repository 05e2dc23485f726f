"""A Dask cluster of processes: imports and data sets made by it; workers that differ; clients that are lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import bgfg
from bgfg import cli
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.by_network import WorkerNetwork
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.lock import writer_folder
from tests.support.cluster_tasks import another_version, hashes, note_and_wait, process_of, run, write_a_megabyte
from tests.support.dask_processes import DaskProcesses, dask_processes
from tests.support.executors import IN_PROCESS
from tests.support.full_disk import mounted_disk
from tests.support.project import ROOT
from tests.support.stored_corpus import contents, remove, upload
from tests.support.tiny_corpus import CUTOUT_HEIGHT, H, K, W

pytest.importorskip("distributed", reason="the extra [dask] isn't installed")


@pytest.mark.slow
@pytest.mark.usefixtures("s3")
def test_workers_import_to_a_store_and_from_one(dask: DaskProcesses, labelled: Path, tmp_path: Path) -> None:
    """Pictures within an archive too, which workers fetch; what is refused leaves nothing there, nor do two writers."""
    options = ("--backend", "dask", "--address", dask.address)
    for form in ("folder", "zips"):
        run("export", labelled, tmp_path / form, "--as", form, "--image", "png", "--workers", "1")
        run("import", tmp_path / form, tmp_path / f"of-{form}", "--workers", "1")
        expected = {key: (tmp_path / f"of-{form}" / key).read_bytes() for key in hashes(tmp_path / f"of-{form}")}
        for source in (tmp_path / form, upload(tmp_path / form, f"s3://pictures/of-{form}")):
            corpus = f"s3://pictures/imported-{form}"
            remove(corpus)
            run("import", source, corpus, *options)
            assert contents(corpus) == expected
            assert "already imported" in run("import", source, corpus, *options)
            assert contents(corpus) == expected
    with (
        corpus_folder(corpus) as held,
        writer_folder(held),
        pytest.raises(Problem, match=r"another bgfg .* is writing to this corpus"),
    ):
        run("import", source, corpus, *options, "--replace")
    next((tmp_path / "folder/bg_fg").rglob("*.png")).write_bytes(b"no picture")
    with pytest.raises(Problem, match="damaged or cut short"):
        run("import", tmp_path / "folder", "s3://pictures/refused", *options)
    assert contents("s3://pictures/refused") == {}


@pytest.mark.usefixtures("s3")
def test_what_workers_have_read_of_an_import_is_not_read_again_on_another_machine(
    dask: DaskProcesses, labelled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Marks lie in the store, and what was seen of the samples."""
    source, corpus = tmp_path / "folder", "s3://pictures/stopped"
    run("export", labelled, source, "--as", "folder", "--workers", "1")
    with monkeypatch.context() as patch:
        patch.setattr("bgfg.synth.importing.import_corpus.finish_import", stopped)
        with pytest.raises(Problem, match="stopped"):
            run("import", source, corpus, "--backend", "dask", "--address", dask.address)
    with monkeypatch.context() as patch:
        patch.setattr("bgfg.synth.importing.import_corpus.import_shard", stopped)
        run("import", source, corpus, "--backend", "threading")
    run("import", source, tmp_path / "by-one", "--workers", "1")
    assert contents(corpus) == {key: (tmp_path / "by-one" / key).read_bytes() for key in hashes(tmp_path / "by-one")}


@pytest.mark.slow
@pytest.mark.parametrize("reached", [".partial/found.parquet", ".import/corpus.json", ".import/facts/", "done/"])
@pytest.mark.usefixtures("s3")
def test_an_import_by_a_cluster_that_is_killed_goes_on(
    reached: str, dask: DaskProcesses, labelled: Path, tmp_path: Path
) -> None:
    """Killed while workers look at the files, once it is begun, with the first facts, or with the first mark."""
    source, corpus, store = tmp_path / "folder", "s3://pictures/killed", ObjectStore("s3://pictures/killed")
    run("export", labelled, source, "--as", "folder", "--workers", "1")
    run("import", source, tmp_path / "by-one", "--workers", "1")
    remove(corpus)
    words = ("import", str(source), corpus, "--backend", "dask", "--address", dask.address)
    client = subprocess.Popen([sys.executable, "-m", "bgfg", *words], cwd=tmp_path, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while not any(found.key.startswith(reached) for found in store.list()) and time.monotonic() < deadline:
        time.sleep(0.005)
    client.kill()
    client.wait()
    assert any(found.key.startswith(reached) for found in store.list())
    run(*words)
    assert contents(corpus) == {key: (tmp_path / "by-one" / key).read_bytes() for key in hashes(tmp_path / "by-one")}


def stopped(*_args: object) -> None:
    raise Problem("stopped")


def test_a_data_set_is_composed_and_labelled_by_a_cluster(
    dask: DaskProcesses, sources: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    folders = (f"--{name}={sources / of}" for name, of in (("bg", "bg"), ("fg", "fg"), ("bg-depth", "depth")))
    numbers = ("--size", f"{W}x{H}", "--cutout-height", CUTOUT_HEIGHT, "--placements", K, "--split", "34/33/33")
    run("dataset", "corpus", *folders, *numbers, "--backend", "dask", "--address", dask.address)
    made, expected = hashes(tmp_path / "corpus"), hashes(labelled)
    assert {name: made[name] for name in made if name.startswith(("data.zarr", "done"))} == {
        name: expected[name] for name in expected if name.startswith(("data.zarr", "done"))
    }


def test_tasks_that_take_a_gpu_run_on_the_workers_of_gpus_alone(dask: DaskProcesses, tmp_path: Path) -> None:
    executor, pids = Executor(backend="dask", address=dask.address), set()
    executor.with_gpus("cuda").run(tmp_path, process_of, range(9), lambda result: pids.add(result.value))
    assert pids == {dask.workers[0].pid}


def test_a_worker_with_other_weights_is_named(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(composed)
    label_corpus(corpus, TeacherOptions("compact", input_px=(32, 32), device="cpu"), IN_PROCESS)
    network = WorkerNetwork(TeacherOptions("compact", input_px=(64, 64), device="cpu"), "run")
    with pytest.raises(Problem, match=r"^a worker on \S+ would label otherwise: .* labelled with --input-size 32x32$"):
        network(Corpus(corpus))


def test_a_worker_of_another_version_is_refused_by_its_name_before_any_work(
    dask: DaskProcesses, planned: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    corpus, other = copy_of(planned), another_version(tmp_path / "other")
    stranger = dask.add_worker(path=[other])
    dask.wait(3)
    before = hashes(corpus)
    with pytest.raises(Problem, match=r"^worker tcp://\S+ on \S+ has bgfg 0\.0\.9, and this machine .*: install that"):
        compose_corpus(corpus, Executor(backend="dask", address=dask.address))
    stranger.kill()
    stranger.wait()
    assert hashes(corpus) == before


def test_a_worker_that_has_only_a_copy_of_the_folder_is_refused_by_its_name(
    dask: DaskProcesses, planned: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(planned)
    copied = f"cp -r {corpus} {corpus}-copy && mount --bind {corpus}-copy {corpus}"
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        pytest.skip("another view of the file system needs root")
    stranger = dask.add_worker(before=("unshare", "--mount", "sh", "-c", f'{copied} && exec "$@"', "sh"))
    dask.wait(3)
    with pytest.raises(
        Problem, match=f"^worker tcp://\\S+ on \\S+ doesn't see {corpus} as this machine does: mount it"
    ):
        compose_corpus(corpus, Executor(backend="dask", address=dask.address))
    stranger.kill()
    stranger.wait()


_LOST = """
from functools import partial
from pathlib import Path
from bgfg.synth.compose.executor import Executor
from tests.support.cluster_tasks import note_and_wait
folder = Path({folder!r})
Executor(backend="dask", address={address!r}).run(folder, partial(note_and_wait, folder), range(500), print)
"""


def test_what_a_killed_client_had_given_out_is_not_begun_any_more(dask: DaskProcesses, tmp_path: Path) -> None:
    script = _LOST.format(folder=str(tmp_path), address=dask.address)
    client = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("begun-*"))) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    client.kill()
    client.wait()
    time.sleep(1)  # for what was in work
    begun = len(list(tmp_path.glob("begun-*")))
    assert 4 <= begun < 40
    time.sleep(1)
    assert len(list(tmp_path.glob("begun-*"))) == begun
    assert len(list(tmp_path.glob(".*.partial"))) == 1
    assert Executor(backend="dask", address=dask.address).run(tmp_path, abs, [1], lambda _result: None) == []
    assert not list(tmp_path.glob(".*.partial"))


def test_composing_on_one_machine_clears_what_killed_clients_and_workers_left(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    """Also where nothing is left to make."""
    corpus = copy_of(composed)
    left = (corpus / ".0123456789ab.partial", corpus / "done/mask/.0123456789ab.partial.json")
    for path in left:
        path.touch()
    compose_corpus(corpus, IN_PROCESS)
    assert not any(path.exists() for path in left)


def test_workers_without_gpus_are_told_and_a_scheduler_that_is_gone_ends_the_run_in_a_line(tmp_path: Path) -> None:
    with dask_processes(tmp_path, workers=1) as cluster:
        executor, work = Executor(backend="dask", address=cluster.address), partial(note_and_wait, tmp_path)
        with pytest.raises(Problem, match=r"^--device cuda: no worker of tcp://\S+ has a GPU to give: start a worker"):
            executor.with_gpus("cuda")
        with pytest.raises(Problem, match=f"^{cluster.address}: the scheduler is gone.*; what is finished is kept"):
            executor.run(tmp_path, work, range(100), lambda _result: cluster.scheduler.kill())
        assert len(list(tmp_path.glob("begun-*"))) < 50


def test_a_disk_that_is_full_ends_the_run_and_what_is_finished_stays(dask: DaskProcesses, tmp_path: Path) -> None:
    with mounted_disk(tmp_path / "disk", "8m") as disk:
        executor, done = Executor(backend="dask", address=dask.address), []
        failures = executor.run(
            disk, partial(write_a_megabyte, disk), range(300), lambda result: done.append(result.task)
        )
        assert [failure.disk_full for failure in failures] == [True]
        assert failures[0].error.endswith("No space left on device")
        assert len(done) >= 5
        assert all((disk / f"{task}.bin").stat().st_size == 2**20 for task in done)
        time.sleep(0.3)
        assert len(list(disk.iterdir())) < 150


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--backend", "dask"), "--backend dask: give the cluster too"),
        (("--address", "tcp://127.0.0.1:1"), "--address tcp://127.0.0.1:1: --backend loky is this machine"),
        (("--backend", "dask", "--address", "tcp://127.0.0.1:1"), "no Dask scheduler answers there"),
    ],
)
def test_a_scheduler_that_is_not_there_or_not_wanted_is_told(
    planned: Path, copy_of: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("bgfg.synth.cluster.dask_cluster._ANSWER_S", 1)
    done = CliRunner().invoke(cli.command_group, ["compose", str(copy_of(planned)), *given])
    assert isinstance(done.exception, Problem)
    assert done.exception.exit_code == 2
    assert said in str(done.exception)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"backend": "ray", "address": "nowhere"}, "address 'nowhere': give host and port"),
        ({"backend": "dask"}, "--backend dask: give the cluster too"),
    ],
)
def test_a_cluster_that_is_not_given_is_told_in_python_too(
    planned: Path, copy_of: Callable[[Path], Path], given: dict[str, Any], said: str
) -> None:
    with pytest.raises(Problem, match=said):
        bgfg.compose(copy_of(planned), **given)
