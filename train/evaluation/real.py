"""Evaluation of a trained network on real pictures with masks, as they come from a folder, beside a baseline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import BACKGROUND_LABEL
from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.train.engine.run_dir import RunDir
from bgfg.train.evaluation.cases import best_median_worst
from bgfg.train.evaluation.judged import describe_looks, describe_weights
from bgfg.train.evaluation.real_labels import ClassesScorer, InstancesScorer
from bgfg.train.evaluation.real_pictures import RealPictures, open_real_pictures
from bgfg.train.evaluation.real_report import RealReport, RealRow
from bgfg.train.evaluation.real_scores import DepthScorer, MaskScorer, RealScorer
from bgfg.train.evaluation.result import RealResult
from bgfg.train.folders.corpus_classes import CorpusClasses
from bgfg.train.folders.findings.pictures import decided_about_pictures
from bgfg.train.inference.inputs import InputImages, load_inputs
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.runtime import InferenceModel, load_model
from bgfg.train.models.checkpoint import Checkpoint, model_file
from bgfg.train.models.model_card import ModelCard
from bgfg.train.viz.sheet import Row, draw_sheet

# The worst cases that are drawn beside the best and the median one.
_WORST_SHOWN = 4
_PANEL_PX = 288
# Pictures of more pixels are shrunk before people are found one by one: a hundred masks of each have to be kept.
_MOST_INSTANCE_PX = 2**21


def evaluate_real(
    source: Path,
    path: Path,
    settings: Mapping[str, Any],
    device: str | None = None,
    max_samples: int | None = None,
    progress: Progress = no_progress,
) -> RealResult:
    """Evaluate the network of a run, or of a checkpoint file, on the pictures of a folder that are new to it.

    Args:
        source: The run's folder, the checkpoint, or the name of a network that comes with bgfg.
        path: The folder of images and masks, with second shots and depth maps where there are some.
        settings: How its masks are read, as of ImageMaskFolder.
        device: "cuda", "mps" or "cpu", None for the best there is.
        max_samples: At most so many pictures, None for all.
        progress: Shows progress.

    Raises:
        Problem: Where the folder has nothing that the network finds, or not what it needs.
    """
    file = model_file(source)
    description = Checkpoint.load(file, []).description
    model = load_model(source, device)
    scans_file = RunDir.holding(source).scans_file
    pictures = open_real_pictures(path, settings, model.card, description, max_samples, progress, scans_file)
    if "classes" in model.card.outputs:
        pictures = _with_classes(pictures, model.card)
    scorers = _scorers(model, pictures, description)
    if model.card.finds_instances:
        model.card = replace(model.card, threshold=0.0)  # precision is over all that was found, however unsure
    predictor = Predictor(model)
    displaced, broken, scored = [], [], []
    with progress("real pictures", len(pictures), 0) as advance:
        for at, images in enumerate(load_inputs(pictures.inputs)):
            advance(1)
            if isinstance(images, Problem):
                broken.append(images.lines[0])
                continue
            scored.append(at)
            if images.displaced_px:
                displaced.append((images.files.picture, images.displaced_px))
            _score(predictor, images, pictures, at, scorers)
    if not scored:
        raise Problem(*broken[:5])
    notes = [
        *pictures.notes,
        *(f"Left out: {line}." for line in broken),
        *([_of_displaced(displaced)] if displaced else []),
        *(f"{line}." for line in decided_about_pictures(pictures.folder.findings)),
        *_without_depth(pictures, scorers),
    ]
    tested = pictures.kept(np.array(scored))
    bootstrap, over = tested.identities()
    rows: dict[str, RealRow] = {}
    for scorer in scorers:
        for method, figures in scorer.figures(bootstrap):
            known = rows[method].figures if method in rows else {}
            rows[method] = RealRow(method, {**known, **figures})
    about = {
        "pictures": f"{len(tested)} of {pictures.folder.describe()}",
        **describe_weights(file),
        "model": f"{model.card.name}, {model.where}",
        "looks": describe_looks(model.card.closer_look, model.card.mirrored, as_predicted=True),
        "intervals": f"over {over}",
    }
    report = RealReport(about, pictures.folder.digest, len(tested), list(rows.values()), notes)
    return RealResult(report, draw_sheet(list(_cases(predictor, tested, scorers))))


def _scorers(model: InferenceModel, pictures: RealPictures, description: Mapping[str, Any]) -> list[RealScorer]:
    """Return what scores the outputs of a network of which the folder has the truth; raise Problem where none is."""
    card, folder = model.card, pictures.folder
    has = f"--real {folder.path}: has {' or '.join(folder.targets)} (masks read as {folder.encoding.description})"
    if card.finds_instances:
        if not folder.numbers_objects:
            raise Problem(f"{has}: {card.name} finds people one by one: give masks that number them 1, 2 ... from 0")
        return [InstancesScorer(card)]
    if "classes" in card.outputs:
        background = 0 if pictures.classes is not None else folder.encoding.background
        return [ClassesScorer(card, _class_names(card), background)]
    scorers: list[RealScorer] = []
    if {"mask", "matte"} & set(card.outputs):
        if "mask" not in folder.targets:
            raise Problem(f"{has}: {card.name} finds a mask: give --masks binary, or pictures with masks")
        scorers.append(MaskScorer(card))
    of_metres = (description.get("depth") or {}).get("kind") != "relative"
    if "depth" in card.outputs and of_metres and any(map(folder.depth_map, pictures.samples.tolist())):
        scorers.append(DepthScorer(card))
    if not scorers:
        line = f"{card.name} finds nothing but depth, and there is none of it in metres"
        raise Problem(f"--real {folder.path}: {line}: put depth maps into {folder.path / 'depth'}")
    return scorers


def _with_classes(pictures: RealPictures, card: ModelCard) -> RealPictures:
    """Return the pictures with what reads their classes: their own where these are the network's, else a corpus's."""
    folder, names = pictures.folder, _class_names(card)
    if "classes" in folder.targets and folder.encoding.names == names[: len(folder.encoding.names)]:
        return pictures
    if names[:1] != (BACKGROUND_LABEL,):
        has = f"--real {folder.path}: has {' or '.join(folder.targets)} (masks read as {folder.encoding.description})"
        raise Problem(f"{has}: {card.name} finds the classes {', '.join(names)}: give pictures of these")
    return replace(pictures, classes=CorpusClasses(folder, names[1:], "--real"))


def _class_names(card: ModelCard) -> tuple[str, ...]:
    return tuple(str(entry["name"]) for entry in card.classes)


def _score(
    predictor: Predictor, images: InputImages, pictures: RealPictures, at: int, scorers: Iterable[RealScorer]
) -> None:
    images = _shrunk(images) if predictor.model.card.finds_instances else images
    found = _predicted(predictor, images)
    height_px, width_px, _ = images.picture.shape
    for scorer in scorers:
        scorer.add(images, found, pictures.truth(at, (height_px, width_px)))


def _predicted(predictor: Predictor, images: InputImages) -> Prediction:
    return predictor.predict(images.picture, images.background, images.profile)


def _shrunk(images: InputImages) -> InputImages:
    scale = (_MOST_INSTANCE_PX / (images.picture.shape[0] * images.picture.shape[1])) ** 0.5
    if scale >= 1:
        return images
    smaller = cv2.resize(images.picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return replace(images, picture=np.asarray(smaller, np.uint8))


def _of_displaced(found: Sequence[tuple[Path, float]]) -> str:
    names, most_px = first_few([path.name for path, _ in found], 3), max(px for _, px in found)
    return (
        f"Second shots of {len(found):,} pictures ({names}) lay up to {most_px:.0f} px aside and were moved over them."
    )


def _without_depth(pictures: RealPictures, scorers: Iterable[RealScorer]) -> Iterator[str]:
    """Yield a note where only some of the pictures have depth maps."""
    if any(isinstance(scorer, DepthScorer) for scorer in scorers):
        count = sum(pictures.folder.depth_map(i) is not None for i in pictures.samples.tolist())
        if count < len(pictures):
            yield f"Depth is of {count:,} of the pictures; the others have no depth map."


def _cases(predictor: Predictor, tested: RealPictures, scorers: list[RealScorer]) -> Iterator[Row]:
    """Yield the best, the median and the worst cases as rows of a sheet, ranked by what is scored first."""
    goodness = scorers[0].goodness()
    ranked = best_median_worst(goodness)
    order = [int(at) for at in np.argsort(goodness, kind="stable") if not np.isnan(goodness[at])]
    shown = [("best", ranked["best"]), ("median", ranked["median"])]
    shown += [("worst" if not nth else f"worst but {nth}", at) for nth, at in enumerate(order[:_WORST_SHOWN])]
    files = [tested.inputs[at] for _, at in shown]
    for (title, at), images in zip(shown, load_inputs(files), strict=True):
        if isinstance(images, Problem):
            raise images
        found = _predicted(predictor, images)
        pictures = {} if images.background is None else {"second shot": images.background}
        pictures |= {"picture": images.picture}
        height_px, width_px, _ = images.picture.shape
        truth = tested.truth(at, (height_px, width_px))
        for scorer in scorers:
            pictures |= scorer.panels(found, truth)
        caption = f"{title}: {scorers[0].ranked_by} {goodness[at]:.3f}, {images.files.picture.name}"
        yield Row({name: _panel(picture) for name, picture in pictures.items()}, caption)


def _panel(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture at the size of a panel at most, so that of huge ones not all are kept."""
    scale = _PANEL_PX / max(picture.shape[:2])
    if scale >= 1:
        return picture
    return np.asarray(cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
