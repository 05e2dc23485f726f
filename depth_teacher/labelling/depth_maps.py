"""Depth maps of a folder of pictures: 16-bit millimetre PNGs, and a sheet of the first ones in colours."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.origin import Origin, origin_of
from bgfg.data_manifests.images.decode import PictureError, UnreadPicture, reading_bytes
from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.data_manifests.images.image_writing import save_depth_png, save_png
from bgfg.data_manifests.images.listing import list_folders
from bgfg.data_manifests.images.panels import panel_grid, panel_row
from bgfg.data_manifests.images.strips import by_strips, resized_strips
from bgfg.data_manifests.terminal.errors import Problem, folded
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.ops.prefetch import prefetch_within
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.synth.store.lock import results_folder
from bgfg.synth.store.outputs import require_apart, require_folder, require_own_file

DEPTH_SHEET = "depth_sheet.png"

_WORK = "depth"
_SHEET_ROWS = 24
_SHEET_COLUMNS = 4
_PANEL_PX = 160
_GAP_PX = 4
_PICTURES_AHEAD = 4
_BYTES_PER_PIXEL = 8  # at least, of a picture and its map
_FARTHEST_MM = 65_535
_SIZES_PX = ((480, 640), (640, 480))  # of pictures, by which what a teacher looks at is told


def write_depth_maps(
    folder: Path, out: Path, teacher: PictureTeacher, progress: Progress, skip_bad: bool = False
) -> tuple[int, list[str]]:
    """Write the depth of every picture of a folder as NAME.png, 16-bit millimetres at the picture's size.

    A sheet in colours beside them, `depth_sheet.png`, shows the first 24. A picture that can't be used doesn't keep the
    others from getting theirs. The maps of the same teacher that are there are made again.

    Args:
        folder: Pictures.
        out: Folder of the depth maps, made where there is none.
        teacher: What sees depth.
        progress: What shows progress.
        skip_bad: Whether pictures that can't be used are left out, and are no error.

    Returns:
        How many depth maps were written, and a line on each picture that was left out.

    Raises:
        Problem: Pictures can't be used, a line for each, when the others are done; or before: as `require_depth_folder`
            says, or the teacher gives no metres, or the maps that are there are of another one.
    """
    if not teacher.is_metric:
        raise Problem(
            "--teacher: gives depth without a unit, which no 16-bit millimetres can hold: give a metric model"
        )
    names = require_depth_folder(folder, out)
    origin = _origin(teacher)
    for path in _maps(names, out):
        if origin_of(path) not in (None, origin):
            raise Problem(
                f"{path}: is of another teacher or other options: give another OUT, or remove it", exit_code=2
            )
    with results_folder(out):
        return _write_all(names, folder, out, teacher, progress, skip_bad)


def require_depth_folder(folder: Path, out: Path) -> dict[str, Path]:
    """Check where depth maps go before a teacher is loaded.

    Args:
        folder: Pictures.
        out: Folder of the depth maps.

    Returns:
        The pictures by the names of their depth maps, without suffix.

    Raises:
        Problem: Two pictures have one name; `out` and `folder` lie within one another; `out` is something else, can't
            be written to, or another process does; or a file there that isn't bgfg's would be written over.
    """
    require_apart(out, "OUT", ("FOLDER", folder))
    names = _by_stem(folder)
    for path in _maps(names, out):
        require_own_file(path, Origin(_WORK), "OUT")
    require_folder(out, "OUT")
    return names


def _maps(names: dict[str, Path], out: Path) -> list[Path]:
    return [*(out / f"{stem}.png" for stem in names), out / DEPTH_SHEET]


def _origin(teacher: PictureTeacher) -> Origin:
    """Return the origin of a teacher's maps, which depend on the size that it brings pictures to as well."""
    looked_at = [list(teacher.input_px(*size_px)) for size_px in _SIZES_PX]
    return Origin.with_options(_WORK, {**teacher.describe(), "looks_at": looked_at})


def _write_all(
    names: dict[str, Path], folder: Path, out: Path, teacher: PictureTeacher, progress: Progress, skip_bad: bool
) -> tuple[int, list[str]]:
    origin = _origin(teacher)
    rows: list[NDArray[np.uint8]] = []
    bad: list[PictureError] = []
    written = 0
    with progress(f"depth on {teacher.where}", len(names), 0) as advance:
        for stem, rgb in prefetch_within(_read, names.items(), _bytes_of, _PICTURES_AHEAD):
            advance(1)
            if isinstance(rgb, PictureError):
                bad.append(rgb)
                continue
            size_px, depth_m = rgb.shape[:2], depth_of(rgb, teacher)
            if len(rows) < _SHEET_ROWS:
                coloured = colour_depth(np.nan_to_num(depth_m, nan=0.0), *teacher.range_m)
                rows.append(panel_row([rgb, coloured], _PANEL_PX))
            del rgb  # a large picture is let go before its map is made
            # Flushed one by one: what a power cut tore would not say whose it is.
            save_depth_png(_millimetres_at(depth_m, *size_px), out / f"{stem}.png", origin)
            written += 1
    if rows:
        save_png(panel_grid(rows, _SHEET_COLUMNS, _GAP_PX), out / DEPTH_SHEET, origin=origin)
    refused = [e for e in bad if not (skip_bad and written) or isinstance(e, UnreadPicture)]
    if refused:
        aside = ", or move it away" + ("" if skip_bad else ", or pass --skip-bad")
        hints = (f"{e.remedy}{'' if isinstance(e, UnreadPicture) else aside}." for e in refused)
        raise Problem(*folded([f"{e.path}: {e.reason}. {h}" for e, h in zip(refused, hints, strict=True)], folder))
    return written, folded([f"{e.path}: left out: {e.reason}" for e in bad], folder)


def _read(file: tuple[str, Path]) -> tuple[str, NDArray[np.uint8] | PictureError]:
    """Return the name of a depth map and its picture (H, W, 3), or why that can't be used."""
    try:
        return file[0], read_rgb(file[1])
    except PictureError as error:
        return file[0], error


def _bytes_of(file: tuple[str, Path]) -> int:
    return reading_bytes(file[1], _BYTES_PER_PIXEL)


def depth_of(rgb: NDArray[np.uint8], teacher: PictureTeacher) -> NDArray[np.float32]:
    """Return the depth of a picture at the teacher's size, (Hd, Wd) metres."""
    depth_m: NDArray[np.float32] = next(iter(teacher.predict_batches([rgb[None]])))[0]
    return depth_m


def _by_stem(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder by the names of their depth maps; raise Problem where two have one."""
    (pictures,), _ = list_folders([("FOLDER", folder)])
    names: dict[str, Path] = {}
    for path in pictures:
        if path.stem in names or f"{path.stem}.png" == DEPTH_SHEET:
            raise Problem(f"{path}: another depth map would have the name {path.stem}.png: rename it")
        names[path.stem] = path
    return names


def _millimetres_at(depth_m: NDArray[np.float32], height_px: int, width_px: int) -> NDArray[np.uint16]:
    """Return depth (h, w) in metres at another size, bilinearly, as `metres_to_millimetres` has it."""
    depth_mm = np.empty((height_px, width_px), np.uint16)
    for rows, strip_m in resized_strips(depth_m, height_px, width_px):
        depth_mm[rows] = metres_to_millimetres(strip_m)
    return depth_mm


def metres_to_millimetres(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return metres (n, ...) as uint16 millimetres, 0 for what isn't known, at most 65,535."""

    def converted(strip_m: NDArray[np.float32]) -> NDArray[np.float64]:
        known = np.isfinite(strip_m) & (strip_m > 0)
        return np.clip(np.round(np.where(known, strip_m, 0) * 1000.0), known.astype(np.float64), _FARTHEST_MM)

    return by_strips(depth_m, converted, np.uint16)
