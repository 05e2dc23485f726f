"""The compact teacher, whose weights ship with bgfg: by ONNX Runtime on a processor, by PyTorch on a GPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.onnx_session import FAILURES, first_line, open_session
from bgfg.depth_teacher.teachers.compact_weights import WHOLE_COPIES, CompactMetadata, WeightsPair, load_compact_net
from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch

if TYPE_CHECKING:  # labelling on a processor needs no torch
    import torch
    from torch import Tensor, nn

STRIDE_PX = 32

# Names in the ONNX graph.
ONNX_INPUT = "rgb"
ONNX_OUTPUT = "raw"


class NetworkRunner(Protocol):
    """Runs the network on batches of pictures."""

    @property
    def where(self) -> str:
        """Device and precision, in words."""

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the raw output (n, h / 2, w / 2) of each batch (n, h, w, 3) uint8 RGB, of the network's input size."""


class CompactTeacher:
    """The compact network as a PictureTeacher. Its depth has half the picture's size, rounded up.

    Pictures are resized here, on the processor, whatever runs the network: so all that differs between two devices is
    the network's own rounding.

    Args:
        pair: Its weights.
        runner: What runs the network.
        input_px: Height and width of its input, multiples of 32; None for a short side as in training.
        batch: Pictures at a time; None for what suits the device.
    """

    is_metric = True
    overlooks_people = True  # it has seen drawn ones only

    def __init__(
        self,
        pair: WeightsPair,
        runner: NetworkRunner,
        input_px: tuple[int, int] | None = None,
        batch: int | None = None,
    ) -> None:
        self._pair, self._runner, self._input_px = pair, runner, input_px
        self.range_m = (pair.metadata.near_m, pair.metadata.far_m)
        self.where = runner.where
        self.batch = batch or (256 if self.where.startswith("cuda") else 16)

    def describe(self) -> dict[str, Any]:
        """Return name, version, SHA-256 and licence of the weights, and what they were trained on and started from."""
        metadata = self._pair.metadata
        started = {} if metadata.origin is None else {"encoder_started_from": str(metadata.origin)}
        return {
            "name": "compact",
            "version": 1,
            "weights_sha256": self._pair.sha256,
            "licence": metadata.full_licence,
            "trained_on": metadata.trained_on,
            **started,
        }

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size (height, width) to which it brings pictures of this size."""
        if self._input_px:
            return self._input_px
        # The short side is as long as in training, the other one rounded up: a wider picture loses nothing.
        unit = STRIDE_PX * min(height_px, width_px)
        height_px, width_px = (
            STRIDE_PX * -(-side * self._pair.metadata.input_px // unit) for side in (height_px, width_px)
        )
        return height_px, width_px

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the metres (n, Hd, Wd) of each batch of pictures."""
        sizes: deque[tuple[int, int]] = deque()

        def inputs() -> Iterator[RgbBatch]:
            for pictures in batches:
                height_px, width_px = pictures.shape[1:3]
                sizes.append(((height_px + 1) // 2, (width_px + 1) // 2))
                yield resize_batch(pictures, self.input_px(height_px, width_px))

        for raw in self._runner.predict_batches(inputs()):
            yield decode_depth(raw, sizes.popleft(), self._pair.metadata)


def resize_batch(pictures: RgbBatch, size_px: tuple[int, int]) -> RgbBatch:
    """Bring pictures (n, H, W, 3) uint8 to a size, (n, h, w, 3) uint8: by area where they shrink, else bilinearly."""
    height_px, width_px = size_px
    if pictures.shape[1:3] == size_px:
        return pictures
    shrinks = height_px <= pictures.shape[1] and width_px <= pictures.shape[2]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    found = np.empty((len(pictures), height_px, width_px, 3), np.uint8)
    for picture, into in zip(pictures, found, strict=True):
        cv2.resize(picture, (width_px, height_px), dst=into, interpolation=how)
    return found


def decode_depth(raw: DepthBatch, size_px: tuple[int, int], metadata: CompactMetadata) -> DepthBatch:
    """Return the metres (n, Hd, Wd) of raw outputs (n, h, w), brought to a size bilinearly in inverse depth.

    In inverse depth a plane is linear, so that a wall or a floor stays flat between the pixels.
    """
    height_px, width_px = size_px
    if raw.shape[1:] == size_px:
        return metadata.to_metres(raw)
    sized = np.empty((len(raw), height_px, width_px), np.float32)
    for map_, into in zip(raw, sized, strict=True):
        cv2.resize(map_, (width_px, height_px), dst=into, interpolation=cv2.INTER_LINEAR)
    return metadata.to_metres(sized)


class OnnxRunner:
    """Runs the network by ONNX Runtime on the processor; a picture's result doesn't depend on its batch.

    Args:
        pair: The weights.
        threads: How many one batch may use; None for all.
    """

    def __init__(self, pair: WeightsPair, threads: int | None) -> None:
        self._file = pair.onnx
        self._session = open_session(pair.onnx, threads or 0, "CPUExecutionProvider", WHOLE_COPIES)
        self.where = "cpu, float32, ONNX Runtime"

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        """Yield the raw output (n, h / 2, w / 2) of each batch."""
        for pictures in batches:
            yield self._raw(cv2.dnn.blobFromImages(list(pictures), 1 / 255))[:, 0]

    def _raw(self, rgb: NDArray) -> NDArray[np.float32]:
        """Return the network's output (n, 1, h / 2, w / 2) for pictures (n, 3, h, w) float32."""
        n, _, height_px, width_px = rgb.shape
        try:
            raw: NDArray[np.float32] = self._session.run([ONNX_OUTPUT], {ONNX_INPUT: rgb})[0]
        except FAILURES as error:
            line = f"{self._file}: fails on pictures of {width_px}x{height_px} ({first_line(error)})"
            raise Problem(f"{line}: {WHOLE_COPIES}") from error
        if raw.shape != (n, 1, height_px // 2, width_px // 2):
            raise Problem(f"{self._file}: gives {raw.shape} of {rgb.shape}: {WHOLE_COPIES}")
        return raw


def make_torch_runner(pair: WeightsPair, device: torch.device, say: Callable[[str], None]) -> NetworkRunner:
    """Return what runs the network by PyTorch on a device; `say` is told when memory ran out."""
    from bgfg.depth_teacher.teachers.torch_runner import TorchRunner

    def forward(net: nn.Module, pictures: Tensor) -> Tensor:
        rgb = pictures.to(device, non_blocking=True).permute(0, 3, 1, 2).float() / 255  # channels-last as they come
        raw: Tensor = net(rgb)
        return raw[:, 0]

    return TorchRunner(load_compact_net(pair), device, forward, None, say)
