"""The DenseDepth teacher: resizes pictures bicubically, runs the network and gives metres."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the field's own name

from bgfg.depth_teacher.teachers.densedepth import STRIDE_PX, fuse_batch_norms, raw_to_metres
from bgfg.depth_teacher.teachers.densedepth_weights import DenseDepthWeights
from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch
from bgfg.depth_teacher.teachers.torch_runner import TorchRunner

# The released weights were trained on pictures of 640x480.
_TRAINED_SHORT_SIDE_PX = 480

LICENCE = "GPL-3.0, as the repository that the weights come from says"


class DenseDepthTeacher:
    """DenseDepth as a PictureTeacher.

    Args:
        weights: The network with its weights.
        device: What it runs on.
        input_px: Height and width of its input, multiples of 32; None for twice the picture's own size where
            `for_corpus`, so that the depth has the picture's size, else for a short side of 480.
        batch: Pictures at a time; None for what suits the device.
        for_corpus: Whether it labels a corpus; on a processor it then has one core.
        say: Told when memory ran out.
    """

    is_metric = True
    overlooks_people = False

    def __init__(
        self,
        weights: DenseDepthWeights,
        device: torch.device,
        input_px: tuple[int, int] | None = None,
        batch: int | None = None,
        for_corpus: bool = False,
        say: Callable[[str], None] = print,
    ) -> None:
        self._weights, self._input_px, self._for_corpus, self._device = weights, input_px, for_corpus, device
        self.range_m = weights.range_m
        self.batch = batch or (64 if device.type == "cuda" else 4)
        threads = 1 if for_corpus and device.type == "cpu" else None
        self._runner = TorchRunner(fuse_batch_norms(weights.net), device, self._forward, threads, say)
        self.where = self._runner.where

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256, licence, and how pictures are resized on the way up."""
        return {
            "name": "densedepth",
            "version": 1,
            "weights_sha256": self._weights.sha256,
            "licence": LICENCE,
            "resize": self._weights.net.variant.resize,
        }

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size (height, width) to which it brings pictures of this size."""
        if self._input_px:
            return self._input_px
        scale = 2.0 if self._for_corpus else _TRAINED_SHORT_SIDE_PX / min(height_px, width_px)
        height_px, width_px = (
            max(STRIDE_PX, round(side * scale / STRIDE_PX) * STRIDE_PX) for side in (height_px, width_px)
        )
        return height_px, width_px

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the metres (n, Hd, Wd) of each batch of pictures; half the size of its input."""
        return self._runner.predict_batches(batches)

    def _forward(self, net: nn.Module, pictures: Tensor) -> Tensor:
        rgb = resize_bicubic(pictures, self.input_px(*pictures.shape[1:3]), self._device)
        return raw_to_metres(net(rgb)[:, 0].float(), *self.range_m)


def resize_bicubic(pictures: Tensor, size_px: tuple[int, int], device: torch.device) -> Tensor:
    """Bring pictures (n, H, W, 3) uint8 to (n, 3, h, w) float32 in 0..1 on a device, by Pillow's bicubic filter."""
    # Antialiasing isn't implemented on Apple's GPUs, so the processor resizes for them. The permutation leaves the
    # bytes as they are, which is the channels-last layout that convolutions are fastest in.
    moved = pictures if device.type == "mps" else pictures.to(device, non_blocking=True)
    rgb = moved.permute(0, 3, 1, 2).float() / 255
    if rgb.shape[-2:] != size_px:
        rgb = F.interpolate(rgb, size=size_px, mode="bicubic", antialias=True).clamp(0, 1)
    return rgb.to(device).contiguous(memory_format=torch.channels_last)
