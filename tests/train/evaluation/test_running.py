"""Samples that are scored in parts by workers: the reports are those of one machine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from click.testing import CliRunner

from bgfg import cli
from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.places.run_place import network_place
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.compose.executor import Executor
from bgfg.train.evaluation.by_target import evaluate_by_target
from tests.support.dask_processes import dask_processes
from tests.support.evaluation_corpus import make_evaluation_corpus
from tests.support.few_replicates import few_replicates
from tests.support.in_parts import workers_in_process
from tests.support.saved_runs import save_run
from tests.support.stored_corpus import remove, upload


@pytest.fixture(scope="module", autouse=True)
def quick_intervals() -> Iterator[None]:
    with few_replicates():
        yield


@pytest.fixture(scope="module")
def run_and_corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("spread")
    corpus = make_evaluation_corpus(folder)
    return save_run(folder / "run", input_px=32), corpus.path


def figures(run: Path, corpus: Path | str, cluster: Executor | None, cache: ChunkCache | None = None) -> dict[str, Any]:
    """Evaluate, and return the report but for the device that it names."""
    result = evaluate_by_target(run, corpus, "cpu", 12, 5, cluster=cluster, cache=cache)
    content: dict[str, Any] = json.loads(result.report.as_json())
    device = content["about"].pop("device")
    assert ("workers of" in device) == (cluster is not None)
    return content


def nearly(found: Any) -> Any:
    """Figures but for float noise: workers have other numbers of threads."""
    if isinstance(found, dict):
        return {name: nearly(each) for name, each in found.items()}
    if isinstance(found, list):
        return [nearly(each) for each in found]
    return pytest.approx(found, rel=1e-4, abs=1e-6) if isinstance(found, float) else found


@pytest.mark.slow
def test_of_a_corpus_under_a_url_what_was_read_is_kept(run_and_corpus: tuple[Path, Path], tmp_path: Path) -> None:
    run, corpus = run_and_corpus
    url, cache = upload(corpus, "memory://evaluated/corpus"), ChunkCache(tmp_path / "cache", 10**9)
    try:
        first = evaluate_by_target(run, url, "cpu", 12, 5, cache=cache).report.as_json()
        misses = cache.misses
        again = evaluate_by_target(run, url, "cpu", 12, 5, cache=cache).report.as_json()
    finally:
        remove(url)
    assert (again, cache.misses) == (first, misses)
    assert cache.hits >= misses > 0


def test_parts_make_the_report_of_the_whole(run_and_corpus: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """In this process, where workers would be: parts of two batches of five."""
    run, corpus = run_and_corpus
    assert figures(run, corpus, workers_in_process(monkeypatch)) == nearly(figures(run, corpus, None))


@pytest.mark.slow
def test_a_cluster_makes_the_report_of_one_machine(run_and_corpus: tuple[Path, Path], tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="the extra [dask] isn't installed")
    run, corpus = run_and_corpus
    with dask_processes(tmp_path, workers=2) as cluster:
        found = figures(run, corpus, Executor(backend="dask", address=cluster.address))
    assert found == nearly(figures(run, corpus, None))


@pytest.mark.slow
@pytest.mark.parametrize("kept", [False, True])
def test_workers_open_a_corpus_by_its_url(
    kept: bool, run_and_corpus: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each once for the whole evaluation, and with a cache that they share; the run too."""
    pytest.importorskip("distributed", reason="the extra [dask] isn't installed")
    pytest.importorskip("moto", reason="moto, a server of S3, isn't installed")
    from tests.support.s3_server import serving_s3

    run, corpus = run_and_corpus
    with serving_s3() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        url, cache = upload(corpus, "s3://pictures/corpus"), ChunkCache(tmp_path / "cache", 10**9) if kept else None
        monkeypatch.setenv("TMPDIR", str(tmp_path))  # of workers
        with dask_processes(tmp_path, workers=2, environment=server.environment) as cluster:
            executor = Executor(backend="dask", address=cluster.address)
            source = upload(run, "s3://pictures/run") if kept else str(run)
            with network_place(source) as network:
                found = figures(network, url, executor, cache)
            assert len(list(tmp_path.glob("bgfg-mirror-*"))) == (4 if kept else 2)
        expected = figures(run, url, None)
        expected["about"]["run"] = f"{source}, after 0 steps"
        assert found == nearly(expected)
    assert cache is None or cache.hits > 0  # of what workers have read


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--real", "BG"), "--backend dask: tests on a corpus, and none is tested on: leave it out"),
        (("BG",), "--backend dask: tests on a corpus, and BG is none: leave it out"),
        (("URL",), "URL: is in the memory of one process alone: leave out --backend dask"),
    ],
)
def test_what_a_cluster_cannot_test_is_told(
    sources: Path, run_and_corpus: tuple[Path, Path], words: tuple[str, ...], said: str
) -> None:
    pytest.importorskip("distributed", reason="the extra [dask] isn't installed")
    url = upload(run_and_corpus[1], "memory://nobodys/corpus") if "URL" in words else ""
    bg = str(sources / "bg")
    given = [word.replace("BG", bg).replace("URL", url) for word in words]
    at = ("--backend", "dask", "--address", "tcp://127.0.0.1:1")
    done = CliRunner().invoke(cli.command_group, ["evaluate", "two_stream", *given, *at])
    assert isinstance(done.exception, Problem)
    assert said.replace("BG", bg).replace("URL", url) in str(done.exception)
