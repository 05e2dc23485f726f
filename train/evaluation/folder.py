"""Evaluation of a trained network on a folder of images and masks, beside baselines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.train.engine.run_dir import RunDir
from bgfg.train.evaluation import caveats
from bgfg.train.evaluation.cases import best_median_worst
from bgfg.train.evaluation.folder_baselines import (
    AllBackgroundBaseline,
    CentreEllipseBaseline,
    NetworkClassifier,
    PixelClassifier,
)
from bgfg.train.evaluation.folder_report import FolderReport, FolderResult
from bgfg.train.evaluation.result import EvaluationResult
from bgfg.train.folders.findings.pictures import decided_about_pictures
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.settings import settings_as_trained
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops.device import pick
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.targets import confusion
from bgfg.train.targets.matting_scores import matting_scores
from bgfg.train.viz.sheet import Row, draw_sheet, picture_of_classes, picture_of_mask

_MASK_NAMES = ("background", "mask")
# Size of the ellipse, as a share of the picture, where there is no training split to take it from.
_DEFAULT_SHARE = 0.25


@dataclass(frozen=True)
class FolderTask:
    """What a network is evaluated for.

    Attributes:
        target: "mask", "classes" or "matte".
        names: Names of the classes.
        background: Index of the class that is none of the others.
        threshold: The probability from which on a pixel is the mask; None for classes.
    """

    target: str
    names: tuple[str, ...]
    background: int
    threshold: float | None

    @property
    def headline(self) -> str:
        """The class that counts, or "mean" for all of them."""
        return "mean" if self.target == "classes" else _MASK_NAMES[1]

    def codes(self, probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the class of each pixel, (h, w), from probabilities (classes, h, w)."""
        likeliest = self.threshold is None
        codes = probabilities.argmax(axis=0) if likeliest else probabilities[1] >= self.threshold
        return np.asarray(codes, np.uint8)

    def truth(self, folder: ImageMaskFolder, i: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return the true codes of a pair at the mask's own size, and its alpha in 0..1, (h, w)."""
        if self.target == "classes":
            codes = folder.label_maps(i, ["classes"])["classes"]
            return codes, (codes != self.background).astype(np.float32)
        parts = folder.label_maps(i, ["mask", "known"])
        codes = (parts["mask"] >= 128).astype(np.uint8)
        codes[parts["known"] == 0] = IGNORE_INDEX
        return codes, np.asarray(parts["mask"] / 255, np.float32)


def evaluate_folder(
    source: Path,
    path: Path,
    device: str | None = None,
    max_samples: int | None = None,
    progress: Progress = no_progress,
    settings: Mapping[str, Any] | None = None,
) -> EvaluationResult[FolderReport]:
    """Evaluate the network of a run, or of a checkpoint file, on the test pairs of a folder.

    On another folder than it was trained on, all pairs are tested, or those that the folder itself names for testing.

    Args:
        source: The run's folder, or the checkpoint.
        path: The folder of images and masks.
        device: "cuda", "mps" or "cpu", None for the best there is.
        max_samples: At most so many pairs, None for all.
        progress: Shows progress.
        settings: How masks are read, as of ImageMaskFolder, where it isn't to be as in training.

    Raises:
        Problem: Where the network takes pairs of shots, or predicts what the folder doesn't have, and where there is
            nothing to test on.
    """
    chosen = pick(device)
    net, description = load_network(source, chosen.kind)
    if net.shots > 1:
        takes = f"{net.name} takes two shots of a scene, and {path} has single pictures"
        raise Problem(f"{source}: {takes}: give a corpus, or a run of person, unet or smp:NAME", exit_code=2)
    given = settings_as_trained(description["options"].get("data", {}), settings or {})
    read_as = None if "masks" in (settings or {}) else description.get("masks")
    scans_file = RunDir.holding(source).scans_file
    folder = ImageMaskFolder(path, given, progress=progress, scans_file=scans_file, read_as=read_as)
    same = folder.digest == description["digest"]
    samples, notes = _test_pairs(folder, same, max_samples)
    notes += [f"{line}." for line in decided_about_pictures(folder.findings)]
    task = _task(folder, net, description)
    if folder.encoding.outline_class is not None and task.target == "mask":
        notes.append(
            f"The outline counts as {folder.outline}." if folder.outline != "ignore" else "The outline doesn't count."
        )
    results = [
        _evaluate(classifier, task, folder, samples, progress)
        for classifier in (NetworkClassifier(net, torch.device(chosen.kind)), *_classifiers(task, folder))
    ]
    known = folder.image_digests(samples) & set(description["files"])
    if known:
        notes.append(f"Not new: {len(known)} of the images were trained on; no figure is of new pictures alone.")
    about = caveats.describe_evaluation(source, net, description, {"data": folder.describe()}, str(chosen))
    report = FolderReport(about, folder.digest, task.target, task.headline, len(samples), results, notes)
    return EvaluationResult(report, _picture(task, folder, samples, results[0]))


def _test_pairs(folder: ImageMaskFolder, same: bool, max_samples: int | None) -> tuple[NDArray[np.int64], list[str]]:
    """Return the indices of the pairs to test, and notes on the choice."""
    named = any(pair.split == "test" for pair in folder.pairs)
    samples = folder.indices("test") if same or named else np.arange(len(folder.pairs))
    notes = [] if same else ["The network was trained on other data than these."]
    if not same and not named:
        notes.append("All pairs are tested, for the folder names none for testing.")
    if not len(samples):
        raise Problem(f"{folder.path}: split without a test pair: train with --test 1 or more, or --split 80/10/10")
    if max_samples is not None and max_samples < len(samples):
        notes.append(f"{max_samples:,} of the {len(samples):,} pairs were taken, evenly spread.")
        samples = samples[np.arange(max_samples) * len(samples) // max_samples]
    return samples, notes


def _task(folder: ImageMaskFolder, net: BaseNetwork, description: Mapping[str, Any]) -> FolderTask:
    target = net.targets[0]
    if target not in folder.targets:
        has = f"{folder.path} has {' or '.join(folder.targets)} (masks read as {folder.encoding.description})"
        raise Problem(f"{net.name}: finds {target}, and {has}: give another folder, or another run")
    if target != "classes":
        threshold = description["standing"]["threshold"]
        return FolderTask(target, _MASK_NAMES, 0, 0.5 if threshold is None else threshold)
    names = tuple(description["classes"] or ())
    if folder.encoding.names != names[: len(folder.encoding.names)]:
        has = f"{folder.path} has {', '.join(folder.encoding.names)}"
        raise Problem(f"{net.name}: finds the classes {', '.join(names)}, and {has}: give another folder")
    return FolderTask(target, names, folder.encoding.background, None)


def _classifiers(task: FolderTask, folder: ImageMaskFolder) -> list[PixelClassifier]:
    """Return the baselines; the ellipse has the mean size and the commonest class of the training masks' foreground."""
    pooled: Counter[str] = Counter()
    for i in folder.indices("train").tolist():
        if folder.pairs[i] in folder.scans:
            pooled.update(folder.encoding.class_shares(folder.mask_values(folder.pairs[i])))
    pooled.pop("ignored", None)
    background = folder.encoding.names[folder.encoding.background] if folder.encoding.names else _MASK_NAMES[0]
    total = sum(pooled.values())
    share = 1 - pooled[background] / total if total else _DEFAULT_SHARE
    others = {name: pooled[name] for name in task.names if name != task.names[task.background]}
    inside = task.names.index(max(others, key=lambda name: others[name]))
    count = len(task.names)
    return [AllBackgroundBaseline(count, task.background), CentreEllipseBaseline(count, task.background, inside, share)]


def _evaluate(
    classifier: PixelClassifier,
    task: FolderTask,
    folder: ImageMaskFolder,
    samples: NDArray[np.int64],
    progress: Progress,
) -> FolderResult:
    counts, mattes = [], []
    with progress(classifier.name, len(samples), 0) as advance:
        for i in samples.tolist():
            codes, alpha = task.truth(folder, i)
            said = classifier.probabilities(folder.image(i), codes.shape)
            counts.append(confusion.confusion_matrix(task.codes(said), codes, len(task.names)))
            if task.target == "matte":
                mattes.append(matting_scores(said[1], alpha))
            advance(1)
    errors = {name: float(np.mean([matte[name] for matte in mattes])) for name in mattes[0]} if mattes else {}
    return FolderResult(
        classifier, counts, confusion.class_metrics(counts, task.names), errors, [matte["sad"] for matte in mattes]
    )


def _picture(
    task: FolderTask, folder: ImageMaskFolder, samples: NDArray[np.int64], result: FolderResult
) -> NDArray[np.uint8]:
    """Draw the best, median and worst case of the network, by IoU, or by the SAD of mattes."""
    each = confusion.iou(np.stack(result.counts))
    if task.target == "matte":
        values, title = -np.array(result.sad), "-SAD in thousands"
    elif task.target == "mask":
        values, title = each[:, 1], "IoU"
    else:
        values, title = np.array([np.nanmean(row) for row in each]), "mean IoU"
    rows = []
    for rank, at in best_median_worst(values).items():
        i = int(samples[at])
        codes, alpha = task.truth(folder, i)
        image = folder.image(i)
        said = result.classifier.probabilities(image, codes.shape)
        if task.target == "classes":
            maps = {"truth": picture_of_classes(codes), "prediction": picture_of_classes(task.codes(said))}
        else:
            maps = {"truth": picture_of_mask(alpha), "prediction": picture_of_mask(said[1])}
        caption = f"{rank}: {title} {values[at]:.3f}, {folder.pairs[i].image}"
        rows.append(Row({"picture": image, **maps}, caption))
    return draw_sheet(rows)
