"""Readers of measured depth: arrays of NumPy and MATLAB, maps of floating-point numbers, NYU's files."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from numpy.typing import NDArray

from bgfg.depth_teacher.evaluation.depth_files import may_hold_depth, read_depth_m
from bgfg.depth_teacher.evaluation.mat_arrays import mat_plane
from bgfg.depth_teacher.evaluation.metrics import EvalProtocol
from bgfg.depth_teacher.evaluation.nyu_labelled import nyu_frames
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from bgfg.depth_teacher.evaluation.rgbd_files import read_pair
from tests.faults.hostile.layers import zip_member
from tests.faults.hostile.readers import Layer, Reader, Stock, Target, in_file
from tests.support import references
from tests.support.rgbd_pairs import pairs_of

_H, _W = 6, 8
_BEFORE_MAT_7_3_BYTES = 512
# Readers that run in a process of their own are handed many inputs within this one, and a few through their door.
_BY_THE_DOOR = 500


def _make(folder: Path) -> None:
    depth_m = np.linspace(1, 3, _H * _W, dtype=np.float32).reshape(_H, _W)
    rgb = references.picture(_H, _W, 0)
    np.save(folder / "c.npy", depth_m)
    np.save(folder / "fortran.npy", np.asfortranarray(depth_m))
    np.save(folder / "mm.npy", (1000 * depth_m).astype(np.uint16)[..., None])
    np.save(folder / "rgb.npy", rgb / 255)
    np.savez(folder / "c.npz", depth=depth_m, K=np.eye(3))
    np.savez_compressed(folder / "packed.npz", depth=depth_m)
    (folder / "c.pfm").write_bytes(b"Pf\n%d %d\n-1.0\n" % (_W, _H) + depth_m[::-1].tobytes())
    scipy.io.savemat(folder / "v5.mat", {"depth": depth_m, "about": {"K": np.eye(3), "name": "a room"}})
    scipy.io.savemat(folder / "packed.mat", {"depth": depth_m}, do_compression=True)
    _save_hdf5(folder / "v7.mat", {"depth": depth_m})
    frames: dict[str, NDArray[Any]] = {
        "images": np.stack([rgb.transpose(2, 1, 0)] * 2),
        "depths": np.stack([depth_m.T] * 2),
    }
    _save_hdf5(folder / "labelled.mat", frames)
    for name, packed in (("stored.zip", zipfile.ZIP_STORED), ("deflated.zip", zipfile.ZIP_DEFLATED)):
        _save_nyu(folder / name, packed, rgb, depth_m)


def _save_nyu(path: Path, packed: int, rgb: NDArray[np.uint8], depth_m: NDArray[np.float32]) -> None:
    arrays: dict[str, NDArray[Any]] = {
        "rgb": np.stack([rgb] * 2),
        "depth": np.stack([depth_m] * 2),
        "crop": np.array([1, 4, 1, 6]),
    }
    with zipfile.ZipFile(path, "w", packed) as file:
        for name, values in arrays.items():
            with file.open(f"eigen_test_{name}.npy", "w") as stream:
                np.lib.format.write_array(stream, values)


def _save_hdf5(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    import h5py

    with h5py.File(path, "w", userblock_size=_BEFORE_MAT_7_3_BYTES) as file:
        for name, values in arrays.items():
            file[name] = values
        file.create_dataset("packed", data=np.eye(5), chunks=(2, 5), compression="gzip")
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file")


DEPTH = Stock("depth", _make, ("h5py", "scipy.io", "scipy.io.matlab"))


def _files(*names: str, layers: Callable[[str], dict[str, Layer]] = lambda name: {}) -> Callable[[Path], list[Target]]:
    def target(path: Path) -> Target:
        return in_file(path, lambda: read_depth_m(path, None), lambda: may_hold_depth(path), layers=layers(path.name))

    return lambda folder: [target(folder / name) for name in names]


def _rgb_arrays(folder: Path) -> list[Target]:
    return [in_file(folder / "rgb.npy", lambda: read_pair("a", folder / "rgb.npy", folder / "c.npy", None))]


def _nyu_zips(folder: Path) -> list[Target]:
    def read(path: Path) -> None:
        found = open_rgbd(path)
        for pair in pairs_of(found):
            EvalProtocol(crop=found.crop).valid_mask(pair.depth_m)

    members = {name: zip_member(f"eigen_test_{name}.npy") for name in ("rgb", "depth", "crop")}
    return [
        in_file(path, partial(read, path), layers=members) for path in (folder / "stored.zip", folder / "deflated.zip")
    ]


def _within(read: Callable[[str], object], path: Path) -> Target:
    def all_items() -> None:
        for _ in read(str(path)):  # type: ignore[attr-defined]
            pass

    return in_file(path, all_items)


def _mat_files(folder: Path) -> list[Target]:
    return [_within(lambda name: mat_plane(name, None), folder / name) for name in ("v5.mat", "packed.mat", "v7.mat")]


def _nyu_labelled(folder: Path) -> list[Target]:
    return [_within(lambda name: nyu_frames(name, False), folder / "labelled.mat")]


def _mat_doors(folder: Path) -> list[Target]:
    for name in ("v5.mat", "v7.mat", "labelled.mat"):
        shutil.copyfile(folder / name, folder / f"door-{name}")
    labelled = folder / "door-labelled.mat"
    return [
        *_files("door-v5.mat", "door-v7.mat")(folder),
        in_file(labelled, lambda: list(open_rgbd(labelled).read())),
    ]


READERS = [
    Reader("npy", DEPTH, _files("c.npy", "fortran.npy", "mm.npy")),
    Reader("npy-pictures", DEPTH, _rgb_arrays),
    Reader("npz", DEPTH, _files("c.npz", "packed.npz", layers=lambda _: {"member": zip_member("depth.npy")})),
    Reader("pfm", DEPTH, _files("c.pfm")),
    Reader("nyu-zips", DEPTH, _nyu_zips),
    Reader("mat", DEPTH, _mat_files, is_limited=True),
    Reader("nyu-labelled", DEPTH, _nyu_labelled, is_limited=True),
    Reader("mat-doors", DEPTH, _mat_doors, inputs=_BY_THE_DOOR),
]
