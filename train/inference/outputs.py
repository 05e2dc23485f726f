"""What `bgfg predict` writes of a picture: mask, depth, cut-out or instances, and all of them side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from bgfg.data_manifests.corpus.manifest import write_whole
from bgfg.data_manifests.images.pictures import save_depth_png, save_jpeg, save_png
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.measured.depth_folder import millimetres
from bgfg.synth.preview import colour_depth
from bgfg.train.inference.inputs import Job, Loaded, Pixels, jobs_of
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.runner import Batch, Writers, made_by
from bgfg.train.models.model_card import Card
from bgfg.train.ops.instances import Instance, numbered, overlaid, picture_of_instances
from bgfg.train.viz.sheet import picture_of_classes

# Folders of the results; a file in each under the picture's name.
MASKS, DEPTHS, CUTOUTS, CLASSES, SHEETS = "mask", "depth", "cutout", "classes", "side_by_side"
INSTANCES, DETECTIONS, OVERLAYS = "instances", "detections", "overlay"

SUFFIXES = {OVERLAYS: ".jpg", DETECTIONS: ".json"}  # of the others: .png

_PANEL_PX = 540
_GAP_PX = 6
_PAPER, _GREYS = 255, (200, 235)
_CHECKS = 30  # from the upper to the lower border

# The range of colours where a model doesn't tell its depth's.
_NEAR_M, _FAR_M = 0.1, 10.0


def predict_files(
    predictor: Predictor, source: Path, background: Path | None, out: Path, align: bool, progress: Progress
) -> tuple[int, int]:
    """Write the results of a picture, or of a folder of pictures; return how many pictures, and how many were new.

    Into the folders mask (8-bit grey), depth (16-bit millimetres), cutout (RGBA), classes (8-bit codes), instances
    (8-bit numbers), detections (JSON) and overlay (JPEG), each where the model gives it, and side_by_side (JPEG) of
    `out`, at the picture's own size but for the last. What is there from the same model is kept.
    """
    card = predictor.model.card
    jobs = jobs_of(source, background, card)
    batch = Batch(out, made_by(predictor.model, align=align, size=predictor.shorter_px), partial(_sheet_path, out))

    def work(loaded: Loaded) -> Writers:
        found = predictor.predict(loaded.picture, loaded.background)
        return _writers(out, loaded.job, loaded.picture, found, card)

    new = batch.run(jobs, align, work, progress, f"predicting on {predictor.model.where}")
    return len(jobs), new


def side_by_side(picture: Pixels, found: Prediction, card: Card, overlay: Pixels | None) -> Pixels:
    """Return the picture, its mask, depth and classes in colours, and the cut-out on checks, at most 540 px high.

    overlay: what `overlay_of` returns.
    """
    panels = [picture]
    if found.person is not None:
        panels.append(np.repeat(found.person.mask[..., None], 3, axis=2))
    if found.depth_m is not None:
        panels.append(colour_depth(found.depth_m, card.near_m or _NEAR_M, card.far_m or _FAR_M))
    if found.classes is not None:
        panels.append(picture_of_classes(found.classes))
    if found.instances is not None and overlay is not None:
        panels += [picture_of_instances(numbered(found.instances, picture.shape[:2])), overlay]
    if found.person is not None:
        panels.append(found.person.over(checks(*picture.shape[:2])))
    height_px = min(_PANEL_PX, picture.shape[0])
    size = (max(1, round(picture.shape[1] * height_px / picture.shape[0])), height_px)
    gap = np.full((height_px, _GAP_PX, 3), _PAPER, np.uint8)
    small = [np.asarray(cv2.resize(panel, size, interpolation=cv2.INTER_AREA), np.uint8) for panel in panels]
    return np.hstack([part for panel in small for part in (panel, gap)][:-1])


def checks(height_px: int, width_px: int) -> Pixels:
    """Return the paper that shows what is transparent, (H, W, 3) uint8."""
    side_px = max(4, height_px // _CHECKS)
    y, x = np.ogrid[:height_px, :width_px]
    grey = np.where((y // side_px + x // side_px) % 2, *_GREYS).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def overlay_of(picture: Pixels, found: Prediction) -> Pixels | None:
    """Return the picture with everybody tinted, boxed and scored; None where people aren't found one by one."""
    if found.instances is None:
        return None
    return overlaid(picture, numbered(found.instances, picture.shape[:2]), found.instances)


def files_of(found: Prediction, picture: Pixels, file_name: str) -> dict[str, Callable[[Path], None]]:
    """Return what saves what no video holds, cut-out, depth, classes, numbers and detections, by the folder of each.

    file_name: of the picture, or of the video that it is a frame of.
    """
    made: dict[str, Callable[[Path], None]] = {}
    if found.person is not None:
        made[CUTOUTS] = partial(save_png, found.person.cutout)
    if found.depth_m is not None:
        made[DEPTHS] = partial(save_depth_png, millimetres(found.depth_m))
    if found.classes is not None:
        made[CLASSES] = partial(save_png, found.classes)
    if found.instances is not None:
        size_px = picture.shape[:2]
        made[INSTANCES] = partial(save_png, numbered(found.instances, size_px))
        made[DETECTIONS] = partial(_save_detections, file_name, found.instances, size_px)
    return made


def _writers(out: Path, job: Job, picture: Pixels, found: Prediction, card: Card) -> Writers:
    """Return what writes the results of a picture, the sheet last: it says that the others are there."""
    made = files_of(found, picture, job.picture.name)
    if found.person is not None:
        made[MASKS] = partial(save_png, found.person.mask)
    if (overlay := overlay_of(picture, found)) is not None:
        made[OVERLAYS] = partial(save_jpeg, overlay)
    for folder in (*made, SHEETS):
        (out / folder).mkdir(parents=True, exist_ok=True)
    writers = [
        partial(save, out / folder / f"{job.name}{SUFFIXES.get(folder, '.png')}") for folder, save in made.items()
    ]
    return [*writers, lambda: save_jpeg(side_by_side(picture, found, card, overlay), _sheet_path(out, job))]


def _save_detections(file_name: str, instances: Sequence[Instance], size_px: tuple[int, ...], path: Path) -> None:
    """Write everybody's box, score and mask as JSON, numbered as in the picture of numbers."""
    height_px, width_px = size_px
    people = [instance.record(number) for number, instance in enumerate(instances, start=1)]
    content = {"file_name": file_name, "width": width_px, "height": height_px, "instances": people}
    write_whole(path, json.dumps(content) + "\n", path.parent)


def _sheet_path(out: Path, job: Job) -> Path:
    return out / SHEETS / f"{job.name}.jpg"
