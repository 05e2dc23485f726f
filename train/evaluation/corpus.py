"""Evaluation of a trained network on a corpus: on pictures that it never saw, beside baselines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.compose.executor import Executor
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.evaluation import caveats
from bgfg.train.evaluation.baselines import BackgroundDepthBaseline, DifferenceBaseline, MeanDepthBaseline
from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap
from bgfg.train.evaluation.cases import draw_cases
from bgfg.train.evaluation.caveats import RELATIVE_DEPTH, has_metres
from bgfg.train.evaluation.evaluator import CLEAN, CONDITIONS, STRESSED_CELL, Evaluator, MethodScores, cell_letter
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT, Method, NetworkMethod, ResolutionCeiling
from bgfg.train.evaluation.report import CorpusReport, ReportRow
from bgfg.train.evaluation.result import EvaluationResult
from bgfg.train.evaluation.running import DEFAULT_BATCH, DEFAULT_SAMPLES, EvalConfig, Spread, spread_over
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.device import pick
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, TRAIN_CELL, VAL_CELL, AssetIdentities, CellSamples
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.depth import DepthTarget


def evaluate_run(
    source: Path,
    location: str | Path,
    device: str | None = None,
    max_samples: int | None = DEFAULT_SAMPLES,
    batch: int = DEFAULT_BATCH,
    progress: Progress = no_progress,
    cluster: Executor | None = None,
    cache: ChunkCache | None = None,
) -> EvaluationResult[CorpusReport]:
    """Evaluate the network of a run, or of a checkpoint file, on the corpus that it was trained on, or on another.

    Args:
        source: The run's folder, or the checkpoint.
        location: The corpus, a folder or a URL.
        device: "cuda", "mps" or "cpu", None for the best there is.
        max_samples: At most so many samples of a cell, None for all.
        batch: Samples at a time.
        progress: Shows progress.
        cluster: The cluster that scores samples; None for this machine.
        cache: Where what is read of a corpus under a URL is kept.

    Raises:
        Problem: Where there is no checkpoint, where the corpus isn't made as far as the network needs it, and where no
            cell can be reported.
    """
    corpus = open_corpus(location, cache)
    spread = spread_over(cluster, device, source, corpus, _corpus_scorer, max_samples, batch)
    chosen = pick(device if spread is None else "cpu")
    net, description = load_network(source, chosen.kind)
    network = _network(net, description, corpus)
    where = str(chosen) if spread is None else spread.where
    about = caveats.describe_evaluation(source, net, description, {"corpus": caveats.describe_corpus(corpus)}, where)
    seen = caveats.training_overlap(description["digest"], description["files"], corpus)
    config = EvalConfig(torch.device(chosen.kind), max_samples, batch, progress)
    return evaluate(network, corpus, config, about, seen, spread)


def _corpus_scorer(corpus: Corpus, net: BaseNetwork, description: Mapping[str, Any], config: EvalConfig) -> Evaluator:
    return _prepare(_network(net, description, corpus), corpus, config).evaluator


def evaluate(
    network: NetworkMethod,
    corpus: Corpus,
    config: EvalConfig,
    about: Mapping[str, str],
    notes: Sequence[str] = (),
    spread: Spread | None = None,
) -> EvaluationResult[CorpusReport]:
    """Evaluate a network on a corpus.

    Args:
        network: The network.
        corpus: The corpus.
        config: How the evaluation is run.
        about: The entry `about` of the report.
        notes: Notes for the report beside those that are found here.
        spread: What has the samples scored by a cluster, if there is one.

    Raises:
        Problem: Where no cell can be reported, and where there is nothing to score.
    """
    prepared = _prepare(network, corpus, config, spread)
    identities, choices, reported, val, evaluator = (
        prepared.identities, prepared.choices, prepared.reported, prepared.val, prepared.evaluator,
    )  # fmt: skip
    depth = evaluator.depth
    if len(val.samples) and "mask" in network.targets:
        evaluator.choose_thresholds(val)
    scores = {
        choice.cell.letter: evaluator.score(
            choice, evaluator.conditions if choice.cell.letter == STRESSED_CELL else (CLEAN,)
        )
        for choice in reported
    }
    g = corpus.geometry
    report = CorpusReport(
        about,
        corpus.manifest.digest,
        network.output_px,
        (g.height_px, g.width_px),
        None if depth is None else depth.far_m,
        [row for choice in reported for row in _rows(evaluator, choice, scores[choice.cell.letter])],
        [*notes, *caveats.evaluation_notes(evaluator, choices, val, identities, network)],
    )
    return EvaluationResult(report, draw_cases(evaluator, network, reported[-1], scores[reported[-1].cell.letter]))


@dataclass(frozen=True)
class _Prepared:
    """An evaluator, and the samples that it is to score."""

    identities: AssetIdentities
    choices: list[CellSamples]
    reported: list[CellSamples]
    val: CellSamples
    evaluator: Evaluator


def _prepare(network: NetworkMethod, corpus: Corpus, config: EvalConfig, spread: Spread | None = None) -> _Prepared:
    identities = AssetIdentities(corpus)
    choices = [identities.choose(cell, config.max_samples) for cell in REPORTED_CELLS]
    reported = caveats.reported_cells(choices, identities, corpus)
    depth = (
        DepthTarget.from_depth_code(corpus.depth_code()) if network.depth is not None and has_metres(corpus) else None
    )
    if depth is None and "mask" not in network.targets:
        raise Problem(f"{corpus.location}: {caveats.why_no_depth(corpus)}, and the network finds nothing else")
    val = identities.choose(VAL_CELL, config.max_samples)
    bare = network.shots == 1 and any(UNKNOWN in corpus.pictures_of(choice.samples)[0] for choice in (*reported, val))
    evaluator = Evaluator(
        corpus, list(_methods(network, corpus, identities, depth, config, bare)), network.output_px, depth,
        config.device, config.batch, config.progress, network.predicts_matte, bare, spread,
    )  # fmt: skip
    return _Prepared(identities, choices, reported, val, evaluator)


def _network(net: BaseNetwork, description: Mapping[str, Any], corpus: Corpus) -> NetworkMethod:
    return NetworkMethod(net, _decoder(description["depth"], corpus), description["standing"]["threshold"])


def _decoder(learnt: Mapping[str, Any] | None, corpus: Corpus) -> DepthTarget | None:
    """Return what decodes a network's depth into metres, None where either side has no metres."""
    if learnt is None or learnt["kind"] == RELATIVE_DEPTH or not has_metres(corpus):
        return None
    return DepthTarget(corpus.depth_code().values_m(), learnt["near_m"], learnt["far_m"])


def _methods(
    network: NetworkMethod,
    corpus: Corpus,
    identities: AssetIdentities,
    depth: DepthTarget | None,
    config: EvalConfig,
    bare: bool,
) -> Iterator[Method]:
    yield network
    if "mask" in network.targets:
        if not bare:
            yield DifferenceBaseline(network.output_px)
        yield ResolutionCeiling(network.output_px)
    if depth is not None:
        if "background_depth" in corpus.manifest.prepared and not bare:
            yield BackgroundDepthBaseline(corpus, depth, network.output_px, config.device)
        yield MeanDepthBaseline(_training_depth(corpus, identities, config), depth, network.output_px, config.device)


def _training_depth(corpus: Corpus, identities: AssetIdentities, config: EvalConfig) -> Iterable[torch.Tensor]:
    samples = identities.choose(TRAIN_CELL, config.max_samples).samples
    stream = Stream(corpus, batch=config.batch, arrays=("depth",), samples=samples, shuffle=False, device=config.device)
    return (batch["depth"] for batch in stream)


def _rows(evaluator: Evaluator, choice: CellSamples, scores: MethodScores) -> Iterator[ReportRow]:
    """Yield the rows of a cell: those of pictures as they are, and those under stress."""
    bootstrap = PigeonholeBootstrap(choice.backgrounds, choice.cutouts)
    by_name = {method.name: method for method in evaluator.methods}
    for (condition, name), of_method in sorted(scores.items(), key=lambda item: CONDITIONS.index(item[0][0])):
        thresholds = {size: evaluator.threshold(by_name[name], condition, size) for size in (AT_OUTPUT, AT_CORPUS)}
        yield ReportRow(
            cell_letter(choice.cell, condition),
            choice.cell.title,
            condition,
            name,
            len(choice.samples),
            choice.total,
            *bootstrap.shape,
            {
                size: threshold
                for size, threshold in thresholds.items()
                if threshold is not None and f"{size}.iou" in of_method
            },
            {figure: bootstrap.estimate(values) for figure, values in of_method.items()},
        )
