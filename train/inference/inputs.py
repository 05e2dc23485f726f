"""Which pictures are to be looked at, which background belongs to each, and how both are brought to one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bgfg.data_manifests.corpus.naming import Name, parse
from bgfg.data_manifests.images.listing import list_folders
from bgfg.data_manifests.images.pictures import read_rgb
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.prefetch import ahead
from bgfg.train.inference.align import find_alignment, laid_over
from bgfg.train.models.model_card import Card
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

_AHEAD = 2


@dataclass(frozen=True)
class Job:
    """A picture to be looked at. name: its file's, without suffix. background: that of the empty scene, if used."""

    name: str
    picture: Path
    background: Path | None = None


@dataclass(frozen=True)
class Loaded:
    """A job with its pixels: a picture and, where one is used, the background that fits it, (H, W, 3) uint8 RGB."""

    job: Job
    picture: Pixels
    background: Pixels | None = None


def jobs_of(source: Path, background: Path | None, card: Card) -> list[Job]:
    """Return the jobs of a picture, or of a folder of pictures.

    background: one for all, or a folder with one under the name of each picture, whatever its suffix, or, of pictures
    that bgfg composed, under that of its background: bg001 for bg001_fg002_003. Raises Problem,
    with a line for each that is to be mended, where there is none and the model needs it, or the other way round.
    """
    require_background(source, background, card)
    pictures = _pictures("IMAGE", source)
    by_name: dict[str, Path] = {}
    for path in pictures:
        if path.stem in by_name:
            raise Problem(f"{path}: {by_name[path.stem].name} has the same name, and so would its results: rename one")
        by_name[path.stem] = path
    if background is not None and not background.exists():
        raise Problem(f"--background {background}: no such file or folder: check the path", exit_code=2)
    if background is None or not background.is_dir():
        return [Job(name, path, background) for name, path in by_name.items()]
    there = {path.stem: path for path in _pictures("--background", background)}
    if len(by_name) == len(there) == 1:
        there = dict(zip(by_name, there.values(), strict=True))
    behind = {name: there.get(name, there.get(_background_name(path))) for name, path in by_name.items()}
    lonely = [path for name, path in by_name.items() if behind[name] is None]
    if lonely:
        raise Problem(
            *(f"{path}: no background {path.stem}.* in {background}: put it there" for path in lonely[:5]),
            *([f"... and {len(lonely) - 5} more pictures without a background"] if len(lonely) > 5 else []),
        )
    return [Job(name, path, behind[name]) for name, path in by_name.items()]


def _background_name(picture: Path) -> str:
    """Return the name, without suffix, of the background of a composite that is named as bgfg does; "" of another."""
    known = parse(picture.name)
    if known is None or known[0].kind != "image":
        return ""
    return Path(str(Name("bg", known[0].background))).stem


def load_all(jobs: Sequence[Job], align: bool) -> Iterator[Loaded | Problem]:
    """Yield the jobs with their pixels, or why they can't be had, read by a thread that works ahead.

    align: whether backgrounds are laid over their pictures first.
    """

    def loaded_or_problem(job: Job) -> Loaded | Problem:
        try:
            return load(job, align)
        except Problem as problem:
            return problem

    yield from ahead(map(loaded_or_problem, jobs), _AHEAD)


def load(job: Job, align: bool) -> Loaded:
    """Return a job with its pixels; raise Problem where they can't be read, or don't belong together."""
    picture = read_rgb(job.picture)
    if job.background is None:
        return Loaded(job, picture)
    return Loaded(job, picture, fitting(picture, job.picture, read_rgb(job.background), job.background, align))


def fitting(picture: Pixels, picture_path: Path, background: Pixels, background_path: Path, align: bool) -> Pixels:
    """Return a background of the picture's size.

    Raises Problem, naming both files, where it has another one and isn't to be aligned, or where it can't be.
    """
    if align:
        found = find_alignment(background, picture)
        if found.matrix is None:
            again = "give a shot of the same scene from the same place"
            raise Problem(f"{background_path}: can't be laid over {picture_path} ({found.why}): {again}")
        return laid_over(background, picture, found.matrix)
    if background.shape != picture.shape:
        sizes = " and ".join(f"{path} {p.shape[1]}×{p.shape[0]}" for path, p in (
            (background_path, background), (picture_path, picture)))  # fmt: skip
        raise Problem(f"{sizes} px: a background is never stretched: give --align, or a shot of the picture's size")
    return background


def require_background(source: Path, background: Path | None, card: Card) -> None:
    """Raise Problem where a model needs a background and there is none, or the other way round."""
    if card.needs_background and background is None:
        raise Problem(
            f"{source}: {card.name} compares two shots: give the one of the empty scene too, --background FILE|FOLDER",
            exit_code=2,
        )
    if background is not None and not card.needs_background:
        raise Problem(
            f"--background {background}: {card.name} looks at the picture alone: leave the option out", exit_code=2
        )


def _pictures(option: str, source: Path) -> list[Path]:
    """Return a picture, or those of a folder."""
    if source.is_dir():
        (found,), _ = list_folders([(option, source)])
        return found
    if not source.exists():
        raise Problem(f"{option} {source}: no such file or folder: check the path", exit_code=2)
    return [source]
