"""A Ray cluster of a head and nodes: work in a store that is begun anew, and nodes of another version."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from click.testing import CliRunner

from bgfg import cli
from bgfg.data_manifests.places.corpus_place import corpus_folder
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store.lock import writer_folder
from tests.support.cluster_tasks import another_version, die_on_three, hashes
from tests.support.ray_processes import RayProcesses

pytest.importorskip("ray", reason="the extra [ray] isn't installed")

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("s3")
def test_a_task_in_a_store_whose_process_died_is_begun_anew(ray: RayProcesses, tmp_path: Path) -> None:
    executor, done = Executor(backend="ray", address=ray.address), []
    with corpus_folder("s3://pictures/died") as folder, writer_folder(folder):
        work = partial(die_on_three, tmp_path, 1)
        assert executor.run(folder, work, range(6), lambda result: done.append(result.task)) == []
    assert sorted(done) == [*range(6)]


def test_a_node_of_another_version_is_refused_by_its_name_before_any_work(
    ray: RayProcesses,
    planned: Path,
    copy_of: Callable[[Path], Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # the working folder of the run is where workers look for modules first, if it is there
    corpus, other = copy_of(planned), another_version(tmp_path / "other")
    ray.add_node(path=[other])
    before = hashes(corpus)
    with pytest.raises(Problem, match=r"^worker \S+, node \S+ on \S+ has bgfg 0\.0\.9, and this machine .*: install"):
        compose_corpus(corpus, Executor(backend="ray", address=ray.address))
    assert hashes(corpus) == before


def test_a_head_that_is_not_there_is_told(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    words = ["compose", str(copy_of(planned)), "--backend", "ray", "--address", "127.0.0.1:1"]
    done = CliRunner().invoke(cli.command_group, words)
    assert isinstance(done.exception, Problem)
    assert "--address 127.0.0.1:1: no head of Ray answers there" in str(done.exception)
