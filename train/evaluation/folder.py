"""The test of a trained network on a folder of images and masks, beside what needs no training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, silent
from bgfg.train.evaluation import caveats
from bgfg.train.evaluation.cases import extremes
from bgfg.train.evaluation.corpus import Evaluation
from bgfg.train.evaluation.folder_baselines import AllBackground, CentreEllipse, Guess, Trained
from bgfg.train.evaluation.folder_report import FolderReport, Outcome
from bgfg.train.folders.folder import Folder
from bgfg.train.models.checkpoint import load_model
from bgfg.train.models.network import Net
from bgfg.train.ops.device import pick
from bgfg.train.targets import confusion
from bgfg.train.targets.classes import IGNORED
from bgfg.train.targets.matting_scores import matting_scores
from bgfg.train.viz.sheet import Row, draw_sheet, picture_of_classes, picture_of_mask
from numpy.typing import NDArray

_MASK_NAMES = ("background", "mask")
# Of an ellipse where there is no training split to learn it from.
_SHARE = 0.25


@dataclass(frozen=True)
class Task:
    """What is tested. target: "mask", "classes" or "matte". names: of its classes. background: which of them is none of
    the others. threshold: from which probability on a pixel is the mask, None of classes.
    """

    target: str
    names: tuple[str, ...]
    background: int
    threshold: float | None

    @property
    def headline(self) -> str:
        """The class that pictures are ranked by, or the mean of all."""
        return "mean" if self.target == "classes" else _MASK_NAMES[1]

    def codes(self, probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Return the class of each pixel, (h, w)."""
        likeliest = self.threshold is None
        codes = probabilities.argmax(axis=0) if likeliest else probabilities[1] >= self.threshold
        return np.asarray(codes, np.uint8)

    def truth(self, folder: Folder, i: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """Return the true codes of a pair at the mask's own size, and its alpha in 0..1, (h, w)."""
        if self.target == "classes":
            codes = folder.parts(i, ["classes"])["classes"]
            return codes, (codes != self.background).astype(np.float32)
        parts = folder.parts(i, ["mask", "known"])
        codes = (parts["mask"] >= 128).astype(np.uint8)
        codes[parts["known"] == 0] = IGNORED
        return codes, np.asarray(parts["mask"] / 255, np.float32)


def evaluate_folder(
    source: Path,
    path: Path,
    device: str | None = None,
    cap: int | None = None,
    progress: Progress = silent,
    outline: str | None = None,
) -> Evaluation[FolderReport]:
    """Evaluate the network of a run, or of a checkpoint file, on the test pairs of a folder; of another folder than it
    was trained on, on all pairs, or on those that the folder itself names for testing.

    cap: at most so many pairs, None for all. outline: what that of trimaps counts as in a mask, None for what it did in
    training. Raises Problem where the network takes pairs of shots, or finds what the
    folder doesn't have, and where there is nothing to test on.
    """
    chosen = pick(device)
    net, description = load_model(source, chosen.kind)
    if net.shots > 1:
        takes = f"{net.name} takes two shots of a scene, and {path} has single pictures"
        raise Problem(f"{source}: {takes}: give a corpus, or a run of unet, matting_unet or smp:NAME")
    settings = description["options"].get("data", {}) | ({} if outline is None else {"outline": outline})
    folder = Folder(path, settings, progress=progress)
    same = folder.digest == description["digest"]
    samples, notes = _tested(folder, same, cap)
    task = _task(folder, net, description)
    if folder.reading.unsure is not None and task.target == "mask":
        notes.append(
            f"The outline counts as {folder.outline}." if folder.outline != "ignore" else "The outline doesn't count."
        )
    outcomes = [
        _tried(guess, task, folder, samples, progress)
        for guess in (Trained(net, torch.device(chosen.kind)), *_guesses(task, folder))
    ]
    known = folder.digests(samples) & set(description["files"])
    if known:
        notes.append(f"Not new: {len(known)} of the images were trained on; no figure is of new pictures alone.")
    about = caveats.about(source, net, description, {"data": folder.describe()}, str(chosen))
    report = FolderReport(about, folder.digest, task.target, task.headline, len(samples), outcomes, notes)
    return Evaluation(report, _picture(task, folder, samples, outcomes[0]))


def _tested(folder: Folder, same: bool, cap: int | None) -> tuple[NDArray[np.int64], list[str]]:
    """Return which pairs are tested, and what is to be said of it."""
    named = any(pair.split == "test" for pair in folder.pairs)
    samples = folder.chosen("test") if same or named else np.arange(len(folder.pairs))
    notes = [] if same else ["The network was trained on other data than these."]
    if not same and not named:
        notes.append("All pairs are tested, for the folder names none for testing.")
    if not len(samples):
        raise Problem(f"{folder.path}: split without a test pair: train with --test 1 or more, or --split 80/10/10")
    if cap is not None and cap < len(samples):
        notes.append(f"{cap:,} of the {len(samples):,} pairs were taken, evenly spread.")
        samples = samples[np.arange(cap) * len(samples) // cap]
    return samples, notes


def _task(folder: Folder, net: Net, description: Mapping[str, Any]) -> Task:
    target = net.targets[0]
    if target not in folder.targets:
        has = f"{folder.path} has {' or '.join(folder.targets)} (masks read as {folder.reading.how})"
        raise Problem(f"{net.name}: finds {target}, and {has}: give another folder, or another run")
    if target != "classes":
        threshold = description["standing"]["threshold"]
        return Task(target, _MASK_NAMES, 0, 0.5 if threshold is None else threshold)
    names = tuple(description["classes"])
    if folder.reading.names != names[: len(folder.reading.names)]:
        has = f"{folder.path} has {', '.join(folder.reading.names)}"
        raise Problem(f"{net.name}: finds the classes {', '.join(names)}, and {has}: give another folder")
    return Task(target, names, folder.reading.background, None)


def _guesses(task: Task, folder: Folder) -> list[Guess]:
    """Return the guesses; the ellipse is as large as what isn't background in training, and of its commonest class."""
    pooled: Counter[str] = Counter()
    for i in folder.chosen("train").tolist():
        if folder.pairs[i] in folder.read:
            pooled.update(folder.reading.shares(folder.values(folder.pairs[i])))
    pooled.pop("ignored", None)
    background = folder.reading.names[folder.reading.background] if folder.reading.names else _MASK_NAMES[0]
    total = sum(pooled.values())
    share = 1 - pooled[background] / total if total else _SHARE
    others = {name: pooled[name] for name in task.names if name != task.names[task.background]}
    inside = task.names.index(max(others, key=lambda name: others[name]))
    count = len(task.names)
    return [AllBackground(count, task.background), CentreEllipse(count, task.background, inside, share)]


def _tried(guess: Guess, task: Task, folder: Folder, samples: NDArray[np.int64], progress: Progress) -> Outcome:
    counts, mattes = [], []
    with progress(guess.name, len(samples), 0) as advance:
        for i in samples.tolist():
            codes, alpha = task.truth(folder, i)
            said = guess.probabilities(folder.image(i), codes.shape)
            counts.append(confusion.confusion(task.codes(said), codes, len(task.names)))
            if task.target == "matte":
                mattes.append(matting_scores(said[1], alpha))
            advance(1)
    errors = {name: float(np.mean([matte[name] for matte in mattes])) for name in mattes[0]} if mattes else {}
    return Outcome(guess, counts, confusion.figures(counts, task.names), errors, [matte["sad"] for matte in mattes])


def _picture(task: Task, folder: Folder, samples: NDArray[np.int64], outcome: Outcome) -> NDArray[np.uint8]:
    """Draw the network's best, median and worst case, by IoU, or by the SAD of mattes."""
    each = confusion.iou(np.stack(outcome.counts))
    if task.target == "matte":
        values, title = -np.array(outcome.sad), "-SAD in thousands"
    elif task.target == "mask":
        values, title = each[:, 1], "IoU"
    else:
        values, title = np.array([np.nanmean(row) for row in each]), "mean IoU"
    rows = []
    for rank, at in extremes(values).items():
        i = int(samples[at])
        codes, alpha = task.truth(folder, i)
        image = folder.image(i)
        said = outcome.guess.probabilities(image, codes.shape)
        if task.target == "classes":
            maps = {"truth": picture_of_classes(codes), "prediction": picture_of_classes(task.codes(said))}
        else:
            maps = {"truth": picture_of_mask(alpha), "prediction": picture_of_mask(said[1])}
        caption = f"{rank}: {title} {values[at]:.3f}, {folder.pairs[i].image}"
        rows.append(Row({"picture": image, **maps}, caption))
    return draw_sheet(rows)
