"""Training on two machines: the batches of one; and one that is gone ends the run, which goes on without it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from itertools import chain, count
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.synth.store.corpus import Corpus
from bgfg.train.stream.sampler import WINDOW_BLOCKS, BatchSampler
from bgfg.train.stream.split_index import split_samples
from tests.support.network_hosts import NetworkHost, two_hosts
from tests.support.project import ROOT
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import TINY

NOTED = str(ROOT / "tests/support/noted_training.py")
STEPS = 600
BATCH = 48  # of which one, two and three machines have as much each

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def options(corpus: Path, run: Path) -> list[str]:
    small = f"--device cpu --model {TINY} --targets mask --size 16 --batch {BATCH} --threads 1 --no-augment".split()
    return ["train", str(corpus), str(run), *small, "--steps", str(STEPS), "--log-every", "20",
            "--checkpoint-every", "0.5", "--validate-every", str(STEPS)]  # fmt: skip


def start(host: NetworkHost, first: NetworkHost, number: int, folder: Path, *command: str) -> subprocess.Popen[bytes]:
    """Start one of two machines of a run, which notes its samples in `folder`."""
    torchrun = (
        sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--node-rank", str(number),
        "--nproc-per-node", "1", "--master-addr", first.address, "--master-port", "29400",
    )  # fmt: skip
    log = folder / f"{number}.log"
    return host.start(
        [*torchrun, NOTED, str(folder / "noted"), *command], log, GLOO_SOCKET_IFNAME=host.interface,
        PYTHONPATH=str(ROOT), OMP_NUM_THREADS="1",
    )  # fmt: skip


def wait_for(done: Path, folder: Path, *running: subprocess.Popen[bytes]) -> None:
    until_s = time.monotonic() + 240
    while not done.exists():
        logs = "\n".join(log.read_text() for log in folder.glob("*.log"))
        assert time.monotonic() < until_s, logs
        assert [process.poll() for process in running] == [None] * len(running), logs
        time.sleep(0.1)


def undisturbed(corpus: Corpus) -> dict[int, set[int]]:
    """Return the samples of each step of a run that one process takes from its start to its end."""
    order = BatchSampler(split_samples(corpus, "train"), corpus.geometry.placements, 0, WINDOW_BLOCKS, BATCH)
    batches = chain.from_iterable(map(order.batches, count()))
    return {step: {*batch.tolist()} for step, batch in zip(range(STEPS), batches, strict=False)}


def steps_noted(*notes: Path) -> dict[int, set[int]]:
    """Return the samples of each step, of all ranks, and of all times where a step was taken again."""
    steps: dict[int, set[int]] = defaultdict(set)
    for note in notes:
        for line in note.read_text().splitlines():
            step, *samples = map(int, line.split())
            steps[step] |= set(samples)
    return steps


@pytest.mark.parametrize("lost", [1, 0], ids=["the other", "the first"])
def test_a_machine_that_is_gone_ends_the_run_and_the_other_goes_on_with_the_same_samples(
    tmp_path: Path, lost: int
) -> None:
    corpus, run = make_stream_corpus(tmp_path).path, tmp_path / "run"
    with two_hosts() as hosts:
        machines = [start(host, hosts[0], n, tmp_path, *options(corpus, run)) for n, host in enumerate(hosts)]
        wait_for(run / "checkpoints/last.safetensors", tmp_path, *machines)
        hosts[lost].lose_power()
        began_s = time.monotonic()
        assert machines[1 - lost].wait(timeout=90) != 0
        assert time.monotonic() - began_s < 60
    machines[lost].wait()
    said = [line for line in (tmp_path / f"{1 - lost}.log").read_text().splitlines() if line.startswith("Error: ")]
    assert len(said) == 1
    assert said[0].startswith("Error: rank 1 on ")
    assert said[0].endswith("the same command goes on from the last checkpoint, on fewer machines too")
    assert ("can't reach the store of torchrun" if lost == 0 else "isn't heard of any more") in said[0]

    alone = subprocess.run(
        [sys.executable, NOTED, str(tmp_path / "alone"), *options(corpus, run)], cwd=ROOT, capture_output=True,
        text=True, env={"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert alone.returncode == 0, alone.stderr
    noted = steps_noted(tmp_path / "noted0", tmp_path / "noted1", tmp_path / "alone")
    assert noted == undisturbed(Corpus(corpus))
    assert min(steps_noted(tmp_path / "alone")) > 0
