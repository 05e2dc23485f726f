"""Edits of files: of a picture, of a folder of them, or of a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bgfg.data_manifests.images.colour_profile import ColourProfile
from bgfg.data_manifests.images.image_io import save_jpeg, save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.notes import Note, no_note
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.train.inference.displacement import displacement_note
from bgfg.train.inference.edit import BackgroundEdit, apply_edit
from bgfg.train.inference.inputs import InputFiles, InputImages, Pixels, list_inputs, load_input
from bgfg.train.inference.layers import Layers
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.runner import ResultFolder, Writers, provenance
from bgfg.train.inference.video import IMAGE_SUFFIXES, JPEG_SUFFIXES, edit_video
from bgfg.train.inference.video_reader import is_video


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

    if is_video(source):
        return [edit_video(predictor, source, background, out, align, changed, progress, note)]
    inputs = list_inputs(source, background, predictor.model.card, note)
    if out.suffix.lower() in IMAGE_SUFFIXES:
        if source.is_dir():
            raise Problem(f"--out {out}: a picture, for a folder of them: give the name of a folder", exit_code=2)
        _require_other(inputs, [out])
        images = load_input(inputs[0], align)
        if images.remark:
            note(f"{images.files.picture.name}: {images.remark}")
        if images.displaced_px:
            note(displacement_note([(images.files.picture, images.displaced_px)], moved=align is None))
        _save(made(images), images.profile, out)
        return [out]

    def work(images: InputImages) -> Writers:
        return [partial(_save, made(images), images.profile, _path(out, images.files))]

    paths = [_path(out, files) for files in inputs]
    _require_other(inputs, paths)
    described = provenance(predictor.model, align=align, size=predictor.shorter_px, **options)
    ResultFolder(out, described, partial(_path, out)).run(
        inputs, align, work, progress, f"editing on {predictor.model.where}", note
    )
    return paths


def _require_other(inputs: Sequence[InputFiles], paths: Sequence[Path]) -> None:
    """Raise Problem where a result would be written over one of the pictures that it is made from."""
    sources = {path.resolve() for files in inputs for path in (files.picture, files.background) if path is not None}
    over = next((path for path in paths if path.resolve() in sources), None)
    if over is not None:
        raise Problem(f"{over}: would be written over: give another --out", exit_code=2)


def _path(out: Path, files: InputFiles) -> Path:
    return out / f"{files.name}{'.jpg' if files.picture.suffix.lower() in JPEG_SUFFIXES else '.png'}"


def _save(pixels: Pixels, profile: ColourProfile | None, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (save_jpeg if path.suffix.lower() in JPEG_SUFFIXES else save_png)(pixels, path, profile=profile)
