"""Evaluation of a network of classes on a corpus: the IoU of each class on pictures that it never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.progress import Advance, Progress, no_progress
from bgfg.synth.compose.executor import Executor
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.geometry import resize
from bgfg.train.engine.label_maps import ClassMaps, instance_arrays
from bgfg.train.evaluation import caveats
from bgfg.train.evaluation.bootstrap import Estimate, PigeonholeBootstrap
from bgfg.train.evaluation.cases import best_median_worst
from bgfg.train.evaluation.class_report import ClassReport, ClassRow
from bgfg.train.evaluation.methods import resize_to
from bgfg.train.evaluation.result import EvaluationResult
from bgfg.train.evaluation.running import DEFAULT_BATCH, DEFAULT_SAMPLES, EvalConfig, Found, Spread, find, spread_over
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.device import pick
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities, CellSamples
from bgfg.train.stream.stream import Stream
from bgfg.train.targets import confusion
from bgfg.train.viz.sheet import Row, draw_sheet, picture_of_classes

# (n, classes, classes) int64, the confusion matrix of each picture, by the name of the method.
Counts = Mapping[str, NDArray[np.int64]]


def evaluate_classes(
    source: Path,
    location: str | Path,
    device: str | None = None,
    max_samples: int | None = DEFAULT_SAMPLES,
    batch: int = DEFAULT_BATCH,
    progress: Progress = no_progress,
    cluster: Executor | None = None,
    cache: ChunkCache | None = None,
) -> EvaluationResult[ClassReport]:
    """Evaluate the classes of a network on a corpus; arguments and errors are those of `evaluate_run`."""
    corpus = open_corpus(location, cache)
    spread = spread_over(cluster, device, source, corpus, _class_scorer, max_samples, batch)
    chosen = pick(device if spread is None else "cpu")
    net, description = load_network(source, chosen.kind)
    names = tuple(description["classes"])
    caveats.require_classes(names[1:], corpus)
    identities = AssetIdentities(corpus)
    choices = [identities.choose(cell, max_samples) for cell in REPORTED_CELLS]
    reported = caveats.reported_cells(choices, identities, corpus)
    config = EvalConfig(torch.device(chosen.kind), max_samples, batch, progress)
    evaluator = ClassEvaluator(corpus, net, config, names, spread)
    counts = [evaluator.count(choice) for choice in reported]
    others = [target for target in net.targets if target != "classes"]
    notes = [
        *caveats.training_overlap(description["digest"], description["files"], corpus),
        *caveats.cell_notes(choices, identities, corpus),
        *([f"Not scored: {', '.join(others)}, which the network finds too."] if others else []),
    ]
    where = str(chosen) if spread is None else spread.where
    about = caveats.describe_evaluation(source, net, description, {"corpus": caveats.describe_corpus(corpus)}, where)
    rows = [row for choice, each in zip(choices, counts, strict=True) for row in _rows(choice, each, names)]
    report = ClassReport(about, corpus.manifest.digest, names, rows, notes)
    return EvaluationResult(report, evaluator.draw(choices[-1], counts[-1][net.name]))


def _class_scorer(
    corpus: Corpus, net: BaseNetwork, description: Mapping[str, Any], config: EvalConfig
) -> ClassEvaluator:
    return ClassEvaluator(corpus, net, config, tuple(description["classes"]))


class ClassEvaluator:
    """Scores a network of classes on samples of a corpus: pictures at the size of its training, classes at theirs."""

    def __init__(
        self,
        corpus: Corpus,
        net: BaseNetwork,
        config: EvalConfig,
        names: tuple[str, ...],
        spread: Spread | None = None,
    ) -> None:
        """Set up; names: those of the classes, the background first; spread: a cluster that scores."""
        self._spread = spread
        self._corpus, self._net, self._config, self._names = corpus, net, config, names
        self._classes = ClassMaps(corpus)

    def count(self, choice: CellSamples) -> Counts:
        """Count what the pixels of each class were taken for, in each sample of a cell, by each method."""
        return find(self, None, choice.samples, choice.cell.letter, self._config.progress, self._spread)

    def found(self, _request: None, samples: NDArray[np.int64], advance: Advance) -> Found:
        """Return the counts of some samples by the name of the method."""
        found: dict[str, list[NDArray[np.int64]]] = {self._net.name: [], f"all {self._names[0]}": []}
        for raw in self._stream(samples, self._config.batch):
            truth = self._classes(raw)[:, 0].cpu().numpy()
            said = self._find(raw["image"])
            for codes, true in zip(said, truth, strict=True):
                for counts, each in zip(found.values(), (codes, np.zeros_like(codes)), strict=True):
                    counts.append(confusion.confusion_matrix(each, true, len(self._names)))
            advance(len(truth))
        return {name: np.stack(counts) for name, counts in found.items()}

    def draw(self, choice: CellSamples, counts: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Draw the best, median and worst picture of a cell, by the mean IoU of its own classes."""
        each = np.array([np.nanmean(row) for row in confusion.iou(counts)])
        rows = []
        for rank, at in best_median_worst(each).items():
            sample = choice.samples[at : at + 1]
            raw = next(iter(self._stream(sample, 1)))
            pictures = {
                "picture": np.ascontiguousarray(raw["image"][0].permute(1, 2, 0).cpu().numpy()),
                "true classes": picture_of_classes(self._classes(raw)[0, 0].cpu().numpy()),
                "classes": picture_of_classes(self._find(raw["image"])[0]),
            }
            rows.append(Row(pictures, f"{choice.cell.letter}, {rank}: mean IoU {each[at]:.3f}, sample {sample[0]}"))
        return draw_sheet(rows)

    @torch.no_grad()
    def _find(self, images: Tensor) -> NDArray[np.uint8]:
        """Return the likeliest class of each pixel of pictures (n, 3, H, W) uint8, (n, H, W) uint8."""
        side_px = self._net.input_px
        seen = resize(images, (side_px, side_px)).contiguous().float() / 255
        shares = resize_to(self._net(seen)["classes"].float().softmax(dim=1), tuple(images.shape[-2:]))
        return shares.argmax(dim=1).to(torch.uint8).cpu().numpy()

    def _stream(self, samples: NDArray[np.int64], batch: int) -> Stream:
        return Stream(
            self._corpus, batch=batch, arrays=instance_arrays(self._corpus), samples=samples, shuffle=False,
            device=self._config.device,
        )  # fmt: skip


def _rows(choice: CellSamples, counts: Counts, names: tuple[str, ...]) -> Iterator[ClassRow]:
    bootstrap = PigeonholeBootstrap(choice.backgrounds, choice.cutouts)
    for method, each in counts.items():
        yield ClassRow(
            choice.cell.letter, choice.cell.title, method, len(choice.samples), choice.total,
            class_estimates(each, names, bootstrap),
        )  # fmt: skip


def class_estimates(
    counts: NDArray[np.int64], names: tuple[str, ...], bootstrap: PigeonholeBootstrap
) -> dict[str, Estimate]:
    """Return the figures of the pixels of all pictures together, with their intervals.

    Args:
        counts: (n, classes, classes), the confusion matrix of each picture.
        names: Names of the classes.
        bootstrap: Draws these pictures; a replicate's figures are of the matrices as often as they were drawn.

    Returns:
        "miou", over the classes that occur, "accuracy", and "iou_NAME" of each class; without a mean where it neither
        occurs nor was found.
    """
    n, flat = len(counts), counts.reshape(len(counts), -1).astype(np.float64)
    drawn = np.concatenate([weights @ flat for weights in bootstrap.weights()]).reshape(-1, *counts.shape[1:])
    figures, replicates = (_figures(each, names) for each in (counts.sum(axis=0)[None], drawn))
    return {
        name: Estimate(None, None, None, 0)
        if np.isnan(value[0])
        else bootstrap.around(float(value[0]), replicates[name], n)
        for name, value in figures.items()
    }


def _figures(pooled: NDArray[np.float64], names: tuple[str, ...]) -> dict[str, NDArray[np.float64]]:
    """Return the figures of confusion matrices (m, classes, classes), (m,) each."""
    iou = confusion.iou(pooled)
    known = ~np.isnan(iou)
    mean = np.where(known, iou, 0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    of_classes = {f"iou_{name}": iou[:, code] for code, name in enumerate(names)}
    return {"miou": np.where(known.any(axis=1), mean, np.nan), "accuracy": confusion.accuracy(pooled), **of_classes}
