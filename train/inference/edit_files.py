"""Edits of files: of a picture, of a folder of them, or of a video."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.images.image_writing import save_jpeg, save_png
from bgfg.data_manifests.terminal.notes import Note, no_note
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.train.inference.destinations import EDITED, IMAGE_SUFFIXES, JPEG_SUFFIXES, edited_file, require_edit
from bgfg.train.inference.edit import BackgroundEdit, apply_edit
from bgfg.train.inference.inputs import InputImages, Pixels, list_inputs, load_input
from bgfg.train.inference.layers import Layers, require_person
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.runner import ResultFolder, Writers, provenance
from bgfg.train.inference.video import edit_video
from bgfg.train.inference.video_reader import is_video
from bgfg.train.ops.displacement import displacement_note


def edit_files(
    predictor: Predictor,
    source: Path,
    background: Path | None,
    out: Path,
    align: bool | None,
    edit: BackgroundEdit,
    options: Mapping[str, Any],
    progress: Progress,
    note: Note = no_note,
) -> list[Path]:
    """Edit a picture, a folder of pictures, or a video.

    Args:
        predictor: Finds the person.
        source: The picture, folder or video.
        background: Picture of the empty scene, or a folder of them, for a model that needs it.
        out: A file, by its suffix .png, .jpg or .jpeg, for a single picture; else a folder, where results have the
            names of their pictures, as JPEG where those are and as PNG else. Of a video: as `edit_video` has it.
        align: Whether backgrounds are moved over their pictures; None for those that surely lie beside them.
        edit: Makes what is to be behind the person.
        options: What tells this edit from others, as JSON has it.
        progress: Shows how far it is.
        note: Told what was noticed: pictures left out, backgrounds that don't lie over their pictures, sound that can't
            be copied.

    Returns:
        The files of the results, those that were there already too.
    """

    def changed(
        picture: Pixels, behind: Pixels | None, prediction: Prediction, profile: ColourProfile | None = None
    ) -> Pixels:
        return apply_edit(Layers.separate(picture, behind, prediction, profile), edit)

    def made(images: InputImages) -> Pixels:
        shots, profile = (images.picture, images.background), images.profile
        return changed(*shots, predictor.predict(*shots, profile), profile)

    require_person(predictor.model.card)
    require_edit(source, background, out)
    if is_video(source):
        return [edit_video(predictor, source, background, out, align, changed, progress, note)]
    inputs = list_inputs(source, background, predictor.model.card, note)
    if out.suffix.lower() in IMAGE_SUFFIXES:
        images = load_input(inputs[0], align)
        if images.remark:
            note(f"{images.files.picture.name}: {images.remark}")
        if images.displaced_px:
            note(displacement_note([(images.files.picture, images.displaced_px)], moved=align is None))
        _save(made(images), images.profile, EDITED, out)
        return [out]

    described = provenance(predictor.model, align=align, size=predictor.shorter_px, **options)
    folder = ResultFolder(out, "edit", described, lambda files: [edited_file(out, files)], threads=predictor.threads)

    def work(images: InputImages) -> Writers:
        return [partial(_save, made(images), images.profile, folder.origin, edited_file(out, images.files))]

    folder.run(inputs, align, work, progress, f"editing on {predictor.model.where}", note)
    return [edited_file(out, files) for files in inputs]


def _save(pixels: Pixels, profile: ColourProfile | None, origin: Origin, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save = save_jpeg if path.suffix.lower() in JPEG_SUFFIXES else save_png
    save(pixels, path, profile=profile, origin=origin)
