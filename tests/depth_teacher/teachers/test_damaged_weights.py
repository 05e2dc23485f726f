"""Damaged files of weights: each is refused in one line that names it, whatever its library makes of it."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import h5py
import numpy as np
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from bgfg.depth_teacher.teachers.densedepth_weights import load_weights
from bgfg.depth_teacher.teachers.keras_file import open_keras
from tests.support.doors import damaged, refusal

FUZZ = settings(max_examples=15, derandomize=True, suppress_health_check=list(HealthCheck))
WANTED = [("conv2", "kernel"), ("conv2", "bias")]


def write_one_layer(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["layer_names"] = [b"conv2"]
        file.create_group("conv2").attrs["weight_names"] = [b"conv2/kernel:0", b"conv2/bias:0"]
        file["conv2/conv2/kernel:0"] = np.ones((1, 1, 8, 16), np.float32)
        file["conv2/conv2/bias:0"] = np.ones(16, np.float32)


@pytest.mark.parametrize("suffix", [".h5", ".keras"])
@settings(FUZZ, max_examples=3)  # each in a process of its own
@given(data=st.data())
def test_keras_files_are_read_or_refused(tmp_path: Path, suffix: str, data: st.DataObject) -> None:
    path = tmp_path / f"w{suffix}"
    write_one_layer(tmp_path / "inner.h5")
    if suffix == ".h5":
        path.write_bytes((tmp_path / "inner.h5").read_bytes())
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(tmp_path / "inner.h5", "model.weights.h5")
            archive.writestr("config.json", "{}")
    path.write_bytes(data.draw(damaged(path.read_bytes())))

    def read() -> list[Any]:
        with open_keras(path, WANTED) as file:
            return list(file.values)

    line = refusal(read)
    assert line == "" or line.startswith(str(path))


def test_what_pytorch_thinks_of_a_file_is_said_in_the_one_line_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def warn_and_fail(*_: object, **__: object) -> None:
        warnings.warn("pickled in an old way", stacklevel=1)
        raise RuntimeError("cut off")

    (tmp_path / "w.pt").write_bytes(b"x")
    monkeypatch.setattr(torch, "load", warn_and_fail)
    assert "cut off" in refusal(lambda: load_weights(tmp_path / "w.pt"))


@pytest.mark.parametrize("range_m", ["[0.1, 1" + "0" * 400 + "]", "[10, 1]", "[NaN, 1]", "{}", "[1]", "5"])
def test_a_range_that_is_none_is_refused(tmp_path: Path, range_m: str) -> None:
    path = tmp_path / "w.safetensors"
    about = {"format": '"bgfg-densedepth"', "variant": '{"width": 16}', "range_m": range_m}
    save_file({"a": torch.zeros(1)}, path, about)
    assert refusal(lambda: load_weights(path)).startswith(f"{path}: its metadata are damaged")


@pytest.mark.parametrize("form", ["zip.pt", "legacy.pt", "w.safetensors"])
@FUZZ
@given(data=st.data())
def test_weights_of_pytorch_are_refused(tmp_path: Path, form: str, data: st.DataObject) -> None:
    tensors = {"decoder.conv2.weight": torch.zeros(16, 4, 1, 1), "encoder.norm0.weight": torch.ones(4)}
    path = tmp_path / form
    if form.endswith("pt"):
        torch.save(tensors, path, _use_new_zipfile_serialization=form == "zip.pt")
    else:
        save_file(tensors, path, {"format": '"bgfg-densedepth"', "variant": '{"width": 16}', "range_m": "[0.1, 10]"})
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    assert refusal(lambda: load_weights(path)).startswith(str(path))
