"""Evaluation of an instance segmentation network: COCO's average precision on pictures that it never saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.objects.chunk_cache import ChunkCache
from bgfg.data_manifests.terminal.progress import Advance, Progress, no_progress
from bgfg.synth.compose.executor import Executor
from bgfg.synth.open_corpus import open_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.geometry import resize
from bgfg.train.engine.label_maps import ClassMaps, instance_arrays, instance_maps
from bgfg.train.evaluation import caveats
from bgfg.train.evaluation.bootstrap import Estimate, PigeonholeBootstrap
from bgfg.train.evaluation.cases import best_median_worst
from bgfg.train.evaluation.instance_report import InstanceReport, InstanceRow
from bgfg.train.evaluation.result import EvaluationResult
from bgfg.train.evaluation.running import DEFAULT_SAMPLES, EvalConfig, Found, Spread, find, spread_over
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.device import pick
from bgfg.train.ops.instances import DETECTION_THRESHOLD, Instance, colour_instances, number_map, overlay_instances
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, AssetIdentities, CellSamples
from bgfg.train.stream.stream import Stream
from bgfg.train.targets import average_precision as precision
from bgfg.train.targets.instances import detected_instances
from bgfg.train.viz.sheet import Row as SheetRow
from bgfg.train.viz.sheet import draw_sheet

# At most so many pictures at a time, for each has a hundred masks.
_MAX_BATCH = 8


def evaluate_instances(
    source: Path,
    location: str | Path,
    device: str | None = None,
    max_samples: int | None = DEFAULT_SAMPLES,
    batch: int = _MAX_BATCH,
    progress: Progress = no_progress,
    cluster: Executor | None = None,
    cache: ChunkCache | None = None,
) -> EvaluationResult[InstanceReport]:
    """Evaluate the instances of a network on a corpus; arguments and errors are those of `evaluate_run`."""
    precision.require_pycocotools()
    batch = min(batch, _MAX_BATCH)
    corpus = open_corpus(location, cache)
    spread = spread_over(cluster, device, source, corpus, _instance_scorer, max_samples, batch)
    chosen = pick(device if spread is None else "cpu")
    net, description = load_network(source, chosen.kind)
    identities = AssetIdentities(corpus)
    choices = [identities.choose(cell, max_samples) for cell in REPORTED_CELLS]
    reported = caveats.reported_cells(choices, identities, corpus)
    config = EvalConfig(torch.device(chosen.kind), max_samples, batch, progress)
    names = _learnt_classes(description.get("classes") or (), corpus)
    evaluator = InstanceEvaluator(corpus, net, config, names, spread)
    where = str(chosen) if spread is None else spread.where
    measured = [evaluator.measure(choice) for choice in reported]
    notes = [
        *caveats.training_overlap(description["digest"], description["files"], corpus),
        *caveats.cell_notes(choices, identities, corpus),
        *([_by_class(names, reported[-1], measured[-1])] if len(names) > 1 else []),
    ]
    report = InstanceReport(
        caveats.describe_evaluation(source, net, description, {"corpus": caveats.describe_corpus(corpus)}, where),
        corpus.manifest.digest,
        [row for choice, each in zip(reported, measured, strict=True) for row in _rows(choice, each)],
        notes,
    )
    return EvaluationResult(report, evaluator.draw(reported[-1], measured[-1]))


def _instance_scorer(
    corpus: Corpus, net: BaseNetwork, description: Mapping[str, Any], config: EvalConfig
) -> InstanceEvaluator:
    return InstanceEvaluator(corpus, net, config, _learnt_classes(description.get("classes") or (), corpus))


def _learnt_classes(learnt: Sequence[str], corpus: Corpus) -> Sequence[str]:
    """Return the names of the classes that are told apart, without the background; raise Problem for others' classes.

    Args:
        learnt: The classes of the network, the background first; none where it knows but people.
        corpus: What it is evaluated on: whatever is in it counts as one class where the network knows but one.
    """
    names = tuple(learnt[1:])
    if names:
        caveats.require_classes(names, corpus)
    return names


def _by_class(names: Sequence[str], choice: CellSamples, measured: NDArray[np.float32]) -> str:
    """Say the average precision of each class in a cell."""
    width = precision.ROW_WIDTH
    each = (precision.average_precision(measured[:, i * width : (i + 1) * width]) for i in range(len(names)))
    told = ", ".join(f"{name} {m['mask_ap']:.3f}" for name, m in zip(names, each, strict=True))
    return f"AP is the mean over the classes; mask AP of each in {choice.cell.letter}: {told}."


class InstanceEvaluator:
    """Scores an instance network on samples of a corpus: pictures at the size of its training, masks at their own."""

    def __init__(
        self,
        corpus: Corpus,
        net: BaseNetwork,
        config: EvalConfig,
        names: Sequence[str] = (),
        spread: Spread | None = None,
    ) -> None:
        """Set up; names: the classes that are told apart, none where all are of one; spread: a cluster that scores."""
        self._spread = spread
        self._corpus, self._net, self._config, self._names = corpus, net, config, names
        self._classes = ClassMaps(corpus) if len(names) > 1 else None
        self._size_px = corpus.geometry.height_px, corpus.geometry.width_px

    def measure(self, choice: CellSamples) -> NDArray[np.float32]:
        """Match the detections in each sample of a cell with the truth; return (n, WIDTH) for average_precision.py."""
        letter = choice.cell.letter
        return find(self, None, choice.samples, letter, self._config.progress, self._spread)["matches"]

    def found(self, _request: None, samples: NDArray[np.int64], advance: Advance) -> Found:
        """Return the "matches" of some samples."""
        rows = []
        for raw in self._stream(samples, self._config.batch):
            truth = instance_maps(raw)[:, 0].cpu().numpy()
            labels = [None] * len(truth) if self._classes is None else self._classes(raw)[:, 0].cpu().numpy()
            count = max(1, len(self._names))
            for people, true, classes in zip(self._find(raw["image"]), truth, labels, strict=True):
                rows.append(precision.match_detections(people, true, classes, count))
            advance(len(truth))
        return {"matches": np.stack(rows)}

    def draw(self, choice: CellSamples, measured: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Draw the best, median and worst picture of a cell, by the average precision of its own masks."""
        alone = np.array([precision.average_precision(row[None])["mask_ap"] for row in measured])
        rows = []
        for rank, at in best_median_worst(alone).items():
            sample = choice.samples[at : at + 1]
            caption = f"{choice.cell.letter}, {rank}: mask AP {alone[at]:.3f}, sample {sample[0]}"
            rows.append(SheetRow(self._pictures(sample), caption))
        return draw_sheet(rows)

    def _pictures(self, sample: NDArray[np.int64]) -> dict[str, NDArray[np.uint8]]:
        raw = next(iter(self._stream(sample, 1)))
        picture = np.ascontiguousarray(raw["image"][0].permute(1, 2, 0).cpu().numpy())
        (found,) = self._find(raw["image"])
        sure = [instance for instance in found if instance.score >= DETECTION_THRESHOLD]
        numbers = number_map(sure, self._size_px)
        return {
            "picture": picture,
            "true instances": colour_instances(instance_maps(raw)[0, 0].cpu().numpy()),
            "found instances": colour_instances(numbers),
            "overlay": overlay_instances(picture, numbers, sure, ("", *self._names) if self._names else ()),
        }

    @torch.no_grad()
    def _find(self, images: torch.Tensor) -> list[list[Instance]]:
        """Return the instances in each picture of a batch (n, 3, H, W) uint8, at the corpus's size."""
        side_px = self._net.input_px
        seen = resize(images, (side_px, side_px)).contiguous().float() / 255
        return [detected_instances(each, self._size_px) for each in self._net(seen)["instances"].detections]

    def _stream(self, samples: NDArray[np.int64], batch: int) -> Stream:
        return Stream(
            self._corpus, batch=batch, arrays=instance_arrays(self._corpus), samples=samples, shuffle=False,
            device=self._config.device,
        )  # fmt: skip


def _rows(choice: CellSamples, measured: NDArray[np.float32]) -> Iterator[InstanceRow]:
    """Yield the row of a cell, and where pictures show different numbers of people one for each number."""
    counts = precision.people_of(measured)
    parts: list[tuple[int | None, NDArray[np.bool_]]] = [(None, counts >= 0)]
    if len(np.unique(counts)) > 1:
        parts += [(count, counts == count) for count in np.unique(counts).tolist()]
    for people, part in parts:
        yield InstanceRow(
            choice.cell.letter, choice.cell.title, people, int(part.sum()), choice.total, int(counts[part].sum()),
            precision_estimates(measured[part], PigeonholeBootstrap(choice.backgrounds[part], choice.cutouts[part])),
        )  # fmt: skip


def precision_estimates(measured: NDArray[np.float32], bootstrap: PigeonholeBootstrap) -> dict[str, Estimate]:
    """Return COCO's figures of pictures with their intervals; replicates weigh the pictures, whose matches stay.

    Args:
        measured: (n, classes * WIDTH), of `match_detections`.
        bootstrap: Draws these pictures.
    """
    if not precision.people_of(measured).any():
        return dict.fromkeys(precision.METRICS, Estimate(None, None, None, 0))
    redrawn = precision.ResampledPrecision(measured)
    drawn = [redrawn.metrics(weights) for weights in bootstrap.weights()]
    return {
        name: bootstrap.around(figure, np.concatenate([part[name] for part in drawn]), len(measured))
        for name, figure in precision.average_precision(measured).items()
    }
