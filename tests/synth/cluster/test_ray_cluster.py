"""A Ray cluster of a head and nodes: the same bytes; processes that die, and nodes of another version."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from bgfg import cli
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store.lock import writer_folder
from tests.support.cluster_tasks import die_on_three, hashes, run
from tests.support.executors import IN_PROCESS
from tests.support.project import ROOT
from tests.support.ray_processes import RayProcesses, ray_processes
from tests.support.stored_corpus import contents, upload

pytest.importorskip("ray", reason="the extra [ray] isn't installed")
pytest.importorskip("moto", reason="moto, a server of S3, isn't installed")

from tests.support.s3_server import serving_s3

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def s3() -> Iterator[Mapping[str, str]]:
    with serving_s3() as server:
        yield server.environment


@pytest.fixture(scope="module")
def cluster(s3: Mapping[str, str]) -> Iterator[RayProcesses]:
    with ray_processes(s3) as cluster:
        cluster.add_node(gpus=1)
        yield cluster


def test_a_cluster_makes_the_same_files_as_one_machine(
    cluster: RayProcesses,
    planned: Path,
    labelled: Path,
    copy_of: Callable[[Path], Path],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    corpus, options = copy_of(planned), ("--backend", "ray", "--address", cluster.address)
    monkeypatch.chdir(tmp_path)
    run("compose", corpus.name, *options)
    run("label", corpus.name, "--teacher", "layered", *options)
    assert "all is as it should be" in run("verify", corpus.name, "--recompose", *options)
    assert hashes(corpus) == hashes(labelled)
    assert sorted(os.listdir(corpus)) == sorted(os.listdir(labelled))


def test_nodes_reach_a_store_themselves(
    cluster: RayProcesses,
    s3: Mapping[str, str],
    planned: Path,
    labelled: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """A corpus, exports of it, and an import of one of them; what is published there is what folders have."""
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    corpus, options = upload(planned, "s3://pictures/corpus"), ("--backend", "ray", "--address", cluster.address)
    run("compose", corpus, *options)
    run("label", corpus, "--teacher", "layered", *options)
    assert "all is as it should be" in run("verify", corpus, "--recompose", *options)
    assert {key: data for key, data in contents(corpus).items() if key != ".lock"} == files(labelled)
    for form in ("folder", "hdf5"):
        run("export", corpus, f"s3://pictures/{form}", "--as", form, *options)
        run("export", labelled, form, "--as", form, "--workers", "1")
        assert contents(f"s3://pictures/{form}") == files(tmp_path / form)
    run("import", "s3://pictures/folder", "s3://pictures/imported", *options)
    run("import", "folder", "imported", "--workers", "1")
    assert contents("s3://pictures/imported") == files(tmp_path / "imported")


def test_a_node_that_does_not_reach_the_store_is_named_and_a_shard_whose_process_died_begun_anew(
    cluster: RayProcesses, s3: Mapping[str, str], planned: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in s3.items():
        monkeypatch.setenv(name, value)
    executor, done = Executor(backend="ray", address=cluster.address), []
    with corpus_folder("s3://pictures/died") as folder, writer_folder(folder):
        work = partial(die_on_three, tmp_path, 1)
        assert executor.run(folder, work, range(6), lambda result: done.append(result.task)) == []
    assert sorted(done) == [*range(6)]
    with serving_s3() as other:
        for name, value in other.environment.items():
            monkeypatch.setenv(name, value)
        corpus = upload(planned, "s3://pictures/elsewhere")
        with (
            corpus_folder(corpus) as folder,
            pytest.raises(Problem, match=r"worker \S+, node .* doesn't see s3://pict"),
        ):
            compose_corpus(folder, executor)


def files(folder: Path) -> dict[str, bytes]:
    return {key: (folder / key).read_bytes() for key in hashes(folder)}


def test_a_network_labels_on_the_nodes_of_gpus(
    cluster: RayProcesses, composed: Path, copy_of: Callable[[Path], Path], tmp_path: Path
) -> None:
    """A GPU that is only said: what runs there is the processor, and its labels are those of this machine."""
    corpus, said, noted = copy_of(composed), Path(shutil.copytree(composed, tmp_path / "said")), list[str]()
    options = TeacherOptions("compact", input_px=(32, 32), batch=4)
    label_corpus(corpus, replace(options, device="cpu"), IN_PROCESS)
    label_corpus(said, options, Executor(backend="ray", address=cluster.address), say=noted.append)
    assert hashes(said) == hashes(corpus)
    assert f"on the workers of {cluster.address}, a GPU each, " in noted[0]


def test_a_task_is_begun_anew_where_its_process_died_and_named_where_the_second_did_too(
    cluster: RayProcesses, tmp_path: Path
) -> None:
    executor, done = Executor(backend="ray", address=cluster.address), []
    once, always = tmp_path / "once", tmp_path / "always"
    once.mkdir()
    always.mkdir()
    failures = executor.run(once, partial(die_on_three, once, 1), range(6), lambda result: done.append(result.task))
    assert (failures, sorted(done)) == ([], [*range(6)])
    failures = executor.run(always, partial(die_on_three, always, 9), range(6), lambda _result: None)
    assert [failure.task for failure in failures] == [3]
    assert failures[0].error.startswith("two workers died with it in work")
    assert len(list(always.iterdir())) == 2


def test_a_node_of_another_version_is_refused_by_its_name_before_any_work(
    cluster: RayProcesses,
    planned: Path,
    copy_of: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # the working folder of the run is where workers look for modules first, if it is there
    corpus, other = copy_of(planned), tmp_path / "other"
    shutil.copytree(ROOT / "bgfg", other / "bgfg", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data_manifests", other / "bgfg" / "data_manifests")
    (other / "bgfg/data_manifests/terminal/version.py").write_text('BGFG_VERSION = "0.0.9"\n')
    cluster.add_node(path=[other])
    before = hashes(corpus)
    with pytest.raises(Problem, match=r"^worker \S+, node \S+ on \S+ has bgfg 0\.0\.9, and this machine .*: install"):
        compose_corpus(corpus, Executor(backend="ray", address=cluster.address))
    assert hashes(corpus) == before


def test_a_head_that_is_not_there_is_told(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    words = ["compose", str(copy_of(planned)), "--backend", "ray", "--address", "127.0.0.1:1"]
    done = CliRunner().invoke(cli.command_group, words)
    assert isinstance(done.exception, Problem)
    assert "--address 127.0.0.1:1: no head of Ray answers there" in str(done.exception)
