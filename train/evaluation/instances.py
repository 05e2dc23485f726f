"""The test of a network that finds people one by one: COCO's precision on pictures that it never saw."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.synth.store.store import Corpus
from bgfg.train.augment.geometry import resize
from bgfg.train.engine.single_batch import instance_arrays, instances_in
from bgfg.train.evaluation import caveats
from bgfg.train.evaluation.bootstrap import Estimate, Pigeonhole
from bgfg.train.evaluation.cases import extremes
from bgfg.train.evaluation.corpus import SAMPLES, Evaluation, Manner
from bgfg.train.evaluation.instance_report import InstanceReport, Row
from bgfg.train.models.checkpoint import Checkpoint, load_model, model_file
from bgfg.train.models.network import Net
from bgfg.train.ops.device import pick
from bgfg.train.ops.instances import SURE, Instance, numbered, overlaid, picture_of_instances
from bgfg.train.stream.identity_cells import REPORTED, Choice, Identities
from bgfg.train.stream.remote import open_corpus
from bgfg.train.stream.stream import Stream
from bgfg.train.targets import average_precision as precision
from bgfg.train.targets.instances import instances_of
from bgfg.train.viz.sheet import Row as SheetRow
from bgfg.train.viz.sheet import draw_sheet
from numpy.typing import NDArray

# Pictures at a time at most: each has masks by the hundred.
_MOST = 8


def finds_instances(source: Path) -> bool:
    """Say whether the network of a run, or of a checkpoint file, finds people one by one; raise Problem without one."""
    options = Checkpoint.load(model_file(source), []).description["model"]["options"]
    return "instances" in options["targets"]


def evaluate_instances(
    source: Path,
    location: str | Path,
    device: str | None = None,
    cap: int | None = SAMPLES,
    batch: int = _MOST,
    progress: Progress = silent,
) -> Evaluation[InstanceReport]:
    """Evaluate the network of a run, or of a checkpoint file, on a corpus; arguments and Problems of `evaluate_run`."""
    precision.require()
    corpus, chosen = open_corpus(location), pick(device)
    net, description = load_model(source, chosen.kind)
    identities = Identities(corpus)
    choices = [identities.choose(cell, cap) for cell in REPORTED]
    missing = list(caveats.missing(choices, identities, corpus))
    choices = [choice for choice in choices if len(choice.samples)]
    if not choices:
        raise Problem(*(f"{corpus.location}: {line}" for line in missing))
    trial = InstanceTrial(corpus, net, Manner(torch.device(chosen.kind), cap, min(batch, _MOST), progress))
    measured = [trial.measure(choice) for choice in choices]
    notes = [
        *caveats.seen_before(description["digest"], description["files"], corpus),
        *(f"Not reported: {line}." for line in missing),
        *caveats.without_intervals(choices),
    ]
    report = InstanceReport(
        caveats.about(source, net, description, {"corpus": caveats.describe_corpus(corpus)}, str(chosen)),
        corpus.manifest.digest,
        [row for choice, each in zip(choices, measured, strict=True) for row in _rows(choice, each)],
        notes,
    )
    return Evaluation(report, trial.draw(choices[-1], measured[-1]))


class InstanceTrial:
    """Puts a network to the samples of a corpus: at the size of its training, and scored at the corpus's own."""

    def __init__(self, corpus: Corpus, net: Net, manner: Manner) -> None:
        self._corpus, self._net, self._manner = corpus, net, manner
        self._size_px = corpus.geometry.height_px, corpus.geometry.width_px

    def measure(self, choice: Choice) -> NDArray[np.float32]:
        """Return what COCO's precision needs of each sample of a cell, (n, precision.WIDTH)."""
        stream = self._stream(choice.samples, self._manner.batch)
        rows = []
        with self._manner.progress(choice.cell.letter, len(choice.samples), 0) as advance:
            for raw in stream:
                truth = instances_in(raw)[:, 0].cpu().numpy()
                found = self._find(raw["image"])
                rows += [precision.matched(people, true) for people, true in zip(found, truth, strict=True)]
                advance(len(truth))
        return np.stack(rows)

    def draw(self, choice: Choice, measured: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Draw the best, the median and the worst picture of a cell, by the precision of its masks alone."""
        alone = np.array([precision.average_precision(row[None])["mask_ap"] for row in measured])
        rows = []
        for rank, at in extremes(alone).items():
            sample = choice.samples[at : at + 1]
            caption = f"{choice.cell.letter}, {rank}: mask AP {alone[at]:.3f}, sample {sample[0]}"
            rows.append(SheetRow(self._pictures(sample), caption))
        return draw_sheet(rows)

    def _pictures(self, sample: NDArray[np.int64]) -> dict[str, NDArray[np.uint8]]:
        raw = next(iter(self._stream(sample, 1)))
        picture = np.ascontiguousarray(raw["image"][0].permute(1, 2, 0).cpu().numpy())
        (found,) = self._find(raw["image"])
        sure = [instance for instance in found if instance.score >= SURE]
        numbers = numbered(sure, self._size_px)
        return {
            "picture": picture,
            "true instances": picture_of_instances(instances_in(raw)[0, 0].cpu().numpy()),
            "found instances": picture_of_instances(numbers),
            "overlay": overlaid(picture, numbers, sure),
        }

    @torch.no_grad()
    def _find(self, images: torch.Tensor) -> list[list[Instance]]:
        """Return who is found in each picture of a batch (n, 3, H, W) uint8, at the corpus's size."""
        side_px = self._net.input_px
        seen = resize(images, (side_px, side_px)).contiguous().float() / 255
        return [instances_of(each, self._size_px) for each in self._net(seen)["instances"].detections]

    def _stream(self, samples: NDArray[np.int64], batch: int) -> Stream:
        return Stream(
            self._corpus, batch=batch, arrays=instance_arrays(self._corpus), samples=samples, shuffle=False,
            device=self._manner.device,
        )  # fmt: skip


def _rows(choice: Choice, measured: NDArray[np.float32]) -> Iterator[Row]:
    """Yield the figures of a cell, and of its pictures by how many people each shows where that differs."""
    counts = measured[:, 0].astype(int)
    parts: list[tuple[int | None, NDArray[np.bool_]]] = [(None, counts >= 0)]
    if len(np.unique(counts)) > 1:
        parts += [(count, counts == count) for count in np.unique(counts).tolist()]
    for people, part in parts:
        yield Row(
            choice.cell.letter, choice.cell.title, people, int(part.sum()), choice.total, int(counts[part].sum()),
            _estimates(measured[part], Pigeonhole(choice.backgrounds[part], choice.cutouts[part])),
        )  # fmt: skip


def _estimates(measured: NDArray[np.float32], pigeonhole: Pigeonhole) -> dict[str, Estimate]:
    """Return COCO's figures of pictures with their intervals: of those that are drawn again, by the same matches."""
    if not measured[:, 0].any():
        return dict.fromkeys(precision.FIGURES, Estimate(None, None, None, 0))
    redrawn = precision.Redrawn(measured)
    drawn = [redrawn.figures(weights) for weights in pigeonhole.weights()]
    return {
        name: pigeonhole.around(figure, np.concatenate([part[name] for part in drawn]), len(measured))
        for name, figure in precision.average_precision(measured).items()
    }
