"""The executor: any number of workers makes the same bytes; death, Ctrl-C and a full disk leave nothing broken.

Real processes, real signals, a real small file system.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner

from bgfg import cli
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.executor import Executor, TaskResult, raise_failures
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import marked_shards
from bgfg.synth.store.lock import writer_lock
from tests.support import references
from tests.support.full_disk import mounted_disk

# Shards of some 50 ms, enough of them that something is always in the middle of one.
BACKGROUNDS, CUTOUTS, PLACEMENTS, SIZE_PX = 16, 10, 20, 160


def hashes(corpus: Path) -> dict[str, str]:
    """Hash every file of the corpus that a reader sees."""
    files = [p for top in ("data.zarr", "done", "manifest") for p in (corpus / top).rglob("*") if p.is_file()]
    return {str(p.relative_to(corpus)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def big_options(tmp_path_factory: pytest.TempPathFactory) -> PlanOptions:
    folder = tmp_path_factory.mktemp("big")
    (folder / "bg").mkdir()
    (folder / "fg").mkdir()
    for b in range(BACKGROUNDS):
        cv2.imwrite(str(folder / f"bg/{b}.png"), references.picture(SIZE_PX, SIZE_PX, b))
    for c in range(CUTOUTS):
        cv2.imwrite(str(folder / f"fg/{c}.png"), references.cutout(80, 60, c))
    return PlanOptions(folder / "bg", folder / "fg", None, 0.001, SIZE_PX, SIZE_PX, 80, PLACEMENTS)


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory, big_options: PlanOptions) -> Path:
    """The planned corpus, to be copied."""
    path = tmp_path_factory.mktemp("planned") / "corpus"
    plan_corpus(path, big_options, replace=False, workers=2)
    return path


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, big: Path) -> dict[str, str]:
    corpus = Path(shutil.copytree(big, tmp_path_factory.mktemp("undisturbed") / "corpus"))
    compose_corpus(corpus, Executor(workers=1, backend="threading"))
    return hashes(corpus)


@pytest.fixture(scope="module")
def deep(tmp_path_factory: pytest.TempPathFactory, big_options: PlanOptions) -> Path:
    folder = tmp_path_factory.mktemp("deep")
    (folder / "depth").mkdir()
    ramp = np.linspace(9_000, 1_500, SIZE_PX)[:, None].repeat(SIZE_PX, axis=1)
    rng = np.random.default_rng(0)
    for b in range(BACKGROUNDS):
        noisy = ramp * rng.normal(1, 0.05, ramp.shape)
        cv2.imwrite(str(folder / f"depth/{b}.png"), noisy.astype(np.uint16))
    options = dataclasses.replace(big_options, bg_depth=folder / "depth")
    plan_corpus(folder / "corpus", options, replace=False, workers=2)
    return folder / "corpus"


@pytest.fixture(scope="module")
def labelled_hashes(deep: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    undisturbed = Path(shutil.copytree(deep, tmp_path_factory.mktemp("labelled") / "corpus"))
    label_corpus(undisturbed, "layered", Executor(workers=1, backend="threading"))
    return hashes(undisturbed)


@pytest.fixture
def corpus(tmp_path: Path, big: Path) -> Path:
    return Path(shutil.copytree(big, tmp_path / "corpus"))


def start(command: str, corpus: Path, *options: str) -> subprocess.Popen[str]:
    """Start a command with two workers as the leader of a group of processes, as a shell does."""
    words = [sys.executable, "-m", "bgfg", command, str(corpus), "--workers", "2", *options]
    return subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)


def start_compose(corpus: Path) -> subprocess.Popen[str]:
    return start("compose", corpus)


def wait_for_middle(corpus: Path, process: subprocess.Popen[str], array: str = "mask") -> None:
    """Wait until some shards are done and others are in the middle of being written."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        begun = [path for path in (corpus / ".partial").glob(f"{array}-*") if _size(path) > 0]
        if len(begun) == 2 and marked_shards(corpus, array):
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.002)
    pytest.fail("the work never got to the middle")


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    tasks = Path(f"/proc/{process.pid}/task").iterdir()
    children = [int(pid) for task in tasks for pid in (task / "children").read_text().split()]
    return [pid for pid in children if b"popen_loky" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def finish(process: subprocess.Popen[str]) -> list[str]:
    """Return all that is said on stderr but the lines of progress."""
    _, stderr = process.communicate(timeout=60)
    return [line for line in stderr.splitlines() if not re.match(r"(image \+ mask|depth): [\d,]+ of [\d,]+, ", line)]


def finished_shards(corpus: Path) -> dict[str, int]:
    return {str(p): p.stat().st_mtime_ns for p in (corpus / "data.zarr/image/c").rglob("0") if p.is_file()
            and int(p.relative_to(corpus / "data.zarr/image/c").parts[0]) in marked_shards(corpus, "mask")}  # fmt: skip


def assert_goes_on(corpus: Path, undisturbed: dict[str, str]) -> None:
    """Go on, here by threads: it finishes with the same bytes, and leaves alone what was finished."""
    before = finished_shards(corpus)
    assert before
    compose_corpus(corpus, Executor(2, "threading"))
    after = finished_shards(corpus)
    assert {path: after[path] for path in before} == before
    assert hashes(corpus) == undisturbed
    assert not (corpus / ".partial").exists()


@pytest.mark.parametrize(
    "executor",
    [Executor(2, "threading"), Executor(3, "loky")],
    ids=lambda c: f"{c.workers}-{c.backend}",
)
def test_any_executor_makes_the_same_bytes(corpus: Path, undisturbed: dict[str, str], executor: Executor) -> None:
    compose_corpus(corpus, executor)
    assert hashes(corpus) == undisturbed


def test_a_killed_worker_is_named_and_the_others_go_on(corpus: Path, undisturbed: dict[str, str]) -> None:
    process = start_compose(corpus)
    wait_for_middle(corpus, process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    lines = finish(process)
    assert process.returncode == 1
    assert len(lines) == 1
    assert lines[0].startswith("Error: shard ")
    assert "a worker died" in lines[0]
    left = set(range(BACKGROUNDS)) - marked_shards(corpus, "mask")
    assert lines[0].startswith(f"Error: shard {', '.join(map(str, sorted(left)))}:")
    assert 1 <= len(left) <= 2
    assert_goes_on(corpus, undisturbed)


def test_a_killed_parent_takes_its_workers_along(corpus: Path, undisturbed: dict[str, str]) -> None:
    process = start_compose(corpus)
    wait_for_middle(corpus, process)
    workers = workers_of(process)
    process.kill()
    _, said = process.communicate()
    assert not any(word in said for word in ("Traceback", "Warning", "resource_tracker")), said
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
    assert_goes_on(corpus, undisturbed)


STOPPED = ["Error: stopped; what is finished is kept, run the same command again to go on"]


def test_stopping_is_one_line_and_the_run_goes_on_later(corpus: Path, undisturbed: dict[str, str]) -> None:
    process = start_compose(corpus)
    wait_for_middle(corpus, process)
    process.send_signal(signal.SIGTERM)
    assert finish(process) == STOPPED
    assert process.returncode == 130
    assert_goes_on(corpus, undisturbed)


@pytest.mark.slow
def test_ctrl_c_pressed_twice_is_one_line_too(corpus: Path, undisturbed: dict[str, str]) -> None:
    process = start_compose(corpus)
    wait_for_middle(corpus, process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    assert finish(process) == STOPPED
    assert_goes_on(corpus, undisturbed)


SLOWER = pytest.mark.slow  # a moment of each kind is tried by default


@pytest.mark.parametrize("after_s", [pytest.param(0.0, marks=SLOWER), 0.25, pytest.param(0.5, marks=SLOWER)])
def test_ctrl_c_of_a_terminal_reaches_all_processes_and_is_one_line(corpus: Path, after_s: float) -> None:
    """From the moment that it holds the lock: workers are started, then import, then work."""
    process = start_compose(corpus)
    deadline = time.monotonic() + 60
    while (corpus / ".lock").read_text() != str(process.pid) and time.monotonic() < deadline:
        time.sleep(0.002)
    time.sleep(after_s)
    os.killpg(process.pid, signal.SIGINT)
    assert finish(process) in (STOPPED, [])
    assert process.returncode in (130, 0)


@pytest.mark.slow
def test_labelling_that_was_killed_goes_on(deep: Path, tmp_path: Path, labelled_hashes: dict[str, str]) -> None:
    corpus = Path(shutil.copytree(deep, tmp_path / "corpus"))
    process = start("label", corpus, "--teacher", "layered")
    wait_for_middle(corpus, process, "depth")
    os.killpg(process.pid, signal.SIGKILL)
    assert finish(process) == []
    label_corpus(corpus, "layered", Executor(2, "threading"))
    assert hashes(corpus) == labelled_hashes


@pytest.mark.parametrize("after_s", [0.6, pytest.param(1.0, marks=SLOWER)])
def test_a_killed_plan_is_made_again(tmp_path: Path, big_options: PlanOptions, after_s: float) -> None:
    given = [f"--bg={big_options.bg}", f"--fg={big_options.fg}", f"--size={SIZE_PX}", "--cutout-height=80"]
    words = ["plan", str(tmp_path / "corpus"), *given]
    command = [sys.executable, "-m", "bgfg", *words]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(after_s)
    process.kill()
    process.communicate()
    assert CliRunner().invoke(cli.command_group, words).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "corpus").iterdir()) == [".lock", "data.zarr", "manifest"]


def test_a_second_writer_says_so_and_stops(corpus: Path) -> None:
    with writer_lock(corpus):
        process = start_compose(corpus)
        lines = finish(process)
    assert process.returncode == 1
    assert lines == [
        f"Error: {corpus}: another bgfg (process {os.getpid()}) is writing to this corpus: wait for it, or stop it"
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    with mounted_disk(tmp_path / "disk", "160m") as disk:
        yield disk


def test_a_disk_too_small_is_refused_before_the_start(small_disk: Path, big: Path) -> None:
    corpus = Path(shutil.copytree(big, small_disk / "corpus"))
    (small_disk / "filler").write_bytes(bytes(130_000_000))
    with pytest.raises(Problem, match=r"about \d\d MB are needed and \d\d MB are free"):
        compose_corpus(corpus, Executor(2))
    assert marked_shards(corpus, "mask") == set()


def test_a_disk_that_fills_up_ends_in_one_line(small_disk: Path, big: Path, undisturbed: dict[str, str]) -> None:
    corpus = Path(shutil.copytree(big, small_disk / "corpus"))
    process = start_compose(corpus)
    wait_for_middle(corpus, process)
    os.killpg(process.pid, signal.SIGSTOP)  # else a busy machine fills the disk after all is made
    with (small_disk / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(65_536))
        except OSError:
            pass
    os.killpg(process.pid, signal.SIGCONT)
    lines = finish(process)
    assert process.returncode == 1
    assert len(lines) == 1
    assert "No space left on device" in lines[0]
    (small_disk / "filler").unlink()
    assert_goes_on(corpus, undisturbed)


def fail_on_two(shard: int) -> int:
    if shard == 2:
        raise ZeroDivisionError("two")
    return shard * 10


def test_a_failing_shard_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    results: list[int] = []
    failures = Executor(1).run(tmp_path, fail_on_two, range(5), lambda result: results.append(result.value))
    assert sorted(results) == [0, 10, 30, 40]
    assert [(f.task, f.error) for f in failures] == [(2, "ZeroDivisionError: two")]
    assert "fail_on_two" in failures[0].traceback


def test_what_can_t_be_written_is_named_by_its_own_name_not_by_a_temporary_one(
    planned: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = Corpus(copy_of(planned))
    folder = corpus.chunk_path("mask", 1)
    (folder / "something").mkdir(parents=True)

    def work(shard: int) -> None:
        with corpus.write_shard("mask", shard):
            if shard != 1:
                raise OSError(errno.EFBIG, "File too large")  # as a write says it, without a name

    failures = Executor(1).run(corpus.path, work, range(3), print)
    errors = {failure.task: failure.error for failure in failures}
    assert errors[1] == f"{folder}: Is a directory"
    assert errors[0] == errors[2]  # of one reason: a line names both
    assert errors[0].startswith(f"{corpus.path}/data.zarr/mask: File too large; raise `ulimit -f`")


def test_failures_of_one_reason_make_one_line() -> None:
    with pytest.raises(Problem) as caught:
        raise_failures([TaskResult(7, error="a"), TaskResult(3, error="a"), TaskResult(4, error="b")])
    again = "run the same command again to make what is missing"
    assert caught.value.lines == (f"shard 3, 7: a; {again}", f"shard 4: b; {again}")
    with pytest.raises(Problem, match=r"^shard 4: away: check it, and run it again$"):
        raise_failures([TaskResult(4, error="away: check it, and run it again", says_again=True)])


def test_several_reasons_of_a_shard_are_lines_of_their_own() -> None:
    with pytest.raises(Problem) as caught:
        raise_failures([TaskResult(2, error=str(Problem("one.png: no picture", "two.png: cut short")))])
    again = "run the same command again to make what is missing"
    assert caught.value.lines == ("shard 2: one.png: no picture", f"shard 2: two.png: cut short; {again}")
