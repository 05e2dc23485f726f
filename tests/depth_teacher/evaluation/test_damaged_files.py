"""Damaged files of pictures and depth: each is read, or refused in one line that names it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.depth_teacher.evaluation.depth_files import may_hold_depth, read_depth_m
from bgfg.depth_teacher.evaluation.metrics import EvalProtocol
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from bgfg.depth_teacher.evaluation.rgbd_files import read_pair
from tests.depth_teacher.evaluation.test_depth_files import save_mat, save_mat_7_3, save_npz, save_pfm
from tests.support import references
from tests.support.doors import damaged, refusal
from tests.support.rgbd_pairs import pairs_of

H, W = 6, 8
DEPTH_M = np.linspace(1, 3, H * W, dtype=np.float32).reshape(H, W)
RGB = references.picture(H, W, 0)
FUZZ = settings(derandomize=True, suppress_health_check=list(HealthCheck))

FORMS: dict[str, Callable[[Path], None]] = {
    "d.npy": lambda path: np.save(path, DEPTH_M),
    "fortran.npy": lambda path: np.save(path, np.asfortranarray(DEPTH_M)),
    "d.npz": lambda path: save_npz(path, depth=DEPTH_M, K=np.eye(3)),
    "d.pfm": lambda path: save_pfm(path, DEPTH_M),
}


@pytest.mark.parametrize("name", FORMS)
@FUZZ
@given(data=st.data())
def test_depth_is_read_or_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    FORMS[name](tmp_path / name)
    (tmp_path / name).write_bytes(data.draw(damaged((tmp_path / name).read_bytes())))
    may_hold_depth(tmp_path / name)
    line = refusal(lambda: read_depth_m(tmp_path / name, None))
    assert line == "" or line.startswith(str(tmp_path / name))


@FUZZ
@given(data=st.data())
def test_pictures_in_arrays_are_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    np.save(tmp_path / "rgb.npy", RGB / 255)
    np.save(tmp_path / "d.npy", DEPTH_M)
    (tmp_path / "rgb.npy").write_bytes(data.draw(damaged((tmp_path / "rgb.npy").read_bytes())))
    line = refusal(lambda: read_pair("a", tmp_path / "rgb.npy", tmp_path / "d.npy", None))
    assert line == "" or str(tmp_path) in line


@pytest.mark.parametrize("packed", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@FUZZ
@given(data=st.data())
def test_nyus_zip_is_read_or_refused(tmp_path: Path, packed: int, data: st.DataObject) -> None:
    pair: dict[str, NDArray] = {
        "rgb": np.stack([RGB] * 2),
        "depth": np.stack([DEPTH_M] * 2),
    }
    path = tmp_path / "nyu.zip"
    with zipfile.ZipFile(path, "w", packed) as file:
        for name, values in (pair | {"crop": np.array([1, 4, 1, 6])}).items():
            with file.open(f"eigen_test_{name}.npy", "w") as stream:
                np.lib.format.write_array(stream, values)
    path.write_bytes(data.draw(damaged(path.read_bytes())))

    def read() -> None:
        found = open_rgbd(path)
        for pair in pairs_of(found):
            EvalProtocol(crop=found.crop).valid_mask(pair.depth_m)

    line = refusal(read)
    assert line == "" or line.startswith((str(path), "a picture of"))


@pytest.mark.parametrize("save", [save_mat, save_mat_7_3])
@settings(FUZZ, max_examples=3)  # each in a process of its own
@given(data=st.data())
def test_matlabs_files_are_read_or_refused(tmp_path: Path, save: Callable[..., None], data: st.DataObject) -> None:
    save(tmp_path / "d.mat", depth=DEPTH_M)
    (tmp_path / "d.mat").write_bytes(data.draw(damaged((tmp_path / "d.mat").read_bytes())))
    line = refusal(lambda: read_depth_m(tmp_path / "d.mat", None))
    assert line == "" or line.startswith(str(tmp_path / "d.mat"))
