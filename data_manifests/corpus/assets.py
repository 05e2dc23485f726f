"""Assets from folders of pictures: a row for each background, cut-out and flip, and the arrays prepared of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.classes import DEFAULT_LABEL, sorted_classes
from bgfg.data_manifests.corpus.duplicates import duplicate_groups
from bgfg.data_manifests.corpus.picture_remarks import CutoutCheck, cutout_remarks, no_check, picture_remarks
from bgfg.data_manifests.corpus.prepared_assets import Asset, AssetKind, AssetRemark, PreparedAssets
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.images import fit_to_frame, image_io
from bgfg.data_manifests.images.class_folders import PLAIN_FOLDERS, ClassFolders
from bgfg.data_manifests.images.cutout_defects import FixedCutout, fix_cutout
from bgfg.data_manifests.images.decode import PictureError, StrPath, UnreadPicture, reading_bytes
from bgfg.data_manifests.images.depth_over_picture import turn_with_picture
from bgfg.data_manifests.images.listing import depth_maps_by_stem, ignored_note, list_folders, natural_key
from bgfg.data_manifests.images.wide_values import significant_bits
from bgfg.data_manifests.machine.memory_room import MemoryRoom
from bgfg.data_manifests.terminal.errors import Problem, lines_by_reason, printable
from bgfg.data_manifests.terminal.progress import Progress, no_progress

_TURNED = "have a depth map that lay as the sensor does: turned with its photo"


@dataclass(frozen=True)
class _Source:
    """A usable file: its size and hash, and the pixels prepared from it."""

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


def prepare_assets(
    bg_dir: StrPath,
    fg_dir: StrPath,
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
) -> PreparedAssets:
    """Prepare every picture in the folders, in natural order of their names (img2 before img10).

    Args:
        bg_dir: Folder of the backgrounds.
        fg_dir: Folder of the cut-outs.
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
    folders = [("--bg", Path(bg_dir)), ("--fg", Path(fg_dir))]
    if bg_depth_dir is not None:
        folders.append(("--bg-depth", Path(bg_depth_dir)))
    listings, notes = list_folders(folders, {"--fg": classes.list_cutouts})
    labels = {path: classes.label_of(path, Path(fg_dir)) or DEFAULT_LABEL for path in listings[1]}
    sorted_classes(labels.values())
    depth_maps = depth_maps_by_stem(listings[2]) if bg_depth_dir is not None else None
    if depth_maps is not None and (strays := depth_maps.keys() - {path.stem for path in listings[0]}):
        notes.append(ignored_note(folders[2][1], "depth maps without a background", sorted(strays, key=natural_key)))

    bits = [significant_bits(listing) for listing in listings[:2]]
    notes += [f"{option} {folder}: {b.note()}" for (option, folder), b in zip(folders, bits, strict=False) if b.note()]

    def background(path: Path) -> _Source:
        return _prepare_background(path, bits[0].bits, depth_maps, height_px, width_px, depth_scale_m)

    def cutout(path: Path) -> _Source:
        fitted_px = cutout_height_px, height_px, width_px
        file = printable(path.relative_to(fg_dir).as_posix())
        return _prepare_cutout(path, file, labels[path], bits[1].bits, fitted_px, fix_cutouts, check_cutout)

    def background_bytes(path: Path) -> int:
        return max(map(reading_bytes, (path, *(depth_maps or {}).get(path.stem, []))))  # read one after the other

    steps = (background, background_bytes, "backgrounds"), (cutout, image_io.cutout_bytes, "cut-outs")
    (backgrounds, bad_backgrounds), (cutouts, bad_cutouts) = (
        _attempt_all(*step, listing, workers, progress) for step, listing in zip(steps, listings, strict=False)
    )
    bad = bad_backgrounds + bad_cutouts
    _refuse(bad, skip_bad, {folders[0]: len(backgrounds), folders[1]: len(cutouts)})
    cutout_array, cutout_sizes_px = _stack_cutouts(cutouts)
    return PreparedAssets(
        assets=(*_background_rows(backgrounds, workers), *_cutout_rows(cutouts, workers)),
        background=np.stack([source.pixels for source in backgrounds]),
        cutout=cutout_array,
        cutout_sizes_px=cutout_sizes_px,
        background_depth=_stack_depth(backgrounds) if depth_maps is not None else None,
        left_out=tuple((error.path, error.reason) for error in bad),
        notes=tuple(notes),
        remarks=tuple(remark for source in (*backgrounds, *cutouts) for remark in source.remarks),
        cutout_fixes={source.file: source.fixes for source in cutouts if source.fixes} if fix_cutouts else None,
    )


def _prepare_background(
    path: Path,
    bits: int,
    depth_maps: Mapping[str, list[Path]] | None,
    height_px: int,
    width_px: int,
    depth_scale_m: float,
) -> _Source:
    seen = image_io.read_background(path, bits)
    shape, fitted = seen.pixels.shape, fit_to_frame.fit_background(seen.pixels, height_px, width_px)
    file, size = printable(path.name), (shape[1], shape[0])
    source = _Source(file, *size, file_sha256(path), fitted, picture_remarks("background", file, seen, fitted))
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
) -> _Source:
    """Prepare a cut-out. fitted_px: height that is wanted, height and width of the frame."""
    seen = image_io.read_cutout(path, bits)
    fixed = fix_cutout(seen.pixels) if fix else FixedCutout(seen.pixels, ())
    seen = seen._replace(pixels=fixed.rgba)  # so that the picture as it was is let go
    fitted = fit_to_frame.fit_cutout(fixed.rgba, *fitted_px, path)
    height_px, width_px = fixed.rgba.shape[:2]
    remarks = cutout_remarks(file, seen, fitted, check)
    return _Source(file, width_px, height_px, file_sha256(path), fitted, remarks, fixed.done, label=label)


def _attempt_all(
    prepare: Callable[[Path], _Source],
    bytes_of: Callable[[Path], int],
    title: str,
    paths: Sequence[Path],
    workers: int,
    progress: Progress,
) -> tuple[list[_Source], list[PictureError]]:
    """Prepare all files on threads (Pillow and OpenCV release the GIL): one photo in each, or one large one in all."""
    room = MemoryRoom()

    def attempt(path: Path) -> _Source | PictureError:
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
    return [r for r in results if isinstance(r, _Source)], [r for r in results if isinstance(r, PictureError)]


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


def _background_rows(sources: Sequence[_Source], workers: int) -> list[Asset]:
    return [_row("background", b, source, group) for b, (source, group) in enumerate(_grouped(sources, workers))]


def _cutout_rows(sources: Sequence[_Source], workers: int) -> list[Asset]:
    rows = []
    for c, (source, group) in enumerate(_grouped(sources, workers)):
        rows.append(_row("cutout", 2 * c, source, 2 * group))
        rows.append(_row("cutout", 2 * c + 1, source, 2 * group, flip_of=2 * c))
    return rows


def _grouped(sources: Sequence[_Source], workers: int) -> Iterator[tuple[_Source, int]]:
    groups = duplicate_groups([source.pixels for source in sources], [source.sha256 for source in sources], workers)
    return zip(sources, groups, strict=True)


def _row(kind: AssetKind, number: int, source: _Source, group: int, flip_of: int | None = None) -> Asset:
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
    )


def _stack_cutouts(sources: Sequence[_Source]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    sizes = np.array([s.pixels.shape[:2] for s in sources for _ in range(2)], dtype=np.int32)
    cutouts = np.zeros((len(sizes), *sizes.max(axis=0), 4), np.uint8)
    for c, source in enumerate(sources):
        h, w = source.pixels.shape[:2]
        cutouts[2 * c, :h, :w] = source.pixels
        cutouts[2 * c + 1, :h, :w] = fit_to_frame.flip(source.pixels)
    return cutouts, sizes


def _stack_depth(sources: Sequence[_Source]) -> NDArray[np.uint16]:
    return np.stack([source.depth_mm for source in sources if source.depth_mm is not None])
