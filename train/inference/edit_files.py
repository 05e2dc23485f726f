"""Edits on disk: of a picture, of a folder of them, or of a video."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bgfg.data_manifests.images.pictures import save_jpeg, save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.train.inference.edit import Edit, edited
from bgfg.train.inference.inputs import Job, Loaded, Pixels, jobs_of, load
from bgfg.train.inference.layers import Scene
from bgfg.train.inference.predictor import Prediction, Predictor
from bgfg.train.inference.runner import Batch, Writers, made_by
from bgfg.train.inference.video import IMAGE_SUFFIXES, JPEG_SUFFIXES, edit_video, is_video


def edit_files(
    predictor: Predictor,
    source: Path,
    background: Path | None,
    out: Path,
    align: bool,
    edit: Edit,
    options: Mapping[str, Any],
    progress: Progress,
) -> list[Path]:
    """Edit a picture, a folder of pictures, or a video; return the files of the results, those there already too.

    out: a file, by its suffix .png, .jpg or .jpeg, for a single picture; else a folder, where results have the names of
    their pictures, as JPEG where those are and as PNG else. Of a video: as `edit_video` has it. options: what tells
    this edit from others.
    """

    def changed(picture: Pixels, behind: Pixels | None, found: Prediction) -> Pixels:
        return edited(Scene.of(picture, behind, found), edit)

    def made(loaded: Loaded) -> Pixels:
        shots = loaded.picture, loaded.background
        return changed(*shots, predictor.predict(*shots))

    if is_video(source):
        return [edit_video(predictor, source, background, out, align, changed, progress)]
    jobs = jobs_of(source, background, predictor.model.card)
    if out.suffix.lower() in IMAGE_SUFFIXES:
        if source.is_dir():
            raise Problem(f"--out {out}: a picture, for a folder of them: give the name of a folder", exit_code=2)
        _require_other(jobs, [out])
        _save(made(load(jobs[0], align)), out)
        return [out]

    def work(loaded: Loaded) -> Writers:
        return [partial(_save, made(loaded), _path(out, loaded.job))]

    paths = [_path(out, job) for job in jobs]
    _require_other(jobs, paths)
    described = made_by(predictor.model, align=align, size=predictor.shorter_px, **options)
    Batch(out, described, partial(_path, out)).run(jobs, align, work, progress, f"editing on {predictor.model.where}")
    return paths


def _require_other(jobs: Sequence[Job], paths: Sequence[Path]) -> None:
    """Raise Problem where a result would be written over one of the pictures that it is made from."""
    sources = {path.resolve() for job in jobs for path in (job.picture, job.background) if path is not None}
    over = next((path for path in paths if path.resolve() in sources), None)
    if over is not None:
        raise Problem(f"{over}: would be written over: give another --out", exit_code=2)


def _path(out: Path, job: Job) -> Path:
    return out / f"{job.name}{'.jpg' if job.picture.suffix.lower() in JPEG_SUFFIXES else '.png'}"


def _save(pixels: Pixels, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (save_jpeg if path.suffix.lower() in JPEG_SUFFIXES else save_png)(pixels, path)
