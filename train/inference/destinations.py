"""Where results go, and whether they may: all that can be told before a network is loaded."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from bgfg.data_manifests.files.origin import Origin
from bgfg.data_manifests.images.decode import pixel_count
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.listing import PICTURE_SUFFIXES, VIDEO_SUFFIXES
from bgfg.data_manifests.objects.mirror_folders import mirrored, names_in
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.outputs import RESULTS, require_apart, require_file, require_folder, require_own_file
from bgfg.train.inference.inputs import InputFiles, pair_inputs
from bgfg.train.inference.video_reader import Video, is_video
from bgfg.train.inference.video_writer import FORMATS

# Folders of the results of a prediction; each has a file under the picture's name.
MASKS, DEPTHS, CUTOUTS, CLASSES, SHEETS = "mask", "depth", "cutout", "classes", "side_by_side"
INSTANCES, DETECTIONS, OVERLAYS = "instances", "detections", "overlay"

# What the values in pictures of classes stand for.
LEGEND_FILE = "classes.json"

# Suffixes of the files by folder, where they aren't .png; and of the videos of a video.
SUFFIXES = {OVERLAYS: ".jpg", DETECTIONS: ".json", SHEETS: ".jpg"}
VIDEO_RESULTS = {MASKS: ".mkv", OVERLAYS: ".mp4", SHEETS: ".mp4"}

# Suffixes of --out that mean a single picture.
JPEG_SUFFIXES = (".jpg", ".jpeg")
IMAGE_SUFFIXES = (".png", *JPEG_SUFFIXES)

PREDICTED, EDITED = Origin("predict"), Origin("edit")

_OF_PICTURES = (MASKS, DEPTHS, CUTOUTS, CLASSES, INSTANCES, DETECTIONS, OVERLAYS)
_OF_FRAMES = (DEPTHS, CUTOUTS, CLASSES, INSTANCES, DETECTIONS)
_FRAME = re.compile(r"[0-9]{6,}\.[a-z]+")
_OPTION = "--out"


def predicted_file(out: Path, folder: str, name: str) -> Path:
    """Return where the result of a picture lies that belongs into one of the folders."""
    return out / folder / f"{name}{SUFFIXES.get(folder, '.png')}"


def predicted_files(out: Path, files: InputFiles) -> list[Path]:
    """Return all files that a prediction of a picture may have, whatever the model; the sheet comes last."""
    return [predicted_file(out, folder, files.name) for folder in (*_OF_PICTURES, SHEETS)]


def predicted_video(out: Path, folder: str, video: Path) -> Path:
    """Return where a video of the results of a video lies, of VIDEO_RESULTS."""
    return out / folder / f"{video.stem}{VIDEO_RESULTS[folder]}"


def predicted_frame(out: Path, folder: str, video: Path, number: int) -> Path:
    """Return where the result of a frame lies, since no video holds it."""
    return out / folder / video.stem / f"{number:06d}{SUFFIXES.get(folder, '.png')}"


def edited_file(out: Path, files: InputFiles) -> Path:
    """Return where the edit of a picture lies: as JPEG where the picture is one, and as PNG else."""
    return out / f"{files.name}{'.jpg' if files.picture.suffix.lower() in JPEG_SUFFIXES else '.png'}"


def edited_video(out: Path, video: Path) -> Path:
    """Return where the edit of a video lies; raise Problem where `out` is a file that none can be."""
    if out.suffix.lower() in VIDEO_SUFFIXES and out.suffix.lower() not in FORMATS:
        raise Problem(f"--out {out}: videos are written as {' or '.join(FORMATS)}: give one of these", exit_code=2)
    if out.suffix.lower() in IMAGE_SUFFIXES or (out.suffix.lower() in PICTURE_SUFFIXES and not out.is_dir()):
        raise Problem(
            f"--out {out}: a picture, for a video: give the name of an .mp4 file, or of a folder", exit_code=2
        )
    return out if out.suffix.lower() in FORMATS else out / f"{video.stem}.mp4"


def require_prediction(source: Path, background: Path | None, out: Path) -> None:
    """Check the input of a prediction and the place of its results, before a network is loaded.

    Args:
        source: A picture, a folder of pictures, or a video.
        background: Picture of the empty scene, or a folder of them; None for none.
        out: Folder of the results.

    Raises:
        Problem: An input isn't there, is none, or has no background; or `out` is something else, is held by another
            process, can't be written to, or holds a file that isn't of such results and would be written over.
    """
    inputs = require_inputs(source, background)
    require_folder_name(out, "results are several files: give the name of a folder")
    if is_video(source):
        paths = [predicted_video(out, folder, source) for folder in VIDEO_RESULTS]
        paths.extend(_frames(out, source))
    else:
        paths = [path for files in inputs for path in predicted_files(out, files)]
    _require_results(paths, inputs, out, PREDICTED, source, background)
    require_own_file(out / LEGEND_FILE, PREDICTED, _OPTION)


def require_edit(source: Path, background: Path | None, out: Path) -> None:
    """Check the input of an edit and the place of its results as `require_prediction` does.

    Args:
        source: A picture, a folder of pictures, or a video.
        background: Picture of the empty scene, or a folder of them; None for none.
        out: A file for one picture or a video, else a folder.
    """
    inputs = require_inputs(source, background)
    single = edited_video(out, source) if is_video(source) else out if out.suffix.lower() in IMAGE_SUFFIXES else None
    if single == out:
        if source.is_dir():
            raise Problem(f"--out {out}: a picture, for a folder of them: give the name of a folder", exit_code=2)
        _require_other(inputs, [out])
        require_file(out, EDITED, _OPTION, makes_folder=True)
        return
    if not is_video(source):
        written = f"a picture is written as {', '.join(IMAGE_SUFFIXES)}: give one of these, or the name of a folder"
        several = "results are several files: give the name of a folder"
        require_folder_name(out, several if source.is_dir() else written)
    paths = [single] if single else [edited_file(out, files) for files in inputs]
    _require_results(paths, inputs, out, EDITED, source, background)


def require_inputs(source: Path, background: Path | None, option: str = "IMAGE") -> list[InputFiles]:
    """Return the input files; raise Problem where there are none, or a single one can't be read.

    Args:
        source: A picture, a folder of pictures, or a video.
        background: Picture of the empty scene, or a folder of them; None for none.
        option: What the source is given by on the command line, for messages.
    """
    if is_video(source):
        Video.open(source)
        inputs = [InputFiles(source.stem, source, background)]
        if background is not None and not background.exists():
            raise Problem(f"--background {background}: no such file: check the path", exit_code=2)
        single = [background]
    else:
        inputs = pair_inputs(source, background, option=option)
        single = [inputs[0].picture, inputs[0].background] if len(inputs) == 1 else [background]
    for path in single:
        if path is not None and not path.is_dir() and not pixel_count(path):
            read_rgb(path)  # which says what is wrong with it
    return inputs


def require_folder_name(out: Path, remedy: str, option: str = _OPTION) -> None:
    """Raise Problem where a folder that isn't there, or its URL, would get the name of a picture or a video."""
    found = mirrored(out)
    suffix = out.suffix if found is None else PurePosixPath(found.store.url).suffix
    is_there = out.is_dir() if found is None else bool(names_in(out))
    if suffix.lower() in (*PICTURE_SUFFIXES, *VIDEO_SUFFIXES) and not is_there:
        raise Problem(f"{option} {out}: has the name of a {suffix} file, but {remedy}", exit_code=2)


def _frames(out: Path, video: Path) -> Iterator[Path]:
    """Yield the files of numbered frames that are there."""
    for folder in (out / each / video.stem for each in _OF_FRAMES):
        if folder.is_dir():
            yield from (path for path in sorted(folder.iterdir()) if _FRAME.fullmatch(path.name))


def _require_results(
    paths: Sequence[Path],
    inputs: Sequence[InputFiles],
    out: Path,
    origin: Origin,
    source: Path,
    background: Path | None,
) -> None:
    _require_other(inputs, paths)
    require_apart(out, _OPTION, ("IMAGE", source), ("--background", background), nested=False)
    for path in paths:
        require_own_file(path, origin, _OPTION)
    require_folder(out, _OPTION, RESULTS)


def _require_other(inputs: Sequence[InputFiles], paths: Sequence[Path]) -> None:
    """Raise Problem where a result would be written over one of the pictures that it is made from."""
    read = (path for files in inputs for path in (files.picture, files.background) if path is not None)
    sources = set(map(os.path.realpath, read))
    over = next((path for path in paths if os.path.realpath(path) in sources), None)
    if over is not None:
        raise Problem(f"{over}: would be written over: give another --out", exit_code=2)
