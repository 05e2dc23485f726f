"""Assets from folders of pictures: a row for each background, cut-out and flip, and the arrays prepared of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL, sorted_classes
from bgfg.data_manifests.assets.duplicates import duplicate_groups
from bgfg.data_manifests.assets.picture_remarks import CutoutCheck, cutout_remarks, no_check, picture_remarks
from bgfg.data_manifests.assets.prepared_assets import Asset, AssetKind, AssetRemark, PreparedAssets
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images import image_io
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


def prepare_assets(
    bg_dir: StrPath, fg_dir: StrPath, bg_depth_dir: StrPath | None = None, *, workers: int = 1, **given: Any
) -> PreparedAssets:
    """Prepare every picture in the folders; see `read_sources`.

    Args:
        bg_dir: Folder of the backgrounds.
        fg_dir: Folder of the cut-outs.
        bg_depth_dir: Folder of the backgrounds' depth maps, under their names; None for no depth.
        workers: Number of threads.
        **given: Further arguments of `read_sources`.

    Returns:
        The prepared pictures.
    """
    found = read_sources(bg_dir, fg_dir, bg_depth_dir, workers=workers, **given)
    cutout_array, cutout_sizes_px = stack_cutouts(found.cutouts)
    return PreparedAssets(
        assets=(*_rows("background", found.backgrounds, workers), *_rows("cutout", found.cutouts, workers)),
        background=np.stack([source.pixels for source in found.backgrounds]),
        cutout=cutout_array,
        cutout_sizes_px=cutout_sizes_px,
        background_depth=stack_depth(found.backgrounds) if bg_depth_dir is not None else None,
        left_out=found.left_out,
        notes=found.notes,
        remarks=tuple(remark for source in (*found.backgrounds, *found.cutouts) for remark in source.remarks),
        cutout_fixes=fixes_of(found.cutouts) if given.get("fix_cutouts") else None,
    )


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

    steps = {"--bg": (background, background_bytes, "backgrounds"), "--fg": (cutout, image_io.cutout_bytes, "cut-outs")}
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
    seen = image_io.read_background(path, bits)
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
        lying_mm = image_io.read_depth(depth_path, depth_scale_m)
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
    seen = image_io.read_cutout(path, bits)
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
    with progress(title, len(paths), 0) as advance:
        pool = Parallel(n_jobs=workers, backend="threading", return_as="generator")
        for result in pool(delayed(attempt)(path) for path in paths):
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


def _rows(kind: AssetKind, sources: Sequence[SourcePicture], workers: int) -> list[Asset]:
    groups = duplicate_groups([source.pixels for source in sources], [source.sha256 for source in sources], workers)
    return [row for i, source in enumerate(sources) for row in asset_rows(kind, i, source, groups[i])]


def asset_rows(kind: AssetKind, number: int, source: SourcePicture, group: int) -> list[Asset]:
    """Return the rows of a picture, of a cut-out with that of its flip, without names and splits.

    Args:
        kind: "background" or "cutout".
        number: Number of the picture, flips not counted.
        source: The picture.
        group: The smallest such number in its group of near-duplicates.
    """
    if kind == "background":
        return [_row(kind, number, source, group)]
    c, group = 2 * number, 2 * group
    return [_row(kind, c, source, group), _row(kind, c + 1, source, group, flip_of=c)]


def _row(kind: AssetKind, number: int, source: SourcePicture, group: int, flip_of: int | None = None) -> Asset:
    return Asset(
        kind=kind,
        id=number,
        name="",
        file=source.file,
        flip_of=flip_of,
        width_px=source.width_px,
        height_px=source.height_px,
        sha256=source.sha256,
        depth_file=source.depth_file,
        depth_sha256=source.depth_sha256,
        group=group,
        split=None,
        label=source.label,
        focal_px=source.focal_px,
        focal_from=None if source.focal_px is None else "photo",
    )


def stack_cutouts(sources: Sequence[SourcePicture]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return cut-outs with their flips, (F, h, w, 4) uint8, top-left in the largest box, and their sizes, (F, 2)."""
    sizes = np.array([s.pixels.shape[:2] for s in sources for _ in range(2)], dtype=np.int32)
    cutouts = np.zeros((len(sizes), *sizes.max(axis=0), 4), np.uint8)
    for c, source in enumerate(sources):
        h, w = source.pixels.shape[:2]
        cutouts[2 * c, :h, :w] = source.pixels
        cutouts[2 * c + 1, :h, :w] = fit_to_frame.flip(source.pixels)
    return cutouts, sizes


def stack_depth(sources: Sequence[SourcePicture]) -> NDArray[np.uint16]:
    """Return the depth maps of backgrounds, (B, H, W) uint16."""
    return np.stack([source.depth_mm for source in sources if source.depth_mm is not None])


def fixes_of(sources: Sequence[SourcePicture]) -> dict[str, tuple[str, ...]]:
    """Return file -> what was undone of the defects of a cut-out, of those that had some."""
    return {source.file: source.fixes for source in sources if source.fixes}
