"""Depth of any pictures: a folder in, 16-bit millimetre PNGs and a sheet in colours out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from bgfg.data_manifests.images.listing import list_folders
from bgfg.data_manifests.images.pictures import read_rgb, save_depth_png, save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.depth_teacher.measured.sheet import side_by_side, stacked
from bgfg.depth_teacher.ops.prefetch import ahead
from bgfg.depth_teacher.teachers.teacher import PictureTeacher
from bgfg.synth.preview import colour_depth
from numpy.typing import NDArray

SHEET = "depth_sheet.png"

_SHEET_ROWS = 24
_SHEET_COLUMNS = 4
_PICTURES_AHEAD = 4
_FARTHEST_MM = 65_535


def write_depth(folder: Path, out: Path, teacher: PictureTeacher, progress: Progress) -> int:
    """Write the depth of every picture of `folder` to `out` as NAME.png, 16-bit millimetres at the picture's size.

    Returns how many. A sheet in colours beside them, `depth_sheet.png`, shows the first 24. Raises Problem where a
    picture can't be used, two of them have one name, or the teacher gives no metres.
    """
    if not teacher.is_metric:
        raise Problem(
            "--teacher: gives depth without a unit, which no 16-bit millimetres can hold: give a metric model"
        )
    (pictures,), _ = list_folders([("FOLDER", folder)])
    names: dict[str, Path] = {}
    for path in pictures:
        if path.stem in names or f"{path.stem}.png" == SHEET:
            raise Problem(f"{path}: another depth map would have the name {path.stem}.png: rename it")
        names[path.stem] = path
    out.mkdir(parents=True, exist_ok=True)
    rows: list[NDArray[np.uint8]] = []
    with progress(f"depth on {teacher.where}", len(names), 0) as advance:
        for stem, rgb, depth_m in depth_of(names, teacher):
            save_depth_png(millimetres(depth_m), out / f"{stem}.png")
            if len(rows) < _SHEET_ROWS:
                rows.append(side_by_side([rgb, colour_depth(np.nan_to_num(depth_m, nan=0.0), *teacher.range_m)]))
            advance(1)
    save_png(stacked(rows, _SHEET_COLUMNS), out / SHEET)
    return len(names)


def depth_of(
    names: dict[str, Path], teacher: PictureTeacher
) -> Iterator[tuple[str, NDArray[np.uint8], NDArray[np.float32]]]:
    """Yield name, picture (H, W, 3) and depth (H, W) in metres of each file, one at a time: sizes may differ."""
    for stem, rgb in ahead(((stem, read_rgb(path)) for stem, path in names.items()), _PICTURES_AHEAD):
        yield stem, rgb, at_picture_size(next(iter(teacher.stream([rgb[None]])))[0], rgb)


def at_picture_size(depth: NDArray[np.float32], rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return depth (h, w) at the size of a picture (H, W, 3), bilinearly."""
    height_px, width_px = rgb.shape[:2]
    return np.asarray(cv2.resize(depth, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.float32)


def millimetres(depth_m: NDArray[np.float32]) -> NDArray[np.uint16]:
    """Return metres of any shape as uint16 millimetres, 0 for what isn't known, at most 65,535."""
    known = np.isfinite(depth_m) & (depth_m > 0)
    values = np.clip(np.round(np.where(known, depth_m, 0) * 1000.0), known.astype(np.float64), _FARTHEST_MM)
    return values.astype(np.uint16)
