"""The network against Keras itself, on files that `make_keras_reference.py` made; skipped where there are none."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal, cast

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from bgfg.depth_teacher.teachers.keras_weights import load_keras

FOLDER = Path(os.environ.get("BGFG_KERAS_REFERENCE", "keras-reference"))
FILES = sorted(FOLDER.glob("*.h5"))

pytestmark = pytest.mark.skipif(not FILES, reason="no Keras reference: tests/support/make_keras_reference.py makes it")


@pytest.mark.parametrize("resize", ["align_corners", "half_pixel"])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_raw_output_is_that_of_keras(file: Path, resize: str) -> None:
    name = file.name.split(".")[0]
    reference = FOLDER / f"{name}.npz"
    if "_align_corners" in name or "_half_pixel" in name:
        reference = FOLDER / f"{name.replace('_align_corners', '').replace('_half_pixel', '')}_{resize}.npz"
    elif resize == "half_pixel":
        pytest.skip("the reference has aligned corners")
    net = load_keras(file, resize=cast(Literal["align_corners", "half_pixel"], resize))
    assert net.variant.final_relu == ("without" not in name)
    assert net.variant.leaky_after_a == ("head" in name)
    with np.load(reference) as arrays:
        for size in {key.split("_")[1] for key in arrays}:
            rgb = torch.from_numpy(arrays[f"input_{size}"]).permute(0, 3, 1, 2)
            raw = net(rgb)[:, 0].double().numpy()
            expected = arrays[f"output_{size}"][..., 0].astype(np.float64)
            assert np.abs(raw - expected).max() / np.abs(expected).max() < 1e-5
            centred, wanted = raw - raw.mean(), expected - expected.mean()
            assert np.linalg.norm(centred - wanted) / np.linalg.norm(wanted) < 1e-4
