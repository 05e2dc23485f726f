"""Comparison of detections in PyTorch and in ONNX Runtime, each with its nearest counterpart."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.onnx_model import OnnxModel
from bgfg.train.inference.torch_model import DecodedInstanceNetwork
from bgfg.train.ops.array_resize import resize_bilinear

# Factor above the lowest reported score below which a detection may be in one result and not in the other.
_HARDLY = 1 + 1e-3

# For each batch: patches of noise along a side of each picture (people are no finer), and by how many steps pictures
# are wider than high. A single patch shows nobody.
_BATCHES = (((9,), 0), ((4, 1, 17), 2))

# A mask of 28 pixels is laid with a border of one: so much larger than its box, as in torchvision.
_WIDER = 30 / 28

_PARTS = ("boxes", "labels", "scores", "masks")

_Batch = tuple[tuple[int, ...], NDArray[np.float32]]


def compare_detections(
    decoded: DecodedInstanceNetwork, exported: OnnxModel, write: Callable[[Path], None]
) -> dict[str, float]:
    """Return the largest differences of boxes (as a share of the picture's side), labels, scores and masks.

    Between all pictures of a batch in ONNX Runtime and each on its own in torchvision's network, on noise of several
    grains, in batches of one and three of two sizes. Where a network detects nobody there, the guesses are compared
    that it would not have reported: for these it is exported again, by `write`. A detection without a counterpart
    differs by 1.

    Args:
        decoded: The network in PyTorch.
        exported: The same in ONNX Runtime.
        write: Exports `decoded` at a path.
    """
    batches = list(_batches(exported.card.input_px, exported.card.step_px or 0))
    differences = _differences(decoded, exported, batches)
    if differences:
        return differences
    with _guessing(decoded), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "guesses.onnx"
        write(file)
        differences = _differences(decoded, OnnxModel(file, "cpu"), batches)
    if not differences:
        raise Problem(f"{exported.file}: guesses nobody anywhere, so it can't be compared: train it longer")
    return differences


def _differences(decoded: DecodedInstanceNetwork, exported: OnnxModel, batches: list[_Batch]) -> dict[str, float]:
    """Return the largest differences by name; {} where nothing is detected in any picture by either.

    Where anybody is detected in a picture of a single patch, it says nothing: which of so many equal guesses is kept is
    chance.
    """
    found: dict[str, float] = {}
    for grains, batch in batches:
        with torch.inference_mode():
            wanted = decoded.detect_each(torch.from_numpy(batch))
        given = exported.run([batch])
        for i, (grain, here) in enumerate(zip(grains, wanted, strict=True)):
            if grain == 1 and len(here["scores"]):
                continue
            there = {name: given[name][given["batch_index"] == i] for name in _PARTS}
            for apart in detection_differences(decoded, {name: here[name].numpy() for name in _PARTS}, there):
                found = {name: max(found.get(name, 0.0), apart[name]) for name in _PARTS}
    return found


def detection_differences(
    decoded: DecodedInstanceNetwork, wanted: Mapping[str, NDArray], given: Mapping[str, NDArray]
) -> Iterator[dict[str, float]]:
    """Yield by name how far each detection of a picture, in either result, is from the nearest one of the other.

    Args:
        decoded: The network, for its lowest score.
        wanted: Detections of PyTorch by name.
        given: Detections of ONNX Runtime by name.
    """
    heads = decoded.net.network.roi_heads
    told = wanted["scores"]
    least = float(told.min() if len(told) == heads.detections_per_img else heads.score_thresh)
    for one, other in ((wanted, given), (given, wanted)):
        for i in np.flatnonzero(one["scores"] > least * _HARDLY):
            yield _apart({name: one[name][i] for name in _PARTS}, other)


def _pixels(box: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return between which pixels a mask is laid that has the box (4,)."""
    middle, half = (box[2:] + box[:2]) * 0.5, (box[2:] - box[:2]) * 0.5 * _WIDER
    return np.concatenate([middle - half, middle + half]).astype(np.int64)


def _apart(one: Mapping[str, NDArray], others: Mapping[str, NDArray]) -> dict[str, float]:
    """Return by name how far a detection is from the nearest one of others, by box, score and label."""
    if not len(others["scores"]):
        return dict.fromkeys(_PARTS, 1.0)
    apart = {
        "boxes": np.abs(others["boxes"] - one["boxes"]).max(axis=1) / max(one["masks"].shape),
        "labels": others["labels"] != one["labels"],
        "scores": np.abs(others["scores"] - one["scores"]),
    }
    i = int(np.argmin(sum(apart.values())))
    masks = np.abs(others["masks"][i] - one["masks"])
    # Rounding may move a box over the edge of a pixel, and its mask with it: then masks can't be compared.
    same = np.array_equal(_pixels(one["boxes"]), _pixels(others["boxes"][i]))
    return {name: float(values[i]) for name, values in apart.items()} | {"masks": float(masks.max()) if same else 0.0}


@contextmanager
def _guessing(decoded: DecodedInstanceNetwork) -> Iterator[None]:
    """Let a network report whatever it guesses."""
    heads = decoded.net.network.roi_heads
    least, heads.score_thresh = heads.score_thresh, 0.0
    try:
        yield
    finally:
        heads.score_thresh = least


def _batches(side_px: int, wider_px: int) -> Iterator[_Batch]:
    """Yield batches of noise, (n, 3, h, w) in 0..1 each, with the grains of their pictures."""
    draw = np.random.default_rng(0)
    for grains, wider in _BATCHES:
        size = side_px, side_px + wider * wider_px
        pictures = [resize_bilinear(draw.random((grain, grain, 3), np.float32), size) for grain in grains]
        yield grains, np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2))
