"""Edits of pictures on disk: a picture, or a folder of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from data_manifests.pictures import save_jpeg, save_png
from data_manifests.problem import Problem
from synth.progress import Progress
from train.batch import Batch, Writers, made_by
from train.edit import Edit, edited
from train.jobs import Job, Loaded, Pixels, jobs_of, load
from train.predict import Predictor
from train.scene import Scene

_JPEG = (".jpg", ".jpeg")


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
    """Edit a picture, or a folder of pictures; return the files of the results, those that were there already too.

    out: a file, by its suffix .png, .jpg or .jpeg, for a single picture; else a folder, where results have the names of
    their pictures, as JPEG where those are and as PNG else. options: what tells this edit from others.
    """
    card = predictor.model.card
    jobs = jobs_of(source, background, card)

    def changed(loaded: Loaded) -> Pixels:
        found = predictor.predict(loaded.picture, loaded.background)
        return edited(Scene.of(loaded.picture, loaded.background, found), edit)

    if out.suffix.lower() in (".png", *_JPEG):
        if source.is_dir():
            raise Problem(f"--out {out}: a picture, for a folder of them: give the name of a folder", exit_code=2)
        _require_other(jobs, [out])
        _save(changed(load(jobs[0], align)), out)
        return [out]

    def work(loaded: Loaded) -> Writers:
        return [partial(_save, changed(loaded), _path(out, loaded.job))]

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
    return out / f"{job.name}{'.jpg' if job.picture.suffix.lower() in _JPEG else '.png'}"


def _save(pixels: Pixels, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (save_jpeg if path.suffix.lower() in _JPEG else save_png)(pixels, path)
