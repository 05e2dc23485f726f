"""Whoever stops labelling waits for its threads, and the process ends in good order."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.labelling.shard_threads import ShardThreads
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.support.executors import IN_PROCESS
from tests.support.project import ROOT


def test_the_end_waits_for_work_in_hand_and_lets_none_begin() -> None:
    threads, began, steps = ShardThreads(), threading.Event(), []

    def work(task: int) -> None:
        while True:
            began.set()
            time.sleep(0.01)
            threads.require_going_on()
            steps.append(task)

    def labelled() -> None:
        with pytest.raises(Problem, match="stopped"):
            threads.run(work, 1)

    thread = threading.Thread(target=labelled)
    thread.start()
    began.wait()
    threads.end()
    seen = len(steps)
    time.sleep(0.05)
    assert len(steps) == seen
    thread.join()
    with pytest.raises(Problem, match="stopped: run the same command again to go on"):
        threads.run(work, 2)


def test_a_press_of_ctrl_c_ends_two_threads_of_a_network_in_good_order(tmp_path: Path, options: PlanOptions) -> None:
    corpus = tmp_path / "corpus"
    plan_corpus(corpus, dataclasses.replace(options, placements=200), replace=False, workers=1)
    compose_corpus(corpus, IN_PROCESS)
    # Small batches: threads come back from the network all the time, at the end of the process too.
    calls = ["--teacher", "compact", "--device", "cpu", "--input-size", "96", "--batch", "2", "--workers", "2"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bgfg", "label", corpus, *calls],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    while "pictures at a time" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(0.3)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert said.splitlines()[-1] == "Error: stopped; what is finished is kept, run the same command again to go on"
    assert process.returncode == 130
    assert not list((corpus / "done").rglob("*.partial"))
