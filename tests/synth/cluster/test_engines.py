"""What holds of a cluster whatever its engine is: the bytes of one machine, in folders and in stores."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import cast

import pytest

import bgfg
from bgfg.api.running import AnyBackend
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.importing.import_corpus import import_corpus
from bgfg.synth.importing.options import ImportOptions
from bgfg.synth.store.corpus import Corpus
from tests.support.cluster_tasks import die_on_three, hashes, run
from tests.support.dask_processes import dask_processes
from tests.support.executors import IN_PROCESS
from tests.support.stored_corpus import contents, upload


@pytest.fixture(scope="module", params=["dask", pytest.param("ray", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest) -> Executor:
    """The executor of a cluster of each engine."""
    return Executor(backend=request.param, address=request.getfixturevalue(request.param).address)


@pytest.fixture
def expendable(engine: Executor, tmp_path: Path) -> Iterator[Executor]:
    """The executor of a cluster whose workers may die: Ray starts others, and Dask's would be missed by other tests."""
    if engine.backend == "ray":
        yield engine
    else:
        with dask_processes(tmp_path, workers=4) as cluster:
            yield replace(engine, address=cluster.address)


@pytest.fixture
def words(engine: Executor) -> Sequence[str]:
    return ("--backend", engine.backend, "--address", engine.address)


def test_a_cluster_makes_the_same_files_as_one_machine(
    engine: Executor,
    words: Sequence[str],
    planned: Path,
    labelled: Path,
    copy_of: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """Relative paths too, though the workers' folder is another; nothing else is left in the folders."""
    corpus, backend = copy_of(planned), cast("AnyBackend", engine.backend)
    monkeypatch.chdir(tmp_path)
    assert len(bgfg.compose(corpus.name, backend=backend, address=engine.address)) == len(Corpus(planned))
    run("label", corpus.name, "--teacher", "layered", *words)
    assert "all is as it should be" in run("verify", corpus.name, "--recompose", *words)
    assert hashes(corpus) == hashes(labelled)
    run("export", corpus.name, "by-cluster", "--as", "folder", *words)
    run("export", corpus.name, "by-one", "--as", "folder", "--workers", "1")
    assert hashes(tmp_path / "by-cluster") == hashes(tmp_path / "by-one")
    run("import", "by-one", "imported", *words)
    import_corpus(tmp_path / "by-one", tmp_path / "by-one-imported", ImportOptions(), IN_PROCESS)
    assert hashes(tmp_path / "imported") == hashes(tmp_path / "by-one-imported")
    assert sorted(os.listdir(corpus)) == sorted(os.listdir(labelled))


@pytest.mark.slow
@pytest.mark.usefixtures("s3")
def test_workers_reach_a_store_themselves(
    engine: Executor,
    words: Sequence[str],
    planned: Path,
    labelled: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A corpus, exports of it, and an import of one of them; what is published there is what folders have."""
    monkeypatch.chdir(tmp_path)
    place = f"s3://pictures/by-{engine.backend}"
    corpus = upload(planned, f"{place}/corpus")
    run("compose", corpus, *words)
    run("label", corpus, "--teacher", "layered", *words)
    assert "all is as it should be" in run("verify", corpus, "--recompose", *words)
    assert {key: data for key, data in contents(corpus).items() if key != ".lock"} == files(labelled)
    for form in ("folder", "webdataset", "hdf5"):
        run("export", corpus, f"{place}/{form}", "--as", form, *words)
        run("export", labelled, form, "--as", form, "--workers", "1")
        assert contents(f"{place}/{form}") == files(tmp_path / form)
    run("import", f"{place}/folder", f"{place}/imported", *words)
    run("import", "folder", "imported", "--workers", "1")
    assert contents(f"{place}/imported") == files(tmp_path / "imported")


def files(folder: Path) -> dict[str, bytes]:
    return {key: (folder / key).read_bytes() for key in hashes(folder)}


@pytest.mark.usefixtures("s3")
def test_a_worker_that_does_not_reach_the_store_is_named(
    engine: Executor, planned: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has another server in its environment, where there is no such bucket; the memory of a process is nobody's."""
    from tests.support.s3_server import serving_s3

    with serving_s3() as other:
        for name, value in other.environment.items():
            monkeypatch.setenv(name, value)
        corpus = upload(planned, "s3://pictures/elsewhere")
        with corpus_folder(corpus) as folder, pytest.raises(Problem, match=r"worker .* doesn't see s3://pictures/else"):
            compose_corpus(folder, engine)
        with (
            corpus_folder("memory://nobodys/corpus") as folder,
            pytest.raises(
                Problem, match=f"is in the memory of one process alone: leave out --backend {engine.backend}"
            ),
        ):
            engine.path_for_workers(folder)


def test_a_task_is_begun_anew_where_its_worker_died_and_named_where_the_second_did_too(
    expendable: Executor, tmp_path: Path
) -> None:
    once, always, done = tmp_path / "once", tmp_path / "always", list[int]()
    once.mkdir()
    always.mkdir()
    failures = expendable.run(once, partial(die_on_three, once, 1), range(6), lambda result: done.append(result.task))
    assert (failures, sorted(done)) == ([], [*range(6)])
    failures = expendable.run(always, partial(die_on_three, always, 9), range(6), lambda _result: None)
    assert [failure.task for failure in failures] == [3]
    assert "workers died with it in work" in failures[0].error
    assert len(list(always.iterdir())) == 2


def test_a_network_labels_on_the_workers_of_gpus_alone(
    engine: Executor, composed: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    """GPUs that are only said: what runs there is the processor, and its labels are those of this machine."""
    corpus, said, noted = copy_of(composed), Path(shutil.copytree(composed, tmp_path / "said")), list[str]()
    options = TeacherOptions("compact", input_px=(32, 32), batch=4)
    label_corpus(corpus, replace(options, device="cpu"), IN_PROCESS)
    label_corpus(said, options, engine, say=noted.append)
    assert hashes(said) == hashes(corpus)
    assert f"on the workers of {engine.address}, a GPU each, " in noted[0]
    assert noted[1:] == [f"labels: {socket.gethostname()}, cpu, float32, ONNX Runtime"]
    assert not engine.with_gpus("cpu").gpu
    with pytest.raises(Problem, match="--device cuda:1: is one of this machine, and a cluster has its own: give cuda"):
        label_corpus(said, replace(options, device="cuda:1"), engine, replace=True)
