"""Detections of PyTorch and of ONNX Runtime held to one another: each with the one that it is meant to be."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from train.card import DETECTION
from train.finished import FinishedInstances
from train.resample import resized
from train.runtime import Maps, OnnxModel

# Detections nearer than this to the lowest score may be in one result and not in the other.
_MARGIN = 1e-3

# How many patches of noise a side of a picture has, for people are no finer; and by how many steps it is wider.
_GRAINS = {4: 0, 9: 2, 17: 0}


def compared(finished: FinishedInstances, exported: OnnxModel, write: Callable[[Path], None]) -> dict[str, float]:
    """Return the largest difference of boxes (as a share of the picture's side), labels, scores and masks.

    On noise of several grains and two sizes. Where a network finds nobody there, its guesses are compared that it would
    not have told of: for these it is exported again, by `write`. A detection without its like differs by 1.
    """
    pictures = _pictures(exported.card.input_px, exported.card.step_px or 0)
    differences = _differences(finished, exported, pictures)
    if differences:
        return differences
    with _guessing(finished), tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "guesses.onnx"
        write(file)
        return _differences(finished, OnnxModel(file, "cpu"), pictures)


def _differences(finished: FinishedInstances, exported: OnnxModel, pictures: list[Maps]) -> dict[str, float]:
    """Return the largest differences by name; {} where nothing is found in any picture."""
    found: dict[str, float] = {}
    for picture in pictures:
        with torch.inference_mode():
            wanted = [part.numpy() for part in finished(torch.from_numpy(picture))]
        given = exported.run([picture])
        sure = wanted[2] > _least(finished, wanted[2]) + _MARGIN
        parts = [part[sure] for part in wanted]
        for apart in _each(parts, [given[name] for name in DETECTION], max(picture.shape[-2:])):
            found = {name: max(found.get(name, 0.0), value) for name, value in zip(DETECTION, apart, strict=True)}
    return found


def _least(finished: FinishedInstances, scores: NDArray[np.float32]) -> float:
    """Return the score that a detection of a picture needed to be told."""
    heads = finished.net.network.roi_heads
    return float(scores.min() if len(scores) == heads.detections_per_img else heads.score_thresh)


def _each(wanted: list[NDArray], given: list[NDArray], side_px: int) -> Iterator[tuple[float, float, float, float]]:
    """Yield how far each of PyTorch's detections is from the nearest of the other's, by box and score."""
    boxes, labels, scores, masks = given
    for box, label, score, mask in zip(*wanted, strict=True):
        apart = np.abs(boxes - box).max(axis=1, initial=0) / side_px + np.abs(scores - score)
        if not len(apart):
            yield 1.0, 1.0, 1.0, 1.0
            continue
        i = int(apart.argmin())
        yield (
            float(np.abs(boxes[i] - box).max() / side_px), float(labels[i] != label), float(abs(scores[i] - score)),
            float(np.abs(masks[i] - mask).max()),
        )  # fmt: skip


@contextmanager
def _guessing(finished: FinishedInstances) -> Iterator[None]:
    """Let a network tell whatever it guesses."""
    heads = finished.net.network.roi_heads
    least, heads.score_thresh = heads.score_thresh, 0.0
    try:
        yield
    finally:
        heads.score_thresh = least


def _pictures(side_px: int, wider_px: int) -> list[Maps]:
    """Return pictures of noise, (1, 3, h, w) in 0..1 each."""
    draw = np.random.default_rng(0)
    found = []
    for grain, wider in _GRAINS.items():
        patches = resized(draw.random((grain, grain, 3), np.float32), (side_px, side_px + wider * wider_px))
        found.append(np.ascontiguousarray(patches.transpose(2, 0, 1)[None]))
    return found
