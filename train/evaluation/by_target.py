"""Evaluation of a network on a corpus by what it finds: people one by one, classes of pixels, or masks and depth."""

from __future__ import annotations

from pathlib import Path

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.compose.executor import Executor
from bgfg.train.evaluation.classes import evaluate_classes
from bgfg.train.evaluation.corpus import evaluate_run
from bgfg.train.evaluation.instances import evaluate_instances
from bgfg.train.evaluation.result import EvaluationReport, EvaluationResult
from bgfg.train.evaluation.running import DEFAULT_BATCH, DEFAULT_SAMPLES
from bgfg.train.models.checkpoint import learnt_targets


def evaluate_by_target(
    source: Path,
    location: str | Path,
    device: str | None = None,
    max_samples: int | None = DEFAULT_SAMPLES,
    batch: int = DEFAULT_BATCH,
    progress: Progress = no_progress,
    cluster: Executor | None = None,
    cache: ChunkCache | None = None,
) -> EvaluationResult[EvaluationReport]:
    """Evaluate the network of a run on a corpus; arguments and errors are those of `evaluate_run`.

    Raises:
        Problem: Also where the corpus has other classes than the network.
    """
    targets = learnt_targets(source)
    if "instances" in targets:
        return evaluate_instances(source, location, device, max_samples, batch, progress, cluster, cache)
    if "classes" in targets:
        return evaluate_classes(source, location, device, max_samples, batch, progress, cluster, cache)
    return evaluate_run(source, location, device, max_samples, batch, progress, cluster, cache)
