"""RGB-D data: pictures with measured depth, in folders of pairs, or as the zip and the arrays of NYU Depth v2."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.image_io import read_depth_values, read_rgb
from bgfg.data_manifests.images.listing import natural_key
from bgfg.data_manifests.terminal.errors import Problem

# Where data sets put pictures and depth, from the most to the least telling name.
_RGB_FOLDERS = ("rgb", "color", "colour", "image", "images", "rgb_img", "image_2")
_DEPTH_FOLDERS = ("depth", "depths", "depth_gt", "gt", "groundtruth_depth", "sync_depth")
_RGB_ENDS = ("_colors", "_color", "_rgb", "_image")
_DEPTH_ENDS = ("_depth", "_sync_depth")
_RGB_SUFFIXES = {".png", ".jpg", ".jpeg", ".ppm", ".bmp", ".tif", ".tiff", ".webp"}
_DEPTH_SUFFIXES = {".png", ".pgm", ".tif", ".tiff", ".npy"}

# The test data of NYU Depth v2 as DenseDepth's authors hand them out.
_NYU = {name: f"eigen_test_{name}.npy" for name in ("rgb", "depth", "crop")}

_MAX_PIXELS = 200_000_000


@dataclass(frozen=True)
class RgbdPair:
    """A picture and its measured depth.

    Attributes:
        name: That of its files, or its number.
        rgb: (H, W, 3) uint8.
        depth_m: (h, w) float32 metres, 0 unknown.
    """

    name: str
    rgb: NDArray[np.uint8]
    depth_m: NDArray[np.float32]


@dataclass(frozen=True)
class RgbdDataset:
    """Pictures with measured depth, read one at a time.

    Attributes:
        count: How many there are.
        crop: Top, bottom, left and right of what the data set says is to be scored, or None.
        read: Yields the pairs.
    """

    count: int
    crop: tuple[int, int, int, int] | None
    read: Callable[[], Iterator[RgbdPair]]


def open_rgbd(path: Path, scale_m: float = 0.001) -> RgbdDataset:
    """Find pictures with measured depth.

    Args:
        path: A folder of pictures and depth, or NYU's test data as a zip or as arrays in a folder.
        scale_m: Metres of one unit of depth maps of integers (0.001 for millimetres, 1/5000, 1/256 ...); arrays of
            floats are metres.

    Raises:
        Problem: Nothing is found, or a picture has no depth or the other way round.
    """
    if path.is_file() and zipfile.is_zipfile(path):
        return _nyu_zip(path)
    if path.is_dir() and all((path / _NYU[name]).is_file() for name in ("rgb", "depth")):
        return _nyu_folder(path)
    if not path.is_dir():
        raise Problem(f"{path}: neither a folder of pairs nor NYU's zip of arrays: give one of them", exit_code=2)
    files = _paired(path)

    def read() -> Iterator[RgbdPair]:
        for name, (rgb, depth) in files.items():
            yield RgbdPair(name, read_rgb(rgb), _read_depth(depth, scale_m))

    return RgbdDataset(len(files), None, read)


def _paired(path: Path) -> dict[str, tuple[Path, Path]]:
    """Return (picture, depth map) by name, in natural order; from two sub-folders, or from one by the names' ends."""
    rgb_folder, depth_folder = (_subfolder(path, names) for names in (_RGB_FOLDERS, _DEPTH_FOLDERS))
    if rgb_folder and depth_folder:
        rgb = {f.stem: f for f in _files(rgb_folder, _RGB_SUFFIXES)}
        depth = {f.stem: f for f in _files(depth_folder, _DEPTH_SUFFIXES)}
    else:
        rgb = _by_end(_files(path, _RGB_SUFFIXES), _RGB_ENDS)
        depth = _by_end(_files(path, _DEPTH_SUFFIXES), _DEPTH_ENDS)
    if not rgb or not depth:
        raise Problem(
            f"{path}: no pictures with depth: give a folder with rgb/ and depth/, the same names in both", exit_code=2
        )
    for there, other, what in ((rgb, depth, "depth map"), (depth, rgb, "picture")):
        lonely = [file for stem, file in there.items() if stem not in other]
        if lonely:
            raise Problem(f"{lonely[0]}: has no {what} of the same name ({len(lonely)} such): add it, or move it away")
    return {stem: (rgb[stem], depth[stem]) for stem in sorted(rgb, key=natural_key)}


def _subfolder(path: Path, names: tuple[str, ...]) -> Path | None:
    there = {entry.name.lower(): entry for entry in path.iterdir() if entry.is_dir()}
    return next((there[name] for name in names if name in there), None)


def _files(folder: Path, suffixes: set[str]) -> list[Path]:
    return [file for file in folder.iterdir() if file.suffix.lower() in suffixes and not file.name.startswith(".")]


def _by_end(files: list[Path], ends: tuple[str, ...]) -> dict[str, Path]:
    return {file.stem.removesuffix(end): file for file in files for end in ends if file.stem.lower().endswith(end)}


def _read_depth(path: Path, scale_m: float) -> NDArray[np.float32]:
    if path.suffix.lower() != ".npy":
        return (read_depth_values(path) * np.float64(scale_m)).astype(np.float32)
    with path.open("rb") as stream:
        values = next(_frames(path, stream, 2))
    return _metres(values, scale_m)


def _metres(values: NDArray[Any], scale_m: float) -> NDArray[np.float32]:
    metres = values * (1.0 if values.dtype.kind == "f" else scale_m)
    return np.where(np.isfinite(metres) & (metres > 0), metres, 0).astype(np.float32)


def _nyu_folder(path: Path) -> RgbdDataset:
    return _nyu(path, lambda name: (path / _NYU[name]).open("rb"), (path / _NYU["crop"]).is_file())


def _nyu_zip(path: Path) -> RgbdDataset:
    with zipfile.ZipFile(path) as file:
        inside = {Path(member).name: member for member in file.namelist()}
    if not {_NYU["rgb"], _NYU["depth"]} <= inside.keys():
        raise Problem(
            f"{path}: a zip without {_NYU['rgb']} and {_NYU['depth']}: unpack it, and give the folder", exit_code=2
        )

    def member(name: str) -> IO[bytes]:
        return zipfile.ZipFile(path).open(inside[_NYU[name]])

    return _nyu(path, member, _NYU["crop"] in inside)


def _nyu(path: Path, member: Callable[[str], IO[bytes]], has_crop: bool) -> RgbdDataset:
    """Return the pairs of NYU's arrays: rgb (n, H, W, 3) uint8 and depth (n, H, W) metres, read frame by frame."""
    with member("depth") as stream:
        count = _header(path, stream, 3)[0][0]
    crop = None
    if has_crop:
        with member("crop") as stream:
            top, last_row, left, last_column = (int(n) for n in next(_frames(path, stream, 1)))
        crop = (top, last_row + 1, left, last_column + 1)

    def read() -> Iterator[RgbdPair]:
        with ExitStack() as stack:
            rgb, depth = (stack.enter_context(member(name)) for name in ("rgb", "depth"))
            frames = zip(_frames(path, rgb, 4), _frames(path, depth, 3), strict=True)
            for i, (picture, metres) in enumerate(frames):
                yield RgbdPair(f"{i:04d}", picture.astype(np.uint8), _metres(metres, 1.0))

    return RgbdDataset(count, crop, read)


def _header(path: Path, stream: IO[bytes], rank: int) -> tuple[tuple[int, ...], np.dtype]:
    """Read the header of a .npy; raise Problem where it isn't a plain array of numbers of this rank."""
    try:
        version = np.lib.format.read_magic(stream)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, is_fortran, dtype = read(stream)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile) as error:
        raise Problem(f"{path}: not a whole .npy array ({error}): replace it with a whole copy") from error
    pixels = int(np.prod(shape[-3:] if rank == 4 else shape[-2:], dtype=object))
    if len(shape) != rank or is_fortran or dtype.kind not in "uif" or pixels > _MAX_PIXELS:
        raise Problem(f"{path}: an array of {dtype} {shape}, which holds no pictures or depth maps: check the file")
    return shape, dtype


def _frames(path: Path, stream: IO[bytes], rank: int) -> Iterator[NDArray[Any]]:
    """Yield the frames of a .npy of several, or the one array of a .npy of rank 1 or 2; one at a time."""
    shape, dtype = _header(path, stream, rank)
    count, frame_shape = (shape[0], shape[1:]) if rank > 2 else (1, shape)
    frame_bytes = int(np.prod(frame_shape)) * dtype.itemsize
    for i in range(count):
        data = stream.read(frame_bytes)
        if len(data) < frame_bytes:
            raise Problem(f"{path}: cut short at frame {i} of {count}: replace it with a whole copy")
        yield np.frombuffer(data, dtype).reshape(frame_shape)
