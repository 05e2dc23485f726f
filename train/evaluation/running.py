"""How an evaluation is run: on which device, in which batches, here or in parts by the workers of a cluster.

Each worker opens the network for itself, once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.progress import Advance, Progress, no_progress
from bgfg.depth_teacher.ops.torch_threads import TORCH_THREADS
from bgfg.synth.compose.executor import Executor, TaskResult, raise_failures
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.device import pick

DEFAULT_SAMPLES = 2_000
DEFAULT_BATCH = 64


@dataclass(frozen=True)
class EvalConfig:
    """How an evaluation is run. But for float noise no figure depends on device and batch.

    Attributes:
        device: Where the network runs.
        max_samples: At most so many samples of a cell, None for all.
        batch: Samples at a time.
        progress: Shows progress.
    """

    device: torch.device
    max_samples: int | None = DEFAULT_SAMPLES
    batch: int = DEFAULT_BATCH
    progress: Progress = no_progress


# Arrays whose first axis is the samples, by any names.
Found = dict[Any, NDArray[Any]]

# Batches of a task: enough to be worth its way, and so few that all workers have some.
_BATCHES = 2


class Scorer(Protocol):
    """Finds figures of samples of a corpus."""

    def found(self, request: Any, samples: NDArray[np.int64], advance: Advance) -> Found:
        """Return what is asked for of some samples; advance: called with how many are done."""


# Makes the scorer of a network, given the corpus, the network, its description and how the evaluation is run.
MakeScorer = Callable[[Corpus, BaseNetwork, Mapping[str, Any], EvalConfig], Scorer]


@dataclass(frozen=True)
class ScorerFactory:
    """Opens a network and a corpus in a worker of a cluster, and makes the scorer there.

    Attributes:
        source: The network.
        folder: The folder of the corpus, or that which stands for its URL.
        make: A function of a module, since it is sent there by its name.
        max_samples: At most so many samples of a cell, None for all.
        batch: Samples at a time.
        cache: Folder on the worker's disk, and most bytes, of what is kept of a corpus under a URL; None for none.
    """

    source: Path
    folder: Path
    make: MakeScorer
    max_samples: int | None
    batch: int
    cache: tuple[Path, int] | None = None

    def __call__(self, device: str | None) -> Scorer:
        """Return the scorer, on a kind of device; None for the best there is."""
        cache = None if self.cache is None else ChunkCache(*self.cache)
        corpus, chosen = open_corpus(self.folder, cache), pick(device)
        net, description = load_network(self.source, chosen.kind)
        config = EvalConfig(torch.device(chosen.kind), self.max_samples, self.batch)
        return self.make(corpus, net, description, config)


@dataclass(frozen=True)
class Spread:
    """Has samples scored by a cluster.

    Attributes:
        executor: Of the cluster.
        folder: The folder of the corpus, absolute, or that which stands for its URL.
        make: Makes the scorer of a worker.
        batch: Samples at a time; tasks are whole batches, so that these are those of one machine.
    """

    executor: Executor
    folder: Path
    make: ScorerFactory
    batch: int

    @property
    def where(self) -> str:
        """Where that is, in words."""
        return f"workers of {self.executor.address}, {'a GPU' if self.executor.gpu else 'a processor'} each"

    def __call__(self, request: Any, samples: NDArray[np.int64], title: str) -> Found:
        """Return what is asked for of some samples, in their order; raise Problem where parts failed."""
        size = _BATCHES * self.batch
        parts = [samples[start : start + size] for start in range(0, len(samples), size)]
        gathered: dict[int, Found] = {}
        device = None if self.executor.gpu else "cpu"
        with self.executor.progress(title, len(samples), 0) as advance:

            def gather(result: TaskResult) -> None:
                gathered[result.task] = result.value
                advance(len(parts[result.task]))

            work = partial(score_part, self.make, device, self.executor.session, request, parts)
            raise_failures(self.executor.run(self.folder, work, range(len(parts)), gather), "part")
        return {name: np.concatenate([gathered[part][name] for part in range(len(parts))]) for name in gathered[0]}


def spread_over(
    executor: Executor | None,
    device: str | None,
    source: Path,
    corpus: Corpus,
    make: MakeScorer,
    max_samples: int | None,
    batch: int,
) -> Spread | None:
    """Return what has samples scored by a cluster; None without one.

    Args:
        executor: Of the cluster, if there is one.
        device: "cuda" or "cpu" for all its workers; None for the GPUs that they have to give, else processors.
        source: The network.
        corpus: The corpus; one under a URL is opened by each worker, with a cache as here.
        make: Makes the scorer of a worker; a function of a module.
        max_samples: At most so many samples of a cell, None for all.
        batch: Samples at a time.

    Raises:
        Problem: No worker has such a device, or reaches the corpus.
    """
    if executor is None:
        return None
    folder = executor.path_for_workers(corpus.path)
    kept = None if corpus.mirror is None else corpus.mirror.cache
    network = source.absolute() if source.exists() else source  # else one that comes with bgfg, by its name
    reads = (network,) if network.is_absolute() else ()
    working = replace(executor.with_gpus(device or "auto"), reads=reads, session=secrets.token_hex(8))
    cache = None if kept is None else (kept.folder.absolute(), kept.limit_bytes)
    return Spread(working, folder, ScorerFactory(network, folder, make, max_samples, batch, cache), batch)


def find(
    scorer: Scorer, request: Any, samples: NDArray[np.int64], title: str, progress: Progress, spread: Spread | None,
    passes: int = 1,
) -> Found:  # fmt: skip
    """Return what is asked for of some samples: by a cluster, or by a scorer of this machine.

    Args:
        scorer: The scorer.
        request: What is asked for.
        samples: Numbers of the samples.
        title: What the progress is of.
        progress: Shows it.
        spread: The cluster, if there is one.
        passes: How often the scorer counts each sample.
    """
    if spread is not None:
        return spread(request, samples, title)
    with progress(title, passes * len(samples), 0) as advance:
        return scorer.found(request, samples, advance)


def score_part(
    make: ScorerFactory, device: str | None, run: str, request: Any, parts: list[NDArray[np.int64]], part: int
) -> Found:
    """Return what is asked for of the samples of one part, in a worker."""
    with TORCH_THREADS.during(1 if device == "cpu" else None):
        return _scorer(make, device, run).found(request, parts[part], lambda _n: None)


@lru_cache(maxsize=1)
def _scorer(make: ScorerFactory, device: str | None, _run: str) -> Scorer:
    return make(device)
