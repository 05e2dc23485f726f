"""Files that `bgfg predict` writes of a picture: mask, depth, cut-out or instances, and all of them side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin, origin_of
from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.images.image_writing import save_depth_png, save_jpeg, save_png
from bgfg.data_manifests.images.panels import checkerboard, panel_row
from bgfg.data_manifests.terminal.notes import Note, no_note
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.labelling.depth_maps import metres_to_millimetres
from bgfg.train.inference.class_pictures import Legend, save_classes, write_legend
from bgfg.train.inference.destinations import (
    CLASSES,
    CUTOUTS,
    DEPTHS,
    DETECTIONS,
    INSTANCES,
    LEGEND_FILE,
    MASKS,
    OVERLAYS,
    PREDICTED,
    SHEETS,
    predicted_file,
    predicted_files,
    require_prediction,
)
from bgfg.train.inference.inputs import InputImages, Pixels, list_inputs
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.runner import ResultFolder, Writers, provenance
from bgfg.train.models.model_card import ModelCard
from bgfg.train.ops.instances import Instance, colour_instances, number_map, overlay_instances
from bgfg.train.viz.sheet import picture_of_classes

_PANEL_PX = 540
_GAP_PX = 6
# Squares of the checkerboard from the upper to the lower border.
_SQUARES = 30

# Range of the depth's colours where the card doesn't tell it.
_NEAR_M, _FAR_M = 0.1, 10.0


def predict_files(
    predictor: Predictor,
    source: Path,
    background: Path | None,
    out: Path,
    align: bool | None,
    progress: Progress,
    note: Note = no_note,
) -> tuple[int, int]:
    """Write the results of a picture, or of a folder of pictures; what is there from the same model is kept.

    A file that isn't of such results is never written over: see `require_prediction`.

    Into the folders mask (8-bit grey), depth (16-bit millimetres), cutout (RGBA), classes (in the values that the masks
    had in training, with the legend classes.json beside the folder), instances (8-bit numbers), detections (JSON) and
    overlay (JPEG), each where the model gives it, and side_by_side (JPEG) of `out`, at the picture's own size but for
    the last.

    Args:
        predictor: The model in use.
        source: A picture, or a folder of pictures.
        background: Picture of the empty scene, or a folder of them, for a model that needs it.
        out: Folder of the results.
        align: Whether backgrounds are moved over their pictures; None for those that surely lie beside them.
        progress: Shows how far it is.
        note: Told what was noticed: pictures left out, backgrounds that don't lie over their pictures.

    Returns:
        How many pictures there are, and how many of them were new.
    """
    require_prediction(source, background, out)
    card = predictor.model.card
    inputs = list_inputs(source, background, card, note)
    options: dict[str, Any] = {"align": align, "size": predictor.shorter_px}
    if any("value" in entry for entry in card.classes):  # results of before hold codes
        options["classes"] = [entry["value"] for entry in card.classes]
    batch = ResultFolder(
        out, "predict", provenance(predictor.model, **options), partial(predicted_files, out), threads=predictor.threads
    )

    def work(images: InputImages) -> Writers:
        prediction = predictor.predict(images.picture, images.background, images.profile)
        if origin_of(out / LEGEND_FILE) != batch.origin:
            write_legend(card, out, batch.origin)
        return _writers(out, images, prediction, card, batch.origin)

    new = batch.run(inputs, align, work, progress, f"predicting on {predictor.model.where}", note)
    return len(inputs), new


def side_by_side(picture: Pixels, prediction: Prediction, card: ModelCard, overlay: Pixels | None) -> Pixels:
    """Return the picture, its mask, depth and classes in colours, and the cut-out on a checkerboard, in one row.

    Args:
        picture: (H, W, 3) uint8 RGB.
        prediction: What was found in it.
        card: Range of the depth's colours.
        overlay: What `instance_overlay` returns.

    Returns:
        (h, w, 3) uint8 RGB, at most 540 px high.
    """
    return panel_row(_panels(picture, prediction, card, overlay), min(_PANEL_PX, picture.shape[0]), _GAP_PX)


def _panels(picture: Pixels, prediction: Prediction, card: ModelCard, overlay: Pixels | None) -> Iterator[Pixels]:
    """Yield the panels of `side_by_side`, RGB or grey, at the picture's size, one at a time."""
    yield picture
    if prediction.person is not None:
        yield prediction.person.mask
    if prediction.depth_m is not None:
        yield colour_depth(prediction.depth_m, card.near_m or _NEAR_M, card.far_m or _FAR_M)
    if prediction.classes is not None:
        yield picture_of_classes(prediction.classes)
    if prediction.instances is not None and overlay is not None:
        yield colour_instances(number_map(prediction.instances, picture.shape[:2]))
        yield overlay
    if prediction.person is not None:
        height_px, width_px = picture.shape[:2]
        yield prediction.person.over(checkerboard(height_px, width_px, max(4, height_px // _SQUARES)))


def instance_overlay(picture: Pixels, prediction: Prediction, legend: Legend = ()) -> Pixels | None:
    """Return the picture with every detected person tinted, boxed and scored; None without instances.

    Args:
        picture: (H, W, 3) uint8 RGB.
        prediction: What was found in it.
        legend: The classes of the model's card, whose names are written beside the scores.
    """
    if prediction.instances is None:
        return None
    numbers = number_map(prediction.instances, picture.shape[:2])
    return overlay_instances(picture, numbers, prediction.instances, _names(legend))


def _names(legend: Legend) -> list[str]:
    return [str(entry["name"]) for entry in legend]


def result_savers(
    prediction: Prediction,
    picture: Pixels,
    file_name: str,
    profile: ColourProfile | None = None,
    legend: Legend = (),
    origin: Origin = PREDICTED,
) -> dict[str, Callable[[Path], None]]:
    """Return what saves the results that no video holds: cut-out, depth, classes, numbers and detections.

    Args:
        prediction: What was found.
        picture: (H, W, 3) uint8 RGB.
        file_name: Name of the picture, or of the video that it is a frame of.
        profile: What the picture's colours mean, which is passed on to the cut-out; None for sRGB.
        legend: The classes of the model's card, whose values pictures of classes hold, and whose names detections say.
        origin: What makes them, which each says of itself.

    Returns:
        By the folder of each result, what writes it at a path.
    """
    made: dict[str, Callable[[Path], None]] = {}
    if prediction.person is not None:
        made[CUTOUTS] = partial(save_png, prediction.person.cutout, profile=profile, origin=origin, in_runs=True)
    if prediction.depth_m is not None:
        made[DEPTHS] = partial(save_depth_png, metres_to_millimetres(prediction.depth_m), origin=origin)
    if prediction.classes is not None:
        made[CLASSES] = partial(save_classes, prediction.classes, legend, origin=origin)
    if prediction.instances is not None:
        size_px = picture.shape[:2]
        made[INSTANCES] = partial(save_png, number_map(prediction.instances, size_px), origin=origin)
        made[DETECTIONS] = partial(_save_detections, file_name, prediction.instances, _names(legend), size_px, origin)
    return made


def _writers(out: Path, images: InputImages, prediction: Prediction, card: ModelCard, origin: Origin) -> Writers:
    """Return what writes the results of a picture, the sheet last: it says that the others are there."""
    files, picture, profile = images.files, images.picture, images.profile
    made = result_savers(prediction, picture, files.picture.name, profile, card.classes, origin)
    if prediction.person is not None:
        made[MASKS] = partial(save_png, prediction.person.mask, origin=origin, in_runs=True)
    if (overlay := instance_overlay(picture, prediction, card.classes)) is not None:
        made[OVERLAYS] = partial(save_jpeg, overlay, profile=profile, origin=origin)
    for folder in (*made, SHEETS):
        (out / folder).mkdir(parents=True, exist_ok=True)
    writers = [partial(save, predicted_file(out, folder, files.name)) for folder, save in made.items()]
    sheet = partial(side_by_side, picture, prediction, card, overlay)
    path = predicted_file(out, SHEETS, files.name)
    return [*writers, lambda: save_jpeg(sheet(), path, profile=profile, origin=origin)]


def _save_detections(
    file_name: str, instances: Sequence[Instance], names: Sequence[str], size_px: tuple[int, ...], origin: Origin,
    path: Path,
) -> None:  # fmt: skip
    """Write the box, class, score and mask of every person as JSON, numbered as in the picture of numbers."""
    height_px, width_px = size_px
    people = [instance.to_coco(number, names) for number, instance in enumerate(instances, start=1)]
    about = {ORIGIN_KEY: str(origin), "file_name": file_name, "width": width_px, "height": height_px}
    replace_text(path, json.dumps({**about, "instances": people}) + "\n")
