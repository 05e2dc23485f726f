"""No reader takes a file that the system doesn't hand over for a damaged one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.corpus.asset_table import read_assets
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.images.archives import list_members
from bgfg.depth_teacher.evaluation.depth_files import read_depth_m
from bgfg.depth_teacher.ops.onnx_session import open_session
from bgfg.depth_teacher.teachers.densedepth_weights import load_weights
from bgfg.train.inference.video_reader import Video
from bgfg.train.models.checkpoint import Checkpoint
from bgfg.train.models.encoder_weights import describe_file
from bgfg.train.models.pretrained import read_weights
from tests.support.refused_opens import MACHINE_ERRORS, refused_opens

READERS: dict[str, Callable[[Path], Any]] = {
    "assets.parquet": read_assets,
    "export.json": read_json,
    "pack.zip": lambda path: list(list_members(path)),
    "pack.tar": lambda path: list(list_members(path)),
    "depth.npy": lambda path: read_depth_m(path, None),
    "depth.npz": lambda path: read_depth_m(path, None),
    "depth.mat": lambda path: read_depth_m(path, None),
    "depth.pfm": lambda path: read_depth_m(path, None),
    "model.onnx": lambda path: open_session(path, 1, "CPUExecutionProvider", "export it again"),
    "nyu.pt": load_weights,
    "nyu.h5": load_weights,
    "nyu.safetensors": load_weights,
    "last.safetensors": Checkpoint.load,
    "encoder.safetensors": describe_file,
    "backbone.pt": read_weights,
    "backbone.safetensors": read_weights,
    "film.mp4": Video.open,
}


@pytest.mark.parametrize("name", READERS)
def test_a_call_that_fails_is_told_as_that_with_the_files_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(2000) if name.endswith(".h5") else bytes(2000))
    for number in MACHINE_ERRORS:
        with refused_opens(path, number=number), pytest.raises(OSError, match=os.strerror(number)) as caught:
            READERS[name](path)
        assert (caught.value.errno, caught.value.filename) == (number, str(path))
