"""The network against numbers that Keras 3 gave: `tests/support/make_keras_numbers.py` made them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch

from bgfg.depth_teacher.teachers.densedepth import DenseDepth, DenseDepthVariant
from bgfg.depth_teacher.teachers.densedepth_weights import load_weights
from tests.support import keras_files
from tests.support.seeded_weights import seeded_picture, seeded_weight

NUMBERS = json.loads((Path(keras_files.__file__).parent / "keras_numbers.json").read_text(encoding="utf-8"))
VARIANT = DenseDepthVariant(width=NUMBERS["width"], leaky_after_a=True, resize="half_pixel")


@pytest.fixture(scope="module")
def net() -> DenseDepth:
    """The network with the weights that Keras was given."""
    torch.manual_seed(0)
    net = DenseDepth(VARIANT).eval().requires_grad_(False)
    for parameter, tensor in net.state_dict().items():
        if not parameter.endswith("num_batches_tracked"):
            layer, variable = keras_files.keras_name(parameter, "_")
            shape = tuple(tensor.permute(2, 3, 1, 0).shape) if tensor.ndim == 4 else tuple(tensor.shape)
            values = torch.from_numpy(seeded_weight(layer, variable, shape))
            tensor.copy_(values.permute(3, 2, 0, 1) if tensor.ndim == 4 else values)
    return net


def largest_share_off(net: DenseDepth) -> float:
    """Return how far the raw output is from Keras's at most, as a share of its largest value."""
    raw = net(torch.from_numpy(seeded_picture(*NUMBERS["size_px"])).permute(0, 3, 1, 2))[0, 0, ::4, ::4].numpy()
    wanted = np.asarray(NUMBERS["raw"])
    return float(np.abs(raw - wanted).max() / np.abs(wanted).max())


@pytest.mark.slow
def test_an_archive_of_keras_3_gives_what_keras_gives(tmp_path: Path, net: DenseDepth) -> None:
    loaded = load_weights(keras_files.write_archive(tmp_path / "nyu.keras", net)).net
    assert loaded.variant == VARIANT
    assert largest_share_off(loaded) < 2e-6
    # What it is held to can be missed: with aligned corners it is far off.
    other = load_weights(keras_files.write_archive(tmp_path / "nyu.keras", net), "align_corners").net
    assert largest_share_off(other) > 1e-2
