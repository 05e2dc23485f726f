"""The compact teacher, whose weights ship with bgfg: ONNX Runtime on a processor, PyTorch on a GPU."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Protocol

import cv2
import numpy as np
import onnxruntime
from bgfg.depth_teacher.teachers.compact_file import About, Pair, load_net
from bgfg.depth_teacher.teachers.teacher import Depth, Pictures

if TYPE_CHECKING:  # labelling on a processor needs no torch
    import torch
    from torch import Tensor, nn

STRIDE_PX = 32

# Of the ONNX graph.
INPUT, OUTPUT = "rgb", "raw"


class Runner(Protocol):
    """Runs the network. where: device and precision, in words."""

    @property
    def where(self) -> str:
        """Device and precision, in words."""

    def stream(self, batches: Iterable[Pictures]) -> Iterator[Depth]:
        """Yield the raw output (n, h / 2, w / 2) of each batch (n, h, w, 3) uint8 RGB, of the network's input size."""


class CompactTeacher:
    """A network of a pair of files; a PictureTeacher. Its depth has half the picture's size, rounded up.

    Pictures are resized here, on the processor, whatever runs the network: so all that differs between two devices is
    the network's own rounding. input_px: (height, width) of its input, multiples of 32; None for a short side as in
    training. batch: pictures at a time.
    """

    is_metric = True
    overlooks_people = True  # it has seen drawn ones only

    def __init__(
        self, pair: Pair, runner: Runner, input_px: tuple[int, int] | None = None, batch: int | None = None
    ) -> None:
        self._pair, self._runner, self._input_px = pair, runner, input_px
        self.range_m = (pair.about.near_m, pair.about.far_m)
        self.where = runner.where
        self.batch = batch or (256 if self.where.startswith("cuda") else 16)

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256, licence and what they were trained on."""
        about = self._pair.about
        return {
            "name": "compact",
            "version": 1,
            "weights_sha256": self._pair.sha256,
            "licence": about.licence,
            "trained_on": about.trained_on,
        }

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size (height, width) to which it brings pictures of this size."""
        if self._input_px:
            return self._input_px
        # The short side is as long as in training, the other one rounded up: a wider picture loses nothing.
        unit = STRIDE_PX * min(height_px, width_px)
        height_px, width_px = (
            STRIDE_PX * -(-side * self._pair.about.input_px // unit) for side in (height_px, width_px)
        )
        return height_px, width_px

    def stream(self, batches: Iterable[Pictures]) -> Iterator[Depth]:
        """Yield the metres (n, Hd, Wd) of each batch of pictures."""
        sizes: deque[tuple[int, int]] = deque()

        def inputs() -> Iterator[Pictures]:
            for pictures in batches:
                height_px, width_px = pictures.shape[1:3]
                sizes.append(((height_px + 1) // 2, (width_px + 1) // 2))
                yield resized(pictures, self.input_px(height_px, width_px))

        for raw in self._runner.stream(inputs()):
            yield depth_of_raw(raw, sizes.popleft(), self._pair.about)


def resized(pictures: Pictures, size_px: tuple[int, int]) -> Pictures:
    """Bring pictures (n, H, W, 3) uint8 to (n, h, w, 3) uint8: by area where they shrink, else bilinearly."""
    height_px, width_px = size_px
    if pictures.shape[1:3] == size_px:
        return pictures
    shrinks = height_px <= pictures.shape[1] and width_px <= pictures.shape[2]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    found = np.empty((len(pictures), height_px, width_px, 3), np.uint8)
    for picture, into in zip(pictures, found, strict=True):
        cv2.resize(picture, (width_px, height_px), dst=into, interpolation=how)
    return found


def depth_of_raw(raw: Depth, size_px: tuple[int, int], about: About) -> Depth:
    """Return the metres (n, Hd, Wd) of raw outputs (n, h, w), brought to a size bilinearly in inverse depth.

    There a plane is linear: a wall or a floor stays flat between the pixels.
    """
    height_px, width_px = size_px
    if raw.shape[1:] == size_px:
        return about.metres(raw)
    sized = np.empty((len(raw), height_px, width_px), np.float32)
    for map_, into in zip(raw, sized, strict=True):
        cv2.resize(map_, (width_px, height_px), dst=into, interpolation=cv2.INTER_LINEAR)
    return about.metres(sized)


class OnnxRunner:
    """ONNX Runtime on the processor, each picture's arithmetic the same whatever shares its batch.

    threads: how many one batch may use; None for all.
    """

    def __init__(self, pair: Pair, threads: int | None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads or 0
        self._session = onnxruntime.InferenceSession(pair.onnx, options, providers=["CPUExecutionProvider"])
        self.where = "cpu, float32, ONNX Runtime"

    def stream(self, batches: Iterable[Pictures]) -> Iterator[Depth]:
        """Yield the raw output (n, h / 2, w / 2) of each batch."""
        for pictures in batches:
            rgb = cv2.dnn.blobFromImages(list(pictures), 1 / 255)  # (n, 3, h, w) float32
            raw: Depth = self._session.run([OUTPUT], {INPUT: rgb})[0]
            yield raw[:, 0]


def torch_runner(pair: Pair, device: torch.device, say: Callable[[str], None]) -> Runner:
    """Return what runs the network of a pair by PyTorch on a device; say: told when memory ran out."""
    from bgfg.depth_teacher.teachers.torch_runner import TorchRunner

    def forward(net: nn.Module, pictures: Tensor) -> Tensor:
        rgb = pictures.to(device, non_blocking=True).permute(0, 3, 1, 2).float() / 255  # channels-last as they come
        raw: Tensor = net(rgb)
        return raw[:, 0]

    return TorchRunner(load_net(pair), device, forward, None, say)
