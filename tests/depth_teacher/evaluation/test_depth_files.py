"""Depth maps in every kind of file: the same depth from each, and which array is meant."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.io

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation import mat_arrays
from bgfg.depth_teacher.evaluation.depth_files import metres_of, read_depth_m
from tests.support.sensor_depth import room_m

ROOM_M = room_m().astype(np.float32)


def save_npz(path: Path, **arrays: Any) -> None:
    np.savez_compressed(path, allow_pickle=True, **arrays)


def save_mat(path: Path, **arrays: Any) -> None:
    scipy.io.savemat(path, arrays, do_compression=True)


def save_mat_7_3(path: Path, **arrays: Any) -> None:
    """Write as MATLAB does: HDF5 behind a header of 512 bytes, axes the other way round."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in arrays.items():
            if isinstance(values, dict):
                for field, inner in values.items():
                    file.create_dataset(f"{name}/{field}", data=np.asarray(inner).T, compression="gzip")
            else:
                file.create_dataset(name, data=np.asarray(values).T)
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file")


def save_pfm(path: Path, values: np.ndarray, scale: bytes = b"-1.0", kind: bytes = b"Pf") -> None:
    stored = values[::-1].astype("<f4" if scale.startswith(b"-") else ">f4")
    path.write_bytes(b"%s\n%d %d\n%s\n" % (kind, values.shape[1], values.shape[0], scale) + stored.tobytes())


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read without a process of its own, which takes longer than the reading."""
    monkeypatch.setattr(mat_arrays, "read_limited", lambda path, reader, *rest: reader(str(path), *rest))


FORMS: dict[str, Callable[[Path], None]] = {
    "one.npz": lambda path: save_npz(path, arr_0=ROOM_M),
    "named.npz": lambda path: save_npz(path, rgb=np.zeros((60, 80, 3)), other=ROOM_M * 2, depth=ROOM_M),
    "beside_others.npz": lambda path: save_npz(path, K=np.zeros(9), id=3, z=ROOM_M[None], meta=np.array([{}])),
    "plain.mat": lambda path: save_mat(path, depth=ROOM_M, fov=60.0),
    "structure.mat": lambda path: save_mat(path, data={"rgb": np.zeros((60, 80, 3)), "depth": ROOM_M}),
    "7_3.mat": lambda path: save_mat_7_3(path, depthMap=ROOM_M, K=np.eye(1)),
    "structure_7_3.mat": lambda path: save_mat_7_3(path, data={"rgb": np.zeros((60, 80, 3)), "depth": ROOM_M}),
    "low_first.pfm": lambda path: save_pfm(path, ROOM_M),
    "high_first.pfm": lambda path: save_pfm(path, ROOM_M, b"1"),
}


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", FORMS)
def test_the_same_depth_is_read_from_any_file(tmp_path: Path, name: str) -> None:
    FORMS[name](tmp_path / name)
    depth_m, decided = read_depth_m(tmp_path / name, None)
    assert np.array_equal(depth_m, ROOM_M)
    assert not decided


def test_matlab_files_are_read_in_a_process_of_their_own(tmp_path: Path) -> None:
    save_mat_7_3(tmp_path / "d.mat", depth=ROOM_M)
    assert np.array_equal(read_depth_m(tmp_path / "d.mat", None)[0], ROOM_M)
    (tmp_path / "d.mat").write_bytes((tmp_path / "d.mat").read_bytes()[:700])
    with pytest.raises(Problem, match=r"d\.mat: can't be read as a MATLAB file .*replace it"):
        read_depth_m(tmp_path / "d.mat", None)


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("name", ["d.npz", "d.mat"])
def test_which_of_several_arrays_is_meant_is_asked(tmp_path: Path, name: str) -> None:
    save = save_npz if name.endswith("npz") else save_mat
    save(tmp_path / name, depth_raw=ROOM_M * 2, depth_filled=ROOM_M, rgb=np.zeros((60, 80, 3)))
    with pytest.raises(Problem, match=r"several arrays may be the depth \(depth_raw, depth_filled\).*--depth-key"):
        read_depth_m(tmp_path / name, None)
    assert np.array_equal(read_depth_m(tmp_path / name, None, "depth_filled")[0], ROOM_M)
    with pytest.raises(Problem, match=r"no depth map --depth-key depth; its arrays are depth_raw \(60, 80\), "):
        read_depth_m(tmp_path / name, None, "depth")
    save(tmp_path / name, rgb=np.zeros((60, 80, 3)))
    with pytest.raises(Problem, match=r"holds no depth map \(h, w\); its arrays are rgb \(60, 80, 3\)"):
        read_depth_m(tmp_path / name, None)


def test_nothing_is_unpickled_from_an_npz(tmp_path: Path) -> None:
    save_npz(tmp_path / "d.npz", depth=np.array([[None, {}], [1, 2]], object))
    with pytest.raises(Problem, match="holds no depth map"):
        read_depth_m(tmp_path / "d.npz", None)


def test_the_scale_of_a_pfm_is_told_and_not_applied(tmp_path: Path) -> None:
    save_pfm(tmp_path / "d.pfm", ROOM_M, b"-0.5")
    depth_m, decided = read_depth_m(tmp_path / "d.pfm", None)
    assert np.array_equal(depth_m, ROOM_M)
    assert decided == ["PFM with a scale of 0.5, which isn't applied (--depth-scale)"]


def test_what_is_no_pfm_of_depth_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "d.pfm"
    save_pfm(path, ROOM_M)
    whole = path.read_bytes()
    for data, line in (
        (whole[:-4], "not as long as 80x60 pixels are"),
        (whole + b"x", "not as long as 80x60 pixels are"),
        (whole.replace(b"Pf", b"PF", 1), "three channels"),
        (whole.replace(b"80 60", b"999999999 999999999", 1), "megapixels; those of at most 30 are scored"),
        (whole.replace(b"-1.0", b"0.00", 1), "its header is damaged"),
        (whole.replace(b"-1.0", b"1.1.", 1), "can't be read"),
        (b"", "its header is damaged"),
    ):
        path.write_bytes(data)
        with pytest.raises(Problem, match=line) as caught:
            read_depth_m(path, None)
        assert len(caught.value.lines) == 1


def test_depth_beyond_all_numbers_is_unknown() -> None:
    values = np.array([1e300, np.inf, np.nan, -1, 2.5])
    assert metres_of(values, None).tolist() == [0, 0, 0, 0, 2.5]
    assert metres_of(np.array([0, 1500, 2**32 - 1], np.uint32), None).tolist() == [0, 1.5, 0]


def test_an_archive_of_arrays_that_is_damaged_is_one_line(tmp_path: Path) -> None:
    stream = io.BytesIO()
    np.savez_compressed(stream, depth=ROOM_M)
    data = bytearray(stream.getvalue())
    for broken in (data[:-30], data[: len(data) // 2], b"", data[:200] + bytes([data[200] ^ 255]) + data[201:]):
        (tmp_path / "d.npz").write_bytes(broken)
        with pytest.raises(Problem, match=r"d\.npz.*: damaged, or not a whole zip") as caught:
            read_depth_m(tmp_path / "d.npz", None)
        assert len(caught.value.lines) == 1
