"""Source pictures: the files of folders of backgrounds and cut-outs, read, checked and brought to their sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL, sorted_classes
from bgfg.data_manifests.assets.picture_remarks import CutoutCheck, cutout_remarks, no_check, picture_remarks
from bgfg.data_manifests.assets.prepared_assets import AssetRemark
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images import image_reading
from bgfg.data_manifests.images.class_folders import PLAIN_FOLDERS, ClassFolders
from bgfg.data_manifests.images.cutout_defects import FixedCutout, fix_cutout
from bgfg.data_manifests.images.decode import PictureError, StrPath, UnreadPicture, reading_bytes
from bgfg.data_manifests.images.depth_over_picture import turn_with_picture
from bgfg.data_manifests.images.listing import depth_maps_by_stem, ignored_note, list_folders, natural_key
from bgfg.data_manifests.images.resampling import fit_to_frame
from bgfg.data_manifests.images.resampling.frame_geometry import centre_crop_box
from bgfg.data_manifests.images.wide_values import significant_bits
from bgfg.data_manifests.machine.memory_room import MemoryRoom
from bgfg.data_manifests.terminal.errors import Problem, lines_by_reason, printable
from bgfg.data_manifests.terminal.progress import Progress, no_progress

_TURNED = "have a depth map that lay as the sensor does: turned with its photo"


@dataclass(frozen=True)
class SourcePicture:
    """A usable file: its size and hash, and the pixels prepared from it.

    Attributes:
        file: Its name.
        width_px: Its width.
        height_px: Its height.
        sha256: SHA-256 of the file.
        pixels: (H, W, 3) uint8 RGB of a background, (h, w, 4) uint8 RGBA of a cut-out, as prepared.
        remarks: What was noticed about it.
        fixes: What was undone of its defects.
        depth_file: Name of its depth map.
        depth_sha256: SHA-256 of that file.
        depth_mm: (H, W) uint16, 0 unknown, as prepared.
        label: Class of a cut-out.
    """

    file: str
    width_px: int
    height_px: int
    sha256: str
    pixels: NDArray[np.uint8]
    remarks: tuple[AssetRemark, ...] = ()
    fixes: tuple[str, ...] = ()
    depth_file: str | None = None
    depth_sha256: str | None = None
    depth_mm: NDArray[np.uint16] | None = None
    label: str | None = None
    focal_px: float | None = None


@dataclass(frozen=True)
class SourcePictures:
    """The usable pictures of some folders.

    Attributes:
        backgrounds: The backgrounds, in natural order of their names.
        cutouts: The cut-outs, likewise, without flips.
        left_out: (file, reason) of what was skipped.
        notes: A line for each kind of thing that was ignored, or decided for a whole folder.
    """

    backgrounds: Sequence[SourcePicture]
    cutouts: Sequence[SourcePicture]
    left_out: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_sources(
    bg_dir: StrPath | None,
    fg_dir: StrPath | None,
    bg_depth_dir: StrPath | None = None,
    *,
    height_px: int = 224,
    width_px: int = 224,
    cutout_height_px: int = 110,
    depth_scale_m: float = 0.001,
    skip_bad: bool = False,
    fix_cutouts: bool = False,
    classes: ClassFolders = PLAIN_FOLDERS,
    check_cutout: CutoutCheck = no_check,
    workers: int = 1,
    progress: Progress = no_progress,
) -> SourcePictures:
    """Read every picture in the folders and prepare it, in natural order of their names (img2 before img10).

    Args:
        bg_dir: Folder of the backgrounds; None for none.
        fg_dir: Folder of the cut-outs; None for none.
        bg_depth_dir: Folder of the backgrounds' depth maps, under their names; None for no depth.
        height_px: Height of the frame.
        width_px: Width of the frame.
        cutout_height_px: Height of the cut-outs, less where they are too wide for the frame.
        depth_scale_m: Metres that a grey value of 1 of a depth map stands for.
        skip_bad: Leave out unusable files; not those that the system doesn't hand over.
        fix_cutouts: Undo defects of cut-outs: premultiplied colours, haze, transparent margins.
        classes: What the sub-folders of the cut-outs are, and what class the others have.
        check_cutout: A further check of cut-outs, beside those of this room.
        workers: Number of threads.
        progress: Shows how far it is.

    Returns:
        The prepared pictures.

    Raises:
        Problem: Files are unusable, a line for each in all folders; with `skip_bad` only where no background or no
            cut-out remains.
    """
    given = (("--bg", bg_dir), ("--fg", fg_dir), ("--bg-depth", bg_depth_dir))
    folders = {option: Path(folder) for option, folder in given if folder is not None}
    found, notes = list_folders(list(folders.items()), {"--fg": classes.list_cutouts})
    listings = dict(zip(folders, found, strict=True))
    labels = {path: _label_of(classes, path, folders["--fg"]) for path in listings.get("--fg", ())}
    sorted_classes(labels.values())
    depth_maps = depth_maps_by_stem(listings["--bg-depth"]) if bg_depth_dir is not None else None
    if depth_maps is not None and (strays := depth_maps.keys() - {path.stem for path in listings["--bg"]}):
        strangers = sorted(strays, key=natural_key)
        notes.append(ignored_note(folders["--bg-depth"], "depth maps without a background", strangers))

    kinds = [option for option in ("--bg", "--fg") if option in folders]
    bits = {option: significant_bits(listings[option]) for option in kinds}
    notes += [f"{option} {folders[option]}: {b.note()}" for option, b in bits.items() if b.note()]

    def background(path: Path) -> SourcePicture:
        return _prepare_background(path, bits["--bg"].bits, depth_maps, height_px, width_px, depth_scale_m)

    def cutout(path: Path) -> SourcePicture:
        fitted_px = cutout_height_px, height_px, width_px
        file = printable(path.relative_to(folders["--fg"]).as_posix())
        return _prepare_cutout(path, file, labels[path], bits["--fg"].bits, fitted_px, fix_cutouts, check_cutout)

    def background_bytes(path: Path) -> int:
        return max(map(reading_bytes, (path, *(depth_maps or {}).get(path.stem, []))))  # read one after the other

    steps = {
        "--bg": (background, background_bytes, "backgrounds"),
        "--fg": (cutout, image_reading.cutout_bytes, "cut-outs"),
    }
    results = {option: _attempt_all(*steps[option], listings[option], workers, progress) for option in kinds}
    bad = [error for _, errors in results.values() for error in errors]
    _refuse(bad, skip_bad, {(option, folders[option]): len(usable) for option, (usable, _) in results.items()})
    usable = {option: sources for option, (sources, _) in results.items()}
    left_out = tuple((error.path, error.reason) for error in bad)
    return SourcePictures(usable.get("--bg", []), usable.get("--fg", []), left_out, tuple(notes))


def _prepare_background(
    path: Path,
    bits: int,
    depth_maps: Mapping[str, list[Path]] | None,
    height_px: int,
    width_px: int,
    depth_scale_m: float,
) -> SourcePicture:
    seen = image_reading.read_background(path, bits)
    shape, fitted = seen.pixels.shape, fit_to_frame.fit_background(seen.pixels, height_px, width_px)
    file, size = printable(path.name), (shape[1], shape[0])
    remarks, focal_px = picture_remarks("background", file, seen, fitted), None
    if seen.focal_px is not None:
        _, _, _, crop_width_px = centre_crop_box(shape[0], shape[1], height_px, width_px)
        focal_px = seen.focal_px * width_px / crop_width_px
    source = SourcePicture(file, *size, file_sha256(path), fitted, remarks, focal_px=focal_px)
    del seen  # a large picture is let go before its depth map is read
    if depth_maps is None:
        return source
    candidates = depth_maps.get(path.stem, [])
    if len(candidates) != 1:
        names = ", ".join(candidate.name for candidate in candidates)
        reason = f"several depth maps under its name ({names})" if names else "no depth map under its name (16-bit PNG)"
        raise PictureError(path, reason, "Give it one in --bg-depth")
    depth_path = candidates[0]
    try:
        lying_mm = image_reading.read_depth(depth_path, depth_scale_m)
        depth_mm = turn_with_picture(lying_mm, depth_path, path, shape)
        if depth_mm is not lying_mm:
            turned = AssetRemark("background", file, "note", "depth-turned", _TURNED)
            source = replace(source, remarks=(*source.remarks, turned))
        depth_mm = fit_to_frame.fit_depth(depth_mm, shape, height_px, width_px, depth_path)
    except PictureError as error:
        raise type(error)(path, f"its depth map {error.path}: {error.reason}", error.remedy) from error
    depth_file, depth_sha256 = printable(depth_path.name), file_sha256(depth_path)
    return replace(source, depth_file=depth_file, depth_sha256=depth_sha256, depth_mm=depth_mm)


def _prepare_cutout(
    path: Path, file: str, label: str, bits: int, fitted_px: tuple[int, int, int], fix: bool, check: CutoutCheck
) -> SourcePicture:
    """Prepare a cut-out. fitted_px: height that is wanted, height and width of the frame."""
    seen = image_reading.read_cutout(path, bits)
    fixed = fix_cutout(seen.pixels) if fix else FixedCutout(seen.pixels, ())
    seen = seen._replace(pixels=fixed.rgba)  # so that the picture as it was is let go
    fitted = fit_to_frame.fit_cutout(fixed.rgba, *fitted_px, path)
    height_px, width_px = fixed.rgba.shape[:2]
    remarks = cutout_remarks(file, seen, fitted, check)
    return SourcePicture(file, width_px, height_px, file_sha256(path), fitted, remarks, fixed.done, label=label)


def _label_of(classes: ClassFolders, path: Path, folder: Path) -> str:
    return classes.label_of(path, folder) or DEFAULT_LABEL


def _attempt_all(
    prepare: Callable[[Path], SourcePicture],
    bytes_of: Callable[[Path], int],
    title: str,
    paths: Sequence[Path],
    workers: int,
    progress: Progress,
) -> tuple[list[SourcePicture], list[PictureError]]:
    """Prepare all files on threads (Pillow and OpenCV release the GIL): one photo in each, or one large one in all."""
    room = MemoryRoom()

    def attempt(path: Path) -> SourcePicture | PictureError:
        try:
            with room.taken(bytes_of(path)):
                return prepare(path)
        except PictureError as error:  # a new one: the traceback of this one would keep the photo in memory
            return type(error)(error.path, error.reason, error.remedy)

    results = []
    with ThreadPoolExecutor(workers) as threads, progress(title, len(paths), 0) as advance:
        for result in threads.map(attempt, paths):
            results.append(result)
            advance(1)
    return [r for r in results if isinstance(r, SourcePicture)], [r for r in results if isinstance(r, PictureError)]


def _refuse(bad: Sequence[PictureError], skip_bad: bool, usable: Mapping[tuple[str, Path], int]) -> None:
    refused = [e for e in bad if not skip_bad or isinstance(e, UnreadPicture)]
    if refused:
        aside = {False: ", or move it away, or pass --skip-bad.", True: "."}
        reasons = ((str(e.path), f"{e.reason}. {e.remedy}{aside[isinstance(e, UnreadPicture)]}") for e in refused)
        raise Problem(*lines_by_reason(reasons))
    lines = [
        f"{option} {folder}: no usable picture is left." for (option, folder), count in usable.items() if not count
    ]
    if lines:
        raise Problem(*lines_by_reason((str(e.path), f"{e.reason}. {e.remedy}.") for e in bad), *lines)
